/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_RESULT_H
#define DMARCMILTER_MAIL_RESULT_H

#include <stddef.h>

#include "base/text.h"

/*
 * The words in which results are spoken of: in Authentication-Results, in the
 * log, and in the conditions of the operator's rules. Pure; safe from any thread.
 */

/* The result keywords of RFC 8601 2.7, for all methods. */
enum result {
	RESULT_NOT_CHECKED,     /* switched off, or not reached */
	RESULT_NONE,
	RESULT_PASS,
	RESULT_FAIL,
	RESULT_SOFTFAIL,
	RESULT_NEUTRAL,
	RESULT_POLICY,
	RESULT_TEMPERROR,
	RESULT_PERMERROR
};

/* What a DMARC record asks for (RFC 9989 4.7), from weak to strong. */
enum dmarc_policy {
	DMARC_POLICY_UNKNOWN,   /* no record, or not readable */
	DMARC_POLICY_NONE,
	DMARC_POLICY_QUARANTINE,
	DMARC_POLICY_REJECT
};

/* The keyword of RFC 8601 ("pass"); "-" for RESULT_NOT_CHECKED. */
const char *result_keyword(enum result result);

/* "none", "quarantine", "reject"; "-" for unknown. */
const char *dmarc_policy_keyword(enum dmarc_policy policy);

#endif
