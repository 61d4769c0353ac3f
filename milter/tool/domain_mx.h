/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_MX_H
#define DMARCMILTER_TOOL_DOMAIN_MX_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/domain_finding.h"
#include "tool/domain_run.h"

/*
 * Where a domain's mail goes: its MX records and their hosts (RFC 5321 5.1,
 * RFC 2181 10.3, RFC 7505).
 */
enum { DOMAIN_MX_MAX = 50 };    /* hosts that are looked at; more are counted only */

struct domain_mx_host {
	unsigned preference;
	struct domain_host host;
};

struct domain_mx {
	struct text domain;
	const struct dns_answer *answer;
	struct domain_host own;         /* the domain itself as a host */
	struct domain_mx_host *hosts;   /* by preference, without the null MX */
	size_t count;
	bool has_null;                  /* a record with the root as its host */
	bool is_cut;                    /* there are more than DOMAIN_MX_MAX */
};

void domain_mx_gather(const struct domain_run *run, struct domain_mx *mx);

/* Pure. */
void domain_mx_judge(const struct domain_mx *mx, struct domain_findings *findings);

/* "MX 0 ." alone: the domain takes no mail. */
bool domain_mx_is_null(const struct domain_mx *mx);

/* True for an address that is no public one: RFC 6890 and its like. */
bool domain_address_is_private(struct ip ip);

#endif
