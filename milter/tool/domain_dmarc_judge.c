/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_dmarc.h"

#include "tool/zone_line.h"

static struct text
new_record(const struct domain_dmarc *dmarc, bool sends_nothing, struct arena *arena)
{
	if (sends_nothing)
		return TEXT("v=DMARC1; p=reject");
	return text_printf(arena, "v=DMARC1; p=none; rua=mailto:postmaster@%.*s",
			   TEXT_ARGUMENTS(dmarc->domain));
}

static bool
is_lookalike(struct text record)
{
	struct text text = text_trim(record);

	if (text_starts_with(text, TEXT("\"")))
		text = text_from_position(text, 1);
	return !dmarc_record_is_one(record) &&
	       (text_starts_with_nocase(text, TEXT("v=dmarc")) ||
		text_starts_with_nocase(text, TEXT("p=")) ||
		text_starts_with_nocase(text, TEXT("dmarc1")));
}

static void
judge_misplaced(const struct domain_dmarc *dmarc, struct text record, bool is_taken,
		struct domain_findings *findings)
{
	if (is_taken) {
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-misplaced", dmarc->domain,
				   "A DMARC record stands at %.*s, where nobody looks, beside the "
				   "one at %.*s; remove it.", TEXT_ARGUMENTS(dmarc->domain),
				   TEXT_ARGUMENTS(dmarc->own_name));
		return;
	}
	domain_finding_add(findings, DOMAIN_ERROR, "dmarc-misplaced", dmarc->domain,
			   "A DMARC record stands at %.*s, where nobody looks; its place is %.*s.",
			   TEXT_ARGUMENTS(dmarc->domain), TEXT_ARGUMENTS(dmarc->own_name));
	domain_finding_fix(findings, zone_line_txt(findings->arena, dmarc->own_name, record));
}

/* Records at the right place that are none, and one at the wrong place. */
static void
judge_strays(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	size_t records = 0;

	for (size_t i = 0; i < dmarc->own->count; i++) {
		struct text record = dmarc->own->records[i].text;

		if (dmarc_record_is_one(record))
			records++;
		if (is_lookalike(record))
			domain_finding_add(findings, DOMAIN_ERROR, "dmarc-unrecognized",
					   dmarc->own_name,
					   "\"%.*s\" is meant as a DMARC record and is none: "
					   "it has to begin with v=DMARC1, in capitals, and a "
					   "semicolon.",
					   TEXT_ARGUMENTS(domain_excerpt(findings->arena, record)));
	}
	if (records > 1)
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-several", dmarc->own_name,
				   "There are %zu DMARC records at %.*s: receivers discard "
				   "them all (RFC 9989 "
				   "4.10).", records, TEXT_ARGUMENTS(dmarc->own_name));
	for (size_t i = 0; i < dmarc->base->count; i++) {
		struct text record = dmarc->base->records[i].text;

		if (!dmarc_record_is_one(record))
			continue;
		judge_misplaced(dmarc, record, records > 0, findings);
	}
}

static bool
has_error(const struct domain_findings *findings, size_t from)
{
	for (size_t i = from; i < findings->count; i++)
		if (findings->items[i].level == DOMAIN_ERROR)
			return true;
	return false;
}

static void
judge_absence(const struct domain_dmarc *dmarc, bool sends_nothing,
	      struct domain_findings *findings)
{
	domain_finding_add(findings, DOMAIN_WARNING, "dmarc-missing", dmarc->domain,
			   "There is no DMARC record: anybody can write mail with %.*s in From, "
			   "and large receivers ask for one.", TEXT_ARGUMENTS(dmarc->domain));
	domain_finding_fix(findings, zone_line_txt(findings->arena, dmarc->own_name,
						   new_record(dmarc, sends_nothing,
							      findings->arena)));
}

/* A record whose policy cannot be read is none, unless there is somewhere to report to. */
static void
judge_unusable(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	for (size_t i = 0; i < dmarc->own->count; i++) {
		struct text record = dmarc->own->records[i].text;

		if (!dmarc_record_is_one(record))
			continue;
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-no-policy", dmarc->own_name,
				   "The record \"%.*s\" has no valid p= (or a wrong sp= or "
				   "np=) and no valid rua=, so it counts for nothing (RFC 9989 "
				   "4.10.1).",
				   TEXT_ARGUMENTS(domain_excerpt(findings->arena, record)));
		return;
	}
}

static void
judge_found(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	const struct dmarc_discovery *walk = dmarc->walk;
	const char *request = domain_dmarc_request_word(walk->selection.request);

	if (walk->selection.was_repaired)
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-policy-repaired",
				   dmarc->policy_domain,
				   "p=, sp= or np= is missing or wrong in the record of %.*s: "
				   "it is taken as p=none (RFC 9989 4.10.1).",
				   TEXT_ARGUMENTS(dmarc->policy_domain));
	else if (text_equal(dmarc->policy_domain, dmarc->domain))
		domain_finding_add(findings, DOMAIN_OK, "dmarc-policy", dmarc->policy_domain,
				   "One valid record, p=%s%s", request,
				   walk->record.is_testing ? ", in test mode" : "");
	else
		domain_finding_add(findings, DOMAIN_OK, "dmarc-policy", dmarc->policy_domain,
				   "The record of %.*s applies to its subdomain %.*s, by %s: %s%s",
				   TEXT_ARGUMENTS(dmarc->policy_domain),
				   TEXT_ARGUMENTS(dmarc->domain),
				   walk->selection.tag == 'n' ? "np" :
				   walk->selection.tag == 's' ? "sp" : "p", request,
				   walk->record.is_testing ? ", in test mode" : "");
	if (walk->selection.request == DMARC_REQUEST_NONE)
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-monitoring", dmarc->policy_domain,
				   "With the policy none, forged mail is delivered as any "
				   "other. When the reports show that all own mail passes, go "
				   "on to quarantine and reject.");
}

/* Receivers that have not come to RFC 9989 yet use the public suffix list. */
static void
judge_difference(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	const struct dmarc_discovery *walk = dmarc->walk;
	const struct dmarc_discovery *list = dmarc->list;
	struct text walk_organization = dmarc_discovery_organizational_domain(walk);
	struct text list_organization = dmarc_discovery_organizational_domain(list);
	struct text by_walk = walk->has_record ? walk->policy_domain : TEXT("");
	struct text by_list = list->has_record ? list->policy_domain : TEXT("");

	if (list->state != DMARC_DISCOVERY_FOUND && list->state != DMARC_DISCOVERY_NO_RECORD)
		return;
	if (!text_equal(by_walk, by_list)) {
		domain_finding_add(findings, DOMAIN_WARNING, "dmarc-discovery-record",
				   dmarc->domain,
				   "Receivers that use the public suffix list (RFC 7489) take "
				   "%s%.*s, those that walk the tree (RFC 9989) %s%.*s.",
				   list->has_record ? "the record of " : "no record",
				   TEXT_ARGUMENTS(by_list),
				   walk->has_record ? "the record of " : "no record",
				   TEXT_ARGUMENTS(by_walk));
		return;
	}
	if (!walk->has_record || text_equal(walk_organization, list_organization) ||
	    text_is_empty(walk_organization))
		return;
	domain_finding_add(findings, DOMAIN_NOTE, "dmarc-discovery-organization", dmarc->domain,
			   "For alignment the organization is %.*s by the tree walk (RFC "
			   "9989), and %.*s by the public suffix list (RFC 7489): what counts "
			   "as aligned differs between "
			   "receivers.", TEXT_ARGUMENTS(walk_organization),
			   TEXT_ARGUMENTS(list_organization));
}

static void
judge_missing_answer(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	const struct dmarc_discovery *walk = dmarc->walk;

	domain_finding_add(findings, DOMAIN_ERROR, "dmarc-unanswered", walk->missing_name,
			   "%.*s cannot be looked up (%s), so which policy applies is not known.",
			   TEXT_ARGUMENTS(text_is_empty(walk->missing_name) ? dmarc->own_name :
									      walk->missing_name),
			   walk->missing_reason != NULL ? walk->missing_reason : "no answer");
}

void
domain_dmarc_judge(const struct domain_dmarc *dmarc, bool sends_nothing,
		   struct domain_findings *findings)
{
	const struct dmarc_discovery *walk = dmarc->walk;
	size_t before = findings->count;

	findings->section = DOMAIN_SECTION_DMARC;
	judge_strays(dmarc, findings);
	switch (walk->state) {
	case DMARC_DISCOVERY_PENDING:
	case DMARC_DISCOVERY_MISSING:
	case DMARC_DISCOVERY_NO_LIST:
		judge_missing_answer(dmarc, findings);
		break;
	case DMARC_DISCOVERY_NO_RECORD:
		if (!has_error(findings, before))
			judge_unusable(dmarc, findings);
		if (!has_error(findings, before))
			judge_absence(dmarc, sends_nothing, findings);
		break;
	case DMARC_DISCOVERY_FOUND:
		judge_found(dmarc, findings);
		break;
	}
	domain_dmarc_judge_tags(dmarc, findings);
	domain_dmarc_judge_destinations(dmarc, findings);
	judge_difference(dmarc, findings);
}
