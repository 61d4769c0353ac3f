/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_more.h"

#include "mail/domain_name.h"

enum { STS_ID_MAX = 32 };               /* RFC 8461 3.1 */

static const struct {
	const char *prefix;
	const char *version;
} notices[DOMAIN_NOTICE_COUNT] = {
	[DOMAIN_MTA_STS] = { "_mta-sts", "v=STSv1" },
	[DOMAIN_TLS_RPT] = { "_smtp._tls", "v=TLSRPTv1" },
	[DOMAIN_BIMI] = { "default._bimi", "v=BIMI1" },
};

/* The version is followed by blanks and a semicolon, or the end. */
static bool
has_version(struct text record, const char *version)
{
	struct text first;

	return text_next_part(&record, ';', &first) &&
	       text_equal(text_trim(first), text_from(version));
}

static void
read_notice(const struct domain_run *run, struct domain_notice *notice,
	    enum domain_notice_kind kind)
{
	notice->name = text_printf(run->arena, "%s.%.*s", notices[kind].prefix,
				   TEXT_ARGUMENTS(run->wishes->domain));
	notice->answer = domain_answer(run, notice->name, DNS_TXT);
	for (size_t i = 0; i < notice->answer->count; i++) {
		struct text record = notice->answer->records[i].text;

		if (has_version(record, notices[kind].version) && notice->record_count++ == 0)
			notice->record = record;
	}
}

/* DNSSEC: of all that was found at the domain and below it. */
static void
count_secure(const struct domain_run *run, struct domain_more *more)
{
	const struct dns_answer *answer;
	enum dns_type type;
	struct text name;

	for (size_t i = 0; dns_question_at(run->dns, i, &name, &type, &answer); i++) {
		if (!domain_name_is_at_or_below(name, more->domain) ||
		    answer->status != DNS_FOUND)
			continue;
		more->found_count++;
		if (answer->is_secure)
			more->secure_count++;
		else if (text_is_empty(more->first_insecure))
			more->first_insecure = text_printf(run->arena, "%.*s %s",
							   TEXT_ARGUMENTS(name),
							   dns_type_name(type));
	}
}

void
domain_more_gather(const struct domain_run *run, struct domain_more *more)
{
	*more = (struct domain_more){
		.domain = run->wishes->domain,
		.is_validating = run->is_validating,
		.is_offline = run->is_offline,
	};
	for (size_t i = 0; i < DOMAIN_NOTICE_COUNT; i++)
		read_notice(run, &more->notices[i], (enum domain_notice_kind)i);
	if (more->notices[DOMAIN_MTA_STS].record_count > 0)
		more->policy_host = domain_host_look_up(
			run, text_join(run->arena, TEXT("mta-sts."), more->domain));
	domain_services_gather(run, more);
	count_secure(run, more);
}

/* The value of a tag; false when it is not there. */
static bool
find_value(struct text record, const char *name, struct text *value_out)
{
	struct text part;

	while (text_next_part(&record, ';', &part)) {
		size_t equal_sign = text_find(part, '=');

		if (equal_sign == TEXT_NOT_FOUND ||
		    !text_equal(text_trim(text_cut(part, 0, equal_sign)), text_from(name)))
			continue;
		*value_out = text_trim(text_from_position(part, equal_sign + 1));
		return true;
	}
	return false;
}

/* What all three have in common; false when there is no one record to look at. */
static bool
judge_presence(const struct domain_notice *notice, const char *title,
	       struct domain_findings *findings)
{
	if (!domain_answer_is_known(notice->answer)) {
		domain_finding_add(findings, DOMAIN_WARNING, "more-unanswered", notice->name,
				   "%.*s cannot be looked up: %s.", TEXT_ARGUMENTS(notice->name),
				   domain_answer_trouble(notice->answer));
		return false;
	}
	if (notice->record_count > 1) {
		domain_finding_add(findings, DOMAIN_ERROR, "more-several", notice->name,
				   "There are %zu records at %.*s, and with more than one %s is "
				   "off.", notice->record_count, TEXT_ARGUMENTS(notice->name),
				   title);
		return false;
	}
	if (notice->record_count == 0 && notice->answer->count > 0)
		domain_finding_add(findings, DOMAIN_WARNING, "more-unrecognized", notice->name,
				   "What stands at %.*s is no record of %s: \"%.*s\".",
				   TEXT_ARGUMENTS(notice->name), title,
				   TEXT_ARGUMENTS(domain_excerpt(findings->arena,
						  notice->answer->records[0].text)));
	return notice->record_count == 1;
}

static bool
is_policy_id(struct text id)
{
	if (id.length == 0 || id.length > STS_ID_MAX)
		return false;
	for (size_t i = 0; i < id.length; i++)
		if (!byte_is_alnum(id.bytes[i]))
			return false;
	return true;
}

static void
judge_mta_sts(const struct domain_more *more, struct domain_findings *findings)
{
	const struct domain_notice *notice = &more->notices[DOMAIN_MTA_STS];
	struct text id = TEXT("");

	if (!judge_presence(notice, "MTA-STS", findings))
		return;
	if (!find_value(notice->record, "id", &id) || !is_policy_id(id)) {
		domain_finding_add(findings, DOMAIN_ERROR, "mta-sts-id", notice->name,
				   "The MTA-STS record has no valid id= (1 to %d letters and "
				   "digits): senders ignore it (RFC 8461 3.1).", STS_ID_MAX);
		return;
	}
	if (more->policy_host.address_count == 0 && !domain_host_is_unknown(&more->policy_host)) {
		domain_finding_add(findings, DOMAIN_ERROR, "mta-sts-host", more->policy_host.name,
				   "MTA-STS is announced, but %.*s, from where the policy is "
				   "fetched, has no address.",
				   TEXT_ARGUMENTS(more->policy_host.name));
		return;
	}
	domain_finding_add(findings, DOMAIN_OK, "mta-sts", notice->name,
			   "MTA-STS is announced, id %.*s (the policy itself was not fetched)",
			   TEXT_ARGUMENTS(id));
}

static void
judge_tls_rpt(const struct domain_more *more, struct domain_findings *findings)
{
	const struct domain_notice *notice = &more->notices[DOMAIN_TLS_RPT];
	struct text rua = TEXT("");

	if (!judge_presence(notice, "TLS-RPT", findings))
		return;
	if (!find_value(notice->record, "rua", &rua) ||
	    (!text_starts_with_nocase(rua, TEXT("mailto:")) &&
	     !text_starts_with_nocase(rua, TEXT("https:"))))
		domain_finding_add(findings, DOMAIN_ERROR, "tls-rpt-rua", notice->name,
				   "The TLS-RPT record has no rua= with mailto: or https: "
				   "(RFC 8460 3).");
	else
		domain_finding_add(findings, DOMAIN_OK, "tls-rpt", notice->name,
				   "TLS reports go to %.*s",
				   TEXT_ARGUMENTS(domain_excerpt(findings->arena, rua)));
}

static void
judge_bimi(const struct domain_more *more, enum dmarc_request request,
	   struct domain_findings *findings)
{
	const struct domain_notice *notice = &more->notices[DOMAIN_BIMI];
	struct text location = TEXT("");

	if (!judge_presence(notice, "BIMI", findings))
		return;
	if (!find_value(notice->record, "l", &location)) {
		domain_finding_add(findings, DOMAIN_ERROR, "bimi-location", notice->name,
				   "The BIMI record has no l=.");
		return;
	}
	if (text_is_empty(location)) {
		domain_finding_add(findings, DOMAIN_OK, "bimi-declined", notice->name,
				   "BIMI: the domain shows no logo and says so");
		return;
	}
	if (!text_starts_with_nocase(location, TEXT("https://")))
		domain_finding_add(findings, DOMAIN_ERROR, "bimi-location", notice->name,
				   "The logo of the BIMI record is not at an https: address.");
	else if (request != DMARC_REQUEST_QUARANTINE && request != DMARC_REQUEST_REJECT)
		domain_finding_add(findings, DOMAIN_WARNING, "bimi-policy", notice->name,
				   "The BIMI record has no effect: DMARC has to ask for quarantine "
				   "or reject first.");
	else
		domain_finding_add(findings, DOMAIN_OK, "bimi", notice->name, "BIMI: logo at %.*s",
				   TEXT_ARGUMENTS(domain_excerpt(findings->arena, location)));
}

static void
judge_dnssec(const struct domain_more *more, struct domain_findings *findings)
{
	if (!more->is_validating) {
		if (!more->is_offline)
			domain_finding_add(findings, DOMAIN_NOTE, "dnssec-not-checked",
					   more->domain,
					   "DNSSEC was not looked at: TrustAnchorFile is not set.");
		return;
	}
	if (more->secure_count == more->found_count && more->found_count > 0)
		domain_finding_add(findings, DOMAIN_OK, "dnssec-secure", more->domain,
				   "DNSSEC: all %zu answers of the domain are signed and valid",
				   more->found_count);
	else if (more->secure_count == 0)
		domain_finding_add(findings, DOMAIN_NOTE, "dnssec-unsigned", more->domain,
				   "DNSSEC: the domain is not signed.");
	else
		domain_finding_add(findings, DOMAIN_NOTE, "dnssec-mixed", more->domain,
				   "DNSSEC: %zu of %zu answers of the domain are signed and valid; "
				   "not signed is %.*s (-v shows each).", more->secure_count,
				   more->found_count, TEXT_ARGUMENTS(more->first_insecure));
}

void
domain_more_judge(const struct domain_more *more, enum dmarc_request request,
		  const struct domain_mx *mx, struct domain_findings *findings)
{
	findings->section = DOMAIN_SECTION_MORE;
	judge_mta_sts(more, findings);
	judge_tls_rpt(more, findings);
	judge_bimi(more, request, findings);
	domain_services_judge(more, mx, findings);
	judge_dnssec(more, findings);
}
