/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/failure_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
knows_name_and_type(void **state)
{
	struct failure_memory *memory = failure_memory_new();
	struct failure failure = { .until = 5, .reason = "timeout", .generation = 1 };

	(void)state;
	assert_null(failure_memory_find(memory, TEXT("a"), DNS_A));
	failure_memory_put(memory, TEXT("a"), DNS_A, failure);
	assert_int_equal(failure_memory_find(memory, TEXT("a"), DNS_A)->until, 5);
	assert_null(failure_memory_find(memory, TEXT("a"), DNS_TXT));
	assert_null(failure_memory_find(memory, TEXT("aa"), DNS_A));
	failure.until = 9;
	failure_memory_put(memory, TEXT("a"), DNS_A, failure);
	assert_int_equal(failure_memory_find(memory, TEXT("a"), DNS_A)->until, 9);
	failure_memory_remove(memory, TEXT("a"), DNS_TXT);
	assert_non_null(failure_memory_find(memory, TEXT("a"), DNS_A));
	failure_memory_remove(memory, TEXT("a"), DNS_A);
	assert_null(failure_memory_find(memory, TEXT("a"), DNS_A));
	failure_memory_put(memory, TEXT("b"), DNS_A, failure);
	failure_memory_clear(memory);
	assert_null(failure_memory_find(memory, TEXT("b"), DNS_A));
	failure_memory_free(&memory);
	assert_null(memory);
	failure_memory_free(&memory);
}

/* However many fail, the newest is known and the memory does not grow without end. */
static void
keeps_the_newest_of_many(void **state)
{
	struct failure_memory *memory = failure_memory_new();
	struct arena *arena = arena_new();
	size_t known = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		struct text name = text_printf(arena, "n%u.example", i);
		struct failure failure = { .until = i, .reason = "SERVFAIL" };

		failure_memory_put(memory, name, DNS_TXT, failure);
		assert_int_equal(failure_memory_find(memory, name, DNS_TXT)->until, i);
	}
	for (unsigned i = 0; i < 10000; i++)
		known += failure_memory_find(memory, text_printf(arena, "n%u.example", i),
					     DNS_TXT) != NULL;
	assert_true(known > 1000 && known <= 2048);
	failure_memory_free(&memory);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_name_and_type),
		cmocka_unit_test(keeps_the_newest_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
