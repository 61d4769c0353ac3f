/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/zone_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
expect(struct text line, const char *wanted)
{
	if (!text_equal(line, text_from(wanted)))
		fail_msg("%.*s", TEXT_ARGUMENTS(line));
}

static void
writes_lines(void **state)
{
	struct arena *arena = arena_new();
	struct ip v4;
	struct ip v6;

	(void)state;
	assert_true(ip_parse(TEXT("192.0.2.25"), &v4));
	assert_true(ip_parse(TEXT("2001:db8::25"), &v6));
	expect(zone_line_address(arena, TEXT("a.example"), v4), "a.example. IN A 192.0.2.25");
	expect(zone_line_address(arena, TEXT("a.example"), v6), "a.example. IN AAAA 2001:db8::25");
	expect(zone_line_mx(arena, TEXT("example"), 10, TEXT("a.example")), "example. IN MX 10 a.example.");
	expect(zone_line_ptr(arena, v4, TEXT("a.example")), "25.2.0.192.in-addr.arpa. IN PTR a.example.");
	expect(zone_line_srv(arena, TEXT("_x._tcp.example"), 1, 2, 3, TEXT("a.example")),
	       "_x._tcp.example. IN SRV 1 2 3 a.example.");
	expect(zone_line_txt(arena, TEXT("example"), TEXT("v=spf1 -all")), "example. IN TXT \"v=spf1 -all\"");
	expect(zone_line_txt(arena, TEXT("example"), TEXT("")), "example. IN TXT \"\"");
	arena_free(&arena);
}

static void
escapes_and_splits(void **state)
{
	static const struct {
		size_t length;
		size_t strings;
	} rows[] = { { 1, 1 }, { 254, 1 }, { 255, 1 }, { 256, 2 }, { 510, 2 }, { 511, 3 } };
	struct arena *arena = arena_new();

	(void)state;
	expect(zone_line_strings(arena, TEXT("a\"b\\c\0\x7f\xff;")), "\"a\\\"b\\\\c\\000\\127\\255;\"");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *bytes = arena_alloc(arena, rows[i].length);
		struct text strings;

		memset(bytes, 'x', rows[i].length);
		strings = zone_line_strings(arena, text_of(bytes, rows[i].length));
		/* Two quotes each, and a blank between two. */
		assert_int_equal(strings.length, rows[i].length + 3 * rows[i].strings - 1);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(escapes_and_splits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
