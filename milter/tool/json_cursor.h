/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_JSON_CURSOR_H
#define DMARCMILTER_TOOL_JSON_CURSOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The members of one JSON object (RFC 8259), one after the other, as a log has
 * them on a line. Values that are arrays or objects are passed over, however
 * deep; what is inside of them is not checked. Pure.
 */
enum json_kind {
	JSON_STRING,
	JSON_NUMBER,
	JSON_OTHER              /* true, false, null, an array, an object */
};

struct json_member {
	struct text name;
	enum json_kind kind;
	struct text value;      /* of a string without quotes and escapes; else as it is written */
};

struct json_cursor {
	struct text rest;
	bool holds_bytes;       /* \u00HH is the byte HH, as core/log_line.c writes it */
	bool has_begun;         /* a member was read: a comma must come before the next */
	bool is_complete;       /* the closing brace was there, and nothing behind it */
};

/* False when the text does not begin as an object. */
bool json_cursor_open(struct text text, bool holds_bytes, struct json_cursor *cursor_out);

/*
 * The next member; texts without escapes share the object's bytes. False at the end
 * of the object (then is_complete is set), and where it is broken.
 */
bool json_cursor_next(struct arena *arena, struct json_cursor *cursor,
		      struct json_member *member_out);

#endif
