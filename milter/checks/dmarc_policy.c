/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dmarc_policy.h"

static enum dmarc_policy
policy_of(enum dmarc_request request)
{
	switch (request) {
	case DMARC_REQUEST_ABSENT:
	case DMARC_REQUEST_INVALID:
		return DMARC_POLICY_UNKNOWN;
	case DMARC_REQUEST_NONE:
		return DMARC_POLICY_NONE;
	case DMARC_REQUEST_QUARANTINE:
		return DMARC_POLICY_QUARANTINE;
	case DMARC_REQUEST_REJECT:
		return DMARC_POLICY_REJECT;
	}
	return DMARC_POLICY_UNKNOWN;
}

/* RFC 9989 4.7: t=y asks for one level less. */
static enum dmarc_policy
one_level_less(enum dmarc_policy policy)
{
	switch (policy) {
	case DMARC_POLICY_REJECT:
		return DMARC_POLICY_QUARANTINE;
	case DMARC_POLICY_QUARANTINE:
		return DMARC_POLICY_NONE;
	case DMARC_POLICY_NONE:
	case DMARC_POLICY_UNKNOWN:
		break;
	}
	return policy;
}

void
dmarc_policy_write(struct dmarc_finding *finding, const struct config *config,
		   const struct dmarc_discovery *discovery)
{
	const struct dmarc_record *record = &discovery->record;

	finding->used_public_suffix_list = discovery->list != NULL;
	finding->organizational_domain = dmarc_discovery_organizational_domain(discovery);
	if (!discovery->has_record)
		return;
	finding->policy_domain = discovery->policy_domain;
	finding->policy_tag = discovery->selection.tag;
	finding->published = policy_of(discovery->selection.request);
	finding->effective = finding->published;
	finding->is_testing = record->is_testing;
	finding->is_strict_dkim = record->is_strict_dkim;
	finding->is_strict_spf = record->is_strict_spf;
	if (record->is_testing && config->honor_test_mode)
		finding->effective = one_level_less(finding->published);
}

/* Sets `policy` when `set` has a longer entry for the domain than any before. */
static void
take_longer(const struct domain_set *set, struct text domain, enum dmarc_policy policy,
	    size_t *longest, enum dmarc_policy *best)
{
	size_t length = domain_set_match(set, domain);

	if (length <= *longest)
		return;
	*longest = length;
	*best = policy;
}

enum dmarc_policy
dmarc_policy_assumed(const struct config *config, struct text domain, bool *is_own_out)
{
	const struct domain_policies *policies = &config->domain_policies;
	enum dmarc_policy best = DMARC_POLICY_UNKNOWN;
	size_t longest = 0;

	*is_own_out = domain_set_contains(config->own_domains, domain);
	if (*is_own_out)
		return DMARC_POLICY_REJECT;
	take_longer(policies->reject, domain, DMARC_POLICY_REJECT, &longest, &best);
	take_longer(policies->quarantine, domain, DMARC_POLICY_QUARANTINE, &longest, &best);
	take_longer(policies->none, domain, DMARC_POLICY_NONE, &longest, &best);
	return best;
}
