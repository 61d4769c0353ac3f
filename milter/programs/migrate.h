/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_H
#define DMARCMILTER_PROGRAMS_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"

/*
 * From the configuration files of other mail filters to one of ours
 * (dmarcmilter --migrate). Pure but for `read`, through which files are asked
 * for that the old settings name. What comes out lives in the arena. One thread.
 */
enum migrate_program {
	MIGRATE_NOTHING_YET,
	MIGRATE_OPENDKIM,
	MIGRATE_OPENDMARC,
	MIGRATE_POLICYD_SPF,
	MIGRATE_PYSPF_MILTER,
	MIGRATE_DKIMPY_MILTER,
	MIGRATE_PROGRAM_COUNT
};

enum {
	MIGRATE_FILE_MAX = 256 * 1024,  /* bytes of an old file; real ones have under 64 KiB */
	MIGRATE_SETTINGS_MAX = 2000,    /* lines that say something, with files included */
	MIGRATE_OUTPUT_MAX = 16 * 1024 * 1024
};

/* Reads a whole file that a setting names; false with a reason. */
typedef bool migrate_read_file(struct arena *arena, struct text path, struct text *content_out,
			       struct text *reason_out);

struct migrate_source {
	struct text path;       /* as given; the kind of file is first sought in its name */
	struct text content;
};

struct migrate_problem {
	struct text place;      /* "/etc/opendkim.conf:12", or a file */
	struct text sentence;
};

struct migrate_problems {
	struct migrate_problem *items;
	size_t count;
	size_t capacity;
};

/* "opendkim", "opendmarc", ... */
const char *migrate_program_name(enum migrate_program program);

/*
 * Appends a configuration to `out`, which config_read_text() takes without an
 * error. Problems: an option that is not known, by place. False, with nothing
 * appended and one problem, when a source is no text or of no known kind.
 */
bool migrate(struct arena *arena, const struct migrate_source *sources, size_t count,
	     migrate_read_file *read, struct textbuf *out, struct migrate_problems *problems);

#endif
