/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 5000 };

static void
holds_what_was_added(void **state)
{
	struct arena *arena = arena_new();
	struct text_set *set = text_set_new(arena, 0);

	(void)state;
	assert_false(text_set_contains(set, TEXT("")));
	assert_false(text_set_contains(set, TEXT("postmaster@example.com")));
	assert_true(text_set_add(set, TEXT("Postmaster@example.com")));
	assert_false(text_set_add(set, TEXT("postmaster@EXAMPLE.com")));
	assert_int_equal(text_set_count(set), 1);
	assert_true(text_set_contains(set, TEXT("postmaster@example.com")));
	assert_true(text_set_contains(set, TEXT("POSTMASTER@example.COM")));
	assert_false(text_set_contains(set, TEXT("postmaster@example.co")));
	assert_false(text_set_contains(set, TEXT("postmaster@example.com.")));
	assert_false(text_set_contains(set, TEXT("")));
	arena_free(&arena);
}

static void
takes_any_bytes(void **state)
{
	struct arena *arena = arena_new();
	struct text_set *set = text_set_new(arena, 2);

	(void)state;
	assert_true(text_set_add(set, TEXT("a\0b")));
	assert_true(text_set_add(set, TEXT("")));
	assert_true(text_set_contains(set, TEXT("A\0B")));
	assert_true(text_set_contains(set, TEXT("")));
	assert_false(text_set_contains(set, TEXT("a")));
	assert_false(text_set_contains(set, TEXT("a\0c")));
	/* Only ASCII letters have two cases here. */
	assert_true(text_set_add(set, TEXT("\xc3\xa4")));
	assert_false(text_set_contains(set, TEXT("\xc3\x84")));
	assert_true(text_set_add(set, TEXT("[")));
	assert_false(text_set_contains(set, TEXT("{")));
	arena_free(&arena);
}

static void
grows(void **state)
{
	static const size_t expectations[] = { 0, 1, MANY - 1, MANY, MANY + 1 };

	(void)state;
	for (size_t e = 0; e < COUNT_OF(expectations); e++) {
		struct arena *arena = arena_new();
		struct text_set *set = text_set_new(arena, expectations[e]);

		for (unsigned i = 0; i < MANY; i++)
			assert_true(text_set_add(set, text_printf(arena, "name%u", i)));
		assert_int_equal(text_set_count(set), MANY);
		for (unsigned i = 0; i < 2 * MANY; i++)
			assert_int_equal(text_set_contains(set, text_printf(arena, "NAME%u", i)),
					 i < MANY);
		arena_free(&arena);
	}
}

static void
takes_no_set_for_an_empty_one(void **state)
{
	(void)state;
	assert_false(text_set_contains(NULL, TEXT("")));
	assert_int_equal(text_set_count(NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_added),
		cmocka_unit_test(takes_any_bytes),
		cmocka_unit_test(grows),
		cmocka_unit_test(takes_no_set_for_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
