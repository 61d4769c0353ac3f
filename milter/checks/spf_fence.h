/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_SPF_FENCE_H
#define DMARCMILTER_CHECKS_SPF_FENCE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/spf_evaluation.h"

/*
 * The records that libspf2 gets to see: "v=spf1 +exists:x1.s -include:x2.s
 * redirect=x3.s". Each name is the number of a slot, which says for what term
 * of which real record it stands. The library asks for these names; the fence
 * answers with what our own evaluation of the term came to. One thread; all
 * memory is in the arena.
 */
struct spf_node;

enum spf_slot_kind {
	SPF_SLOT_TERM,          /* any mechanism but include */
	SPF_SLOT_INCLUDE,
	SPF_SLOT_REDIRECT,
	SPF_SLOT_REST           /* the terms from `term` on: the record is too long for one piece */
};

struct spf_slot {
	enum spf_slot_kind kind;
	const struct spf_node *node;
	size_t term;
};

/* A real record in evaluation. */
struct spf_node {
	const struct spf_record *record;
	struct text domain;             /* what %{d} stands for */
	const struct spf_slot *include; /* the include it was reached by; NULL at the top */
	unsigned depth;
};

struct spf_fence {
	struct arena *arena;
	struct spf_evaluation *evaluation;
	struct spf_slot **slots;        /* of x1.s, x2.s, ...; the subject's own record has none */
	size_t slot_count;
	size_t slot_capacity;
	const struct spf_slot *matched; /* the term at the top that decided; NULL: none */
};

/* The name that stands for the subject's own record. */
#define SPF_FENCE_FIRST_NAME "x0.s"

/*
 * The record to interpret for a name. SPF_STEP_YES and *record_out, or
 * SPF_STEP_OVER: the evaluation has its result and the library is to stop.
 */
enum spf_step spf_fence_record(struct spf_fence *fence, struct text name,
			       struct text *record_out);

/* Whether an exists of a name matches: SPF_STEP_YES, NO or OVER. */
enum spf_step spf_fence_match(struct spf_fence *fence, struct text name);

#endif
