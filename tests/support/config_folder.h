/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_CONFIG_FOLDER_H
#define DMARCMILTER_TESTS_CONFIG_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * A folder for the files of one test, removed with all that is in it. Paths
 * are relative to it and live in the arena; what fails fails the test.
 */
struct config_folder {
	struct arena *arena;
	const char *path;
};

struct config_folder config_folder_new(void);
void config_folder_free(struct config_folder *folder);

/* The whole path of `name`. */
const char *config_folder_path(const struct config_folder *folder, const char *name);

/*
 * Writes a file, by another name and a rename, so that each content has an
 * inode of its own; every @ in the content becomes the folder's path. Makes
 * the folders above it. Gives the whole path.
 */
const char *config_folder_write(const struct config_folder *folder, const char *name,
				const char *content);

/* `text` with the folder's path written as @. */
struct text config_folder_shorten(const struct config_folder *folder, struct text text);

#endif
