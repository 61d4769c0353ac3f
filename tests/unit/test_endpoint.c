/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
takes_sockets_apart(void **state)
{
	static const struct {
		const char *text;
		enum endpoint_kind kind;        /* ENDPOINT_NONE_YET: refused */
		const char *where;              /* path or host */
		int number;                     /* port or descriptor */
	} rows[] = {
		{ "unix:/run/a.sock", ENDPOINT_UNIX, "/run/a.sock", 0 },
		{ "LOCAL:/run/a.sock", ENDPOINT_UNIX, "/run/a.sock", 0 },
		{ "/run/a.sock", ENDPOINT_UNIX, "/run/a.sock", 0 },
		{ "unix:run/a.sock", ENDPOINT_NONE_YET, NULL, 0 },
		{ "unix:", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet:8891@localhost", ENDPOINT_INET, "localhost", 8891 },
		{ "inet:127.0.0.1:8891", ENDPOINT_INET, "127.0.0.1", 8891 },
		{ "inet:8891", ENDPOINT_INET, "", 8891 },
		{ "inet6:8891@::1", ENDPOINT_INET6, "::1", 8891 },
		{ "inet6:8891@[::1]", ENDPOINT_INET6, "::1", 8891 },
		{ "inet6:[::1]:65535", ENDPOINT_INET6, "::1", 65535 },
		{ "inet6:::1:8891", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet:65536", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet:0@localhost", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet:8891@", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet::8891", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet:localhost:", ENDPOINT_NONE_YET, NULL, 0 },
		{ "inet:8891@a b", ENDPOINT_NONE_YET, NULL, 0 },
		{ "fd:3", ENDPOINT_DESCRIPTOR, NULL, 3 },
		{ "fd:1023", ENDPOINT_DESCRIPTOR, NULL, 1023 },
		{ "fd:2", ENDPOINT_NONE_YET, NULL, 0 },
		{ "fd:1024", ENDPOINT_NONE_YET, NULL, 0 },
		{ "fd:", ENDPOINT_NONE_YET, NULL, 0 },
		{ "tcp:localhost:1", ENDPOINT_NONE_YET, NULL, 0 },
		{ "", ENDPOINT_NONE_YET, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct endpoint endpoint = { .kind = ENDPOINT_NONE_YET };
		bool ok = endpoint_parse(text_from(rows[i].text), &endpoint);
		struct text where = endpoint.kind == ENDPOINT_UNIX ? endpoint.path : endpoint.host;
		int number = endpoint.kind == ENDPOINT_DESCRIPTOR ? endpoint.descriptor :
								    endpoint.port;

		assert_int_equal(ok, rows[i].kind != ENDPOINT_NONE_YET);
		assert_int_equal(endpoint.kind, rows[i].kind);
		assert_true(text_equal(where, text_from(rows[i].where)));
		assert_int_equal(number, rows[i].number);
	}
}

/* sun_path holds 108 bytes, one of them a NUL; a host name at most 253. */
static void
keeps_the_limits_of_names(void **state)
{
	char bytes[300];
	struct endpoint endpoint;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	bytes[0] = '/';
	assert_true(endpoint_parse(text_of(bytes, 106), &endpoint));
	assert_true(endpoint_parse(text_of(bytes, 107), &endpoint));
	assert_false(endpoint_parse(text_of(bytes, 108), &endpoint));
	bytes[50] = '\0';
	assert_false(endpoint_parse(text_of(bytes, 100), &endpoint));
	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, "inet:1@", 7);
	assert_true(endpoint_parse(text_of(bytes, 7 + 253), &endpoint));
	assert_false(endpoint_parse(text_of(bytes, 7 + 254), &endpoint));
}

static void
takes_name_servers_apart(void **state)
{
	static const struct {
		const char *text;
		const char *address;            /* NULL: refused */
		uint16_t port;
	} rows[] = {
		{ "192.0.2.53", "192.0.2.53", 53 },
		{ "192.0.2.53:5300", "192.0.2.53", 5300 },
		{ "2001:db8::53", "2001:db8::53", 53 },
		{ "[2001:db8::53]", "2001:db8::53", 53 },
		{ "[2001:db8::53]:5300", "2001:db8::53", 5300 },
		{ "192.0.2.53:0", NULL, 0 },
		{ "192.0.2.53:65536", NULL, 0 },
		{ "192.0.2.53:", NULL, 0 },
		{ "192.0.2.53@5300", NULL, 0 },
		{ "2001:db8:0:0:0:0:0:0:53", NULL, 0 },
		{ "ns.example.com", NULL, 0 },
		{ "", NULL, 0 },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip ip = { .family = IP_NONE };
		uint16_t port = 0;
		bool ok = nameserver_parse(text_from(rows[i].text), &ip, &port);

		assert_int_equal(ok, rows[i].address != NULL);
		assert_int_equal(port, rows[i].port);
		if (ok)
			assert_true(text_equal(ip_text(arena, ip), text_from(rows[i].address)));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_sockets_apart),
		cmocka_unit_test(keeps_the_limits_of_names),
		cmocka_unit_test(takes_name_servers_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
