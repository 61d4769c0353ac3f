/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/tag_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/textbuf.h"

static void
accepts_and_refuses(void **state)
{
	static const struct {
		const char *text;
		const char *reason;     /* NULL: accepted */
		size_t count;
	} rows[] = {
		{ "a=1", NULL, 1 },
		{ "a=1;", NULL, 1 },
		{ "a=1; ", NULL, 1 },
		{ "a=1;b=2", NULL, 2 },
		{ " a = 1 ; b = 2 ; ", NULL, 2 },
		{ "a=;b=", NULL, 2 },
		{ "a=1;\n\tb=2", NULL, 2 },
		{ "a=1;\r\n b=2\r\n ", NULL, 2 },
		{ "a=\n 1\n\t2", NULL, 1 },
		{ "a_9=x=y,z", NULL, 1 },
		{ "a=1;A=2", NULL, 2 },
		{ "n=b\xc3\xbc" "cher", NULL, 1 },
		{ "", "bad tag name", 0 },
		{ " ", "bad tag name", 0 },
		{ ";", "bad tag name", 0 },
		{ "a=1;;b=2", "bad tag name", 0 },
		{ "a=1; ;", "bad tag name", 0 },
		{ "9a=1", "bad tag name", 0 },
		{ "=1", "bad tag name", 0 },
		{ "a", "tag without \"=\"", 0 },
		{ "a;b=1", "tag without \"=\"", 0 },
		{ "a b=1", "tag without \"=\"", 0 },
		{ "a=1;a=1", "duplicate tag", 0 },
		{ "a=1; b=2; a=3", "duplicate tag", 0 },
		{ "a=1\n", "bad character in a tag's value", 0 },
		{ "a=1\nb", "bad character in a tag's value", 0 },
		{ "a=1\r 2", "bad character in a tag's value", 0 },
		{ "a=\x7f", "bad character in a tag's value", 0 },
		{ "a=\x01", "bad character in a tag's value", 0 },
		{ "a=\xc3", "bad character in a tag's value", 0 },
		{ "a=\xff", "bad character in a tag's value", 0 },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tag_list list = { .count = 77 };
		const char *reason = tag_list_parse(arena, text_from(rows[i].text), &list);

		if (rows[i].reason == NULL) {
			assert_null(reason);
			assert_int_equal(list.count, rows[i].count);
			continue;
		}
		assert_non_null(reason);
		assert_string_equal(reason, rows[i].reason);
		assert_int_equal(list.count, 77);
	}
	arena_free(&arena);
}

static void
refuses_nul(void **state)
{
	struct arena *arena = arena_new();
	struct tag_list list;

	(void)state;
	assert_non_null(tag_list_parse(arena, TEXT("a=1\0"), &list));
	assert_non_null(tag_list_parse(arena, TEXT("a\0=1"), &list));
	arena_free(&arena);
}

static void
keeps_values_and_their_places(void **state)
{
	struct arena *arena = arena_new();
	struct text text = TEXT(" v=1; b= ab\n\tcd ; h=x");
	struct tag_list list;
	const struct tag *tag;

	(void)state;
	assert_null(tag_list_parse(arena, text, &list));
	tag = tag_list_find(&list, TEXT("b"));
	assert_non_null(tag);
	assert_true(text_equal(tag->value, TEXT("ab\n\tcd")));
	assert_true(text_equal(text_cut(text, tag->value_start, tag->value_end - tag->value_start),
			       TEXT(" ab\n\tcd ")));
	assert_true(text_equal(tag_value_without_blanks(arena, tag->value), TEXT("abcd")));
	tag = tag_list_find(&list, TEXT("h"));
	assert_int_equal(tag->value_end, text.length);
	assert_null(tag_list_find(&list, TEXT("B")));
	arena_free(&arena);
}

static void
takes_elements_apart(void **state)
{
	struct text rest = TEXT("from : to::\n\tsubject");
	struct text element;

	(void)state;
	assert_true(tag_value_next(&rest, &element));
	assert_true(text_equal(element, TEXT("from")));
	assert_true(tag_value_next(&rest, &element));
	assert_true(text_equal(element, TEXT("to")));
	assert_true(tag_value_next(&rest, &element));
	assert_true(text_is_empty(element));
	assert_true(tag_value_next(&rest, &element));
	assert_true(text_equal(element, TEXT("subject")));
	assert_false(tag_value_next(&rest, &element));
}

static void
limits_the_number_of_tags(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf out = textbuf_new(arena, 10000);
	struct tag_list list;

	(void)state;
	for (int i = 0; i < TAG_LIST_TAGS_MAX; i++)
		textbuf_printf(&out, "t%d=x;", i);
	assert_null(tag_list_parse(arena, textbuf_text(&out), &list));
	assert_int_equal(list.count, TAG_LIST_TAGS_MAX);
	textbuf_add_string(&out, "one=more");
	assert_string_equal(tag_list_parse(arena, textbuf_text(&out), &list), "too many tags");
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_and_refuses),
		cmocka_unit_test(refuses_nul),
		cmocka_unit_test(keeps_values_and_their_places),
		cmocka_unit_test(takes_elements_apart),
		cmocka_unit_test(limits_the_number_of_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
