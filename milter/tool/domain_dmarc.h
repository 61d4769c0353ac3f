/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_DMARC_H
#define DMARCMILTER_TOOL_DOMAIN_DMARC_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/dmarc_discovery.h"
#include "tool/domain_finding.h"
#include "tool/domain_run.h"

/*
 * What a domain wants done with mail that fails DMARC: its record, found by
 * the tree walk (RFC 9989 4.10) and, to compare, by the public suffix list
 * (RFC 7489 6.6.3); all its tags; and whether reports may go where it says.
 */
enum { DOMAIN_DESTINATIONS_MAX = 20 };

struct domain_dmarc_tag {
	struct text name;               /* lower case */
	struct text value;
};

/* Where reports are to go (RFC 9990 4). */
struct domain_destination {
	struct text uri;                /* as written, without blanks */
	bool is_failure;                /* ruf, not rua */
	struct text host;               /* of a mailto: URI; empty: none that can be read */
	bool is_external;               /* another organization's */
	const struct dns_answer *permission;    /* TXT at DOMAIN._report._dmarc.HOST */
	struct text permission_name;
	bool is_permitted;
	const struct dns_answer *mx;    /* of the host */
};

struct domain_dmarc {
	struct text domain;
	const struct dns_answer *own;   /* TXT at _dmarc.DOMAIN */
	struct text own_name;
	const struct dns_answer *base;  /* TXT at DOMAIN: where records go by mistake */
	const struct dmarc_discovery *walk;
	const struct dmarc_discovery *list;     /* its state may be NO_LIST */
	struct text policy_domain;      /* of the walk; empty: no record */
	struct text policy_name;        /* _dmarc. before it */
	struct text record;
	struct domain_dmarc_tag *tags;  /* in the order of the record, v= first */
	size_t tag_count;
	struct domain_destination *destinations;
	size_t destination_count;
};

void domain_dmarc_gather(const struct domain_run *run, struct domain_dmarc *dmarc);

/* Pure. `sends_nothing`: SPF says so. */
void domain_dmarc_judge(const struct domain_dmarc *dmarc, bool sends_nothing,
			struct domain_findings *findings);

/* What p=, sp= or np= comes to for mail with the domain in From. */
enum dmarc_request domain_dmarc_request(const struct domain_dmarc *dmarc);

/* "none", "quarantine", "reject"; NULL for what is no policy. */
const char *domain_dmarc_request_word(enum dmarc_request request);

/* The first tag of that name, or NULL. */
const struct domain_dmarc_tag *domain_dmarc_tag_find(const struct domain_dmarc *dmarc,
						     const char *name);

/* For the list of tags: what a tag is for, and its value with what that means. */
const char *domain_dmarc_tag_meaning(const struct domain_dmarc_tag *tag);
struct text domain_dmarc_tag_value(struct arena *arena, const struct domain_dmarc_tag *tag);

/* The record as the fixes so far would have it. */
struct text domain_dmarc_proposal(const struct domain_dmarc *dmarc,
				  const struct domain_findings *findings);

/* Parts of domain_dmarc_judge(). */
void domain_dmarc_judge_tags(const struct domain_dmarc *dmarc, struct domain_findings *findings);
void domain_dmarc_judge_destinations(const struct domain_dmarc *dmarc,
				     struct domain_findings *findings);

/* The host of a mailto: URI in normal form; empty when there is none. Pure. */
struct text domain_report_host(struct arena *arena, struct text uri);

/* Splits a record that dmarc_record_is_one(). Pure. */
struct domain_dmarc_tag *domain_dmarc_split(struct arena *arena, struct text record,
					    size_t *count_out);

#endif
