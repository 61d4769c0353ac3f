/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"

struct candidate {
	char *path;
	struct text name;
	int64_t modified;
	uint64_t size;
};

struct candidates {
	struct arena *arena;
	struct candidate *items;
	size_t count;
	size_t capacity;
};

/* ".1", ".2.gz", "-20260131", "-20260131.gz" and what logrotate makes of dates with a time. */
static bool
is_rotation(struct text ending)
{
	if (text_is_empty(ending))
		return true;
	if (ending.bytes[0] != '.' && ending.bytes[0] != '-')
		return false;
	if (text_ends_with(ending, TEXT(".gz")))
		ending = text_cut(ending, 0, ending.length - 3);
	if (ending.length < 2)
		return false;
	for (size_t i = 1; i < ending.length; i++)
		if (!byte_is_digit(ending.bytes[i]) && ending.bytes[i] != '-')
			return false;
	return true;
}

static void
add(struct candidates *candidates, struct text folder, struct text name, int64_t since)
{
	struct text path = text_join(candidates->arena, folder, name);
	char *string = text_string(candidates->arena, path);
	struct stat status;

	if (stat(string, &status) != 0 || !S_ISREG(status.st_mode) || status.st_mtime < since)
		return;
	candidates->items = arena_grow(candidates->arena, candidates->items, candidates->count,
				       &candidates->capacity, sizeof(*candidates->items));
	candidates->items[candidates->count++] = (struct candidate){
		.path = string,
		.name = text_from_position(text_from(string), folder.length),
		.modified = status.st_mtime,
		.size = (uint64_t)status.st_size,
	};
}

/* Older ones first; of the same second by name, ".2" before ".1" and both before the log itself. */
static int
compare(const void *one, const void *other)
{
	const struct candidate *a = one;
	const struct candidate *b = other;

	if (a->modified != b->modified)
		return a->modified < b->modified ? -1 : 1;
	return -text_compare(a->name, b->name);
}

static struct log_files
to_files(const struct candidates *candidates)
{
	struct log_files files = { .count = candidates->count };

	files.paths = arena_array(candidates->arena, files.count + 1, sizeof(*files.paths));
	for (size_t i = 0; i < files.count; i++) {
		files.paths[i] = candidates->items[i].path;
		files.bytes += candidates->items[i].size;
	}
	return files;
}

struct log_files
log_files_find(struct arena *arena, const char *path, int64_t since)
{
	struct candidates candidates = { .arena = arena };
	struct text all = text_from(path);
	size_t slash = text_find_last(all, '/');
	struct text folder = slash != TEXT_NOT_FOUND ? text_cut(all, 0, slash + 1) : TEXT("./");
	struct text base = slash != TEXT_NOT_FOUND ? text_from_position(all, slash + 1) : all;
	DIR *directory = opendir(text_string(arena, folder));
	const struct dirent *entry;

	if (directory == NULL)
		return (struct log_files){ .count = 0 };
	while ((entry = readdir(directory)) != NULL) {
		struct text name = text_from(entry->d_name);

		if (text_starts_with(name, base) &&
		    is_rotation(text_from_position(name, base.length)))
			add(&candidates, folder, name, since);
	}
	(void)closedir(directory);
	if (candidates.count > 0)
		qsort(candidates.items, candidates.count, sizeof(*candidates.items), compare);
	return to_files(&candidates);
}

struct log_files
log_files_given(struct arena *arena, char **paths, size_t count)
{
	struct log_files files = { .count = count };

	files.paths = arena_array(arena, count + 1, sizeof(*files.paths));
	for (size_t i = 0; i < count; i++) {
		struct stat status;

		files.paths[i] = paths[i];
		if (stat(paths[i], &status) == 0 && S_ISREG(status.st_mode))
			files.bytes += (uint64_t)status.st_size;
	}
	return files;
}
