/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/field_cursor.h"

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

/* Where skipping ends; -1 for an error. */
static const struct {
	struct text text;
	int behind_blanks;
	int behind_comments;
} skip_rows[] = {
	{ VALUE(""), 0, 0 },
	{ VALUE("a"), 0, 0 },
	{ VALUE(" \t a"), 3, 3 },
	{ VALUE("\n a"), 2, 2 },
	{ VALUE("\r\n\ta"), 3, 3 },
	{ VALUE(" \n"), 2, 2 },
	{ VALUE(" \r\n"), 3, 3 },
	{ VALUE("\na"), -1, -1 },
	{ VALUE("\ra"), -1, -1 },
	{ VALUE("\r a"), -1, -1 },
	{ VALUE("\n\n a"), -1, -1 },
	{ VALUE(" (b)a"), 1, 4 },
	{ VALUE("(b)\n (c) a"), 0, 9 },
	{ VALUE("((b)(c))a"), 0, 8 },
	{ VALUE("(\\(\\\\)a"), 0, 6 },
	{ VALUE("(b\n c)a"), 0, 6 },
	{ VALUE("(b"), 0, -1 },
	{ VALUE("((b)"), 0, -1 },
	{ VALUE("(b\\)"), 0, -1 },
	{ VALUE("(b\\"), 0, -1 },
	{ VALUE("(b\nc)"), 0, -1 },
	{ VALUE("(b\\\n c)"), 0, -1 },
	{ VALUE("(b\0)"), 0, -1 },
	{ VALUE(")"), 0, 0 },
	{ VALUE("\0"), 0, 0 },
};

static void
skips(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(skip_rows); i++) {
		struct field_cursor cursor = field_cursor_start(skip_rows[i].text);
		int end = field_cursor_skip_blanks(&cursor) ? (int)cursor.position : -1;

		if (end != skip_rows[i].behind_blanks)
			fail_msg("blanks, row %zu: %d", i, end);
		cursor = field_cursor_start(skip_rows[i].text);
		end = field_cursor_skip_comments(&cursor) ? (int)cursor.position : -1;
		if (end != skip_rows[i].behind_comments)
			fail_msg("comments, row %zu: %d", i, end);
	}
}

/* `unquoted` NULL: an error. All rows but those go on with "x". */
static const struct {
	struct text text;
	const char *unquoted;
} quoted_rows[] = {
	{ VALUE("\"\"x"), "" },
	{ VALUE("\"a b\"x"), "a b" },
	{ VALUE("\"\\\"\\\\\\a\"x"), "\"\\a" },
	{ VALUE("\"a\n b\"x"), "a b" },
	{ VALUE("\"a\r\n\tb\"x"), "a\tb" },
	{ VALUE("\""), NULL },
	{ VALUE("\"a"), NULL },
	{ VALUE("\"a\\"), NULL },
	{ VALUE("\"a\\\""), NULL },
	{ VALUE("\"a\nb\""), NULL },
	{ VALUE("\"a\rb\""), NULL },
	{ VALUE("\"a\\\n b\""), NULL },
	{ VALUE("\"a\0b\""), NULL },
	{ VALUE("\"a\\\0b\""), NULL },
};

static void
unquotes(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(quoted_rows); i++) {
		struct field_cursor cursor = field_cursor_start(quoted_rows[i].text);
		struct text unquoted = { NULL, 0 };
		bool ok = field_cursor_take_quoted(&cursor, arena, &unquoted);

		if (ok != (quoted_rows[i].unquoted != NULL) ||
		    !text_equal(unquoted, text_from(quoted_rows[i].unquoted)) ||
		    (ok && !field_cursor_take(&cursor, 'x')))
			fail_msg("row %zu", i);
	}
	arena_free(&arena);
}

static void
takes_bytes_and_runs(void **state)
{
	struct field_cursor cursor = field_cursor_start(TEXT("ab1\xff-,"));

	(void)state;
	assert_int_equal(field_cursor_peek(&cursor), 'a');
	assert_false(field_cursor_take(&cursor, 'b'));
	assert_true(field_cursor_take(&cursor, 'a'));
	assert_true(text_is_empty(field_cursor_take_run(&cursor, byte_is_digit)));
	assert_true(text_equal(field_cursor_take_run(&cursor, byte_is_atext), TEXT("b1\xff-")));
	assert_false(field_cursor_at_end(&cursor));
	assert_true(field_cursor_take(&cursor, ','));
	assert_true(field_cursor_at_end(&cursor));
	assert_int_equal(field_cursor_peek(&cursor), '\0');
	assert_false(field_cursor_take(&cursor, '\0'));
}

static void
takes_encoded_words(void **state)
{
	static const struct {
		struct text text;
		size_t end;
	} rows[] = {
		{ VALUE("=?utf-8?Q?a_(b)?= c"), 17 },
		{ VALUE("=?x?q?(?=(?="), 9 },
		{ VALUE("=?x?q?a b?="), 0 },
		{ VALUE("=?x?q?a@b?="), 0 },
		{ VALUE("=?x?q?a<b?="), 0 },
		{ VALUE("=?x?q?a,b?="), 0 },
		{ VALUE("=?x?q?a\"b?="), 0 },
		{ VALUE("=?x?q?a\xff?="), 0 },
		{ VALUE("=?x?q?a?"), 0 },
		{ VALUE("=?x?q?="), 0 },
		{ VALUE("=x"), 0 },
		{ VALUE(""), 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct field_cursor cursor = field_cursor_start(rows[i].text);

		assert_int_equal(field_cursor_take_encoded_word(&cursor), rows[i].end > 0);
		assert_int_equal(cursor.position, rows[i].end);
	}
}

static void
knows_atext(void **state)
{
	static const char others[] = "()<>[]:;@\\,.\" \t\r\n\x7f";

	(void)state;
	for (size_t i = 0; i < sizeof(others); i++)
		assert_false(byte_is_atext(others[i]));
	for (const char *byte = "azAZ09!#$%&'*+-/=?^_`{|}~\x80\xff"; *byte != '\0'; byte++)
		assert_true(byte_is_atext(*byte));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(skips),
		cmocka_unit_test(unquotes),
		cmocka_unit_test(takes_bytes_and_runs),
		cmocka_unit_test(takes_encoded_words),
		cmocka_unit_test(knows_atext),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
