/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/textbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
builds_text(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf buffer = textbuf_new(arena, 1000);

	(void)state;
	assert_true(text_is_empty(textbuf_text(&buffer)));
	assert_non_null(textbuf_text(&buffer).bytes);
	textbuf_add(&buffer, TEXT("a\0b"));
	textbuf_add(&buffer, text_from(NULL));
	textbuf_add_string(&buffer, "cd");
	textbuf_add_byte(&buffer, '\0');
	textbuf_printf(&buffer, "%s-%d", "x", 7);
	textbuf_printf(&buffer, "%s", "");
	assert_true(text_equal(textbuf_text(&buffer), TEXT("a\0bcd\0x-7")));
	assert_int_equal(textbuf_text(&buffer).bytes[buffer.length], '\0');
	assert_false(buffer.overflowed);
	arena_free(&arena);
}

static void
grows(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf buffer = textbuf_new(arena, 100000);

	(void)state;
	for (int i = 0; i < 10000; i++) {
		textbuf_printf(&buffer, "%d", i % 10);
		assert_int_equal(textbuf_text(&buffer).bytes[buffer.length], '\0');
	}
	assert_int_equal(buffer.length, 10000);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(buffer.bytes[i], '0' + (char)(i % 10));
	arena_free(&arena);
}

static void
stops_at_the_maximum(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t maximum = 7; maximum <= 9; maximum++) {
		struct textbuf buffer = textbuf_new(arena, maximum);

		textbuf_add_string(&buffer, "1234");
		textbuf_add_string(&buffer, "5678");
		assert_int_equal(buffer.overflowed, maximum < 8);
		assert_int_equal(buffer.length, maximum < 8 ? 4 : 8);
	}
	arena_free(&arena);
}

static void
writes_nothing_behind_an_overflow(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf buffer = textbuf_new(arena, 4);

	(void)state;
	textbuf_add_string(&buffer, "12");
	textbuf_printf(&buffer, "%s", "345");
	textbuf_add_byte(&buffer, '6');
	textbuf_add(&buffer, TEXT("7"));
	assert_true(buffer.overflowed);
	assert_true(text_equal(textbuf_text(&buffer), TEXT("12")));
	arena_free(&arena);
}

static void
has_room_for_nothing(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf buffer = textbuf_new(arena, 0);

	(void)state;
	textbuf_add_string(&buffer, "");
	assert_false(buffer.overflowed);
	textbuf_add_byte(&buffer, 'a');
	assert_true(buffer.overflowed);
	assert_true(text_is_empty(textbuf_text(&buffer)));
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_text),
		cmocka_unit_test(grows),
		cmocka_unit_test(stops_at_the_maximum),
		cmocka_unit_test(writes_nothing_behind_an_overflow),
		cmocka_unit_test(has_room_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
