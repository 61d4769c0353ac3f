/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/current.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { VERSIONS = 300, READERS = 4 };

static _Atomic unsigned freed;
static _Atomic bool is_over;

static void
count_release(void *object)
{
	(void)object;
	atomic_fetch_add(&freed, 1);
}

static void
publish(uint64_t number)
{
	struct arena *arena = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));

	arena_on_empty(arena, count_release, config);
	config->sessions_max = number;
	config->dns_questions_max = number;
	config_publish(arena, config);
}

static void
frees_with_the_last_user(void **state)
{
	struct config_version *first;
	struct config_version *second;
	struct config_version *none = NULL;

	(void)state;
	atomic_store(&freed, 0);
	assert_null(config_acquire());
	publish(1);
	first = config_acquire();
	second = config_acquire();
	assert_ptr_equal(first, second);
	publish(2);
	assert_int_equal(atomic_load(&freed), 0);
	assert_int_equal(config_of(first)->sessions_max, 1);
	config_release(&first);
	assert_null(first);
	assert_int_equal(atomic_load(&freed), 0);
	config_release(&second);
	assert_int_equal(atomic_load(&freed), 1);
	first = config_acquire();
	assert_int_equal(config_of(first)->sessions_max, 2);
	config_withdraw();
	assert_int_equal(atomic_load(&freed), 1);
	config_release(&first);
	assert_int_equal(atomic_load(&freed), 2);
	config_release(&none);
	config_withdraw();
	assert_null(config_acquire());
}

/* Returns NULL when every version seen was whole and none came after a newer one. */
static void *
read_versions(void *argument)
{
	uint64_t newest = 0;

	while (!atomic_load(&is_over)) {
		struct config_version *version = config_acquire();
		const struct config *config = config_of(version);
		bool is_good = config->sessions_max == config->dns_questions_max &&
			       config->sessions_max >= newest;

		newest = config->sessions_max;
		config_release(&version);
		if (!is_good)
			return argument;
	}
	return NULL;
}

static void
threads_see_whole_versions(void **state)
{
	pthread_t threads[READERS];
	void *result;

	(void)state;
	atomic_store(&freed, 0);
	publish(1);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_versions, &freed), 0);
	for (uint64_t i = 2; i <= VERSIONS; i++)
		publish(i);
	atomic_store(&is_over, true);
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	assert_int_equal(atomic_load(&freed), VERSIONS - 1);
	config_withdraw();
	assert_int_equal(atomic_load(&freed), VERSIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frees_with_the_last_user),
		cmocka_unit_test(threads_see_whole_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
