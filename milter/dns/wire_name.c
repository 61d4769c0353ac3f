/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/wire_name.h"

#include <string.h>

#include "base/textbuf.h"

enum {
	ESCAPED_MAX = 4 * WIRE_NAME_MAX,        /* every byte as \DDD */
	POINTER_BITS = 0xc0,
	POINTERS_MAX = 127              /* of one name: as many as it can have labels */
};

/* Takes one byte of presentation form, perhaps escaped (RFC 1035 5.1), at *position. */
static bool
take_byte(struct text text, size_t *position, uint8_t *byte_out)
{
	struct text rest = text_from_position(text, *position);
	uint64_t number;

	if (rest.bytes[0] != '\\') {
		*byte_out = (uint8_t)rest.bytes[0];
		*position += 1;
		return true;
	}
	if (rest.length < 2)
		return false;
	if (!byte_is_digit(rest.bytes[1])) {
		*byte_out = (uint8_t)rest.bytes[1];
		*position += 2;
		return true;
	}
	if (rest.length < 4 || !text_to_number(text_cut(rest, 1, 3), UINT8_MAX, &number))
		return false;
	*byte_out = (uint8_t)number;
	*position += 4;
	return true;
}

/* Writes one label from *position up to a dot or the end, and moves behind the dot. */
static bool
add_label(struct text text, size_t *position, struct wire_name *name)
{
	size_t start = name->length++;
	size_t count = 0;
	uint8_t byte;

	while (*position < text.length && text.bytes[*position] != '.') {
		if (!take_byte(text, position, &byte) || count == WIRE_LABEL_MAX ||
		    name->length >= WIRE_NAME_MAX - 1)
			return false;
		name->bytes[name->length++] = (uint8_t)byte_lower((char)byte);
		count++;
	}
	if (count == 0)
		return false;
	name->bytes[start] = (uint8_t)count;
	*position += 1;
	return true;
}

bool
wire_name_from_text(struct text text, struct wire_name *name_out)
{
	struct wire_name name = { .length = 0 };
	size_t position = 0;

	if (text_is_empty(text))
		return false;
	if (text_equal(text, TEXT("."))) {
		*name_out = (struct wire_name){ .bytes = { 0 }, .length = 1 };
		return true;
	}
	while (position < text.length) {
		if (name.length >= WIRE_NAME_MAX - 1 || !add_label(text, &position, &name))
			return false;
	}
	name.bytes[name.length++] = 0;
	*name_out = name;
	return true;
}

static void
add_escaped(struct textbuf *buffer, uint8_t byte)
{
	if (byte <= 0x20 || byte > 0x7e || byte == '.' || byte == '\\')
		textbuf_printf(buffer, "\\%03u", byte);
	else
		textbuf_add_byte(buffer, (char)byte);
}

struct text
wire_name_to_text(struct arena *arena, const struct wire_name *name)
{
	struct textbuf buffer = textbuf_new(arena, ESCAPED_MAX);
	size_t position = 0;

	while (name->bytes[position] != 0) {
		size_t count = name->bytes[position++];

		if (buffer.length > 0)
			textbuf_add_byte(&buffer, '.');
		for (; count > 0; count--)
			add_escaped(&buffer, name->bytes[position++]);
	}
	return textbuf_text(&buffer);
}

/* Copies the label whose length byte is at `position`; false when it does not fit. */
static bool
copy_label(const uint8_t *message, size_t length, size_t position, struct wire_name *name)
{
	size_t count = message[position];

	if (count > length - position - 1 || name->length + 1 + count > WIRE_NAME_MAX)
		return false;
	name->bytes[name->length++] = (uint8_t)count;
	for (size_t i = 0; i < count; i++)
		name->bytes[name->length++] =
			(uint8_t)byte_lower((char)message[position + 1 + i]);
	return true;
}

bool
wire_name_read(const uint8_t *message, size_t length, size_t *position,
	       struct wire_name *name_out)
{
	struct wire_name name = { .length = 0 };
	size_t at = *position;
	size_t start = at;              /* of the labels being read: pointers must go before it */
	size_t behind = 0;              /* where the name ends in its own place, once known */
	size_t pointers = 0;

	for (;;) {
		if (at >= length)
			return false;
		if ((message[at] & POINTER_BITS) == POINTER_BITS) {
			size_t target;

			if (length - at < 2 || ++pointers > POINTERS_MAX)
				return false;
			target = (size_t)(message[at] & 0x3f) << 8 | message[at + 1];
			if (target >= start)
				return false;
			if (behind == 0)
				behind = at + 2;
			at = start = target;
			continue;
		}
		if ((message[at] & POINTER_BITS) != 0 || !copy_label(message, length, at, &name))
			return false;
		if (message[at] == 0)
			break;
		at += 1 + (size_t)message[at];
	}
	*position = behind != 0 ? behind : at + 1;
	*name_out = name;
	return true;
}

bool
wire_name_equal(const struct wire_name *a, const struct wire_name *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}
