/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_TEXTBUF_H
#define DMARCMILTER_BASE_TEXTBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

/*
 * A text under construction, with a maximum size given at the start. Writing
 * past the maximum writes nothing more and sets `overflowed`; the caller asks
 * once, at the end. Bytes live in the arena. One thread.
 */
struct textbuf {
	struct arena *arena;
	char *bytes;
	size_t length;
	size_t capacity;
	size_t maximum;
	bool overflowed;
};

/* An empty buffer for at most `maximum` bytes. */
struct textbuf textbuf_new(struct arena *arena, size_t maximum);

void textbuf_add(struct textbuf *buffer, struct text text);
void textbuf_add_string(struct textbuf *buffer, const char *string);
void textbuf_add_byte(struct textbuf *buffer, char byte);

/* Between double quotes, with a backslash before each quote and backslash (RFC 5322 3.2.4). */
void textbuf_add_quoted(struct textbuf *buffer, struct text text);
void textbuf_printf(struct textbuf *buffer, const char *format, ...) ATTRIBUTE_PRINTF(2, 3);

/* What was written so far. Valid until the next write. Always followed by a NUL byte. */
struct text textbuf_text(struct textbuf *buffer);

#endif
