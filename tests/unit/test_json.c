/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.length, text_from(expected).length);
	assert_memory_equal(text.bytes, expected, text.length);
}

static void
writes_all_kinds_of_values(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct json json = json_new(&out);

	(void)state;
	json_begin_object(&json, NULL);
	json_text(&json, "text", TEXT("a"));
	json_text_or_null(&json, "nothing", TEXT(""));
	json_string(&json, "string", "b");
	json_string(&json, "null", NULL);
	json_number(&json, "least", INT64_MIN);
	json_bool(&json, "yes", true);
	json_begin_array(&json, "list");
	json_number(&json, NULL, 1);
	json_begin_object(&json, NULL);
	json_bool(&json, "no", false);
	json_end_object(&json);
	json_null(&json, NULL);
	json_end_array(&json);
	json_begin_array(&json, "empty");
	json_end_array(&json);
	json_begin_object(&json, "hollow");
	json_end_object(&json);
	json_end_object(&json);
	json_finish(&json);
	assert_text(textbuf_text(&out),
		    "{\n"
		    "  \"text\": \"a\",\n"
		    "  \"nothing\": null,\n"
		    "  \"string\": \"b\",\n"
		    "  \"null\": null,\n"
		    "  \"least\": -9223372036854775808,\n"
		    "  \"yes\": true,\n"
		    "  \"list\": [\n"
		    "    1,\n"
		    "    {\n"
		    "      \"no\": false\n"
		    "    },\n"
		    "    null\n"
		    "  ],\n"
		    "  \"empty\": [],\n"
		    "  \"hollow\": {}\n"
		    "}\n");
	arena_free(&arena);
}

static void
writes_strings_that_every_reader_takes(void **state)
{
	static const struct {
		struct text value;
		const char *written;
	} rows[] = {
		{ { "", 0 }, "\"\"" },
		{ { "\"\\/", 3 }, "\"\\\"\\\\/\"" },
		{ { "\n\r\t\b\0", 5 }, "\"\\n\\r\\t\\u0008\\u0000\"" },
		{ { "\x7f\xc2\x9b", 3 }, "\"\\u007f\\u009b\"" },
		{ { "b\xc3\xbc", 3 }, "\"b\xc3\xbc\"" },
		{ { "\xf0\x9f\x98\x80", 4 }, "\"\xf0\x9f\x98\x80\"" },
		/* Cut off, a surrogate, too long a form: one sign for each byte. */
		{ { "\xc3", 1 }, "\"\xef\xbf\xbd\"" },
		{ { "\xed\xa0\x80", 3 }, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ { "\xc0\x80x", 3 }, "\"\xef\xbf\xbd\xef\xbf\xbdx\"" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct textbuf out = textbuf_new(arena, SIZE_MAX);
		struct json json = json_new(&out);

		json_text(&json, NULL, rows[i].value);
		assert_text(textbuf_text(&out), rows[i].written);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_all_kinds_of_values),
		cmocka_unit_test(writes_strings_that_every_reader_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
