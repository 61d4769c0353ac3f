/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_FACTS_H
#define DMARCMILTER_TOOL_DOMAIN_FACTS_H

#include <stdbool.h>

#include "tool/domain_dkim.h"
#include "tool/domain_dmarc.h"
#include "tool/domain_more.h"
#include "tool/domain_mx.h"
#include "tool/domain_reverse.h"
#include "tool/domain_spf.h"

/* All that was asked of a domain, and what is found of it. */
enum domain_existence {
	DOMAIN_EXISTS,
	DOMAIN_ABSENT,                  /* NXDOMAIN */
	DOMAIN_CIRCULAR,                /* an alias that leads in a circle */
	DOMAIN_UNREACHABLE              /* no question about the domain itself was answered */
};

struct domain_facts {
	const struct domain_wishes *wishes;
	struct dns_session *dns;        /* every question and its answer */
	enum domain_existence existence;
	const char *trouble;            /* UNREACHABLE: why */
	struct domain_mx mx;
	struct domain_reverse reverse;
	struct domain_spf spf;
	struct domain_dkim dkim;
	struct domain_dmarc dmarc;
	struct domain_more more;
};

/* Asks all there is to ask, and waits, at the longest until the session's deadline. */
void domain_facts_gather(const struct domain_run *run, struct domain_facts *facts);

/* Pure. Of a domain that does not exist or cannot be reached there is one finding. */
void domain_facts_judge(const struct domain_facts *facts, struct domain_findings *findings);

#endif
