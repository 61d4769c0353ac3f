/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

/* Of errors, and of warnings: a file that is no configuration must not fill the log. */
enum { PROBLEMS_MAX = 100 };

static size_t
count_alike(const struct config_problems *problems, bool is_warning)
{
	size_t count = 0;

	for (size_t i = 0; i < problems->count; i++)
		count += problems->items[i].is_warning == is_warning;
	return count;
}

void
config_problem_add(struct arena *arena, struct config_problems *problems, struct text place,
		   struct text sentence, bool is_warning)
{
	struct config_problem problem = { place, sentence, is_warning };
	size_t alike = count_alike(problems, is_warning);

	if (!is_warning)
		problems->has_error = true;
	if (alike > PROBLEMS_MAX)
		return;
	if (alike == PROBLEMS_MAX)
		problem.sentence = is_warning ? TEXT("further warnings are not listed") :
						TEXT("further problems are not listed");
	problems->items = arena_grow(arena, problems->items, problems->count,
				     &problems->capacity, sizeof(*problems->items));
	problems->items[problems->count++] = problem;
}

bool
config_problems_are_full(const struct config_problems *problems)
{
	return problems->count > PROBLEMS_MAX && count_alike(problems, false) > PROBLEMS_MAX;
}

void
config_problem_add_exposed(struct arena *arena, struct config_problems *problems,
			   struct text path)
{
	config_problem_add(arena, problems, path, TEXT("any user may write this file"), true);
}
