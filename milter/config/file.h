/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_FILE_H
#define DMARCMILTER_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* What tells one state of a file from the next. Zero: there is no such file. */
struct file_stamp {
	bool exists;
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t modified;       /* nanoseconds since 1970 */
	int64_t changed;        /* the same, of owner and mode too */
};

struct file_content {
	struct text text;
	struct file_stamp stamp;        /* as the file was read */
	bool is_writable_by_all;        /* a regular file that any user may change */
};

/* The state of the file at `path`, behind symbolic links. */
struct file_stamp file_look(const char *path);
bool file_stamps_are_equal(const struct file_stamp *a, const struct file_stamp *b);

/*
 * Reads a whole file of at most `maximum` bytes into the arena. False with a
 * reason for the operator when it cannot be opened or read, is a directory, or
 * is larger, or is written to again and again meanwhile. With `regular_only` also
 * for everything that is no regular file.
 */
bool file_read(struct arena *arena, const char *path, size_t maximum, bool regular_only,
	       struct file_content *content_out, struct text *reason_out);

#endif
