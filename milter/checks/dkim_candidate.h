/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DKIM_CANDIDATE_H
#define DMARCMILTER_CHECKS_DKIM_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "checks/check.h"
#include "checks/findings.h"
#include "mail/dkim_key.h"
#include "mail/dkim_signature.h"

/*
 * The DKIM-Signature fields of a message on their way to findings: which of
 * them are judged at all, and what can be said of them without key and body.
 * Everything lives in the message's arena.
 */
enum {
	DKIM_FIELDS_PARSED_MAX = 100,   /* fields beyond are counted, not read */
	DKIM_BODY_LENGTHS_MAX = 2       /* different l=: each costs a hash over the whole body */
};

struct dkim_candidate {
	size_t field_index;     /* in message->fields */
	struct dkim_signature signature;
	bool is_chosen;         /* gets a finding */
	enum result result;     /* RESULT_NOT_CHECKED while it is open */
	const char *reason;
	struct dkim_key key;
	unsigned key_bits;
	bool key_fits;
	bool is_for_library;    /* libopendkim may be asked for a second opinion */
	bool has_unsigned_tail;
	size_t body;            /* its hash in checks/dkim_body.h */
	enum result own_result; /* of our own verifier, while it waits for the second opinion */
	const char *own_reason;
	void *library_signature;        /* checks/dkim.c's, NULL when not handed over */
};

struct dkim_candidates {
	struct dkim_candidate *items;
	size_t count;
	size_t capacity;
	size_t next_field;      /* the first field not looked at */
	size_t unread;          /* DKIM-Signature fields over DKIM_FIELDS_PARSED_MAX */
	size_t asked;           /* keys asked for before all fields were known */
	bool are_chosen;
};

/*
 * Parses the DKIM-Signature fields that came since the last call, and asks for their
 * keys, up to the cap.
 */
void dkim_candidates_collect(struct dkim_candidates *candidates, struct check_run *run);

/*
 * All fields are known: chooses the signatures to be judged, at most
 * DKIMMaxSignatures: first those that could align with the author domain, then
 * the other well-formed ones, then the rest, each in the order of the message.
 * Settles what is already certain (RFC 6376 6.1.1, RFC 8301) and asks for the
 * keys of the others. Does nothing when called again.
 */
void dkim_candidates_choose(struct dkim_candidates *candidates, struct check_run *run);

/* True while the signature still has to be verified. */
bool dkim_candidate_is_open(const struct dkim_candidate *candidate);

/* Settles an open candidate; a settled one stays as it is. */
void dkim_candidate_settle(struct dkim_candidate *candidate, enum result result,
			   const char *reason);

/* Fetches the key, waiting if need be, and settles the candidate unless it can be used. */
void dkim_candidate_fetch_key(struct dkim_candidate *candidate, struct check_run *run);

/* Writes the findings. */
void dkim_candidates_conclude(const struct dkim_candidates *candidates, struct check_run *run);

#endif
