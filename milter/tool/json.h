/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_JSON_H
#define DMARCMILTER_TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "base/textbuf.h"

/*
 * A writer of JSON (RFC 8259): indented, members in the order of the calls, so
 * that the same data are the same bytes. Strings are UTF-8; what is not, and
 * NUL as well, is written so that every reader takes it (U+FFFD, \u0000). A
 * member of an object has a key; an element of an array has none (NULL). Texts
 * that run over the buffer's maximum are the caller's to ask for. One thread.
 */
enum { JSON_DEPTH_MAX = 16 };   /* of our own making: asserted */

struct json {
	struct textbuf *out;
	size_t depth;
	bool has_members[JSON_DEPTH_MAX + 1];
};

struct json json_new(struct textbuf *out);

void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

void json_text(struct json *json, const char *key, struct text value);

/* null for the empty text. */
void json_text_or_null(struct json *json, const char *key, struct text value);

/* null for NULL. */
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* The line end behind the outermost value; all that was begun has to be ended. */
void json_finish(struct json *json);

#endif
