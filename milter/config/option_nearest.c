/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/options.h"

#include "config/word_distance.h"

const char *
option_nearest(struct text name)
{
	struct nearest_word nearest = nearest_word_start(name);

	for (size_t i = 0; i < option_count(); i++)
		nearest_word_offer(&nearest, option_at(i)->name);
	return nearest.found;
}
