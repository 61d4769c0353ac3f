/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_LIST_FILE_H
#define DMARCMILTER_CONFIG_LIST_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/origin.h"

/*
 * The file behind "file:/path": one item a line, with quotes and comments as
 * in a configuration. It is always read from the disk, and noted in the origin
 * as a file to be watched. Its content is held apart from the configuration
 * until list_file_close(); items that are kept have to be copied.
 */
enum { LIST_FILE_BYTES_MAX = 32 * 1024 * 1024 };        /* 100,000 of the longest domains */

struct list_file {
	struct arena *scratch;
	struct text path;
	struct text rest;
	size_t line;                    /* of the last item */
	bool is_writable_by_all;        /* and was not read before for the same origin */
};

/*
 * `value` begins with "file:". `origin` may be NULL. False with what is wanted
 * or wrong, in `arena`, when there is no such file; nothing is open then.
 */
bool list_file_open(struct arena *arena, struct config_origin *origin, struct text value,
		    struct list_file *file_out, struct text *wanted_out);

/* The next item; false at the end. A line that holds none gives a reason instead. */
bool list_file_next(struct list_file *file, struct text *item_out, const char **reason_out);

/* "/path:12", of the last item. */
struct text list_file_place(struct arena *arena, const struct list_file *file);

void list_file_close(struct list_file *file);

#endif
