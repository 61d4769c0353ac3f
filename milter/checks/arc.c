/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/arc_reported.h"
#include "checks/check.h"
#include "checks/dkim_body.h"
#include "checks/dkim_candidate.h"
#include "checks/dkim_verify.h"
#include "mail/arc_set.h"

/*
 * ARC (RFC 8617 5.2). Keys are asked for when all fields are known: only then
 * is it certain that the chain is worth it, and the questions of DKIM, which
 * come from the same budget, have been asked before. Every error is a failed
 * chain (5.2.1), because a chain may be dropped, but never repaired.
 */
struct arc_state {
	struct arc_chain chain;
	bool is_collected;
	struct dkim_body body;
	size_t *bodies;         /* the number in `body` of each instance's hash */
};

static bool
is_enabled(const struct config *config)
{
	return config->check_arc;
}

/*
 * The l= of an older instance is not worth a hash over the body: what was added
 * behind it makes the instance one that does not verify.
 */
static uint64_t
body_length_of(const struct arc_chain *chain, size_t index)
{
	const struct dkim_signature *signature = &chain->sets[index].message_signature;

	return index + 1 == chain->count && signature->has_body_length ? signature->body_length
								       : UINT64_MAX;
}

static void
ask_for_key(struct check_run *run, const struct dkim_signature *signature)
{
	dns_ask(run->dns, dkim_signature_key_name(run->arena, signature), DNS_TXT, DNS_ORDINARY);
}

/* The header is complete: the sets, what to hash of the body, and the keys. */
static struct arc_state *
collect(struct check_run *run)
{
	struct arc_state *state = run->state;

	if (state == NULL) {
		state = arena_alloc(run->arena, sizeof(*state));
		state->body.arena = run->arena;
		run->state = state;
	}
	if (state->is_collected)
		return state;
	state->is_collected = true;
	state->chain = arc_chain_collect(run->arena, run->message->fields,
					 run->message->field_count);
	state->bodies = arena_array(run->arena, state->chain.count + 1, sizeof(*state->bodies));
	for (size_t i = state->chain.count; i > 0; i--) {
		const struct arc_set *set = &state->chain.sets[i - 1];

		state->bodies[i - 1] =
			dkim_body_want(&state->body, set->message_signature.body_form,
				       body_length_of(&state->chain, i - 1));
		ask_for_key(run, &set->message_signature);
		ask_for_key(run, &set->seal);
	}
	return state;
}

static void
prefetch_keys(struct check_run *run, enum fact fact)
{
	switch (fact) {
	case FACT_HEADER_END:
		(void)collect(run);
		return;
	case FACT_FIELD:
	case FACT_RECIPIENT:
	case FACT_ANSWER:
		return;
	}
}

static void
begin(struct check_run *run)
{
	(void)collect(run);
}

static void
body(struct check_run *run, struct text chunk)
{
	struct arc_state *state = collect(run);

	if (state->chain.count > 0)
		dkim_body_add(&state->body, chunk);
}

/* NULL when `signature` is that of `hash`, by a key that may be used (RFC 6376 6.1.2, RFC 8301). */
static const char *
verify(struct check_run *run, const struct dkim_signature *signature, struct text hash)
{
	struct dkim_candidate candidate = { .signature = *signature, .is_chosen = true };

	dkim_candidate_fetch_key(&candidate, run);
	if (!dkim_candidate_is_open(&candidate))
		return candidate.reason;
	if (candidate.key.type == DKIM_KEY_RSA &&
	    candidate.key_bits < run->config->dkim_minimum_key_bits)
		return "RSA key is shorter than the local minimum";
	if (text_is_empty(hash))
		return "no hash could be made";
	switch (dkim_signature_fits(&candidate.key, hash, signature->signature)) {
	case DKIM_FIT_YES:
		return NULL;
	case DKIM_FIT_NO:
		return "signature did not verify";
	case DKIM_FIT_UNKNOWN:
		break;
	}
	return "OpenSSL failed";
}

/* l= as for DKIM; RFC 6376 3.5 x= by the clock of the message. */
static const char *
check_limits(const struct check_run *run, const struct dkim_signature *signature, uint64_t length)
{
	const struct config *config = run->config;
	int64_t now = run->message->received_at - (int64_t)config->dkim_clock_drift;

	if (signature->has_expiration && now > signature->expiration)
		return "signature has expired";
	if (!signature->has_body_length)
		return NULL;
	if (signature->body_length > length)
		return "l= is longer than the body";
	if (config->dkim_body_length == BODY_LENGTH_REFUSE)
		return "l= is used";
	if (config->dkim_body_length == BODY_LENGTH_REFUSE_TAIL && signature->body_length < length)
		return "l= leaves a part of the body unsigned";
	return NULL;
}

/* RFC 8617 5.2, step 4: a signature over the message, as in DKIM. */
static const char *
verify_message(struct check_run *run, struct arc_state *state, size_t index)
{
	const struct arc_set *set = &state->chain.sets[index];
	const struct dkim_signature *signature = &set->message_signature;
	const struct message *message = run->message;
	uint64_t length;
	struct text body_hash = dkim_body_find_hash(&state->body, state->bodies[index], &length);
	const char *reason = check_limits(run, signature, length);

	if (reason != NULL)
		return reason;
	if (!text_equal(body_hash, signature->body_hash))
		return "body hash did not verify";
	return verify(run, signature,
		      dkim_signed_hash(run->arena, signature, set->message_field, message->fields,
				       message->field_count));
}

static void
add_field(struct dkim_header_hash *hash, const struct header_field *field)
{
	dkim_header_hash_add(hash, field->name, field->value);
}

/* RFC 8617 5.1.1: the sets up to this one, oldest first, the seal itself without its b=. */
static const char *
verify_seal(struct check_run *run, const struct arc_chain *chain, size_t index)
{
	const struct arc_set *last = &chain->sets[index];
	struct dkim_header_hash *hash = dkim_header_hash_begin(run->arena, DKIM_RELAXED);

	if (hash == NULL)
		return "no hash could be made";
	for (size_t i = 0; i <= index; i++) {
		add_field(hash, chain->sets[i].results_field);
		add_field(hash, chain->sets[i].message_field);
		if (i < index)
			add_field(hash, chain->sets[i].seal_field);
	}
	return verify(run, &last->seal,
		      dkim_header_hash_end(hash, last->seal_field, last->seal.signature_start,
					   last->seal.signature_end));
}

static const char *
say(struct check_run *run, const char *what, size_t index, const char *reason)
{
	struct text sentence;

	if (reason == NULL)
		return NULL;
	sentence = text_printf(run->arena, "%s %zu: %s", what, index + 1, reason);
	return text_string(run->arena, sentence);
}

/* RFC 8617 5.2, steps 4 and 6; NULL when the chain passes. */
static const char *
verify_chain(struct check_run *run, struct arc_state *state)
{
	size_t newest = state->chain.count - 1;
	const char *reason =
		say(run, "message signature", newest, verify_message(run, state, newest));

	for (size_t i = state->chain.count; i > 0 && reason == NULL; i--)
		reason = say(run, "seal", i - 1, verify_seal(run, &state->chain, i - 1));
	return reason;
}

/* RFC 8617 5.2, step 5: how far back the message is unchanged. */
static unsigned
find_oldest_pass(struct check_run *run, struct arc_state *state)
{
	size_t oldest = state->chain.count;

	while (oldest > 1 && verify_message(run, state, oldest - 2) == NULL)
		oldest--;
	return oldest > 1 ? (unsigned)oldest : 0;
}

/*
 * RFC 8617 9.4: what an instance says is worth as much as the least trusted of
 * all sealers who had it in their hands afterwards. And From must be what the
 * newest of them saw.
 */
static void
believe(struct check_run *run, const struct arc_state *state, struct arc_finding *finding)
{
	const struct arc_chain *chain = &state->chain;
	size_t oldest = chain->count + 1;

	if (!dkim_signature_covers(&chain->sets[chain->count - 1].message_signature,
				   TEXT("From")))
		return;
	while (oldest > 1 && finding->instances[oldest - 2].is_trusted)
		oldest--;
	if (oldest > chain->count)
		return;
	finding->oldest_trusted = (unsigned)oldest;
	arc_reported_read(run->arena, chain->sets[oldest - 1].results, finding);
}

static void
write_pass(struct check_run *run, struct arc_state *state)
{
	struct arc_finding *finding = &run->findings->arc;
	const struct arc_chain *chain = &state->chain;

	finding->result = RESULT_PASS;
	finding->oldest_pass = find_oldest_pass(run, state);
	finding->count = chain->count;
	finding->instances = arena_array(run->arena, chain->count, sizeof(*finding->instances));
	for (size_t i = 0; i < chain->count; i++)
		finding->instances[i] = (struct arc_instance_finding){
			.domain = chain->sets[i].seal.domain,
			.selector = chain->sets[i].seal.selector,
			.is_trusted = text_list_contains(&run->config->trusted_arc_sealers,
							 chain->sets[i].seal.domain),
		};
	believe(run, state, finding);
}

static void
end(struct check_run *run)
{
	struct arc_finding *finding = &run->findings->arc;
	struct arc_state *state = collect(run);

	*finding = (struct arc_finding){ .result = RESULT_NONE };
	if (state->chain.status == ARC_CHAIN_NONE)
		return;
	finding->reason = state->chain.status == ARC_CHAIN_SOUND ? verify_chain(run, state)
								  : state->chain.reason;
	if (finding->reason != NULL)
		finding->result = RESULT_FAIL;
	else
		write_pass(run, state);
}

const struct check arc_check = {
	.name = "arc",
	.enabled = is_enabled,
	.prefetch = prefetch_keys,
	.begin = begin,
	.body = body,
	.end = end,
};
