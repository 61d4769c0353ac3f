/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
compares_lengths_before_bytes(void **state)
{
	(void)state;
	assert_true(text_equal_nocase(TEXT("DKIM-Signature"), TEXT("dkim-signature")));
	assert_false(text_equal_nocase(TEXT("D"), TEXT("DKIM-Signature")));
	assert_false(text_equal(TEXT("a"), TEXT("a\0")));
	assert_true(text_equal(text_from(NULL), TEXT("")));
}

static void
splits_into_parts(void **state)
{
	static const struct text expected[] = { { "a", 1 }, { "", 0 }, { "b", 1 }, { "", 0 } };
	struct text rest = TEXT("a,,b,");
	struct text part;
	size_t count = 0;

	(void)state;
	while (text_next_part(&rest, ',', &part))
		assert_true(text_equal(part, expected[count++]));
	assert_int_equal(count, COUNT_OF(expected));
}

static void
reads_numbers_up_to_a_maximum(void **state)
{
	static const struct {
		struct text text;
		uint64_t maximum;
		bool ok;
		uint64_t number;
	} rows[] = {
		{ { "0", 1 }, 9, true, 0 },
		{ { "9", 1 }, 9, true, 9 },
		{ { "10", 2 }, 9, false, 0 },
		{ { "", 0 }, 9, false, 0 },
		{ { "+1", 2 }, 9, false, 0 },
		{ { "1 ", 2 }, 9, false, 0 },
		{ { "18446744073709551615", 20 }, UINT64_MAX, true, UINT64_MAX },
		{ { "18446744073709551616", 20 }, UINT64_MAX, false, 0 },
		{ { "99999999999999999999999", 23 }, UINT64_MAX, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t number = 77;
		bool ok = text_to_number(rows[i].text, rows[i].maximum, &number);

		assert_int_equal(ok, rows[i].ok);
		assert_int_equal(number, rows[i].ok ? rows[i].number : 77);
	}
}

static void
cuts_and_trims_within_bounds(void **state)
{
	(void)state;
	assert_true(text_equal(text_cut(TEXT("abc"), 1, 99), TEXT("bc")));
	assert_true(text_is_empty(text_cut(TEXT("abc"), 9, 1)));
	assert_true(text_equal(text_trim(TEXT(" \t\r\n x y \n")), TEXT("x y")));
	assert_true(text_is_empty(text_trim(TEXT("  "))));
	assert_int_equal(text_find_text(TEXT("abcd"), TEXT("cd")), 2);
	assert_true(text_find_text(TEXT("abcd"), TEXT("ce")) == TEXT_NOT_FOUND);
}

static void
keeps_nul_bytes(void **state)
{
	struct arena *arena = arena_new();
	struct text copy = text_lower(arena, TEXT("A\0B"));

	(void)state;
	assert_true(text_equal(copy, TEXT("a\0b")));
	assert_true(text_equal(text_printf(arena, "%s-%d", "x", 7), TEXT("x-7")));
	assert_true(text_equal(text_join(arena, TEXT("x"), TEXT("")), TEXT("x")));
	arena_free(&arena);
}

static void
knows_hexadecimal_digits(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		const char *found = byte != 0 ? strchr(digits, byte) : NULL;
		int value = found != NULL ? (int)(found - digits) : -1;

		assert_int_equal(byte_hex_value((char)byte), value > 15 ? value - 6 : value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_lengths_before_bytes),
		cmocka_unit_test(splits_into_parts),
		cmocka_unit_test(reads_numbers_up_to_a_maximum),
		cmocka_unit_test(cuts_and_trims_within_bounds),
		cmocka_unit_test(keeps_nul_bytes),
		cmocka_unit_test(knows_hexadecimal_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
