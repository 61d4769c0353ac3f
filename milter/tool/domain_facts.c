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
	bool is_denied = false;

	facts->existence = DOMAIN_EXISTS;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		if (!domain_answer_is_known(answers[i]))
			continue;
		/* A CNAME is there, even when it leads to nothing (RFC 6604). */
		if (answers[i]->status != DNS_NO_NAME || answers[i]->has_cname)
			return;
		is_denied = true;
	}
	if (is_denied) {
		facts->existence = DOMAIN_ABSENT;
		return;
	}
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

static bool
is_alias(const struct dns_session *dns, struct text owner)
{
	const struct dns_answer *answer;
	enum dns_type type;
	struct text name;

	for (size_t i = 0; dns_question_at(dns, i, &name, &type, &answer); i++)
		if (answer->has_cname && text_equal(name, owner))
			return true;
	return false;
}

/* RFC 1034 3.6.2: nothing stands beside a CNAME, so a name server would refuse the line. */
static void
withdraw_beside_aliases(const struct domain_facts *facts, struct domain_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct domain_finding *finding = &findings->items[i];
		struct text owner;

		if (finding->fix_count == 0)
			continue;
		owner = text_cut(finding->fixes[0], 0,
				 text_find_text(finding->fixes[0], TEXT(". IN ")));
		if (!is_alias(facts->dns, owner))
			continue;
		domain_finding_withdraw(findings, finding, text_printf(
			findings->arena, "%.*s is an alias (CNAME): the place for the record is "
			"the name that it leads to.", TEXT_ARGUMENTS(owner)));
	}
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
	withdraw_beside_aliases(facts, findings);
}
