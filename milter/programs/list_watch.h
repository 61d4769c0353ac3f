/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_LIST_WATCH_H
#define DMARCMILTER_PROGRAMS_LIST_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"
#include "config/file.h"

/*
 * Looks at the list files of the configuration in use (config/origin.h) from
 * time to time and says when they are to be read again: when one differs from
 * what was read and was the same at two looks, so that nobody is writing it
 * now. A state is reported once, whatever comes of it. Main thread only; the
 * time is the caller's.
 */
enum { LIST_SETTLE_TIME = 1000 };       /* milliseconds between the two looks */

struct list_watch {
	struct arena *arena;            /* of the arrays; emptied by list_watch_begin() */
	const char **paths;
	struct file_stamp *seen;        /* at the last look, one per file */
	struct file_stamp *reported;
	size_t count;
	int64_t next;                   /* when to look again */
};

/* A configuration came into use: what was read of its files is what is known. */
void list_watch_begin(struct list_watch *watch, const struct config *config, int64_t now);

/* Milliseconds until there is something to do; -1: never. */
int64_t list_watch_left(const struct list_watch *watch, const struct config *config, int64_t now);

/*
 * Looks, when it is time. True when the lists are to be read again; the path
 * of the first that changed is written to *path_out, which lives as long as
 * the configuration.
 */
bool list_watch_look(struct list_watch *watch, const struct config *config, int64_t now,
		     struct text *path_out);

void list_watch_end(struct list_watch *watch);

#endif
