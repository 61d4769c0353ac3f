/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_facts.h"

/* One look at the answers at hand; what follows from them is asked. */
static void
gather_round(const struct domain_run *run, struct domain_facts *facts)
{
	domain_mx_gather(run, &facts->mx);
	domain_reverse_gather(run, &facts->mx, &facts->reverse);
	domain_spf_gather(run, &facts->spf);
	domain_dkim_gather(run, &facts->dkim);
	domain_dmarc_gather(run, &facts->dmarc);
	domain_more_gather(run, &facts->more);
}

/* What the questions about the domain itself say of it. */
static void
find_existence(struct domain_facts *facts)
{
	const struct dns_answer *answers[] = {
		facts->mx.answer, facts->mx.own.a, facts->mx.own.aaaa, facts->dmarc.base,
	};
	bool is_answered = false;

	facts->existence = DOMAIN_EXISTS;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		if (!domain_answer_is_known(answers[i]))
			continue;
		is_answered = true;
		/* A CNAME is there, even when it leads to nothing (RFC 6604). */
		if (answers[i]->status == DNS_NO_NAME && !answers[i]->has_cname)
			facts->existence = DOMAIN_ABSENT;
	}
	if (is_answered)
		return;
	facts->trouble = domain_answer_trouble(answers[0]);
	facts->existence = text_equal(text_from(facts->trouble), TEXT("CNAME loop")) ?
			   DOMAIN_CIRCULAR : DOMAIN_UNREACHABLE;
}

void
domain_facts_gather(const struct domain_run *run, struct domain_facts *facts)
{
	size_t before;

	facts->wishes = run->wishes;
	facts->dns = run->dns;
	do {
		before = dns_question_count(run->dns);
		gather_round(run, facts);
	} while (dns_wait(run->dns) || dns_question_count(run->dns) > before);
	/* When the deadline has passed, what was open is so for good. */
	gather_round(run, facts);
	find_existence(facts);
}

void
domain_facts_judge(const struct domain_facts *facts, struct domain_findings *findings)
{
	struct text domain = facts->wishes->domain;
	bool sends_nothing;

	findings->section = DOMAIN_SECTION_MX;
	switch (facts->existence) {
	case DOMAIN_UNREACHABLE:
		domain_finding_add(findings, DOMAIN_ERROR, "domain-unanswered", domain,
				   "DNS gives no answer for %.*s: %s.", TEXT_ARGUMENTS(domain),
				   facts->trouble);
		return;
	case DOMAIN_CIRCULAR:
		domain_finding_add(findings, DOMAIN_ERROR, "domain-loop", domain,
				   "%.*s is an alias (CNAME) that leads in a circle: it has no "
				   "records at all.", TEXT_ARGUMENTS(domain));
		return;
	case DOMAIN_ABSENT:
		domain_finding_add(findings, DOMAIN_ERROR, "domain-absent", domain,
				   "%.*s does not exist in DNS (NXDOMAIN).",
				   TEXT_ARGUMENTS(domain));
		return;
	case DOMAIN_EXISTS:
		break;
	}
	sends_nothing = domain_spf_forbids_everything(&facts->spf);
	domain_mx_judge(&facts->mx, findings);
	domain_reverse_judge(&facts->reverse, findings);
	domain_spf_judge(&facts->spf, facts->wishes, &facts->mx, findings);
	domain_dkim_judge(&facts->dkim, sends_nothing, findings);
	domain_dmarc_judge(&facts->dmarc, sends_nothing, findings);
	domain_more_judge(&facts->more, domain_dmarc_request(&facts->dmarc), &facts->mx,
			  findings);
}
