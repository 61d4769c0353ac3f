/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NAME(literal)                                                                          \
	{                                                                                      \
		"" literal "", sizeof(literal) - 1                                             \
	}
#define LABEL_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff012"

/* `normal` NULL: no domain name. */
static const struct {
	const char *name;
	struct text input;
	const char *normal;
} rows[] = {
	{ "plain", NAME("example.org"), "example.org" },
	{ "case", NAME("Mail.EXAMPLE.Org"), "mail.example.org" },
	{ "single label", NAME("localhost"), "localhost" },
	{ "trailing dot", NAME("example.org."), "example.org" },
	{ "underscore", NAME("_dmarc.a_b.example"), "_dmarc.a_b.example" },
	{ "two hyphens", NAME("r3---x.example"), "r3---x.example" },
	{ "digits", NAME("192.0.2.1"), "192.0.2.1" },
	{ "label of 63", NAME(LABEL_63 ".example"), LABEL_63 ".example" },
	{ "label of 64", NAME(LABEL_63 "x.example"), NULL },
	{ "empty", NAME(""), NULL },
	{ "dot", NAME("."), NULL },
	{ "two dots at the end", NAME("example.org.."), NULL },
	{ "empty label", NAME("a..example"), NULL },
	{ "leading dot", NAME(".example"), NULL },
	{ "blank", NAME("a b.example"), NULL },
	{ "blank at the end", NAME("example.org "), NULL },
	{ "slash", NAME("a/b.example"), NULL },
	{ "parenthesis (CVE-2020-12272)", NAME("example.net(.example.com"), NULL },
	{ "quote", NAME("a\"b.example"), NULL },
	{ "at sign", NAME("a@b.example"), NULL },
	{ "NUL", NAME("bank.example\0.evil.example"), NULL },
	{ "NUL in a U-label", NAME("b\xc3\xbc\0.example"), NULL },
	{ "line feed", NAME("a\nb.example"), NULL },
	{ "address literal", NAME("[192.0.2.1]"), NULL },
	{ "U-label",
	  NAME("b\xc3\xbc"
	       "cher.example"),
	  "xn--bcher-kva.example" },
	{ "U-label in upper case",
	  NAME("B\xc3\x9c"
	       "CHER.example"),
	  "xn--bcher-kva.example" },
	{ "U-label not in NFC",
	  NAME("bu\xcc\x88"
	       "cher.example"),
	  "xn--bcher-kva.example" },
	{ "sharp s is kept (non-transitional)", NAME("fa\xc3\x9f.example"),
	  "xn--fa-hia.example" },
	{ "underscore beside a U-label",
	  NAME("_x.b\xc3\xbc"
	       "cher.example"),
	  "_x.xn--bcher-kva.example" },
	{ "full-width letters are ASCII", NAME("\xef\xbd\x82\xef\xbd\x81nk.example"),
	  "bank.example" },
	{ "ideographic full stop",
	  NAME("b\xc3\xbc"
	       "cher\xe3\x80\x82"
	       "example"),
	  "xn--bcher-kva.example" },
	{ "full-width full stop",
	  NAME("bank\xef\xbc\x8e"
	       "example"),
	  "bank.example" },
	{ "ideographic trailing dot", NAME("example.org\xe3\x80\x82"), "example.org" },
	{ "two trailing dots of both kinds", NAME("example.org\xe3\x80\x82."), NULL },
	{ "soft hyphen is dropped", NAME("ba\xc2\xadnk.example"), "bank.example" },
	{ "soft hyphen alone", NAME("\xc2\xad.example"), NULL },
	{ "U+2100 maps to a/c", NAME("\xe2\x84\x80.example"), NULL },
	{ "two-dot leader",
	  NAME("a\xe2\x80\xa5"
	       "example"),
	  NULL },
	{ "blank beside a U-label", NAME("a b.b\xc3\xbc.example"), NULL },
	{ "zero width joiner", NAME("ba\xe2\x80\x8dnk.example"), NULL },
	{ "direction mark", NAME("\xe2\x80\xaeknab.example"), NULL },
	{ "leading combining mark",
	  NAME("\xcc\x81"
	       "abc.example"),
	  NULL },
	{ "leading hyphen in a U-label", NAME("-b\xc3\xbc.example"), NULL },
	{ "symbol", NAME("\xe2\x98\x83.example"), NULL },
	{ "symbol as A-label", NAME("xn--n3h.example"), NULL },
	{ "invalid UTF-8", NAME("bank\xff.example"), NULL },
	{ "overlong UTF-8",
	  NAME("bank\xc0\xae"
	       "example"),
	  NULL },
	{ "surrogate", NAME("bank\xed\xa0\x80.example"), NULL },
	{ "A-label", NAME("xn--bcher-kva.example"), "xn--bcher-kva.example" },
	{ "A-label in upper case", NAME("XN--BCHER-KVA.example."), "xn--bcher-kva.example" },
	{ "A-label without content", NAME("xn--.example"), NULL },
	{ "A-label that decodes to ASCII", NAME("xn--bank-.example"), NULL },
	{ "A-label that does not decode", NAME("xn--99zzzzzzzzz.example"), NULL },
	{ "A-label not in NFC", NAME("xn--cafe-yvc.example"), NULL },
	{ "A-label of an upper case letter", NAME("xn--bcher-2pa.example"), NULL },
	{ "false A-label behind a true one", NAME("xn--bcher-kva.xn--bank-"), NULL },
};

static void
normalizes(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text normal = TEXT("untouched");
		bool ok = domain_name_normalize(arena, rows[i].input, &normal);
		struct text expected = TEXT("untouched");

		if (rows[i].normal != NULL)
			expected = text_from(rows[i].normal);
		if (ok != (rows[i].normal != NULL) || !text_equal(normal, expected))
			fail_msg("%s: %d \"%.*s\"", rows[i].name, ok, TEXT_ARGUMENTS(normal));
	}
	arena_free(&arena);
}

/* A name of `length` bytes in labels of 49 bytes and a last one that fills up. */
static struct text
name_of_length(struct arena *arena, size_t length)
{
	char *bytes = arena_alloc(arena, length + 1);

	for (size_t i = 0; i < length; i++)
		bytes[i] = i % 50 == 49 && i + 1 < length ? '.' : 'a';
	return text_of(bytes, length);
}

static void
limits_the_length(void **state)
{
	struct arena *arena = arena_new();
	struct text normal;
	struct text label;

	(void)state;
	assert_true(domain_name_normalize(arena, name_of_length(arena, 252), &normal));
	assert_true(domain_name_normalize(arena, name_of_length(arena, 253), &normal));
	assert_int_equal(normal.length, DOMAIN_NAME_MAX);
	assert_false(domain_name_normalize(arena, name_of_length(arena, 254), &normal));
	/* 254 bytes with the trailing dot are 253 without. */
	assert_true(domain_name_normalize(
		arena, text_join(arena, name_of_length(arena, 253), TEXT(".")), &normal));
	for (size_t length = DOMAIN_LABEL_MAX - 1; length <= DOMAIN_LABEL_MAX + 1; length++) {
		char *bytes = text_string(arena, name_of_length(arena, 70));

		memset(bytes, 'a', length);
		memcpy(bytes + length, ".b", 3);
		assert_int_equal(domain_name_normalize(arena, text_from(bytes), &normal),
				 length <= DOMAIN_LABEL_MAX);
	}
	/* A label that is short in UTF-8 and too long as A-label. */
	label = text_from("\xc3\xbc");
	for (size_t i = 0; i < 6; i++)
		label = text_join(arena, label, label);
	assert_false(domain_name_normalize(arena, label, &normal));
	arena_free(&arena);
}

static void
knows_labels(void **state)
{
	struct text name = TEXT("a.b.example.org");

	(void)state;
	assert_int_equal(domain_name_label_count(name), 4);
	assert_int_equal(domain_name_label_count(TEXT("org")), 1);
	assert_int_equal(domain_name_label_count(TEXT("")), 0);
	assert_true(text_equal(domain_name_last_labels(name, 1), TEXT("org")));
	assert_true(text_equal(domain_name_last_labels(name, 3), TEXT("b.example.org")));
	assert_true(text_equal(domain_name_last_labels(name, 4), name));
	assert_true(text_equal(domain_name_last_labels(name, 5), name));
	assert_true(text_is_empty(domain_name_last_labels(name, 0)));
	assert_true(text_equal(domain_name_parent(name), TEXT("b.example.org")));
	assert_true(text_is_empty(domain_name_parent(TEXT("org"))));
	assert_true(text_is_empty(domain_name_parent(TEXT(""))));
}

static void
compares_whole_labels(void **state)
{
	(void)state;
	assert_true(domain_name_is_at_or_below(TEXT("example.org"), TEXT("example.org")));
	assert_true(domain_name_is_at_or_below(TEXT("a.example.org"), TEXT("example.org")));
	assert_false(domain_name_is_at_or_below(TEXT("badexample.org"), TEXT("example.org")));
	assert_false(domain_name_is_at_or_below(TEXT("org"), TEXT("example.org")));
	assert_false(domain_name_is_at_or_below(TEXT("example.org"), TEXT("a.example.org")));
	assert_false(domain_name_is_at_or_below(TEXT("example.org"), TEXT("")));
}

static void
shows_names_as_their_owners_write_them(void **state)
{
	static const struct {
		struct text name;
		const char *shown;      /* NULL: as it is */
	} rows[] = {
		{ { "xn--bcher-kva.example", 21 }, "b\xc3\xbc" "cher.example" },
		{ { "a.xn--bcher-kva.example", 23 }, "a.b\xc3\xbc" "cher.example" },
		{ { "example.com", 11 }, NULL },
		{ { "xn--.example", 12 }, NULL },
		{ { "xn--a\xff.example", 14 }, NULL },
		{ { "", 0 }, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text shown = TEXT("untouched");

		assert_int_equal(domain_name_to_unicode(arena, rows[i].name, &shown),
				 rows[i].shown != NULL);
		assert_true(text_equal(shown, text_from(rows[i].shown != NULL ? rows[i].shown :
							"untouched")));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_names_as_their_owners_write_them),
		cmocka_unit_test(normalizes),
		cmocka_unit_test(limits_the_length),
		cmocka_unit_test(knows_labels),
		cmocka_unit_test(compares_whole_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
