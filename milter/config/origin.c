/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/origin.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>

#include "base/textbuf.h"
#include "config/options.h"

enum { CONFIG_BYTES_MAX = 1024 * 1024 };

static const char pattern_bytes[] = "*?[";

struct config_origin *
origin_new(struct arena *arena, const struct config_origin *earlier)
{
	struct config_origin *origin = arena_alloc(arena, sizeof(*origin));

	origin->arena = arena;
	origin->earlier = earlier;
	origin->places = arena_array(arena, option_count(), sizeof(*origin->places));
	return origin;
}

void
origin_add_text(struct config_origin *origin, struct text path, struct text content)
{
	origin->texts = arena_grow(origin->arena, origin->texts, origin->text_count,
				   &origin->text_capacity, sizeof(*origin->texts));
	origin->texts[origin->text_count++] = (struct origin_text){
		text_copy(origin->arena, path), text_copy(origin->arena, content)
	};
}

const struct origin_text *
origin_find_text(const struct config_origin *origin, struct text path)
{
	for (size_t i = 0; i < origin->text_count; i++)
		if (text_equal(origin->texts[i].path, path))
			return &origin->texts[i];
	return NULL;
}

bool
origin_read_text(struct config_origin *origin, struct text path, bool regular_only,
		 struct text *content_out, bool *is_exposed_out, struct text *reason_out)
{
	const struct origin_text *known = origin_find_text(origin, path);
	struct file_content file = { .is_writable_by_all = false };
	struct arena *scratch;
	bool is_read;

	if (known == NULL && origin->earlier != NULL) {
		known = origin_find_text(origin->earlier, path);
		if (known == NULL) {
			*reason_out = TEXT("it is no part of the configuration");
			return false;
		}
		origin_add_text(origin, path, known->content);
		known = origin_find_text(origin, path);
	}
	if (known == NULL) {
		scratch = arena_new();
		is_read = file_read(scratch, text_string(scratch, path), CONFIG_BYTES_MAX,
				    regular_only, &file, reason_out);
		if (is_read)
			origin_add_text(origin, path, file.text);
		else
			*reason_out = text_copy(origin->arena, *reason_out);
		arena_free(&scratch);
		if (!is_read)
			return false;
		known = origin_find_text(origin, path);
	}
	*content_out = known->content;
	*is_exposed_out = file.is_writable_by_all;
	return true;
}

/* What stays behind beside a file that is edited or upgraded. */
static bool
is_leftover(struct text path)
{
	static const char *const ends[] = {
		"~",	     "#",	  ".bak",	".orig",     ".rej",	    ".swp",
		".tmp",	     ".dpkg-old", ".dpkg-new",	".dpkg-tmp", ".dpkg-dist",  ".dpkg-bak",
		".ucf-dist", ".ucf-old",  ".ucf-new",	".rpmnew",   ".rpmsave",    ".rpmorig",
	};
	size_t slash = text_find_last(path, '/');
	struct text name = slash == TEXT_NOT_FOUND ? path : text_from_position(path, slash + 1);

	if (text_starts_with(name, TEXT(".")) || text_starts_with(name, TEXT("#")))
		return true;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (text_ends_with(name, text_from(ends[i])))
			return true;
	return false;
}

static int
compare_paths(const void *first, const void *second)
{
	const struct text *a = first;
	const struct text *b = second;

	return text_compare(*a, *b);
}

/* A folder that does not exist holds nothing; one that cannot be read may hold anything. */
static int
stop_at_failure(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

static void
add_path(struct arena *arena, struct text_list *list, size_t *capacity, struct text path)
{
	if (is_leftover(path))
		return;
	list->items = arena_grow(arena, list->items, list->count, capacity, sizeof(*list->items));
	list->items[list->count++] = text_copy(arena, path);
}

static bool
find_in_folders(struct arena *arena, const char *pattern, struct text_list *list)
{
	glob_t found = { .gl_pathc = 0 };
	size_t capacity = 0;
	int status = glob(pattern, GLOB_NOSORT, stop_at_failure, &found);

	for (size_t i = 0; status == 0 && i < found.gl_pathc; i++)
		add_path(arena, list, &capacity, text_from(found.gl_pathv[i]));
	globfree(&found);
	return status == 0 || status == GLOB_NOMATCH;
}

static void
find_in_texts(struct arena *arena, const char *pattern, const struct config_origin *origin,
	      struct text_list *list)
{
	size_t capacity = 0;

	for (size_t i = 0; i < origin->text_count; i++)
		if (fnmatch(pattern, text_string(arena, origin->texts[i].path),
			    FNM_PATHNAME | FNM_PERIOD) == 0)
			add_path(arena, list, &capacity, origin->texts[i].path);
}

bool
origin_find_files(struct config_origin *origin, struct text pattern, struct text_list *paths_out,
		  struct text *reason_out)
{
	const char *string = text_string(origin->arena, pattern);
	struct text_list list = { .count = 0 };

	if (origin->earlier != NULL) {
		find_in_texts(origin->arena, string, origin->earlier, &list);
	} else if (!find_in_folders(origin->arena, string, &list)) {
		*reason_out = TEXT("a folder of it cannot be read");
		return false;
	}
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), compare_paths);
	*paths_out = list;
	return true;
}

bool
origin_watch(struct config_origin *origin, struct text path, struct file_stamp stamp)
{
	/* The first stamp counts: a change between two readings is noticed. */
	for (size_t i = 0; i < origin->watched_count; i++)
		if (text_equal(origin->watched[i].path, path))
			return false;
	origin->watched = arena_grow(origin->arena, origin->watched, origin->watched_count,
				     &origin->watched_capacity, sizeof(*origin->watched));
	origin->watched[origin->watched_count++] =
		(struct watched_file){ text_copy(origin->arena, path), stamp };
	return true;
}

bool
origin_is_pattern(struct text path)
{
	for (size_t i = 0; pattern_bytes[i] != '\0'; i++)
		if (text_find(path, pattern_bytes[i]) != TEXT_NOT_FOUND)
			return true;
	return false;
}

struct text
origin_escape_pattern(struct arena *arena, struct text path)
{
	struct textbuf pattern = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < path.length; i++) {
		char byte = path.bytes[i];

		if (byte == '\\' || origin_is_pattern(text_of(&byte, 1)))
			textbuf_add_byte(&pattern, '\\');
		textbuf_add_byte(&pattern, byte);
	}
	return textbuf_text(&pattern);
}
