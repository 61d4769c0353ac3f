/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "config/reader.h"

/* What the checks found, in short. */
struct case_findings {
	enum author_status author;
	enum result dmarc;
	enum dmarc_policy published;
	enum dmarc_policy effective;
	enum result spf;
	enum result helo;
	enum result dkim;
	enum result iprev;
	bool author_signature_broken;
	bool resolver_is_gone;
	bool sealer_reports_pass;
};

struct row {
	const char *name;
	const char *settings;
	struct case_findings found;
	bool is_null_sender;
	bool is_list_mail;
	bool header_is_over_limit;
	int64_t deferred_since;
	enum message_class message_class;
	enum action action;
	const char *rule;
	const char *reply;      /* "code status", NULL for none */
	const char *override;   /* NULL: not looked at */
};

enum { NOW = 1763700000 };

#define ONE AUTHOR_ONE_DOMAIN
#define REJECT DMARC_POLICY_REJECT
#define QUARANTINE DMARC_POLICY_QUARANTINE
#define NO_POLICY DMARC_POLICY_NONE
#define UNKNOWN DMARC_POLICY_UNKNOWN
#define FAILED(p) ONE, RESULT_FAIL, p, p

static const struct row rows[] = {
	{ .name = "pass is accepted", .found = { ONE, RESULT_PASS, REJECT, REJECT },
	  .message_class = CLASS_PASS, .action = ACTION_ACCEPT, .rule = "dmarc-pass" },
	{ .name = "no record is accepted", .found = { ONE, RESULT_NONE, UNKNOWN, UNKNOWN },
	  .message_class = CLASS_NONE, .action = ACTION_ACCEPT, .rule = "no-dmarc-record" },
	{ .name = "resolver gone, policy not known",
	  .found = { ONE, RESULT_TEMPERROR, UNKNOWN, UNKNOWN, .resolver_is_gone = true },
	  .message_class = CLASS_ERROR, .action = ACTION_TEMPFAIL, .rule = "internal-error",
	  .reply = "451 4.7.1" },
	{ .name = "resolver gone, by option", .settings = "OnInternalError accept",
	  .found = { ONE, RESULT_TEMPERROR, REJECT, REJECT, .resolver_is_gone = true },
	  .message_class = CLASS_ERROR, .action = ACTION_ACCEPT, .rule = "internal-error" },
	{ .name = "resolver gone: no rule reads that as the sender's fault",
	  .settings = "Rule strict dmarc!=pass reject",
	  .found = { ONE, RESULT_TEMPERROR, UNKNOWN, UNKNOWN, .resolver_is_gone = true },
	  .message_class = CLASS_ERROR, .action = ACTION_TEMPFAIL, .rule = "internal-error",
	  .reply = "451 4.7.1" },
	{ .name = "resolver gone behind a pass",
	  .found = { ONE, RESULT_PASS, REJECT, REJECT, .resolver_is_gone = true },
	  .message_class = CLASS_PASS, .action = ACTION_ACCEPT, .rule = "dmarc-pass" },
	{ .name = "permerror by option", .settings = "OnPermError reject",
	  .found = { ONE, RESULT_PERMERROR, UNKNOWN, UNKNOWN },
	  .message_class = CLASS_NONE, .action = ACTION_REJECT, .rule = "dmarc-permerror",
	  .reply = "550 5.7.26" },
	{ .name = "spoof under reject", .found = { FAILED(REJECT), RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "misaligned by SPF", .found = { FAILED(REJECT), RESULT_PASS },
	  .message_class = CLASS_MISALIGNED, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "misaligned by HELO",
	  .found = { FAILED(REJECT), RESULT_NONE, RESULT_PASS },
	  .message_class = CLASS_MISALIGNED, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "a stranger's temperror is no spoof for fail2ban",
	  .found = { FAILED(REJECT), RESULT_TEMPERROR },
	  .message_class = CLASS_MISALIGNED, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "broken author signature",
	  .found = { FAILED(REJECT), .author_signature_broken = true },
	  .message_class = CLASS_INDIRECT, .action = ACTION_MARK,
	  .rule = "dmarc-reject-softened" },
	{ .name = "list mail that authenticates", .is_list_mail = true,
	  .found = { FAILED(REJECT), RESULT_PASS },
	  .message_class = CLASS_INDIRECT, .action = ACTION_MARK,
	  .rule = "dmarc-reject-softened" },
	{ .name = "list mail, of which no answer came", .is_list_mail = true,
	  .found = { FAILED(REJECT), RESULT_TEMPERROR },
	  .message_class = CLASS_INDIRECT, .action = ACTION_MARK,
	  .rule = "dmarc-reject-softened" },
	{ .name = "list mail that does not", .is_list_mail = true,
	  .found = { FAILED(REJECT), RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "RejectClasses with indirect", .settings = "RejectClasses spoof, indirect",
	  .is_list_mail = true, .found = { FAILED(REJECT), RESULT_PASS },
	  .message_class = CLASS_INDIRECT, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "RejectClasses without misaligned", .settings = "RejectClasses spoof",
	  .found = { FAILED(REJECT), RESULT_PASS },
	  .message_class = CLASS_MISALIGNED, .action = ACTION_MARK,
	  .rule = "dmarc-reject-softened" },
	{ .name = "RejectClasses none", .settings = "RejectClasses none",
	  .found = { FAILED(REJECT), RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_MARK,
	  .rule = "dmarc-reject-softened" },
	{ .name = "a trusted sealer under reject",
	  .found = { FAILED(REJECT), RESULT_FAIL, .sealer_reports_pass = true },
	  .message_class = CLASS_FORWARDED, .action = ACTION_ACCEPT, .rule = "arc-trusted",
	  .override = "arc" },
	{ .name = "a trusted sealer under quarantine",
	  .found = { FAILED(QUARANTINE), RESULT_FAIL, .sealer_reports_pass = true },
	  .message_class = CLASS_FORWARDED, .action = ACTION_ACCEPT, .rule = "arc-trusted",
	  .override = "arc" },
	{ .name = "a trusted sealer knows more than a broken signature",
	  .found = { FAILED(REJECT), .author_signature_broken = true,
		     .sealer_reports_pass = true },
	  .message_class = CLASS_FORWARDED, .action = ACTION_ACCEPT, .rule = "arc-trusted",
	  .override = "arc" },
	{ .name = "RejectClasses with forwarded", .settings = "RejectClasses spoof, forwarded",
	  .found = { FAILED(REJECT), RESULT_FAIL, .sealer_reports_pass = true },
	  .message_class = CLASS_FORWARDED, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
	{ .name = "a trusted sealer does not help SPF",
	  .settings = "OnSPFFail reject",
	  .found = { FAILED(REJECT), RESULT_FAIL, .sealer_reports_pass = true },
	  .message_class = CLASS_FORWARDED, .action = ACTION_REJECT, .rule = "spf-fail",
	  .reply = "550 5.7.23" },
	{ .name = "a trusted sealer does not help a From that is none",
	  .found = { AUTHOR_SEVERAL_FIELDS, RESULT_NONE, .sealer_reports_pass = true },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "multiple-from",
	  .reply = "550 5.7.1" },
	{ .name = "quarantine marks", .found = { FAILED(QUARANTINE), RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_MARK, .rule = "dmarc-quarantine" },
	{ .name = "quarantine holds by option", .settings = "OnQuarantine quarantine",
	  .found = { FAILED(QUARANTINE), RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_QUARANTINE,
	  .rule = "dmarc-quarantine" },
	{ .name = "p=none changes nothing", .found = { FAILED(NO_POLICY), RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_ACCEPT, .rule = "dmarc-none" },
	{ .name = "t=y lowers", .found = { ONE, RESULT_FAIL, REJECT, QUARANTINE, RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_MARK, .rule = "dmarc-quarantine" },
	{ .name = "temperror under reject defers",
	  .found = { ONE, RESULT_TEMPERROR, REJECT, REJECT },
	  .message_class = CLASS_ERROR, .action = ACTION_TEMPFAIL, .rule = "dmarc-temperror",
	  .reply = "451 4.7.1" },
	{ .name = "deferred for the last second", .deferred_since = NOW - 86399,
	  .found = { ONE, RESULT_TEMPERROR, REJECT, REJECT },
	  .message_class = CLASS_ERROR, .action = ACTION_TEMPFAIL, .rule = "dmarc-temperror",
	  .reply = "451 4.7.1" },
	{ .name = "deferred for long enough", .deferred_since = NOW - 86400,
	  .found = { ONE, RESULT_TEMPERROR, REJECT, REJECT },
	  .message_class = CLASS_ERROR, .action = ACTION_MARK, .rule = "defer-expired" },
	{ .name = "temperror under none accepts",
	  .found = { ONE, RESULT_TEMPERROR, NO_POLICY, NO_POLICY },
	  .message_class = CLASS_ERROR, .action = ACTION_ACCEPT,
	  .rule = "dmarc-temperror-unknown" },
	{ .name = "temperror of the policy accepts",
	  .found = { ONE, RESULT_TEMPERROR, UNKNOWN, UNKNOWN },
	  .message_class = CLASS_ERROR, .action = ACTION_ACCEPT,
	  .rule = "dmarc-temperror-unknown" },
	{ .name = "no From", .found = { AUTHOR_NO_FIELD, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "missing-from",
	  .reply = "550 5.7.1" },
	{ .name = "several From", .found = { AUTHOR_SEVERAL_FIELDS, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "multiple-from",
	  .reply = "550 5.7.1" },
	{ .name = "several domains", .found = { AUTHOR_SEVERAL_DOMAINS, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT,
	  .rule = "multiple-domains", .reply = "550 5.7.1" },
	{ .name = "malformed", .found = { AUTHOR_MALFORMED, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "malformed-from",
	  .reply = "550 5.7.1" },
	{ .name = "no domain", .found = { AUTHOR_NO_DOMAIN, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "malformed-from",
	  .reply = "550 5.7.1" },
	{ .name = "a check that did not run is malformed, not accepted",
	  .found = { AUTHOR_NOT_KNOWN, RESULT_NOT_CHECKED },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "malformed-from",
	  .reply = "550 5.7.1" },
	{ .name = "malformed bounce is marked", .is_null_sender = true,
	  .found = { AUTHOR_NO_FIELD, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_MARK, .rule = "missing-from" },
	{ .name = "malformed by option", .settings = "OnMalformedFrom accept",
	  .found = { AUTHOR_MALFORMED, RESULT_NONE },
	  .message_class = CLASS_MALFORMED, .action = ACTION_ACCEPT,
	  .rule = "malformed-from" },
	{ .name = "header over the limit", .header_is_over_limit = true,
	  .found = { ONE, RESULT_PASS, REJECT, REJECT },
	  .message_class = CLASS_MALFORMED, .action = ACTION_REJECT, .rule = "header-limit",
	  .reply = "550 5.7.1" },
	{ .name = "SPF fail alone refuses nothing",
	  .found = { ONE, RESULT_NONE, UNKNOWN, UNKNOWN, RESULT_FAIL },
	  .message_class = CLASS_NONE, .action = ACTION_ACCEPT, .rule = "no-dmarc-record" },
	{ .name = "SPF fail by option", .settings = "OnSPFFail reject",
	  .found = { ONE, RESULT_NONE, UNKNOWN, UNKNOWN, RESULT_FAIL },
	  .message_class = CLASS_NONE, .action = ACTION_REJECT, .rule = "spf-fail",
	  .reply = "550 5.7.23" },
	{ .name = "HELO fail by option", .settings = "OnHeloFail reject",
	  .found = { ONE, RESULT_NONE, UNKNOWN, UNKNOWN, RESULT_NONE, RESULT_FAIL },
	  .message_class = CLASS_NONE, .action = ACTION_REJECT, .rule = "helo-fail",
	  .reply = "550 5.7.23" },
	{ .name = "no PTR by option", .settings = "OnIPRevFail tempfail",
	  .found = { ONE, RESULT_PASS, REJECT, REJECT, .iprev = RESULT_PERMERROR },
	  .message_class = CLASS_PASS, .action = ACTION_TEMPFAIL, .rule = "iprev-fail",
	  .reply = "450 4.7.25" },
	{ .name = "the weaker wish does not win", .settings = "OnIPRevFail mark",
	  .found = { FAILED(REJECT), RESULT_FAIL, .iprev = RESULT_FAIL },
	  .message_class = CLASS_SPOOF, .action = ACTION_REJECT, .rule = "dmarc-reject",
	  .reply = "550 5.7.26" },
};

static struct findings
make_findings(const struct case_findings *found)
{
	struct findings findings = { .iprev = { .result = found->iprev } };

	findings.spf.mail_from.result = found->spf;
	findings.spf.helo.result = found->helo;
	findings.dkim.result = found->dkim;
	findings.dmarc.author.status = found->author;
	findings.dmarc.author.domain = TEXT("example.com");
	findings.dmarc.result = found->dmarc;
	findings.dmarc.published = found->published;
	findings.dmarc.effective = found->effective;
	findings.dmarc.author_signature_broken = found->author_signature_broken;
	findings.resolver_is_gone = found->resolver_is_gone;
	findings.dmarc.sealer_reports_pass = found->sealer_reports_pass;
	return findings;
}

static struct config *
make_config(struct arena *arena, const char *settings)
{
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_problems problems = { NULL, 0, 0, false };

	config_set_defaults(arena, config);
	config_read_text(arena, text_from(settings), TEXT("row"), config, &problems);
	config_finish(arena, config, &problems);
	assert_false(problems.has_error);
	return config;
}

static struct message
make_message(struct arena *arena, const struct row *row, struct connection *connection)
{
	struct message message = { .connection = connection, .received_at = NOW };

	assert_true(ip_parse(TEXT("198.51.100.66"), &connection->client));
	message.sender.is_null = row->is_null_sender;
	message.deferred_since = row->deferred_since;
	if (row->is_list_mail)
		message_add_field(&message, arena, TEXT("List-Id"), TEXT(" <l.example>"), 1000);
	message.header_is_over_limit = row->header_is_over_limit;
	return message;
}

static void
decides_every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct arena *arena = arena_new();
		struct connection connection = { .helo = { NULL, 0 } };
		struct message message = make_message(arena, row, &connection);
		struct findings findings = make_findings(&row->found);
		struct config *config = make_config(arena, row->settings);
		struct verdict verdict = policy_decide(arena, config, &message, &findings);
		struct text reply = text_printf(arena, "%.*s %.*s",
						TEXT_ARGUMENTS(verdict.reply_code),
						TEXT_ARGUMENTS(verdict.reply_status));

		print_message("%s\n", row->name);
		assert_string_equal(message_class_keyword(verdict.message_class),
				    message_class_keyword(row->message_class));
		assert_string_equal(action_keyword(verdict.action), action_keyword(row->action));
		assert_string_equal(verdict.rule, row->rule);
		if (row->override != NULL)
			assert_string_equal(verdict.override, row->override);
		assert_true(text_equal(reply, row->reply != NULL ? text_from(row->reply)
								 : TEXT(" ")));
		assert_int_equal(verdict.action, verdict.decided);
		config->mode = MODE_MONITOR;
		verdict = policy_decide(arena, config, &message, &findings);
		assert_int_equal(verdict.action, ACTION_ACCEPT);
		assert_int_equal(verdict.decided, row->action);
		arena_free(&arena);
	}
}

static void
trusts_only_whom_it_is_told_to(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { .daemon_name = TEXT("smtpd") };
	struct message message = { .connection = &connection };
	const struct config *config = make_config(arena, "");

	(void)state;
	/* No client address is no reason to trust. */
	assert_int_equal(policy_trust(config, &message), TRUST_NOT);
	assert_true(ip_parse(TEXT("127.0.0.1"), &connection.client));
	assert_int_equal(policy_trust(config, &message), TRUST_HOST);
	assert_true(ip_parse(TEXT("::ffff:127.0.0.1"), &connection.client));
	assert_int_equal(policy_trust(config, &message), TRUST_HOST);
	assert_int_equal(policy_trust(make_config(arena, "IgnoreHosts none"), &message),
			 TRUST_NOT);
	assert_true(ip_parse(TEXT("192.0.2.1"), &connection.client));
	message.is_authenticated = true;
	assert_int_equal(policy_trust(config, &message), TRUST_AUTHENTICATED);
	assert_int_equal(policy_trust(make_config(arena, "IgnoreAuthenticatedClients no"),
				      &message),
			 TRUST_NOT);
	message.is_authenticated = false;
	connection.daemon_name = TEXT("originating");
	assert_int_equal(policy_trust(config, &message), TRUST_DAEMON_NAME);
	arena_free(&arena);
}

static void
replies_hold_no_remote_control_bytes(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { .helo = { NULL, 0 } };
	struct message message = { .connection = &connection,
				   .queue_id = TEXT("4\r\n250 x\xc3\xa4") };
	struct findings findings = { .dmarc = { .author = { .status = AUTHOR_ONE_DOMAIN,
							    .domain = TEXT("example.com") },
						.result = RESULT_FAIL,
						.published = REJECT,
						.effective = REJECT } };
	const struct config *config =
		make_config(arena, "RejectText \"no 100%% for %d from %i (%q)\"");
	struct verdict verdict = policy_decide(arena, config, &message, &findings);

	(void)state;
	assert_true(text_equal(verdict.reply_text,
			       TEXT("no 100% for example.com from - (4?\?250 x?\?)")));
	arena_free(&arena);
}

/* `count` rules r0, r1 ... that all say the same. */
static struct verdict
decide_with_rules(struct arena *arena, const char *before, size_t count, const char *rule)
{
	static struct connection connection;
	struct textbuf settings = textbuf_new(arena, 65536);
	struct message message = { .connection = &connection };
	struct findings findings = { .dmarc = { .author = { .status = AUTHOR_ONE_DOMAIN,
							    .domain = TEXT("example.com") },
						.result = RESULT_FAIL,
						.published = REJECT,
						.effective = REJECT } };

	connection = (struct connection){ .client = { .family = IP_NONE } };
	textbuf_add_string(&settings, before);
	for (size_t i = 0; i < count; i++)
		textbuf_printf(&settings, "Rule r%zu %s\n", i, rule);
	message_add_recipient(&message, arena, address_parse(arena, TEXT("<a@one.example>")));
	message_add_recipient(&message, arena, address_parse(arena, TEXT("<b@two.example>")));
	return policy_decide(arena, make_config(arena, text_string(arena, textbuf_text(&settings))), &message,
			     &findings);
}

static void
expect_end(struct text list, const char *end)
{
	assert_true(text_ends_with(list, text_from(end)));
}

/* Twenty are named, the rest is counted: the line stays short and nothing is cut in silence. */
static void
names_twenty_rules_and_counts_the_rest(void **state)
{
	struct arena *arena = arena_new();
	const char *shadow = "dmarc=fail author=example.com reject shadow";
	const char *mixed = "recipient=one.example accept";
	const char *unsplit = "SplitRecipients no\n";

	(void)state;
	assert_true(text_is_empty(decide_with_rules(arena, "", 0, shadow).shadows));
	expect_end(decide_with_rules(arena, "", 1, shadow).shadows, "r0:reject");
	expect_end(decide_with_rules(arena, "", 19, shadow).shadows, ",r18:reject");
	expect_end(decide_with_rules(arena, "", 20, shadow).shadows, ",r19:reject");
	expect_end(decide_with_rules(arena, "", 21, shadow).shadows, ",r19:reject,+1");
	expect_end(decide_with_rules(arena, "", RULES_MAX, shadow).shadows, ",r19:reject,+980");
	expect_end(decide_with_rules(arena, unsplit, 20, mixed).skipped_rules, ",r19");
	expect_end(decide_with_rules(arena, unsplit, 21, mixed).skipped_rules, ",r19,+1");
	assert_string_equal(decide_with_rules(arena, unsplit, 21, mixed).rule, "dmarc-reject");
	arena_free(&arena);
}

/* A client may name thousands of recipients, and an operator hundreds of rules for some of them. */
static void
needs_no_memory_for_each_recipient_and_rule(void **state)
{
	enum { RULES = 200, RECIPIENTS = 200, BYTES_MAX = 1024 };
	struct arena *arena = arena_new();
	struct textbuf settings = textbuf_new(arena, 65536);
	struct connection connection = { .client = { .family = IP_NONE } };
	struct message message = { .connection = &connection };
	struct address recipient = address_parse(arena, TEXT("<x@one.example>"));
	const struct config *config;
	size_t used;

	(void)state;
	for (size_t i = 0; i < RULES; i++)
		textbuf_printf(&settings, "Rule r%zu recipient=a%zu@one.example reject\n", i, i);
	config = make_config(arena, text_string(arena, textbuf_text(&settings)));
	for (size_t i = 0; i < RECIPIENTS; i++)
		message_add_recipient(&message, arena, recipient);
	used = arena_used(arena);
	assert_true(policy_takes_recipient(arena, config, &message, &recipient));
	(void)policy_decide(arena, config, &message, &(struct findings){ .resolver_is_gone = false });
	assert_true(arena_used(arena) - used <= BYTES_MAX);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_every_row),
		cmocka_unit_test(trusts_only_whom_it_is_told_to),
		cmocka_unit_test(replies_hold_no_remote_control_bytes),
		cmocka_unit_test(names_twenty_rules_and_counts_the_rest),
		cmocka_unit_test(needs_no_memory_for_each_recipient_and_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
