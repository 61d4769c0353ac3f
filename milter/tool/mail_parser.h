/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MAIL_PARSER_H
#define DMARCMILTER_TOOL_MAIL_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"

/*
 * A message of a file taken apart as an MTA shows it to a milter: fields with
 * folds as LF and blank, then the body with CRLF line ends, in pieces. The file
 * comes in chunks of any size; the result does not depend on where they are cut.
 * Pure. The body is never kept; of the header one field is.
 *
 * A file whose first line ends with CRLF is taken as it was sent: only CRLF ends
 * a line then. In all others LF does, and a CR before it belongs to the end.
 */
/* A header with more is no mail. */
enum {
	MAIL_HEADER_BYTES_MAX = 16 << 20,
	MAIL_FIELDS_MAX = 100000
};

enum mail_problem {
	MAIL_FINE,
	MAIL_EMPTY,             /* nothing at all */
	MAIL_NOT_MAIL,          /* the first line is no header field */
	MAIL_HEADER_TOO_LONG,
	MAIL_TOO_MANY_FIELDS
};

enum mail_line_ends {
	MAIL_ENDS_UNKNOWN,      /* found out from the first line */
	MAIL_ENDS_LF,
	MAIL_ENDS_CRLF
};

struct mail_sink {
	void *context;
	void (*field)(void *context, struct text name, struct text value);
	void (*header_end)(void *context);
	void (*body)(void *context, struct text part);
};

struct mail_parser {
	struct arena *arena;
	struct mail_sink sink;
	enum mail_line_ends line_ends;
	struct textbuf line;            /* the header line on its way, with its end */
	struct textbuf field;           /* the field before it: name, colon, value */
	bool has_field;
	bool is_in_body;
	bool has_pending_cr;            /* body: a CR that may belong to a line end */
	bool body_ends_line;            /* the last body byte ended a line */
	size_t header_bytes;
	size_t field_count;
	enum mail_problem problem;      /* once it is not MAIL_FINE, nothing more is looked at */

	/* What an MTA would have seen otherwise, or not let through. */
	uint64_t nul_bytes;
	uint64_t lf_ends;               /* lines by their ends */
	uint64_t crlf_ends;
	bool has_no_separator;          /* the header ended at a line that is no field */
	bool has_no_last_end;           /* the last line had no end; it got one */
};

/* `line_ends`: how lines end, if the caller knows. */
struct mail_parser mail_parser_new(struct arena *arena, struct mail_sink sink,
				   enum mail_line_ends line_ends);

/* The next chunk of the file. */
void mail_parser_add(struct mail_parser *parser, struct text chunk);

/* The end of the file: what is open is closed, header_end is called if it was not. */
enum mail_problem mail_parser_end(struct mail_parser *parser);

/* What is wrong, as a clause: "is empty". */
const char *mail_problem_clause(enum mail_problem problem);

#endif
