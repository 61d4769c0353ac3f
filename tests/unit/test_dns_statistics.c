/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "dns/backend.h"
#include "dns/statistics.h"
#include "dns/zone_text.h"

enum { FAR = 600000 };

static void
names_outcomes(void **state)
{
	static const struct {
		enum dns_status status;
		const char *reason;
		const char *word;
	} rows[] = {
		{ DNS_FOUND, NULL, "noerror" },
		{ DNS_NO_DATA, NULL, "nodata" },
		{ DNS_NO_NAME, NULL, "nxdomain" },
		{ DNS_RETRY, "SERVFAIL", "servfail" },
		{ DNS_RETRY, "remembered failure", "servfail" },
		{ DNS_RETRY, "timeout", "timeout" },
		{ DNS_RETRY, "deadline", "deadline" },
		{ DNS_RETRY, "DNSSEC bogus", "bogus" },
		{ DNS_RETRY, "malformed answer", "malformed" },
		{ DNS_RETRY, "too many records", "malformed" },
		{ DNS_RETRY, "abandoned", "abandoned" },
		{ DNS_RETRY, "resolver failed", "failed" },
		{ DNS_RETRY, dns_back_end_stopped, "failed" },
		{ DNS_RETRY, "something new", "failed" },
		{ DNS_RETRY, NULL, "failed" },
		{ DNS_LIMIT, "too many questions", "limit" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(dns_outcome_keyword(dns_outcome_of(rows[i].status, rows[i].reason)),
				    rows[i].word);
	for (enum dns_outcome outcome = 0; outcome < DNS_OUTCOME_COUNT; outcome++)
		assert_non_null(dns_outcome_keyword(outcome));
}

/* The state before a case, to be compared with. */
struct before {
	uint64_t questions;
	uint64_t outcomes[DNS_OUTCOME_COUNT];
	struct histogram_reading times;
};

static struct before
look(void)
{
	struct before before = { .questions = dns_statistics_questions() };

	for (enum dns_outcome outcome = 0; outcome < DNS_OUTCOME_COUNT; outcome++)
		before.outcomes[outcome] = dns_statistics_outcomes(outcome);
	dns_statistics_times(&before.times);
	return before;
}

static uint64_t
total(const struct histogram_reading *reading)
{
	return reading->cumulative[reading->bound_count];
}

/* One more question, one more of this outcome, one more time if it is one that has a time. */
static void
expect_one(const struct before *before, enum dns_outcome wanted)
{
	bool has_time = wanted != DNS_OUTCOME_LIMIT && wanted != DNS_OUTCOME_ABANDONED;
	struct before after = look();

	assert_int_equal(after.questions - before->questions, wanted != DNS_OUTCOME_LIMIT);
	for (enum dns_outcome outcome = 0; outcome < DNS_OUTCOME_COUNT; outcome++)
		assert_int_equal(after.outcomes[outcome] - before->outcomes[outcome], outcome == wanted);
	assert_int_equal(total(&after.times) - total(&before->times), has_time);
}

static void
counts_what_sessions_ask(void **state)
{
	static const char source[] = "a.example A 192.0.2.1\nbad.example SERVFAIL\n"
				     "refused.example REFUSED\nsilent.example TIMEOUT\n";
	static const struct {
		const char *name;
		enum dns_type type;
		size_t budget;
		int64_t patience;       /* milliseconds; -1: nobody waits */
		enum dns_outcome outcome;
	} rows[] = {
		{ "a.example", DNS_A, 300, FAR, DNS_OUTCOME_NOERROR },
		{ "a.example", DNS_TXT, 300, FAR, DNS_OUTCOME_NODATA },
		{ "b.example", DNS_A, 300, FAR, DNS_OUTCOME_NXDOMAIN },
		{ "bad.example", DNS_A, 300, FAR, DNS_OUTCOME_SERVFAIL },
		{ "refused.example", DNS_A, 300, FAR, DNS_OUTCOME_SERVFAIL },
		{ "silent.example", DNS_A, 300, 20, DNS_OUTCOME_DEADLINE },
		{ "silent.example", DNS_A, 300, -1, DNS_OUTCOME_ABANDONED },
		{ "a.example", DNS_A, 0, FAR, DNS_OUTCOME_LIMIT },
	};
	struct arena *own = arena_new();
	struct text reason;
	struct zone_text *zone = zone_text_parse(own, text_from(source), &reason);

	(void)state;
	assert_non_null(zone);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct before before = look();
		int64_t patience = rows[i].patience < 0 ? FAR : rows[i].patience;
		struct dns_session *session = dns_session_new(arena, zone_text_backend(own, zone),
							      rows[i].budget,
							      clock_milliseconds() + patience);

		dns_ask(session, text_from(rows[i].name), rows[i].type, DNS_ORDINARY);
		dns_flush(session);
		/* Asking twice is asking once. */
		if (rows[i].patience >= 0)
			(void)dns_look_up(session, text_from(rows[i].name), rows[i].type, DNS_ORDINARY);
		arena_free(&arena);
		expect_one(&before, rows[i].outcome);
	}
	arena_free(&own);
}

/* What cannot be a name is answered without a question. */
static void
counts_no_question_that_is_not_asked(void **state)
{
	struct arena *own = arena_new();
	struct arena *arena = arena_new();
	struct text reason;
	struct zone_text *zone = zone_text_parse(own, TEXT("a.example A 192.0.2.1\n"), &reason);
	struct before before = look();
	struct before after;
	struct dns_session *session = dns_session_new(arena, zone_text_backend(own, zone), 300,
						      clock_milliseconds() + FAR);

	(void)state;
	(void)dns_look_up(session, TEXT("a..b"), DNS_A, DNS_ORDINARY);
	/* Asked for and never sent. */
	dns_ask(session, TEXT("a.example"), DNS_A, DNS_ORDINARY);
	arena_free(&arena);
	after = look();
	assert_memory_equal(&before, &after, sizeof(before));
	arena_free(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_outcomes),
		cmocka_unit_test(counts_what_sessions_ask),
		cmocka_unit_test(counts_no_question_that_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
