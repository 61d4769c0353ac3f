/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/reader.h"

/*
 * Configuration text. Whatever the reader accepts is printed as a text that it
 * reads without a problem to the same configuration; a problem always has a
 * place and a sentence.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct text
printed(struct arena *arena, const struct config *config)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	config_print(arena, config, &out);
	return textbuf_text(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct config_problems problems = { .count = 0 };
	struct config_problems again = { .count = 0 };
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config *reread = arena_alloc(arena, sizeof(*reread));
	struct text source = text_of((const char *)data, size);
	struct text first;

	/* Files of this machine are none of the fuzzer's business. */
	if (text_find_text(text_lower(arena, source), TEXT("file:/")) != TEXT_NOT_FOUND &&
	    text_find_text(text_lower(arena, source), TEXT("logtarget")) == TEXT_NOT_FOUND) {
		arena_free(&arena);
		return 0;
	}
	config_set_defaults(arena, config);
	config_set_defaults(arena, reread);
	config_read_text(arena, source, TEXT("fuzz"), config, &problems);
	config_finish(arena, config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		must(problems.items[i].place.length > 0 && problems.items[i].sentence.length > 0);
	first = printed(arena, config);
	config_read_text(arena, first, TEXT("printed"), reread, &again);
	must(again.count == 0);
	must(text_equal(first, printed(arena, reread)));
	arena_free(&arena);
	return 0;
}
