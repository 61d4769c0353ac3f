/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_FIELD_CURSOR_H
#define DMARCMILTER_MAIL_FIELD_CURSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * A place in the value of a structured header field, and the lexical elements
 * that all of them share (RFC 5322 3.2): folding white space, comments,
 * quoted-strings. A fold is CRLF or, as milters get it, LF, followed by a
 * space or tab. A CR or LF elsewhere, and NUL anywhere, is an error: other
 * programs end the text there. Nothing recurses. Pure; one thread.
 */
struct field_cursor {
	struct text text;
	size_t position;
};

struct field_cursor field_cursor_start(struct text text);

bool field_cursor_at_end(const struct field_cursor *cursor);

/* The byte at the cursor; NUL at the end. */
char field_cursor_peek(const struct field_cursor *cursor);

/* Steps over `byte` when it is the next one. */
bool field_cursor_take(struct field_cursor *cursor, char byte);

/* The longest run of bytes for which `belongs` is true; may be empty. */
struct text field_cursor_take_run(struct field_cursor *cursor, bool (*belongs)(char byte));

/* Steps over spaces, tabs and folds. False on a CR or LF that is no fold. */
bool field_cursor_skip_blanks(struct field_cursor *cursor);

/* The same with comments, which may nest. False also when a comment has no end or holds NUL. */
bool field_cursor_skip_comments(struct field_cursor *cursor);

/*
 * A quoted-string; the cursor is at its first quote. Gives the text between
 * the quotes without backslashes and line ends, in `arena`. False when it has
 * no end, or holds NUL or a line end that is no fold.
 */
bool field_cursor_take_quoted(struct field_cursor *cursor, struct arena *arena,
			      struct text *unquoted_out);

/*
 * A whole encoded-word (RFC 2047 2), which is one word even with parentheses
 * in it. False, and nothing taken, when there is none, or when it holds bytes
 * that a parser without knowledge of the form would take for structure.
 */
bool field_cursor_take_encoded_word(struct field_cursor *cursor);

/* atext of RFC 5322 3.2.3, with all bytes over 0x7f (RFC 6532 3.2). */
bool byte_is_atext(char byte);

#endif
