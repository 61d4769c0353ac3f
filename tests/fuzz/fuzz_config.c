/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/origin.h"
#include "config/reader.h"

/*
 * Configuration text, and behind lines of "%%" the files 1.conf, 2.conf, ... that it
 * can include: they exist in memory only. Whatever the reader accepts is printed as a text that it
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

/* What -C prints: comments change nothing. */
static struct text
printed_with_places(struct arena *arena, const struct config *config)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	config_print_with_places(arena, config, &out);
	return textbuf_text(&out);
}

/* Takes the text in front of the next line of "%%" off *rest. */
static struct text
next_file(struct text *rest)
{
	struct text separator = TEXT("\n%%\n");
	size_t end = text_find_text(*rest, separator);
	struct text file = *rest;

	if (end == TEXT_NOT_FOUND) {
		*rest = TEXT("");
		return file;
	}
	file = text_cut(*rest, 0, end + 1);
	*rest = text_from_position(*rest, end + separator.length);
	return file;
}

static const struct config_origin *
files_of(struct arena *arena, struct text rest)
{
	struct config_origin *files = origin_new(arena, NULL);

	for (unsigned i = 1; i < 10 && rest.length > 0; i++)
		origin_add_text(files, text_printf(arena, "/%u.conf", i), next_file(&rest));
	return files;
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
	struct text text;
	struct text first;

	/* Files of this machine are none of the fuzzer's business. */
	if (text_find_text(text_lower(arena, source), TEXT("file:/")) != TEXT_NOT_FOUND &&
	    text_find_text(text_lower(arena, source), TEXT("logtarget")) == TEXT_NOT_FOUND) {
		arena_free(&arena);
		return 0;
	}
	config_set_defaults(arena, config);
	config_set_defaults(arena, reread);
	text = next_file(&source);
	config->origin = origin_new(arena, files_of(arena, source));
	config_read_text(arena, text, TEXT("/fuzz"), config, &problems);
	config_finish(arena, config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		must(problems.items[i].place.length > 0 && problems.items[i].sentence.length > 0);
	first = printed(arena, config);
	config_read_text(arena, first, TEXT("printed"), reread, &again);
	must(again.count == 0);
	must(text_equal(first, printed(arena, reread)));
	config_set_defaults(arena, reread);
	config_read_text(arena, printed_with_places(arena, config), TEXT("placed"), reread, &again);
	must(again.count == 0);
	must(text_equal(first, printed(arena, reread)));
	arena_free(&arena);
	return 0;
}
