/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_TERMINAL_H
#define DMARCMILTER_TOOL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"

/*
 * How what the tool says is laid out: colours, columns, paragraphs. All of it
 * is written to a textbuf, so that it can be tested; only terminal_look() and
 * the progress bar touch the terminal. All text is made safe on the way.
 */
enum {
	TERMINAL_WIDTH_DEFAULT = 80,    /* of a file, a pipe, a terminal that does not say */
	TERMINAL_WIDTH_LEAST = 40,
	TERMINAL_WIDTH_MOST = 120       /* longer lines are hard to read */
};

struct terminal {
	bool is_terminal;
	bool has_colour;
	size_t width;           /* columns */
};

/*
 * What a descriptor leads to. Colour only on a terminal, never with NO_COLOR
 * set to anything, or TERM unset or "dumb". COLUMNS, when it is a number, is the
 * width even of what is no terminal.
 */
struct terminal terminal_look(int descriptor);

enum terminal_colour {
	TERMINAL_PLAIN,
	TERMINAL_STRONG,        /* headings, names */
	TERMINAL_FAINT,         /* what can be skipped */
	TERMINAL_GOOD,
	TERMINAL_WARNING,
	TERMINAL_BAD
};

/*
 * What a terminal may be shown: control characters, also those beyond ASCII
 * and those that turn the direction of writing, become \xHH, as does what is no
 * UTF-8; a line end and a tab too. The backslash stays as it is.
 */
struct text terminal_safe(struct arena *arena, struct text text);

/* The columns a safe text takes: one a character, none for combining marks, two for wide ones. */
size_t terminal_columns(struct text text);

/* A domain in its normal form as people write it: "b\xc3\xbc.example (xn--...)"; ASCII as it is. */
struct text terminal_domain(struct arena *arena, struct text domain);

/* Text, made safe, in a colour. */
void terminal_add(const struct terminal *terminal, struct textbuf *out,
		  enum terminal_colour colour, struct text text);

/*
 * A paragraph, made safe, wrapped at blanks, each line but the first indented;
 * the first begins in the column where the last line of *out ends when that is
 * `column` columns long. Words that are too long stand alone, uncut. At a no-break space
 * (U+00A0), which is written as a blank, no line ends. Ends the line.
 */
void terminal_wrap(const struct terminal *terminal, struct textbuf *out,
		   enum terminal_colour colour, size_t column, size_t indent, struct text text);

/* The same, the first line indented as all others. */
void terminal_paragraph(const struct terminal *terminal, struct textbuf *out, size_t indent,
			struct text text);

/*
 * Rows of cells in aligned columns with two blanks between them. The last
 * column is wrapped. Cells are copied when they are made safe.
 */
struct terminal_cell {
	struct text text;
	enum terminal_colour colour;
	size_t columns;
};

struct terminal_table {
	struct arena *arena;
	size_t column_count;
	struct terminal_cell *cells;    /* row by row */
	size_t count;
	size_t capacity;
};

struct terminal_table terminal_table_new(struct arena *arena, size_t column_count);

/* The next cell, from left to right, row by row. */
void terminal_table_add(struct terminal_table *table, enum terminal_colour colour,
			struct text text);

/* Writes all rows, each with `indent` blanks before it. The last row has to be full. */
void terminal_table_write(const struct terminal_table *table, const struct terminal *terminal,
			  struct textbuf *out, size_t indent);

/*
 * A bar on standard error, when that is a terminal; drawn again at the most ten
 * times a second. terminal_progress_end() takes it away. All zero to begin with;
 * one at a time.
 */
struct terminal_progress {
	struct terminal terminal;
	bool was_looked_at;
	bool is_drawn;
	int64_t next_at;        /* clock_milliseconds() */
};

/* `total` 0: not known; then only the number is shown. */
void terminal_progress_show(struct terminal_progress *progress, const char *what, uint64_t done,
			    uint64_t total);
void terminal_progress_end(struct terminal_progress *progress);

/* The bar itself, one line without its end: for terminal_progress_show() and its test. */
struct text terminal_progress_line(struct arena *arena, size_t width, const char *what,
				   uint64_t done, uint64_t total);

#endif
