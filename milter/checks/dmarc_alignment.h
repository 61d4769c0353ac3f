/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DMARC_ALIGNMENT_H
#define DMARCMILTER_CHECKS_DMARC_ALIGNMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/dmarc_discovery.h"
#include "checks/findings.h"
#include "checks/tree_walk.h"
#include "dns/dns.h"

/*
 * Whether an identifier (the domain of an SPF or DKIM result) is aligned with
 * the author domain (RFC 9989 4.4). In relaxed mode both must have the same
 * organizational domain, and the identifier gets a walk of its own, but only
 * when it can matter, and for at most ALIGNMENT_WALKS_MAX domains a message.
 * Its questions are DNS_ORDINARY.
 */
enum {
	ALIGNMENT_WALKS_MAX = 10,
	/* What is asked in advance is counted apart: it must not use up what the verdict needs. */
	ALIGNMENT_WALKS_AHEAD_MAX = 10
};

enum alignment {
	ALIGNMENT_NO,           /* also for what our own limits leave open: they never defer mail */
	ALIGNMENT_YES,
	ALIGNMENT_OPEN,         /* an answer is missing that could have made it aligned */
	ALIGNMENT_PENDING       /* an answer is still out; only when not waiting */
};

struct dmarc_alignment {
	struct arena *arena;
	struct dns_session *dns;
	const struct dmarc_discovery *discovery;        /* its records were looked up */
	struct alignment_walk {
		struct tree_walk walk;
		bool is_counted;        /* wanted for the verdict */
	} *walks[ALIGNMENT_WALKS_MAX + ALIGNMENT_WALKS_AHEAD_MAX];
	size_t walk_count;
	size_t counted;
	/* the author domain is taken to have a record: so what is below it is its own */
	bool assumes_record;
	bool is_over_limit;             /* a limit kept a walk from being made or finished */
	struct text missing_name;       /* the question that left an identifier open; or empty */
	const char *missing_reason;
};

/* What an alignment is asked for. */
enum alignment_purpose {
	ALIGNMENT_AHEAD,        /* only to have the answers at hand later: never waits */
	ALIGNMENT_START,        /* for the verdict, several at once: never waits */
	ALIGNMENT_VERDICT       /* for the verdict: waits */
};

/* `domain` is in normal form; `is_strict`: adkim=s or aspf=s of the record that applies. */
enum alignment dmarc_alignment_decide(struct dmarc_alignment *alignment, struct text domain,
				      bool is_strict, enum alignment_purpose purpose);

/*
 * RFC 8617 7.2.1: whether the message passed when those whom the operator
 * trusts saw it: they report a DMARC pass of the author domain, or an SPF or
 * DKIM pass that is aligned by the record of `dmarc`. May wait.
 */
bool dmarc_alignment_is_reported(struct dmarc_alignment *alignment,
				 const struct dmarc_finding *dmarc,
				 const struct arc_finding *arc);

#endif
