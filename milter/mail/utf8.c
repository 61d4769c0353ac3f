/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/utf8.h"

/* RFC 3629 3: what the first byte says of the bytes behind it. */
static bool
read_first_byte(unsigned char byte, size_t *more_out, uint32_t *bits_out, uint32_t *least_out)
{
	if (byte < 0x80) {
		*more_out = 0;
		*bits_out = byte;
		*least_out = 0;
	} else if ((byte & 0xe0) == 0xc0) {
		*more_out = 1;
		*bits_out = byte & 0x1fU;
		*least_out = 0x80;
	} else if ((byte & 0xf0) == 0xe0) {
		*more_out = 2;
		*bits_out = byte & 0x0fU;
		*least_out = 0x800;
	} else if ((byte & 0xf8) == 0xf0) {
		*more_out = 3;
		*bits_out = byte & 0x07U;
		*least_out = 0x10000;
	} else {
		return false;
	}
	return true;
}

bool
utf8_next(struct text text, size_t *position, uint32_t *code_point_out)
{
	uint32_t code_point;
	uint32_t least;
	size_t more;

	if (*position >= text.length ||
	    !read_first_byte((unsigned char)text.bytes[*position], &more, &code_point,
			     &least) ||
	    more >= text.length - *position)
		return false;
	for (size_t i = 1; i <= more; i++) {
		unsigned char byte = (unsigned char)text.bytes[*position + i];

		if ((byte & 0xc0) != 0x80)
			return false;
		code_point = code_point << 6 | (byte & 0x3fU);
	}
	if (code_point < least || code_point > 0x10ffff ||
	    (code_point >= 0xd800 && code_point <= 0xdfff))
		return false;
	*position += more + 1;
	*code_point_out = code_point;
	return true;
}

bool
utf8_is_valid(struct text text)
{
	uint32_t code_point;
	size_t position = 0;

	while (position < text.length)
		if (!utf8_next(text, &position, &code_point))
			return false;
	return true;
}

bool
utf8_is_ascii(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.bytes[i] >= 0x80)
			return false;
	return true;
}
