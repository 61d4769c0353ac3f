/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "mail/spf_macro.h"

static void
selects_records_by_version(void **state)
{
	const struct {
		struct text txt;
		bool is_spf;
	} rows[] = {
		{ TEXT("v=spf1"), true },
		{ TEXT("v=spf1 "), true },
		{ TEXT("v=spf1 -all"), true },
		{ TEXT("V=SPF1 -all"), true },
		{ TEXT("v=spf1 \xff"), true },
		{ TEXT("v=spf1\t-all"), false },
		{ TEXT("v=spf1\0"), false },
		{ TEXT("v=spf10"), false },
		{ TEXT("v=spf2.0/pra"), false },
		{ TEXT(" v=spf1"), false },
		{ TEXT("v=spf"), false },
		{ TEXT(""), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(spf_record_is_spf(rows[i].txt), rows[i].is_spf);
}

/* What fits the grammar: RFC 7208, 12. */
static void
accepts_the_grammar(void **state)
{
	static const char *const rows[] = {
		"v=spf1",
		"v=spf1 ",
		"v=spf1   a   -all  ",
		"v=spf1 ALL", "v=spf1 +all", "v=spf1 ~aLL", "v=spf1 ?all",
		"v=spf1 a", "v=spf1 a/0", "v=spf1 a/32", "v=spf1 a//0", "v=spf1 a//128",
		"v=spf1 a/24//64", "v=spf1 a:example.org/24//64", "v=spf1 a:a.b/0//0",
		"v=spf1 a:x.xn--y-1", "v=spf1 a:x.1a", "v=spf1 a:_x.y",
		"v=spf1 mx", "v=spf1 mx/32", "v=spf1 mx:example.org//48",
		"v=spf1 mx:foo/bar.example/24",
		"v=spf1 ptr", "v=spf1 ptr:example.org", "v=spf1 ptr:%{d}",
		"v=spf1 ip4:192.0.2.1", "v=spf1 ip4:192.0.2.0/24", "v=spf1 ip4:0.0.0.0/0",
		"v=spf1 ip4:192.0.2.1/1",
		"v=spf1 ip6:2001:db8::1", "v=spf1 ip6:::", "v=spf1 ip6:::/0",
		"v=spf1 ip6:::ffff:192.0.2.1/128", "v=spf1 IP6:2001:DB8::/32",
		"v=spf1 include:example.org", "v=spf1 include:%{ir}.x.example.org.",
		"v=spf1 exists:%{s}", "v=spf1 exists:%{l1r-.+,/_=}.example.org",
		"v=spf1 exists:%%", "v=spf1 exists:a%_b%-c.example", "v=spf1 exists:%{D0005R-}",
		"v=spf1 exists:foo:bar;baz.example",
		"v=spf1 redirect=example.org", "v=spf1 redirect=%{d} -all",
		"v=spf1 -all REDIRECT=a.b",
		"v=spf1 exp=example.org", "v=spf1 Exp=x.example redirect=y.example",
		"v=spf1 moo= m-o.o_1=%{c}%{r}%{t} x=a=b", "v=spf1 all=1 include=x ip4=y",
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct spf_record record;
		struct text reason = { 0 };

		if (!spf_record_parse(arena, text_from(rows[i]), &record, &reason))
			fail_msg("%s: %.*s", rows[i], TEXT_ARGUMENTS(reason));
	}
	arena_free(&arena);
}

struct refused {
	struct text txt;
	const char *reason;
};

static void
check_refused(const struct refused *rows, size_t count)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		struct spf_record record = { .count = 77 };
		struct text reason = { 0 };

		if (spf_record_parse(arena, rows[i].txt, &record, &reason))
			fail_msg("accepted: row %zu (%s)", i, rows[i].reason);
		assert_string_equal(text_string(arena, reason), rows[i].reason);
		assert_int_equal(record.count, 77);
	}
	arena_free(&arena);
}

static void
refuses_wrong_terms(void **state)
{
	const struct refused rows[] = {
		{ TEXT("v=spf10"), "no v=spf1 at the start" },
		{ TEXT("v=spf1 foo"), "unknown mechanism in 'foo'" },
		{ TEXT("v=spf1 -foo=bar"), "unknown mechanism in '-foo=bar'" },
		{ TEXT("v=spf1 =all"), "unknown mechanism in '=all'" },
		{ TEXT("v=spf1 1a=x"), "unknown mechanism in '1a=x'" },
		{ TEXT("v=spf1 --all"), "unknown mechanism in '--all'" },
		{ TEXT("v=spf1 -"), "unknown mechanism in '-'" },
		{ TEXT("v=spf1 redirect:a.b"), "unknown mechanism in 'redirect:a.b'" },
		{ TEXT("v=spf1 \xc3\xa4"), "unknown mechanism in '\\195\\164'" },
		{ TEXT("v=spf1 a\0"), "wrong argument in 'a\\000'" },
		{ TEXT("v=spf1 'all'"), "unknown mechanism in '\\039all\\039'" },
		{ TEXT("v=spf1 a\tmx"), "wrong argument in 'a\\009mx'" },
		{ TEXT("v=spf1 -all."), "wrong argument in '-all.'" },
		{ TEXT("v=spf1 all:x.y"), "wrong argument in 'all:x.y'" },
		{ TEXT("v=spf1 all/8"), "wrong argument in 'all/8'" },
		{ TEXT("v=spf1 a:"), "missing domain in 'a:'" },
		{ TEXT("v=spf1 a:/24"), "missing domain in 'a:/24'" },
		{ TEXT("v=spf1 a/33"), "wrong prefix length in 'a/33'" },
		{ TEXT("v=spf1 a/024"), "wrong prefix length in 'a/024'" },
		{ TEXT("v=spf1 a//129"), "wrong prefix length in 'a//129'" },
		{ TEXT("v=spf1 a/33//64"), "wrong prefix length in 'a/33//64'" },
		{ TEXT("v=spf1 a/99999999999999999999"),
		  "wrong prefix length in 'a/99999999999999999999'" },
		{ TEXT("v=spf1 a/"), "wrong argument in 'a/'" },
		{ TEXT("v=spf1 a//"), "wrong argument in 'a//'" },
		{ TEXT("v=spf1 a//64/24"), "wrong argument in 'a//64/24'" },
		{ TEXT("v=spf1 a///64"), "wrong argument in 'a///64'" },
		{ TEXT("v=spf1 a:example.org:8080"), "wrong domain in 'a:example.org:8080'" },
		{ TEXT("v=spf1 a:museum"), "wrong domain in 'a:museum'" },
		{ TEXT("v=spf1 a:museum."), "wrong domain in 'a:museum.'" },
		{ TEXT("v=spf1 a:x.-y"), "wrong domain in 'a:x.-y'" },
		{ TEXT("v=spf1 a:x.y-"), "wrong domain in 'a:x.y-'" },
		{ TEXT("v=spf1 a:x.y_z"), "wrong domain in 'a:x.y_z'" },
		{ TEXT("v=spf1 a:192.0.2.1"), "wrong domain in 'a:192.0.2.1'" },
		{ TEXT("v=spf1 a:x.y.."), "wrong domain in 'a:x.y..'" },
		{ TEXT("v=spf1 a:\xc3\xa4.example"), "wrong domain in 'a:\\195\\164.example'" },
		{ TEXT("v=spf1 a:x\0y.example"), "wrong domain in 'a:x\\000y.example'" },
		{ TEXT("v=spf1 mx/129"), "wrong prefix length in 'mx/129'" },
		{ TEXT("v=spf1 ptr:"), "missing domain in 'ptr:'" },
		{ TEXT("v=spf1 ptr/24"), "wrong argument in 'ptr/24'" },
	};

	(void)state;
	check_refused(rows, COUNT_OF(rows));
}

static void
refuses_wrong_addresses(void **state)
{
	const struct refused rows[] = {
		{ TEXT("v=spf1 ip4"), "missing address in 'ip4'" },
		{ TEXT("v=spf1 ip4:"), "missing address in 'ip4:'" },
		{ TEXT("v=spf1 ip4:192.0.2"), "wrong address in 'ip4:192.0.2'" },
		{ TEXT("v=spf1 ip4:192.0.2.01"), "wrong address in 'ip4:192.0.2.01'" },
		{ TEXT("v=spf1 ip4:192.0.2.1\0"), "wrong address in 'ip4:192.0.2.1\\000'" },
		{ TEXT("v=spf1 ip4:192.0.2.1/"), "wrong prefix length in 'ip4:192.0.2.1/'" },
		{ TEXT("v=spf1 ip4:192.0.2.1/33"), "wrong prefix length in 'ip4:192.0.2.1/33'" },
		{ TEXT("v=spf1 ip4:192.0.2.1/032"), "wrong prefix length in 'ip4:192.0.2.1/032'" },
		{ TEXT("v=spf1 ip4:192.0.2.1//8"), "wrong prefix length in 'ip4:192.0.2.1//8'" },
		{ TEXT("v=spf1 ip4:::1"), "wrong address in 'ip4:::1'" },
		{ TEXT("v=spf1 ip6:192.0.2.1"), "wrong address in 'ip6:192.0.2.1'" },
		{ TEXT("v=spf1 ip6:::1/129"), "wrong prefix length in 'ip6:::1/129'" },
		{ TEXT("v=spf1 ip6:fe80::1%lo"), "wrong address in 'ip6:fe80::1%lo'" },
	};

	(void)state;
	check_refused(rows, COUNT_OF(rows));
}

static void
refuses_wrong_names_and_modifiers(void **state)
{
	const struct refused rows[] = {
		{ TEXT("v=spf1 include"), "missing domain in 'include'" },
		{ TEXT("v=spf1 include:"), "missing domain in 'include:'" },
		{ TEXT("v=spf1 include:a.b/24"), "wrong domain in 'include:a.b/24'" },
		{ TEXT("v=spf1 exists:a.b/24"), "wrong domain in 'exists:a.b/24'" },
		{ TEXT("v=spf1 exists:%{x}"), "wrong domain in 'exists:%{x}'" },
		{ TEXT("v=spf1 exists:%{c}"), "wrong domain in 'exists:%{c}'" },
		{ TEXT("v=spf1 exists:%{d0}"), "wrong domain in 'exists:%{d0}'" },
		{ TEXT("v=spf1 exists:%{dr2}"), "wrong domain in 'exists:%{dr2}'" },
		{ TEXT("v=spf1 exists:%{d;}"), "wrong domain in 'exists:%{d;}'" },
		{ TEXT("v=spf1 exists:%{d"), "wrong domain in 'exists:%{d'" },
		{ TEXT("v=spf1 exists:%{"), "wrong domain in 'exists:%{'" },
		{ TEXT("v=spf1 exists:%(d).x"), "wrong domain in 'exists:%(d).x'" },
		{ TEXT("v=spf1 exists:x.y%"), "wrong domain in 'exists:x.y%'" },
		{ TEXT("v=spf1 exists:%{d}x"), "wrong domain in 'exists:%{d}x'" },
		{ TEXT("v=spf1 redirect="), "missing domain in 'redirect='" },
		{ TEXT("v=spf1 exp="), "missing domain in 'exp='" },
		{ TEXT("v=spf1 redirect=a.b redirect=a.b"), "repeated modifier in 'redirect=a.b'" },
		{ TEXT("v=spf1 exp=a.b all EXP=c.d"), "repeated modifier in 'EXP=c.d'" },
		{ TEXT("v=spf1 exp=%{r}.b.c"), "wrong domain in 'exp=%{r}.b.c'" },
		{ TEXT("v=spf1 moo=%"), "wrong value in 'moo=%'" },
		{ TEXT("v=spf1 moo=\x01"), "wrong value in 'moo=\\001'" },
		{ TEXT("v=spf1 -all oops"), "unknown mechanism in 'oops'" },
	};

	(void)state;
	check_refused(rows, COUNT_OF(rows));
}

static void
keeps_terms_in_order(void **state)
{
	struct arena *arena = arena_new();
	struct spf_record record;
	struct text reason;

	(void)state;
	assert_true(spf_record_parse(arena,
				     TEXT("v=spf1 ~a:x.y/8//16 exp=e.x ?mx//0 -ip4:192.0.2.0/24 "
					  "ip6:::ffff:1.2.3.4/96 redirect=r.x ptr include:%{d} "
					  "all"),
				     &record, &reason));
	assert_int_equal(record.count, 7);
	assert_int_equal(record.terms[0].mechanism, SPF_MECHANISM_A);
	assert_int_equal(record.terms[0].qualifier, SPF_QUALIFIER_SOFTFAIL);
	assert_int_equal(record.terms[0].prefix4, 8);
	assert_int_equal(record.terms[0].prefix6, 16);
	assert_true(text_equal(record.terms[0].domain, TEXT("x.y")));
	assert_true(text_equal(record.terms[0].text, TEXT("~a:x.y/8//16")));
	assert_int_equal(record.terms[1].mechanism, SPF_MECHANISM_MX);
	assert_int_equal(record.terms[1].qualifier, SPF_QUALIFIER_NEUTRAL);
	assert_int_equal(record.terms[1].prefix4, 32);
	assert_int_equal(record.terms[1].prefix6, 0);
	assert_true(text_is_empty(record.terms[1].domain));
	assert_int_equal(record.terms[2].qualifier, SPF_QUALIFIER_FAIL);
	assert_int_equal(record.terms[2].prefix4, 24);
	assert_int_equal(record.terms[2].network.family, IP_V4);
	/* A mapped network is IPv6: it never matches an IPv4 client. */
	assert_int_equal(record.terms[3].network.family, IP_V6);
	assert_int_equal(record.terms[3].network.bytes[15], 4);
	assert_int_equal(record.terms[3].prefix6, 96);
	assert_int_equal(record.terms[4].mechanism, SPF_MECHANISM_PTR);
	assert_true(text_equal(record.terms[5].domain, TEXT("%{d}")));
	assert_false(spf_term_counts(&record.terms[2]));
	assert_true(spf_term_counts(&record.terms[5]));
	assert_false(spf_term_counts(&record.terms[6]));
	assert_true(text_equal(record.redirect, TEXT("r.x")));
	assert_true(text_equal(record.explanation, TEXT("e.x")));
	arena_free(&arena);
}

static bool
parses(struct arena *arena, struct textbuf *txt)
{
	struct spf_record record;
	struct text reason;

	return spf_record_parse(arena, textbuf_text(txt), &record, &reason);
}

static void
limits_terms(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = SPF_TERMS_MAX - 1; count <= SPF_TERMS_MAX + 1; count++) {
		struct textbuf txt = textbuf_new(arena, 65535);

		textbuf_add_string(&txt, "v=spf1");
		for (size_t i = 0; i < count; i++)
			textbuf_add_string(&txt, " ip4:192.0.2.1");
		assert_int_equal(parses(arena, &txt), count <= SPF_TERMS_MAX);
	}
	arena_free(&arena);
}

static void
limits_domain_spec(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t length = SPF_DOMAIN_SPEC_MAX - 1; length <= SPF_DOMAIN_SPEC_MAX + 1; length++) {
		struct textbuf txt = textbuf_new(arena, 65535);

		textbuf_add_string(&txt, "v=spf1 a:");
		for (size_t i = 0; i < length - 4; i++)
			textbuf_add_byte(&txt, 'x');
		textbuf_add_string(&txt, ".org");
		assert_int_equal(parses(arena, &txt), length <= SPF_DOMAIN_SPEC_MAX);
	}
	arena_free(&arena);
}

static void
shows_only_the_start_of_a_long_term(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf txt = textbuf_new(arena, 65535);
	struct spf_record record;
	struct text reason;

	(void)state;
	textbuf_add_string(&txt, "v=spf1 ");
	for (size_t i = 0; i < 5000; i++)
		textbuf_add_byte(&txt, '\xff');
	assert_false(spf_record_parse(arena, textbuf_text(&txt), &record, &reason));
	assert_true(reason.length < 300);
	assert_true(text_ends_with(reason, TEXT("\\255...'")));
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selects_records_by_version),
		cmocka_unit_test(accepts_the_grammar),
		cmocka_unit_test(refuses_wrong_terms),
		cmocka_unit_test(refuses_wrong_addresses),
		cmocka_unit_test(refuses_wrong_names_and_modifiers),
		cmocka_unit_test(keeps_terms_in_order),
		cmocka_unit_test(limits_terms),
		cmocka_unit_test(limits_domain_spec),
		cmocka_unit_test(shows_only_the_start_of_a_long_term),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
