/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/word_distance.h"

enum {
	NAME_MAX_BYTES = 40,    /* longer words are nobody's misspelling */
	DISTANCE_MAX = 4        /* a name further away is no help */
};

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein distance without regard to case; both at most NAME_MAX_BYTES long. */
static size_t
edit_distance(struct text a, struct text b)
{
	size_t row[NAME_MAX_BYTES + 1];

	for (size_t j = 0; j <= b.length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.length; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.length; j++) {
			size_t differs = byte_lower(a.bytes[i - 1]) != byte_lower(b.bytes[j - 1]);
			size_t replaced = diagonal + differs;

			diagonal = row[j];
			row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.length];
}

struct nearest_word
nearest_word_start(struct text wrong)
{
	/* Half of the letters wrong is another word. */
	struct nearest_word nearest = { wrong, smaller(DISTANCE_MAX, wrong.length / 2) + 1, NULL };

	return nearest;
}

void
nearest_word_offer(struct nearest_word *nearest, const char *known)
{
	struct text wrong = nearest->wrong;
	struct text word = text_from(known);
	size_t distance;

	/* The difference of the lengths is the least distance that there can be. */
	if (wrong.length == 0 || wrong.length > NAME_MAX_BYTES || word.length > NAME_MAX_BYTES ||
	    word.length >= wrong.length + nearest->best ||
	    wrong.length >= word.length + nearest->best)
		return;
	distance = edit_distance(wrong, word);
	if (distance >= nearest->best)
		return;
	nearest->best = distance;
	nearest->found = known;
}
