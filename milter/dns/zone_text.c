/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/zone_text.h"

#include <string.h>

#include "base/ip.h"
#include "base/textbuf.h"
#include "dns/packet.h"
#include "dns/zone_node.h"

enum {
	STRING_MAX = 255,               /* RFC 1035 3.3: of one character-string */
	DELAY_MAX = 3600000,            /* milliseconds */
	SOA_NUMBERS = 5,
	MX_NUMBERS = 1,
	SRV_NUMBERS = 3
};

static const struct {
	const char *word;
	int rcode;
} troubles[] = {
	{ "SERVFAIL", RCODE_SERVFAIL },
	{ "REFUSED", RCODE_REFUSED },
	{ "FORMERR", RCODE_FORMERR },
	{ "NXDOMAIN", RCODE_NXDOMAIN },
	{ "TIMEOUT", ZONE_TROUBLE_SILENCE },
};

static const struct {
	const char *word;
	unsigned type;
} types[] = {
	{ "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "PTR", DNS_PTR },
	{ "CNAME", DNS_CNAME }, { "TXT", DNS_TXT }, { "SOA", ZONE_TYPE_SOA },
	{ "NS", ZONE_TYPE_NS }, { "SRV", DNS_SRV }, { "SPF", DNS_SPF },
};

/* One line in work. */
struct line {
	struct arena *arena;
	struct zone_text *zone;
	struct zone_node *node;
	struct text rest;               /* not read yet */
	uint32_t ttl;
	const char *problem;            /* what is wrong, or NULL */
};

static struct text
trim_start(struct text text)
{
	while (text.length > 0 && byte_is_blank(text.bytes[0]))
		text = text_from_position(text, 1);
	return text;
}

/* The next word; empty at the end of the line or at a comment. */
static struct text
take_word(struct text *rest)
{
	struct text text = trim_start(*rest);
	size_t length = 0;

	if (text.length > 0 && (text.bytes[0] == '#' || text.bytes[0] == ';'))
		text = text_cut(text, text.length, 0);
	while (length < text.length && !byte_is_blank(text.bytes[length]))
		length++;
	*rest = text_from_position(text, length);
	return text_cut(text, 0, length);
}

static bool
fail(struct line *line, const char *problem)
{
	line->problem = problem;
	return false;
}

static bool
add_record(struct line *line, unsigned type, const uint8_t *data, size_t length)
{
	struct zone_record *record = arena_alloc(line->arena, sizeof(*record));
	struct zone_record **end = &line->node->records;
	uint8_t *copy = arena_alloc(line->arena, length + 1);

	if (length > UINT16_MAX)
		return fail(line, "the data is longer than 65,535 bytes");
	if (length > 0)
		memcpy(copy, data, length);
	*record = (struct zone_record){ .type = type, .ttl = line->ttl,
					.data = copy, .length = length };
	while (*end != NULL)
		end = &(*end)->next;
	*end = record;
	return true;
}

static bool
take_name(struct line *line, struct wire_name *name_out)
{
	if (!wire_name_from_text(take_word(&line->rest), name_out))
		return fail(line, "a domain name is expected");
	return true;
}

static bool
take_number(struct line *line, uint64_t maximum, uint64_t *number_out)
{
	if (!text_to_number(take_word(&line->rest), maximum, number_out))
		return fail(line, "a number is expected, or the number is too large");
	return true;
}

static bool
add_name(struct line *line, unsigned type)
{
	struct wire_name target;

	return take_name(line, &target) &&
	       add_record(line, type, target.bytes, target.length);
}

/* Numbers of 16 bits, then a name: MX has one (RFC 1035 3.3.9), SRV three (RFC 2782). */
static bool
add_numbers_and_name(struct line *line, unsigned type, size_t count)
{
	uint8_t data[2 * SRV_NUMBERS + WIRE_NAME_MAX];
	struct wire_name target;
	uint64_t number;

	for (size_t i = 0; i < count; i++) {
		if (!take_number(line, UINT16_MAX, &number))
			return false;
		packet_put_u16(data + 2 * i, (unsigned)number);
	}
	if (!take_name(line, &target))
		return false;
	memcpy(data + 2 * count, target.bytes, target.length);
	return add_record(line, type, data, 2 * count + target.length);
}

static bool
add_soa(struct line *line)
{
	uint8_t data[2 * WIRE_NAME_MAX + 4 * SOA_NUMBERS];
	struct wire_name name;
	size_t length = 0;
	uint64_t number;

	for (int i = 0; i < 2; i++) {
		if (!take_name(line, &name))
			return false;
		memcpy(data + length, name.bytes, name.length);
		length += name.length;
	}
	for (int i = 0; i < SOA_NUMBERS; i++) {
		if (!take_number(line, UINT32_MAX, &number))
			return false;
		packet_put_u32(data + length, (uint32_t)number);
		length += 4;
	}
	return add_record(line, ZONE_TYPE_SOA, data, length);
}

static bool
add_address(struct line *line, unsigned type)
{
	struct text word = take_word(&line->rest);
	bool is_v6 = type == DNS_AAAA;
	struct ip ip;

	/* ::ffff:192.0.2.1 is held as IPv4, and is no use in a AAAA record. */
	if (!ip_parse(word, &ip) || (ip.family == IP_V6) != is_v6)
		return fail(line, is_v6 ? "an IPv6 address is expected"
				      : "an IPv4 address is expected");
	return add_record(line, type, ip.bytes, is_v6 ? 16 : 4);
}

/* Adds bytes as character-strings; more than 255 become several. */
static void
add_strings(struct textbuf *data, struct text text)
{
	do {
		struct text part = text_cut(text, 0, STRING_MAX);

		textbuf_add_byte(data, (char)(unsigned char)part.length);
		textbuf_add(data, part);
		text = text_from_position(text, part.length);
	} while (text.length > 0);
}

/* One "string" with \DDD and \c, from its first quote on. */
static bool
take_quoted(struct line *line, struct text *string_out)
{
	struct textbuf string = textbuf_new(line->arena, line->rest.length);
	struct text rest = text_from_position(line->rest, 1);

	while (rest.length > 0 && rest.bytes[0] != '"') {
		size_t used = 1;
		uint64_t number = (unsigned char)rest.bytes[0];

		if (rest.bytes[0] == '\\') {
			used = rest.length > 1 && byte_is_digit(rest.bytes[1]) ? 4 : 2;
			if (rest.length < used)
				return fail(line, "an escape is not complete");
			number = (unsigned char)rest.bytes[1];
			if (used == 4 && !text_to_number(text_cut(rest, 1, 3), UINT8_MAX, &number))
				return fail(line, "an escape is not \\000 to \\255");
		}
		textbuf_add_byte(&string, (char)(unsigned char)number);
		rest = text_from_position(rest, used);
	}
	if (rest.length == 0)
		return fail(line, "a closing quote is missing");
	line->rest = trim_start(text_from_position(rest, 1));
	*string_out = textbuf_text(&string);
	return true;
}

static bool
add_strings_of(struct line *line, unsigned type)
{
	struct textbuf data = textbuf_new(line->arena, UINT16_MAX);
	struct text string = text_trim(line->rest);

	if (string.length == 0 || string.bytes[0] != '"') {
		add_strings(&data, string);
		line->rest = text_cut(string, string.length, 0);
	} else {
		line->rest = string;
		while (line->rest.length > 0 && line->rest.bytes[0] == '"') {
			if (!take_quoted(line, &string))
				return false;
			add_strings(&data, string);
		}
	}
	if (data.overflowed)
		return fail(line, "the data is longer than 65,535 bytes");
	string = textbuf_text(&data);
	return add_record(line, type, (const uint8_t *)string.bytes, string.length);
}

/* RFC 3597, 5: \# length hex... */
static bool
add_raw(struct line *line, unsigned type)
{
	struct textbuf data = textbuf_new(line->arena, UINT16_MAX);
	struct text word;
	uint64_t length;

	if (!text_equal(take_word(&line->rest), TEXT("\\#")))
		return fail(line, "\\# is expected after TYPE and number");
	if (!take_number(line, UINT16_MAX, &length))
		return false;
	for (word = take_word(&line->rest); word.length > 0; word = take_word(&line->rest)) {
		for (size_t i = 0; i + 1 < word.length; i += 2) {
			int high = byte_hex_value(word.bytes[i]);
			int low = byte_hex_value(word.bytes[i + 1]);

			if (high < 0 || low < 0)
				return fail(line, "hexadecimal digits are expected");
			textbuf_add_byte(&data, (char)(unsigned char)(high * 16 + low));
		}
		if (word.length % 2 != 0)
			return fail(line, "a word of hexadecimal digits has an odd length");
	}
	if (data.overflowed || data.length != length)
		return fail(line, "the number of bytes is not the length given");
	word = textbuf_text(&data);
	return add_record(line, type, (const uint8_t *)word.bytes, word.length);
}

static bool
find_type(struct text word, unsigned *type_out)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (text_equal_nocase(word, text_from(types[i].word))) {
			*type_out = types[i].type;
			return true;
		}
	}
	return false;
}

/* Raw data: TYPE#NN, or TYPENN as in RFC 3597. */
static bool
find_raw_type(struct text word, unsigned *type_out)
{
	struct text digits = text_from_position(word, 4);
	uint64_t number;

	if (!text_starts_with_nocase(word, TEXT("TYPE")))
		return false;
	if (text_starts_with(digits, TEXT("#")))
		digits = text_from_position(digits, 1);
	if (!text_to_number(digits, UINT16_MAX, &number))
		return false;
	*type_out = (unsigned)number;
	return true;
}

static bool
add_by_type(struct line *line, unsigned type)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		return add_address(line, type);
	case DNS_MX:
		return add_numbers_and_name(line, type, MX_NUMBERS);
	case DNS_SRV:
		return add_numbers_and_name(line, type, SRV_NUMBERS);
	case DNS_TXT:
	case DNS_SPF:
		return add_strings_of(line, type);
	case ZONE_TYPE_SOA:
		return add_soa(line);
	}
	return add_name(line, type);
}

static bool
add_trouble(struct line *line, int rcode)
{
	struct zone_trouble *trouble = arena_alloc(line->arena, sizeof(*trouble));
	struct text word = take_word(&line->rest);

	if (word.length > 0 && !find_type(word, &trouble->type) &&
	    !find_raw_type(word, &trouble->type))
		return fail(line, "the type is not known");
	trouble->rcode = rcode;
	trouble->next = line->node->troubles;
	line->node->troubles = trouble;
	return true;
}

static bool
add_entry(struct line *line, struct text word)
{
	unsigned type;
	uint64_t delay;

	if (find_type(word, &type))
		return add_by_type(line, type);
	if (find_raw_type(word, &type))
		return add_raw(line, type);
	if (text_equal_nocase(word, TEXT("DELAY"))) {
		if (!take_number(line, DELAY_MAX, &delay))
			return false;
		line->node->delay = (unsigned)delay;
		return true;
	}
	if (text_equal_nocase(word, TEXT("SECURE"))) {
		line->node->is_secure = true;
		line->zone->has_secure = true;
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(troubles); i++)
		if (text_equal_nocase(word, text_from(troubles[i].word)))
			return add_trouble(line, troubles[i].rcode);
	return fail(line, "the type is not known");
}

static bool
read_line(struct line *line)
{
	struct text word = take_word(&line->rest);
	struct wire_name name;
	uint64_t ttl = 0;

	if (word.length == 0)
		return true;
	if (!wire_name_from_text(word, &name))
		return fail(line, "the name is not a domain name");
	word = take_word(&line->rest);
	if (text_to_number(word, INT32_MAX, &ttl))
		word = take_word(&line->rest);
	if (text_equal_nocase(word, TEXT("IN")))
		word = take_word(&line->rest);
	if (word.length == 0)
		return fail(line, "a type is expected after the name");
	line->ttl = (uint32_t)ttl;
	line->node = zone_node_make(line->arena, line->zone, &name);
	if (!add_entry(line, word))
		return false;
	if (take_word(&line->rest).length > 0)
		return fail(line, "there is something behind the data");
	return true;
}

struct zone_text *
zone_text_parse(struct arena *arena, struct text source, struct text *reason_out)
{
	struct zone_text *zone = zone_node_table(arena);
	struct text rest = source;
	struct text text;

	for (size_t number = 1; text_next_part(&rest, '\n', &text); number++) {
		struct line line = { .arena = arena, .zone = zone, .rest = text };

		if (read_line(&line))
			continue;
		*reason_out = text_printf(arena, "line %zu: %s", number, line.problem);
		return NULL;
	}
	return zone;
}
