/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_EXPLAIN_H
#define DMARCMILTER_CONFIG_RULE_EXPLAIN_H

#include "base/arena.h"
#include "base/textbuf.h"
#include "config/config.h"
#include "config/rule.h"

/*
 * The operator's rules in plain words, for --explain-rules: in their order, with
 * their places, then the options around them and what holds when no rule
 * matches. Lines of at most 80 columns where words allow it. Pure.
 */
void rules_explain(struct arena *arena, const struct config *config, struct textbuf *out);

/* A condition as a clause: "the author domain is bank.example or below it". */
struct text rule_condition_explain(struct arena *arena, const struct rule_condition *condition);

/*
 * One of the values of a list in words: ".example.com" is "below example.com". This
 * and the two others are in config/rule_words.c.
 */
struct text rule_value_explain(struct arena *arena, enum rule_condition_kind kind,
			       struct text value);

/* "A", "A or B", "A, B or C" with `last` for "or". */
struct text rule_words_join(struct arena *arena, const struct text *items, size_t count,
			    const char *last);

#endif
