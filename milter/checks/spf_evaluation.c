/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/spf_evaluation.h"

#include <inttypes.h>

#include "mail/domain_name.h"

static bool
is_ascii(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		if ((unsigned char)text.bytes[i] > 0x7f)
			return false;
	}
	return true;
}

/* RFC 7208, 4.3: a name of several labels. "192.0.2.1" is not one, whatever its letters say. */
static bool
is_usable(struct text domain)
{
	struct ip ip;

	return domain_name_label_count(domain) > 1 && !ip_parse(domain, &ip);
}

static struct spf_subject
subject_of(struct text local_part, struct text domain)
{
	struct spf_subject subject = { .local_part = local_part };

	if (text_is_empty(local_part))
		subject.local_part = TEXT("postmaster");
	subject.local_part_is_ascii = is_ascii(subject.local_part);
	if (!text_is_empty(domain) && is_usable(domain))
		subject.domain = domain;
	return subject;
}

/* RFC 7208, 4.3: a sender without local-part still has a domain, though it is no valid address. */
static struct text
sender_domain(struct check_run *run)
{
	const struct address *sender = &run->message->sender;
	struct text domain = { 0 };

	if (!text_is_empty(sender->domain))
		return sender->domain;
	if (!text_starts_with(sender->text, TEXT("@")) ||
	    !domain_name_normalize(run->arena, text_from_position(sender->text, 1), &domain))
		return (struct text){ 0 };
	return domain;
}

struct spf_state *
spf_state_new(struct check_run *run)
{
	const struct address *sender = &run->message->sender;
	struct spf_state *state = arena_alloc(run->arena, sizeof(*state));
	struct text helo = { 0 };

	if (!domain_name_normalize(run->arena, run->message->connection->helo, &helo))
		helo = (struct text){ 0 };
	state->helo = subject_of((struct text){ 0 }, helo);
	/* RFC 7208, 2.4: a null reverse-path stands for postmaster at the HELO name. */
	state->mail_from = sender->is_null ? state->helo :
					     subject_of(sender->local_part, sender_domain(run));
	return state;
}

struct spf_evaluation
spf_evaluation_new(struct check_run *run, struct spf_state *state, struct spf_subject *subject,
		   bool is_ahead)
{
	const struct connection *connection = run->message->connection;
	struct spf_evaluation evaluation = {
		.run = run,
		.state = state,
		.subject = subject,
		.is_ahead = is_ahead,
	};

	evaluation.values.local_part = subject->local_part;
	evaluation.values.sender_domain = subject->domain;
	evaluation.values.helo = text_is_empty(state->helo.domain) ? connection->helo :
								      state->helo.domain;
	evaluation.values.receiver = connection->host_name;
	evaluation.values.client = connection->client;
	evaluation.values.now = run->message->received_at;
	return evaluation;
}

enum spf_step
spf_end(struct spf_evaluation *evaluation, enum result result, struct text reason)
{
	if (evaluation->result == RESULT_NOT_CHECKED) {
		evaluation->result = result;
		evaluation->reason = reason;
	}
	return SPF_STEP_OVER;
}

/*
 * Guesses are bounded: with each answer that arrives first, another part of a
 * hostile tree of includes would look needed.
 */
static const struct dns_answer *
ask_ahead(struct spf_evaluation *evaluation, struct text name, enum dns_type type)
{
	static const struct dns_answer pending = { .status = DNS_PENDING };
	struct dns_session *dns = evaluation->run->dns;
	struct spf_subject *subject = evaluation->subject;
	size_t before = dns_question_count(dns);
	const struct dns_answer *answer;

	if (evaluation->is_guess && subject->guesses >= evaluation->run->config->spf_lookup_limit)
		return &pending;
	answer = dns_peek(dns, name, type, DNS_ORDINARY);
	if (evaluation->is_guess)
		subject->guesses += dns_question_count(dns) - before;
	return answer;
}

const struct dns_answer *
spf_ask(struct spf_evaluation *evaluation, struct text name, enum dns_type type)
{
	if (evaluation->is_ahead)
		return ask_ahead(evaluation, name, type);
	return dns_look_up(evaluation->run->dns, name, type, DNS_ORDINARY);
}

enum spf_step
spf_count_term(struct spf_evaluation *evaluation, struct text domain)
{
	uint64_t limit = evaluation->run->config->spf_lookup_limit;

	if (evaluation->terms >= limit)
		return spf_end(evaluation, RESULT_PERMERROR,
			       text_printf(evaluation->run->arena,
					   "%.*s: more than %" PRIu64 " terms that ask DNS",
					   TEXT_ARGUMENTS(domain), limit));
	evaluation->terms++;
	return SPF_STEP_YES;
}

enum spf_step
spf_expand(struct spf_evaluation *evaluation, struct text domain, struct text spec,
	   struct text *name_out)
{
	*name_out = domain;
	if (text_is_empty(spec))
		return SPF_STEP_YES;
	if (spf_macro_uses(spec, TEXT("sl"))) {
		evaluation->used_local_part = true;
		if (!evaluation->subject->local_part_is_ascii)
			return SPF_STEP_NO;
	}
	evaluation->values.domain = spf_macro_plain_name(evaluation->run->arena, domain);
	evaluation->values.validated_name = (struct text){ 0 };
	if (spf_macro_uses(spec, TEXT("p"))) {
		enum spf_step step = spf_validate_name(evaluation, domain,
						       &evaluation->values.validated_name);

		if (step != SPF_STEP_YES)
			return step;
	}
	*name_out = spf_macro_expand_domain(evaluation->run->arena, spec, &evaluation->values);
	return SPF_STEP_YES;
}

/* RFC 7208, 4.5: exactly one of the TXT records is an SPF record. */
static void
select_record(struct arena *arena, const struct dns_answer *answer, struct spf_found *found)
{
	const struct dns_record *chosen = NULL;
	struct text reason;

	for (size_t i = 0; i < answer->count; i++) {
		if (!spf_record_is_spf(answer->records[i].text))
			continue;
		if (chosen != NULL) {
			found->result = RESULT_PERMERROR;
			found->reason = text_printf(arena, "%.*s: more than one SPF record",
						    TEXT_ARGUMENTS(found->domain));
			return;
		}
		chosen = &answer->records[i];
	}
	found->result = chosen == NULL ? RESULT_NONE : RESULT_PASS;
	if (chosen == NULL || spf_record_parse(arena, chosen->text, &found->record, &reason))
		return;
	found->result = RESULT_PERMERROR;
	found->reason = text_printf(arena, "%.*s: %.*s", TEXT_ARGUMENTS(found->domain),
				    TEXT_ARGUMENTS(reason));
}

static struct spf_found *
read_answer(struct arena *arena, struct text domain, const struct dns_answer *answer)
{
	struct spf_found *found = arena_alloc(arena, sizeof(*found));

	found->domain = domain;
	found->result = RESULT_NONE;
	switch (answer->status) {
	case DNS_FOUND:
		select_record(arena, answer, found);
		break;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
	case DNS_PENDING:
		break;
	case DNS_RETRY:
		found->result = RESULT_TEMPERROR;
		found->reason = text_printf(arena, "%.*s TXT: %s", TEXT_ARGUMENTS(domain),
					    answer->reason != NULL ? answer->reason : "no answer");
		break;
	case DNS_LIMIT:
		found->result = RESULT_PERMERROR;
		found->reason = TEXT("our limit of DNS questions");
		break;
	}
	return found;
}

enum spf_step
spf_find_record(struct spf_evaluation *evaluation, struct text domain,
		const struct spf_record **record_out)
{
	struct spf_found *found = evaluation->state->found;
	const struct dns_answer *answer;

	while (found != NULL && !text_equal_nocase(found->domain, domain))
		found = found->next;
	if (found == NULL) {
		answer = spf_ask(evaluation, domain, DNS_TXT);
		if (answer->status == DNS_PENDING)
			return SPF_STEP_PENDING;
		found = read_answer(evaluation->run->arena, domain, answer);
		found->next = evaluation->state->found;
		evaluation->state->found = found;
	}
	if (found->result == RESULT_NONE)
		return SPF_STEP_NO;
	if (found->result != RESULT_PASS)
		return spf_end(evaluation, found->result, found->reason);
	*record_out = &found->record;
	return SPF_STEP_YES;
}
