/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/list_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/origin.h"
#include "config_folder.h"

enum { INTERVAL = 5, LOOK = INTERVAL * 1000 };

static struct config_folder folder;
static struct config config;
static struct list_watch watch;
static int64_t now;

static int
set_up(void **state)
{
	(void)state;
	folder = config_folder_new();
	config = (struct config){ .list_check_interval = INTERVAL };
	config.origin = origin_new(folder.arena, NULL);
	now = 1000000;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	list_watch_end(&watch);
	config_folder_free(&folder);
	return 0;
}

static void
watch_file(const char *name, const char *content)
{
	const char *path = config_folder_write(&folder, name, content);

	(void)origin_watch(config.origin, text_from(path), file_look(path));
}

/* The name of the file that is reported after  milliseconds; "" for none. */
static const char *
look_after(int64_t wait)
{
	struct text path;

	now += wait;
	if (!list_watch_look(&watch, &config, now, &path))
		return "";
	return text_string(folder.arena, text_from_position(path, strlen(folder.path) + 1));
}

static void
reports_a_change_when_it_has_settled(void **state)
{
	(void)state;
	watch_file("a", "1");
	watch_file("b", "1");
	list_watch_begin(&watch, &config, now);
	assert_int_equal(list_watch_left(&watch, &config, now), LOOK);
	assert_string_equal(look_after(LOOK), "");
	config_folder_write(&folder, "b", "2");
	assert_string_equal(look_after(LOOK - 1), "");
	assert_int_equal(list_watch_left(&watch, &config, now), 1);
	assert_string_equal(look_after(1), "");
	assert_int_equal(list_watch_left(&watch, &config, now), LIST_SETTLE_TIME);
	/* It is still written. */
	config_folder_write(&folder, "b", "22");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME - 1), "");
	assert_string_equal(look_after(1), "b");
	/* The configuration is the old one still, because b was bad: once is enough. */
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LOOK), "");
	config_folder_write(&folder, "b", "333");
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "b");
	assert_string_equal(look_after(LOOK), "");
}

static void
reports_what_another_change_may_have_mended(void **state)
{
	(void)state;
	watch_file("a", "1");
	watch_file("b", "1");
	list_watch_begin(&watch, &config, now);
	config_folder_write(&folder, "b", "2");
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "b");
	config_folder_write(&folder, "a", "2");
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "a");
	assert_string_equal(look_after(LOOK), "");
}

static void
reports_a_file_that_is_gone(void **state)
{
	(void)state;
	watch_file("a", "1");
	list_watch_begin(&watch, &config, now);
	/* An editor's short moment without the file is nothing. */
	assert_int_equal(rename(config_folder_path(&folder, "a"),
				config_folder_path(&folder, "b")), 0);
	assert_string_equal(look_after(LOOK), "");
	config_folder_write(&folder, "a", "2");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "a");
	assert_int_equal(unlink(config_folder_path(&folder, "a")), 0);
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "a");
	assert_string_equal(look_after(LOOK), "");
}

static void
begins_anew_with_another_configuration(void **state)
{
	(void)state;
	watch_file("a", "1");
	list_watch_begin(&watch, &config, now);
	config_folder_write(&folder, "a", "2");
	assert_string_equal(look_after(LOOK), "");
	config.origin = origin_new(folder.arena, NULL);
	watch_file("a", "3");
	watch_file("b", "3");
	list_watch_begin(&watch, &config, now);
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LOOK), "");
	/* A change after the file was read and before the watch began is seen. */
	config_folder_write(&folder, "b", "4");
	list_watch_begin(&watch, &config, now);
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LIST_SETTLE_TIME), "b");
}

static void
does_not_wake_without_need(void **state)
{
	(void)state;
	list_watch_begin(&watch, &config, now);
	assert_int_equal(list_watch_left(&watch, &config, now), -1);
	assert_string_equal(look_after(LOOK), "");
	watch_file("a", "1");
	config.list_check_interval = 0;
	list_watch_begin(&watch, &config, now);
	assert_int_equal(list_watch_left(&watch, &config, now), -1);
	config_folder_write(&folder, "a", "2");
	assert_string_equal(look_after(LOOK), "");
	assert_string_equal(look_after(LOOK), "");
	config = (struct config){ .list_check_interval = INTERVAL };
	list_watch_begin(&watch, &config, now);
	assert_int_equal(list_watch_left(&watch, &config, now), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reports_a_change_when_it_has_settled, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(reports_what_another_change_may_have_mended, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(reports_a_file_that_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(begins_anew_with_another_configuration, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(does_not_wake_without_need, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
