/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/json_cursor.h"

#include "base/textbuf.h"

enum {
	CODE_DIGITS = 4,
	HIGH_SURROGATE = 0xd800,
	LOW_SURROGATE = 0xdc00,
	SURROGATES_END = 0xe000,
	REPLACEMENT = 0xfffd
};

static const struct {
	char letter;
	char byte;
} escapes[] = {
	{ '"', '"' }, { '\\', '\\' }, { '/', '/' }, { 'b', '\b' },
	{ 'f', '\f' }, { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' },
};

static void
skip_blanks(struct text *rest)
{
	while (rest->length > 0 && byte_is_blank(rest->bytes[0]))
		*rest = text_from_position(*rest, 1);
}

/* Takes one byte, with the blanks before it. */
static bool
take_byte(struct text *rest, char byte)
{
	skip_blanks(rest);
	if (rest->length == 0 || rest->bytes[0] != byte)
		return false;
	*rest = text_from_position(*rest, 1);
	return true;
}

static bool
take_code(struct text *rest, unsigned *code_out)
{
	unsigned code = 0;

	if (rest->length < CODE_DIGITS)
		return false;
	for (size_t i = 0; i < CODE_DIGITS; i++) {
		int value = byte_hex_value(rest->bytes[i]);

		if (value < 0)
			return false;
		code = code * 16 + (unsigned)value;
	}
	*rest = text_from_position(*rest, CODE_DIGITS);
	*code_out = code;
	return true;
}

static void
add_utf8(struct textbuf *out, unsigned code)
{
	if (code < 0x80) {
		textbuf_add_byte(out, (char)code);
	} else if (code < 0x800) {
		textbuf_add_byte(out, (char)(0xc0 | code >> 6));
		textbuf_add_byte(out, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		textbuf_add_byte(out, (char)(0xe0 | code >> 12));
		textbuf_add_byte(out, (char)(0x80 | (code >> 6 & 0x3f)));
		textbuf_add_byte(out, (char)(0x80 | (code & 0x3f)));
	} else {
		textbuf_add_byte(out, (char)(0xf0 | code >> 18));
		textbuf_add_byte(out, (char)(0x80 | (code >> 12 & 0x3f)));
		textbuf_add_byte(out, (char)(0x80 | (code >> 6 & 0x3f)));
		textbuf_add_byte(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* Behind a high surrogate its low one; alone, either stands for nothing. */
static unsigned
join_surrogates(struct text *rest, unsigned code)
{
	struct text ahead = *rest;
	unsigned low;

	if (code < HIGH_SURROGATE || code >= SURROGATES_END)
		return code;
	if (code >= LOW_SURROGATE || !text_starts_with(ahead, TEXT("\\u")))
		return REPLACEMENT;
	ahead = text_from_position(ahead, 2);
	if (!take_code(&ahead, &low) || low < LOW_SURROGATE || low >= SURROGATES_END)
		return REPLACEMENT;
	*rest = ahead;
	return 0x10000 + ((code - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
}

/* Behind the backslash. */
static bool
take_escape(struct text *rest, bool holds_bytes, struct textbuf *out)
{
	unsigned code;
	char letter;

	if (rest->length == 0)
		return false;
	letter = rest->bytes[0];
	*rest = text_from_position(*rest, 1);
	for (size_t i = 0; i < COUNT_OF(escapes); i++) {
		if (escapes[i].letter != letter)
			continue;
		textbuf_add_byte(out, escapes[i].byte);
		return true;
	}
	if (letter != 'u' || !take_code(rest, &code))
		return false;
	if (holds_bytes && code <= UINT8_MAX)
		textbuf_add_byte(out, (char)(unsigned char)code);
	else
		add_utf8(out, join_surrogates(rest, code));
	return true;
}

/* The length of what stands before the closing quote; TEXT_NOT_FOUND without one. */
static size_t
raw_length(struct text rest, bool *has_escapes_out)
{
	*has_escapes_out = false;
	for (size_t i = 0; i < rest.length; i++) {
		if (rest.bytes[i] == '"')
			return i;
		if (rest.bytes[i] == '\\') {
			*has_escapes_out = true;
			i++;
		}
	}
	return TEXT_NOT_FOUND;
}

static bool
take_string(struct arena *arena, struct json_cursor *cursor, struct text *string_out)
{
	struct textbuf out;
	bool has_escapes;
	struct text raw;
	size_t length;

	if (!take_byte(&cursor->rest, '"'))
		return false;
	length = raw_length(cursor->rest, &has_escapes);
	if (length == TEXT_NOT_FOUND)
		return false;
	raw = text_cut(cursor->rest, 0, length);
	cursor->rest = text_from_position(cursor->rest, length + 1);
	if (!has_escapes) {
		*string_out = raw;
		return true;
	}
	out = textbuf_new(arena, SIZE_MAX);
	while (raw.length > 0) {
		char byte = raw.bytes[0];

		raw = text_from_position(raw, 1);
		if (byte != '\\')
			textbuf_add_byte(&out, byte);
		else if (!take_escape(&raw, cursor->holds_bytes, &out))
			return false;
	}
	*string_out = textbuf_text(&out);
	return true;
}

/* Past an array or object: brackets are counted, those inside of strings are not. */
static bool
skip_nested(struct text *rest)
{
	size_t depth = 0;
	bool has_escapes;

	for (size_t i = 0; i < rest->length; i++) {
		char byte = rest->bytes[i];

		if (byte == '"') {
			size_t length = raw_length(text_from_position(*rest, i + 1),
						   &has_escapes);

			if (length == TEXT_NOT_FOUND)
				return false;
			i += length + 1;
		} else if (byte == '{' || byte == '[') {
			depth++;
		} else if ((byte == '}' || byte == ']') && --depth == 0) {
			*rest = text_from_position(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* A number, true, false or null. */
static bool
take_word(struct text *rest, struct json_member *member)
{
	size_t length = 0;

	while (length < rest->length &&
	       (byte_is_alnum(rest->bytes[length]) || rest->bytes[length] == '-' ||
		rest->bytes[length] == '+' || rest->bytes[length] == '.'))
		length++;
	if (length == 0)
		return false;
	member->value = text_cut(*rest, 0, length);
	member->kind = byte_is_digit(member->value.bytes[0]) || member->value.bytes[0] == '-'
			       ? JSON_NUMBER
			       : JSON_OTHER;
	*rest = text_from_position(*rest, length);
	return true;
}

static bool
take_value(struct arena *arena, struct json_cursor *cursor, struct json_member *member)
{
	struct text start;

	skip_blanks(&cursor->rest);
	start = cursor->rest;
	if (start.length == 0)
		return false;
	if (start.bytes[0] == '"') {
		member->kind = JSON_STRING;
		return take_string(arena, cursor, &member->value);
	}
	if (start.bytes[0] != '{' && start.bytes[0] != '[')
		return take_word(&cursor->rest, member);
	if (!skip_nested(&cursor->rest))
		return false;
	member->kind = JSON_OTHER;
	member->value = text_cut(start, 0, start.length - cursor->rest.length);
	return true;
}

bool
json_cursor_open(struct text text, bool holds_bytes, struct json_cursor *cursor_out)
{
	*cursor_out = (struct json_cursor){ .rest = text, .holds_bytes = holds_bytes };
	return take_byte(&cursor_out->rest, '{');
}

bool
json_cursor_next(struct arena *arena, struct json_cursor *cursor, struct json_member *member_out)
{
	struct json_member member = { .kind = JSON_OTHER };

	if (take_byte(&cursor->rest, '}')) {
		skip_blanks(&cursor->rest);
		cursor->is_complete = cursor->rest.length == 0;
		return false;
	}
	if ((cursor->has_begun && !take_byte(&cursor->rest, ',')) ||
	    !take_string(arena, cursor, &member.name) || !take_byte(&cursor->rest, ':') ||
	    !take_value(arena, cursor, &member))
		return false;
	cursor->has_begun = true;
	*member_out = member;
	return true;
}
