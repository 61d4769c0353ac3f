/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/steps.h"

#include "mail/spf_record.h"

static const char *
clause_of(enum result result)
{
	switch (result) {
	case RESULT_NONE:
		return "RFC 7208 2.6.1";
	case RESULT_NEUTRAL:
		return "RFC 7208 8.2";
	case RESULT_PASS:
		return "RFC 7208 8.3";
	case RESULT_FAIL:
		return "RFC 7208 8.4";
	case RESULT_SOFTFAIL:
		return "RFC 7208 8.5";
	case RESULT_TEMPERROR:
		return "RFC 7208 8.6";
	case RESULT_PERMERROR:
		return "RFC 7208 8.7";
	case RESULT_NOT_CHECKED:
	case RESULT_POLICY:
		break;
	}
	return NULL;
}

/* The SPF record of a domain as it came; NULL, or why there is none to look at, by which clause. */
static const char *
find_record(const struct judgement *judgement, struct text domain, struct text *record_out,
	    const char **clause_out)
{
	const struct dns_exchange *exchange = judgement_find_answer(judgement, domain, DNS_TXT);
	struct dns_answer answer;
	size_t count = 0;

	*clause_out = "RFC 7208 4.4";
	if (exchange == NULL)
		return "it was not asked for its record";
	(void)dns_exchange_answer(judgement->arena, exchange, &answer);
	if (answer.status == DNS_RETRY)
		return "there is no answer about its record";
	for (size_t i = 0; i < answer.count; i++) {
		if (!spf_record_is_spf(answer.records[i].text))
			continue;
		*record_out = answer.records[i].text;
		count++;
	}
	if (count == 1)
		return NULL;
	*clause_out = "RFC 7208 4.5";
	return count == 0 ? "there is no SPF record" : "there is more than one SPF record";
}

/* What a term that matches comes to; a term without sign means pass (RFC 7208 4.6.2). */
static const char *
meaning_of(struct text term)
{
	switch (text_is_empty(term) ? '+' : term.bytes[0]) {
	case '-':
		return "fail";
	case '~':
		return "softfail";
	case '?':
		return "neutral";
	}
	return "pass";
}

static void
explain_record(struct steps *steps, const struct judgement *judgement,
	       const struct trace_spf_step *step)
{
	struct text record = TEXT("");
	const char *clause = NULL;
	const char *want = find_record(judgement, step->domain, &record, &clause);
	struct text via = TEXT("");

	if (!text_is_empty(step->text))
		via = text_printf(steps->arena, "%.*s leads to ", TEXT_ARGUMENTS(step->text));
	/* The result says so already. */
	if (want != NULL)
		steps_add_detail(steps, step->depth, STEP_PLAIN, clause, "%.*s%.*s: %s",
				 TEXT_ARGUMENTS(via), STEP_TEXT(steps, step->domain), want);
	else
		steps_add(steps, step->depth, STEP_PLAIN, NULL, "%.*s%.*s: \"%.*s\"",
			  TEXT_ARGUMENTS(via), STEP_TEXT(steps, step->domain),
			  STEP_TEXT(steps, record));
}

static void
explain_match(struct steps *steps, const struct trace_spf_step *step)
{
	const char *meaning = meaning_of(step->text);
	bool is_pass = meaning[0] == 'p';

	if (!step->is_included)
		steps_add(steps, step->depth, is_pass ? STEP_GOOD : STEP_DOUBTFUL,
			  "RFC 7208 4.6.2", "%.*s matches: %s", TEXT_ARGUMENTS(step->text),
			  meaning);
	else
		steps_add(steps, step->depth, is_pass ? STEP_GOOD : STEP_PLAIN, "RFC 7208 5.2",
			  "%.*s matches with %s, so the include %s", TEXT_ARGUMENTS(step->text),
			  meaning, is_pass ? "matches" : "does not match");
}

static void
explain_steps(struct steps *steps, const struct judgement *judgement, size_t from)
{
	const struct trace *trace = &judgement->trace;

	for (size_t i = from; i < trace->spf_count; i++) {
		const struct trace_spf_step *step = &trace->spf[i];

		switch (step->kind) {
		case TRACE_SPF_IDENTITY:
			return;
		case TRACE_SPF_RECORD:
			explain_record(steps, judgement, step);
			break;
		case TRACE_SPF_MATCH:
			explain_match(steps, step);
			break;
		case TRACE_SPF_NO_MATCH:
			steps_add_detail(steps, step->depth, STEP_PLAIN, NULL,
					 "%.*s does not match", TEXT_ARGUMENTS(step->text));
			break;
		}
	}
	if (trace->is_cut)
		steps_add(steps, 1, STEP_DOUBTFUL, NULL, "there were more terms than are kept");
}

/* The first step behind an identity's; 0 when it was not evaluated by itself. */
static size_t
find_steps(const struct trace *trace, bool is_helo)
{
	for (size_t i = 0; i < trace->spf_count; i++)
		if (trace->spf[i].kind == TRACE_SPF_IDENTITY && trace->spf[i].is_helo == is_helo)
			return i + 1;
	return 0;
}

static void
explain_identity(struct steps *steps, const struct judgement *judgement, bool is_helo)
{
	const struct spf_finding *spf = &judgement->outcome.findings.spf;
	const struct spf_identity *identity = is_helo ? &spf->helo : &spf->mail_from;
	const char *what = is_helo ? "HELO" : "envelope sender";
	size_t from = find_steps(&judgement->trace, is_helo);

	if (identity->result == RESULT_NOT_CHECKED)
		return;
	if (!is_helo && spf->sender_is_null)
		what = "null sender, so HELO";
	steps_add(steps, 0, step_mood_of(identity->result), clause_of(identity->result),
		  "%s: %s %.*s%s%.*s", result_keyword(identity->result), what,
		  STEP_DOMAIN(steps, identity->domain),
		  text_is_empty(identity->reason) ? "" : ": ", STEP_TEXT(steps, identity->reason));
	if (from > 0)
		explain_steps(steps, judgement, from);
	else
		steps_add_detail(steps, 1, STEP_PLAIN, NULL, "evaluated as for HELO below");
}

void
explain_spf(struct steps *steps, const struct judgement *judgement)
{
	explain_identity(steps, judgement, false);
	explain_identity(steps, judgement, true);
}
