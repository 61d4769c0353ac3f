/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_WORD_DISTANCE_H
#define DMARCMILTER_CONFIG_WORD_DISTANCE_H

#include <stddef.h>

#include "base/text.h"

/*
 * The known word with the smallest edit distance to one that was misspelt,
 * without regard to case. Start with the wrong word, offer all known ones, and
 * read `found`: NULL when none is near. Pure; safe from any thread.
 */
struct nearest_word {
	struct text wrong;
	size_t best;
	const char *found;
};

struct nearest_word nearest_word_start(struct text wrong);

/* Words that live as long as the program. Of several equally near the first is kept. */
void nearest_word_offer(struct nearest_word *nearest, const char *known);

#endif
