/* SPDX-License-Identifier: BSD-2-Clause */
/* First line: the name of the file. Then its text; a line "====" starts a list file. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/reader.h"
#include "programs/migrate.h"

/*
 * Old configuration files. What comes out is a text that our own reader takes
 * without an error, each line of it is printable, and nothing is written when
 * a file is refused.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct text list_file;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Whatever path is asked for, it is the same file; one is missing. */
static bool
read_list(struct arena *arena, struct text path, struct text *content_out, struct text *reason_out)
{
	(void)arena;
	if (text_ends_with(path, TEXT("missing"))) {
		*reason_out = TEXT("it is missing");
		return false;
	}
	*content_out = list_file;
	return true;
}

static bool
names_file(struct text result)
{
	return text_find_text(result, TEXT("file:")) != TEXT_NOT_FOUND;
}

/* Lines that name a list file are left out: that file does not exist here. */
static struct text
without_files(struct arena *arena, struct text result)
{
	struct textbuf kept = textbuf_new(arena, SIZE_MAX);
	struct text line;

	while (text_next_part(&result, '\n', &line))
		if (text_starts_with(line, TEXT("#")) || !names_file(line)) {
			textbuf_add(&kept, line);
			textbuf_add_byte(&kept, '\n');
		}
	return textbuf_text(&kept);
}

static void
check_result(struct arena *arena, struct text result)
{
	struct config_problems problems = { .count = 0 };
	struct config *config = arena_alloc(arena, sizeof(*config));

	for (size_t i = 0; i < result.length; i++)
		must(byte_is_printable(result.bytes[i]) || result.bytes[i] == '\n');
	config_set_defaults(arena, config);
	config_read_text(arena, without_files(arena, result), TEXT("result"), config, &problems);
	config_finish(arena, config, &problems);
	must(!problems.has_error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text rest = text_of((const char *)data, size);
	struct migrate_source sources[2];
	struct textbuf out = textbuf_new(arena, MIGRATE_OUTPUT_MAX);
	struct migrate_problems problems = { NULL, 0, 0 };
	struct text name = { NULL, 0 };
	size_t split;
	bool is_known;

	(void)text_next_part(&rest, '\n', &name);
	split = text_find_text(rest, TEXT("\n====\n"));
	list_file = split == TEXT_NOT_FOUND ? TEXT("192.0.2.1\n") : text_from_position(rest, split + 6);
	sources[0] = (struct migrate_source){ name, text_cut(rest, 0, split) };
	/* Twice the same: every setting meets itself. */
	sources[1] = sources[0];
	is_known = migrate(arena, sources, 1 + size % 2, read_list, &out, &problems);
	must(!out.overflowed);
	must(is_known || (out.length == 0 && problems.count == 1));
	for (size_t i = 0; i < problems.count; i++)
		must(problems.items[i].sentence.length > 0);
	if (is_known)
		check_result(arena, textbuf_text(&out));
	arena_free(&arena);
	return 0;
}
