/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/list_file.h"

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
#include "base/textbuf.h"
#include "config_folder.h"

static struct text
value_of(const struct config_folder *folder, const char *path)
{
	return text_printf(folder->arena, "file:%s", path);
}

/* "LINE item|" or "LINE !reason|" for each. */
static struct text
read_all(struct config_folder *folder, const char *content)
{
	struct textbuf out = textbuf_new(folder->arena, SIZE_MAX);
	const char *path = config_folder_write(folder, "list", content);
	struct list_file file;
	const char *reason;
	struct text item;

	assert_true(list_file_open(folder->arena, NULL, value_of(folder, path), &file, &item));
	while (list_file_next(&file, &item, &reason)) {
		textbuf_printf(&out, "%zu ", file.line);
		if (reason != NULL)
			textbuf_printf(&out, "!%s|", reason);
		else
			textbuf_printf(&out, "%.*s|", TEXT_ARGUMENTS(item));
	}
	list_file_close(&file);
	assert_null(file.scratch);
	return textbuf_text(&out);
}

static const struct {
	const char *content;
	const char *items;
} rows[] = {
	{ "", "" },
	{ "\n", "" },
	{ "a", "1 a|" },
	{ "a\nb\n", "1 a|2 b|" },
	{ "\xef\xbb\xbf" "a\r\n\r\n b \r\n", "1 a|3 b|" },
	{ "# x\n  # y\na # z\n\"a # z\"\n", "3 a|4 a # z|" },
	{ "a\n\"b\nc\n", "1 a|2 !the closing double quote is missing|3 c|" },
	{ "file:/x\nFILE:y\n", "1 !a list file may not name another file|"
			       "2 !a list file may not name another file|" },
	{ "\x01\na\n", "1 !the line holds a control character; in double quotes it can be "
		       "written as \\xHH|2 a|" },
};

static void
gives_the_items(void **state)
{
	struct config_folder folder = config_folder_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(read_all(&folder, rows[i].content).bytes, rows[i].items);
	config_folder_free(&folder);
}

static void
refuses_what_is_no_list(void **state)
{
	static const char *const values[] = { "file:", "file:list", "file:/nonexistent", "file:/",
					      "file:/dev/null" };
	struct config_folder folder = config_folder_new();
	struct list_file file;
	struct text wanted;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++)
		assert_false(list_file_open(folder.arena, NULL, text_from(values[i]), &file,
					    &wanted));
	assert_false(list_file_open(folder.arena, NULL, TEXT("file:/a\0b"), &file, &wanted));
	assert_string_equal(wanted.bytes, "file: is followed by an absolute path");
	config_folder_free(&folder);
}

static void
is_noted_in_the_origin(void **state)
{
	struct config_folder folder = config_folder_new();
	struct config_origin *origin = origin_new(folder.arena, NULL);
	const char *path = config_folder_write(&folder, "list", "a\n");
	struct file_stamp stamp = file_look(path);
	struct list_file file;
	struct text wanted;

	(void)state;
	assert_true(list_file_open(folder.arena, origin, value_of(&folder, path), &file, &wanted));
	list_file_close(&file);
	assert_int_equal(origin->watched_count, 1);
	assert_true(text_equal(origin->watched[0].path, text_from(path)));
	assert_true(file_stamps_are_equal(&origin->watched[0].stamp, &stamp));
	config_folder_free(&folder);
}

/* 100,000 lines of the longest domains, 25 megabytes, fit. */
static void
takes_a_hundred_thousand_long_lines(void **state)
{
	enum { LINES = 100000, LENGTH = 253 };
	struct config_folder folder = config_folder_new();
	struct textbuf content = textbuf_new(folder.arena, SIZE_MAX);
	struct list_file file;
	const char *reason;
	struct text item;
	size_t count = 0;

	(void)state;
	for (unsigned i = 0; i < LINES; i++)
		textbuf_printf(&content, "%0*u\n", LENGTH, i);
	item = value_of(&folder, config_folder_write(&folder, "list",
						     textbuf_text(&content).bytes));
	assert_true(list_file_open(folder.arena, NULL, item, &file, &item));
	for (; list_file_next(&file, &item, &reason); count++)
		assert_int_equal(item.length, LENGTH);
	list_file_close(&file);
	assert_int_equal(count, LINES);
	config_folder_free(&folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_items),
		cmocka_unit_test(refuses_what_is_no_list),
		cmocka_unit_test(is_noted_in_the_origin),
		cmocka_unit_test(takes_a_hundred_thousand_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
