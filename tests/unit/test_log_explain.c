/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tool/log_summary.h"

static struct log_record
record_of(struct arena *arena, const char *fields)
{
	struct text line = text_printf(arena, "4X: %s mid=\"\"", fields);
	struct log_record record;
	const char *reason = NULL;

	if (log_record_parse(arena, line, &record, &reason) != LOG_RECORD_READ)
		fail_msg("%s: %s", fields, reason);
	return record;
}

/* All that is said about the topic. */
static struct text
said(struct arena *arena, const char *fields, enum log_topic topic)
{
	struct log_record record = record_of(arena, fields);
	struct log_explanation explanation = log_explain(arena, &record);
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < explanation.count; i++) {
		if (explanation.items[i].topic != topic)
			continue;
		textbuf_add_string(&out, out.length > 0 ? "; " : "");
		textbuf_add(&out, explanation.items[i].text);
	}
	return textbuf_text(&out);
}

#define CLIENT "action=accept client=192.0.2.1 class=none"

static void
explains_each_topic(void **state)
{
	static const struct {
		const char *fields;
		enum log_topic topic;
		const char *part;       /* NULL: nothing is said */
	} rows[] = {
		{ CLIENT " iprev=pass ptr=\"a.example\"", LOG_TOPIC_SENDER, "192.0.2.1 (a.example)" },
		{ CLIENT " iprev=fail ptr=\"a.example\"", LOG_TOPIC_IPREV, "calls itself a.example" },
		{ CLIENT " iprev=fail ptr=\"-\"", LOG_TOPIC_IPREV, "holds the name of a host" },
		{ CLIENT " iprev=permerror ptr=\"-\"", LOG_TOPIC_IPREV, "no name in reverse DNS" },
		{ CLIENT " iprev=permerror ptr=\"a.example\"", LOG_TOPIC_IPREV, "limit of questions" },
		{ CLIENT " iprev=- ptr=\"-\"", LOG_TOPIC_IPREV, NULL },
		{ CLIENT " dmarc=-", LOG_TOPIC_CLASS, "DMARC is not checked" },
		{ CLIENT " dmarc=permerror from=a.example", LOG_TOPIC_DMARC, "this host could not find out" },
		{ CLIENT " rule=dmarc-permerror from=a.example", LOG_TOPIC_SENDER_ADVICE, NULL },
		{ CLIENT " rule=dmarc-permerror from=a.example", LOG_TOPIC_OPERATOR_ADVICE, "the reason" },
		{ "action=mark client=192.0.2.1 class=malformed rule=missing-from mfrom=\"<>\"",
		  LOG_TOPIC_DECISION, "for a bounce OnMalformedBounce" },
		{ "action=accept client=192.0.2.1 class=spoof rule=dmarc-none from=a.example override=test-mode",
		  LOG_TOPIC_DECISION, "none is the policy that applies" },
		{ "action=reject client=192.0.2.1 class=indirect from=a.example dkim=pass "
		  "dkimdom=l.example:s:pass,mail.a.example:s:fail", LOG_TOPIC_SENDER_ADVICE, "what changes" },
		{ "action=reject client=192.0.2.1 class=misaligned from=a.example dkim=pass "
		  "dkimdom=l.example:s:pass,b.example:s:fail", LOG_TOPIC_SENDER_ADVICE, "sign with d=a.example" },
		{ "action=accept client=192.0.2.1 class=misaligned from=a.example spf=pass "
		  "spfdom=l.example mfrom=\"<>\"", LOG_TOPIC_SENDER_ADVICE, "say HELO with a name of a.example" },
		{ CLIENT " mfrom=\"<>\"", LOG_TOPIC_SENDER, "null sender" },
		{ CLIENT " mfrom=\"a\\x22@b.example\"", LOG_TOPIC_SENDER, "sender a\"@b.example" },
		{ CLIENT " rcpts=1 size=7", LOG_TOPIC_SENDER, "1 recipient, 7 bytes" },
		{ CLIENT " spf=fail spfdom=b.example", LOG_TOPIC_SPF, "does not allow mail from 192.0.2.1" },
		{ CLIENT " spf=none spfdom=-", LOG_TOPIC_SPF, "no domain to check" },
		{ CLIENT " spf=-", LOG_TOPIC_SPF, NULL },
		{ CLIENT " dkim=none dkimdom=-", LOG_TOPIC_DKIM, "no signature" },
		{ CLIENT " dkim=fail dkimdom=a.example:s:fail,b.example::pass,+2", LOG_TOPIC_DKIM,
		  "a.example (selector s) does not verify" },
		{ CLIENT " dkim=pass dkimdom=a.example:s:pass,+2", LOG_TOPIC_DKIM, "2 more" },
		{ CLIENT " arc=pass arcdom=l.example", LOG_TOPIC_ARC, "newest is of l.example" },
		{ CLIENT " arc=none", LOG_TOPIC_ARC, NULL },
		{ CLIENT " dmarc=pass from=a.example align=spf policy=reject", LOG_TOPIC_DMARC,
		  "by SPF; its policy is reject" },
		{ CLIENT " dmarc=fail from=a.example align=- policy=reject/test spf=pass spfdom=b.example",
		  LOG_TOPIC_DMARC, "but for b.example; its policy is reject, and only a test" },
		{ CLIENT " rule=mine override=local-policy", LOG_TOPIC_DECISION, "by your rule mine" },
		{ CLIENT " rule=mine override=local-policy", LOG_TOPIC_OPERATOR_ADVICE, "rule mine" },
		{ "action=reject client=- class=spoof rule=dmarc-reject reply=\"550 5.7.26\"",
		  LOG_TOPIC_DECISION, "refused (550 5.7.26) by dmarc-reject: " },
		{ "action=accept client=- class=spoof would=discard rule=mine", LOG_TOPIC_MONITOR,
		  "would have been thrown away" },
		{ CLIENT, LOG_TOPIC_MONITOR, NULL },
		{ CLIENT " shadow=a:mark,b:none,+3", LOG_TOPIC_SHADOW,
		  "a matches; it would have been accepted and marked; b matches; it would leave" },
		{ CLIENT " skipped=users", LOG_TOPIC_SKIPPED, "users: rules that" },
		{ CLIENT " compare=psl:fail/reject/a.example/example/reject", LOG_TOPIC_COMPARE,
		  "public suffix list comes to fail, policy reject of a.example" },
		{ CLIENT " compare=nonsense", LOG_TOPIC_COMPARE, NULL },
		{ CLIENT " trust=authenticated", LOG_TOPIC_CLASS, "logged in" },
		{ CLIENT " removed=2", LOG_TOPIC_REMOVED, "2 that claimed" },
		{ CLIENT " reason=\"two records\"", LOG_TOPIC_REASON, "two records" },
		{ "action=accept client=2001:db8::1 class=spoof from=a.example spf=fail spfdom=a.example",
		  LOG_TOPIC_SENDER_ADVICE, "ip6:2001:db8::1" },
		{ "action=accept client=192.0.2.1 class=indirect from=a.example arc=pass arcdom=l.example",
		  LOG_TOPIC_OPERATOR_ADVICE, "l.example in TrustedARCSealers" },
		{ "action=accept client=192.0.2.1 class=spoof from=xn--bcher-kva.example",
		  LOG_TOPIC_OPERATOR_ADVICE, "author=xn--bcher-kva.example client=192.0.2.1 accept" },
		{ CLIENT " from=xn--bcher-kva.example dmarc=none", LOG_TOPIC_DMARC,
		  "b\xc3\xbc" "cher.example (xn--bcher-kva.example) nor its organization publishes" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text text = said(arena, rows[i].fields, rows[i].topic);

		if (text_is_empty(text) != (rows[i].part == NULL) ||
		    (rows[i].part != NULL &&
		     text_find_text(text, text_from(rows[i].part)) == TEXT_NOT_FOUND))
			fail_msg("%s: %.*s", rows[i].fields, TEXT_ARGUMENTS(text));
	}
	arena_free(&arena);
}

static void
advises_once(void **state)
{
	struct arena *arena = arena_new();
	struct text text = said(arena, "action=reject client=192.0.2.1 class=spoof rule=spf-fail "
				"from=a.example spf=fail spfdom=a.example", LOG_TOPIC_SENDER_ADVICE);

	(void)state;
	assert_true(text_starts_with(text, TEXT("add ip4:192.0.2.1")));
	assert_int_equal(text_find_text(text_from_position(text, 1), TEXT("add ip4:")), TEXT_NOT_FOUND);
	arena_free(&arena);
}

/* A line that is cut in its first word says nothing of what became of the message. */
static void
does_not_call_the_unknown_accepted(void **state)
{
	static const struct terminal terminal = { .width = 80 };
	struct arena *arena = arena_new();
	struct log_explanation explanation = { .arena = arena };
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct log_record record;
	const char *reason = NULL;

	(void)state;
	assert_int_equal(log_record_parse(arena, TEXT("4X: action=rej"), &record, &reason),
			 LOG_RECORD_BROKEN);
	log_explain_print(&terminal, &out, &record, &explanation);
	assert_true(text_equal(textbuf_text(&out), TEXT("4X  unknown\n")));
	/* Nor what Mode enforce does, when the cut is before "would". */
	assert_int_equal(log_record_parse(arena, TEXT("4X: action=accept client=-"), &record, &reason),
			 LOG_RECORD_BROKEN);
	assert_int_equal(record.would, ACTION_NONE_YET);
	arena_free(&arena);
}

/* Whatever stands in the line, nothing that a sentence wants is forgotten in it. */
static void
knows_every_word_of_the_daemon(void **state)
{
	static const char *const overrides[] = { "test-mode", "indirect", "misaligned", "spoof",
						 "forwarded", "arc", "forwarder", "own-domain",
						 "domain-policy", "local-policy" };
	struct arena *arena = arena_new();

	(void)state;
	for (enum message_class i = CLASS_TRUSTED; i < CLASS_COUNT; i++)
		assert_false(text_is_empty(
			said(arena, text_string(arena, text_printf(arena, "action=accept client=- class=%s",
								   message_class_keyword(i))),
			     LOG_TOPIC_CLASS)));
	for (size_t i = 0; i < COUNT_OF(overrides); i++)
		assert_false(text_is_empty(
			said(arena, text_string(arena, text_printf(arena, CLIENT " override=%s",
								   overrides[i])),
			     LOG_TOPIC_OVERRIDE)));
	arena_free(&arena);
}

static void
is_the_same_for_people_and_programs(void **state)
{
	static const struct terminal terminal = { .width = 80 };
	struct arena *arena = arena_new();
	struct log_record record = record_of(
		arena, "action=accept client=192.0.2.1 class=pass rule=dmarc-pass helo=\"\\x1b[31m\"");
	struct log_explanation explanation = log_explain(arena, &record);
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct json json = json_new(&out);

	(void)state;
	log_explain_print(&terminal, &out, &record, &explanation);
	assert_true(text_starts_with(textbuf_text(&out), TEXT("4X  accepted\n  Sender")));
	/* What a stranger chose cannot colour the terminal. */
	assert_int_equal(text_find(textbuf_text(&out), '\033'), TEXT_NOT_FOUND);
	assert_true(text_find_text(textbuf_text(&out), TEXT("HELO \\x1b[31m")) != TEXT_NOT_FOUND);
	out.length = 0;
	log_explain_json(arena, &json, &record, &explanation);
	assert_true(text_find_text(textbuf_text(&out), TEXT("\"helo\": \"\\u001b[31m\"")) !=
		    TEXT_NOT_FOUND);
	arena_free(&arena);
}

static void
counts_with_bounds(void **state)
{
	struct arena *arena = arena_new();
	struct log_tally tally = log_tally_new(arena, 100);
	struct log_record record = record_of(arena, "action=accept client=- class=spoof would=reject");
	const struct log_count **sorted;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 101; i++)
			(void)log_tally_add(&tally, text_printf(arena, "name%d", i), &record);
	(void)log_tally_add(&tally, TEXT("name7"), &record);
	assert_int_equal(tally.count, 100);
	assert_int_equal(tally.other.messages, 2);
	sorted = log_tally_sorted(&tally, log_weigh_trouble);
	assert_true(text_equal(sorted[0]->name, TEXT("name7")));
	assert_int_equal(sorted[0]->messages, 3);
	assert_int_equal(sorted[0]->by_would[ACTION_REJECT], 3);
	assert_true(text_equal(sorted[1]->name, TEXT("name0")));
	/* As long as a domain may be, and longer. */
	tally = log_tally_new(arena, 100);
	for (size_t length = 252; length <= 254; length++)
		(void)log_tally_add(&tally, text_of(arena_alloc(arena, length), length), &record);
	assert_int_equal(tally.count, 2);
	arena_free(&arena);
}

static void
sums_up(void **state)
{
	static const char *const lines[] = {
		"action=accept client=192.0.2.1 class=pass rule=dmarc-pass from=a.example iprev=pass ptr=\"a\"",
		"action=accept client=192.0.2.2 class=spoof would=reject rule=dmarc-reject from=b.example "
		"iprev=permerror ptr=\"-\" shadow=x:mark,+2",
		"action=accept client=192.0.2.2 class=spoof would=reject rule=dmarc-reject from=b.example "
		"iprev=fail ptr=\"liar.example\" compare=psl:pass/-/-/-/accept",
		"action=reject client=192.0.2.3 class=misaligned rule=mine from=- removed=1",
		"action=accept client=127.0.0.1 class=trusted rule=trusted from=-",
	};
	struct arena *arena = arena_new();
	struct log_summary summary = log_summary_new(arena);
	const struct log_count **clients;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct log_record record = record_of(arena, lines[i]);

		record.time = i == 0 ? 0 : (int64_t)(1000 - i);
		log_summary_add(&summary, &record);
	}
	assert_int_equal(summary.all.messages, 5);
	assert_int_equal(summary.all.by_action[ACTION_REJECT], 1);
	assert_int_equal(summary.all.by_would[ACTION_REJECT], 3);
	assert_int_equal(summary.monitored, 2);
	assert_int_equal(summary.spared[ACTION_REJECT], 2);
	assert_int_equal(summary.compared, 1);
	assert_int_equal(summary.compared_action, 1);
	assert_int_equal(summary.removed, 1);
	assert_int_equal(summary.first, 996);
	assert_int_equal(summary.last, 999);
	assert_int_equal(summary.domains.count, 3);     /* without that of trusted mail */
	assert_int_equal(summary.shadows.count, 1);
	clients = log_tally_sorted(&summary.clients, log_weigh_trouble);
	assert_int_equal(summary.clients.count, 2);
	assert_true(text_equal(clients[0]->note, TEXT("liar.example (unconfirmed)")));
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_each_topic),
		cmocka_unit_test(advises_once),
		cmocka_unit_test(does_not_call_the_unknown_accepted),
		cmocka_unit_test(knows_every_word_of_the_daemon),
		cmocka_unit_test(is_the_same_for_people_and_programs),
		cmocka_unit_test(counts_with_bounds),
		cmocka_unit_test(sums_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
