/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/log_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/reader.h"

struct fixture {
	struct arena *arena;
	struct config config;
	struct connection connection;
	struct message message;
	struct outcome outcome;
};

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = arena_alloc(arena, sizeof(*fixture));

	fixture->arena = arena;
	config_set_defaults(arena, &fixture->config);
	(void)ip_parse(TEXT("198.51.100.66"), &fixture->connection.client);
	fixture->connection.helo = TEXT("x.example");
	fixture->message.connection = &fixture->connection;
	fixture->message.queue_id = TEXT("4D79C528129");
	fixture->message.received_at = 1763700000;
	fixture->message.sender = address_parse(arena, TEXT("<alice@good.example>"));
	fixture->outcome.findings.dmarc.result = RESULT_FAIL;
	fixture->outcome.findings.dmarc.published = DMARC_POLICY_REJECT;
	fixture->outcome.findings.dmarc.author.domain = TEXT("good.example");
	fixture->outcome.verdict = (struct verdict){
		.message_class = CLASS_SPOOF,
		.action = ACTION_REJECT,
		.decided = ACTION_REJECT,
		.rule = "dmarc-reject",
		.reply_code = TEXT("550"),
		.reply_status = TEXT("5.7.26"),
	};
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

static struct text
format(struct fixture *fixture)
{
	struct log_field *fields;
	size_t count;

	return log_line_format(fixture->arena, &fixture->config, &fixture->message,
			       &fixture->outcome, 41, &fields, &count);
}

static bool
has(struct text line, const char *part)
{
	return text_find_text(line, text_from(part)) != TEXT_NOT_FOUND;
}

/* DMARCCompare: only what differs is said, and then also of mail without a line. */
static void
says_where_the_other_discovery_differs(void **state)
{
	struct fixture *fixture = *state;
	struct dmarc_finding other = fixture->outcome.findings.dmarc;
	struct dmarc_finding *finding = &fixture->outcome.findings.dmarc;
	struct verdict *verdict = &fixture->outcome.verdict;

	verdict->decided_by_other = verdict->decided;
	finding->other = &other;
	assert_false(has(format(fixture), " compare="));
	other.organizational_domain = TEXT("example");
	assert_true(has(format(fixture), " compare=psl:fail/-/-/example/reject "));
	finding->published = other.published = DMARC_POLICY_UNKNOWN;
	assert_false(has(format(fixture), " compare="));
	other.published = other.effective = DMARC_POLICY_NONE;
	other.policy_domain = TEXT("good.example");
	other.organizational_domain = TEXT("");
	verdict->decided_by_other = ACTION_ACCEPT;
	assert_true(has(format(fixture), " compare=psl:fail/none/good.example/-/accept "));
	fixture->config.dmarc_discovery = DISCOVERY_PUBLIC_SUFFIX_LIST;
	assert_true(has(format(fixture), " compare=treewalk:fail/none/good.example/-/accept "));
	other = *finding;
	assert_true(has(format(fixture), " compare=treewalk:fail/-/-/-/accept "));
	verdict->decided = verdict->action = ACTION_ACCEPT;
	fixture->config.log_accepted = false;
	assert_int_equal(format(fixture).length, 0);
	verdict->decided_by_other = ACTION_REJECT;
	assert_true(has(format(fixture), " compare=treewalk:fail/-/-/-/reject "));
}

static void
begins_with_what_fail2ban_reads(void **state)
{
	struct text line = format(*state);

	assert_true(text_starts_with(
		line, TEXT("4D79C528129: action=reject client=198.51.100.66 class=spoof "
			   "rule=dmarc-reject dmarc=fail policy=reject from=good.example ")));
	assert_true(has(line, " ms=41 reply=\"550 5.7.26\" "));
	assert_true(has(line, " mfrom=\"@good.example\" "));
}

static void
remote_text_cannot_forge_a_field(void **state)
{
	struct fixture *fixture = *state;
	struct text line;
	size_t first;

	fixture->connection.helo =
		TEXT("x\" client=192.0.2.1 class=spoof\n4X: action=reject client=192.0.2.1");
	fixture->message.queue_id = TEXT("4X: client=192.0.2.1");
	message_add_field(&fixture->message, fixture->arena, TEXT("Message-ID"),
			  TEXT(" <a\"b\\c\x80\x00>"), 1000);
	line = format(fixture);
	assert_true(text_starts_with(line, TEXT("NOQUEUE: action=reject client=198.51.100.66 ")));
	assert_true(text_find(line, '\n') == TEXT_NOT_FOUND);
	for (size_t i = 0; i < line.length; i++)
		assert_true(byte_is_printable(line.bytes[i]));
	/* The quote of the attacker is escaped, so his text never leaves its quotes. */
	first = text_find_text(line, TEXT(" helo=\"x\\x22 client=192.0.2.1"));
	assert_true(first != TEXT_NOT_FOUND);
	assert_true(has(line, "mid=\"<a\\x22b\\x5cc\\x80\\x00>\""));
}

static void
says_what_monitor_mode_would_do(void **state)
{
	struct fixture *fixture = *state;
	struct text line;

	fixture->outcome.verdict.action = ACTION_ACCEPT;
	line = format(fixture);
	assert_true(has(line, ": action=accept client=198.51.100.66 class=spoof would=reject "));
}

static void
cuts_remote_text_visibly(void **state)
{
	struct fixture *fixture = *state;
	char *long_name = text_string(fixture->arena, TEXT(""));

	long_name = arena_alloc(fixture->arena, 100001);
	memset(long_name, 'a', 100000);
	fixture->connection.helo = text_of(long_name, 100000);
	assert_true(format(fixture).length < 2000);
	assert_true(has(format(fixture), "aaaa+\" mfrom="));
	/* 128 bytes are shown. */
	for (size_t length = 127; length <= 129; length++) {
		fixture->connection.helo = text_of(long_name, length);
		assert_int_equal(has(format(fixture), "a+\" mfrom="), length > 128);
	}
}

/* Five signatures are named, the rest is counted. */
static void
names_the_first_signatures(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_finding *dkim = &fixture->outcome.findings.dkim;

	dkim->signatures = arena_array(fixture->arena, 6, sizeof(*dkim->signatures));
	for (size_t i = 0; i < 6; i++)
		dkim->signatures[i] = (struct dkim_signature_finding){
			.result = RESULT_PASS,
			.domain = TEXT("d.example"),
			.selector = TEXT("s"),
		};
	for (dkim->count = 4; dkim->count <= 6; dkim->count++) {
		assert_true(has(format(fixture), dkim->count == 4 ? "dkimdom=d.example:s:pass," :
								    "d.example:s:pass,d"));
		assert_int_equal(has(format(fixture), ",+1 "), dkim->count > 5);
	}
}

static void
writes_json_with_fixed_order_and_ascii(void **state)
{
	struct fixture *fixture = *state;
	struct text line;

	fixture->config.log_format = LOG_FORMAT_JSON;
	fixture->connection.helo = TEXT("\"},{\"action\":\"\x01\xff");
	line = format(fixture);
	assert_true(text_starts_with(
		line, TEXT("{\"ts\":\"2025-11-21T04:40:00Z\",\"qid\":\"4D79C528129\","
			   "\"action\":\"reject\",\"client\":\"198.51.100.66\","
			   "\"class\":\"spoof\",")));
	assert_true(has(line, "\"ms\":41,"));
	assert_true(has(line, "\"helo\":\"\\u0022},{\\u0022action\\u0022:\\u0022\\u0001\\u00ff\""));
	assert_true(text_ends_with(line, TEXT("}")));
}

static void
is_silent_about_accepted_mail_on_request(void **state)
{
	struct fixture *fixture = *state;

	fixture->config.log_accepted = false;
	assert_false(text_is_empty(format(fixture)));
	fixture->outcome.verdict.action = ACTION_ACCEPT;
	assert_false(text_is_empty(format(fixture)));   /* monitor mode: would reject */
	fixture->outcome.verdict.decided = ACTION_ACCEPT;
	assert_true(text_is_empty(format(fixture)));
}

static void
hides_local_parts_unless_told_otherwise(void **state)
{
	struct fixture *fixture = *state;

	assert_false(has(format(fixture), "alice"));
	fixture->config.log_addresses = LOG_ADDRESSES_FULL;
	assert_true(has(format(fixture), "mfrom=\"alice@good.example\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_where_the_other_discovery_differs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(begins_with_what_fail2ban_reads, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(remote_text_cannot_forge_a_field, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(says_what_monitor_mode_would_do, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(cuts_remote_text_visibly, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_the_first_signatures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_json_with_fixed_order_and_ascii, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(is_silent_about_accepted_mail_on_request, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(hides_local_parts_unless_told_otherwise, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
