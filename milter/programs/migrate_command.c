/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_command.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"
#include "config/file.h"
#include "config/reader.h"
#include "programs/migrate.h"

enum {
	LIST_BYTES_MAX = 4 * 1024 * 1024,       /* what the reader takes of a file: list */
	SHOWN_MAX = 500
};

static void
complain(struct arena *arena, struct text place, struct text sentence)
{
	struct text shown = log_quote(arena, place, SHOWN_MAX);

	fprintf(stderr, "dmarcmilter: %.*s: %.*s\n", TEXT_ARGUMENTS(shown),
		TEXT_ARGUMENTS(sentence));
}

static bool
read_list(struct arena *arena, struct text path, struct text *content_out, struct text *reason_out)
{
	struct file_content content;

	if (text_find(path, '\0') != TEXT_NOT_FOUND) {
		*reason_out = TEXT("it is no path");
		return false;
	}
	if (!file_read(arena, text_string(arena, path), LIST_BYTES_MAX, true, &content,
		       reason_out))
		return false;
	*content_out = content.text;
	return true;
}

static bool
read_sources(struct arena *arena, char *const *paths, size_t count,
	     struct migrate_source *sources)
{
	bool is_complete = true;

	for (size_t i = 0; i < count; i++) {
		struct file_content content;
		struct text reason;

		sources[i].path = text_from(paths[i]);
		if (file_read(arena, paths[i], MIGRATE_FILE_MAX, false, &content, &reason)) {
			sources[i].content = content.text;
			continue;
		}
		complain(arena, sources[i].path, reason);
		is_complete = false;
	}
	return is_complete;
}

/* The daemon must be able to start with what we print. */
static bool
is_usable(struct arena *arena, struct text result)
{
	struct config_problems problems = { .count = 0 };
	struct config *config = arena_alloc(arena, sizeof(*config));

	config_set_defaults(arena, config);
	config_read_text(arena, result, TEXT("result"), config, &problems);
	config_finish(arena, config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.items[i].is_warning)
			complain(arena, problems.items[i].place, problems.items[i].sentence);
	return !problems.has_error;
}

static int
migrate_paths(struct arena *arena, char *const *paths, size_t count)
{
	struct migrate_source *sources = arena_array(arena, count, sizeof(*sources));
	struct textbuf out = textbuf_new(arena, MIGRATE_OUTPUT_MAX);
	struct migrate_problems problems = { NULL, 0, 0 };
	struct text result;
	bool is_known;

	if (!read_sources(arena, paths, count, sources))
		return EX_NOINPUT;
	is_known = migrate(arena, sources, count, read_list, &out, &problems);
	for (size_t i = 0; i < problems.count; i++)
		complain(arena, problems.items[i].place, problems.items[i].sentence);
	if (!is_known)
		return EX_DATAERR;
	result = textbuf_text(&out);
	if (out.overflowed || !is_usable(arena, result)) {
		fputs("dmarcmilter: the result is no usable configuration; nothing is printed\n",
		      stderr);
		return EX_SOFTWARE;
	}
	if (problems.count > 0)
		fprintf(stderr, "dmarcmilter: %zu to look at; see \"not known\" and \"not "
			"included\" in the result\n", problems.count);
	if (fwrite(result.bytes, 1, result.length, stdout) != result.length ||
	    fflush(stdout) != 0) {
		perror("dmarcmilter: standard output");
		return EX_IOERR;
	}
	return EX_OK;
}

int
migrate_command(char *const *paths, size_t count)
{
	struct arena *arena = arena_new();
	int exit_code = migrate_paths(arena, paths, count);

	arena_free(&arena);
	return exit_code;
}
