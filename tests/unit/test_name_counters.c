/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "programs/name_counters.h"

#include <pthread.h>
#include <string.h>

static struct name_counters counters;

static int
clear(void **state)
{
	(void)state;
	name_counters_clear(&counters);
	return 0;
}

static size_t
count_names(uint64_t *sum_out)
{
	struct text name;
	uint64_t value;
	size_t count = 0;

	*sum_out = 0;
	for (size_t i = 0; name_counters_next(&counters, &i, &name, &value); count++)
		*sum_out += value;
	return count;
}

static uint64_t
value_of(struct text wanted)
{
	struct text name;
	uint64_t value;

	for (size_t i = 0; name_counters_next(&counters, &i, &name, &value);)
		if (text_equal(name, wanted))
			return value;
	return 0;
}

static void
counts_by_name(void **state)
{
	char bytes[NAME_COUNTERS_BYTES_MAX + 1];
	uint64_t sum;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	name_counters_add(&counters, TEXT("dmarc-reject"));
	name_counters_add(&counters, TEXT("dmarc-pass"));
	name_counters_add(&counters, TEXT("dmarc-reject"));
	name_counters_add(&counters, TEXT("dmarc\0reject"));
	assert_int_equal(value_of(TEXT("dmarc-reject")), 2);
	assert_int_equal(value_of(TEXT("dmarc-pass")), 1);
	assert_int_equal(value_of(TEXT("dmarc\0reject")), 1);
	assert_int_equal(name_counters_other(&counters), 0);
	/* The name need not stay. */
	name_counters_add(&counters, text_of(bytes, NAME_COUNTERS_BYTES_MAX - 1));
	name_counters_add(&counters, text_of(bytes, NAME_COUNTERS_BYTES_MAX));
	assert_int_equal(name_counters_other(&counters), 0);
	name_counters_add(&counters, text_of(bytes, NAME_COUNTERS_BYTES_MAX + 1));
	assert_int_equal(name_counters_other(&counters), 1);
	name_counters_add(&counters, (struct text){ NULL, 0 });
	assert_int_equal(name_counters_other(&counters), 2);
	memset(bytes, 'y', sizeof(bytes));
	assert_int_equal(value_of(text_of(bytes, NAME_COUNTERS_BYTES_MAX)), 0);
	assert_int_equal(count_names(&sum), 5);
	assert_int_equal(sum, 6);
}

static void
add_numbered(struct arena *arena, unsigned number)
{
	name_counters_add(&counters, text_printf(arena, "rule-%u", number));
}

static void
is_bounded(void **state)
{
	struct arena *arena = arena_new();
	uint64_t sum;

	(void)state;
	for (unsigned i = 0; i < NAME_COUNTERS_MAX - 1; i++)
		add_numbered(arena, i);
	assert_int_equal(count_names(&sum), NAME_COUNTERS_MAX - 1);
	add_numbered(arena, NAME_COUNTERS_MAX - 1);
	assert_int_equal(count_names(&sum), NAME_COUNTERS_MAX);
	assert_int_equal(name_counters_other(&counters), 0);
	for (unsigned i = 0; i < 3 * NAME_COUNTERS_MAX; i++)
		add_numbered(arena, i);
	assert_int_equal(count_names(&sum), NAME_COUNTERS_MAX);
	assert_int_equal(sum, 2 * NAME_COUNTERS_MAX);
	assert_int_equal(name_counters_other(&counters), 2 * NAME_COUNTERS_MAX);
	arena_free(&arena);
}

enum { ROUNDS = 20, THREADS = 4, NAMES = NAME_COUNTERS_MAX + 100 };

static void *
add_all(void *unused)
{
	struct arena *arena = arena_new();

	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < NAMES; i++)
			add_numbered(arena, i);
	arena_free(&arena);
	return unused;
}

/* All want the same new names at once: each stands there once, and no count is lost. */
static void
threads_agree(void **state)
{
	pthread_t threads[THREADS];
	struct text name;
	struct text other;
	uint64_t value;
	uint64_t sum;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_all, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(count_names(&sum) <= NAME_COUNTERS_MAX);
	assert_true(count_names(&sum) >= NAME_COUNTERS_MAX - THREADS);
	assert_int_equal(sum + name_counters_other(&counters), THREADS * ROUNDS * NAMES);
	for (size_t i = 0; name_counters_next(&counters, &i, &name, &value);)
		for (size_t k = i; name_counters_next(&counters, &k, &other, &value);)
			assert_false(text_equal(name, other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counts_by_name, clear),
		cmocka_unit_test_teardown(is_bounded, clear),
		cmocka_unit_test_teardown(threads_agree, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
