/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DMARC_POLICY_H
#define DMARCMILTER_CHECKS_DMARC_POLICY_H

#include <stdbool.h>

#include "base/text.h"
#include "checks/dmarc_discovery.h"
#include "checks/findings.h"
#include "config/config.h"

/* What the record that was discovered asks for, into the finding (RFC 9989 4.7, 4.10.1). Pure. */
void dmarc_policy_write(struct dmarc_finding *finding, const struct config *config,
			const struct dmarc_discovery *discovery);

/*
 * What the author domain is taken to publish by the operator's word: reject
 * for OwnDomains, else the longest entry of DomainPolicy that fits; UNKNOWN
 * without any. Pure.
 */
enum dmarc_policy dmarc_policy_assumed(const struct config *config, struct text domain,
				       bool *is_own_out);

#endif
