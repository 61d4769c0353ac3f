/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_STEPS_H
#define DMARCMILTER_TOOL_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "tool/judgement.h"
#include "tool/terminal.h"

/*
 * How a judgement came about, step by step, in plain words: one list for people
 * and for JSON. A step belongs to a check ("spf") and says under which clause it
 * decides, where one does.
 */
enum step_mood {
	STEP_PLAIN,
	STEP_GOOD,
	STEP_DOUBTFUL,
	STEP_BAD
};

struct step {
	const char *check;
	unsigned depth;                 /* 0: the result of the check itself */
	enum step_mood mood;
	bool is_detail;                 /* shown to people with -v only */
	struct text text;
	const char *clause;             /* "RFC 7208 5.2"; NULL: none */
};

struct steps {
	struct arena *arena;
	const char *check;              /* of the steps to come */
	struct step *items;
	size_t count;
	size_t capacity;
};

void steps_add(struct steps *steps, unsigned depth, enum step_mood mood, const char *clause,
	       const char *format, ...) ATTRIBUTE_PRINTF(5, 6);

/* The same, for -v. */
void steps_add_detail(struct steps *steps, unsigned depth, enum step_mood mood,
		      const char *clause, const char *format, ...) ATTRIBUTE_PRINTF(5, 6);

/* All checks, in their order, and the decision. May ask the DNS what only explains. */
struct steps steps_explain(struct judgement *judgement);

/* Its parts. */
void explain_iprev(struct steps *steps, const struct judgement *judgement);
void explain_spf(struct steps *steps, const struct judgement *judgement);
void explain_dkim(struct steps *steps, const struct judgement *judgement);
void explain_arc(struct steps *steps, const struct judgement *judgement);
void explain_dmarc(struct steps *steps, struct judgement *judgement);
void explain_decision(struct steps *steps, const struct judgement *judgement);

enum step_mood step_mood_of(enum result result);

/* The two arguments for "%.*s": text from outside, which may hold NUL. */
#define STEP_TEXT(steps, text) TEXT_ARGUMENTS(terminal_safe((steps)->arena, text))

/* The same: a domain as people write it, and its A-labels. */
#define STEP_DOMAIN(steps, domain) TEXT_ARGUMENTS(terminal_domain((steps)->arena, domain))

#endif
