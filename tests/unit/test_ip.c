/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define VALUE(literal)                                                                         \
	{                                                                                      \
		"" literal "", sizeof(literal) - 1                                             \
	}

static const struct {
	struct text text;
	enum ip_family family; /* IP_NONE: no address */
	const char *canonical;
} address_rows[] = {
	{ VALUE("192.0.2.1"), IP_V4, "192.0.2.1" },
	{ VALUE("0.0.0.0"), IP_V4, "0.0.0.0" },
	{ VALUE("255.255.255.255"), IP_V4, "255.255.255.255" },
	{ VALUE("2001:DB8:0:0:0:0:0:1"), IP_V6, "2001:db8::1" },
	{ VALUE("::"), IP_V6, "::" },
	{ VALUE("::1"), IP_V6, "::1" },
	{ VALUE("2001:db8:0:1:1:1:1:1"), IP_V6, "2001:db8:0:1:1:1:1:1" },
	{ VALUE("::ffff:192.0.2.1"), IP_V4, "192.0.2.1" },
	{ VALUE("::ffff:c000:201"), IP_V4, "192.0.2.1" },
	{ VALUE("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"), IP_V6,
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ VALUE(""), IP_NONE, NULL },
	{ VALUE("192.0.2"), IP_NONE, NULL },
	{ VALUE("192.0.2.256"), IP_NONE, NULL },
	{ VALUE("192.0.2.1.1"), IP_NONE, NULL },
	{ VALUE(" 192.0.2.1"), IP_NONE, NULL },
	{ VALUE("192.0.2.1 "), IP_NONE, NULL },
	{ VALUE("192.0.2.1\0"), IP_NONE, NULL },
	{ VALUE("192.0.2.1/32"), IP_NONE, NULL },
	{ VALUE("[192.0.2.1]"), IP_NONE, NULL },
	{ VALUE("IPv6:2001:db8::1"), IP_NONE, NULL },
	{ VALUE("fe80::1%lo"), IP_NONE, NULL },
	{ VALUE("2001:db8:::1"), IP_NONE, NULL },
	{ VALUE("0x7f.1"), IP_NONE, NULL },
	{ VALUE("00000000000000000000000000000000000000000000::1"), IP_NONE, NULL },
};

static void
parses_addresses(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(address_rows); i++) {
		struct ip ip = { .family = IP_NONE };
		bool ok = ip_parse(address_rows[i].text, &ip);

		if (ok != (address_rows[i].family != IP_NONE) ||
		    ip.family != address_rows[i].family ||
		    (ok &&
		     !text_equal(ip_text(arena, ip), text_from(address_rows[i].canonical))))
			fail_msg("row %zu \"%.*s\"", i, TEXT_ARGUMENTS(address_rows[i].text));
	}
	assert_true(text_equal(ip_text(arena, (struct ip){ .family = IP_NONE }), TEXT("-")));
	arena_free(&arena);
}

/* `inside` and `outside` NULL: the network is refused. */
static const struct {
	const char *network;
	const char *inside;
	const char *outside;
} network_rows[] = {
	{ "192.0.2.0/24", "192.0.2.255", "192.0.3.0" },
	{ "192.0.2.0/25", "192.0.2.127", "192.0.2.128" },
	{ "192.0.2.1", "192.0.2.1", "192.0.2.2" },
	{ "192.0.2.1/32", "192.0.2.1", "192.0.2.0" },
	{ "0.0.0.0/0", "255.1.2.3", "2001:db8::1" },
	{ "::/0", "2001:db8::1", "192.0.2.1" },
	{ "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
	{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::" },
	{ "2001:db8::1/128", "2001:db8::1", "2001:db8::" },
	{ "128.0.0.0/1", "255.0.0.0", "127.255.255.255" },
	{ "::ffff:192.0.2.0/24", "192.0.2.7", "192.0.3.7" },
	{ "192.0.2.1/24", NULL, NULL },
	{ "2001:db8::1/64", NULL, NULL },
	{ "192.0.2.0/33", NULL, NULL },
	{ "2001:db8::/129", NULL, NULL },
	{ "192.0.2.0/", NULL, NULL },
	{ "192.0.2.0/+8", NULL, NULL },
	{ "192.0.2.0/24/24", NULL, NULL },
	{ "/24", NULL, NULL },
	{ "", NULL, NULL },
};

static struct ip
ip_of(const char *string)
{
	struct ip ip = { .family = IP_NONE };

	assert_true(ip_parse(text_from(string), &ip));
	return ip;
}

static void
parses_and_matches_networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(network_rows); i++) {
		struct ip_network network;
		bool ok = ip_network_parse(text_from(network_rows[i].network), &network);

		if (ok != (network_rows[i].inside != NULL))
			fail_msg("%s", network_rows[i].network);
		if (!ok)
			continue;
		assert_true(ip_in_network(ip_of(network_rows[i].inside), &network));
		assert_false(ip_in_network(ip_of(network_rows[i].outside), &network));
		assert_false(ip_in_network((struct ip){ .family = IP_NONE }, &network));
	}
}

static void
searches_lists_of_networks(void **state)
{
	struct ip_network networks[2];

	(void)state;
	assert_true(ip_network_parse(TEXT("127.0.0.0/8"), &networks[0]));
	assert_true(ip_network_parse(TEXT("::1"), &networks[1]));
	assert_true(ip_in_networks(ip_of("127.1.2.3"), networks, 2));
	assert_true(ip_in_networks(ip_of("::1"), networks, 2));
	assert_false(ip_in_networks(ip_of("::1"), networks, 1));
	assert_false(ip_in_networks(ip_of("192.0.2.1"), networks, 2));
	assert_false(ip_in_networks(ip_of("192.0.2.1"), NULL, 0));
}

static void
compares(void **state)
{
	const struct ip none = { .family = IP_NONE };

	(void)state;
	assert_true(ip_equal(ip_of("192.0.2.1"), ip_of("::ffff:192.0.2.1")));
	assert_false(ip_equal(ip_of("192.0.2.1"), ip_of("192.0.2.2")));
	assert_false(ip_equal(none, none));
	assert_true(ip_same_prefix(ip_of("192.0.2.1"), ip_of("192.0.2.254"), 24));
	assert_false(ip_same_prefix(ip_of("192.0.2.1"), ip_of("192.0.2.254"), 25));
	assert_true(ip_same_prefix(ip_of("192.0.2.1"), ip_of("192.0.2.1"), 32));
	assert_false(ip_same_prefix(ip_of("192.0.2.1"), ip_of("192.0.2.1"), 33));
	assert_false(ip_same_prefix(ip_of("0.0.0.0"), ip_of("::"), 0));
	assert_false(ip_same_prefix(none, none, 0));
	assert_true(ip_same_prefix(ip_of("::1"), ip_of("::1"), 128));
	assert_false(ip_same_prefix(ip_of("::1"), ip_of("::"), 128));
	assert_true(ip_same_prefix(ip_of("::1"), ip_of("::"), 127));
}

static void
makes_names_for_ptr(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_true(text_equal(ip_reverse_name(arena, ip_of("192.0.2.25")),
			       TEXT("25.2.0.192.in-addr.arpa")));
	assert_true(
		text_equal(ip_reverse_name(arena, ip_of("2001:db8::567:89ab")),
			   TEXT("b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0."
				"0.2.ip6.arpa")));
	assert_true(text_is_empty(ip_reverse_name(arena, (struct ip){ .family = IP_NONE })));
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_addresses),
		cmocka_unit_test(parses_and_matches_networks),
		cmocka_unit_test(searches_lists_of_networks),
		cmocka_unit_test(compares),
		cmocka_unit_test(makes_names_for_ptr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
