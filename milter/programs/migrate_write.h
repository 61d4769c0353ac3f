/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_WRITE_H
#define DMARCMILTER_PROGRAMS_MIGRATE_WRITE_H

#include "config/config.h"
#include "programs/migrate_source.h"

/*
 * The new configuration under construction. A line that is not a comment is
 * tried with our own reader first; what the reader refuses becomes a comment.
 * The first file that sets a single-valued option decides.
 */
struct migrate_slot {           /* one per option of ours */
	struct text place;      /* empty: not set so far */
	struct text value;
};

/* What the old files ask for, to be put together when all are read. */
struct migrate_wishes {
	bool rejects;           /* opendmarc: RejectFailures */
	bool holds;             /* opendmarc: HoldQuarantinedMessages */
	bool requires_headers;  /* RequiredHeaders, of opendmarc or opendkim */
	bool rejects_several;   /* opendmarc: RejectMultiValueFrom */
	bool rules_refuse;      /* a Rule that refuses or defers was written */
	enum action spf_fail;   /* policyd-spf and pyspf-milter */
	enum action helo_fail;
	enum action internal_error;
};

struct migration {
	struct arena *arena;
	migrate_read_file *read;
	struct textbuf *out;
	const struct migrate_file *files;
	size_t file_count;
	const struct migrate_file *file;        /* the one at work */
	const struct migrate_setting *setting;  /* the one at work; NULL: none */
	struct migrate_slot *slots;
	struct migrate_wishes wishes;
	size_t rules;                   /* rules so far, to number them */
	size_t fates[MIGRATE_FATE_COUNT];
	struct migrate_problems *problems;
};

/* "# WORDS", wrapped; `indent` blanks more in all lines. Any bytes are made printable. */
void migrate_comment(struct migration *migration, size_t indent, struct text words);

/* The same in one line, unless it is longer than a line may be. */
void migrate_verbatim(struct migration *migration, size_t indent, struct text words);

/* "# --- TITLE ---" after an empty line. */
void migrate_heading(struct migration *migration, const char *title);

/* "#   changed: SENTENCE", counted. An empty sentence leaves the colon out. */
void migrate_say(struct migration *migration, enum migrate_fate fate, struct text sentence);

/*
 * Says `fate` and sets one of our options, if nothing set it before and the
 * reader takes the value; else says why not. False then. For a list use
 * migrate_set_list().
 */
bool migrate_set(struct migration *migration, enum migrate_fate fate, const char *option,
		 struct text value, struct text sentence);

/* Sets an option for no single old setting; the sentence says why. */
void migrate_decide(struct migration *migration, const char *option, const char *value,
		    const char *sentence);

/*
 * Lines of a list option or of a repeatable one ("Rule"), without saying a
 * fate. False when the reader refuses it; it is then written as a comment.
 */
bool migrate_add_line(struct migration *migration, const char *option, struct text rest);

/* Items of a list, some in a line. */
void migrate_add_items(struct migration *migration, const char *option,
		       const struct text_list *items);

/* The same without asking the reader, for a path whose lines were looked at already. */
void migrate_add_path(struct migration *migration, const char *option, struct text path);

/* A commented line, for the operator to think about. */
void migrate_offer(struct migration *migration, const char *option, struct text rest);

/* NULL when the reader takes "OPTION REST"; else its sentence. */
const char *migrate_line_error(struct migration *migration, const char *option, struct text rest);

/* What an option was set to; its default when it was not. */
struct text migrate_value_of(const struct migration *migration, const char *option);

#endif
