/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
reads_the_forms_of_a_name_server(void **state)
{
	static const struct {
		const char *source;
		const char *server;     /* NULL: refused */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1@53" },
		{ "192.0.2.1:5300", "192.0.2.1@5300" },
		{ "192.0.2.1:65535", "192.0.2.1@65535" },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1:x", NULL },
		{ "192.0.2", NULL },
		{ "2001:DB8::1", "2001:db8::1@53" },
		{ "[2001:db8::1]", "2001:db8::1@53" },
		{ "[2001:db8::1]:5300", "2001:db8::1@5300" },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8::1]5300", NULL },
		{ "[2001:db8::1]:", NULL },
		{ "[192.0.2.1]:5300", "192.0.2.1@5300" },
		{ "fe80::1%7", "fe80::1%7@53" },
		{ "[fe80::1%7]:5300", "fe80::1%7@5300" },
		{ "fe80::1%lo", "fe80::1%1@53" },
		{ "fe80::1%", NULL },
		{ "fe80::1%0", NULL },
		{ "fe80::1%no-such-interface", NULL },
		{ "192.0.2.1%1", NULL },
		{ "localhost", NULL },
		{ "", NULL },
		{ "[", NULL },
		{ ":", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text server = { NULL, 0 };
		bool ok = name_server_read(arena, text_from(rows[i].source), &server);

		if (ok != (rows[i].server != NULL) ||
		    (ok && !text_equal(server, text_from(rows[i].server))))
			fail_msg("%s: %.*s", rows[i].source, TEXT_ARGUMENTS(server));
	}
	arena_free(&arena);
}

static void
finds_the_lines_of_resolv_conf(void **state)
{
	static const char *const expected[] = { "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "x" };
	struct text rest = TEXT("# nameserver 192.0.2.9\n"
				"search example.org\n"
				"nameserver 192.0.2.1\n"
				"nameservers 192.0.2.8\n"
				"nameserver\n"
				"  nameserver\t2001:db8::1  # local\r\n"
				"options timeout:1\n"
				"nameserver fe80::1%eth0\n"
				"nameserver x");
	struct text address;
	size_t count = 0;

	(void)state;
	while (name_server_next_line(&rest, &address)) {
		assert_true(count < COUNT_OF(expected));
		assert_true(text_equal(address, text_from(expected[count++])));
	}
	assert_int_equal(count, COUNT_OF(expected));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_forms_of_a_name_server),
		cmocka_unit_test(finds_the_lines_of_resolv_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
