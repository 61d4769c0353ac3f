/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
text_precision(struct text text)
{
	return text.length > INT_MAX ? INT_MAX : (int)text.length;
}

struct text
text_from(const char *string)
{
	if (string == NULL)
		return (struct text){ NULL, 0 };
	return (struct text){ string, strlen(string) };
}

struct text
text_of(const char *bytes, size_t length)
{
	return (struct text){ bytes, length };
}

bool
text_is_empty(struct text text)
{
	return text.length == 0;
}

bool
text_equal(struct text a, struct text b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

bool
text_equal_nocase(struct text a, struct text b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (byte_lower(a.bytes[i]) != byte_lower(b.bytes[i]))
			return false;
	return true;
}

int
text_compare(struct text a, struct text b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter > 0 ? memcmp(a.bytes, b.bytes, shorter) : 0;

	if (order != 0)
		return order;
	return (a.length > b.length) - (a.length < b.length);
}

bool
text_starts_with(struct text text, struct text start)
{
	return text.length >= start.length && text_equal(text_cut(text, 0, start.length), start);
}

bool
text_starts_with_nocase(struct text text, struct text start)
{
	return text.length >= start.length &&
	       text_equal_nocase(text_cut(text, 0, start.length), start);
}

bool
text_ends_with(struct text text, struct text end)
{
	return text.length >= end.length &&
	       text_equal(text_from_position(text, text.length - end.length), end);
}

bool
text_ends_with_nocase(struct text text, struct text end)
{
	return text.length >= end.length &&
	       text_equal_nocase(text_from_position(text, text.length - end.length), end);
}

size_t
text_find(struct text text, char byte)
{
	const char *found = text.length > 0 ? memchr(text.bytes, byte, text.length) : NULL;

	return found != NULL ? (size_t)(found - text.bytes) : TEXT_NOT_FOUND;
}

size_t
text_find_last(struct text text, char byte)
{
	for (size_t i = text.length; i > 0; i--)
		if (text.bytes[i - 1] == byte)
			return i - 1;
	return TEXT_NOT_FOUND;
}

size_t
text_find_text(struct text text, struct text part)
{
	const char *found;

	if (part.length == 0)
		return 0;
	if (text.length < part.length)
		return TEXT_NOT_FOUND;
	found = memmem(text.bytes, text.length, part.bytes, part.length);
	return found != NULL ? (size_t)(found - text.bytes) : TEXT_NOT_FOUND;
}

struct text
text_cut(struct text text, size_t start, size_t length)
{
	if (start >= text.length)
		return (struct text){ text.bytes != NULL ? text.bytes + text.length : NULL, 0 };
	if (length > text.length - start)
		length = text.length - start;
	return (struct text){ text.bytes + start, length };
}

struct text
text_from_position(struct text text, size_t start)
{
	return text_cut(text, start, text.length);
}

struct text
text_trim(struct text text)
{
	while (text.length > 0 && byte_is_blank(text.bytes[0])) {
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && byte_is_blank(text.bytes[text.length - 1]))
		text.length--;
	return text;
}

bool
text_next_part(struct text *rest, char separator, struct text *part_out)
{
	size_t end;

	if (rest->bytes == NULL)
		return false;
	end = text_find(*rest, separator);
	if (end == TEXT_NOT_FOUND) {
		*part_out = *rest;
		*rest = (struct text){ NULL, 0 };
		return true;
	}
	*part_out = text_cut(*rest, 0, end);
	*rest = text_from_position(*rest, end + 1);
	return true;
}

struct text
text_copy(struct arena *arena, struct text text)
{
	return (struct text){ text_string(arena, text), text.length };
}

struct text
text_lower(struct arena *arena, struct text text)
{
	char *bytes = text_string(arena, text);

	for (size_t i = 0; i < text.length; i++)
		bytes[i] = byte_lower(bytes[i]);
	return (struct text){ bytes, text.length };
}

char *
text_string(struct arena *arena, struct text text)
{
	char *bytes = arena_alloc(arena, text.length + 1);

	if (text.length > 0)
		memcpy(bytes, text.bytes, text.length);
	return bytes;
}

struct text
text_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	va_list again;
	int length;
	char *bytes;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (length < 0)
		length = 0;
	bytes = arena_alloc(arena, (size_t)length + 1);
	(void)vsnprintf(bytes, (size_t)length + 1, format, again);
	va_end(again);
	return (struct text){ bytes, (size_t)length };
}

struct text
text_printf(struct arena *arena, const char *format, ...)
{
	struct text text;
	va_list arguments;

	va_start(arguments, format);
	text = text_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

struct text
text_join(struct arena *arena, struct text a, struct text b)
{
	char *bytes = arena_alloc(arena, a.length + b.length + 1);

	if (a.length > 0)
		memcpy(bytes, a.bytes, a.length);
	if (b.length > 0)
		memcpy(bytes + a.length, b.bytes, b.length);
	return (struct text){ bytes, a.length + b.length };
}

bool
text_to_number(struct text text, uint64_t maximum, uint64_t *number_out)
{
	uint64_t number = 0;

	if (text.length == 0)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		uint64_t digit;

		if (!byte_is_digit(text.bytes[i]))
			return false;
		digit = (uint64_t)(text.bytes[i] - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (number > maximum)
		return false;
	*number_out = number;
	return true;
}

bool
byte_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool
byte_is_alpha(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool
byte_is_alnum(char byte)
{
	return byte_is_digit(byte) || byte_is_alpha(byte);
}

bool
byte_is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool
byte_is_printable(char byte)
{
	return byte >= 0x20 && byte <= 0x7e;
}

char
byte_lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

int
byte_hex_value(char byte)
{
	if (byte_is_digit(byte))
		return byte - '0';
	byte = byte_lower(byte);
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}
