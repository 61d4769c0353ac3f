/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf_macro.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"

/* The mail that RFC 7208, 7.4 takes for its examples. */
static struct spf_macro_values
example_values(const char *client)
{
	struct spf_macro_values values = {
		.local_part = TEXT("strong-bad"),
		.sender_domain = TEXT("email.example.com"),
		.domain = TEXT("email.example.com"),
		.helo = TEXT("mx.example.org"),
		.validated_name = TEXT("mx.example.org"),
		.receiver = TEXT("receiver.example"),
		.now = 1700000000,
	};

	assert_true(ip_parse(text_from(client), &values.client));
	return values;
}

static void
expands_names(void **state)
{
	static const struct {
		const char *client;
		const char *spec;
		const char *name;
	} rows[] = {
		/* RFC 7208, 7.4 */
		{ "192.0.2.3", "%{s}", "strong-bad\\064email.example.com" },
		{ "192.0.2.3", "%{o}", "email.example.com" },
		{ "192.0.2.3", "%{d}", "email.example.com" },
		{ "192.0.2.3", "%{d4}", "email.example.com" },
		{ "192.0.2.3", "%{d3}", "email.example.com" },
		{ "192.0.2.3", "%{d2}", "example.com" },
		{ "192.0.2.3", "%{d1}", "com" },
		{ "192.0.2.3", "%{dr}", "com.example.email" },
		{ "192.0.2.3", "%{d2r}", "example.email" },
		{ "192.0.2.3", "%{l}", "strong-bad" },
		{ "192.0.2.3", "%{l-}", "strong.bad" },
		{ "192.0.2.3", "%{lr}", "strong-bad" },
		{ "192.0.2.3", "%{lr-}", "bad.strong" },
		{ "192.0.2.3", "%{l1r-}", "strong" },
		{ "192.0.2.3", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
		{ "192.0.2.3", "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
		{ "192.0.2.3", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
		  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
		{ "192.0.2.3", "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
		  "3.2.0.192.in-addr.strong.lp._spf.example.com" },
		{ "192.0.2.3", "%{d2}.trusted-domains.example.net",
		  "example.com.trusted-domains.example.net" },
		{ "2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}",
		  "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf."
		  "example.com" },
		/* Letters and escapes */
		{ "192.0.2.3", "%{i}.%{h}.%{p}", "192.0.2.3.mx.example.org.mx.example.org" },
		{ "192.0.2.3", "%{i1}.%{i1r}", "3.192" },
		{ "192.0.2.3", "a%%b%_c%-d.x", "a%b\\032c%20d.x" },
		{ "192.0.2.3", "%{S}", "strong-bad%40email.example.com" },
		{ "192.0.2.3", "%{L-}", "strong.bad" },
		{ "192.0.2.3", "%{D999999999999R}", "com.example.email" },
		{ "192.0.2.3", "%{l.-+,/_=}.%{d-}", "strong.bad.email.example.com" },
		{ "192.0.2.3", "Upper.Case.", "upper.case" },
		{ "192.0.2.3", "quo\"te\\.x", "quo\\034te\\092.x" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct spf_macro_values values = example_values(rows[i].client);
		struct text spec = text_from(rows[i].spec);
		struct text name;

		assert_true(spf_macro_domain_is_valid(spec));
		name = spf_macro_expand_domain(arena, spec, &values);
		assert_string_equal(text_string(arena, name), rows[i].name);
	}
	arena_free(&arena);
}

static void
expands_odd_values(void **state)
{
	struct arena *arena = arena_new();
	struct spf_macro_values values = { .local_part = TEXT("a..b\xff\0=c") };
	static const struct {
		const char *spec;
		const char *name;
	} rows[] = {
		{ "%{l}.x.y", "a..b\\255\\000=c.x.y" },
		{ "%{lr=}.x.y", "c.a..b\\255\\000.x.y" },
		{ "%{l1}.x.y", "b\\255\\000=c.x.y" },
		{ "%{l2}.x.y", ".b\\255\\000=c.x.y" },
		{ "%{L}.x.y", "a..b%ff%00%3dc.x.y" },
		{ "%{o}.x.y", ".x.y" },
		{ "%{p}", "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text name = spf_macro_expand_domain(arena, text_from(rows[i].spec), &values);

		assert_string_equal(text_string(arena, name), rows[i].name);
	}
	arena_free(&arena);
}

/* RFC 7208, 7.3: whole labels go at the left until 253 bytes are left. */
static void
shortens_names(void **state)
{
	struct arena *arena = arena_new();
	struct spf_macro_values values = { .domain = TEXT("d.example") };

	(void)state;
	for (size_t labels = 0; labels < 3; labels++) {
		/* 62 and a dot four times are 252, and one, two, or three bytes at the left. */
		struct textbuf spec = textbuf_new(arena, SPF_DOMAIN_SPEC_MAX);
		struct text name;

		textbuf_add(&spec, text_cut(TEXT("xxx"), 0, labels + 1));
		for (size_t i = 0; i < 4; i++) {
			textbuf_add_byte(&spec, '.');
			for (size_t j = 0; j < 62; j++)
				textbuf_add_byte(&spec, 'y');
		}
		assert_int_equal(textbuf_text(&spec).length, 252 + labels + 1);
		name = spf_macro_expand_domain(arena, textbuf_text(&spec), &values);
		assert_int_equal(name.length, labels == 0 ? 253 : 251);
	}
	arena_free(&arena);
}

/* A record of 64 times the sender and some letters was enough to break libspf2. */
static void
survives_long_expansions(void **state)
{
	struct arena *arena = arena_new();
	struct spf_macro_values values = example_values("192.0.2.3");
	struct textbuf spec = textbuf_new(arena, SPF_DOMAIN_SPEC_MAX);
	struct textbuf local_part = textbuf_new(arena, 100000);
	struct text name;

	(void)state;
	for (size_t i = 0; i < 127; i++)
		textbuf_add_string(&spec, "%{s}");
	textbuf_add_string(&spec, "abcdef.example");
	name = spf_macro_expand_domain(arena, textbuf_text(&spec), &values);
	assert_true(name.length <= 300);        /* 253, each "@" written in four bytes */
	assert_true(text_ends_with(name, TEXT("email.example.comabcdef.example")));

	for (size_t i = 0; i < 100000; i++)
		textbuf_add_byte(&local_part, 'l');
	values.local_part = textbuf_text(&local_part);
	name = spf_macro_expand_domain(arena, textbuf_text(&spec), &values);
	assert_string_equal(text_string(arena, name), "example.comabcdef.example");
	name = spf_macro_expand_domain(arena, TEXT("%{l}"), &values);
	assert_true(name.length > 253);         /* one label: no such name, and no cut */
	arena_free(&arena);
}

static void
expands_explanations(void **state)
{
	static const struct {
		const char *string;
		const char *expanded;   /* NULL: not shown */
	} rows[] = {
		{ "plain text with 100%% blanks", "plain text with 100% blanks" },
		{ "%{c}%_%{r} %{t}", "192.0.2.3 receiver.example 1700000000" },
		{ "See http://%{d}/why?id=%{S}&ip=%{I}",
		  "See http://email.example.com/why?id=strong-bad%40email.example.com"
		  "&ip=192.0.2.3" },
		{ "", "" },
	};
	struct arena *arena = arena_new();
	struct spf_macro_values values = example_values("192.0.2.3");
	struct text expanded;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text string = text_from(rows[i].string);

		assert_true(spf_macro_string_is_valid(string, SPF_MACRO_IN_EXPLANATION));
		assert_true(spf_macro_expand_explanation(arena, string, &values, 80, &expanded));
		assert_string_equal(text_string(arena, expanded), rows[i].expanded);
	}
	/* The limit at n-1, n, n+1. */
	assert_true(spf_macro_expand_explanation(arena, TEXT("%{l}"), &values, 11, &expanded));
	assert_true(spf_macro_expand_explanation(arena, TEXT("%{l}"), &values, 10, &expanded));
	assert_false(spf_macro_expand_explanation(arena, TEXT("%{l}"), &values, 9, &expanded));
	values.local_part = TEXT("\xc3\xa4");
	assert_false(spf_macro_expand_explanation(arena, TEXT("%{l}"), &values, 80, &expanded));
	assert_true(spf_macro_expand_explanation(arena, TEXT("%{L}"), &values, 80, &expanded));
	assert_true(text_equal(expanded, TEXT("%C3%A4")));
	arena_free(&arena);
}

static void
knows_where_strings_are_valid(void **state)
{
	const struct {
		struct text string;
		bool in_domain;
		bool in_explanation;
		bool in_modifier;
	} rows[] = {
		{ TEXT(""), true, true, true },
		{ TEXT("a b"), false, true, false },
		{ TEXT("%{c}"), false, true, true },
		{ TEXT("%{T}"), false, true, true },
		{ TEXT("%{z}"), false, false, false },
		{ TEXT("%"), false, false, false },
		{ TEXT("%a"), false, false, false },
		{ TEXT("\x7f"), false, false, false },
		{ TEXT("\t"), false, false, false },
		{ TEXT("\xc3\xa4"), false, false, false },
		{ TEXT("a\0b"), false, false, false },
		{ TEXT("!~#$&'()*+"), true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(spf_macro_string_is_valid(rows[i].string, SPF_MACRO_IN_DOMAIN),
				 rows[i].in_domain);
		assert_int_equal(
			spf_macro_string_is_valid(rows[i].string, SPF_MACRO_IN_EXPLANATION),
			rows[i].in_explanation);
		assert_int_equal(spf_macro_string_is_valid(rows[i].string,
							   SPF_MACRO_IN_UNKNOWN_MODIFIER),
				 rows[i].in_modifier);
	}
}

static void
finds_letters(void **state)
{
	(void)state;
	assert_true(spf_macro_uses(TEXT("a.%{S}"), TEXT("sl")));
	assert_true(spf_macro_uses(TEXT("%{d2}.%{l1r-}"), TEXT("sl")));
	assert_false(spf_macro_uses(TEXT("%{d}.sl.%%{s}"), TEXT("sl")));
	assert_false(spf_macro_uses(TEXT(""), TEXT("p")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_names),
		cmocka_unit_test(expands_odd_values),
		cmocka_unit_test(shortens_names),
		cmocka_unit_test(survives_long_expansions),
		cmocka_unit_test(expands_explanations),
		cmocka_unit_test(knows_where_strings_are_valid),
		cmocka_unit_test(finds_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
