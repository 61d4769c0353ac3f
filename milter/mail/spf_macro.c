/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf_macro.h"

#include <inttypes.h>
#include <string.h>

#include "base/textbuf.h"

enum {
	NAME_MAX_BYTES = 253,           /* RFC 7208, 7.3 */
	TAIL_BYTES = NAME_MAX_BYTES + 2,/* decides about a name: itself, a dot before and behind */
	EXPANSION_BYTES_MAX = 8192,     /* of a name in the making; only its tail matters */
	DIGITS_LIMIT = 1000             /* more parts than any name has */
};

/* One macro-expand, or one literal byte, taken off a macro string. */
struct piece {
	char letter;            /* lower case; 0 for a literal */
	char literal;
	bool is_escaped;        /* upper case letter: URL escaping; or "%-": an escaped blank */
	bool is_reversed;
	unsigned parts;         /* how many to keep from the right; 0: all */
	struct text delimiters;
};

static bool
contains(const char *set, char byte)
{
	return byte != '\0' && strchr(set, byte) != NULL;
}

static bool
is_delimiter(char byte)
{
	return contains(".-+,/_=", byte);
}

/* RFC 7208, 7.1: transformers = *DIGIT [ "r" ]; a number given must not be zero (7.3). */
static bool
take_transformers(struct text string, size_t *position, struct piece *piece)
{
	size_t at = *position;
	unsigned number = 0;

	while (at < string.length && byte_is_digit(string.bytes[at])) {
		if (number < DIGITS_LIMIT)
			number = number * 10 + (unsigned)(string.bytes[at] - '0');
		at++;
	}
	if (at > *position && number == 0)
		return false;
	piece->parts = number;
	if (at < string.length && byte_lower(string.bytes[at]) == 'r') {
		piece->is_reversed = true;
		at++;
	}
	*position = at;
	return true;
}

/* RFC 7208, 7.1: what stands behind "%{". */
static bool
take_macro(struct text string, size_t *position, struct piece *piece)
{
	size_t at = *position;
	size_t start;

	if (at >= string.length)
		return false;
	piece->letter = byte_lower(string.bytes[at]);
	piece->is_escaped = piece->letter != string.bytes[at];
	if (!contains("slodipvhcrt", piece->letter))
		return false;
	at++;
	if (!take_transformers(string, &at, piece))
		return false;
	start = at;
	while (at < string.length && is_delimiter(string.bytes[at]))
		at++;
	piece->delimiters = text_cut(string, start, at - start);
	if (at >= string.length || string.bytes[at] != '}')
		return false;
	*position = at + 1;
	return true;
}

/* Takes the next piece. False on a syntax error; the caller looks for the end of the string. */
static bool
take_piece(struct text string, size_t *position, struct piece *piece)
{
	char byte = string.bytes[*position];

	*piece = (struct piece){ 0 };
	(*position)++;
	if (byte != '%') {
		piece->literal = byte;
		return byte_is_printable(byte);
	}
	if (*position >= string.length)
		return false;
	byte = string.bytes[*position];
	(*position)++;
	if (byte == '{')
		return take_macro(string, position, piece);
	piece->literal = byte == '_' ? ' ' : byte;
	piece->is_escaped = byte == '-';
	return byte == '%' || byte == '_' || byte == '-';
}

bool
spf_macro_string_is_valid(struct text string, enum spf_macro_place place)
{
	size_t position = 0;
	struct piece piece;

	while (position < string.length) {
		if (string.bytes[position] == ' ' && place != SPF_MACRO_IN_EXPLANATION)
			return false;
		if (!take_piece(string, &position, &piece))
			return false;
		if (place == SPF_MACRO_IN_DOMAIN && contains("crt", piece.letter))
			return false;
	}
	return true;
}

/*
 * RFC 7208, 7.1: toplabel = ( *alphanum ALPHA *alphanum ) /
 * ( 1*alphanum "-" *( alphanum / "-" ) alphanum ): not all digits, no hyphen at the ends.
 */
static bool
is_top_label(struct text label)
{
	bool has_other = false;

	if (label.length == 0 || label.bytes[0] == '-' || label.bytes[label.length - 1] == '-')
		return false;
	for (size_t i = 0; i < label.length; i++) {
		if (!byte_is_alnum(label.bytes[i]) && label.bytes[i] != '-')
			return false;
		if (!byte_is_digit(label.bytes[i]))
			has_other = true;
	}
	return has_other;
}

bool
spf_macro_domain_is_valid(struct text spec)
{
	size_t position = 0;
	bool ends_in_macro = false;
	size_t dot;

	if (spec.length > SPF_DOMAIN_SPEC_MAX ||
	    !spf_macro_string_is_valid(spec, SPF_MACRO_IN_DOMAIN))
		return false;
	while (position < spec.length) {
		struct piece piece;

		/* "%%", "%_" and "%-" are macro-expands too, so a domain-spec may end in one. */
		ends_in_macro = spec.bytes[position] == '%';
		if (!take_piece(spec, &position, &piece))
			return false;
	}
	if (ends_in_macro)
		return true;
	if (text_ends_with(spec, TEXT(".")))
		spec.length--;
	dot = text_find_last(spec, '.');
	return dot != TEXT_NOT_FOUND && is_top_label(text_from_position(spec, dot + 1));
}

bool
spf_macro_uses(struct text string, struct text letters)
{
	size_t position = 0;
	struct piece piece;

	while (position < string.length && take_piece(string, &position, &piece)) {
		if (piece.letter != '\0' && text_find(letters, piece.letter) != TEXT_NOT_FOUND)
			return true;
	}
	return false;
}

/* RFC 7208, 7.3: %{i} of an IPv6 address is 32 nibbles with dots between. */
static struct text
dotted_address(struct arena *arena, struct ip client)
{
	struct textbuf buffer;

	if (client.family != IP_V6)
		return ip_text(arena, client);
	buffer = textbuf_new(arena, 4 * sizeof(client.bytes));
	for (size_t i = 0; i < sizeof(client.bytes); i++)
		textbuf_printf(&buffer, "%s%x.%x", i > 0 ? "." : "", client.bytes[i] >> 4U,
			       client.bytes[i] & 15U);
	return textbuf_text(&buffer);
}

static struct text
text_or_unknown(struct text text)
{
	return text_is_empty(text) ? TEXT("unknown") : text;
}

/* RFC 7208, 7.2: what the letters stand for. */
static struct text
macro_value(struct arena *arena, char letter, const struct spf_macro_values *values)
{
	switch (letter) {
	case 's':
		return text_join(arena, text_join(arena, values->local_part, TEXT("@")),
				 values->sender_domain);
	case 'l':
		return values->local_part;
	case 'o':
		return values->sender_domain;
	case 'd':
		return values->domain;
	case 'i':
		return dotted_address(arena, values->client);
	case 'p':
		return text_or_unknown(values->validated_name);
	case 'v':
		return values->client.family == IP_V6 ? TEXT("ip6") : TEXT("in-addr");
	case 'h':
		return values->helo;
	case 'c':
		return ip_text(arena, values->client);
	case 'r':
		return text_or_unknown(values->receiver);
	case 't':
		return text_printf(arena, "%" PRId64, values->now);
	}
	return (struct text){ 0 };
}

static bool
splits(struct text delimiters, char byte)
{
	if (text_is_empty(delimiters))
		return byte == '.';
	return byte != '\0' && text_find(delimiters, byte) != TEXT_NOT_FOUND;
}

/* The parts of a value between delimiters: there is always one, maybe empty. */
static struct text *
split(struct arena *arena, struct text value, struct text delimiters, size_t *count_out)
{
	struct text *parts;
	size_t count = 1;
	size_t start = 0;

	for (size_t i = 0; i < value.length; i++)
		count += splits(delimiters, value.bytes[i]);
	parts = arena_array(arena, count, sizeof(*parts));
	count = 0;
	for (size_t i = 0; i < value.length; i++) {
		if (!splits(delimiters, value.bytes[i]))
			continue;
		parts[count++] = text_cut(value, start, i - start);
		start = i + 1;
	}
	parts[count++] = text_from_position(value, start);
	*count_out = count;
	return parts;
}

/* RFC 3986, 2.3: everything but the unreserved characters is escaped. */
static void
add_url_escaped(struct textbuf *buffer, struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.bytes[i];

		if (byte_is_alnum(byte) || contains("-._~", byte))
			textbuf_add_byte(buffer, byte);
		else
			textbuf_printf(buffer, "%%%02X", (unsigned)(unsigned char)byte);
	}
}

/* RFC 7208, 7.3: split, reverse, keep the right parts, join with dots; then escape. */
static struct text
transform(struct arena *arena, struct text value, const struct piece *piece)
{
	struct textbuf joined;
	struct textbuf escaped;
	struct text *parts;
	size_t count;
	size_t first;

	if (piece->parts == 0 && !piece->is_reversed && text_is_empty(piece->delimiters) &&
	    !piece->is_escaped)
		return value;
	parts = split(arena, value, piece->delimiters, &count);
	first = piece->parts > 0 && piece->parts < count ? count - piece->parts : 0;
	joined = textbuf_new(arena, value.length);
	for (size_t i = first; i < count; i++) {
		if (i > first)
			textbuf_add_byte(&joined, '.');
		textbuf_add(&joined, parts[piece->is_reversed ? count - 1 - i : i]);
	}
	if (!piece->is_escaped)
		return textbuf_text(&joined);
	escaped = textbuf_new(arena, 3 * value.length);
	add_url_escaped(&escaped, textbuf_text(&joined));
	return textbuf_text(&escaped);
}

static struct text
expand_piece(struct arena *arena, const struct piece *piece,
	     const struct spf_macro_values *values)
{
	if (piece->letter == '\0' && piece->is_escaped)
		return TEXT("%20");
	if (piece->letter == '\0')
		return text_copy(arena, text_of(&piece->literal, 1));
	return transform(arena, macro_value(arena, piece->letter, values), piece);
}

/* Forgets what is too far left to be part of a name, so that no record makes us keep megabytes. */
static void
keep_tail(struct textbuf *buffer)
{
	if (buffer->length <= EXPANSION_BYTES_MAX / 2)
		return;
	memmove(buffer->bytes, buffer->bytes + buffer->length - TAIL_BYTES, TAIL_BYTES);
	buffer->length = TAIL_BYTES;
}

/* RFC 7208, 7.3: drops labels at the left until the name is no longer than 253 bytes. */
static struct text
shorten_name(struct text name)
{
	if (text_ends_with(name, TEXT(".")))
		name.length--;
	while (name.length > NAME_MAX_BYTES) {
		size_t dot = text_find(name, '.');

		if (dot == TEXT_NOT_FOUND)
			return name;
		name = text_from_position(name, dot + 1);
	}
	return name;
}

/* RFC 1035, 5.1: bytes that a name server's text form gives a meaning are written as \DDD. */
static struct text
presentation_name(struct arena *arena, struct text name)
{
	struct textbuf buffer = textbuf_new(arena, 4 * name.length);

	for (size_t i = 0; i < name.length; i++) {
		char byte = name.bytes[i];

		if (!byte_is_printable(byte) || contains(" \\\"();@$", byte))
			textbuf_printf(&buffer, "\\%03u", (unsigned)(unsigned char)byte);
		else
			textbuf_add_byte(&buffer, byte_lower(byte));
	}
	return textbuf_text(&buffer);
}

struct text
spf_macro_plain_name(struct arena *arena, struct text name)
{
	struct textbuf buffer;
	uint64_t value;

	if (text_find(name, '\\') == TEXT_NOT_FOUND)
		return name;
	buffer = textbuf_new(arena, name.length);
	for (size_t i = 0; i < name.length; i++) {
		if (name.bytes[i] == '\\' &&
		    text_to_number(text_cut(name, i + 1, 3), UINT8_MAX, &value)) {
			textbuf_add_byte(&buffer, (char)(uint8_t)value);
			i += 3;
		} else {
			textbuf_add_byte(&buffer, name.bytes[i]);
		}
	}
	return textbuf_text(&buffer);
}

/* The last bytes of a text: all that can become part of a name. */
static struct text
tail_of(struct text text)
{
	return text.length > TAIL_BYTES ? text_from_position(text, text.length - TAIL_BYTES) :
					  text;
}

struct text
spf_macro_expand_domain(struct arena *arena, struct text spec,
			const struct spf_macro_values *values)
{
	/* A short text can hold hundreds of macros: what they leave behind goes at once. */
	struct arena *scratch = arena_new();
	struct textbuf buffer = textbuf_new(scratch, EXPANSION_BYTES_MAX);
	size_t position = 0;
	struct piece piece;
	struct text name;

	while (position < spec.length && take_piece(spec, &position, &piece)) {
		if (piece.letter == '\0' && !piece.is_escaped)
			textbuf_add_byte(&buffer, piece.literal);
		else
			textbuf_add(&buffer, tail_of(expand_piece(scratch, &piece, values)));
		keep_tail(&buffer);
	}
	name = presentation_name(arena, shorten_name(textbuf_text(&buffer)));
	arena_free(&scratch);
	return name;
}

bool
spf_macro_expand_explanation(struct arena *arena, struct text string,
			     const struct spf_macro_values *values, size_t maximum,
			     struct text *explanation_out)
{
	struct textbuf buffer = textbuf_new(arena, maximum);
	struct text expanded;
	size_t position = 0;
	struct piece piece;

	while (position < string.length && take_piece(string, &position, &piece) &&
	       !buffer.overflowed)
		textbuf_add(&buffer, expand_piece(arena, &piece, values));
	expanded = textbuf_text(&buffer);
	for (size_t i = 0; i < expanded.length; i++) {
		if (!byte_is_printable(expanded.bytes[i]))
			return false;
	}
	if (buffer.overflowed)
		return false;
	*explanation_out = expanded;
	return true;
}
