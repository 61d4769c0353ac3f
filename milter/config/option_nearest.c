/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/options.h"

#include <string.h>

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

const char *
option_nearest(struct text name)
{
	const char *nearest = NULL;
	size_t best = DISTANCE_MAX + 1;

	if (name.length == 0 || name.length > NAME_MAX_BYTES)
		return NULL;
	/* Half of the letters wrong is another word. */
	best = smaller(best, name.length / 2 + 1);
	for (size_t i = 0; i < option_count(); i++) {
		struct text known = text_from(option_at(i)->name);
		size_t distance;

		/* The difference of the lengths is the least distance that there can be. */
		if (known.length > NAME_MAX_BYTES || known.length >= name.length + best ||
		    name.length >= known.length + best)
			continue;
		distance = edit_distance(name, known);
		if (distance < best) {
			best = distance;
			nearest = option_at(i)->name;
		}
	}
	return nearest;
}
