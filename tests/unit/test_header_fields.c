/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/header_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "config/reader.h"
#include "mail/authentication_results.h"

struct fixture {
	struct arena *arena;
	struct config config;
	struct connection connection;
	struct message message;
	struct dkim_signature_finding signatures[2];
	struct outcome outcome;
};

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = arena_alloc(arena, sizeof(*fixture));
	struct findings *findings = &fixture->outcome.findings;

	fixture->arena = arena;
	config_set_defaults(arena, &fixture->config);
	fixture->config.authserv_id = TEXT("mx.receiver.example");
	(void)ip_parse(TEXT("2001:db8::1"), &fixture->connection.client);
	fixture->connection.helo = TEXT("mail.example.com");
	fixture->message.connection = &fixture->connection;
	fixture->message.sender = address_parse(arena, TEXT("<alice@example.com>"));
	findings->dmarc.result = RESULT_PASS;
	findings->dmarc.author.domain = TEXT("example.com");
	findings->dmarc.published = DMARC_POLICY_REJECT;
	findings->dmarc.effective = DMARC_POLICY_REJECT;
	findings->spf.mail_from.result = RESULT_PASS;
	findings->spf.mail_from.domain = TEXT("example.com");
	findings->iprev.result = RESULT_PASS;
	findings->iprev.name = TEXT("mail.example.com");
	findings->dkim.result = RESULT_PASS;
	findings->dkim.signatures = fixture->signatures;
	findings->dkim.count = 1;
	fixture->signatures[0] = (struct dkim_signature_finding){
		.result = RESULT_PASS,
		.domain = TEXT("example.com"),
		.selector = TEXT("key"),
		.algorithm = TEXT("rsa-sha256"),
		.signature_start = TEXT("EjCbN/c3"),
		.key_bits = 2048,
	};
	fixture->outcome.verdict = (struct verdict){ .message_class = CLASS_PASS,
						     .action = ACTION_ACCEPT,
						     .decided = ACTION_ACCEPT,
						     .rule = "dmarc-pass" };
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;

	arena_free(&arena);
	return 0;
}

static void
write_edits(struct fixture *fixture)
{
	fixture->outcome.edits = NULL;
	fixture->outcome.edit_count = 0;
	fixture->outcome.removed_count = 0;
	header_fields_write(fixture->arena, &fixture->config, &fixture->message,
			    &fixture->outcome);
}

static void
add_field(struct fixture *fixture, struct text name, struct text value)
{
	message_add_field(&fixture->message, fixture->arena, name, value, 100000);
}

static void
one_field_is_read_back_by_the_parser(void **state)
{
	struct fixture *fixture = *state;
	struct authentication_results results;

	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 1);
	assert_false(fixture->outcome.edits[0].is_deletion);
	assert_int_equal(fixture->outcome.edits[0].position, 0);
	assert_true(authentication_results_parse(fixture->arena, fixture->outcome.edits[0].value,
						 &results));
	assert_true(text_equal(results.authserv_id, TEXT("mx.receiver.example")));
	assert_int_equal(results.count, 4);
	assert_true(text_equal(results.results[0].method, TEXT("dmarc")));
	assert_true(text_equal(results.results[1].method, TEXT("spf")));
	assert_true(text_equal(results.results[2].method, TEXT("dkim")));
	assert_true(text_equal(results.results[3].method, TEXT("iprev")));
	assert_true(text_equal(results.results[3].properties[0].value, TEXT("2001:db8::1")));
}

static void
a_message_with_nothing_checked_says_none(void **state)
{
	struct fixture *fixture = *state;

	fixture->outcome.findings = (struct findings){ .iprev = { .result = RESULT_NOT_CHECKED } };
	write_edits(fixture);
	assert_true(text_equal(text_trim(fixture->outcome.edits[0].value),
			       TEXT("mx.receiver.example; none")));
}

static void
forged_fields_go_from_the_last_to_the_first(void **state)
{
	static const unsigned expected[] = { 8, 7, 5, 3, 1 };
	struct fixture *fixture = *state;

	add_field(fixture, TEXT("Authentication-Results"), TEXT(" mx.receiver.example; none"));
	add_field(fixture, TEXT("Authentication-Results"), TEXT(" a.example; none"));
	add_field(fixture, TEXT("authentication-results"), TEXT(" (x) MX.Receiver.Example/job; none"));
	add_field(fixture, TEXT("Authentication-Results"), TEXT(" b.example; none"));
	add_field(fixture, TEXT("AUTHENTICATION-RESULTS"), TEXT("\"mx.receiver.example\" 1; none"));
	add_field(fixture, TEXT("Authentication-Results"), TEXT(" c.example; none"));
	add_field(fixture, TEXT("Authentication-Results"), TEXT(""));
	add_field(fixture, TEXT("Authentication-Results"), TEXT(" \"open"));
	write_edits(fixture);
	assert_int_equal(fixture->outcome.removed_count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_true(fixture->outcome.edits[i].is_deletion);
		assert_int_equal(fixture->outcome.edits[i].instance, expected[i]);
	}
	assert_false(fixture->outcome.edits[COUNT_OF(expected)].is_deletion);
}

static void
ids_of_the_list_are_removed_too(void **state)
{
	struct fixture *fixture = *state;
	struct text ids[] = { TEXT("old.example") };

	fixture->config.remove_from.items = ids;
	fixture->config.remove_from.count = 1;
	add_field(fixture, TEXT("Authentication-Results"), TEXT(" old.example; none"));
	add_field(fixture, TEXT("Authentication-Results"), TEXT(" new.example; none"));
	write_edits(fixture);
	assert_int_equal(fixture->outcome.removed_count, 1);
	fixture->config.remove_all = true;
	write_edits(fixture);
	assert_int_equal(fixture->outcome.removed_count, 2);
}

static void
fields_behind_the_limit_go_unread(void **state)
{
	struct fixture *fixture = *state;

	add_field(fixture, TEXT("Authentication-Results"), TEXT(" a.example; none"));
	for (int i = 0; i < 2; i++)
		message_add_field(&fixture->message, fixture->arena, TEXT("authentication-results"),
				  TEXT(" mx.receiver.example; none"), 10);
	assert_true(fixture->message.header_is_over_limit);
	write_edits(fixture);
	assert_int_equal(fixture->outcome.removed_count, 2);
	assert_int_equal(fixture->outcome.edits[0].instance, 3);
	assert_int_equal(fixture->outcome.edits[1].instance, 2);
}

/* Fields of our own behind the limit too; other names stay. */
static void
own_fields_behind_the_limit_go(void **state)
{
	static const char *const behind[] = { "x-dmarc-quarantine", "X-Other",
					      "Authentication-Results", "X-DMARC-Quarantine " };
	struct fixture *fixture = *state;

	fixture->message.own_field_name = fixture->config.quarantine_header_name;
	add_field(fixture, TEXT("X-DMARC-Quarantine"), TEXT(" no"));
	for (size_t i = 0; i < COUNT_OF(behind); i++)
		message_add_field(&fixture->message, fixture->arena, text_from(behind[i]),
				  TEXT(" no"), 10);
	write_edits(fixture);
	assert_int_equal(fixture->outcome.removed_count, 4);
	assert_string_equal(fixture->outcome.edits[0].name.bytes, "Authentication-Results");
	for (unsigned i = 1; i <= 3; i++) {
		assert_true(text_equal_nocase(fixture->outcome.edits[i].name,
					      TEXT("X-DMARC-Quarantine")));
		assert_int_equal(fixture->outcome.edits[i].instance, 4 - i);
	}
}

/* No name is configured: then a field without one is not ours either. */
static void
no_name_matches_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture->config.quarantine_header_name = TEXT("");
	add_field(fixture, TEXT(" "), TEXT(" x"));
	message_add_field(&fixture->message, fixture->arena, TEXT(" "), TEXT(" x"), 1);
	write_edits(fixture);
	assert_int_equal(fixture->outcome.removed_count, 0);
}

static void
trusted_mail_gets_nothing(void **state)
{
	struct fixture *fixture = *state;

	add_field(fixture, TEXT("Authentication-Results"), TEXT(" mx.receiver.example; none"));
	fixture->outcome.verdict.trust = TRUST_AUTHENTICATED;
	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 1);
	assert_int_equal(fixture->outcome.removed_count, 1);
	fixture->outcome.verdict.trust = TRUST_HOST;
	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 0);
}

static void
marks_only_what_is_really_marked(void **state)
{
	struct fixture *fixture = *state;

	fixture->outcome.verdict.decided = ACTION_MARK;
	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 1);       /* monitor mode */
	fixture->outcome.verdict.action = ACTION_MARK;
	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 2);
	assert_true(text_equal(fixture->outcome.edits[0].name, TEXT("X-DMARC-Quarantine")));
	assert_true(text_equal(fixture->outcome.edits[0].value, TEXT(" yes")));
}

static void
hostile_values_stay_values(void **state)
{
	static const struct text hostile[] = {
		{ "a\"; dmarc=pass", 15 }, { "a\r\nX: y", 8 }, { "(", 1 }, { "a\0b", 3 },
		{ "\\", 1 }, { "a;b", 3 }, { "\xff\xfe", 2 },
	};
	struct fixture *fixture = *state;

	fixture->message.sender.local_part = TEXT("\"");
	fixture->outcome.findings.spf.mail_from.used_local_part = true;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		struct authentication_results results;

		fixture->signatures[0].identity = hostile[i];
		fixture->signatures[0].selector = hostile[i];
		fixture->signatures[0].algorithm = hostile[i];
		fixture->signatures[0].signature_start = hostile[i];
		fixture->outcome.findings.spf.mail_from.reason = hostile[i];
		fixture->message.sender.local_part = hostile[i];
		fixture->outcome.findings.dmarc.result = RESULT_FAIL;
		write_edits(fixture);
		assert_true(authentication_results_parse(
			fixture->arena, fixture->outcome.edits[0].value, &results));
		assert_int_equal(results.count, 4);
		assert_true(text_equal(results.results[0].result, TEXT("fail")));
	}
}

static void
split_fields_stand_in_order_when_inserted(void **state)
{
	struct fixture *fixture = *state;

	fixture->config.split_authentication_results = true;
	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 4);
	/* Each goes on top of the one before. */
	assert_true(text_find_text(fixture->outcome.edits[3].value, TEXT("dmarc=pass")) !=
		    TEXT_NOT_FOUND);
	assert_true(text_find_text(fixture->outcome.edits[0].value, TEXT("iprev=pass")) !=
		    TEXT_NOT_FOUND);
}

static void
received_spf_says_the_same(void **state)
{
	struct fixture *fixture = *state;

	fixture->config.spf_received_header = true;
	fixture->connection.helo = TEXT("a\"b\\c");
	write_edits(fixture);
	assert_int_equal(fixture->outcome.edit_count, 2);
	assert_true(text_starts_with(fixture->outcome.edits[0].value, TEXT(" Pass")));
	assert_true(text_find_text(fixture->outcome.edits[0].value,
				   TEXT("helo=\"a\\\"b\\\\c\";")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(fixture->outcome.edits[0].value,
				   TEXT("client-ip=\"2001:db8::1\";")) != TEXT_NOT_FOUND);
}

static void
arc_is_said_when_it_was_checked(void **state)
{
	static struct arc_instance_finding instances[] = {
		{ .domain = { "a.example", 9 } }, { .domain = { "b.example", 9 } },
	};
	struct fixture *fixture = *state;
	struct arc_finding *arc = &fixture->outcome.findings.arc;
	struct text value;

	arc->result = RESULT_NONE;
	write_edits(fixture);
	value = fixture->outcome.edits[0].value;
	assert_true(text_find_text(value, TEXT("; arc=none;")) != TEXT_NOT_FOUND);
	assert_int_equal(text_find_text(value, TEXT("remote-ip")), TEXT_NOT_FOUND);
	arc->result = RESULT_NOT_CHECKED;
	write_edits(fixture);
	assert_int_equal(text_find_text(fixture->outcome.edits[0].value, TEXT("; arc=")),
			 TEXT_NOT_FOUND);
	*arc = (struct arc_finding){ .result = RESULT_PASS, .instances = instances, .count = 2,
				     .oldest_pass = 2 };
	write_edits(fixture);
	value = fixture->outcome.edits[0].value;
	assert_true(text_find_text(value, TEXT("(i=1 d=a.example, i=2 d=b.example)")) !=
		    TEXT_NOT_FOUND);
	assert_true(text_find_text(value, TEXT("header.oldest-pass=2")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(value, TEXT("smtp.remote-ip=\"2001:db8::1\"")) !=
		    TEXT_NOT_FOUND);
	*arc = (struct arc_finding){ .result = RESULT_FAIL, .reason = "bad i=" };
	write_edits(fixture);
	value = fixture->outcome.edits[0].value;
	assert_true(text_find_text(value, TEXT("; arc=fail")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(value, TEXT("reason=\"bad i=\"")) != TEXT_NOT_FOUND);
	assert_int_equal(text_find_text(value, TEXT("oldest-pass")), TEXT_NOT_FOUND);
	assert_int_equal(text_find_text(value, TEXT("i=1 d=")), TEXT_NOT_FOUND);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_field_is_read_back_by_the_parser),
		CASE(a_message_with_nothing_checked_says_none),
		CASE(forged_fields_go_from_the_last_to_the_first),
		CASE(ids_of_the_list_are_removed_too),
		CASE(fields_behind_the_limit_go_unread),
		CASE(own_fields_behind_the_limit_go),
		CASE(no_name_matches_nothing),
		CASE(trusted_mail_gets_nothing),
		CASE(marks_only_what_is_really_marked),
		CASE(hostile_values_stay_values),
		CASE(split_fields_stand_in_order_when_inserted),
		CASE(arc_is_said_when_it_was_checked),
		CASE(received_spf_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
