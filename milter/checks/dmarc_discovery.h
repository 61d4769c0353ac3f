/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DMARC_DISCOVERY_H
#define DMARCMILTER_CHECKS_DMARC_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/public_suffix.h"
#include "checks/tree_walk.h"
#include "config/config.h"
#include "dns/dns.h"
#include "mail/dmarc_record.h"

/*
 * Which DMARC record applies to an author domain, and what it asks for
 * (RFC 9989 4.10.1): by the tree walk, or, for "DMARCDiscovery psl", as
 * RFC 7489 6.6.3 did it. Goes on bit by bit as answers arrive. Everything is
 * in the message's arena. Its questions are of the share given.
 */
enum dmarc_discovery_state {
	DMARC_DISCOVERY_PENDING,        /* an answer is still out; only when not waiting */
	DMARC_DISCOVERY_NO_RECORD,      /* DMARC does not apply */
	DMARC_DISCOVERY_FOUND,          /* `record` applies */
	DMARC_DISCOVERY_MISSING,        /* an answer is missing without which that is not known */
	DMARC_DISCOVERY_NO_LIST         /* the public suffix list cannot be read */
};

struct dmarc_discovery;

struct dmarc_discovery *dmarc_discovery_start(struct arena *arena, const struct config *config,
					      struct dns_session *dns, struct text domain,
					      enum dns_share share);

/* Goes on as far as the answers allow, or to the end. */
enum dmarc_discovery_state dmarc_discovery_continue(struct dmarc_discovery *discovery,
						    enum tree_walk_wait wait);

struct dmarc_discovery {
	enum dmarc_discovery_state state;
	struct text domain;             /* the author domain */
	/*
	 * The record: for FOUND the one that applies, for MISSING the one that would apply if the
	 * missing answers were "no record" (has_record says whether there is one).
	 */
	bool has_record;
	struct dmarc_record record;
	struct text policy_domain;
	struct dmarc_selection selection;
	/* The existence test has no answer: `selection` is the weaker one of np and sp (or p). */
	bool is_selection_open;
	bool is_over_limit;             /* what is missing was not asked: DNS_LIMIT */
	struct text missing_name;       /* the full name of the question without answer */
	const char *missing_reason;
	struct text note;               /* what the log should say of the records; or empty */

	/* For the alignment of identifiers. */
	struct tree_walk walk;          /* without list */
	const struct public_suffix_list *list;  /* with one; NULL: tree walk */
	struct text registered_domain;  /* with list */

	/* dmarc_discovery.c's own */
	struct arena *arena;
	struct dns_session *dns;
	enum dns_share share;
	enum dmarc_discovery_state records_state;       /* what the records alone say */
	struct text listed_names[2];    /* with list: where a record may be */
	struct text listed_questions[2];
	size_t listed_count;
};

/* The organizational domain of the author domain; empty when it is not known. */
struct text dmarc_discovery_organizational_domain(const struct dmarc_discovery *discovery);

#endif
