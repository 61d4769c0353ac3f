/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_REVERSE_H
#define DMARCMILTER_TOOL_DOMAIN_REVERSE_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/domain_mx.h"

/*
 * Reverse DNS, forward-confirmed (RFC 8601 2.7.3), of the addresses that send
 * for the domain and of its MX hosts; the HELO name; and block lists.
 */
enum {
	DOMAIN_ADDRESSES_MAX = 100,     /* that are looked at */
	DOMAIN_PTR_NAMES_MAX = 10       /* of one address */
};

struct domain_listing {
	struct text block_list;
	const struct dns_answer *answer;        /* A */
	const struct dns_answer *reason;        /* TXT; NULL when it is not listed */
};

struct domain_address {
	struct ip ip;
	bool is_sender;                 /* by --ip */
	struct text mx_host;            /* the MX host that has it; or empty */
	const struct dns_answer *ptr;
	struct domain_host *names;      /* the first of them */
	size_t name_count;
	struct text confirmed_name;     /* one that leads back; or empty */
	struct domain_listing *listings;
	size_t listing_count;
};

struct domain_reverse {
	struct domain_address *addresses;       /* senders first */
	size_t count;
	bool is_cut;                    /* there are more */
	struct text helo_name;          /* --helo; or empty */
	struct domain_host helo;
};

void domain_reverse_gather(const struct domain_run *run, const struct domain_mx *mx,
			   struct domain_reverse *reverse);

/* Pure. */
void domain_reverse_judge(const struct domain_reverse *reverse,
			  struct domain_findings *findings);

/* True for a name of the kind that providers give to whole networks: it holds the address. */
bool domain_name_looks_generic(struct arena *arena, struct text name, struct ip ip);

#endif
