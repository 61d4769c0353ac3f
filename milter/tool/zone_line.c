/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/zone_line.h"

#include "base/textbuf.h"

enum { STRING_BYTES = 255 };            /* RFC 1035 3.3: of one character-string */

struct text
zone_line_address(struct arena *arena, struct text owner, struct ip ip)
{
	return text_printf(arena, "%.*s. IN %s %.*s", TEXT_ARGUMENTS(owner),
			   ip.family == IP_V6 ? "AAAA" : "A", TEXT_ARGUMENTS(ip_text(arena, ip)));
}

struct text
zone_line_mx(struct arena *arena, struct text owner, unsigned preference, struct text host)
{
	return text_printf(arena, "%.*s. IN MX %u %.*s.", TEXT_ARGUMENTS(owner), preference,
			   TEXT_ARGUMENTS(host));
}

struct text
zone_line_ptr(struct arena *arena, struct ip ip, struct text host)
{
	return text_printf(arena, "%.*s. IN PTR %.*s.",
			   TEXT_ARGUMENTS(ip_reverse_name(arena, ip)), TEXT_ARGUMENTS(host));
}

struct text
zone_line_srv(struct arena *arena, struct text owner, unsigned priority, unsigned weight,
	      unsigned port, struct text host)
{
	return text_printf(arena, "%.*s. IN SRV %u %u %u %.*s.", TEXT_ARGUMENTS(owner), priority,
			   weight, port, TEXT_ARGUMENTS(host));
}

static void
add_string(struct textbuf *line, struct text string)
{
	textbuf_add_byte(line, '"');
	for (size_t i = 0; i < string.length; i++) {
		char byte = string.bytes[i];

		if (byte == '"' || byte == '\\')
			textbuf_add_byte(line, '\\');
		if (byte_is_printable(byte))
			textbuf_add_byte(line, byte);
		else
			textbuf_printf(line, "\\%03u", (unsigned)(unsigned char)byte);
	}
	textbuf_add_byte(line, '"');
}

struct text
zone_line_strings(struct arena *arena, struct text content)
{
	struct textbuf strings = textbuf_new(arena, SIZE_MAX);

	do {
		if (strings.length > 0)
			textbuf_add_byte(&strings, ' ');
		add_string(&strings, text_cut(content, 0, STRING_BYTES));
		content = text_from_position(content, STRING_BYTES);
	} while (!text_is_empty(content));
	return textbuf_text(&strings);
}

struct text
zone_line_txt(struct arena *arena, struct text owner, struct text content)
{
	struct text start = text_join(arena, owner, TEXT(". IN TXT "));

	return text_join(arena, start, zone_line_strings(arena, content));
}
