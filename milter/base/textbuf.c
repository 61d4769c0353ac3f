/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/textbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

struct textbuf
textbuf_new(struct arena *arena, size_t maximum)
{
	return (struct textbuf){ .arena = arena, .maximum = maximum };
}

/* Makes room for `more` bytes and a NUL; false (and overflowed) past the maximum. */
static bool
make_room(struct textbuf *buffer, size_t more)
{
	size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
	char *bytes;

	if (buffer->overflowed || more > buffer->maximum - buffer->length) {
		buffer->overflowed = true;
		return false;
	}
	if (buffer->capacity > buffer->length + more)
		return true;
	while (capacity <= buffer->length + more)
		capacity *= 2;
	bytes = arena_alloc(buffer->arena, capacity);
	if (buffer->length > 0)
		memcpy(bytes, buffer->bytes, buffer->length);
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return true;
}

void
textbuf_add(struct textbuf *buffer, struct text text)
{
	if (text.length == 0 || !make_room(buffer, text.length))
		return;
	memcpy(buffer->bytes + buffer->length, text.bytes, text.length);
	buffer->length += text.length;
	buffer->bytes[buffer->length] = '\0';
}

void
textbuf_add_string(struct textbuf *buffer, const char *string)
{
	textbuf_add(buffer, text_from(string));
}

void
textbuf_add_byte(struct textbuf *buffer, char byte)
{
	textbuf_add(buffer, text_of(&byte, 1));
}

void
textbuf_printf(struct textbuf *buffer, const char *format, ...)
{
	va_list arguments;
	va_list again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length > 0 && make_room(buffer, (size_t)length)) {
		(void)vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
}

void
textbuf_add_quoted(struct textbuf *buffer, struct text text)
{
	textbuf_add_byte(buffer, '"');
	for (size_t i = 0; i < text.length; i++) {
		if (text.bytes[i] == '"' || text.bytes[i] == '\\')
			textbuf_add_byte(buffer, '\\');
		textbuf_add_byte(buffer, text.bytes[i]);
	}
	textbuf_add_byte(buffer, '"');
}

struct text
textbuf_text(struct textbuf *buffer)
{
	if (buffer->bytes == NULL)
		return (struct text){ "", 0 };
	return text_of(buffer->bytes, buffer->length);
}
