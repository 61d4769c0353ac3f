/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_FILES_H
#define DMARCMILTER_TOOL_LOG_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The files of a log: itself, and what it was renamed to when it was rotated. */
struct log_files {
	char **paths;           /* the oldest first */
	size_t count;
	uint64_t bytes;         /* of all of them, as they are stored */
};

/*
 * The log at `path` with PATH.1, PATH.2.gz, PATH-20260131 and PATH-20260131.gz
 * beside it; of those only what was written to since `since` (0: all). No files
 * when there are none, or the folder cannot be read.
 */
struct log_files log_files_find(struct arena *arena, const char *path, int64_t since);

/* These, in this order, with their sizes. What is no regular file has none. */
struct log_files log_files_given(struct arena *arena, char **paths, size_t count);

#endif
