/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/answer_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/packet.h"

enum {
	NOW = 1000000,
	TTL = 60,
	PART = 8,               /* the cache has so many parts */
	DATA_MAX = 65000        /* of the largest answer that is made here */
};

/* An answer to (q.example, TXT) with `data_length` bytes of data and TTL; freed by the caller. */
static uint8_t *
answer_new(size_t data_length, size_t *length_out)
{
	static const uint8_t head[] = "\0\0\201\200\0\1\0\1\0\0\0\0\1q\7example\0\0\20\0\1"
				      "\300\14\0\20\0\1\0\0\0\74";
	size_t length = sizeof(head) - 1 + 2 + data_length;
	uint8_t *packet = calloc(1, length);

	assert_non_null(packet);
	memcpy(packet, head, sizeof(head) - 1);
	packet_put_u16(packet + sizeof(head) - 1, (unsigned)data_length);
	*length_out = length;
	return packet;
}

static void
put(struct answer_cache *cache, struct text name, enum dns_type type, size_t data_length)
{
	size_t length;
	uint8_t *packet = answer_new(data_length, &length);

	answer_cache_put(cache, name, type, packet, length, data_length % 2 == 1, NOW);
	free(packet);
}

static bool
knows(struct answer_cache *cache, struct text name, enum dns_type type, int64_t now)
{
	struct cached_answer answer;

	if (!answer_cache_find(cache, name, type, now, &answer))
		return false;
	free(answer.packet);
	return true;
}

static void
knows_name_and_type(void **state)
{
	struct answer_cache *cache = answer_cache_new(1 << 20);
	struct cached_answer answer;
	size_t length;
	uint8_t *packet = answer_new(3, &length);

	(void)state;
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	put(cache, TEXT("q.example"), DNS_TXT, 3);
	assert_true(answer_cache_find(cache, TEXT("q.example"), DNS_TXT, NOW + 2500, &answer));
	assert_int_equal(answer.length, length);
	assert_memory_equal(answer.packet, packet, length);
	assert_true(answer.is_secure);
	assert_int_equal(answer.age, 2);
	free(answer.packet);
	free(packet);
	assert_false(knows(cache, TEXT("q.example"), DNS_A, NOW));
	assert_false(knows(cache, TEXT("q.exampl"), DNS_TXT, NOW));
	assert_false(knows(cache, TEXT("qq.example"), DNS_TXT, NOW));
	assert_false(knows(cache, TEXT(""), DNS_TXT, NOW));
	/* Another answer to the same question takes its place. */
	put(cache, TEXT("q.example"), DNS_TXT, 4);
	assert_true(answer_cache_find(cache, TEXT("q.example"), DNS_TXT, NOW, &answer));
	assert_int_equal(answer.length, length + 1);
	assert_false(answer.is_secure);
	free(answer.packet);
	answer_cache_free(&cache);
	assert_null(cache);
	answer_cache_free(&cache);
}

static void
forgets_when_the_time_is_over(void **state)
{
	struct answer_cache *cache = answer_cache_new(1 << 20);

	(void)state;
	put(cache, TEXT("q.example"), DNS_TXT, 3);
	assert_true(knows(cache, TEXT("q.example"), DNS_TXT, NOW + TTL * 1000 - 1));
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW + TTL * 1000));
	/* It is gone, not hidden. */
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	answer_cache_free(&cache);
}

static void
leaves_out_what_may_not_be_kept(void **state)
{
	struct answer_cache *cache = answer_cache_new(1 << 20);
	size_t length;
	uint8_t *packet = answer_new(3, &length);

	(void)state;
	/* The last byte of the TTL. */
	packet[length - 3 - 2 - 1] = 0;
	answer_cache_put(cache, TEXT("q.example"), DNS_TXT, packet, length, false, NOW);
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	packet[length - 3 - 2 - 1] = 1;
	answer_cache_put(cache, TEXT("q.example"), DNS_TXT, packet, length - 1, false, NOW);
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	answer_cache_put(cache, TEXT("q.example"), DNS_TXT, packet, length, false, NOW);
	assert_true(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	free(packet);
	answer_cache_free(&cache);
}

/* How large one answer may be in a cache of 1 MiB: the edge is where put() begins to refuse. */
static void
leaves_out_what_is_too_large(void **state)
{
	struct answer_cache *cache = answer_cache_new(1 << 20);
	size_t fits = 1;
	size_t too_large = DATA_MAX;

	(void)state;
	while (too_large - fits > 1) {
		size_t middle = (fits + too_large) / 2;

		answer_cache_reset(cache, 1 << 20);
		put(cache, TEXT("q.example"), DNS_TXT, middle);
		*(knows(cache, TEXT("q.example"), DNS_TXT, NOW) ? &fits : &too_large) = middle;
	}
	/* An eighth of a part, less what an entry has beside its data. */
	assert_in_range(fits, (1 << 20) / PART / 8 - 200, (1 << 20) / PART / 8);
	answer_cache_free(&cache);
}

/* However many come, the newest and the used stay and the memory does not grow without end. */
static void
keeps_what_is_used(void **state)
{
	struct answer_cache *cache = answer_cache_new(64 << 10);
	struct arena *arena = arena_new();
	size_t known = 0;

	(void)state;
	put(cache, TEXT("used.example"), DNS_TXT, 10);
	for (size_t i = 0; i < 5000; i++) {
		put(cache, text_printf(arena, "n%zu.example", i), DNS_TXT, 10);
		assert_true(knows(cache, TEXT("used.example"), DNS_TXT, NOW));
	}
	for (size_t i = 0; i < 5000; i++)
		known += knows(cache, text_printf(arena, "n%zu.example", i), DNS_TXT, NOW);
	assert_in_range(known, 100, (64 << 10) / 60);
	assert_true(knows(cache, TEXT("n4999.example"), DNS_TXT, NOW));
	assert_false(knows(cache, TEXT("n0.example"), DNS_TXT, NOW));
	arena_free(&arena);
	answer_cache_free(&cache);
}

static void
forgets_all(void **state)
{
	struct answer_cache *cache = answer_cache_new(1 << 20);

	(void)state;
	put(cache, TEXT("q.example"), DNS_TXT, 10);
	answer_cache_reset(cache, 0);
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	/* And there is no room any more. */
	put(cache, TEXT("q.example"), DNS_TXT, 10);
	assert_false(knows(cache, TEXT("q.example"), DNS_TXT, NOW));
	answer_cache_free(&cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_name_and_type),
		cmocka_unit_test(forgets_when_the_time_is_over),
		cmocka_unit_test(leaves_out_what_may_not_be_kept),
		cmocka_unit_test(leaves_out_what_is_too_large),
		cmocka_unit_test(keeps_what_is_used),
		cmocka_unit_test(forgets_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
