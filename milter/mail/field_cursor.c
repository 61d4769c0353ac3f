/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/field_cursor.h"

struct field_cursor
field_cursor_start(struct text text)
{
	return (struct field_cursor){ .text = text };
}

bool
field_cursor_at_end(const struct field_cursor *cursor)
{
	return cursor->position >= cursor->text.length;
}

char
field_cursor_peek(const struct field_cursor *cursor)
{
	return field_cursor_at_end(cursor) ? '\0' : cursor->text.bytes[cursor->position];
}

bool
field_cursor_take(struct field_cursor *cursor, char byte)
{
	if (field_cursor_at_end(cursor) || cursor->text.bytes[cursor->position] != byte)
		return false;
	cursor->position++;
	return true;
}

struct text
field_cursor_take_run(struct field_cursor *cursor, bool (*belongs)(char byte))
{
	size_t start = cursor->position;

	while (!field_cursor_at_end(cursor) && belongs(cursor->text.bytes[cursor->position]))
		cursor->position++;
	return text_cut(cursor->text, start, cursor->position - start);
}

static bool
is_space_or_tab(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* A line end in front of a space or tab, or the one that ends the whole field. */
static bool
take_fold(struct field_cursor *cursor)
{
	(void)field_cursor_take(cursor, '\r');
	if (!field_cursor_take(cursor, '\n'))
		return false;
	return field_cursor_at_end(cursor) || is_space_or_tab(field_cursor_peek(cursor));
}

bool
field_cursor_skip_blanks(struct field_cursor *cursor)
{
	while (!field_cursor_at_end(cursor)) {
		char byte = field_cursor_peek(cursor);

		if (is_space_or_tab(byte))
			cursor->position++;
		else if (byte != '\r' && byte != '\n')
			return true;
		else if (!take_fold(cursor))
			return false;
	}
	return true;
}

/* Steps over what a backslash stands for; the backslash is behind the cursor. */
static bool
take_escaped(struct field_cursor *cursor, char *byte_out)
{
	char byte = field_cursor_peek(cursor);

	if (byte == '\0' || byte == '\r' || byte == '\n')
		return false;
	cursor->position++;
	*byte_out = byte;
	return true;
}

/*
 * RFC 5322 3.2.2; the cursor is at "(". Depth is counted, so that a long row of "("
 * costs no stack.
 */
static bool
skip_comment(struct field_cursor *cursor)
{
	size_t depth = 0;
	char escaped;

	do {
		char byte = field_cursor_peek(cursor);

		if (byte == '\0')
			return false;
		if (byte == '\r' || byte == '\n') {
			if (!take_fold(cursor))
				return false;
			continue;
		}
		cursor->position++;
		if (byte == '(')
			depth++;
		else if (byte == ')')
			depth--;
		else if (byte == '\\' && !take_escaped(cursor, &escaped))
			return false;
	} while (depth > 0);
	return true;
}

bool
field_cursor_skip_comments(struct field_cursor *cursor)
{
	for (;;) {
		if (!field_cursor_skip_blanks(cursor))
			return false;
		if (field_cursor_at_end(cursor) || field_cursor_peek(cursor) != '(')
			return true;
		if (!skip_comment(cursor))
			return false;
	}
}

bool
field_cursor_take_quoted(struct field_cursor *cursor, struct arena *arena,
			 struct text *unquoted_out)
{
	size_t start = cursor->position + 1;
	size_t length = 0;
	char *bytes;

	/* The first pass finds the end, so that the copy is no longer than needed. */
	for (cursor->position++;; cursor->position++) {
		char byte = field_cursor_peek(cursor);

		if (byte == '\0')
			return false;
		if (byte == '"')
			break;
		if (byte == '\\')
			cursor->position++;
	}
	bytes = arena_alloc(arena, cursor->position - start + 1);
	cursor->position = start;
	while (!field_cursor_take(cursor, '"')) {
		char byte = field_cursor_peek(cursor);

		if (byte == '\r' || byte == '\n') {
			if (!take_fold(cursor))
				return false;
			continue;
		}
		cursor->position++;
		if (byte == '\\' && !take_escaped(cursor, &byte))
			return false;
		bytes[length++] = byte;
	}
	*unquoted_out = text_of(bytes, length);
	return true;
}

/*
 * RFC 2047 2, without the bytes that would also be structure for a parser that does not
 * know the form.
 */
static bool
is_encoded_byte(char byte)
{
	return byte > ' ' && byte < 0x7f &&
	       text_find(TEXT("?<>@,;:\"\\"), byte) == TEXT_NOT_FOUND;
}

bool
field_cursor_take_encoded_word(struct field_cursor *cursor)
{
	struct field_cursor ahead = *cursor;

	if (!field_cursor_take(&ahead, '=') || !field_cursor_take(&ahead, '?'))
		return false;
	(void)field_cursor_take_run(&ahead, is_encoded_byte);
	if (!field_cursor_take(&ahead, '?'))
		return false;
	(void)field_cursor_take_run(&ahead, is_encoded_byte);
	if (!field_cursor_take(&ahead, '?'))
		return false;
	(void)field_cursor_take_run(&ahead, is_encoded_byte);
	if (!field_cursor_take(&ahead, '?') || !field_cursor_take(&ahead, '='))
		return false;
	*cursor = ahead;
	return true;
}

bool
byte_is_atext(char byte)
{
	if (byte_is_alnum(byte) || (unsigned char)byte >= 0x80)
		return true;
	return byte != '\0' && text_find(TEXT("!#$%&'*+-/=?^_`{|}~"), byte) != TEXT_NOT_FOUND;
}
