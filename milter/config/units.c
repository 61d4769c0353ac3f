/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/units.h"

#include <inttypes.h>

struct unit {
	struct text name;
	uint64_t factor;
};

/* From large to small, as they are written. */
static const struct unit duration_units[] = {
	{ { "d", 1 }, 86400000 }, { { "h", 1 }, 3600000 }, { { "m", 1 }, 60000 },
	{ { "s", 1 }, 1000 }, { { "ms", 2 }, 1 },
};

static const struct unit size_units[] = {
	{ { "G", 1 }, UINT64_C(1) << 30 }, { { "M", 1 }, UINT64_C(1) << 20 },
	{ { "k", 1 }, UINT64_C(1) << 10 },
};

static uint64_t
factor_of(const struct unit *units, size_t count, struct text name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(units[i].name, name))
			return units[i].factor;
	return 0;
}

/* Takes the digits, or the letters, off the front. */
static struct text
take_while(struct text *rest, bool (*fits)(char byte))
{
	size_t length = 0;
	struct text taken;

	while (length < rest->length && fits(rest->bytes[length]))
		length++;
	taken = text_cut(*rest, 0, length);
	*rest = text_from_position(*rest, length);
	return taken;
}

bool
units_read_duration(struct text text, uint64_t *milliseconds_out)
{
	struct text rest = text;
	uint64_t total = 0;

	if (text.length == 0)
		return false;
	while (rest.length > 0) {
		struct text digits = take_while(&rest, byte_is_digit);
		struct text name = take_while(&rest, byte_is_alpha);
		bool is_bare = name.length == 0 && digits.length == text.length;
		uint64_t factor = is_bare ? 1000 : factor_of(duration_units,
							     COUNT_OF(duration_units), name);
		uint64_t number;

		if (factor == 0 || !text_to_number(digits, UINT64_MAX / factor, &number) ||
		    number * factor > UINT64_MAX - total)
			return false;
		total += number * factor;
	}
	*milliseconds_out = total;
	return true;
}

bool
units_read_size(struct text text, uint64_t *bytes_out)
{
	struct text rest = text;
	struct text digits = take_while(&rest, byte_is_digit);
	uint64_t factor = rest.length == 0 ? 1 : factor_of(size_units, COUNT_OF(size_units), rest);
	uint64_t number;

	if (factor == 0 || !text_to_number(digits, UINT64_MAX / factor, &number))
		return false;
	*bytes_out = number * factor;
	return true;
}

bool
units_read_octal(struct text text, uint64_t *number_out)
{
	uint64_t number = 0;

	/* 21 octal digits are 63 bits. */
	if (text.length == 0 || text.length > 21)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '7')
			return false;
		number = number * 8 + (uint64_t)(text.bytes[i] - '0');
	}
	*number_out = number;
	return true;
}

void
units_write_duration(struct textbuf *out, uint64_t milliseconds)
{
	if (milliseconds == 0)
		textbuf_add_string(out, "0s");
	for (size_t i = 0; i < COUNT_OF(duration_units); i++) {
		uint64_t number = milliseconds / duration_units[i].factor;

		milliseconds %= duration_units[i].factor;
		if (number > 0)
			textbuf_printf(out, "%" PRIu64 "%s", number, duration_units[i].name.bytes);
	}
}

void
units_write_size(struct textbuf *out, uint64_t bytes)
{
	for (size_t i = 0; i < COUNT_OF(size_units) && bytes > 0; i++) {
		if (bytes % size_units[i].factor != 0)
			continue;
		textbuf_printf(out, "%" PRIu64 "%s", bytes / size_units[i].factor,
			       size_units[i].name.bytes);
		return;
	}
	textbuf_printf(out, "%" PRIu64, bytes);
}
