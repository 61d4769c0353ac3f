/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_EXPLAIN_H
#define DMARCMILTER_TOOL_LOG_EXPLAIN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "tool/json.h"
#include "tool/log_record.h"
#include "tool/terminal.h"

/*
 * A line of the log in plain words: statements about one topic each. What the
 * line does not say is not guessed, but by what dmarcmilter(8) says of its words.
 * Texts are in the arena, or are the record's. Pure.
 */
enum log_topic {
	LOG_TOPIC_DAMAGE,       /* of a line that is broken */
	LOG_TOPIC_SENDER,       /* who sent it, to how many */
	LOG_TOPIC_IPREV,
	LOG_TOPIC_SPF,
	LOG_TOPIC_DKIM,
	LOG_TOPIC_ARC,
	LOG_TOPIC_DMARC,
	LOG_TOPIC_CLASS,
	LOG_TOPIC_DECISION,     /* what was done, by which rule, and why */
	LOG_TOPIC_OVERRIDE,     /* why the published policy was not applied as it stands */
	LOG_TOPIC_MONITOR,      /* what Mode enforce would have done */
	LOG_TOPIC_SHADOW,
	LOG_TOPIC_SKIPPED,
	LOG_TOPIC_COMPARE,
	LOG_TOPIC_REMOVED,
	LOG_TOPIC_REASON,
	LOG_TOPIC_SENDER_ADVICE,
	LOG_TOPIC_OPERATOR_ADVICE,
	LOG_TOPIC_COUNT
};

enum log_tone {
	LOG_TONE_PLAIN,
	LOG_TONE_GOOD,
	LOG_TONE_WARNING,
	LOG_TONE_BAD
};

struct log_statement {
	enum log_topic topic;
	enum log_tone tone;
	struct text text;
};

struct log_explanation {
	struct arena *arena;
	struct log_statement *items;
	size_t count;
	size_t capacity;
};

/* All that can be said of the record, in the order of the topics. */
struct log_explanation log_explain(struct arena *arena, const struct log_record *record);

/* The word of a topic in JSON: "sender", "reverse-dns", ... */
const char *log_topic_word(enum log_topic topic);

/* "plain", "good", ... */
const char *log_tone_word(enum log_tone tone);

/* What an action is called: "accepted", "refused", ... */
const char *log_action_word(enum action action);

/* A heading and the statements below it, for people. */
void log_explain_print(const struct terminal *terminal, struct textbuf *out,
		       const struct log_record *record,
		       const struct log_explanation *explanation);

/* The same as an object of the array "messages", with all fields of the line. */
void log_explain_json(struct arena *arena, struct json *json, const struct log_record *record,
		      const struct log_explanation *explanation);

/*
 * For the files of this module: adds a statement. An empty text adds nothing.
 */
void log_explanation_add(struct log_explanation *explanation, enum log_topic topic,
			 enum log_tone tone, struct text text);

/* The parts, each in a file of its own. */
void log_explain_checks(struct log_explanation *explanation, const struct log_record *record);
void log_explain_decision(struct log_explanation *explanation, const struct log_record *record);
void log_explain_advice(struct log_explanation *explanation, const struct log_record *record);

/*
 * A sentence with the names of fields in braces, "{client} is {ptr}", for which their
 * values stand then: domains as people write them, but for "{=from}", which can be
 * pasted; "(unknown)" for what is missing.
 */
struct text log_fill(struct arena *arena, const struct log_record *record, const char *sentence);

/* True when the value is this word. */
bool log_is(const struct log_record *record, enum log_key key, const char *word);

/* What a word of the log means; tables of these end with a word that is NULL. */
struct log_meaning {
	const char *word;
	enum log_tone tone;
	const char *sentence;   /* for log_fill() */
};

/* NULL when the word is not in the table. */
const struct log_meaning *log_find_meaning(const struct log_meaning *meanings, struct text word);

/* Adds what the field's word means; nothing for a word that is not in the table. */
void log_add_meaning(struct log_explanation *explanation, const struct log_record *record,
		     enum log_topic topic, enum log_key key, const struct log_meaning *meanings);

#endif
