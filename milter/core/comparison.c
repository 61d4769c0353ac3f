/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/comparison.h"

/* Without a record for either an organizational domain has no consequence. */
static bool
is_different(const struct dmarc_finding *one, const struct dmarc_finding *other)
{
	bool has_record = one->published != DMARC_POLICY_UNKNOWN ||
			  other->published != DMARC_POLICY_UNKNOWN;

	return one->result != other->result || one->effective != other->effective ||
	       !text_equal(one->policy_domain, other->policy_domain) ||
	       (has_record &&
		!text_equal(one->organizational_domain, other->organizational_domain));
}

bool
comparison_matters(const struct outcome *outcome)
{
	const struct dmarc_finding *finding = &outcome->findings.dmarc;

	return finding->other != NULL &&
	       (is_different(finding, finding->other) ||
		outcome->verdict.decided != outcome->verdict.decided_by_other);
}
