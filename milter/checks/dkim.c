/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim.h"

#include <pthread.h>
#include <string.h>

#include <dkim.h>

#include "base/memory.h"
#include "checks/check.h"
#include "checks/dkim_body.h"
#include "checks/dkim_candidate.h"
#include "checks/dkim_fence.h"
#include "checks/dkim_verify.h"
#include "mail/canonical.h"

/*
 * checks/dkim_verify.c judges every signature. Before one is called broken,
 * libopendkim is asked for a second opinion, and its pass counts: a signature
 * that fails by a fault of ours would cost a good message. What passes need not
 * be asked about, which saves half of the work.
 *
 * The fence around libopendkim: it sees only signatures that our own parser
 * found valid, only header fields that mean the same to it and to us, and only
 * key records that we wrote; it is not asked where its reading could differ
 * from ours.
 */
enum {
	LIBRARY_KEY_RECORD_MAX = 1000   /* its buffer has 1024 bytes */
};

struct dkim_state {
	struct check_run *run;
	struct dkim_candidates candidates;
	struct dkim_body body;
	DKIM *library;          /* NULL: not used for this message */
	bool has_work;          /* some signature is open */
};

/* One for the process, made once, only read afterwards. */
static DKIM_LIB *library_settings;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static DKIM_CBSTAT hand_over_key(DKIM *library, DKIM_SIGINFO *signature, unsigned char *buffer,
				 size_t size);

/* Without memory the library may go on with what is not there, so it does not get back. */
static void *
take_memory(void *closure, size_t size)
{
	(void)closure;
	return memory_for_library(size);
}

static void
open_library(void)
{
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;
	DKIM_LIB *settings = dkim_init(take_memory, NULL);

	if (settings == NULL)
		return;
	if (dkim_options(settings, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) !=
		    DKIM_STAT_OK ||
	    dkim_set_key_lookup(settings, hand_over_key) != DKIM_STAT_OK) {
		dkim_close(settings);
		return;
	}
	library_settings = settings;
}

bool
dkim_check_start(void)
{
	(void)pthread_once(&library_once, open_library);
	return library_settings != NULL;
}

static bool
is_enabled(const struct config *config)
{
	return config->check_dkim;
}

static struct dkim_state *
find_state(struct check_run *run)
{
	struct dkim_state *state = run->state;

	if (state == NULL) {
		state = arena_alloc(run->arena, sizeof(*state));
		state->run = run;
		state->body.arena = run->arena;
		run->state = state;
	}
	return state;
}

static void
prefetch_keys(struct check_run *run, enum fact fact)
{
	switch (fact) {
	case FACT_FIELD:
		dkim_candidates_collect(&find_state(run)->candidates, run);
		return;
	case FACT_HEADER_END:
		dkim_candidates_choose(&find_state(run)->candidates, run);
		return;
	case FACT_RECIPIENT:
	case FACT_ANSWER:
		return;
	}
}

/* Nothing that the library does with the bytes is kept in them. */
static unsigned char *
library_bytes(struct arena *arena, struct text text)
{
	char *bytes = text_string(arena, text);

	return (unsigned char *)bytes;
}

static bool
feed_field(struct dkim_state *state, struct text name, struct text value)
{
	struct text line = canonical_field(state->run->arena, DKIM_SIMPLE, name, value);

	return dkim_header(state->library, library_bytes(state->run->arena, line), line.length) ==
	       DKIM_STAT_OK;
}

static struct dkim_candidate *
find_candidate(struct dkim_state *state, size_t field_index)
{
	for (size_t i = 0; i < state->candidates.count; i++)
		if (state->candidates.items[i].field_index == field_index)
			return &state->candidates.items[i];
	return NULL;
}

/* It failed, and the library may know better. */
static bool
goes_to_library(const struct dkim_candidate *candidate)
{
	return candidate != NULL && dkim_candidate_is_open(candidate) && candidate->is_for_library;
}

/* False when the library refused something that it has to know. */
static bool
feed_header(struct dkim_state *state)
{
	const struct message *message = state->run->message;

	/*
	 * The sentinel: when h= uses up every field of a message and names one
	 * more, the library writes past an array of pointers. No h= can name a
	 * field whose name holds a blank, so this one is never used up.
	 */
	if (!feed_field(state, TEXT("z z"), TEXT(" z")))
		return false;
	for (size_t i = 0; i < message->field_count; i++) {
		const struct header_field *field = &message->fields[i];
		bool is_signature = text_equal_nocase(field->name, TEXT("DKIM-Signature"));

		if (!dkim_fence_name_is_valid(field->name) ||
		    (is_signature && !goes_to_library(find_candidate(state, i))))
			continue;
		if (!feed_field(state, field->name, field->value))
			return false;
	}
	return dkim_eoh(state->library) == DKIM_STAT_OK;
}

/* The library lists what it was given in order. What it does not want, we judge. */
static void
match_signatures(struct dkim_state *state)
{
	DKIM_SIGINFO **signatures = NULL;
	int count = 0;
	int next = 0;

	if (dkim_getsiglist(state->library, &signatures, &count) != DKIM_STAT_OK)
		return;
	for (size_t i = 0; i < state->candidates.count; i++) {
		struct dkim_candidate *candidate = &state->candidates.items[i];

		if (!goes_to_library(candidate))
			continue;
		if (next == count)
			return;
		/* Its clock is time(), ours is the message's; and it parses again. */
		if (dkim_sig_geterror(signatures[next]) == DKIM_SIGERROR_UNKNOWN)
			candidate->library_signature = signatures[next];
		else
			dkim_sig_ignore(signatures[next]);
		next++;
	}
}

static void
release_library(void *library)
{
	(void)dkim_free(library);
}

static void
begin_library(struct dkim_state *state)
{
	DKIM_STAT status;

	if (!dkim_check_start())
		return;
	state->library = dkim_verify(library_settings, (const unsigned char *)"message", NULL,
				     &status);
	if (state->library == NULL)
		return;
	arena_on_empty(state->run->arena, release_library, state->library);
	(void)dkim_set_user_context(state->library, state);
	if (feed_header(state))
		match_signatures(state);
	else
		state->library = NULL;
}

static void
begin(struct check_run *run)
{
	struct dkim_state *state = find_state(run);
	bool is_plain = dkim_fence_header_is_plain(run->message);

	dkim_candidates_choose(&state->candidates, run);
	for (size_t i = 0; i < state->candidates.count; i++) {
		struct dkim_candidate *candidate = &state->candidates.items[i];
		const struct dkim_signature *signature = &candidate->signature;

		if (!dkim_candidate_is_open(candidate))
			continue;
		state->has_work = true;
		candidate->is_for_library = is_plain && dkim_fence_allows(signature);
		candidate->body = dkim_body_want(&state->body, signature->body_form,
						 signature->has_body_length ? signature->body_length
									    : UINT64_MAX);
	}
}

static void
body(struct check_run *run, struct text chunk)
{
	struct dkim_state *state = find_state(run);

	if (!state->has_work || text_is_empty(chunk))
		return;
	dkim_body_add(&state->body, chunk);
}

static DKIM_CBSTAT
hand_over_key(DKIM *library, DKIM_SIGINFO *signature, unsigned char *buffer, size_t size)
{
	struct dkim_state *state = dkim_get_user_context(library);

	for (size_t i = 0; i < state->candidates.count; i++) {
		struct dkim_candidate *candidate = &state->candidates.items[i];
		struct text record;

		if (candidate->library_signature != signature)
			continue;
		record = dkim_fence_key_record(state->run->arena, &candidate->key);
		if (record.length >= size)
			return DKIM_CBSTAT_NOTFOUND;
		memcpy(buffer, record.bytes, record.length);
		buffer[record.length] = '\0';
		return DKIM_CBSTAT_CONTINUE;
	}
	return DKIM_CBSTAT_NOTFOUND;
}

static void
note_own(struct dkim_candidate *candidate, enum result result, const char *reason)
{
	candidate->own_result = result;
	candidate->own_reason = reason;
}

static void
judge_signature(struct dkim_candidate *candidate, struct text header_hash)
{
	switch (dkim_signature_fits(&candidate->key, header_hash,
				    candidate->signature.signature)) {
	case DKIM_FIT_YES:
		note_own(candidate, RESULT_PASS, NULL);
		return;
	case DKIM_FIT_NO:
		note_own(candidate, RESULT_FAIL, "signature did not verify");
		return;
	case DKIM_FIT_UNKNOWN:
		note_own(candidate, RESULT_TEMPERROR, "OpenSSL failed");
		return;
	}
}

static void
judge(struct dkim_state *state, struct dkim_candidate *candidate)
{
	const struct message *message = state->run->message;
	const struct dkim_signature *signature = &candidate->signature;
	uint64_t length;
	struct text body_hash = dkim_body_find_hash(&state->body, candidate->body, &length);
	struct text header_hash;

	if (signature->has_body_length && signature->body_length > length) {
		note_own(candidate, RESULT_PERMERROR, "l= is longer than the body");
		return;
	}
	if (text_is_empty(body_hash)) {
		note_own(candidate, RESULT_TEMPERROR, "no hash could be made");
		return;
	}
	if (!text_equal(body_hash, signature->body_hash)) {
		note_own(candidate, RESULT_FAIL, "body hash did not verify");
		return;
	}
	header_hash = dkim_signed_hash(state->run->arena, signature,
				       &message->fields[candidate->field_index], message->fields,
				       message->field_count);
	if (text_is_empty(header_hash))
		note_own(candidate, RESULT_TEMPERROR, "no hash could be made");
	else
		judge_signature(candidate, header_hash);
}

/* Settles what passes; the others stay open for the second opinion. */
static void
judge_all(struct dkim_state *state)
{
	for (size_t i = 0; i < state->candidates.count; i++) {
		struct dkim_candidate *candidate = &state->candidates.items[i];

		if (dkim_candidate_is_open(candidate))
			dkim_candidate_fetch_key(candidate, state->run);
		if (!dkim_candidate_is_open(candidate))
			continue;
		judge(state, candidate);
		if (candidate->own_result == RESULT_PASS)
			dkim_candidate_settle(candidate, RESULT_PASS, NULL);
	}
}

/* On an error the library is out of the game. */
static void
feed_body(struct dkim_state *state, struct text chunk)
{
	/* libopendkim takes a pointer to bytes that it does not change. */
	union {
		const char *constant;
		unsigned char *plain;
	} bytes = { .constant = chunk.bytes };

	if (state->library != NULL &&
	    dkim_body(state->library, bytes.plain, chunk.length) != DKIM_STAT_OK)
		state->library = NULL;
}

/*
 * Takes the library's verdict if it is a pass; else leaves the candidate open: the
 * library does not tell a bad signature from trouble of its own.
 */
static void
take_verdict(struct dkim_candidate *candidate)
{
	DKIM_SIGINFO *signature = candidate->library_signature;
	unsigned flags = dkim_sig_getflags(signature);

	if ((flags & DKIM_SIGFLAG_PROCESSED) != 0 && (flags & DKIM_SIGFLAG_PASSED) != 0 &&
	    dkim_sig_getbh(signature) == DKIM_SIGBH_MATCH &&
	    dkim_sig_geterror(signature) == DKIM_SIGERROR_OK)
		dkim_candidate_settle(candidate, RESULT_PASS, NULL);
}

/* Of those that failed. False: there is none. */
static bool
choose_for_library(struct dkim_state *state)
{
	bool has_work = false;

	for (size_t i = 0; i < state->candidates.count; i++) {
		struct dkim_candidate *candidate = &state->candidates.items[i];

		if (!goes_to_library(candidate))
			continue;
		candidate->is_for_library =
			dkim_fence_key_record(state->run->arena, &candidate->key).length <=
			LIBRARY_KEY_RECORD_MAX;
		has_work |= candidate->is_for_library;
	}
	return has_work;
}

/*
 * With a body that was kept, so that no other is read twice: the library needs
 * four times as long for a byte as our own verifier. A body with a bare line end
 * is not the library's: it drops a bare CR from a relaxed body and miscounts a
 * simple one with a bare LF, so changes would go unnoticed.
 */
static void
ask_library(struct dkim_state *state)
{
	_Bool is_test_key;
	struct text kept;

	if (!choose_for_library(state) || !dkim_body_kept(&state->body, &kept) ||
	    !dkim_body_is_plain(kept))
		return;
	begin_library(state);
	if (!text_is_empty(kept))
		feed_body(state, kept);
	/* Without this, a last line that lacks its end makes the library refuse all. */
	if (!text_is_empty(kept) && !text_ends_with(kept, TEXT("\r\n")))
		feed_body(state, TEXT("\r\n"));
	if (state->library == NULL)
		return;
	(void)dkim_eom(state->library, &is_test_key);
	for (size_t i = 0; i < state->candidates.count; i++)
		if (state->candidates.items[i].library_signature != NULL)
			take_verdict(&state->candidates.items[i]);
}

/* RFC 8601 2.7.1: what verifies, but is not acceptable here, is "policy". */
static void
apply_local_rules(struct dkim_state *state, struct dkim_candidate *candidate)
{
	const struct config *config = state->run->config;
	const struct dkim_signature *signature = &candidate->signature;
	const char *reason = NULL;
	uint64_t length;

	if (!candidate->is_chosen || candidate->result != RESULT_PASS)
		return;
	if (candidate->key.type == DKIM_KEY_RSA &&
	    candidate->key_bits < config->dkim_minimum_key_bits)
		reason = "RSA key is shorter than the local minimum";
	if (signature->has_body_length) {
		(void)dkim_body_find_hash(&state->body, candidate->body, &length);
		candidate->has_unsigned_tail = length > signature->body_length;
		if (config->dkim_body_length == BODY_LENGTH_REFUSE)
			reason = "l= is used";
		else if (config->dkim_body_length == BODY_LENGTH_REFUSE_TAIL &&
			 candidate->has_unsigned_tail)
			reason = "l= leaves a part of the body unsigned";
	}
	if (reason == NULL)
		return;
	candidate->result = RESULT_POLICY;
	candidate->reason = reason;
}

static void
end(struct check_run *run)
{
	struct dkim_state *state = find_state(run);

	dkim_candidates_choose(&state->candidates, run);
	judge_all(state);
	ask_library(state);
	for (size_t i = 0; i < state->candidates.count; i++) {
		struct dkim_candidate *candidate = &state->candidates.items[i];

		/* Still open: the library knows no better. */
		dkim_candidate_settle(candidate, candidate->own_result, candidate->own_reason);
		apply_local_rules(state, candidate);
	}
	dkim_candidates_conclude(&state->candidates, run);
}

const struct check dkim_check = {
	.name = "dkim",
	.enabled = is_enabled,
	.prefetch = prefetch_keys,
	.begin = begin,
	.body = body,
	.end = end,
};
