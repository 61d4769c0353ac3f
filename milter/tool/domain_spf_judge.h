/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_SPF_JUDGE_H
#define DMARCMILTER_TOOL_DOMAIN_SPF_JUDGE_H

#include "tool/domain_spf.h"

/* Parts of domain_spf_judge(): what is wrong with single terms, and who may send. Pure. */
void domain_spf_judge_terms(const struct domain_spf_tree *tree,
			    struct domain_findings *findings);
void domain_spf_judge_senders(const struct domain_spf_tree *tree,
			      const struct domain_wishes *wishes, const struct domain_mx *mx,
			      struct domain_findings *findings);

#endif
