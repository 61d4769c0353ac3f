/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "mail/domain_name.h"

enum { NAMES_MAX = 4, MANY = 3000 };

static const struct {
	const char *names[NAMES_MAX];   /* up to NULL */
	const char *domain;
	bool contains;
} rows[] = {
	{ { NULL }, "example.com", false },
	{ { "example.com" }, "example.com", true },
	{ { "example.com" }, "a.example.com", false },
	{ { "example.com" }, "com", false },
	{ { "example.com" }, "", false },
	{ { ".example.com" }, "example.com", false },
	{ { ".example.com" }, "a.example.com", true },
	{ { ".example.com" }, "b.a.example.com", true },
	{ { ".example.com" }, "badexample.com", false },
	{ { ".example.com" }, "a.badexample.com", false },
	{ { ".example.com" }, "com", false },
	{ { ".example.com" }, ".example.com", false },
	{ { ".example.com" }, "", false },
	{ { ".com" }, "example.com", true },
	{ { ".com" }, "com", false },
	{ { "example.com", ".example.com" }, "example.com", true },
	{ { "example.com", ".example.com" }, "a.example.com", true },
	{ { ".a.example.com", ".example.org" }, "example.com", false },
	{ { ".a.example.com", ".example.org" }, "b.example.com", false },
	{ { ".a.example.com", ".example.org" }, "b.a.example.com", true },
	{ { ".a.example.com", ".example.org" }, "b.a.example.org", true },
};

static void
knows_names_and_what_is_below(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct domain_set *set = domain_set_new(arena, 0);

		for (size_t n = 0; n < NAMES_MAX && rows[i].names[n] != NULL; n++)
			assert_true(domain_set_add(set, text_from(rows[i].names[n])));
		if (domain_set_contains(set, text_from(rows[i].domain)) != rows[i].contains)
			fail_msg("row %zu: %s", i, rows[i].domain);
	}
	arena_free(&arena);
}

static void
refuses_what_names_nothing(void **state)
{
	struct arena *arena = arena_new();
	struct domain_set *set = domain_set_new(arena, 4);

	(void)state;
	assert_false(domain_set_add(set, TEXT("")));
	assert_false(domain_set_add(set, TEXT(".")));
	assert_int_equal(domain_set_count(set), 0);
	assert_true(domain_set_add(set, TEXT("example.com")));
	assert_false(domain_set_add(set, TEXT("example.com")));
	assert_true(domain_set_add(set, TEXT(".example.com")));
	assert_false(domain_set_add(set, TEXT(".example.com")));
	assert_int_equal(domain_set_count(set), 2);
	arena_free(&arena);
}

static void
tells_the_longest_entry_that_fits(void **state)
{
	static const struct {
		const char *domain;
		size_t length;
	} matches[] = {
		{ "example.com", 11 }, { "a.example.com", 12 }, { "b.a.example.com", 14 },
		{ "c.b.a.example.com", 14 }, { "x.b.a.example.com", 14 }, { "other.com", 4 },
		{ "com", 0 }, { "", 0 }, { ".example.com", 0 }, { "c.example.com", 13 },
	};
	static const char *const names[] = {
		".com", "example.com", ".example.com", ".a.example.com", "c.example.com",
	};
	struct arena *arena = arena_new();
	struct domain_set *set = domain_set_new(arena, 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_true(domain_set_add(set, text_from(names[i])));
	for (size_t i = 0; i < COUNT_OF(matches); i++)
		assert_int_equal(domain_set_match(set, text_from(matches[i].domain)),
				 matches[i].length);
	assert_int_equal(domain_set_match(NULL, TEXT("example.com")), 0);
	arena_free(&arena);
}

static void
compares_entries(void **state)
{
	static const struct {
		const char *entry;
		bool has;
		bool covers;
	} entries[] = {
		{ "example.com", true, true }, { ".example.com", false, false },
		{ "a.example.com", false, false }, { ".example.org", true, true },
		{ "example.org", false, false }, { "a.example.org", false, true },
		{ ".a.example.org", false, true }, { "badexample.org", false, false },
		{ "EXAMPLE.com", true, true }, { "", false, false },
	};
	struct arena *arena = arena_new();
	struct domain_set *set = domain_set_new(arena, 0);

	(void)state;
	assert_true(domain_set_add(set, TEXT("example.com")));
	assert_true(domain_set_add(set, TEXT(".example.org")));
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		struct text entry = text_from(entries[i].entry);

		assert_int_equal(domain_set_has_entry(set, entry), entries[i].has);
		assert_int_equal(domain_set_covers(set, entry), entries[i].covers);
		assert_false(domain_set_has_entry(NULL, entry));
		assert_false(domain_set_covers(NULL, entry));
	}
	arena_free(&arena);
}

/* The longest name has 127 labels: each is walked. */
static void
walks_the_longest_name(void **state)
{
	struct arena *arena = arena_new();
	struct domain_set *set = domain_set_new(arena, 1);
	struct textbuf long_name = textbuf_new(arena, DOMAIN_NAME_MAX);

	(void)state;
	while (long_name.length + 2 < DOMAIN_NAME_MAX)
		textbuf_add_string(&long_name, "a.");
	textbuf_add_byte(&long_name, 'z');
	assert_int_equal(textbuf_text(&long_name).length, DOMAIN_NAME_MAX);
	assert_true(domain_set_add(set, TEXT(".z")));
	assert_true(domain_set_contains(set, textbuf_text(&long_name)));
	assert_false(domain_set_contains(set, text_cut(textbuf_text(&long_name), 0,
						       DOMAIN_NAME_MAX - 2)));
	arena_free(&arena);
}

static void
holds_many(void **state)
{
	struct arena *arena = arena_new();
	struct domain_set *set = domain_set_new(arena, 0);

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		assert_true(domain_set_add(set, text_printf(arena, "%sd%u.example",
							    i % 2 == 0 ? "" : ".", i)));
	for (unsigned i = 0; i < 2 * MANY; i++) {
		bool is_there = i < MANY;
		bool is_below = i % 2 != 0;

		assert_int_equal(domain_set_contains(set, text_printf(arena, "d%u.example", i)),
				 is_there && !is_below);
		assert_int_equal(domain_set_contains(set, text_printf(arena, "a.d%u.example", i)),
				 is_there && is_below);
	}
	arena_free(&arena);
}

static void
takes_no_set_for_an_empty_one(void **state)
{
	(void)state;
	assert_false(domain_set_contains(NULL, TEXT("example.com")));
	assert_int_equal(domain_set_count(NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names_and_what_is_below),
		cmocka_unit_test(refuses_what_names_nothing),
		cmocka_unit_test(tells_the_longest_entry_that_fits),
		cmocka_unit_test(compares_entries),
		cmocka_unit_test(walks_the_longest_name),
		cmocka_unit_test(holds_many),
		cmocka_unit_test(takes_no_set_for_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
