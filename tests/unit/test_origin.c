/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "config_folder.h"

static void
keeps_the_first_reading_of_a_text(void **state)
{
	struct config_folder folder = config_folder_new();
	struct config_origin *origin = origin_new(folder.arena, NULL);
	struct text path = text_from(config_folder_write(&folder, "a", "one"));
	struct text content;
	struct text reason;
	bool is_exposed;

	(void)state;
	assert_null(origin_find_text(origin, path));
	assert_true(origin_read_text(origin, path, true, &content, &is_exposed, &reason));
	assert_true(text_equal(content, TEXT("one")));
	assert_false(is_exposed);
	config_folder_write(&folder, "a", "two");
	assert_true(origin_read_text(origin, path, true, &content, &is_exposed, &reason));
	assert_true(text_equal(content, TEXT("one")));
	assert_int_equal(origin->text_count, 1);
	config_folder_free(&folder);
}

static void
takes_earlier_texts_and_no_files(void **state)
{
	struct config_folder folder = config_folder_new();
	struct config_origin *earlier = origin_new(folder.arena, NULL);
	struct config_origin *origin = origin_new(folder.arena, earlier);
	struct text path = text_from(config_folder_write(&folder, "a", "one"));
	struct text_list paths;
	struct text content;
	struct text reason;
	bool is_exposed;

	(void)state;
	assert_false(origin_read_text(origin, path, true, &content, &is_exposed, &reason));
	assert_true(text_equal(reason, TEXT("it is no part of the configuration")));
	origin_add_text(earlier, path, TEXT("kept"));
	origin_add_text(earlier, TEXT("/x/b.conf"), TEXT(""));
	origin_add_text(earlier, TEXT("/x/a.conf"), TEXT(""));
	origin_add_text(earlier, TEXT("/x/y/a.conf"), TEXT(""));
	origin_add_text(earlier, TEXT("/x/.a.conf"), TEXT(""));
	origin_add_text(earlier, TEXT("/x/a.conf~"), TEXT(""));
	assert_true(origin_read_text(origin, path, true, &content, &is_exposed, &reason));
	assert_true(text_equal(content, TEXT("kept")));
	assert_true(origin_find_files(origin, TEXT("/x/*"), &paths, &reason));
	assert_int_equal(paths.count, 2);
	assert_true(text_equal(paths.items[0], TEXT("/x/a.conf")));
	assert_true(text_equal(paths.items[1], TEXT("/x/b.conf")));
	config_folder_free(&folder);
}

static void
watches_a_file_once(void **state)
{
	struct arena *arena = arena_new();
	struct config_origin *origin = origin_new(arena, NULL);
	struct file_stamp first = { .exists = true, .size = 1 };
	struct file_stamp second = { .exists = true, .size = 2 };

	(void)state;
	assert_true(origin_watch(origin, TEXT("/a"), first));
	assert_false(origin_watch(origin, TEXT("/a"), second));
	assert_true(origin_watch(origin, TEXT("/b"), second));
	assert_int_equal(origin->watched_count, 2);
	assert_int_equal(origin->watched[0].stamp.size, 1);
	arena_free(&arena);
}

static void
knows_patterns(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_false(origin_is_pattern(TEXT("/etc/a.conf")));
	assert_true(origin_is_pattern(TEXT("/etc/*.conf")));
	assert_true(origin_is_pattern(TEXT("/etc/?")));
	assert_true(origin_is_pattern(TEXT("/etc/[ab]")));
	assert_true(text_equal(origin_escape_pattern(arena, TEXT("/a*b?c[d]\\")),
			       TEXT("/a\\*b\\?c\\[d]\\\\")));
	arena_free(&arena);
}

static void
compares_states_of_files(void **state)
{
	struct config_folder folder = config_folder_new();
	const char *path = config_folder_write(&folder, "a", "one");
	struct file_stamp first = file_look(path);
	struct file_stamp again = file_look(path);
	struct file_stamp none = file_look(config_folder_path(&folder, "none"));

	(void)state;
	assert_true(first.exists);
	assert_false(none.exists);
	assert_true(file_stamps_are_equal(&first, &again));
	assert_false(file_stamps_are_equal(&first, &none));
	/* The same size: the inode tells them apart. */
	config_folder_write(&folder, "a", "two");
	again = file_look(path);
	assert_false(file_stamps_are_equal(&first, &again));
	config_folder_free(&folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_first_reading_of_a_text),
		cmocka_unit_test(takes_earlier_texts_and_no_files),
		cmocka_unit_test(watches_a_file_once),
		cmocka_unit_test(knows_patterns),
		cmocka_unit_test(compares_states_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
