/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_MORE_H
#define DMARCMILTER_TOOL_DOMAIN_MORE_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/dmarc_record.h"
#include "tool/domain_finding.h"
#include "tool/domain_mx.h"

/*
 * What else a mail domain may publish: MTA-STS (RFC 8461), TLS reports
 * (RFC 8460), BIMI, and the services that mail programs find by themselves
 * (RFC 6186, RFC 8314, RFC 6764, RFC 5804); and whether DNSSEC covers it all.
 * Records are read lightly; nothing is fetched over HTTPS.
 */
enum domain_notice_kind { DOMAIN_MTA_STS, DOMAIN_TLS_RPT, DOMAIN_BIMI };
enum { DOMAIN_NOTICE_COUNT = DOMAIN_BIMI + 1, DOMAIN_SERVICES_MAX = 12 };

/* One of the three TXT records. */
struct domain_notice {
	struct text name;
	const struct dns_answer *answer;
	size_t record_count;            /* those with the right version */
	struct text record;             /* the first of them */
};

struct domain_service {
	const char *prefix;             /* "_imaps._tcp" */
	struct text name;
	const struct dns_answer *answer;
	struct domain_host *targets;    /* as many as answer->count; an empty name is the root */
};

struct domain_more {
	struct text domain;
	struct domain_notice notices[DOMAIN_NOTICE_COUNT];
	struct domain_host policy_host; /* mta-sts.DOMAIN */
	struct domain_service services[DOMAIN_SERVICES_MAX];
	size_t service_count;
	bool is_validating;
	bool is_offline;
	size_t found_count;             /* answers with records, of the domain and below it */
	size_t secure_count;            /* of these, validated */
	struct text first_insecure;
};

void domain_more_gather(const struct domain_run *run, struct domain_more *more);

/* Pure. `request`: what DMARC asks for. */
void domain_more_judge(const struct domain_more *more, enum dmarc_request request,
		       const struct domain_mx *mx, struct domain_findings *findings);

/* Parts of domain_more_judge(). */
void domain_services_gather(const struct domain_run *run, struct domain_more *more);
void domain_services_judge(const struct domain_more *more, const struct domain_mx *mx,
			   struct domain_findings *findings);

#endif
