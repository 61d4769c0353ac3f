/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
decodes(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;      /* NULL: refused */
	} rows[] = {
		{ "", "" },        { "Zg==", "f" },     { "Zm8=", "fo" },   { "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" }, { "Zg", "f" },  { "Zm8", "fo" },    { "+/+/", "\xfb\xff\xbf" },
		{ "Z", NULL },     { "Zm9vY", NULL },   { "Zg=", NULL },    { "Z===", NULL },
		{ "====", NULL },  { "=", NULL },       { "Zg==Zg==", NULL }, { "Z=g=", NULL },
		{ "Zm 9v", NULL }, { "Zm9-", NULL },    { "Zm9_", NULL },   { "Zm9v\n", NULL },
		{ "Zm9\xff", NULL }, { "Zm8==", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text bytes = TEXT("untouched");
		bool ok = base64_decode(arena, text_from(rows[i].text), &bytes);

		assert_int_equal(ok, rows[i].bytes != NULL);
		assert_true(text_equal(bytes, text_from(ok ? rows[i].bytes : "untouched")));
	}
	arena_free(&arena);
}

static void
decodes_what_it_encodes(void **state)
{
	struct arena *arena = arena_new();
	char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(unsigned char)(i * 7);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		struct text encoded = base64_encode(arena, text_of(bytes, length));
		struct text decoded;

		assert_int_equal(encoded.length, (length + 2) / 3 * 4);
		assert_true(base64_decode(arena, encoded, &decoded));
		assert_true(text_equal(decoded, text_of(bytes, length)));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(decodes_what_it_encodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
