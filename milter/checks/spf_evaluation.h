/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_SPF_EVALUATION_H
#define DMARCMILTER_CHECKS_SPF_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "checks/check.h"
#include "mail/spf_macro.h"
#include "mail/spf_record.h"

/*
 * What the files of the SPF check share; nobody else includes this. It knows
 * nothing of libspf2, which checks/spf.c alone may touch.
 *
 * An evaluation is one check_host() of RFC 7208, 4: one identity, one set of
 * limits over all records, includes and redirects. It runs in two ways: for
 * real (it waits for answers) or ahead of time (`is_ahead`: it takes the
 * answers at hand, asks for the rest and never waits). Both use the functions
 * here, each with counters of its own, so the two cannot differ.
 */
enum {
	SPF_NAMES_MAX = 10,             /* addresses per mx, names per ptr (RFC 7208, 4.6.4) */
	SPF_DEPTH_MAX = 18,             /* of includes and redirects: libspf2 ends at 20 */
	SPF_EXPLANATION_MAX = 450       /* bytes: fits an SMTP reply line with our own text */
};

/* One parsed record of the message, or why there is none. */
struct spf_found {
	struct spf_found *next;
	struct text domain;
	enum result result;             /* RESULT_PASS: `record` is good; or none, or an error */
	struct spf_record record;
	struct text reason;
};

/* One identity to check (RFC 7208, 2.3 and 2.4). */
struct spf_subject {
	struct text domain;             /* normal form; empty: the result is none */
	struct text local_part;         /* "postmaster" when there was none (4.3) */
	bool local_part_is_ascii;
	size_t guesses;                 /* questions asked ahead that the evaluation may not need */
};

/* The state of the check between its stages. */
struct spf_state {
	struct spf_subject mail_from;
	struct spf_subject helo;
	struct spf_found *found;        /* records parsed so far, by domain */
};

struct spf_evaluation {
	struct check_run *run;
	struct spf_state *state;
	struct spf_subject *subject;
	struct spf_macro_values values; /* `domain` and `validated_name` are set before each use */
	bool is_ahead;
	bool is_guess;                  /* ahead: an earlier term is open, this one may not count */
	size_t terms;                   /* RFC 7208, 4.6.4: over all records */
	size_t voids;
	enum result result;             /* the end, once it is not RESULT_NOT_CHECKED */
	struct text reason;
	bool used_local_part;
};

/* What a term, or the search for a record, can come to. */
enum spf_step {
	SPF_STEP_NO,            /* does not match */
	SPF_STEP_YES,           /* matches; the record is there; the name is expanded */
	SPF_STEP_PENDING,       /* ahead only: an answer is missing */
	SPF_STEP_OVER           /* evaluation->result is set: the evaluation ends here */
};

/* Fills in the two identities from the facts. Asks nothing. */
struct spf_state *spf_state_new(struct check_run *run);

/* A new evaluation with counters at zero. */
struct spf_evaluation spf_evaluation_new(struct check_run *run, struct spf_state *state,
					 struct spf_subject *subject, bool is_ahead);

/* Ends the evaluation unless it has ended: first error wins. Always SPF_STEP_OVER. */
enum spf_step spf_end(struct spf_evaluation *evaluation, enum result result,
		      struct text reason);

/* Asks: waits for the answer, or not when ahead. */
const struct dns_answer *spf_ask(struct spf_evaluation *evaluation, struct text name,
				 enum dns_type type);

/* Counts a term that asks DNS (RFC 7208, 4.6.4): SPF_STEP_YES, or OVER past the limit. */
enum spf_step spf_count_term(struct spf_evaluation *evaluation, struct text domain);

/*
 * Expands a domain-spec of the record of `domain`; an empty one is that domain.
 * SPF_STEP_NO when the term can match nothing (RFC 8616, 4).
 */
enum spf_step spf_expand(struct spf_evaluation *evaluation, struct text domain,
			 struct text spec, struct text *name_out);

/*
 * The record of `domain`: SPF_STEP_YES and *record_out; SPF_STEP_NO when there
 * is none; OVER on errors.
 */
enum spf_step spf_find_record(struct spf_evaluation *evaluation, struct text domain,
			      const struct spf_record **record_out);

/* Evaluates all, ip4 and ip6, which need no DNS. */
bool spf_address_matches(const struct spf_evaluation *evaluation, const struct spf_term *term);

/* Counts and evaluates a, mx, ptr or exists of the record of `domain`. */
enum spf_step spf_term_matches(struct spf_evaluation *evaluation, struct text domain,
			       const struct spf_term *term);

/* The validated name for %{p} below `domain`, empty when there is none (RFC 7208, 7.3). */
enum spf_step spf_validate_name(struct spf_evaluation *evaluation, struct text domain,
				struct text *name_out);

/* The explanation of a fail, empty when there is none that can be shown (RFC 7208, 6.2). */
struct text spf_explain(struct spf_evaluation *evaluation, struct text domain,
			struct text spec);

/* Walks as far as the answers at hand allow, and asks what will be needed next. Never waits. */
void spf_walk_ahead(struct check_run *run, struct spf_state *state, struct spf_subject *subject);

#endif
