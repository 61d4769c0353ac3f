/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_READER_H
#define DMARCMILTER_CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "config/config.h"

/*
 * Reads configuration text of "Name value" lines into a struct config. All
 * errors of a text are collected, not only the first: each is one sentence
 * with file and line, what is wrong, and what to do (for an unknown name: the
 * nearest known one). Lives in `arena`. No logging, no globals.
 */
struct config_problem {
	struct text place;      /* "/etc/dmarcmilter.conf:12" */
	struct text sentence;
	bool is_warning;        /* the configuration can be used all the same */
};

struct config_problems {
	struct config_problem *items;
	size_t count;
	size_t capacity;
	bool has_error;
};

/* Notes a problem. After a hundred errors only has_error is kept; and a hundred warnings. */
void config_problem_add(struct arena *arena, struct config_problems *problems, struct text place,
			struct text sentence, bool is_warning);

/*
 * So many errors that reading on would list no further one: a large file that
 * is no configuration must not cost time and memory for each of its lines.
 */
bool config_problems_are_full(const struct config_problems *problems);

/* Warns of a file that any user may write. */
void config_problem_add_exposed(struct arena *arena, struct config_problems *problems,
				struct text path);

/* All defaults; AuthservID is still to be resolved (config_finish()). */
void config_set_defaults(struct arena *arena, struct config *config);

/*
 * Reads a text; `name` is used in the places of problems. A text that is read
 * later overrides the earlier ones: within one text a list may be repeated and
 * adds up, and no other option may stand twice. An Include reads its files in
 * place: they are later than what stands before it, and what stands behind it
 * is later than they are. It takes an origin in the configuration, which then
 * also gets the places of the options.
 */
void config_read_text(struct arena *arena, struct text source, struct text name,
		      struct config *config, struct config_problems *problems);

/* Reads the value of one option, in the syntax of a file, as a text of its own. */
void config_read_setting(struct arena *arena, struct text option_name, struct text value,
			 struct text name, struct config *config,
			 struct config_problems *problems);

/* Reads a file; a file that cannot be read is a problem. */
void config_read_file(struct arena *arena, const char *path, struct config *config,
		      struct config_problems *problems);

/* Reads the files of the folder PATH.d whose names end with .conf, by name; it may be missing. */
void config_read_drop_ins(struct arena *arena, const char *path, struct config *config,
			  struct config_problems *problems);

/*
 * Reads the variables DMARCMILTER_OPTIONNAME of an environment that ends with
 * NULL. Others that begin so are warnings: orchestrators add their own.
 */
void config_read_environment(struct arena *arena, char *const *environment, struct config *config,
			     struct config_problems *problems);

/* Resolves HOSTNAME, checks options against each other. Call once, after all reading. */
void config_finish(struct arena *arena, struct config *config, struct config_problems *problems);

/*
 * Defaults, file, drop-ins, environment of the process, finish. NULL when
 * there is an error; the problems say which.
 */
const struct config *config_load(struct arena *arena, const char *path,
				 struct config_problems *problems);

/*
 * The same with the texts that `earlier` was read from, for a configuration
 * that was loaded: only its list files are read again.
 */
const struct config *config_load_lists(struct arena *arena, const char *path,
				       const struct config *earlier,
				       struct config_problems *problems);

/* Appends the effective settings that differ from their defaults, as a configuration text. */
void config_print(struct arena *arena, const struct config *config, struct textbuf *out);

/* The same with a comment above each that says where it was set (-C). */
void config_print_with_places(struct arena *arena, const struct config *config,
			      struct textbuf *out);

#endif
