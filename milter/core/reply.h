/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_REPLY_H
#define DMARCMILTER_CORE_REPLY_H

#include "base/arena.h"
#include "core/policy.h"

/*
 * The SMTP reply that goes with a verdict: code, enhanced status code (RFC
 * 3463, 7372) and one line of text. Pure.
 */
enum reply_kind {
	REPLY_DMARC,            /* RejectCode, RejectStatus, RejectText */
	REPLY_MALFORMED,        /* no usable author domain: X.7.1 */
	REPLY_TEMPERROR,        /* an answer of the DNS is missing: 4.7.1 */
	REPLY_SPF,              /* X.7.23 */
	REPLY_HELO,             /* X.7.23 */
	REPLY_IPREV,            /* X.7.25 */
	REPLY_RULE              /* the reply= of verdict->operator_rule, else X.7.1 */
};

enum { REPLY_TEXT_MAX = 900 };  /* what fits a reply line of 998 octets beside the codes */

/*
 * Fills in reply_code, reply_status and reply_text of the verdict, for
 * verdict->decided being tempfail or reject; otherwise leaves them empty.
 * What remote parties chose is written in printable ASCII only.
 */
void reply_write(struct arena *arena, const struct config *config, const struct message *message,
		 const struct findings *findings, enum reply_kind kind, struct verdict *verdict);

#endif
