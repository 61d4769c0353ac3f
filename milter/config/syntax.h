/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_SYNTAX_H
#define DMARCMILTER_CONFIG_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"

/*
 * The form of configuration text: lines, names, quotes, comments, lists,
 * numbers with units. Knows no option. Pure; safe from any thread. Reasons are
 * literals, to be put behind the name and the value.
 */
enum { SYNTAX_LINE_MAX = 4096 };        /* bytes, without the end of the line */

struct syntax_item {
	struct text text;
	bool is_quoted;
};

/*
 * Takes the next line off the front of *rest, without LF or CR LF; false at
 * the end. syntax_skip_mark() is for the start: a byte order mark is no text.
 */
bool syntax_next_line(struct text *rest, struct text *line_out);
struct text syntax_skip_mark(struct text source);

/* NULL when the line may be read; else what is wrong: length, control bytes, UTF-8 (RFC 3629). */
const char *syntax_line_error(struct text line);

/* Takes "Name value" or "Name = value" apart. False for an empty line or a comment. */
bool syntax_split(struct text line, struct text *name_out, struct text *rest_out);

/* The one value of a line. False with a reason when there is none, or when quotes are wrong. */
bool syntax_scalar(struct arena *arena, struct text rest, struct syntax_item *item_out,
		   const char **reason_out);

/*
 * Takes the next item off the front of *rest; false at the end (then
 * *reason_out is NULL) and for wrong quotes (then it says so).
 */
bool syntax_next_item(struct arena *arena, struct text *rest, struct syntax_item *item_out,
		      const char **reason_out);

/* A value in double quotes where it needs them. */
void syntax_write_text(struct textbuf *out, struct text value, bool in_list);

#endif
