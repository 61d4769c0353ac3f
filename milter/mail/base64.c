/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of a character, or -1. */
static int
bits_of(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	if (byte == '+')
		return 62;
	return byte == '/' ? 63 : -1;
}

static size_t
count_padding(struct text text)
{
	size_t count = 0;

	while (count < 2 && count < text.length && text.bytes[text.length - 1 - count] == '=')
		count++;
	return count;
}

bool
base64_decode(struct arena *arena, struct text text, struct text *bytes_out)
{
	size_t padding = count_padding(text);
	size_t characters = text.length - padding;
	size_t length = 0;
	unsigned bits = 0;
	unsigned char *bytes;

	if (characters % 4 == 1 || (padding > 0 && text.length % 4 != 0))
		return false;
	bytes = arena_alloc(arena, characters / 4 * 3 + 3);
	for (size_t i = 0; i < characters; i++) {
		int value = bits_of(text.bytes[i]);

		if (value < 0)
			return false;
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		if (i % 4 == 1)
			bytes[length++] = (unsigned char)(bits >> 4 & 0xff);
		else if (i % 4 == 2)
			bytes[length++] = (unsigned char)(bits >> 2 & 0xff);
		else if (i % 4 == 3)
			bytes[length++] = (unsigned char)(bits & 0xff);
	}
	*bytes_out = text_of((const char *)bytes, length);
	return true;
}

struct text
base64_encode(struct arena *arena, struct text bytes)
{
	char *text = arena_array(arena, bytes.length / 3 + 2, 4);
	size_t length = 0;

	for (size_t i = 0; i < bytes.length; i += 3) {
		size_t left = bytes.length - i;
		unsigned bits = (unsigned)(unsigned char)bytes.bytes[i] << 16;

		if (left > 1)
			bits |= (unsigned)(unsigned char)bytes.bytes[i + 1] << 8;
		if (left > 2)
			bits |= (unsigned char)bytes.bytes[i + 2];
		text[length++] = alphabet[bits >> 18];
		text[length++] = alphabet[bits >> 12 & 63];
		text[length++] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		text[length++] = left > 2 ? alphabet[bits & 63] : '=';
	}
	return text_of(text, length);
}
