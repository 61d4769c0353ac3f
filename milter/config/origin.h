/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_ORIGIN_H
#define DMARCMILTER_CONFIG_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"
#include "config/file.h"

/*
 * Where a configuration came from: the texts of its files, the place that set
 * each option, and the list files it read. The texts are kept, so that a list
 * that changed can be read anew without the rest: an unfinished edit of the
 * main file takes no effect by that. Lives in the arena of its configuration,
 * written while that is loaded, afterwards only read.
 */
struct origin_text {
	struct text path;
	struct text content;
};

struct watched_file {
	struct text path;
	struct file_stamp stamp;        /* of what was read */
};

struct config_origin {
	struct arena *arena;
	const struct config_origin *earlier;    /* while loading: take texts from there */
	struct text *places;            /* one per option; empty: the default */
	struct origin_text *texts;
	size_t text_count;
	size_t text_capacity;
	struct watched_file *watched;   /* list files, and the public suffix list */
	size_t watched_count;
	size_t watched_capacity;
	size_t include_count;           /* files that were included so far */
};

/*
 * `earlier`: NULL to read files; else the origin whose texts stand in for all
 * files but lists, and which has to live while the configuration is loaded.
 */
struct config_origin *origin_new(struct arena *arena, const struct config_origin *earlier)
	ATTRIBUTE_RESULT_MATTERS;

/* Keeps a text as if it had been read from `path`. */
void origin_add_text(struct config_origin *origin, struct text path, struct text content);

/* The kept text of that path; NULL when it was not read. */
const struct origin_text *origin_find_text(const struct config_origin *origin, struct text path);

/*
 * The text of a configuration file, read once and kept. *is_exposed_out: it
 * was read now and any user may write it. False with a reason when it cannot
 * be read.
 */
bool origin_read_text(struct config_origin *origin, struct text path, bool regular_only,
		      struct text *content_out, bool *is_exposed_out, struct text *reason_out);

/*
 * The files that match a glob(7) pattern, ordered by their bytes, without
 * hidden ones and what editors and packages leave behind. False with a reason
 * when a folder cannot be read; nothing that matches is no failure.
 */
bool origin_find_files(struct config_origin *origin, struct text pattern,
		       struct text_list *paths_out, struct text *reason_out);

/* A file whose change is a reason to load again. False when its path was noted already. */
bool origin_watch(struct config_origin *origin, struct text path, struct file_stamp stamp);

/* `path` as a pattern that matches nothing else. */
struct text origin_escape_pattern(struct arena *arena, struct text path);
bool origin_is_pattern(struct text path);

#endif
