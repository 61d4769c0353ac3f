/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_STATISTICS_H
#define DMARCMILTER_DNS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "dns/dns.h"

/*
 * How many questions all sessions of the process asked, how they ended, and
 * how long it took. Shared state: relaxed atomics, never reset. Written by
 * dns/session.c, read by whoever shows them. Safe from any thread.
 */
enum dns_outcome {
	DNS_OUTCOME_NOERROR,    /* records of the wanted type */
	DNS_OUTCOME_NODATA,
	DNS_OUTCOME_NXDOMAIN,
	DNS_OUTCOME_SERVFAIL,   /* SERVFAIL, REFUSED and every other error that a server tells */
	DNS_OUTCOME_MALFORMED,  /* an answer that cannot be read, or is too large */
	DNS_OUTCOME_BOGUS,      /* DNSSEC */
	DNS_OUTCOME_TIMEOUT,    /* DNSTimeout has passed */
	DNS_OUTCOME_DEADLINE,   /* the message's time has passed */
	DNS_OUTCOME_FAILED,     /* the resolver itself */
	DNS_OUTCOME_ABANDONED,  /* the message ended and nobody waits any more */
	DNS_OUTCOME_LIMIT,      /* not asked: the message has used up its questions */
	DNS_OUTCOME_COUNT
};

/* "noerror", "nodata", ...; the words of the metrics. */
const char *dns_outcome_keyword(enum dns_outcome outcome);

/* What an answer that is not pending counts as. Pure. */
enum dns_outcome dns_outcome_of(enum dns_status status, const char *reason);

/* A question goes to the back end. */
void dns_statistics_ask(void);

/* It has ended, so many milliseconds later; what nobody waited for leaves no time. */
void dns_statistics_end(enum dns_outcome outcome, int64_t milliseconds);

uint64_t dns_statistics_questions(void);
uint64_t dns_statistics_outcomes(enum dns_outcome outcome);
void dns_statistics_times(struct histogram_reading *reading_out);

#endif
