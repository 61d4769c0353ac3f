/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_FILE_H
#define DMARCMILTER_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Reads a whole file of at most `maximum` bytes into the arena. False with a
 * reason for the operator when it cannot be opened or read, is a directory, or
 * is larger. With `regular_only` also for everything that is no regular file.
 */
bool file_read(struct arena *arena, const char *path, size_t maximum, bool regular_only,
	       struct text *content_out, struct text *reason_out);

#endif
