/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_folder.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/textbuf.h"

enum { DESCRIPTORS = 8, MODE = 0700 };

struct config_folder
config_folder_new(void)
{
	char path[] = "/tmp/dmarcmilter-config-XXXXXX";
	struct config_folder folder = { .arena = arena_new() };

	assert_non_null(mkdtemp(path));
	folder.path = text_string(folder.arena, text_from(path));
	return folder;
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void
config_folder_free(struct config_folder *folder)
{
	assert_int_equal(nftw(folder->path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS), 0);
	arena_free(&folder->arena);
}

const char *
config_folder_path(const struct config_folder *folder, const char *name)
{
	return text_printf(folder->arena, "%s/%s", folder->path, name).bytes;
}

static struct text
replace_all(struct arena *arena, struct text text, struct text part, struct text by)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	size_t place;

	while ((place = text_find_text(text, part)) != TEXT_NOT_FOUND) {
		textbuf_add(&out, text_cut(text, 0, place));
		textbuf_add(&out, by);
		text = text_from_position(text, place + part.length);
	}
	textbuf_add(&out, text);
	return textbuf_text(&out);
}

static void
make_folders_above(const struct config_folder *folder, const char *path)
{
	struct text text = text_from(path);

	for (size_t i = strlen(folder->path) + 1; i < text.length; i++)
		if (path[i] == '/' &&
		    mkdir(text_string(folder->arena, text_cut(text, 0, i)), MODE) != 0)
			assert_int_equal(errno, EEXIST);
}

const char *
config_folder_write(const struct config_folder *folder, const char *name, const char *content)
{
	const char *path = config_folder_path(folder, name);
	const char *fresh = config_folder_path(folder, "fresh");
	struct text text = replace_all(folder->arena, text_from(content), TEXT("@"),
				       text_from(folder->path));
	FILE *file = fopen(fresh, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text.bytes, 1, text.length, file), text.length);
	assert_int_equal(fclose(file), 0);
	make_folders_above(folder, path);
	assert_int_equal(rename(fresh, path), 0);
	return path;
}

struct text
config_folder_shorten(const struct config_folder *folder, struct text text)
{
	return replace_all(folder->arena, text, text_from(folder->path), TEXT("@"));
}
