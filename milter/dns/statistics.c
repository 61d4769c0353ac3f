/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/statistics.h"

#include "base/macros.h"

/* From an answer of the cache to the longest wait that a message allows. */
static const int64_t bounds[] = { 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000 };

static struct histogram times = { .bounds = bounds, .bound_count = COUNT_OF(bounds) };
static _Atomic uint64_t questions;
static _Atomic uint64_t outcomes[DNS_OUTCOME_COUNT];

const char *
dns_outcome_keyword(enum dns_outcome outcome)
{
	static const char *const words[DNS_OUTCOME_COUNT] = {
		[DNS_OUTCOME_NOERROR] = "noerror",
		[DNS_OUTCOME_NODATA] = "nodata",
		[DNS_OUTCOME_NXDOMAIN] = "nxdomain",
		[DNS_OUTCOME_SERVFAIL] = "servfail",
		[DNS_OUTCOME_MALFORMED] = "malformed",
		[DNS_OUTCOME_BOGUS] = "bogus",
		[DNS_OUTCOME_TIMEOUT] = "timeout",
		[DNS_OUTCOME_DEADLINE] = "deadline",
		[DNS_OUTCOME_FAILED] = "failed",
		[DNS_OUTCOME_ABANDONED] = "abandoned",
		[DNS_OUTCOME_LIMIT] = "limit",
	};

	return words[outcome];
}

/* The reasons of dns/packet.c, dns/session.c and dns/resolver_lookups.c. */
static enum dns_outcome
outcome_of_retry(const char *reason)
{
	static const struct {
		const char *reason;
		enum dns_outcome outcome;
	} rows[] = {
		{ "timeout", DNS_OUTCOME_TIMEOUT },
		{ "deadline", DNS_OUTCOME_DEADLINE },
		{ "DNSSEC bogus", DNS_OUTCOME_BOGUS },
		{ "SERVFAIL", DNS_OUTCOME_SERVFAIL },
		{ "FORMERR", DNS_OUTCOME_SERVFAIL },
		{ "NOTIMP", DNS_OUTCOME_SERVFAIL },
		{ "REFUSED", DNS_OUTCOME_SERVFAIL },
		{ "unexpected RCODE", DNS_OUTCOME_SERVFAIL },
		{ "remembered failure", DNS_OUTCOME_SERVFAIL },
		{ "malformed answer", DNS_OUTCOME_MALFORMED },
		{ "truncated answer", DNS_OUTCOME_MALFORMED },
		{ "too many records", DNS_OUTCOME_MALFORMED },
		{ "CNAME loop", DNS_OUTCOME_MALFORMED },
		{ "abandoned", DNS_OUTCOME_ABANDONED },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (text_equal(text_from(rows[i].reason), text_from(reason)))
			return rows[i].outcome;
	return DNS_OUTCOME_FAILED;
}

enum dns_outcome
dns_outcome_of(enum dns_status status, const char *reason)
{
	switch (status) {
	case DNS_FOUND:
		return DNS_OUTCOME_NOERROR;
	case DNS_NO_DATA:
		return DNS_OUTCOME_NODATA;
	case DNS_NO_NAME:
		return DNS_OUTCOME_NXDOMAIN;
	case DNS_LIMIT:
		return DNS_OUTCOME_LIMIT;
	case DNS_PENDING:
	case DNS_RETRY:
		return outcome_of_retry(reason);
	}
	return DNS_OUTCOME_FAILED;
}

void
dns_statistics_ask(void)
{
	atomic_fetch_add_explicit(&questions, 1, memory_order_relaxed);
}

void
dns_statistics_end(enum dns_outcome outcome, int64_t milliseconds)
{
	atomic_fetch_add_explicit(&outcomes[outcome], 1, memory_order_relaxed);
	if (outcome != DNS_OUTCOME_ABANDONED && outcome != DNS_OUTCOME_LIMIT)
		histogram_add(&times, milliseconds);
}

uint64_t
dns_statistics_questions(void)
{
	return atomic_load_explicit(&questions, memory_order_relaxed);
}

uint64_t
dns_statistics_outcomes(enum dns_outcome outcome)
{
	return atomic_load_explicit(&outcomes[outcome], memory_order_relaxed);
}

void
dns_statistics_times(struct histogram_reading *reading_out)
{
	histogram_read(&times, reading_out);
}
