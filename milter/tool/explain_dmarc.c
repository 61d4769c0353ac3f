/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/steps.h"

#include "base/clock.h"
#include "checks/dmarc_alignment.h"
#include "checks/dmarc_discovery.h"
#include "checks/public_suffix.h"
#include "mail/domain_name.h"

enum {
	EXPLAINED_MAX = 10,             /* identifiers whose organization is looked up to explain */
	QUESTIONS_MAX = EXPLAINED_MAX * TREE_WALK_QUESTIONS_MAX + DNS_ESSENTIAL_RESERVE
};

/* What is asked after the verdict, and only to explain it. */
struct explainer {
	struct steps *steps;
	struct judgement *judgement;
	struct dns_session *dns;        /* NULL: not needed so far */
	size_t walks;
};

/* RFC 9989 4.10.2: which of its rules made `organization` of a complete walk. */
static const char *
how_found(const struct tree_walk *walk, struct text organization)
{
	for (size_t i = 0; i < walk->next; i++) {
		if (walk->outcomes[i] == TREE_WALK_PSD_NO &&
		    text_equal(walk->names[i], organization))
			return "its record says psd=n";
		if (walk->outcomes[i] == TREE_WALK_PSD_YES)
			return text_equal(walk->names[i], organization)
				       ? "its own record says psd=y"
				       : "it is one label below a record with psd=y";
	}
	if (walk->record_count > 0)
		return "of the names with a record it has the fewest labels";
	return "no name of the walk has a record, so it is the name itself";
}

static const char *
outcome_words(enum tree_walk_outcome outcome)
{
	switch (outcome) {
	case TREE_WALK_NOTHING:
	case TREE_WALK_RECORD:
		break;
	case TREE_WALK_PSD_NO:
		return " (psd=n ends the walk)";
	case TREE_WALK_PSD_YES:
		return " (psd=y ends the walk)";
	case TREE_WALK_MISSING:
		return " (so not known)";
	}
	return "";
}

static void
explain_walk(struct steps *steps, const struct judgement *judgement,
	     const struct tree_walk *walk, unsigned depth)
{
	for (size_t i = 0; i < walk->next; i++) {
		const struct dns_exchange *exchange =
			judgement_find_answer(judgement, walk->questions[i], DNS_TXT);
		bool is_record = walk->outcomes[i] != TREE_WALK_NOTHING;
		struct text shown = TEXT("not asked");
		struct dns_answer answer;

		if (exchange != NULL)
			shown = dns_exchange_answer(steps->arena, exchange, &answer);
		if (is_record)
			steps_add(steps, depth, STEP_PLAIN, NULL, "%.*s: %.*s%s",
				  TEXT_ARGUMENTS(walk->questions[i]), STEP_TEXT(steps, shown),
				  outcome_words(walk->outcomes[i]));
		else
			steps_add_detail(steps, depth, STEP_PLAIN, NULL, "%.*s: %.*s",
					 TEXT_ARGUMENTS(walk->questions[i]),
					 STEP_TEXT(steps, shown));
	}
}

static void
explain_discovery(struct steps *steps, const struct judgement *judgement)
{
	const struct dmarc_discovery *discovery = judgement->trace.discovery;
	struct text organization = dmarc_discovery_organizational_domain(discovery);

	if (discovery->list != NULL) {
		steps_add(steps, 1, STEP_PLAIN, "RFC 7489 3.2",
			  "organizational domain %.*s, by the public suffix list",
			  TEXT_ARGUMENTS(organization));
		return;
	}
	explain_walk(steps, judgement, &discovery->walk, 1);
	if (text_is_empty(organization))
		steps_add(steps, 1, STEP_DOUBTFUL, "RFC 9989 4.10.2",
			  "the organizational domain is not known: answers are missing");
	else
		steps_add(steps, 1, STEP_PLAIN, "RFC 9989 4.10.2", "organizational domain %.*s: %s",
			  STEP_DOMAIN(steps, organization),
			  how_found(&discovery->walk, organization));
}

/* The walk of an identifier: the one that decided, or one more that only explains. */
static const struct tree_walk *
find_walk(struct explainer *explainer, struct text domain)
{
	const struct dmarc_alignment *alignment = explainer->judgement->trace.alignment;
	struct judgement *judgement = explainer->judgement;
	struct tree_walk *walk;

	for (size_t i = 0; i < alignment->walk_count; i++)
		if (alignment->walks[i]->walk.is_done &&
		    text_equal(alignment->walks[i]->walk.domain, domain))
			return &alignment->walks[i]->walk;
	if (explainer->walks++ >= EXPLAINED_MAX)
		return NULL;
	if (explainer->dns == NULL)
		explainer->dns = dns_session_new(judgement->arena, &judgement->dns.backend,
						 QUESTIONS_MAX,
						 clock_milliseconds() +
						 (int64_t)judgement->config->deadline);
	walk = arena_alloc(judgement->arena, sizeof(*walk));
	*walk = tree_walk_start(judgement->arena, explainer->dns, domain, DNS_ORDINARY);
	return tree_walk_continue(walk, explainer->dns, TREE_WALK_WAIT) ? walk : NULL;
}

static struct text
find_organization(struct explainer *explainer, struct text domain, const char **how_out)
{
	const struct dmarc_discovery *discovery = explainer->judgement->trace.discovery;
	const struct tree_walk *walk;
	struct text organization;

	*how_out = "by the public suffix list";
	if (discovery->list != NULL)
		return public_suffix_registered_domain(explainer->steps->arena, discovery->list,
						       domain);
	*how_out = "answers are missing";
	walk = find_walk(explainer, domain);
	if (walk == NULL)
		return TEXT("");
	organization = tree_walk_organizational_domain(walk);
	if (!text_is_empty(organization))
		*how_out = how_found(walk, organization);
	return organization;
}

/* One identifier that passes, held against the author domain. */
static void
explain_identifier(struct explainer *explainer, const char *what, struct text domain,
		   bool is_strict)
{
	const struct dmarc_discovery *discovery = explainer->judgement->trace.discovery;
	struct text author = dmarc_discovery_organizational_domain(discovery);
	struct text own;
	const char *how;
	bool is_aligned;

	if (text_equal(domain, discovery->domain)) {
		steps_add(explainer->steps, 1, STEP_GOOD, "RFC 9989 4.4",
			  "%s %.*s is aligned: it is the author domain itself", what,
			  STEP_DOMAIN(explainer->steps, domain));
		return;
	}
	if (is_strict) {
		steps_add(explainer->steps, 1, STEP_BAD, "RFC 9989 4.4",
			  "%s %.*s is not aligned: the record wants the author domain itself "
			  "(strict)", what, STEP_DOMAIN(explainer->steps, domain));
		return;
	}
	own = find_organization(explainer, domain, &how);
	is_aligned = text_equal(own, author);
	if (text_is_empty(own))
		steps_add(explainer->steps, 1, STEP_DOUBTFUL, "RFC 9989 4.10.2",
			  "%s %.*s: its organizational domain is not known: %s", what,
			  STEP_DOMAIN(explainer->steps, domain), how);
	else if (text_is_empty(author))
		steps_add(explainer->steps, 1, STEP_DOUBTFUL, "RFC 9989 4.10.2",
			  "%s %.*s: the organizational domain of the author, against which it "
			  "is held, is not known", what,
			  STEP_DOMAIN(explainer->steps, domain));
	else
		steps_add(explainer->steps, 1, is_aligned ? STEP_GOOD : STEP_BAD, "RFC 9989 4.4",
			  "%s %.*s is %saligned (relaxed): its organizational domain is %.*s (%s), "
			  "the author's %.*s", what,
			  STEP_DOMAIN(explainer->steps, domain), is_aligned ? "" : "not ",
			  STEP_DOMAIN(explainer->steps, own), how,
			  STEP_DOMAIN(explainer->steps, author));
}

static void
explain_identifiers(struct steps *steps, struct judgement *judgement)
{
	const struct findings *findings = &judgement->outcome.findings;
	struct explainer explainer = { .steps = steps, .judgement = judgement };
	size_t passing = 0;

	if (findings->spf.mail_from.result == RESULT_PASS) {
		explain_identifier(&explainer, "SPF", findings->spf.mail_from.domain,
				   findings->dmarc.is_strict_spf);
		passing++;
	}
	for (size_t i = 0; i < findings->dkim.count; i++) {
		if (findings->dkim.signatures[i].result != RESULT_PASS)
			continue;
		explain_identifier(&explainer, "DKIM", findings->dkim.signatures[i].domain,
				   findings->dmarc.is_strict_dkim);
		passing++;
	}
	if (passing == 0)
		steps_add(steps, 1, STEP_BAD, "RFC 9989 4.4",
			  "neither SPF nor DKIM passes, so nothing can be aligned");
}

static void
explain_policy(struct steps *steps, const struct dmarc_finding *dmarc)
{
	static const struct {
		char tag;
		const char *words;
	} tags[] = {
		{ 'p', "p=" },
		{ 's', "sp=, for what is below the record's domain," },
		{ 'n', "np=, for names that do not exist," },
	};
	const char *words = "the record";

	for (size_t i = 0; i < COUNT_OF(tags); i++)
		if (tags[i].tag == dmarc->policy_tag)
			words = tags[i].words;
	if (dmarc->published == DMARC_POLICY_UNKNOWN)
		return;
	steps_add(steps, 1, STEP_PLAIN, "RFC 9989 4.10.1",
		  "the record of %.*s applies: %s asks for %s%s",
		  STEP_DOMAIN(steps, dmarc->policy_domain), words,
		  dmarc_policy_keyword(dmarc->published),
		  dmarc->is_testing ? "; t=y: one step less" : "");
}

void
explain_dmarc(struct steps *steps, struct judgement *judgement)
{
	const struct dmarc_finding *dmarc = &judgement->outcome.findings.dmarc;
	const char *reason = dmarc->author.reason != NULL ? dmarc->author.reason : dmarc->reason;
	struct text author = TEXT("");

	if (dmarc->result == RESULT_NOT_CHECKED)
		return;
	if (!text_is_empty(dmarc->author.domain))
		author = text_printf(steps->arena, "author domain %.*s%s",
				     STEP_DOMAIN(steps, dmarc->author.domain),
				     reason != NULL ? ": " : "");
	steps_add(steps, 0, step_mood_of(dmarc->result), "RFC 9989 9.2", "%s: %.*s%s",
		  result_keyword(dmarc->result), TEXT_ARGUMENTS(author),
		  reason != NULL ? reason : "");
	if (judgement->trace.discovery == NULL)
		return;
	explain_discovery(steps, judgement);
	explain_policy(steps, dmarc);
	if (dmarc->published != DMARC_POLICY_UNKNOWN)
		explain_identifiers(steps, judgement);
	if (dmarc->author_signature_broken)
		steps_add(steps, 1, STEP_DOUBTFUL, NULL,
			  "an aligned signature with a fitting key is broken: a sign of a detour");
	if (dmarc->sealer_reports_pass)
		steps_add(steps, 1, STEP_GOOD, "RFC 8617 7.2.1",
			  "trusted ARC sealers report a pass that is aligned");
	if (dmarc->assumed != NULL)
		steps_add(steps, 1, STEP_PLAIN, NULL, "%s: judged as if it published %s: %s",
			  dmarc->assumed->is_own_domain ? "OwnDomains" : "DomainPolicy",
			  dmarc_policy_keyword(dmarc->assumed->published),
			  result_keyword(dmarc->assumed->result));
}
