/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NETWORKS_MAX = 8, MANY = 2000, QUESTIONS = 20000 };

static struct ip
ip_of(const char *string)
{
	struct ip ip = { .family = IP_NONE };

	if (string != NULL)
		assert_true(ip_parse(text_from(string), &ip));
	return ip;
}

static const struct {
	const char *networks[NETWORKS_MAX];     /* up to NULL */
	const char *address;                    /* NULL: none known */
	bool contains;
} rows[] = {
	{ { NULL }, "192.0.2.1", false },
	{ { "192.0.2.1" }, "192.0.2.1", true },
	{ { "192.0.2.1" }, "192.0.2.0", false },
	{ { "192.0.2.1" }, "192.0.2.2", false },
	{ { "192.0.2.0/24" }, "192.0.1.255", false },
	{ { "192.0.2.0/24" }, "192.0.2.0", true },
	{ { "192.0.2.0/24" }, "192.0.2.255", true },
	{ { "192.0.2.0/24" }, "192.0.3.0", false },
	{ { "0.0.0.0/0" }, "0.0.0.0", true },
	{ { "0.0.0.0/0" }, "255.255.255.255", true },
	{ { "0.0.0.0/0" }, "::1", false },
	{ { "0.0.0.0/0" }, NULL, false },
	{ { "::/0" }, "2001:db8::1", true },
	{ { "::/0" }, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ { "::/0" }, "192.0.2.1", false },
	{ { "192.0.2.1" }, "::ffff:192.0.2.1", true },
	{ { "::ffff:192.0.2.1" }, "192.0.2.1", true },
	/* A network within another does not hide what follows it. */
	{ { "10.0.0.0/8", "10.0.0.0/24", "10.1.2.3" }, "10.200.0.1", true },
	{ { "10.1.2.3", "10.0.0.0/24", "10.0.0.0/8" }, "10.200.0.1", true },
	{ { "10.1.2.3", "10.0.0.0/24", "10.0.0.0/8" }, "11.0.0.0", false },
	{ { "10.0.0.0/8", "10.0.0.0/8", "12.0.0.0/8" }, "11.0.0.0", false },
	{ { "10.0.0.0/8", "10.0.0.0/8", "12.0.0.0/8" }, "12.0.0.0", true },
	{ { "2001:db8::/32", "192.0.2.0/24", "2001:db8::/64" }, "2001:db8:ffff::1", true },
	{ { "2001:db8::/32", "192.0.2.0/24", "2001:db8::/64" }, "2001:db9::", false },
	{ { "2001:db8::/32", "192.0.2.0/24", "2001:db8::/64" }, "192.0.2.9", true },
	{ { "2001:db8::/32", "192.0.2.0/24", "2001:db8::/64" }, "192.0.3.9", false },
	/* An IPv4 address has the bytes of the front of an IPv6 address. */
	{ { "c000:200::/24" }, "192.0.2.1", false },
	{ { "192.0.2.0/24" }, "c000:201::", false },
};

static void
finds_what_a_network_holds(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip_network networks[NETWORKS_MAX];
		size_t count = 0;

		for (; rows[i].networks[count] != NULL; count++)
			assert_true(ip_network_parse(text_from(rows[i].networks[count]),
						     &networks[count]));
		if (ip_set_contains(ip_set_build(arena, networks, count),
				    ip_of(rows[i].address)) != rows[i].contains)
			fail_msg("row %zu", i);
	}
	arena_free(&arena);
}

/* A generator of its own: the same numbers each time. */
static uint32_t
next_number(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static struct ip
some_ip(uint32_t *seed)
{
	uint8_t bytes[16] = { 0x20, 0x01 };

	/* Few values in few bytes, so that networks nest and questions meet them. */
	for (size_t i = 2; i < 6; i++)
		bytes[i] = (uint8_t)(next_number(seed) % 5 * 64);
	return next_number(seed) % 2 == 0 ? ip_from_v4(bytes + 2) : ip_from_v6(bytes);
}

static struct ip_network
some_network(uint32_t *seed)
{
	struct ip_network network = { .address = some_ip(seed) };

	network.prefix = next_number(seed) % 12 + (network.address.family == IP_V4 ? 21 : 37);
	for (unsigned bit = network.prefix; bit < 8 * sizeof(network.address.bytes); bit++)
		network.address.bytes[bit / 8] &= (uint8_t)~(0x80U >> bit % 8);
	return network;
}

static void
agrees_with_the_search_in_a_list(void **state)
{
	struct arena *arena = arena_new();
	struct ip_network *networks = arena_array(arena, MANY, sizeof(*networks));
	size_t found = 0;
	uint32_t seed = 1;

	(void)state;
	for (size_t count = 0; count <= MANY; count = count * 3 + 1) {
		const struct ip_set *set;

		for (size_t i = 0; i < count; i++)
			networks[i] = some_network(&seed);
		set = ip_set_build(arena, networks, count);
		for (size_t i = 0; i < QUESTIONS / 10; i++) {
			struct ip ip = some_ip(&seed);
			bool contains = ip_in_networks(ip, networks, count);

			assert_int_equal(ip_set_contains(set, ip), contains);
			found += contains;
		}
	}
	/* The questions were no trivial ones. */
	assert_in_range(found, QUESTIONS / 100, QUESTIONS);
	arena_free(&arena);
}

static void
takes_no_set_for_an_empty_one(void **state)
{
	(void)state;
	assert_false(ip_set_contains(NULL, ip_of("192.0.2.1")));
}

static void
tells_which_networks_lie_within(void **state)
{
	static const struct {
		const char *network;
		bool covers;
	} networks[] = {
		{ "192.0.2.0/24", true }, { "192.0.2.0/25", true }, { "192.0.2.128/25", true },
		{ "192.0.2.7", true }, { "192.0.2.0/23", false }, { "192.0.3.0/24", false },
		{ "0.0.0.0/0", false }, { "2001:db8::/32", true }, { "2001:db8:1::/48", true },
		{ "2001:db8::/31", false }, { "198.51.100.1", true }, { "198.51.100.0/31", false },
	};
	static const char *const items[] = { "192.0.2.0/24", "2001:db8::/32", "198.51.100.1" };
	struct ip_network parsed[COUNT_OF(items)];
	struct arena *arena = arena_new();
	struct ip_set *set;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(items); i++)
		assert_true(ip_network_parse(text_from(items[i]), &parsed[i]));
	set = ip_set_build(arena, parsed, COUNT_OF(items));
	for (size_t i = 0; i < COUNT_OF(networks); i++) {
		struct ip_network network;

		assert_true(ip_network_parse(text_from(networks[i].network), &network));
		assert_int_equal(ip_set_covers(set, &network), networks[i].covers);
		assert_false(ip_set_covers(NULL, &network));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_a_network_holds),
		cmocka_unit_test(agrees_with_the_search_in_a_list),
		cmocka_unit_test(takes_no_set_for_an_empty_one),
		cmocka_unit_test(tells_which_networks_lie_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
