/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "base/macros.h"

#include <pthread.h>

static const int64_t bounds[] = { 10, 100, 1000 };

static void
counts_into_the_right_bucket(void **state)
{
	static const struct {
		int64_t value;
		uint64_t cumulative[4];
		uint64_t sum;
	} rows[] = {
		{ -1, { 1, 1, 1, 1 }, 0 },
		{ 0, { 1, 1, 1, 1 }, 0 },
		{ 9, { 1, 1, 1, 1 }, 9 },
		{ 10, { 1, 1, 1, 1 }, 10 },
		{ 11, { 0, 1, 1, 1 }, 11 },
		{ 100, { 0, 1, 1, 1 }, 100 },
		{ 101, { 0, 0, 1, 1 }, 101 },
		{ 1000, { 0, 0, 1, 1 }, 1000 },
		{ 1001, { 0, 0, 0, 1 }, 1001 },
		{ INT64_MAX, { 0, 0, 0, 1 }, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct histogram histogram = { .bounds = bounds, .bound_count = COUNT_OF(bounds) };
		struct histogram_reading reading;

		histogram_add(&histogram, rows[i].value);
		histogram_read(&histogram, &reading);
		assert_memory_equal(reading.cumulative, rows[i].cumulative, sizeof(rows[i].cumulative));
		assert_int_equal(reading.sum, rows[i].sum);
		assert_int_equal(reading.bound_count, COUNT_OF(bounds));
		assert_ptr_equal(reading.bounds, bounds);
	}
}

static struct histogram shared = { .bounds = bounds, .bound_count = COUNT_OF(bounds) };

static void *
add_many(void *unused)
{
	for (int64_t i = 0; i < 20000; i++)
		histogram_add(&shared, i % 2000);
	return unused;
}

static void
loses_nothing_between_threads(void **state)
{
	struct histogram_reading reading;
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	histogram_read(&shared, &reading);
	assert_int_equal(reading.cumulative[0], 4 * 10 * 11);
	assert_int_equal(reading.cumulative[3], 4 * 20000);
	assert_int_equal(reading.sum, UINT64_C(4) * 10 * (1999 * 2000 / 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_into_the_right_bucket),
		cmocka_unit_test(loses_nothing_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
