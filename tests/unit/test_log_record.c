/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_record.h"

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

/* What a message is with all that the line can say. */
static const struct {
	enum log_key key;
	const char *value;
} full_values[] = {
	{ LOG_KEY_ACTION, "accept" },
	{ LOG_KEY_CLIENT, "2001:db8::66" },
	{ LOG_KEY_CLASS, "misaligned" },
	{ LOG_KEY_WOULD, "reject" },
	{ LOG_KEY_RULE, "dmarc-reject" },
	{ LOG_KEY_TRUST, "authenticated" },
	{ LOG_KEY_DMARC, "fail" },
	{ LOG_KEY_POLICY, "reject/test" },
	{ LOG_KEY_FROM, "good.example" },
	{ LOG_KEY_ALIGNMENT, "spf,dkim" },
	{ LOG_KEY_SPF, "softfail" },
	{ LOG_KEY_SPF_DOMAIN, "bounce.example" },
	{ LOG_KEY_SPF_HELO, "neutral" },
	{ LOG_KEY_DKIM, "policy" },
	{ LOG_KEY_DKIM_DOMAINS, "d.example:s\\xc3\\xbc:policy,-::permerror,+3" },
	{ LOG_KEY_ARC, "pass" },
	{ LOG_KEY_ARC_DOMAIN, "list.example" },
	{ LOG_KEY_IPREV, "temperror" },
	{ LOG_KEY_OVERRIDE, "test-mode" },
	{ LOG_KEY_SHADOW, "bank:mark,two:discard" },
	{ LOG_KEY_SKIPPED, "users" },
	{ LOG_KEY_COMPARE, "psl:pass/none/example/example/accept" },
	{ LOG_KEY_REMOVED, "2" },
	{ LOG_KEY_TLS, "TLSv1.3" },
	{ LOG_KEY_RECIPIENTS, "3" },
	{ LOG_KEY_SIZE, "1234" },
	{ LOG_KEY_DNS, "17" },
	{ LOG_KEY_MILLISECONDS, "41" },
	{ LOG_KEY_REPLY, "" },
	{ LOG_KEY_REASON, "no \"usable\" \\ author" },
	{ LOG_KEY_PTR, "mail.bad.example" },
	{ LOG_KEY_HELO, "x\" client=192.0.2.1 \\x41 \xff\x01\n" },
	{ LOG_KEY_MAIL_FROM, "\"a b\"@good.example" },
	{ LOG_KEY_MESSAGE_ID, "<a=b c@good.example>" },
};

_Static_assert(COUNT_OF(full_values) == LOG_KEY_COUNT, "a field is not tried");

static const struct dkim_signature_finding signatures[] = {
	{ .result = RESULT_POLICY, .domain = { "d.example", 9 }, .selector = { "s\xc3\xbc", 3 } },
	{ .result = RESULT_PERMERROR },
};

static const struct arc_instance_finding instances[] = {
	{ .domain = { "first.example", 13 } }, { .domain = { "list.example", 12 } },
};

static void
fill_findings(struct fixture *fixture)
{
	struct findings *findings = &fixture->outcome.findings;
	struct dmarc_finding *other = arena_alloc(fixture->arena, sizeof(*other));

	*other = (struct dmarc_finding){
		.result = RESULT_PASS, .effective = DMARC_POLICY_NONE,
		.policy_domain = TEXT("example"), .organizational_domain = TEXT("example"),
	};
	findings->dmarc = (struct dmarc_finding){
		.result = RESULT_FAIL, .published = DMARC_POLICY_REJECT, .is_testing = true,
		.spf_aligned = true, .dkim_aligned = true, .other = other,
		.author = { .domain = TEXT("good.example"),
			    .reason = "no \"usable\" \\ author" },
	};
	findings->spf.mail_from.result = RESULT_SOFTFAIL;
	findings->spf.mail_from.domain = TEXT("bounce.example");
	findings->spf.helo.result = RESULT_NEUTRAL;
	findings->dkim.result = RESULT_POLICY;
	findings->dkim.signatures = arena_array(fixture->arena, 2, sizeof(signatures[0]));
	memcpy(findings->dkim.signatures, signatures, sizeof(signatures));
	findings->dkim.count = 2;
	findings->dkim.skipped = 3;
	findings->arc.result = RESULT_PASS;
	findings->arc.instances = arena_array(fixture->arena, 2, sizeof(instances[0]));
	memcpy(findings->arc.instances, instances, sizeof(instances));
	findings->arc.count = 2;
	findings->iprev.result = RESULT_TEMPERROR;
	findings->iprev.name = TEXT("mail.bad.example");
}

static void
fill_message(struct fixture *fixture)
{
	struct message *message = &fixture->message;

	(void)ip_parse(TEXT("2001:db8::66"), &fixture->connection.client);
	fixture->connection.helo = TEXT("x\" client=192.0.2.1 \\x41 \xff\x01\n");
	fixture->connection.tls_version = TEXT("TLSv1.3");
	message->connection = &fixture->connection;
	message->queue_id = TEXT("4D79C528129");
	message->received_at = 1763700000;
	message->sender.text = TEXT("\"a b\"@good.example");
	message->recipient_count = 3;
	message_add_field(message, fixture->arena, TEXT("Message-ID"),
			  TEXT(" <a=b c@good.example>"), 1000);
	message->header_bytes = 1000;
	message->body_bytes = 234;
	fixture->config.log_addresses = LOG_ADDRESSES_FULL;
}

static struct fixture *
new_fixture(struct arena *arena)
{
	struct fixture *fixture = arena_alloc(arena, sizeof(*fixture));

	fixture->arena = arena;
	config_set_defaults(arena, &fixture->config);
	fill_message(fixture);
	fill_findings(fixture);
	fixture->outcome.removed_count = 2;
	fixture->outcome.dns_questions = 17;
	fixture->outcome.verdict = (struct verdict){
		.trust = TRUST_AUTHENTICATED,
		.message_class = CLASS_MISALIGNED,
		.action = ACTION_ACCEPT,
		.decided = ACTION_REJECT,
		.decided_by_other = ACTION_ACCEPT,
		.rule = "dmarc-reject",
		.override = "test-mode",
		.shadows = TEXT("bank:mark,two:discard"),
		.skipped_rules = TEXT("users"),
	};
	return fixture;
}

static struct text
format(struct fixture *fixture, enum log_format log_format)
{
	struct log_field *fields;
	size_t count;

	fixture->config.log_format = log_format;
	return log_line_format(fixture->arena, &fixture->config, &fixture->message,
			       &fixture->outcome, 41, &fields, &count);
}

static struct log_record
read_back(struct arena *arena, struct text line)
{
	struct log_record record;
	const char *reason = NULL;

	assert_int_equal(log_record_parse(arena, line, &record, &reason), LOG_RECORD_READ);
	assert_null(reason);
	return record;
}

static const enum log_format formats[] = { LOG_FORMAT_KEY_VALUE, LOG_FORMAT_JSON };

static void
reads_every_field_that_the_daemon_writes(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = new_fixture(arena);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		struct log_record record = read_back(arena, format(fixture, formats[i]));

		assert_true(text_equal(record.queue_id, TEXT("4D79C528129")));
		for (size_t j = 0; j < COUNT_OF(full_values); j++) {
			struct text value = record.values[full_values[j].key];

			if (!text_equal(value, text_from(full_values[j].value)))
				print_message("%s: %.*s\n", log_line_name(full_values[j].key),
					      TEXT_ARGUMENTS(value));
			assert_non_null(value.bytes);
			assert_true(text_equal(value, text_from(full_values[j].value)));
		}
		assert_int_equal(record.action, ACTION_ACCEPT);
		assert_int_equal(record.would, ACTION_REJECT);
		assert_int_equal(record.message_class, CLASS_MISALIGNED);
		assert_true(ip_equal(record.client, fixture->connection.client));
		assert_int_equal(log_record_number(&record, LOG_KEY_SIZE), 1234);
		assert_int_equal(record.time, formats[i] == LOG_FORMAT_JSON ? 1763700000 : 0);
	}
	arena_free(&arena);
}

/* A message of which nearly nothing is known: what is left out is missing, not empty. */
static void
reads_what_is_left_out(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = new_fixture(arena);

	(void)state;
	fixture->message = (struct message){ .connection = &fixture->connection };
	fixture->connection = (struct connection){ .helo = TEXT("") };
	fixture->outcome = (struct outcome){
		.verdict = { .action = ACTION_TEMPFAIL, .decided = ACTION_TEMPFAIL,
			     .message_class = CLASS_ERROR, .rule = "internal-error",
			     .reply_code = TEXT("451"), .reply_status = TEXT("4.7.1") },
	};
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		struct log_record record = read_back(arena, format(fixture, formats[i]));

		assert_true(text_equal(record.queue_id, TEXT("NOQUEUE")));
		assert_int_equal(record.would, ACTION_TEMPFAIL);
		assert_int_equal(record.client.family, IP_NONE);
		assert_true(text_equal(record.values[LOG_KEY_REPLY], TEXT("451 4.7.1")));
		for (enum log_key key = 0; key < LOG_KEY_COUNT; key++) {
			bool is_missing = record.values[key].bytes == NULL;

			assert_int_equal(is_missing, log_line_kind(key) == LOG_KIND_NON_EMPTY);
		}
		assert_false(log_record_has(&record, LOG_KEY_FROM));
		assert_true(text_is_empty(log_record_value(&record, LOG_KEY_FROM)));
	}
	arena_free(&arena);
}

/* All words that can stand in the fields of which something depends. */
static void
knows_all_words(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = new_fixture(arena);

	(void)state;
	for (enum action action = ACTION_ACCEPT; action <= ACTION_DISCARD; action++)
		for (enum message_class class_word = CLASS_TRUSTED; class_word < CLASS_COUNT;
		     class_word++)
			for (enum result result = 0; result <= RESULT_PERMERROR; result++) {
				struct log_record record;

				fixture->outcome.verdict.action = action;
				fixture->outcome.verdict.message_class = class_word;
				fixture->outcome.findings.spf.helo.result = result;
				record = read_back(arena, format(fixture, LOG_FORMAT_KEY_VALUE));
				assert_int_equal(record.action, action);
				assert_int_equal(record.message_class, class_word);
			}
	arena_free(&arena);
}

static void
tells_others_from_broken_ones(void **state)
{
	static const struct {
		const char *line;
		enum log_record_status status;
	} rows[] = {
		/* The line in place of one that is too long. */
		{ "4X: action=reject client=192.0.2.1 class=spoof", LOG_RECORD_READ },
		{ "4X: action=reject client=- class=spoof mid=\"\"", LOG_RECORD_READ },
		/* Of a later version. */
		{ "4X: action=reject client=- class=spoof new=x mid=\"\" more=\"y\"",
		  LOG_RECORD_READ },
		{ "", LOG_RECORD_NONE },
		{ "started, version 0.1.0", LOG_RECORD_NONE },
		{ "warning: 4X: action=reject client=192.0.2.1", LOG_RECORD_NONE },
		{ "4X:action=reject client=192.0.2.1 class=spoof", LOG_RECORD_NONE },
		{ "4-X: action=reject client=192.0.2.1 class=spoof", LOG_RECORD_NONE },
		{ ": action=reject client=192.0.2.1 class=spoof", LOG_RECORD_NONE },
		{ "{\"qid\":\"4X\"}", LOG_RECORD_NONE },
		{ "4X: action=", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=sp", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof rule=x", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof mid=\"x", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof mid=\"\\x4\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof mid=\"\\n\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof mid=\"\\xzz\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof mid=x", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=spoof mid=\"\" mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.1 class=\"spoof\" mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject  client=192.0.2.1 class=spoof mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=192.0.2.256 class=spoof mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=refuse client=192.0.2.1 class=spoof mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- class=spoof would=x mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- class=spoof spf=x mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- class=spoof size=-1 mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- class=spoof mid=\"\"x", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- class=spoof rule= mid=\"\"", LOG_RECORD_BROKEN },
		{ "4X: action=reject client=- class=spoof rule=\x80 mid=\"\"", LOG_RECORD_BROKEN },
		{ "{\"ts\":\"\",\"qid\":\"4X\",\"action\":\"reject\",\"client\":\"-\","
		  "\"class\":\"spoof\",\"rule\":\"a b\",\"mid\":\"\"}", LOG_RECORD_BROKEN },
		{ "{\"ts\":\"\",\"qid\":\"4X\",\"mid\":\"\"}", LOG_RECORD_BROKEN },
		{ "{\"ts\":\"\",\"qid\":\"4 \",\"action\":\"reject\",\"client\":\"-\","
		  "\"class\":\"spoof\"}", LOG_RECORD_BROKEN },
		{ "{\"ts\":\"\",\"qid\":\"4X\",\"action\":\"reject\",\"client\":\"-\","
		  "\"class\":\"spoof\"}", LOG_RECORD_READ },
		{ "{\"ts\":\"\",\"qid\":\"4X\",\"action\":\"reject\",\"client\":\"-\","
		  "\"class\":\"spoof\"", LOG_RECORD_BROKEN },
		{ "{\"ts\":\"\",\"qid\":\"4X\",\"action\":\"reject\",\"client\":\"-\","
		  "\"class\":\"spoof\",\"size\":\"1\",\"mid\":\"\"}", LOG_RECORD_BROKEN },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct log_record record;
		const char *reason = NULL;
		enum log_record_status status =
			log_record_parse(arena, text_from(rows[i].line), &record, &reason);

		if (status != rows[i].status)
			print_message("%s\n", rows[i].line);
		assert_int_equal(status, rows[i].status);
		assert_int_equal(reason != NULL, status == LOG_RECORD_BROKEN);
	}
	arena_free(&arena);
}

/* Cut anywhere, a line is never taken for another one. */
static void
finds_every_cut(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = new_fixture(arena);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		struct text line = format(fixture, formats[i]);

		for (size_t length = 30; length < line.length; length++) {
			struct log_record record;
			const char *reason = NULL;

			/* What is left after the third field is the short line. */
			if (formats[i] == LOG_FORMAT_KEY_VALUE &&
			    text_ends_with(text_cut(line, 0, length), TEXT("class=misaligned")))
				continue;
			assert_int_equal(log_record_parse(arena, text_cut(line, 0, length), &record,
							  &reason), LOG_RECORD_BROKEN);
			assert_non_null(reason);
		}
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field_that_the_daemon_writes),
		cmocka_unit_test(reads_what_is_left_out),
		cmocka_unit_test(knows_all_words),
		cmocka_unit_test(tells_others_from_broken_ones),
		cmocka_unit_test(finds_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
