/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/evaluation.h"

#include "core/header_fields.h"
#include "core/rule_match.h"

/* The order of the checks: DMARC reads what SPF, DKIM and ARC found, so it is last. */
static const struct check *const checks[] = {
	&iprev_check,
	&spf_check,
	&dkim_check,
	&arc_check,
	&dmarc_check,
};

enum { CHECK_COUNT = COUNT_OF(checks) };

struct evaluation {
	struct arena *arena;
	const struct config *config;
	const struct message *message;
	enum trust trust;
	bool counts_body;       /* a rule asks for the size, so the MTA has to show all of it */
	struct dns_session *dns;
	struct check_run runs[CHECK_COUNT];
	bool is_active[CHECK_COUNT];    /* enabled, and the message is not trusted */
	bool is_ending[CHECK_COUNT];    /* its end has begun: it asks for itself from now on */
	struct outcome outcome;
};

static void
prefetch_all(struct evaluation *evaluation, enum fact fact)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (evaluation->is_active[i] && !evaluation->is_ending[i] &&
		    checks[i]->prefetch != NULL)
			checks[i]->prefetch(&evaluation->runs[i], fact);
}

/*
 * While one check waits for its answer, the others go on with theirs. Not the
 * one that waits: its state is in use further up the stack.
 */
static void
on_news(void *data)
{
	prefetch_all(data, FACT_ANSWER);
}

static void
tell(struct evaluation *evaluation, enum fact fact)
{
	if (evaluation->trust != TRUST_NOT)
		return;
	prefetch_all(evaluation, fact);
	if (dns_has_news(evaluation->dns))
		prefetch_all(evaluation, FACT_ANSWER);
	dns_flush(evaluation->dns);
}

struct evaluation *
evaluation_begin(struct arena *arena, const struct config *config, const struct message *message,
		 struct dns_backend *backend, int64_t deadline)
{
	struct evaluation *evaluation = arena_alloc(arena, sizeof(*evaluation));

	evaluation->arena = arena;
	evaluation->config = config;
	evaluation->message = message;
	evaluation->trust = policy_trust(config, message);
	evaluation->counts_body = evaluation->trust == TRUST_NOT && rules_ask_size(config);
	evaluation->dns = dns_session_new(arena, backend, config->dns_questions_max, deadline);
	dns_session_on_news(evaluation->dns, on_news, evaluation);
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		struct check_run *run = &evaluation->runs[i];

		run->arena = arena;
		run->config = config;
		run->message = message;
		run->dns = evaluation->dns;
		run->findings = &evaluation->outcome.findings;
		evaluation->is_active[i] =
			evaluation->trust == TRUST_NOT && checks[i]->enabled(config);
	}
	tell(evaluation, FACT_RECIPIENT);
	return evaluation;
}

void
evaluation_keep_trace(struct evaluation *evaluation, struct trace *trace)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		evaluation->runs[i].trace = trace;
}

enum trust
evaluation_trust(const struct evaluation *evaluation)
{
	return evaluation->trust;
}

void
evaluation_recipient(struct evaluation *evaluation)
{
	tell(evaluation, FACT_RECIPIENT);
}

void
evaluation_field(struct evaluation *evaluation)
{
	tell(evaluation, FACT_FIELD);
}

/* Fields are missing: nothing that reads the header can be right about this message. */
static void
give_up_header(struct evaluation *evaluation)
{
	struct findings *findings = &evaluation->outcome.findings;

	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (checks[i] == &dkim_check || checks[i] == &arc_check ||
		    checks[i] == &dmarc_check)
			evaluation->is_active[i] = false;
	findings->dkim.result = RESULT_PERMERROR;
	findings->dkim.reason = "header larger than MaxHeaders";
	findings->dmarc.result = RESULT_PERMERROR;
	findings->dmarc.reason = "header larger than MaxHeaders";
}

void
evaluation_header_end(struct evaluation *evaluation)
{
	if (evaluation->trust != TRUST_NOT)
		return;
	if (evaluation->message->header_is_over_limit)
		give_up_header(evaluation);
	tell(evaluation, FACT_HEADER_END);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (evaluation->is_active[i] && checks[i]->begin != NULL)
			checks[i]->begin(&evaluation->runs[i]);
}

bool
evaluation_body(struct evaluation *evaluation, struct text chunk)
{
	bool is_wanted = evaluation->counts_body;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		if (!evaluation->is_active[i] || checks[i]->body == NULL)
			continue;
		checks[i]->body(&evaluation->runs[i], chunk);
		is_wanted = true;
	}
	if (is_wanted && dns_has_news(evaluation->dns)) {
		prefetch_all(evaluation, FACT_ANSWER);
		dns_flush(evaluation->dns);
	}
	return is_wanted;
}

const struct outcome *
evaluation_end(struct evaluation *evaluation, int64_t deadline)
{
	struct outcome *outcome = &evaluation->outcome;

	dns_session_set_deadline(evaluation->dns, deadline);
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		evaluation->is_ending[i] = true;
		if (evaluation->is_active[i])
			checks[i]->end(&evaluation->runs[i]);
	}
	outcome->findings.resolver_is_gone = dns_is_gone(evaluation->dns);
	outcome->dns_questions = dns_question_count(evaluation->dns);
	outcome->dns_milliseconds = dns_waited_milliseconds(evaluation->dns);
	outcome->verdict = policy_decide(evaluation->arena, evaluation->config,
					 evaluation->message, &outcome->findings);
	header_fields_write(evaluation->arena, evaluation->config, evaluation->message, outcome);
	return outcome;
}
