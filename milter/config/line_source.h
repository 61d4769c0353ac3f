/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_LINE_SOURCE_H
#define DMARCMILTER_CONFIG_LINE_SOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/reader.h"

/*
 * What the readers of rules and of their like need of the reader of the text:
 * memory, the place of the line, where problems go, and the lines of list
 * files. Given by config/reader.c for the time of one line.
 */

/* Texts that become more; their bytes are not copied. All zero is the empty one. */
struct text_pile {
	struct text *items;
	size_t count;
	size_t capacity;
};

void text_pile_add(struct arena *arena, struct text_pile *pile, struct text text);

/* What takes the values of a list one after the other. */
struct value_taker {
	struct text subject;    /* what a sentence about a value begins with: "Rule bank, author" */
	bool takes_files;       /* file:/path stands for the lines of a file */
	void *object;
	/*
	 * False, with the second half of a sentence, when the value cannot be taken. What
	 * is kept of it has to be copied.
	 */
	bool (*take)(void *object, struct text value, struct text *wanted_out);
};

struct line_source {
	struct arena *arena;
	struct text place;
	struct config_problems *problems;
	void *reader;
	/* Hands each line of "file:/path" to the taker; notes what is wrong, with its own place. */
	void (*read_file)(void *reader, struct text value, const struct value_taker *taker);
};

/* Notes an error: "SUBJECT: SENTENCE". */
void line_refuse(const struct line_source *source, struct text subject, struct text sentence);

/* Notes what is wrong with a value: "SUBJECT "VALUE": WANTED". */
void line_refuse_value(const struct line_source *source, struct text subject, struct text value,
		       struct text wanted);

/* The sentence for it, without noting. */
struct text line_value_sentence(struct arena *arena, struct text subject, struct text value,
				struct text wanted);

/* True for a value that stands for the lines of a file. */
bool line_names_file(struct text value);

/*
 * Takes what stands before the next blank outside of quotes off the front.
 * False at the end, or at a comment.
 */
bool line_next_word(struct text *rest, struct text *word_out);

/* `line` without blanks at its ends and without a comment outside of quotes. */
struct text line_without_comment(struct text line);

/* Hands one value to the taker; the rest as for line_take_values(). */
bool line_take_value(const struct line_source *source, struct text value,
		     const struct value_taker *taker, struct text_pile *written);

/*
 * Hands each value of "VALUE,VALUE..." to the taker: in quotes where it has
 * blanks or commas; file:/path for the lines of a file. What is wrong is
 * noted. `written` gets each value as it stands there; may be NULL. False when
 * any was refused before a file was read.
 */
bool line_take_values(const struct line_source *source, struct text list,
		      const struct value_taker *taker, struct text_pile *written);

/*
 * Reads a value of the domain grammar into the form of mail/domain_set.h:
 * "example.com", or ".example.com" for everything below it. The result is in
 * `arena`.
 */
bool domain_entry_read(struct arena *arena, struct text value, struct text *entry_out,
		       struct text *wanted_out);

#endif
