/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_OPTION_VALUE_H
#define DMARCMILTER_CONFIG_OPTION_VALUE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "config/config.h"
#include "config/options.h"

/*
 * From the text of a value to the field of a row, and back. Values are copied
 * into the arena. A function that refuses a value leaves the field as it was
 * and writes what is wanted, as the second half of a sentence. Pure.
 */

/* Sets the field of an option that is no list. */
bool option_set(struct arena *arena, const struct option *option, struct text value,
		struct config *config, struct text *wanted_out);

/* Lists: empties the field; adds one item. */
void option_clear(const struct option *option, struct config *config);
bool option_add(struct arena *arena, const struct option *option, struct text item,
		struct config *config, struct text *wanted_out);

/* True for a word that stands for a whole list, alone: none, system, recursive. */
bool option_is_lone_word(const struct option *option, struct text item);

/* Empties the list and gives it the meaning of such a word. */
void option_set_lone_word(const struct option *option, struct text word, struct config *config);

void option_set_default(struct arena *arena, const struct option *option, struct config *config);

/*
 * Appends the value as it would stand in a file, quoted where that is needed.
 * `separator` goes between the items of a list: ",", or an end of line with
 * the name again.
 */
void option_write(struct arena *arena, const struct option *option, const struct config *config,
		  const char *separator, struct textbuf *out);

/* "enforce or monitor is wanted": each value by its first word. */
struct text option_words_wanted(struct arena *arena, const struct option_word *words);

/* Appends a copy. */
void text_list_add(struct arena *arena, struct text item, struct text_list *list);

#endif
