/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/utf8.h"

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

/* RFC 3629 3 and 4; the first code point, or 0 for text that is not UTF-8. */
static const struct {
	struct text text;
	uint32_t code_point;
} rows[] = {
	{ VALUE("a"), 'a' },
	{ VALUE("\x7f"), 0x7f },
	{ VALUE("\xc2\x80"), 0x80 },
	{ VALUE("\xdf\xbf"), 0x7ff },
	{ VALUE("\xe0\xa0\x80"), 0x800 },
	{ VALUE("\xed\x9f\xbf"), 0xd7ff },
	{ VALUE("\xee\x80\x80"), 0xe000 },
	{ VALUE("\xef\xbf\xbf"), 0xffff },
	{ VALUE("\xf0\x90\x80\x80"), 0x10000 },
	{ VALUE("\xf4\x8f\xbf\xbf"), 0x10ffff },
	{ VALUE("\x80"), 0 },
	{ VALUE("\xc1\xbf"), 0 },
	{ VALUE("\xe0\x9f\xbf"), 0 },
	{ VALUE("\xf0\x8f\xbf\xbf"), 0 },
	{ VALUE("\xed\xa0\x80"), 0 },
	{ VALUE("\xed\xbf\xbf"), 0 },
	{ VALUE("\xf4\x90\x80\x80"), 0 },
	{ VALUE("\xf8\x88\x80\x80\x80"), 0 },
	{ VALUE("\xff"), 0 },
	{ VALUE("\xc3"), 0 },
	{ VALUE("\xe2\x82"), 0 },
	{ VALUE("\xf0\x90\x80"), 0 },
	{ VALUE("\xc3"
		"a"),
	  0 },
	{ VALUE("\xe2\x82"
		"a"),
	  0 },
};

static void
decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t code_point = 0;
		size_t position = 0;
		bool ok = utf8_next(rows[i].text, &position, &code_point);

		if (ok != (rows[i].code_point != 0) || code_point != rows[i].code_point ||
		    position != (ok ? rows[i].text.length : 0) ||
		    utf8_is_valid(rows[i].text) != ok)
			fail_msg("row %zu", i);
	}
}

static void
judges_whole_texts(void **state)
{
	uint32_t code_point = 7;
	size_t position = 0;

	(void)state;
	assert_true(utf8_is_valid(TEXT("")));
	assert_true(utf8_is_valid(TEXT("a\0\xc3\xbc")));
	assert_false(utf8_is_valid(TEXT("a\xc3\xbc\xc3")));
	assert_true(utf8_is_ascii(TEXT("a\0\x7f")));
	assert_false(utf8_is_ascii(TEXT("a\x80")));
	assert_false(utf8_next(TEXT(""), &position, &code_point));
	assert_int_equal(code_point, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(judges_whole_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
