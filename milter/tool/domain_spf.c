/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_spf.h"

#include "tool/domain_spf_fix.h"
#include "tool/domain_spf_judge.h"
#include "tool/zone_line.h"

enum {
	RECORD_BYTES_MANY = 450,        /* RFC 7208 3.4: answers should fit in 512 bytes */
	LOOKUPS_MANY = 9
};

void
domain_spf_gather(const struct domain_run *run, struct domain_spf *spf)
{
	const struct domain_wishes *wishes = run->wishes;
	struct domain_spf_tree helo;

	*spf = (struct domain_spf){ .helo_name = wishes->helo };
	domain_spf_tree_gather(run, wishes->domain, &spf->tree);
	spf->legacy = domain_answer(run, wishes->domain, DNS_SPF);
	if (text_is_empty(wishes->helo) || text_equal(wishes->helo, wishes->domain))
		return;
	domain_spf_tree_gather(run, wishes->helo, &helo);
	spf->helo = helo.root;
}

/* What begins nearly like an SPF record. */
static void
judge_lookalikes(const struct domain_spf_node *root, struct domain_findings *findings)
{
	for (size_t i = 0; root->answer != NULL && i < root->answer->count; i++) {
		struct text record = text_trim(root->answer->records[i].text);
		struct text shown = domain_excerpt(findings->arena, record);

		if (spf_record_is_spf(root->answer->records[i].text))
			continue;
		if (text_starts_with_nocase(record, TEXT("spf2.0/")))
			domain_finding_add(findings, DOMAIN_NOTE, "spf-sender-id", root->domain,
					   "The record \"%.*s\" is of Sender ID, which nobody "
					   "uses any more; remove it.", TEXT_ARGUMENTS(shown));
		else if (text_starts_with_nocase(record, TEXT("v=spf")) ||
			 text_starts_with_nocase(record, TEXT("spf1")) ||
			 text_starts_with_nocase(record, TEXT("\"v=spf")))
			domain_finding_add(findings, DOMAIN_ERROR, "spf-unrecognized", root->domain,
					   "\"%.*s\" is meant as an SPF record and is none: it "
					   "has to begin with \"v=spf1\" and a blank.",
					   TEXT_ARGUMENTS(shown));
	}
}

static void
judge_legacy(const struct domain_spf *spf, struct domain_findings *findings)
{
	if (spf->legacy->status == DNS_FOUND)
		domain_finding_add(findings, DOMAIN_NOTE, "spf-type-99", spf->tree.root->domain,
				   "There is a record of the old type SPF (99), which receivers "
				   "do not ask for (RFC 7208 3.1); remove it.");
}

static void
judge_absence(const struct domain_spf *spf, const struct domain_wishes *wishes,
	      const struct domain_mx *mx, struct domain_findings *findings)
{
	struct text domain = spf->tree.root->domain;
	struct text record = domain_spf_new_record(findings->arena, wishes, mx);

	domain_finding_add(findings, DOMAIN_ERROR, "spf-missing", domain,
			   "There is no SPF record: nobody can tell the domain's servers from "
			   "others.");
	if (!text_is_empty(record))
		domain_finding_fix(findings, zone_line_txt(findings->arena, domain, record));
}

/* Behind a record of nothing but "+all" there has to be somebody who may send. */
static struct text
without_free_pass(const struct domain_spf *spf, const struct domain_wishes *wishes,
		  const struct domain_mx *mx, const struct domain_spf_term *all,
		  struct domain_findings *findings)
{
	const struct domain_spf_node *root = spf->tree.root;

	if (!domain_spf_names_senders(root->record))
		return domain_spf_new_record(findings->arena, wishes, mx);
	return domain_spf_replace(findings->arena,
				  domain_findings_proposal(findings, root->domain, root->record),
				  all->text, TEXT("~all"));
}

static void
judge_all(const struct domain_spf *spf, const struct domain_wishes *wishes,
	  const struct domain_mx *mx, struct domain_findings *findings)
{
	const struct domain_spf_node *root = spf->tree.root;
	const struct domain_spf_term *all = domain_spf_all(root);
	struct text domain = root->domain;
	struct text better;

	if (all == NULL && !text_is_empty(root->parsed.redirect))
		return;
	if (all == NULL) {
		domain_finding_add(findings, DOMAIN_WARNING, "spf-no-all", domain,
				   "The record ends without \"all\": what it does not name is "
				   "neutral, as if there were no record.");
		domain_finding_replace(findings, domain, domain_spf_extend(
			findings->arena, domain_findings_proposal(findings, domain, root->record),
			TEXT("")));
		return;
	}
	switch (all->term->qualifier) {
	case SPF_QUALIFIER_PASS:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-plus-all", domain,
				   "\"%.*s\" lets the whole world send for the domain.",
				   TEXT_ARGUMENTS(all->text));
		break;
	case SPF_QUALIFIER_NEUTRAL:
		domain_finding_add(findings, DOMAIN_WARNING, "spf-neutral-all", domain,
				   "\"?all\" says nothing of senders that the record does not "
				   "name.");
		break;
	case SPF_QUALIFIER_FAIL:
	case SPF_QUALIFIER_SOFTFAIL:
		return;
	}
	better = without_free_pass(spf, wishes, mx, all, findings);
	if (!text_is_empty(better))
		domain_finding_replace(findings, domain, better);
}

/* Which names are void depends on what is asked for them: A or AAAA, by the client's address. */
static void
judge_voids(const struct domain_spf_node *root, struct domain_findings *findings)
{
	if (root->voids4 > DOMAIN_SPF_VOIDS_MAX)
		domain_finding_add(findings, DOMAIN_ERROR, "spf-void-limit", root->domain,
				   "%u names of the record lead to nothing, and %d are allowed "
				   "(RFC 7208 4.6.4): receivers answer permerror.", root->voids4,
				   DOMAIN_SPF_VOIDS_MAX);
	else if (root->voids6 > DOMAIN_SPF_VOIDS_MAX)
		domain_finding_add(findings, DOMAIN_WARNING, "spf-void-limit-ipv6", root->domain,
				   "%u names of the record have no IPv6 address, and %d are "
				   "allowed (RFC 7208 4.6.4): receivers that are reached over "
				   "IPv6 may answer "
				   "permerror.", root->voids6, DOMAIN_SPF_VOIDS_MAX);
}

static void
judge_cost(const struct domain_spf_tree *tree, struct domain_findings *findings)
{
	const struct domain_spf_node *root = tree->root;

	if (root->lookups > DOMAIN_SPF_LOOKUPS_MAX)
		domain_finding_add(findings, DOMAIN_ERROR, "spf-lookup-limit", root->domain,
				   "The record needs %u%s look-ups, and %d are allowed "
				   "(RFC 7208 4.6.4): receivers answer permerror. Take out what no "
				   "longer sends, or write networks (ip4, ip6) for a and mx.",
				   root->lookups, tree->unfollowed_count > 0 ? " or more" : "",
				   DOMAIN_SPF_LOOKUPS_MAX);
	else if (root->lookups >= LOOKUPS_MANY)
		domain_finding_add(findings, DOMAIN_NOTE, "spf-lookups-many", root->domain,
				   "%u of %d look-ups are used: the next include, also one in "
				   "somebody else's record, may be too many.", root->lookups,
				   DOMAIN_SPF_LOOKUPS_MAX);
	judge_voids(root, findings);
	if (root->record.length > RECORD_BYTES_MANY)
		domain_finding_add(findings, DOMAIN_NOTE, "spf-long", root->domain,
				   "The record has %zu bytes; beyond %d, answers may need TCP.",
				   root->record.length, RECORD_BYTES_MANY);
}

/* The record as a whole; false when there is none to look at further. */
static bool
judge_root(const struct domain_spf *spf, const struct domain_wishes *wishes,
	   const struct domain_mx *mx, struct domain_findings *findings)
{
	const struct domain_spf_node *root = spf->tree.root;

	switch (root->state) {
	case DOMAIN_SPF_USABLE:
		return true;
	case DOMAIN_SPF_NO_RECORD:
		judge_absence(spf, wishes, mx, findings);
		return false;
	case DOMAIN_SPF_SEVERAL:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-several", root->domain,
				   "There are %zu SPF records, and only one may be there "
				   "(RFC 7208 4.5): receivers answer permerror. Put their terms in "
				   "one.", root->record_count);
		domain_finding_fix(findings, zone_line_txt(
			findings->arena, root->domain,
			domain_spf_merge(findings->arena, root->answer)));
		return false;
	case DOMAIN_SPF_WRONG:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-syntax", root->domain,
				   "The record is wrong: %.*s. Receivers answer permerror, "
				   "whatever else it says.", TEXT_ARGUMENTS(root->reason));
		return false;
	case DOMAIN_SPF_UNANSWERED:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-unanswered", root->domain,
				   "The SPF record cannot be looked up: %s.",
				   domain_answer_trouble(root->answer));
		return false;
	case DOMAIN_SPF_LOOP:
	case DOMAIN_SPF_NOT_FOLLOWED:
	case DOMAIN_SPF_NEEDS_MESSAGE:
		break;
	}
	return false;
}

static bool
has_trouble(const struct domain_findings *findings, size_t from)
{
	for (size_t i = from; i < findings->count; i++)
		if (findings->items[i].level >= DOMAIN_WARNING)
			return true;
	return false;
}

bool
domain_spf_forbids_everything(const struct domain_spf *spf)
{
	const struct domain_spf_node *root = spf->tree.root;

	return root->state == DOMAIN_SPF_USABLE && root->parsed.count == 1 &&
	       root->parsed.terms[0].mechanism == SPF_MECHANISM_ALL &&
	       root->parsed.terms[0].qualifier == SPF_QUALIFIER_FAIL;
}

static void
judge_helo(const struct domain_spf *spf, struct domain_findings *findings)
{
	if (spf->helo == NULL || spf->helo->state == DOMAIN_SPF_USABLE)
		return;
	if (spf->helo->state != DOMAIN_SPF_NO_RECORD) {
		domain_finding_add(findings, DOMAIN_WARNING, "spf-helo-wrong", spf->helo_name,
				   "The SPF record of the HELO name %.*s cannot be used.",
				   TEXT_ARGUMENTS(spf->helo_name));
		return;
	}
	domain_finding_add(findings, DOMAIN_NOTE, "spf-helo-missing", spf->helo_name,
			   "The HELO name %.*s has no SPF record; with one, bounces (which have no "
			   "sender) pass as well.", TEXT_ARGUMENTS(spf->helo_name));
	domain_finding_fix(findings, zone_line_txt(findings->arena, spf->helo_name,
						   TEXT("v=spf1 a -all")));
}

void
domain_spf_judge(const struct domain_spf *spf, const struct domain_wishes *wishes,
		 const struct domain_mx *mx, struct domain_findings *findings)
{
	const struct domain_spf_node *root = spf->tree.root;
	size_t before = findings->count;

	findings->section = DOMAIN_SECTION_SPF;
	if (judge_root(spf, wishes, mx, findings)) {
		judge_cost(&spf->tree, findings);
		judge_all(spf, wishes, mx, findings);
		domain_spf_judge_terms(&spf->tree, findings);
		if (domain_spf_forbids_everything(spf))
			domain_finding_add(findings, DOMAIN_OK, "spf-sends-nothing", root->domain,
					   "The domain sends no mail and says so.");
		else if (!has_trouble(findings, before))
			domain_finding_add(findings, DOMAIN_OK, "spf-valid", root->domain,
					   "One valid record, with %u of %d look-ups",
					   root->lookups, DOMAIN_SPF_LOOKUPS_MAX);
		domain_spf_judge_senders(&spf->tree, wishes, mx, findings);
	}
	judge_lookalikes(root, findings);
	judge_legacy(spf, findings);
	judge_helo(spf, findings);
}
