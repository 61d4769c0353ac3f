/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_TABLE_H
#define DMARCMILTER_CONFIG_RULE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "config/options.h"
#include "config/rule.h"

/*
 * The table of all conditions of rules: one row is all that reader, checks and
 * explanation know of a condition. Immutable; safe from any thread.
 */
enum rule_value_type {
	RULE_VALUE_NONE_YET,
	RULE_VALUE_DOMAINS,     /* example.com, .example.com, file:/path */
	RULE_VALUE_SENDERS,     /* the same and <> */
	RULE_VALUE_RECIPIENTS,  /* the same as domains and user@example.com */
	RULE_VALUE_NETWORKS,    /* 192.0.2.0/24, file:/path */
	RULE_VALUE_NAMES,       /* words without blanks, file:/path */
	RULE_VALUE_WORDS,       /* of `words` */
	RULE_VALUE_SIZE         /* behind >, >=, < or <= */
};

enum rule_phase {
	RULE_KNOWN_AT_RECIPIENT,        /* when the first recipient is named */
	RULE_KNOWN_AT_END               /* only when the message has ended */
};

enum { RULE_NEEDS_MAX = 2 };

struct rule_condition_row {
	enum rule_condition_kind kind;
	const char *word;
	enum rule_value_type type;
	const struct option_word *words;        /* RULE_VALUE_WORDS */
	uint32_t possible;              /* words that the fact can take at all, as bits */
	/* a fact that a check brings: the switches that have to be on; NULL: none (more) */
	const char *needs[RULE_NEEDS_MAX];
	uint32_t without;               /* the words that hold when a switch is off */
	bool chosen_by_sender;
	bool has_several;               /* of one message more than one value can be true */
	enum rule_phase known_at;
	const char *subject;            /* "the author domain", for sentences */
	const char *help;
};

/* The row of a kind. */
const struct rule_condition_row *rule_condition_row(enum rule_condition_kind kind);

/* By its word, in any case; NULL when there is none. */
const struct rule_condition_row *rule_condition_find(struct text word);

/* The action that a word of a rule stands for, "none" among them; false for another word. */
bool rule_action_find(struct text word, enum action *action_out);

/* The known condition, action or other word of a rule that is nearest; NULL when none is near. */
const char *rule_word_nearest(struct text word);

/* True for none, and for the names that the built-in policy gives its decisions (core/policy.c). */
bool rule_name_is_taken(struct text name);

#endif
