/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_SPF_TREE_H
#define DMARCMILTER_TOOL_DOMAIN_SPF_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/spf_record.h"
#include "tool/domain_run.h"

/*
 * A domain's SPF record and all records that it takes in by include and
 * redirect, with what it costs (RFC 7208 4.6.4). No message is at hand: terms
 * whose macros need one are kept and counted, but not followed.
 */
enum {
	DOMAIN_SPF_LOOKUPS_MAX = 10,    /* RFC 7208 4.6.4 */
	DOMAIN_SPF_VOIDS_MAX = 2,
	DOMAIN_SPF_HOSTS_MAX = 10,      /* of one mx term */
	DOMAIN_SPF_DEPTH_MAX = 12,      /* by then there are more than ten look-ups */
	DOMAIN_SPF_RECORDS_MAX = 60,
	DOMAIN_SPF_ASKING_MAX = SPF_TERMS_MAX   /* terms of all records whose names are asked for */
};

enum domain_spf_state {
	DOMAIN_SPF_USABLE,
	DOMAIN_SPF_NO_RECORD,
	DOMAIN_SPF_SEVERAL,             /* records at one name */
	DOMAIN_SPF_WRONG,               /* its syntax: see reason */
	DOMAIN_SPF_UNANSWERED,
	DOMAIN_SPF_LOOP,                /* it is one of the records that led here */
	DOMAIN_SPF_NOT_FOLLOWED,        /* too deep, or too many records */
	DOMAIN_SPF_NEEDS_MESSAGE        /* its name has macros of a message */
};

struct domain_spf_node;

struct domain_spf_term {
	const struct spf_term *term;    /* NULL: the redirect modifier */
	struct text text;               /* as written */
	struct text name;               /* what is asked; empty: nothing, or by message */
	bool is_unreachable;            /* it stands behind "all", or a redirect beside it */
	bool needs_message;
	struct domain_spf_node *child;  /* include, redirect */
	const struct dns_answer *open;  /* the first question without answer; or NULL */
	struct ip *addresses;           /* a, mx */
	size_t address_count;
	unsigned voids4;                /* look-ups without result for an IPv4 (IPv6) client */
	unsigned voids6;
	size_t host_count;              /* mx */
};

struct domain_spf_node {
	struct domain_spf_node *parent;
	size_t depth;
	struct text domain;
	enum domain_spf_state state;
	const struct dns_answer *answer;        /* TXT at the name; NULL: not asked */
	struct text record;             /* as published; the first of several */
	size_t record_count;
	struct spf_record parsed;       /* USABLE */
	struct text reason;             /* WRONG */
	struct domain_spf_term *terms;  /* mechanisms, then redirect */
	size_t term_count;
	unsigned lookups;               /* of this record and all below it */
	unsigned voids4;
	unsigned voids6;
};

struct domain_spf_tree {
	struct domain_spf_node *root;
	size_t record_count;            /* nodes so far */
	size_t asking_count;            /* terms beside include and redirect, so far */
	size_t unfollowed_count;
	bool has_loop;
};

void domain_spf_tree_gather(const struct domain_run *run, struct text domain,
			    struct domain_spf_tree *tree);

/* The term "all" of a record, or NULL. */
const struct domain_spf_term *domain_spf_all(const struct domain_spf_node *node);

#endif
