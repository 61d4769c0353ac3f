/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/textbuf.h"
#include "dns/zone_text.h"

enum {
	QUESTIONS_MAX = 500,
	DEADLINE = 20000,       /* milliseconds; only TIMEOUT in a zone would wait for it */
	SHORT_DEADLINE = 20
};

/* One message: what a row asks for, with the settings of a new installation. */
struct trial {
	struct arena *arena;
	struct config config;
	struct connection connection;
	struct message message;
	struct findings findings;
	struct dns_session *dns;
	struct check_run run;
};

static void
trial_start(struct trial *trial, const char *zone, const char *client, const char *helo,
	    const char *sender)
{
	struct text reason = { 0 };
	struct zone_text *parsed;

	*trial = (struct trial){ .arena = arena_new() };
	trial->config = (struct config){ .check_spf = true, .spf_helo = true,
					 .spf_lookup_limit = 10, .spf_void_limit = 2,
					 .spf_explanation = true };
	(void)ip_parse(text_from(client), &trial->connection.client);
	trial->connection.helo = text_from(helo);
	trial->connection.host_name = TEXT("receiver.example");
	trial->message.connection = &trial->connection;
	trial->message.received_at = 1700000000;
	trial->message.sender = address_parse(trial->arena, text_from(sender));
	parsed = zone_text_parse(trial->arena, text_from(zone), &reason);
	if (parsed == NULL)
		fail_msg("zone: %.*s", TEXT_ARGUMENTS(reason));
	trial->dns = dns_session_new(trial->arena, zone_text_backend(trial->arena, parsed),
				     QUESTIONS_MAX, clock_milliseconds() + DEADLINE);
	trial->run = (struct check_run){ .arena = trial->arena, .config = &trial->config,
					 .message = &trial->message, .dns = trial->dns,
					 .findings = &trial->findings };
}

/* What the evaluation does between the stages. */
static void
trial_look_ahead(struct trial *trial)
{
	spf_check.prefetch(&trial->run, FACT_RECIPIENT);
	dns_flush(trial->dns);
	while (dns_has_news(trial->dns)) {
		spf_check.prefetch(&trial->run, FACT_ANSWER);
		dns_flush(trial->dns);
	}
}

static void
trial_end(struct trial *trial)
{
	arena_free(&trial->arena);
}

static const char *
string_of(const struct trial *trial, struct text text)
{
	return text_string(trial->arena, text);
}

/* Runs a row with and without looking ahead; the result must be the same. */
struct row {
	const char *zone;
	const char *client;
	const char *helo;
	const char *sender;
	enum result result;
	const char *mechanism;  /* NULL: not looked at */
	const char *reason;     /* NULL: not looked at */
	const char *explanation;/* NULL: none */
};

static void
check_row(const struct row *row, size_t number)
{
	for (int ahead = 0; ahead < 2; ahead++) {
		struct trial trial;
		const struct spf_identity *found = &trial.findings.spf.mail_from;

		trial_start(&trial, row->zone, row->client, row->helo, row->sender);
		if (ahead != 0)
			trial_look_ahead(&trial);
		spf_check.end(&trial.run);
		if (found->result != row->result)
			fail_msg("row %zu: %s (%.*s) instead of %s", number,
				 result_keyword(found->result), TEXT_ARGUMENTS(found->reason),
				 result_keyword(row->result));
		if (row->mechanism != NULL)
			assert_string_equal(string_of(&trial, found->mechanism), row->mechanism);
		if (row->reason != NULL)
			assert_string_equal(string_of(&trial, found->reason), row->reason);
		assert_string_equal(string_of(&trial, found->explanation),
				    row->explanation != NULL ? row->explanation : "");
		trial_end(&trial);
	}
}

#define CLIENT "192.0.2.1", "mx.h.example", "joe@a.example"
#define CLIENT6 "2001:db8::1", "mx.h.example", "joe@a.example"

static void
evaluates_mechanisms(void **state)
{
	static const struct row rows[] = {
		/* RFC 7208, 4.6.2 and 5.1 */
		{ "a.example TXT v=spf1 -all\n", CLIENT, RESULT_FAIL, "-all", "", NULL },
		{ "a.example TXT v=spf1 ~all\n", CLIENT, RESULT_SOFTFAIL, "~all", "", NULL },
		{ "a.example TXT v=spf1 ?all\n", CLIENT, RESULT_NEUTRAL, "?all", "", NULL },
		{ "a.example TXT v=spf1 all\n", CLIENT, RESULT_PASS, "all", "", NULL },
		{ "a.example TXT v=spf1\n", CLIENT, RESULT_NEUTRAL, "default", "", NULL },
		{ "a.example TXT V=SPF1 -ALL\n", CLIENT, RESULT_FAIL, "-ALL", "", NULL },
		{ "a.example TXT v=spf1 +all -all\n", CLIENT, RESULT_PASS, "+all", "", NULL },
		/* 5.6 */
		{ "a.example TXT v=spf1 ip4:192.0.2.0/24 -all\n", CLIENT, RESULT_PASS,
		  "ip4:192.0.2.0/24", "", NULL },
		{ "a.example TXT v=spf1 ip4:192.0.2.2 -all\n", CLIENT, RESULT_FAIL, "-all", "",
		  NULL },
		{ "a.example TXT v=spf1 ip4:10.9.8.7/0 -all\n", CLIENT, RESULT_PASS, NULL, "",
		  NULL },
		{ "a.example TXT v=spf1 ip6:::/0 -all\n", CLIENT, RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT v=spf1 ip6:::ffff:192.0.2.1 -all\n", CLIENT, RESULT_FAIL,
		  NULL, "", NULL },
		{ "a.example TXT v=spf1 ip6:2001:db8::/32 -all\n", CLIENT6, RESULT_PASS, NULL,
		  "", NULL },
		{ "a.example TXT v=spf1 ip4:0.0.0.0/0 -all\n", CLIENT6, RESULT_FAIL, NULL, "",
		  NULL },
		{ "a.example TXT v=spf1 ip4:192.0.2.1 -all\n", "::ffff:192.0.2.1",
		  "x.h.example", "joe@a.example", RESULT_PASS, NULL, "", NULL },
		/* 5.3 */
		{ "a.example TXT v=spf1 a -all\na.example A 192.0.2.1\n", CLIENT, RESULT_PASS,
		  "a", "", NULL },
		{ "a.example TXT v=spf1 a/24 -all\na.example A 192.0.2.77\n", CLIENT,
		  RESULT_PASS, NULL, "", NULL },
		{ "a.example TXT v=spf1 a:h.example//32 -all\nh.example AAAA 2001:db8:5::\n",
		  CLIENT6, RESULT_PASS, NULL, "", NULL },
		/* A mapped address in an AAAA record is an IPv6 address all the same. */
		{ "a.example TXT v=spf1 a//0 -all\n"
		  "a.example TYPE#28 \\# 16 00000000000000000000ffffc0000201\n", CLIENT6,
		  RESULT_PASS, NULL, "", NULL },
		{ "a.example TXT v=spf1 a -all\na.example SERVFAIL A\n", CLIENT,
		  RESULT_TEMPERROR, "", "a.example A: SERVFAIL", NULL },
		{ "a.example TXT v=spf1 a -all\na.example REFUSED A\n", CLIENT,
		  RESULT_TEMPERROR, NULL, "a.example A: REFUSED", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], i);
}

static void
evaluates_more_mechanisms(void **state)
{
	static const struct row rows[] = {
		/* 5.4 */
		{ "a.example TXT v=spf1 mx -all\na.example MX 10 m.h.example\n"
		  "m.h.example A 192.0.2.1\n", CLIENT, RESULT_PASS, "mx", "", NULL },
		{ "a.example TXT v=spf1 mx -all\na.example A 192.0.2.1\n", CLIENT, RESULT_FAIL,
		  "-all", "", NULL },
		{ "a.example TXT v=spf1 mx -all\na.example MX 0 .\n", CLIENT, RESULT_FAIL,
		  NULL, "", NULL },
		{ "a.example TXT v=spf1 mx -all\na.example MX 1 m.h.example\n"
		  "m.h.example SERVFAIL\n", CLIENT, RESULT_TEMPERROR, NULL,
		  "m.h.example A: SERVFAIL", NULL },
		{ "a.example TXT v=spf1 mx -all\na.example SERVFAIL MX\n", CLIENT,
		  RESULT_TEMPERROR, NULL, "a.example MX: SERVFAIL", NULL },
		/* 5.5 */
		{ "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR m.A.example\n"
		  "m.a.example A 192.0.2.1\n", CLIENT, RESULT_PASS, "ptr", "", NULL },
		{ "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR m.a.example\n"
		  "m.a.example A 192.0.2.2\n", CLIENT, RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT v=spf1 ptr:b.example -all\n"
		  "1.2.0.192.in-addr.arpa PTR xb.example\nxb.example A 192.0.2.1\n", CLIENT,
		  RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa SERVFAIL\n", CLIENT,
		  RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR m.a.example\n"
		  "1.2.0.192.in-addr.arpa PTR n.a.example\nm.a.example SERVFAIL\n"
		  "n.a.example A 192.0.2.1\n", CLIENT, RESULT_PASS, NULL, "", NULL },
		/* 5.7 */
		{ "a.example TXT v=spf1 exists:%{ir}.x.example -all\n"
		  "1.2.0.192.x.example A 127.0.0.2\n", CLIENT, RESULT_PASS,
		  "exists:%{ir}.x.example", "", NULL },
		{ "a.example TXT v=spf1 exists:x.example -all\nx.example A 127.0.0.2\n",
		  CLIENT6, RESULT_PASS, NULL, "", NULL },
		{ "a.example TXT v=spf1 exists:x.example -all\nx.example AAAA ::1\n", CLIENT6,
		  RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT v=spf1 exists:x.example -all\nx.example SERVFAIL\n", CLIENT,
		  RESULT_TEMPERROR, NULL, "x.example A: SERVFAIL", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], i);
}

static void
finds_records(void **state)
{
	static const struct row rows[] = {
		{ "a.example TXT hello\n", CLIENT, RESULT_NONE, "", "no SPF record", NULL },
		{ "a.example A 192.0.2.1\n", CLIENT, RESULT_NONE, "", "no SPF record", NULL },
		{ "b.example A 192.0.2.1\n", CLIENT, RESULT_NONE, NULL, "no SPF record", NULL },
		{ "a.example TXT hello\na.example TXT v=spf1 -all\n"
		  "a.example TXT v=spf10 +all\n", CLIENT, RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT v=spf1 -all\na.example TXT v=SPF1 -all\n", CLIENT,
		  RESULT_PERMERROR, NULL, "a.example: more than one SPF record", NULL },
		{ "a.example TXT \"v=spf1 ip4:19\" \"2.0.2.1 -all\"\n", CLIENT, RESULT_PASS,
		  "ip4:192.0.2.1", "", NULL },
		{ "a.example TXT \"v=spf1\" \" -all\"\n", CLIENT, RESULT_FAIL, NULL, "", NULL },
		{ "a.example TXT \"v=spf1 a\\000 -all\"\n", CLIENT, RESULT_PERMERROR, NULL,
		  "a.example: wrong argument in 'a\\000'", NULL },
		{ "a.example TXT \"v=spf1 \\195\\164 +all\"\n", CLIENT, RESULT_PERMERROR, NULL,
		  "a.example: unknown mechanism in '\\195\\164'", NULL },
		{ "a.example TXT v=spf1 +all wrong\n", CLIENT, RESULT_PERMERROR, NULL,
		  "a.example: unknown mechanism in 'wrong'", NULL },
		{ "a.example SERVFAIL TXT\n", CLIENT, RESULT_TEMPERROR, NULL,
		  "a.example TXT: SERVFAIL", NULL },
		{ "a.example REFUSED\n", CLIENT, RESULT_TEMPERROR, NULL,
		  "a.example TXT: REFUSED", NULL },
		{ "a.example CNAME b.example\nb.example TXT v=spf1 -all\n", CLIENT,
		  RESULT_FAIL, NULL, "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], i);
}

#define INCLUDES_B "a.example TXT v=spf1 include:b.example -all\n"

static void
follows_includes_and_redirects(void **state)
{
	static const struct row rows[] = {
		/* RFC 7208, 5.2: the table */
		{ INCLUDES_B "b.example TXT v=spf1 +all\n", CLIENT, RESULT_PASS,
		  "include:b.example", "", NULL },
		{ INCLUDES_B "b.example TXT v=spf1 -all\n", CLIENT, RESULT_FAIL, "-all", "",
		  NULL },
		{ INCLUDES_B "b.example TXT v=spf1 ~all\n", CLIENT, RESULT_FAIL, "-all", "",
		  NULL },
		{ INCLUDES_B "b.example TXT v=spf1 ?all\n", CLIENT, RESULT_FAIL, "-all", "",
		  NULL },
		{ INCLUDES_B "b.example TXT v=spf1\n", CLIENT, RESULT_FAIL, "-all", "", NULL },
		{ INCLUDES_B "b.example SERVFAIL\n", CLIENT, RESULT_TEMPERROR, NULL,
		  "b.example TXT: SERVFAIL", NULL },
		{ INCLUDES_B "b.example TXT v=spf1 oops\n", CLIENT, RESULT_PERMERROR, NULL,
		  "b.example: unknown mechanism in 'oops'", NULL },
		{ INCLUDES_B, CLIENT, RESULT_PERMERROR, NULL,
		  "a.example: include of b.example has no SPF record", NULL },
		{ "a.example TXT v=spf1 ~include:b.example -all\nb.example TXT v=spf1 +all\n",
		  CLIENT, RESULT_SOFTFAIL, "~include:b.example", "", NULL },
		/* %{d} follows the record, and comes back */
		{ "a.example TXT v=spf1 include:b.example exists:%{d}.x.example -all\n"
		  "b.example TXT v=spf1 exists:%{d}.y.example ?all\n"
		  "a.example.x.example A 127.0.0.1\n", CLIENT, RESULT_PASS,
		  "exists:%{d}.x.example", "", NULL },
		{ INCLUDES_B "b.example TXT v=spf1 a -all\nb.example A 192.0.2.1\n", CLIENT,
		  RESULT_PASS, "include:b.example", "", NULL },
		/* ... byte for byte, whatever bytes it is made of */
		{ "a.example TXT v=spf1 include:%{s}.x.example -all\n"
		  "joe\\064a.example.x.example TXT v=spf1 exists:%{d}.y.example -all\n"
		  "joe\\064a.example.x.example.y.example A 127.0.0.1\n", CLIENT, RESULT_PASS,
		  "include:%{s}.x.example", "", NULL },
		/* %{o} and %{l} do not */
		{ INCLUDES_B "b.example TXT v=spf1 exists:%{o}.%{l}.x.example -all\n"
		  "a.example.joe.x.example A 127.0.0.1\n", CLIENT, RESULT_PASS, NULL, "", NULL },
		/* 6.1 */
		{ "a.example TXT v=spf1 redirect=b.example\nb.example TXT v=spf1 a -all\n"
		  "b.example A 192.0.2.1\n", CLIENT, RESULT_PASS, "a", "", NULL },
		{ "a.example TXT v=spf1 redirect=b.example ?all\nb.example TXT v=spf1 -all\n",
		  CLIENT, RESULT_NEUTRAL, "?all", "", NULL },
		{ "a.example TXT v=spf1 redirect=b.example ip4:192.0.2.1\n"
		  "b.example TXT v=spf1 -all\n", CLIENT, RESULT_PASS, "ip4:192.0.2.1", "", NULL },
		{ "a.example TXT v=spf1 redirect=b.example\n", CLIENT, RESULT_PERMERROR, NULL,
		  "a.example: redirect to b.example has no SPF record", NULL },
		{ "a.example TXT v=spf1 redirect=b.example\nb.example SERVFAIL\n", CLIENT,
		  RESULT_TEMPERROR, NULL, "b.example TXT: SERVFAIL", NULL },
		{ INCLUDES_B
		  "b.example TXT v=spf1 redirect=c.example\nc.example TXT v=spf1 +all\n",
		  CLIENT, RESULT_PASS, "include:b.example", "", NULL },
		{ INCLUDES_B
		  "b.example TXT v=spf1 redirect=c.example\nc.example TXT v=spf1 -all\n",
		  CLIENT, RESULT_FAIL, "-all", "", NULL },
		/* Loops end at the limit. */
		{ "a.example TXT v=spf1 include:a.example -all\n", CLIENT, RESULT_PERMERROR,
		  NULL, "a.example: more than 10 terms that ask DNS", NULL },
		{ "a.example TXT v=spf1 redirect=a.example\n", CLIENT, RESULT_PERMERROR, NULL,
		  "a.example: more than 10 terms that ask DNS", NULL },
		{ INCLUDES_B "b.example TXT v=spf1 include:a.example\n", CLIENT,
		  RESULT_PERMERROR, NULL, NULL, NULL },
		{ "a.example TXT v=spf1 include:%{d}x.example -all\n", CLIENT,
		  RESULT_PERMERROR, NULL,
		  "a.example: include of a.examplex.example has no SPF record", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], i);
}

static void
chooses_identities(void **state)
{
	static const struct row rows[] = {
		/* RFC 7208, 2.4: the null reverse-path is postmaster at the HELO name. */
		{ "mx.h.example TXT v=spf1 exists:%{l}.%{o}.x -all\n"
		  "postmaster.mx.h.example.x A 1.1.1.1\n", "192.0.2.1", "MX.h.example.", "<>",
		  RESULT_PASS, NULL, "", NULL },
		{ "h.example TXT v=spf1 -all\n", "192.0.2.1", "[192.0.2.1]", "", RESULT_NONE,
		  NULL, "no domain to check", NULL },
		{ "192.0.2.1 TXT v=spf1 +all\n", "192.0.2.1", "192.0.2.1", "<>", RESULT_NONE,
		  NULL, "no domain to check", NULL },
		{ "localhost TXT v=spf1 +all\n", "192.0.2.1", "localhost", "<>", RESULT_NONE,
		  NULL, "no domain to check", NULL },
		{ "localhost TXT v=spf1 +all\n", "192.0.2.1", "x.y", "<joe@localhost>",
		  RESULT_NONE, NULL, "no domain to check", NULL },
		{ "h.example TXT v=spf1 +all\n", "192.0.2.1", "h.example", "<joe@a..example>",
		  RESULT_NONE, NULL, "no domain to check", NULL },
		{ "a.example TXT v=spf1 +all\n", "", "h.example", "<joe@a.example>",
		  RESULT_NONE, NULL, "no client address", NULL },
		/* 4.3: no local-part */
		{ "a.example TXT v=spf1 exists:%{l}.x -all\npostmaster.x A 127.0.0.1\n",
		  "192.0.2.1", "h.example", "<@a.example>", RESULT_PASS, NULL, "", NULL },
		{ "a.example TXT v=spf1 +all\n", "192.0.2.1", "h.example", "<@>", RESULT_NONE,
		  NULL, "no domain to check", NULL },
		{ "a.example TXT v=spf1 +all\n", "192.0.2.1", "h.example", "<joe>",
		  RESULT_NONE, NULL, "no domain to check", NULL },
		/* Loopback gets no present: libspf2 would give a pass. */
		{ "a.example TXT v=spf1 -all\n", "127.0.0.1", "h.example", "<joe@a.example>",
		  RESULT_FAIL, "-all", "", NULL },
		{ "a.example TXT v=spf1 -all\n", "::1", "h.example", "<joe@a.example>",
		  RESULT_FAIL, "-all", "", NULL },
		{ "xn--bcher-kva.example TXT v=spf1 +all\n", "192.0.2.1", "h.example",
		  "<joe@b\xc3\xbc" "cher.example>", RESULT_PASS, NULL, "", NULL },
		/* RFC 8616, 4: terms with a non-ASCII local-part match nothing. */
		{ "a.example TXT v=spf1 exists:%{l}.x.example ~all\n*.x.example A 127.0.0.1\n",
		  "192.0.2.1", "h.example", "<j\xc3\xb6@a.example>", RESULT_SOFTFAIL,
		  "~all", "", NULL },
		{ "a.example TXT v=spf1 include:%{s}.x.example redirect=%{l}.x.example\n",
		  "192.0.2.1", "h.example", "<j\xc3\xb6@a.example>", RESULT_NEUTRAL,
		  "default", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], i);
}

#define FAILS_WITH(explanation) \
	"a.example TXT v=spf1 -all exp=why.%{d}\n" explanation

static void
explains_failures(void **state)
{
	static const struct row rows[] = {
		{ FAILS_WITH("why.a.example TXT %{i} is not of %{d} %{c} %{r} %{t}\n"), CLIENT,
		  RESULT_FAIL, NULL, NULL,
		  "192.0.2.1 is not of a.example 192.0.2.1 receiver.example 1700000000" },
		{ FAILS_WITH("why.a.example TXT \"one \" \"text\"\n"), CLIENT, RESULT_FAIL, NULL,
		  NULL, "one text" },
		{ FAILS_WITH("why.a.example TXT one\nwhy.a.example TXT two\n"), CLIENT, RESULT_FAIL,
		  NULL, NULL, NULL },
		{ FAILS_WITH("why.a.example TXT \"caf\\195\\169\"\n"), CLIENT, RESULT_FAIL, NULL,
		  NULL, NULL },
		{ FAILS_WITH("why.a.example TXT \"line\\010Forged: yes\"\n"), CLIENT, RESULT_FAIL,
		  NULL, NULL, NULL },
		{ FAILS_WITH("why.a.example TXT 100% wrong\n"), CLIENT, RESULT_FAIL, NULL, NULL,
		  NULL },
		{ FAILS_WITH("why.a.example SERVFAIL\n"), CLIENT, RESULT_FAIL, NULL, NULL, NULL },
		{ FAILS_WITH(""), CLIENT, RESULT_FAIL, NULL, NULL, NULL },
		/* RFC 7208, 6.2: of the redirect target, never of an include, only for fail. */
		{ "a.example TXT v=spf1 redirect=b.example exp=x.example\n"
		  "b.example TXT v=spf1 -all exp=y.example\nx.example TXT wrong\n"
		  "y.example TXT right\n", CLIENT, RESULT_FAIL, NULL, NULL, "right" },
		{ "a.example TXT v=spf1 redirect=b.example exp=x.example\n"
		  "b.example TXT v=spf1 -all\nx.example TXT wrong\n", CLIENT, RESULT_FAIL,
		  NULL, NULL, NULL },
		{ "a.example TXT v=spf1 include:b.example -all exp=x.example\n"
		  "b.example TXT v=spf1 -all exp=y.example\nx.example TXT right\n"
		  "y.example TXT wrong\n", CLIENT, RESULT_FAIL, NULL, NULL, "right" },
		{ "a.example TXT v=spf1 -include:b.example exp=x.example\n"
		  "b.example TXT v=spf1 +all exp=y.example\nx.example TXT right\n"
		  "y.example TXT wrong\n", CLIENT, RESULT_FAIL, NULL, NULL, "right" },
		{ "a.example TXT v=spf1 ~all exp=x.example\nx.example TXT wrong\n", CLIENT,
		  RESULT_SOFTFAIL, NULL, NULL, NULL },
		/* %{p}: validated, and the best of several. */
		{ FAILS_WITH("why.a.example TXT from %{p}\n"), CLIENT, RESULT_FAIL, NULL, NULL,
		  "from unknown" },
		{ FAILS_WITH("why.a.example TXT from %{p}\n1.2.0.192.in-addr.arpa PTR z.example\n"
			     "1.2.0.192.in-addr.arpa PTR m.a.example\n1.2.0.192.in-addr.arpa PTR "
			     "a.example\nz.example A 192.0.2.1\nm.a.example A 192.0.2.1\n"
			     "a.example A 192.0.2.2\n"), CLIENT, RESULT_FAIL, NULL, NULL,
		  "from m.a.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], i);
}

/* 450 bytes, as written and with its macros expanded. */
static void
limits_explanations(void **state)
{
	static const char *const starts[] = { "", "%{d}" };     /* four bytes, and nine */

	(void)state;
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		for (size_t length = 449; length <= 451; length++) {
			char bytes[452] = "";
			size_t rest = length - (i == 0 ? 0 : sizeof("a.example") - 1);
			struct arena *arena = arena_new();
			struct trial trial;
			struct text zone;

			memset(bytes, 'x', rest);
			zone = text_printf(arena, "%sTXT %s%s\n", FAILS_WITH("why.a.example "),
					   starts[i], bytes);
			trial_start(&trial, text_string(arena, zone), CLIENT);
			spf_check.end(&trial.run);
			assert_int_equal(trial.findings.spf.mail_from.result, RESULT_FAIL);
			assert_int_equal(trial.findings.spf.mail_from.explanation.length,
					 length <= 450 ? length : 0);
			trial_end(&trial);
			arena_free(&arena);
		}
	}
}

static void
hides_explanations_when_told(void **state)
{
	struct trial trial;

	(void)state;
	trial_start(&trial, FAILS_WITH("why.a.example TXT text\n"), CLIENT);
	trial.config.spf_explanation = false;
	spf_check.end(&trial.run);
	assert_int_equal(trial.findings.spf.mail_from.result, RESULT_FAIL);
	assert_true(text_is_empty(trial.findings.spf.mail_from.explanation));
	trial_end(&trial);
}

static const char *
zone_string(struct textbuf *zone)
{
	return textbuf_text(zone).bytes;
}

static void
check_zone(struct textbuf *zone, enum result result, size_t number)
{
	const struct row row = { zone_string(zone), CLIENT, result, NULL, NULL, NULL };

	check_row(&row, number);
}

/* RFC 7208, 4.6.4: ten terms, counted over all records. */
static void
limits_terms(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t inner = 6; inner <= 8; inner++) {
		struct textbuf zone = textbuf_new(arena, 65536);

		/* Two includes, one of them with a redirect: three terms and the inner ones. */
		textbuf_add_string(&zone, "h.example A 192.0.2.9\na.example TXT v=spf1 "
					  "include:b.example include:c.example -all\n"
					  "b.example TXT v=spf1 redirect=d.example\n"
					  "c.example TXT v=spf1");
		for (size_t i = 1; i < inner; i++)
			textbuf_add_string(&zone, " a:h.example");
		textbuf_add_string(&zone, "\nd.example TXT v=spf1 a:h.example\n");
		check_zone(&zone, inner + 3 <= 10 ? RESULT_FAIL : RESULT_PERMERROR, inner);
	}
	arena_free(&arena);
}

/* The eleventh term is no error when something before it decides. */
static void
ignores_terms_behind_a_match(void **state)
{
	static const struct row row = {
		"a.example TXT v=spf1 a a a a a a a a a mx a a a -all\n"
		"a.example A 192.0.2.9\na.example MX 1 m.example\nm.example A 192.0.2.1\n",
		CLIENT, RESULT_PASS, "mx", "", NULL };

	(void)state;
	check_row(&row, 0);
}

static void
limits_voids(void **state)
{
	static const char *const terms[] = { "a:v1.example", "exists:v2.example", "mx:v3.example" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = 1; count <= 3; count++) {
		struct textbuf zone = textbuf_new(arena, 65536);

		textbuf_add_string(&zone, "v3.example TXT exists\na.example TXT v=spf1");
		for (size_t i = 0; i < count; i++)
			textbuf_printf(&zone, " %s", terms[i]);
		textbuf_add_string(&zone, " -all\n");
		check_zone(&zone, count <= 2 ? RESULT_FAIL : RESULT_PERMERROR, count);
	}
	arena_free(&arena);
}

static void
limits_mx_names(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = 9; count <= 11; count++) {
		struct textbuf zone = textbuf_new(arena, 65536);

		textbuf_add_string(&zone, "a.example TXT v=spf1 mx -all\n");
		for (size_t i = 0; i < count; i++)
			textbuf_printf(&zone,
				       "a.example MX %zu m%zu.example\nm%zu.example A %s\n", i, i,
				       i, i + 1 == count ? "192.0.2.1" : "192.0.2.9");
		check_zone(&zone, count <= 10 ? RESULT_PASS : RESULT_PERMERROR, count);
	}
	arena_free(&arena);
}

/* RFC 7208, 5.5: the eleventh name is not looked at, which is no error. */
static void
limits_ptr_names(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = 9; count <= 11; count++) {
		struct textbuf zone = textbuf_new(arena, 65536);

		textbuf_add_string(&zone, "a.example TXT v=spf1 ptr -all\n");
		for (size_t i = 0; i < count; i++)
			textbuf_printf(&zone, "1.2.0.192.in-addr.arpa PTR m%zu.a.example\n"
					      "m%zu.a.example A %s\n",
				       i, i, i + 1 == count ? "192.0.2.1" : "192.0.2.9");
		check_zone(&zone, count <= 10 ? RESULT_PASS : RESULT_FAIL, count);
	}
	arena_free(&arena);
}

/* Inputs that break libspf2 when it gets to see them. */
static void
survives_killers(void **state)
{
	static const char *const starts[] = { "exists:", "a:", "moo=", "redirect=", "include:",
					      "exp=" };
	static const enum result results[] = { RESULT_NEUTRAL, RESULT_NEUTRAL, RESULT_NEUTRAL,
					       RESULT_PERMERROR, RESULT_PERMERROR,
					       RESULT_NEUTRAL };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		struct textbuf zone = textbuf_new(arena, 65536);

		textbuf_printf(&zone, "a.example TXT v=spf1 %s", starts[i]);
		for (size_t j = 0; j < 127; j++)
			textbuf_add_string(&zone, "%{s}");
		textbuf_add_string(&zone, "abcdefghijkl.mnopqrstuvwxyz\n");
		check_zone(&zone, results[i], i);
	}
	arena_free(&arena);
}

/* libspf2 cuts such records and forgets what stands behind. */
static void
reads_long_records_to_the_end(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf zone = textbuf_new(arena, 65536);

	(void)state;
	textbuf_add_string(&zone, "a.example TXT v=spf1");
	for (size_t i = 0; i < 200; i++)
		textbuf_printf(&zone, " ip4:10.0.%zu.0/24 ip6:2001:db8:%zx::/48", i, i);
	textbuf_add_string(&zone, " ip4:192.0.2.1 -all\n");
	check_zone(&zone, RESULT_PASS, 0);
	arena_free(&arena);
}

/* 20 includes inside each other; the tenth is the last that counts. */
static void
limits_depth(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t depth = 9; depth <= 20; depth++) {
		struct textbuf zone = textbuf_new(arena, 65536);

		textbuf_add_string(&zone, "a.example TXT v=spf1 include:i1.example -all\n");
		for (size_t i = 1; i < depth; i++)
			textbuf_printf(&zone, "i%zu.example TXT v=spf1 include:i%zu.example -all\n",
				       i, i + 1);
		textbuf_printf(&zone, "i%zu.example TXT v=spf1 +all\n", depth);
		check_zone(&zone, depth <= 10 ? RESULT_PASS : RESULT_PERMERROR, depth);
	}
	arena_free(&arena);
}

/* SPFLookupLimit may be raised: then records of many terms, and deep ones, still work. */
static void
obeys_raised_limits(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t depth = 16; depth <= 19; depth++) {
		struct textbuf zone = textbuf_new(arena, 65536);
		struct trial trial;

		textbuf_add_string(&zone, "a.example TXT v=spf1");
		for (size_t i = 0; i < 12; i++)
			textbuf_add_string(&zone, " a:h.example");
		textbuf_add_string(&zone, " include:i1.example -all\nh.example A 192.0.2.9\n");
		for (size_t i = 1; i + 2 < depth; i++)
			textbuf_printf(&zone, "i%zu.example TXT v=spf1 include:i%zu.example -all\n",
				       i, i + 1);
		textbuf_printf(&zone, "i%zu.example TXT v=spf1 +all\n", depth - 2);
		trial_start(&trial, zone_string(&zone), CLIENT);
		trial.config.spf_lookup_limit = 100;
		spf_check.end(&trial.run);
		/* The first record, its second half, and the includes. */
		assert_int_equal(trial.findings.spf.mail_from.result,
				 depth <= 18 ? RESULT_PASS : RESULT_PERMERROR);
		trial_end(&trial);
	}
	arena_free(&arena);
}

/* Five includes wide and four deep: over a thousand questions for libspf2. */
static void
asks_no_more_than_needed(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (int ahead = 0; ahead < 2; ahead++) {
		struct textbuf zone = textbuf_new(arena, 65536);
		struct trial trial;

		textbuf_add_string(&zone, "*.x.example TXT v=spf1 include:1.%{d} include:2.%{d} "
					  "include:3.%{d} include:4.%{d} include:5.%{d}\n");
		textbuf_add_string(&zone, "a.example TXT v=spf1 redirect=1.x.example\n");
		trial_start(&trial, zone_string(&zone), CLIENT);
		if (ahead != 0)
			trial_look_ahead(&trial);
		spf_check.end(&trial.run);
		assert_int_equal(trial.findings.spf.mail_from.result, RESULT_PERMERROR);
		assert_true(dns_question_count(trial.dns) <= 2 + 10 + 10);
		trial_end(&trial);
	}
	arena_free(&arena);
}

static void
asks_ahead_and_never_again(void **state)
{
	struct trial trial;
	size_t asked;

	(void)state;
	trial_start(&trial,
		    "a.example TXT v=spf1 include:b.example include:c.example mx -all\n"
		    "b.example TXT v=spf1 a:x.example mx:b.example -all\n"
		    "c.example TXT v=spf1 ptr -all\n"
		    "x.example A 10.1.1.1\nb.example MX 1 y.example\ny.example A 10.1.1.1\n"
		    "a.example MX 1 z.example\nz.example A 192.0.2.1\n"
		    "1.2.0.192.in-addr.arpa PTR n.c.example.org\n", CLIENT);
	spf_check.prefetch(&trial.run, FACT_RECIPIENT);
	assert_int_equal(dns_question_count(trial.dns), 2);     /* TXT of both identities */
	spf_check.prefetch(&trial.run, FACT_RECIPIENT);
	assert_int_equal(dns_question_count(trial.dns), 2);
	trial_look_ahead(&trial);
	asked = dns_question_count(trial.dns);
	spf_check.end(&trial.run);
	assert_int_equal(trial.findings.spf.mail_from.result, RESULT_PASS);
	assert_string_equal(string_of(&trial, trial.findings.spf.mail_from.mechanism), "mx");
	assert_int_equal(dns_question_count(trial.dns), asked);
	trial_end(&trial);
}

/* A fail with an explanation, and a PTR with many names, need no question at the end either. */
static void
asks_explanations_and_names_ahead(void **state)
{
	struct trial trial;
	size_t asked;

	(void)state;
	trial_start(&trial,
		    "a.example TXT v=spf1 ptr -all exp=why.%{d}\nwhy.a.example TXT no\n"
		    "1.2.0.192.in-addr.arpa PTR m.a.example\n"
		    "1.2.0.192.in-addr.arpa PTR n.a.example\n"
		    "1.2.0.192.in-addr.arpa PTR other.example\n",
		    CLIENT);
	trial_look_ahead(&trial);
	asked = dns_question_count(trial.dns);
	/* Two TXT, PTR, two names at or below a.example, the explanation. */
	assert_int_equal(asked, 6);
	spf_check.end(&trial.run);
	assert_string_equal(string_of(&trial, trial.findings.spf.mail_from.explanation), "no");
	assert_int_equal(dns_question_count(trial.dns), asked);
	trial_end(&trial);
}

static void
reports_our_own_limit(void **state)
{
	struct trial trial;
	struct text reason;
	struct zone_text *zone;

	(void)state;
	trial_start(&trial, "", CLIENT);
	zone = zone_text_parse(trial.arena, TEXT("a.example TXT v=spf1 a a:b.example -all\n"
						 "a.example A 10.1.1.1\n"), &reason);
	assert_non_null(zone);
	trial.config.spf_helo = false;
	trial.run.dns = dns_session_new(trial.arena, zone_text_backend(trial.arena, zone),
					DNS_ESSENTIAL_RESERVE + 2, clock_milliseconds() + DEADLINE);
	spf_check.end(&trial.run);
	assert_int_equal(trial.findings.spf.mail_from.result, RESULT_PERMERROR);
	assert_string_equal(string_of(&trial, trial.findings.spf.mail_from.reason),
			    "our limit of DNS questions");
	trial_end(&trial);
}

static void
gives_up_at_the_deadline(void **state)
{
	static const char *const zones[] = {
		"a.example TIMEOUT\n",
		"a.example TXT v=spf1 a:b.example -all\nb.example TIMEOUT\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		struct trial trial;

		trial_start(&trial, zones[i], CLIENT);
		dns_session_set_deadline(trial.dns, clock_milliseconds() + SHORT_DEADLINE);
		spf_check.end(&trial.run);
		assert_int_equal(trial.findings.spf.mail_from.result, RESULT_TEMPERROR);
		trial_end(&trial);
	}
}

static void
checks_both_identities(void **state)
{
	struct trial trial;
	const struct spf_finding *found = &trial.findings.spf;

	(void)state;
	trial_start(&trial, "a.example TXT v=spf1 -all\nmx.h.example TXT v=spf1 +all\n", CLIENT);
	spf_check.end(&trial.run);
	assert_int_equal(found->helo.result, RESULT_PASS);
	assert_string_equal(string_of(&trial, found->helo.domain), "mx.h.example");
	assert_int_equal(found->mail_from.result, RESULT_FAIL);
	assert_false(found->sender_is_null);
	assert_false(found->mail_from.used_local_part);
	trial_end(&trial);

	trial_start(&trial, "mx.h.example TXT v=spf1 exists:%{l}.x.example ~all\n"
			    "joe.x.example A 127.0.0.1\n",
		    "192.0.2.1", "mx.h.example", "<joe@mx.h.example>");
	spf_check.end(&trial.run);
	assert_int_equal(found->helo.result, RESULT_SOFTFAIL);
	assert_true(found->helo.used_local_part);
	assert_int_equal(found->mail_from.result, RESULT_PASS);
	assert_true(found->mail_from.used_local_part);
	trial_end(&trial);

	trial_start(&trial, "mx.h.example TXT v=spf1 +all\n", "192.0.2.1", "mx.h.example", "<>");
	trial.config.spf_helo = false;
	spf_check.end(&trial.run);
	assert_int_equal(found->helo.result, RESULT_NOT_CHECKED);
	assert_int_equal(found->mail_from.result, RESULT_PASS);
	assert_string_equal(string_of(&trial, found->mail_from.domain), "mx.h.example");
	assert_true(found->sender_is_null);
	trial_end(&trial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evaluates_mechanisms),
		cmocka_unit_test(evaluates_more_mechanisms),
		cmocka_unit_test(finds_records),
		cmocka_unit_test(follows_includes_and_redirects),
		cmocka_unit_test(chooses_identities),
		cmocka_unit_test(explains_failures),
		cmocka_unit_test(limits_explanations),
		cmocka_unit_test(hides_explanations_when_told),
		cmocka_unit_test(limits_terms),
		cmocka_unit_test(ignores_terms_behind_a_match),
		cmocka_unit_test(limits_voids),
		cmocka_unit_test(limits_mx_names),
		cmocka_unit_test(limits_ptr_names),
		cmocka_unit_test(survives_killers),
		cmocka_unit_test(reads_long_records_to_the_end),
		cmocka_unit_test(limits_depth),
		cmocka_unit_test(obeys_raised_limits),
		cmocka_unit_test(asks_no_more_than_needed),
		cmocka_unit_test(asks_ahead_and_never_again),
		cmocka_unit_test(asks_explanations_and_names_ahead),
		cmocka_unit_test(reports_our_own_limit),
		cmocka_unit_test(gives_up_at_the_deadline),
		cmocka_unit_test(checks_both_identities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
