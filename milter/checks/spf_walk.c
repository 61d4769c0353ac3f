/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks ahead: goes through the records as the evaluation will, with the
 * answers that are there, and asks for what is missing. It decides nothing.
 * Behind a term that is still open the way is a guess: the evaluation may end
 * there. Guesses are asked for too, so that includes go out together, but
 * only the first question of each term, and not many (spf_evaluation.c).
 */
#include "checks/spf_evaluation.h"

/* The term that matched, and where. */
struct decision {
	enum spf_qualifier qualifier;
	const struct spf_record *record;
	struct text domain;
};

static enum spf_step walk_record(struct spf_evaluation *evaluation, struct text domain,
				 unsigned depth, struct decision *decision_out);

/* The record behind an include or redirect. */
static enum spf_step
walk_reference(struct spf_evaluation *evaluation, struct text domain, struct text spec,
	       unsigned depth, struct decision *decision_out)
{
	enum spf_step step = spf_count_term(evaluation, domain);
	struct text name;

	if (step != SPF_STEP_YES)
		return step;
	step = spf_expand(evaluation, domain, spec, &name);
	if (step != SPF_STEP_YES)
		return step;
	return walk_record(evaluation, name, depth + 1, decision_out);
}

static enum spf_step
walk_include(struct spf_evaluation *evaluation, struct text domain, const struct spf_term *term,
	     unsigned depth)
{
	struct decision inner = { .qualifier = SPF_QUALIFIER_NEUTRAL };
	enum spf_step step = walk_reference(evaluation, domain, term->domain, depth, &inner);

	/* RFC 7208, 5.2: only a pass inside matches. */
	if (step == SPF_STEP_YES && inner.qualifier != SPF_QUALIFIER_PASS)
		return SPF_STEP_NO;
	return step;
}

static enum spf_step
walk_term(struct spf_evaluation *evaluation, struct text domain, const struct spf_term *term,
	  unsigned depth)
{
	if (!spf_term_counts(term))
		return spf_address_matches(evaluation, term) ? SPF_STEP_YES : SPF_STEP_NO;
	if (term->mechanism == SPF_MECHANISM_INCLUDE)
		return walk_include(evaluation, domain, term, depth);
	return spf_term_matches(evaluation, domain, term);
}

/*
 * Walks the record of `domain`. PENDING when something in it is open; the
 * terms behind it have been guessed then. A record that is missing below the
 * first one is an error (RFC 7208, 5.2 and 6.1), so the walk ends.
 */
static enum spf_step
walk_record(struct spf_evaluation *evaluation, struct text domain, unsigned depth,
	    struct decision *decision_out)
{
	const struct spf_record *record;
	enum spf_step step = SPF_STEP_OVER;
	bool is_open = false;

	if (depth <= SPF_DEPTH_MAX)
		step = spf_find_record(evaluation, domain, &record);
	if (step != SPF_STEP_YES)
		return step == SPF_STEP_NO ? SPF_STEP_OVER : step;
	for (size_t i = 0; i < record->count; i++) {
		step = walk_term(evaluation, domain, &record->terms[i], depth);
		if (step == SPF_STEP_OVER)
			return step;
		if (step == SPF_STEP_YES) {
			*decision_out = (struct decision){ record->terms[i].qualifier, record,
							   domain };
			return is_open ? SPF_STEP_PENDING : SPF_STEP_YES;
		}
		if (step == SPF_STEP_PENDING)
			is_open = evaluation->is_guess = true;
	}
	if (text_is_empty(record->redirect))
		return is_open ? SPF_STEP_PENDING : SPF_STEP_NO;
	step = walk_reference(evaluation, domain, record->redirect, depth, decision_out);
	return is_open && step != SPF_STEP_OVER ? SPF_STEP_PENDING : step;
}

/* RFC 7208, 6.2: a fail may have an explanation. */
static void
ask_explanation(struct spf_evaluation *evaluation, const struct decision *decision)
{
	struct text name;

	if (decision->qualifier != SPF_QUALIFIER_FAIL ||
	    !evaluation->run->config->spf_explanation ||
	    text_is_empty(decision->record->explanation))
		return;
	if (spf_expand(evaluation, decision->domain, decision->record->explanation, &name) ==
	    SPF_STEP_YES)
		(void)spf_ask(evaluation, name, DNS_TXT);
}

void
spf_walk_ahead(struct check_run *run, struct spf_state *state, struct spf_subject *subject)
{
	struct spf_evaluation evaluation = spf_evaluation_new(run, state, subject, true);
	struct decision decision;

	if (text_is_empty(subject->domain))
		return;
	if (walk_record(&evaluation, subject->domain, 1, &decision) == SPF_STEP_YES)
		ask_explanation(&evaluation, &decision);
}
