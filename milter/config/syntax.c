/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/syntax.h"

#include <stdint.h>

enum { DELETE = 0x7f };

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct text
skip_space(struct text text)
{
	size_t start = 0;

	while (start < text.length && is_space(text.bytes[start]))
		start++;
	return text_from_position(text, start);
}

/* The length of the UTF-8 sequence at the front (RFC 3629, 4); 0 when it is none. */
static size_t
sequence_length(struct text text)
{
	unsigned char first = (unsigned char)text.bytes[0];
	unsigned char second = text.length > 1 ? (unsigned char)text.bytes[1] : 0;
	size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 :
			first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

	if (length == 0 || length > text.length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (((unsigned char)text.bytes[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies past U+10FFFF. */
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	return length;
}

struct text
syntax_skip_mark(struct text source)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";

	if (text_starts_with(source, text_from(byte_order_mark)))
		return text_from_position(source, sizeof(byte_order_mark) - 1);
	return source;
}

bool
syntax_next_line(struct text *rest, struct text *line_out)
{
	/* Nothing stands behind the last end of line. */
	if (rest->length == 0 || !text_next_part(rest, '\n', line_out))
		return false;
	if (text_ends_with(*line_out, TEXT("\r")))
		line_out->length--;
	return true;
}

const char *
syntax_line_error(struct text line)
{
	if (line.length > SYNTAX_LINE_MAX)
		return "the line is longer than 4096 bytes; lists may be repeated or read with "
		       "file:/path";
	for (size_t i = 0; i < line.length; i++) {
		char byte = line.bytes[i];

		if (byte == '\0')
			return "the line holds a NUL byte; is this a text file?";
		if (((unsigned char)byte < ' ' && byte != '\t') || byte == DELETE)
			return "the line holds a control character; in double quotes it can be "
			       "written as \\xHH";
	}
	while (line.length > 0) {
		size_t length = sequence_length(line);

		if (length == 0)
			return "the line is not valid UTF-8";
		line = text_from_position(line, length);
	}
	return NULL;
}

bool
syntax_split(struct text line, struct text *name_out, struct text *rest_out)
{
	size_t end = 0;

	line = skip_space(line);
	if (line.length == 0 || line.bytes[0] == '#')
		return false;
	while (end < line.length && !is_space(line.bytes[end]) && line.bytes[end] != '=')
		end++;
	*name_out = text_cut(line, 0, end);
	line = skip_space(text_from_position(line, end));
	if (line.length > 0 && line.bytes[0] == '=')
		line = skip_space(text_from_position(line, 1));
	*rest_out = line;
	return true;
}

/* The byte that the escape at the front (behind its backslash) stands for; 0 for a wrong one. */
static size_t
escape_length(struct text escape, char *byte_out)
{
	if (escape.length >= 1 && (escape.bytes[0] == '"' || escape.bytes[0] == '\\')) {
		*byte_out = escape.bytes[0];
		return 1;
	}
	if (escape.length >= 3 && escape.bytes[0] == 'x' && byte_hex_value(escape.bytes[1]) >= 0 &&
	    byte_hex_value(escape.bytes[2]) >= 0) {
		*byte_out = (char)(byte_hex_value(escape.bytes[1]) * 16 +
				   byte_hex_value(escape.bytes[2]));
		return 3;
	}
	return 0;
}

/* Takes a quoted text, whose first byte is the quote, off the front of *rest. */
static const char *
take_quoted(struct arena *arena, struct text *rest, struct text *text_out)
{
	struct textbuf text = textbuf_new(arena, rest->length);
	size_t i = 1;

	while (i < rest->length && rest->bytes[i] != '"') {
		char byte = rest->bytes[i++];

		if (byte == '\\') {
			size_t length = escape_length(text_from_position(*rest, i), &byte);

			if (length == 0)
				return "in double quotes a backslash stands before \\, \" or xHH "
				       "only";
			i += length;
		}
		textbuf_add_byte(&text, byte);
	}
	if (i >= rest->length)
		return "the closing double quote is missing";
	*text_out = textbuf_text(&text);
	*rest = text_from_position(*rest, i + 1);
	return NULL;
}

/* An unquoted value ends where blanks and # begin a comment, else with the line. */
static struct text
without_comment(struct text text)
{
	for (size_t i = 1; i < text.length; i++)
		if (text.bytes[i] == '#' && is_space(text.bytes[i - 1]))
			return text_trim(text_cut(text, 0, i));
	return text_trim(text);
}

static bool
is_end(struct text rest)
{
	return rest.length == 0 || rest.bytes[0] == '#';
}

bool
syntax_scalar(struct arena *arena, struct text rest, struct syntax_item *item_out,
	      const char **reason_out)
{
	struct syntax_item item = { .is_quoted = false };

	*reason_out = NULL;
	rest = skip_space(rest);
	if (is_end(rest)) {
		*reason_out = "a value is missing; an empty text is written as \"\"";
		return false;
	}
	if (rest.bytes[0] == '"') {
		item.is_quoted = true;
		*reason_out = take_quoted(arena, &rest, &item.text);
		if (*reason_out == NULL && rest.length > 0 &&
		    (!is_space(rest.bytes[0]) || !is_end(skip_space(rest))))
			*reason_out = "nothing but a comment may follow the closing double quote";
	} else {
		item.text = without_comment(rest);
		if (text_find(item.text, '"') != TEXT_NOT_FOUND)
			*reason_out = "a double quote stands at both ends of a value, or inside "
				      "as \\\"";
	}
	if (*reason_out != NULL)
		return false;
	*item_out = item;
	return true;
}

static bool
is_separator(char byte)
{
	return is_space(byte) || byte == ',';
}

bool
syntax_next_item(struct arena *arena, struct text *rest, struct syntax_item *item_out,
		 const char **reason_out)
{
	struct syntax_item item = { .is_quoted = false };
	size_t length = 0;
	bool after_comma = false;

	*reason_out = NULL;
	while (rest->length > 0 && is_separator(rest->bytes[0])) {
		after_comma = rest->bytes[0] == ',';
		*rest = text_from_position(*rest, 1);
	}
	if (rest->length == 0 || (rest->bytes[0] == '#' && !after_comma))
		return false;
	if (rest->bytes[0] == '"') {
		item.is_quoted = true;
		*reason_out = take_quoted(arena, rest, &item.text);
		if (*reason_out == NULL && rest->length > 0 && !is_separator(rest->bytes[0]))
			*reason_out = "a comma or a blank must follow the closing double quote";
	} else {
		while (length < rest->length && !is_separator(rest->bytes[length]))
			length++;
		item.text = text_cut(*rest, 0, length);
		*rest = text_from_position(*rest, length);
		if (text_find(item.text, '"') != TEXT_NOT_FOUND)
			*reason_out = "a double quote stands at both ends of an item, or inside "
				      "as \\\"";
	}
	if (*reason_out != NULL)
		return false;
	*item_out = item;
	return true;
}

static bool
needs_quotes(struct text value, bool in_list)
{
	if (value.length == 0 || (in_list && text_equal_nocase(value, TEXT("none"))))
		return true;
	if (value.bytes[0] == '=')
		return true;
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (!byte_is_printable(byte) || byte == ' ' || byte == ',' || byte == '"' ||
		    byte == '#' || byte == '\\')
			return true;
	}
	return false;
}

void
syntax_write_text(struct textbuf *out, struct text value, bool in_list)
{
	if (!needs_quotes(value, in_list)) {
		textbuf_add(out, value);
		return;
	}
	textbuf_add_byte(out, '"');
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (!byte_is_printable(byte))
			textbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)byte);
		else if (byte == '"' || byte == '\\')
			textbuf_printf(out, "\\%c", byte);
		else
			textbuf_add_byte(out, byte);
	}
	textbuf_add_byte(out, '"');
}
