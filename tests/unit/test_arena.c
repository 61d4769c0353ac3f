/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void
gives_zeroed_aligned_memory(void **state)
{
	static const size_t sizes[] = {
		0,    1,    7,    8,    15,   16,   17,     4000,
		8175, 8176, 8177, 8191, 8192, 8193, 100000,
	};
	struct arena *arena = arena_new();

	(void)state;
	/* The second round gets used memory again. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			unsigned char *bytes = arena_alloc(arena, sizes[i]);

			assert_non_null(bytes);
			assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
			assert_true(is_zero(bytes, sizes[i]));
			memset(bytes, 0xff, sizes[i]);
		}
		arena_empty(arena);
	}
	arena_free(&arena);
	assert_null(arena);
	arena_free(&arena);
}

static void
keeps_pieces_apart(void **state)
{
	struct arena *arena = arena_new();
	unsigned char *pieces[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		pieces[i] = arena_alloc(arena, i + 1);
		memset(pieces[i], (int)i, i + 1);
	}
	for (size_t i = 0; i < COUNT_OF(pieces); i++)
		for (size_t j = 0; j <= i; j++)
			assert_int_equal(pieces[i][j], i);
	arena_free(&arena);
}

static void
grows_arrays(void **state)
{
	struct arena *arena = arena_new();
	unsigned *array = NULL;
	size_t capacity = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		array = arena_grow(arena, array, i, &capacity, sizeof(*array));
		assert_true(capacity > i);
		/* Room that is not used yet is zero. */
		assert_int_equal(array[i], 0);
		array[i] = i + 1;
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(array[i], i + 1);
	arena_free(&arena);
}

struct releases {
	int order[3];
	int count;
};

static struct releases releases;

static void
note_release(void *object)
{
	releases.order[releases.count++] = *(const int *)object;
}

static void
releases_in_reverse_order(void **state)
{
	struct arena *arena = arena_new();
	int *numbers = arena_array(arena, 3, sizeof(*numbers));

	(void)state;
	releases = (struct releases){ .count = 0 };
	for (int i = 0; i < 3; i++) {
		numbers[i] = i;
		arena_on_empty(arena, note_release, &numbers[i]);
	}
	arena_empty(arena);
	assert_int_equal(releases.count, 3);
	assert_int_equal(releases.order[0], 2);
	assert_int_equal(releases.order[1], 1);
	assert_int_equal(releases.order[2], 0);
	/* Once only. */
	arena_empty(arena);
	arena_free(&arena);
	assert_int_equal(releases.count, 3);
}

static void
releases_when_freed(void **state)
{
	struct arena *arena = arena_new();
	int *number = arena_alloc(arena, sizeof(*number));

	(void)state;
	releases = (struct releases){ .count = 0 };
	arena_on_empty(arena, note_release, number);
	arena_free(&arena);
	assert_int_equal(releases.count, 1);
}

static void
counts_what_it_gave(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(arena_used(arena), 0);
	(void)!arena_alloc(arena, 100);
	assert_true(arena_used(arena) >= 100);
	(void)!arena_alloc(arena, 100000);
	assert_true(arena_used(arena) >= 100100);
	arena_empty(arena);
	assert_int_equal(arena_used(arena), 0);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(keeps_pieces_apart),
		cmocka_unit_test(grows_arrays),
		cmocka_unit_test(releases_in_reverse_order),
		cmocka_unit_test(releases_when_freed),
		cmocka_unit_test(counts_what_it_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
