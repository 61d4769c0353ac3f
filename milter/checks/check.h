/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_CHECK_H
#define DMARCMILTER_CHECKS_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/findings.h"
#include "checks/trace.h"
#include "config/config.h"
#include "dns/dns.h"
#include "mail/message.h"

/*
 * A check: one method of authentication. The evaluation (core/evaluation.c)
 * calls the stages of all enabled checks in a fixed order, in the thread of
 * the session. No stage fails: what goes wrong becomes a finding. A check
 * knows neither policy nor milter, and nothing of other checks, except that
 * DMARC, the last, reads the findings of SPF, DKIM and ARC.
 *
 * Stages, in order:
 *   prefetch  a fact arrived, or answers did: start every DNS question that is
 *             now known to be needed (dns_ask), wait for nothing. Called many
 *             times; asking again what is already asked costs nothing, so a
 *             prefetch simply walks as far as the answers at hand allow
 *             (dns_peek). May be NULL.
 *   begin     all header fields are known. May be NULL.
 *   body      the next part of the body, CRLF line ends, any boundaries. May be NULL.
 *   end       the message is complete: write the findings. May wait for
 *             answers (dns_look_up), until the message's deadline.
 */
enum fact {
	/* connection, HELO and sender are known, and a recipient was accepted */
	FACT_RECIPIENT,
	/* one more header field is in the message: the last of message->fields */
	FACT_FIELD,
	FACT_HEADER_END,        /* all fields are known */
	FACT_ANSWER             /* one or more DNS answers arrived since the last call */
};

struct check_run {
	struct arena *arena;            /* the message's */
	const struct config *config;
	const struct message *message;
	struct dns_session *dns;        /* the message's questions */
	struct findings *findings;
	void *state;                    /* this check's own, from the arena; NULL at first */
	struct trace *trace;            /* NULL: nobody asks why */
};

struct check {
	const char *name;
	bool (*enabled)(const struct config *config);
	void (*prefetch)(struct check_run *run, enum fact fact);
	void (*begin)(struct check_run *run);
	void (*body)(struct check_run *run, struct text chunk);
	void (*end)(struct check_run *run);
};

extern const struct check iprev_check;  /* checks/iprev.c: RFC 8601 2.7.3 */
extern const struct check spf_check;    /* checks/spf.c: RFC 7208 */
extern const struct check dkim_check;   /* checks/dkim.c: RFC 6376, 8301, 8463, 8616 */
extern const struct check arc_check;    /* checks/arc.c: RFC 8617 */
extern const struct check dmarc_check;  /* checks/dmarc.c: RFC 9989 */

#endif
