/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/public_suffix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A list in a file of its own; the path is in the arena. */
static struct text
write_list(struct arena *arena, const char *rules)
{
	char *path = text_string(arena, TEXT("public-suffix-XXXXXX"));
	int descriptor = mkstemp(path);
	FILE *file;

	assert_true(descriptor >= 0);
	file = fdopen(descriptor, "w");
	assert_non_null(file);
	assert_true(fputs(rules, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return text_from(path);
}

static void
remove_list(struct arena *arena, struct text path)
{
	assert_int_equal(unlink(text_string(arena, path)), 0);
}

static void
finds_the_registered_domain(void **state)
{
	static const struct {
		const char *domain;
		const char *registered;
	} rows[] = {
		{ "a.b.example.com", "example.com" },
		{ "example.com", "example.com" },
		{ "com", "com" },
		{ "a.example.co.uk", "example.co.uk" },
		{ "example.co.uk", "example.co.uk" },
		{ "co.uk", "co.uk" },
		{ "uk", "uk" },
		{ "a.b.wild.test", "a.b.wild.test" },
		{ "x.a.b.wild.test", "a.b.wild.test" },
		{ "b.wild.test", "b.wild.test" },
		{ "a.city.wild.test", "city.wild.test" },
		{ "a.b.unlisted", "b.unlisted" },
		{ "unlisted", "unlisted" },
		{ "a_b.xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "", "" },
	};
	struct arena *arena = arena_new();
	struct text reason = TEXT("");
	struct text path;
	const struct public_suffix_list *list;

	(void)state;
	if (!public_suffix_available())
		skip();
	path = write_list(arena, "com\nuk\nco.uk\ntest\n*.wild.test\n!city.wild.test\n");
	list = public_suffix_acquire(arena, path, &reason);
	remove_list(arena, path);
	assert_non_null(list);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text found = public_suffix_registered_domain(arena, list,
								    text_from(rows[i].domain));

		if (!text_equal(found, text_from(rows[i].registered)))
			fail_msg("%s: %.*s", rows[i].domain, TEXT_ARGUMENTS(found));
	}
	arena_free(&arena);
}

/* A list is read once, kept for its users, and replaced only by one that can be read. */
static void
shares_one_list_until_it_is_refreshed(void **state)
{
	struct arena *arena = arena_new();
	struct arena *other = arena_new();
	struct text reason = TEXT("");
	struct text path;
	const struct public_suffix_list *list;
	const struct public_suffix_list *newer;

	(void)state;
	if (!public_suffix_available())
		skip();
	path = write_list(arena, "com\nexample.com\n");
	list = public_suffix_acquire(arena, path, &reason);
	assert_non_null(list);
	assert_ptr_equal(public_suffix_acquire(other, path, &reason), list);
	assert_true(public_suffix_refresh(path, other, &reason));
	newer = public_suffix_acquire(other, path, &reason);
	assert_non_null(newer);
	assert_ptr_not_equal(newer, list);
	arena_free(&other);
	assert_true(text_equal(
		public_suffix_registered_domain(arena, list, TEXT("a.b.example.com")),
		TEXT("b.example.com")));
	remove_list(arena, path);
	assert_false(public_suffix_refresh(path, arena, &reason));
	assert_ptr_equal(public_suffix_acquire(arena, path, &reason), newer);
	arena_free(&arena);
}

static void
says_why_there_is_no_list(void **state)
{
	struct arena *arena = arena_new();
	struct text reason = TEXT("");
	struct text path;

	(void)state;
	assert_null(public_suffix_acquire(arena, TEXT("/nonexistent/list"), &reason));
	assert_false(text_is_empty(reason));
	path = write_list(arena, "// no rule at all\n");
	reason = TEXT("");
	assert_null(public_suffix_acquire(arena, path, &reason));
	assert_false(text_is_empty(reason));
	remove_list(arena, path);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_registered_domain),
		cmocka_unit_test(shares_one_list_until_it_is_refreshed),
		cmocka_unit_test(says_why_there_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
