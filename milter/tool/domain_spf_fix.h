/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_SPF_FIX_H
#define DMARCMILTER_TOOL_DOMAIN_SPF_FIX_H

#include "tool/domain_spf.h"

/* SPF records that are better than the one at hand, for the fixes of findings. Pure. */

/*
 * A record for a domain that has none: its MX hosts, else its own address, and the addresses
 * given may send. Empty when it is not known where the domain's mail goes.
 */
struct text domain_spf_new_record(struct arena *arena, const struct domain_wishes *wishes,
				  const struct domain_mx *mx);

/* The record with `new_term` in place of a term, or without it when that is empty. */
struct text domain_spf_replace(struct arena *arena, struct text record, struct text old_term,
			       struct text new_term);

/* The record with one more term before "all", and with "~all" when it has neither all nor
 * redirect. An empty term adds none. */
struct text domain_spf_extend(struct arena *arena, struct text record, struct text new_term);

/* True when a term beside "all" and the explanation is in the record: somebody may send. */
bool domain_spf_names_senders(struct text record);

/* The terms of several records in one, with an include for each redirect, and one "all". */
struct text domain_spf_merge(struct arena *arena, const struct dns_answer *answer);

/* "ip4:192.0.2.1" */
struct text domain_spf_address_term(struct arena *arena, struct ip ip);

#endif
