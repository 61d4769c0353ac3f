/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/textbuf.h"
#include "dns/zone_text.h"

enum { FAR = 600000, BUDGET = 100, ZONE_BYTES_MAX = 65536 };

struct bench {
	struct arena *arena;
	struct config config;
	struct connection connection;
	struct message message;
	struct findings findings;
	struct check_run run;
};

static void
bench_begin(struct bench *bench, const char *client, struct text zone_source, size_t budget)
{
	struct arena *arena = arena_new();
	struct text reason = TEXT("");
	struct zone_text *zone = zone_text_parse(arena, zone_source, &reason);

	if (zone == NULL)
		fail_msg("%.*s", TEXT_ARGUMENTS(reason));
	*bench = (struct bench){ .arena = arena, .config = { .check_iprev = true } };
	if (client[0] != '\0')
		assert_true(ip_parse(text_from(client), &bench->connection.client));
	bench->message.connection = &bench->connection;
	bench->run = (struct check_run){
		.arena = arena,
		.config = &bench->config,
		.message = &bench->message,
		.dns = dns_session_new(arena, zone_text_backend(arena, zone), budget,
				       clock_milliseconds() + FAR),
		.findings = &bench->findings,
	};
}

static void
prefetch_all(struct bench *bench)
{
	iprev_check.prefetch(&bench->run, FACT_RECIPIENT);
	do
		iprev_check.prefetch(&bench->run, FACT_ANSWER);
	while (dns_wait(bench->run.dns));
}

static void
expect_finding(const struct bench *bench, const char *row, enum result result, const char *name)
{
	const struct iprev_finding *finding = &bench->findings.iprev;

	if (finding->result != result)
		fail_msg("%s: %s, not %s (%s)", row, result_keyword(finding->result),
			 result_keyword(result), finding->reason != NULL ? finding->reason : "");
	if (!text_equal(finding->name, text_from(name)))
		fail_msg("%s: name \"%.*s\", not \"%s\"", row, TEXT_ARGUMENTS(finding->name), name);
	if (result != RESULT_NOT_CHECKED)
		assert_int_equal(finding->reason == NULL, result == RESULT_PASS);
}

#define FOUR "25.2.0.192.in-addr.arpa"
#define SIX "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

static void
follows_the_names_back(void **state)
{
	static const struct {
		const char *name;
		const char *client;
		const char *zone;
		enum result result;
		const char *confirmed;
	} rows[] = {
		{ "rfc8601_2.7.3_pass", "192.0.2.25",
		  FOUR " PTR Mail.Example.COM\nmail.example.com A 192.0.2.25\n",
		  RESULT_PASS, "mail.example.com" },
		{ "rfc8601_2.7.3_pass_ipv6", "2001:db8::1",
		  SIX " PTR six.example\nsix.example AAAA 2001:db8::1\n", RESULT_PASS, "six.example" },
		{ "mapped_client_is_ipv4", "::ffff:192.0.2.25",
		  FOUR " PTR four.example\nfour.example A 192.0.2.25\n", RESULT_PASS, "four.example" },
		{ "one_of_several_addresses", "192.0.2.25",
		  FOUR " PTR a.example\na.example A 192.0.2.1\na.example A 192.0.2.25\n",
		  RESULT_PASS, "a.example" },
		{ "second_name", "192.0.2.25",
		  FOUR " PTR a.example\n" FOUR " PTR b.example\n"
		  "a.example A 192.0.2.1\nb.example A 192.0.2.25\n", RESULT_PASS, "b.example" },
		{ "forward_by_cname", "192.0.2.25",
		  FOUR " PTR a.example\na.example CNAME b.example\nb.example A 192.0.2.25\n",
		  RESULT_PASS, "a.example" },
		{ "reverse_by_cname_rfc2317", "192.0.2.25",
		  FOUR " CNAME 25.sub.example\n25.sub.example PTR a.example\na.example A 192.0.2.25\n",
		  RESULT_PASS, "a.example" },
		{ "match_beside_error", "192.0.2.25",
		  FOUR " PTR bad.example\n" FOUR " PTR b.example\n"
		  "bad.example SERVFAIL\nb.example A 192.0.2.25\n", RESULT_PASS, "b.example" },
		{ "rfc8601_2.7.3_fail", "192.0.2.25",
		  FOUR " PTR a.example\na.example A 192.0.2.1\n", RESULT_FAIL, "a.example" },
		{ "forward_name_does_not_exist", "192.0.2.25", FOUR " PTR a.example\n",
		  RESULT_FAIL, "a.example" },
		{ "forward_of_the_other_family_only", "192.0.2.25",
		  FOUR " PTR a.example\na.example AAAA 2001:db8::25\n", RESULT_FAIL, "a.example" },
		{ "rfc8601_2.7.3_permerror", "192.0.2.25", "", RESULT_PERMERROR, "" },
		{ "no_data", "192.0.2.25", FOUR " TXT hello\n", RESULT_PERMERROR, "" },
		{ "rfc8601_2.7.3_temperror_ptr", "192.0.2.25", FOUR " SERVFAIL PTR\n", RESULT_TEMPERROR, "" },
		{ "refused_ptr", "192.0.2.25", FOUR " REFUSED PTR\n", RESULT_TEMPERROR, "" },
		{ "rfc8601_2.7.3_temperror_forward", "192.0.2.25",
		  FOUR " PTR a.example\na.example SERVFAIL\n", RESULT_TEMPERROR, "a.example" },
		{ "mismatch_beside_error", "192.0.2.25",
		  FOUR " PTR a.example\n" FOUR " PTR b.example\n"
		  "a.example A 192.0.2.1\nb.example SERVFAIL\n", RESULT_TEMPERROR, "a.example" },
		{ "errors_only", "192.0.2.25",
		  FOUR " PTR a.example\n" FOUR " PTR b.example\na.example SERVFAIL\nb.example REFUSED\n",
		  RESULT_TEMPERROR, "a.example" },
		{ "root_as_name", "192.0.2.25", FOUR " PTR .\n", RESULT_FAIL, "" },
		{ "control_characters", "192.0.2.25", FOUR " PTR a\\013\\010b.example\n", RESULT_FAIL, "" },
		{ "dot_inside_a_label", "192.0.2.25", FOUR " PTR a\\.b.example\n", RESULT_FAIL, "" },
		{ "header_injection", "192.0.2.25",
		  FOUR " PTR x\\059\\032dmarc=pass.example\n" FOUR " PTR good.example\n"
		  "good.example A 192.0.2.25\n", RESULT_PASS, "good.example" },
		{ "utf8_bytes_are_no_surprise", "192.0.2.25", FOUR " PTR b\\255cher.example\n",
		  RESULT_FAIL, "" },
		{ "address_as_name", "192.0.2.25", FOUR " PTR \\09125\\093.example\n", RESULT_FAIL, "" },
		{ "loop_of_cnames", "192.0.2.25",
		  FOUR " CNAME a.example\na.example CNAME " FOUR "\n", RESULT_TEMPERROR, "" },
		{ "local_client", "", "", RESULT_NOT_CHECKED, "" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		size_t row = i / 2;
		struct bench bench;

		bench_begin(&bench, rows[row].client, text_from(rows[row].zone), BUDGET);
		if (i % 2 == 1)
			prefetch_all(&bench);
		iprev_check.end(&bench.run);
		expect_finding(&bench, rows[row].name, rows[row].result, rows[row].confirmed);
		arena_free(&bench.arena);
	}
}

/* RFC 8601 3: ten names; the match is the n-1st, nth, n+1st. Unusable ones do not count. */
static void
tries_ten_names(void **state)
{
	(void)state;
	for (unsigned match = 9; match <= 11; match++) {
		struct arena *arena = arena_new();
		struct textbuf zone = textbuf_new(arena, ZONE_BYTES_MAX);
		struct bench bench;

		textbuf_printf(&zone, FOUR " PTR \\000.example\n");
		for (unsigned i = 1; i <= 12; i++) {
			textbuf_printf(&zone, FOUR " PTR n%u.example\n", i);
			textbuf_printf(&zone, "n%u.example A 192.0.2.%u\n", i,
				       i == match ? 25u : 99u);
		}
		assert_false(zone.overflowed);
		bench_begin(&bench, "192.0.2.25", textbuf_text(&zone), BUDGET);
		iprev_check.end(&bench.run);
		assert_int_equal(bench.findings.iprev.result,
				 match <= 10 ? RESULT_PASS : RESULT_FAIL);
		assert_int_equal(dns_question_count(bench.run.dns), 11);
		arena_free(&bench.arena);
		arena_free(&arena);
	}
}

/* Our own limits never defer: a question that was not asked is no temporary error. */
static void
takes_a_limit_as_permanent(void **state)
{
	static const struct {
		size_t budget;
		enum result result;
		const char *name;
	} rows[] = {
		{ DNS_ESSENTIAL_RESERVE, RESULT_PERMERROR, "" },
		{ DNS_ESSENTIAL_RESERVE + 1, RESULT_PERMERROR, "a.example" },
		{ DNS_ESSENTIAL_RESERVE + 2, RESULT_PASS, "a.example" },
		{ DNS_ESSENTIAL_RESERVE + 3, RESULT_PASS, "a.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;

		bench_begin(&bench, "192.0.2.25",
			    TEXT(FOUR " PTR a.example\na.example A 192.0.2.25\n"), rows[i].budget);
		iprev_check.end(&bench.run);
		expect_finding(&bench, "limit", rows[i].result, rows[i].name);
		arena_free(&bench.arena);
	}
}

static void
times_out_as_temperror(void **state)
{
	static const char *const zones[] = {
		FOUR " TIMEOUT\n",
		FOUR " PTR a.example\na.example TIMEOUT\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		struct bench bench;

		bench_begin(&bench, "192.0.2.25", text_from(zones[i]), BUDGET);
		iprev_check.prefetch(&bench.run, FACT_RECIPIENT);
		dns_flush(bench.run.dns);
		(void)dns_has_news(bench.run.dns);
		iprev_check.prefetch(&bench.run, FACT_ANSWER);
		dns_flush(bench.run.dns);
		dns_session_set_deadline(bench.run.dns, 0);
		iprev_check.end(&bench.run);
		expect_finding(&bench, zones[i], RESULT_TEMPERROR, i == 0 ? "" : "a.example");
		arena_free(&bench.arena);
	}
}

/* The end waits for nothing that could have been asked before. */
static void
asks_everything_in_advance(void **state)
{
	struct bench bench;
	size_t asked;

	(void)state;
	bench_begin(&bench, "192.0.2.25", TEXT(FOUR " PTR a.example\n" FOUR " PTR b.example\n"),
		    BUDGET);
	assert_true(iprev_check.enabled(&bench.config));
	prefetch_all(&bench);
	asked = dns_question_count(bench.run.dns);
	assert_int_equal(asked, 3);
	iprev_check.end(&bench.run);
	assert_int_equal(dns_question_count(bench.run.dns), asked);
	arena_free(&bench.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_names_back),
		cmocka_unit_test(tries_ten_names),
		cmocka_unit_test(takes_a_limit_as_permanent),
		cmocka_unit_test(times_out_as_temperror),
		cmocka_unit_test(asks_everything_in_advance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
