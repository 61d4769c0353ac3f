/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"

/* Key 00 01 ... 0f, input 00 01 ...: the authors' test vectors for SipHash-2-4. */
static const struct {
	uint8_t length;
	uint64_t hash;
} rows[] = {
	{ 0, UINT64_C(0x726fdb47dd0e0e31) },
	{ 1, UINT64_C(0x74f839c593dc67fd) },
	{ 7, UINT64_C(0xab0200f58b01d137) },
	{ 8, UINT64_C(0x93f5f5799a932462) },
	{ 15, UINT64_C(0xa129ca6149be45e5) },
};

static void
gives_the_known_values(void **state)
{
	static const uint64_t key[] = { UINT64_C(0x0706050403020100),
					UINT64_C(0x0f0e0d0c0b0a0908) };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct siphash hash;

		siphash_begin(&hash, key);
		for (uint8_t byte = 0; byte < rows[i].length; byte++)
			siphash_add_byte(&hash, byte);
		assert_int_equal(siphash_end(&hash), rows[i].hash);
	}
}

static void
makes_a_new_key_each_time(void **state)
{
	uint64_t first[SIPHASH_KEY_WORDS] = { 0 };
	uint64_t second[SIPHASH_KEY_WORDS] = { 0 };

	(void)state;
	assert_true(siphash_new_key(first));
	assert_true(siphash_new_key(second));
	assert_memory_not_equal(first, second, sizeof(first));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_known_values),
		cmocka_unit_test(makes_a_new_key_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
