/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_SPF_H
#define DMARCMILTER_TOOL_DOMAIN_SPF_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/domain_finding.h"
#include "tool/domain_mx.h"
#include "tool/domain_spf_tree.h"

/* Who may send for a domain: its SPF record (RFC 7208), as facts and findings. */
struct domain_spf {
	struct domain_spf_tree tree;
	const struct dns_answer *legacy;        /* of type SPF */
	struct domain_spf_node *helo;   /* the record of the HELO name; NULL: none was given */
	struct text helo_name;
};

void domain_spf_gather(const struct domain_run *run, struct domain_spf *spf);

/* Pure. */
void domain_spf_judge(const struct domain_spf *spf, const struct domain_wishes *wishes,
		      const struct domain_mx *mx, struct domain_findings *findings);

/* True for "-all" and nothing else: the domain sends no mail. */
bool domain_spf_forbids_everything(const struct domain_spf *spf);

/* A network that the tree lets send, and the term that does. */
struct domain_spf_network {
	struct ip_network network;
	const struct domain_spf_node *node;
	const struct domain_spf_term *term;
};

struct domain_spf_networks {
	struct domain_spf_network *items;       /* in the order of evaluation, none in another */
	size_t count;
	size_t capacity;
	bool is_everything;             /* +all */
	bool is_incomplete;             /* ptr, exists, macros, unanswered questions */
};

/* All networks with a pass. Pure. */
struct domain_spf_networks domain_spf_networks(struct arena *arena,
					       const struct domain_spf_tree *tree);

enum domain_spf_result {
	DOMAIN_SPF_PASS,
	DOMAIN_SPF_FAIL,
	DOMAIN_SPF_SOFTFAIL,
	DOMAIN_SPF_NEUTRAL,
	DOMAIN_SPF_NONE,
	DOMAIN_SPF_ERROR,               /* permerror */
	DOMAIN_SPF_OPEN                 /* it depends on the message, or on a missing answer */
};

/* What comes out for a client; *term_out is the term of the first record that matched, or NULL. */
enum domain_spf_result domain_spf_check(const struct domain_spf_tree *tree, struct ip client,
					const struct domain_spf_term **term_out);

const char *domain_spf_result_word(enum domain_spf_result result);

#endif
