/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARGUMENT(literal)                                                                      \
	{                                                                                      \
		"" literal "", sizeof(literal) - 1                                             \
	}

static const struct {
	const char *name;
	struct text argument;
	bool is_null;
	bool is_valid;
	const char *text;
	const char *local_part;
	const char *domain;
} rows[] = {
	{ "plain", ARGUMENT("<john@example.org>"), false, true, "john@example.org", "john",
	  "example.org" },
	{ "no brackets (sendmail)", ARGUMENT("root@host.example"), false, true,
	  "root@host.example", "root", "host.example" },
	{ "null", ARGUMENT("<>"), true, false, "", "", "" },
	{ "null without brackets", ARGUMENT(""), true, false, "", "", "" },
	{ "blanks around", ARGUMENT(" <john@example.org> "), false, true, "john@example.org",
	  "john", "example.org" },
	{ "case of the local-part is kept", ARGUMENT("<John@Example.ORG>"), false, true,
	  "John@Example.ORG", "John", "example.org" },
	{ "source route", ARGUMENT("<@one.example,@two.example:john@example.org>"), false, true,
	  "john@example.org", "john", "example.org" },
	{ "source route without brackets", ARGUMENT("@one.example:john@example.org"), false,
	  true, "john@example.org", "john", "example.org" },
	{ "source route without mailbox", ARGUMENT("<@one.example>"), false, false,
	  "@one.example", "", "" },
	{ "quoted", ARGUMENT("<\"john doe\"@example.org>"), false, true,
	  "\"john doe\"@example.org", "john doe", "example.org" },
	{ "quoted at sign", ARGUMENT("<\"a@test\"@example.org>"), false, true,
	  "\"a@test\"@example.org", "a@test", "example.org" },
	{ "escapes", ARGUMENT("<\"a\\\"\\\\b\"@example.org>"), false, true,
	  "\"a\\\"\\\\b\"@example.org", "a\"\\b", "example.org" },
	{ "quoted and not", ARGUMENT("<\"a b\".c@example.org>"), false, true,
	  "\"a b\".c@example.org", "a b.c", "example.org" },
	{ "dots", ARGUMENT("<a..b.@example.org>"), false, true, "a..b.@example.org", "a..b.",
	  "example.org" },
	{ "signs of a return path", ARGUMENT("<bounce+a=b.example/1@example.org>"), false, true,
	  "bounce+a=b.example/1@example.org", "bounce+a=b.example/1", "example.org" },
	{ "UTF-8",
	  ARGUMENT("<j\xc3\xbcrgen@b\xc3\xbc"
		   "cher.example>"),
	  false, true,
	  "j\xc3\xbcrgen@b\xc3\xbc"
	  "cher.example",
	  "j\xc3\xbcrgen", "xn--bcher-kva.example" },
	{ "blank in front of the domain", ARGUMENT("<john@ example.org>"), false, true,
	  "john@ example.org", "john", "example.org" },
	{ "local-part alone", ARGUMENT("<postmaster>"), false, false, "postmaster",
	  "postmaster", "" },
	{ "literal", ARGUMENT("<john@[192.0.2.1]>"), false, false, "john@[192.0.2.1]", "", "" },
	{ "no local-part", ARGUMENT("<\"\"@example.org>"), false, false, "\"\"@example.org", "",
	  "" },
	{ "two at signs", ARGUMENT("<a@one.example@two.example>"), false, false,
	  "a@one.example@two.example", "", "" },
	{ "blank in the local-part", ARGUMENT("<a b@example.org>"), false, false,
	  "a b@example.org", "", "" },
	{ "no closing bracket", ARGUMENT("<a@example.org"), false, false, "<a@example.org", "",
	  "" },
	{ "no opening bracket", ARGUMENT("a@example.org>"), false, false, "a@example.org>", "",
	  "" },
	{ "one bracket", ARGUMENT("<"), false, false, "<", "", "" },
	{ "nested brackets", ARGUMENT("<<a@example.org>>"), false, false, "<a@example.org>", "",
	  "" },
	{ "bracket in the domain", ARGUMENT("<a@example.org>x>"), false, false,
	  "a@example.org>x", "", "" },
	{ "blank in brackets", ARGUMENT("< >"), false, false, " ", "", "" },
	{ "no domain", ARGUMENT("<a@>"), false, false, "a@", "", "" },
	{ "bad domain", ARGUMENT("<a@b..example>"), false, false, "a@b..example", "", "" },
	{ "no closing quote", ARGUMENT("<\"a@example.org>"), false, false, "\"a@example.org",
	  "", "" },
	{ "word behind a quote", ARGUMENT("<\"a\"b@example.org>"), false, false,
	  "\"a\"b@example.org", "", "" },
	{ "line feed", ARGUMENT("<\"a\n \"@example.org>"), false, false, "\"a\n \"@example.org",
	  "", "" },
	{ "invalid UTF-8", ARGUMENT("<a\xff@example.org>"), false, false, "a\xff@example.org",
	  "", "" },
};

static void
parses(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct address address = address_parse(arena, rows[i].argument);

		if (address.is_null != rows[i].is_null ||
		    address.is_valid != rows[i].is_valid ||
		    !text_equal(address.text, text_from(rows[i].text)) ||
		    !text_equal(address.local_part, text_from(rows[i].local_part)) ||
		    !text_equal(address.domain, text_from(rows[i].domain)))
			fail_msg(
				"%s: null %d valid %d text \"%.*s\" local \"%.*s\" domain \"%.*s\"",
				rows[i].name, address.is_null, address.is_valid,
				TEXT_ARGUMENTS(address.text),
				TEXT_ARGUMENTS(address.local_part),
				TEXT_ARGUMENTS(address.domain));
		if (address.is_valid != !text_is_empty(address.mailbox))
			fail_msg("%s: mailbox \"%.*s\"", rows[i].name,
				 TEXT_ARGUMENTS(address.mailbox));
	}
	assert_true(text_equal(address_parse(arena, TEXT("<@r:\"a.b\"@EXAMPLE.org.>")).mailbox,
			       TEXT("a.b@example.org")));
	arena_free(&arena);
}

static void
refuses_nul(void **state)
{
	struct arena *arena = arena_new();
	struct address address = address_parse(arena, TEXT("<a\0b@example.org>"));

	(void)state;
	assert_false(address.is_valid);
	assert_true(text_equal(address.text, TEXT("a\0b@example.org")));
	assert_false(address_parse(arena, TEXT("<a@example.org\0>")).is_valid);
	arena_free(&arena);
}

static void
limits_the_length(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t length = 999; length <= 1001; length++) {
		char *bytes = arena_alloc(arena, length);
		struct address address;

		memset(bytes, 'a', length);
		memcpy(bytes + length - 10, "@x.example", 10);
		address = address_parse(arena, text_of(bytes, length));
		assert_int_equal(address.is_valid, length <= 1000);
		assert_int_equal(address.text.length, length);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses_nul),
		cmocka_unit_test(limits_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
