/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

enum { PROBLEMS_MAX = 100 };    /* a file that is no configuration must not fill the log */

void
config_problem_add(struct arena *arena, struct config_problems *problems, struct text place,
		   struct text sentence, bool is_warning)
{
	struct config_problem problem = { place, sentence, is_warning };

	if (!is_warning)
		problems->has_error = true;
	if (problems->count > PROBLEMS_MAX)
		return;
	if (problems->count == PROBLEMS_MAX)
		problem.sentence = TEXT("further problems are not listed");
	problems->items = arena_grow(arena, problems->items, problems->count,
				     &problems->capacity, sizeof(*problems->items));
	problems->items[problems->count++] = problem;
}
