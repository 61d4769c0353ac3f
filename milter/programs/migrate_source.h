/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_SOURCE_H
#define DMARCMILTER_PROGRAMS_MIGRATE_SOURCE_H

#include "programs/migrate.h"
#include "programs/migrate_table.h"

/*
 * An old configuration file, taken apart: which program it is of, and its
 * settings in order, those of included files where they are included. Pure
 * but for `read`. Shares the bytes of the source.
 */
struct migrate_setting {
	struct text file;
	size_t line;
	struct text name;
	struct text value;      /* without comment, trimmed; may be empty */
	struct text source;     /* the line, without comment and trimmed */
	const struct migrate_row *row;  /* NULL: not known */
	size_t overridden_by;   /* line of the same file that sets it again; 0: none */
};

struct migrate_file {
	struct text path;
	enum migrate_program program;
	bool is_by_name;        /* the name says so; else only the options do */
	size_t known;           /* settings that the program has */
	bool signs;             /* it names a key, and its Mode does not exclude signing */
	struct migrate_setting *settings;
	size_t count;
	size_t capacity;
	struct migrate_problems unread; /* included files that cannot be read */
};

/* False with a sentence when it is no text, too long, or of no known program. */
bool migrate_source_read(struct arena *arena, const struct migrate_source *source,
			 migrate_read_file *read, struct migrate_file *file_out,
			 struct text *sentence_out);

/* The setting that counts; NULL when the file has none of that name. */
const struct migrate_setting *migrate_file_find(const struct migrate_file *file,
						struct text name);

#endif
