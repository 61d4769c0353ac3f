/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authentication_results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"

#define VALUE(literal)                                                                         \
	{                                                                                      \
		"" literal "", sizeof(literal) - 1                                             \
	}

/* The results in one line: "id|job|version|method=result[reason]{ptype.property=value}...". */
static struct text
describe(struct arena *arena, const struct authentication_results *results)
{
	struct textbuf out = textbuf_new(arena, 65536);

	textbuf_add(&out, results->authserv_id);
	textbuf_add_byte(&out, '|');
	textbuf_add(&out, results->job_id);
	textbuf_printf(&out, "|%u", results->version);
	for (size_t i = 0; i < results->count; i++) {
		const struct authentication_result *result = &results->results[i];

		textbuf_add_byte(&out, '|');
		textbuf_add(&out, result->method);
		textbuf_add_byte(&out, '=');
		textbuf_add(&out, result->result);
		if (result->reason.bytes != NULL) {
			textbuf_add_byte(&out, '[');
			textbuf_add(&out, result->reason);
			textbuf_add_byte(&out, ']');
		}
		for (size_t j = 0; j < result->property_count; j++) {
			textbuf_add_byte(&out, '{');
			textbuf_add(&out, result->properties[j].ptype);
			textbuf_add_byte(&out, '.');
			textbuf_add(&out, result->properties[j].property);
			textbuf_add_byte(&out, '=');
			textbuf_add(&out, result->properties[j].value);
			textbuf_add_byte(&out, '}');
		}
	}
	return textbuf_text(&out);
}

/* `description` NULL: RFC 8601 2.2 does not allow it. */
static const struct {
	struct text value;
	const char *description;
} parser_rows[] = {
	{ VALUE(" mx.example.org; none"), "mx.example.org||1" },
	{ VALUE("mx.example.org;none"), "mx.example.org||1" },
	{ VALUE(" mx.example.org 1; NONE (x)"), "mx.example.org||1" },
	{ VALUE(" mx.example.org; spf=pass"), "mx.example.org||1|spf=pass" },
	{ VALUE(" mx.example.org; SPF = Pass\r\n"), "mx.example.org||1|spf=pass" },
	{ VALUE(" \"mx.example.org\"; spf=pass"), "mx.example.org||1|spf=pass" },
	{ VALUE(" mx.example.org/4XyZ; spf=pass"), "mx.example.org|4XyZ|1|spf=pass" },
	{ VALUE(" \"mx.example.org/4XyZ\"; spf=pass"), "mx.example.org|4XyZ|1|spf=pass" },
	{ VALUE(" mx.example.org 17; spf=pass"), "mx.example.org||17|spf=pass" },
	{ VALUE(" mx.example.org(c)1; spf=pass"), "mx.example.org||1|spf=pass" },
	{ VALUE(" m; spf=pass smtp.mailfrom=a@b.example"),
	  "m||1|spf=pass{smtp.mailfrom=a@b.example}" },
	{ VALUE(" m; spf=pass smtp.mailfrom=@b.example"),
	  "m||1|spf=pass{smtp.mailfrom=@b.example}" },
	{ VALUE(" m; spf=pass smtp.mailfrom=a/b=c@b.example"),
	  "m||1|spf=pass{smtp.mailfrom=a/b=c@b.example}" },
	{ VALUE(" m; spf=pass smtp.mailfrom=\"a b\"@b.example"),
	  "m||1|spf=pass{smtp.mailfrom=a b@b.example}" },
	{ VALUE(" m; spf=pass smtp.mailfrom=j\xc3\xbc@b\xc3\xbc.example"),
	  "m||1|spf=pass{smtp.mailfrom=j\xc3\xbc@b\xc3\xbc.example}" },
	{ VALUE(" m; dkim=pass reason=\"good \\\"key\\\"\" "
		"header.d=b.example\n\theader.b=\"a/b=\""),
	  "m||1|dkim=pass[good \"key\"]{header.d=b.example}{header.b=a/b=}" },
	{ VALUE(" m; dkim=fail reason=bad; iprev=pass policy.iprev=\"2001:db8::1\""),
	  "m||1|dkim=fail[bad]|iprev=pass{policy.iprev=2001:db8::1}" },
	{ VALUE(" m; a=b reason.x=y"), "m||1|a=b{reason.x=y}" },
	{ VALUE(" (a) m (b) 1 (c); (d) dkim (e) / (f) 1 (g) = (h) fail (i) policy (j) . (k) x\n"
		" (l) = (m) 12 (n); (o(p)) arc=none"),
	  "m||1|dkim=fail{policy.x=12}|arc=none" },
	{ VALUE(" m; a=b c.d=\"\""), "m||1|a=b{c.d=}" },
	{ VALUE(" m; a=b c.d=\"fold\n\there\""), "m||1|a=b{c.d=fold\there}" },
	{ VALUE(""), NULL },
	{ VALUE(" m"), NULL },
	{ VALUE(" m;"), NULL },
	{ VALUE("; none"), NULL },
	{ VALUE(" \"\"; none"), NULL },
	{ VALUE(" /job; none"), NULL },
	{ VALUE(" m none"), NULL },
	{ VALUE(" m1 x; none"), NULL },
	{ VALUE(" m 1.0; none"), NULL },
	{ VALUE(" m 99999999999; none"), NULL },
	{ VALUE(" \"m\"1; none"), NULL },
	{ VALUE(" m (x; none"), NULL },
	{ VALUE(" m; spf/1(=pass"), NULL },
	{ VALUE(" m; spf=pass a.b=\xff"), NULL },
	{ VALUE(" m; spf=pass a.b=x@\xff"), NULL },
	{ VALUE(" m; spf=pass reason=;"), NULL },
	{ VALUE(" m; none; spf=pass"), NULL },
	{ VALUE(" m; spf=pass; none"), NULL },
	{ VALUE(" m; spf=pass;"), NULL },
	{ VALUE(" m; spf"), NULL },
	{ VALUE(" m; spf="), NULL },
	{ VALUE(" m; spf=\"pass\""), NULL },
	{ VALUE(" m; spf-=pass"), NULL },
	{ VALUE(" m; spf/x=pass"), NULL },
	{ VALUE(" m; spf=pass x"), NULL },
	{ VALUE(" m; spf=pass x=y"), NULL },
	{ VALUE(" m; spf=pass a.b"), NULL },
	{ VALUE(" m; spf=pass a.b="), NULL },
	{ VALUE(" m; spf=pass a.b=c/d"), NULL },
	{ VALUE(" m; spf=pass a.b=c d"), NULL },
	{ VALUE(" m; spf=pass a.b=c@"), NULL },
	{ VALUE(" m; spf=pass a.b=c@d@e"), NULL },
	{ VALUE(" m; spf=pass a.b=\"c"), NULL },
	{ VALUE(" m; spf=pass a.b=\"c\x01\""), NULL },
	{ VALUE(" m; spf=pass a.b=\"c\xff\""), NULL },
	{ VALUE(" m; spf=pass a.b=c reason=d"), NULL },
	{ VALUE(" m; spf=pass reason=c reason=d"), NULL },
	{ VALUE(" m; spf=pass reason \"d\""), NULL },
	{ VALUE(" m; spf=pass (c"), NULL },
	{ VALUE(" m; spf=pass (c\\"), NULL },
	{ VALUE(" m; spf=pass )"), NULL },
	{ VALUE(" m; spf=pass\0"), NULL },
	{ VALUE(" m\0; spf=pass"), NULL },
	{ VALUE(" m; spf=pass (c\0)"), NULL },
	{ VALUE(" m; spf=pass\na.b=c"), NULL },
	{ VALUE(" m; spf=pass \ra.b=c"), NULL },
};

static void
parses(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(parser_rows); i++) {
		struct authentication_results results = { .version = 4711 };
		bool ok = authentication_results_parse(arena, parser_rows[i].value, &results);
		const char *expected = parser_rows[i].description;

		if (ok != (expected != NULL) || (!ok && results.version != 4711) ||
		    (ok && !text_equal(describe(arena, &results), text_from(expected))))
			fail_msg("row %zu \"%.*s\": %d", i,
				 TEXT_ARGUMENTS(parser_rows[i].value), ok);
	}
	arena_free(&arena);
}

static const struct {
	struct text value;
	bool is_claimed;
} claim_rows[] = {
	{ VALUE(" mx.example.org; spf=pass"), true },
	{ VALUE(" MX.Example.ORG; spf=pass"), true },
	{ VALUE(" mx.example.org 1; spf=pass"), true },
	{ VALUE(" mx.example.org ; spf=pass"), true },
	{ VALUE("\n\tmx.example.org;\n spf=pass"), true },
	{ VALUE(" (x) mx.example.org (y); spf=pass"), true },
	{ VALUE(" ((x)\\)) mx.example.org; spf=pass"), true },
	{ VALUE(" \"mx.example.org\"; spf=pass"), true },
	{ VALUE(" \"mx.ex\\ample.org\"; spf=pass"), true },
	{ VALUE(" \" mx.example.org \"; spf=pass"), true },
	{ VALUE(" mx.example.org.; spf=pass"), true },
	{ VALUE(" mx.example.org/4XyZ; spf=pass"), true },
	{ VALUE(" \"mx.example.org/4XyZ\"; spf=pass"), true },
	{ VALUE(" mx.example.org"), true },
	{ VALUE(" mx.example.org; garbage =="), true },
	{ VALUE(" old id; spf=pass"), true },
	{ VALUE(" xn--bcher-kva.example; spf=pass"), true },
	{ VALUE(" b\xc3\xbc"
		"cher.example; spf=pass"),
	  true },
	{ VALUE(" B\xc3\x9c"
		"CHER.example; spf=pass"),
	  true },
	/* Of a version that we do not know. */
	{ VALUE(" other.example 2; spf=pass"), true },
	{ VALUE(" other.example 0; spf=pass"), true },
	/* Not to be parsed as far as the id. */
	{ VALUE(""), true },
	{ VALUE("; spf=pass"), true },
	{ VALUE(" \"\"; spf=pass"), true },
	{ VALUE(" other.example x; spf=pass"), true },
	{ VALUE(" other.example, mx.example.org; spf=pass"), true },
	{ VALUE(" other.example\0; spf=pass"), true },
	{ VALUE(" (other.example; spf=pass"), true },
	{ VALUE(" \"other.example; spf=pass"), true },
	{ VALUE(" other(x).example; spf=pass"), true },
	{ VALUE(" other\xff.example; spf=pass"), true },
	{ VALUE(" other.example\nspf=pass"), true },
	{ VALUE(" spf=pass smtp.mailfrom=a.example"), true },
	/* Others'. */
	{ VALUE(" other.example; spf=pass"), false },
	{ VALUE(" other.example; garbage =="), false },
	{ VALUE(" mx.example.org.other.example; spf=pass"), false },
	{ VALUE(" amx.example.org; spf=pass"), false },
	{ VALUE(" example.org; spf=pass"), false },
	{ VALUE(" other.example/mx.example.org; spf=pass"), false },
	{ VALUE(" other.example (mx.example.org); spf=pass"), false },
};

static void
knows_its_own(void **state)
{
	const struct text ids[] = { TEXT("mx.example.org"), TEXT("xn--bcher-kva.example"),
				    TEXT("old id") };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(claim_rows); i++)
		if (authentication_results_is_claimed(arena, claim_rows[i].value, ids,
						      COUNT_OF(ids)) !=
		    claim_rows[i].is_claimed)
			fail_msg("row %zu \"%.*s\"", i, TEXT_ARGUMENTS(claim_rows[i].value));
	assert_false(authentication_results_is_claimed(arena, TEXT(" mx.example.org; none"),
						       NULL, 0));
	arena_free(&arena);
}

static struct authentication_results_writer
begin(struct arena *arena)
{
	return authentication_results_begin(arena, TEXT("mx.example.org"), TEXT(""), false);
}

static void
writes_a_field(void **state)
{
	struct arena *arena = arena_new();
	struct authentication_results_writer writer = begin(arena);

	(void)state;
	authentication_results_method(&writer, "spf", "pass");
	authentication_results_address(&writer, "smtp", "mailfrom", TEXT(""),
				       TEXT("a.example"));
	assert_true(text_equal(authentication_results_end(&writer),
			       TEXT(" mx.example.org; spf=pass smtp.mailfrom=a.example")));
	authentication_results_method(&writer, "dkim", "fail");
	authentication_results_comment(&writer, TEXT("bad signature"));
	authentication_results_reason(&writer, TEXT("no key"));
	authentication_results_property(&writer, "header", "b", TEXT("ab/c"));
	authentication_results_property(&writer, "header", "i", TEXT("@a.example"));
	assert_true(text_equal(
		authentication_results_end(&writer),
		TEXT(" mx.example.org; spf=pass smtp.mailfrom=a.example;\n"
		     "\tdkim=fail (bad signature) reason=\"no key\" header.b=\"ab/c\"\n"
		     "\theader.i=@a.example")));
	arena_free(&arena);
}

static void
writes_none_without_methods(void **state)
{
	struct arena *arena = arena_new();
	struct authentication_results_writer writer = begin(arena);

	(void)state;
	assert_true(
		text_equal(authentication_results_end(&writer), TEXT(" mx.example.org; none")));
	arena_free(&arena);
}

static void
writes_the_id_so_that_it_is_one(void **state)
{
	static const struct {
		struct text id;
		struct text job_id;
		bool allows_utf8;
		const char *expected;
	} rows[] = {
		{ VALUE("mx.example.org"), VALUE("4XyZ"), false,
		  " \"mx.example.org/4XyZ\"; none" },
		{ VALUE("our id"), VALUE(""), false, " \"our id\"; none" },
		{ VALUE("a\"b\\"), VALUE(""), false, " \"a\\\"b\\\\\"; none" },
		{ VALUE("a\nb"), VALUE(""), false, " \"a?b\"; none" },
		{ VALUE("mx"), VALUE("a\nb"), false, " mx; none" },
		{ VALUE(""), VALUE(""), false, " unknown; none" },
		{ VALUE("b\xc3\xbc"
			"cher.example"),
		  VALUE(""), false, " xn--bcher-kva.example; none" },
		{ VALUE("b\xc3\xbc"
			"cher.example"),
		  VALUE(""), true,
		  " \"b\xc3\xbc"
		  "cher.example\"; none" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct authentication_results_writer writer = authentication_results_begin(
			arena, rows[i].id, rows[i].job_id, rows[i].allows_utf8);
		struct text value = authentication_results_end(&writer);

		if (!text_equal(value, text_from(rows[i].expected)))
			fail_msg("row %zu: %.*s", i, TEXT_ARGUMENTS(value));
	}
	arena_free(&arena);
}

/* Each is tried in every place that takes remote text. */
static const struct {
	struct text text;
	bool is_kept; /* in mail that is not internationalized */
	bool is_kept_in_utf8;
} hostile[] = {
	{ VALUE("a\""), false, false },
	{ VALUE("two.words"), true, true },
	{ VALUE("a.example"), true, true },
	{ VALUE("two words"), true, true },
	{ VALUE(" blank at the ends "), true, true },
	{ VALUE("x\"; dmarc=pass header.from=bank.example"), false, false },
	{ VALUE("x); dmarc=pass (header.from=bank.example"), true, true },
	{ VALUE("x\\"), false, false },
	{ VALUE("\\\""), false, false },
	{ VALUE("((((\"\"\"\"\\\\\\\\))))"), false, false },
	{ VALUE("; none"), true, true },
	{ VALUE("a/b=c"), true, true },
	{ VALUE("[192.0.2.1]"), true, true },
	{ VALUE("2001:db8::1"), true, true },
	{ VALUE("a@b"), true, true },
	{ VALUE("a@b@c"), true, true },
	{ VALUE("@"), true, true },
	{ VALUE("example.net(.example.com"), true, true },
	{ VALUE("a..b"), true, true },
	{ VALUE("j\xc3\xbcrgen"), false, true },
	{ VALUE("j\xfcrgen"), false, false },
	{ VALUE("a\nb: c"), false, false },
	{ VALUE("a\r\n\r\nbody"), false, false },
	{ VALUE("a\tb"), false, false },
	{ VALUE("a\0b"), false, false },
	{ VALUE("a\x7f"), false, false },
	{ VALUE("\x1b[2J"), false, false },
};

static bool
has_value(const struct authentication_result *result, const char *property, struct text value)
{
	for (size_t i = 0; i < result->property_count; i++)
		if (text_equal(result->properties[i].property, text_from(property)))
			return text_equal(result->properties[i].value, value);
	return false;
}

static void
check_hostile(struct arena *arena, struct text text, bool is_kept, bool allows_utf8)
{
	struct authentication_results_writer writer = authentication_results_begin(
		arena, TEXT("mx.example.org"), TEXT("j/\"1"), allows_utf8);
	struct authentication_results results;
	const struct authentication_result *first;

	authentication_results_method(&writer, "spf", "fail");
	authentication_results_comment(&writer, text);
	authentication_results_reason(&writer, text);
	authentication_results_comment(&writer, text);
	authentication_results_property(&writer, "smtp", "helo", text);
	authentication_results_address(&writer, "smtp", "mailfrom", text, TEXT("a.example"));
	authentication_results_address(&writer, "smtp", "rcpt", TEXT("x y"), text);
	authentication_results_address(&writer, "smtp", "to", TEXT("x.y"), text);
	authentication_results_method(&writer, "dmarc", "none");
	assert_true(authentication_results_parse(arena, authentication_results_end(&writer),
						 &results));
	assert_true(text_equal(results.authserv_id, TEXT("mx.example.org")));
	assert_true(text_equal(results.job_id, TEXT("j/\"1")));
	assert_int_equal(results.count, 2);
	first = &results.results[0];
	assert_true(text_equal(first->result, TEXT("fail")));
	assert_int_equal(first->property_count, is_kept ? 4 : 1);
	assert_true(text_equal(first->reason, is_kept ? text : TEXT("")));
	if (is_kept) {
		assert_true(has_value(first, "helo", text));
		assert_true(has_value(first, "rcpt", text));
		assert_true(has_value(first, "to", text_join(arena, TEXT("x.y@"), text)));
	}
	assert_true(text_equal(results.results[1].method, TEXT("dmarc")));
	assert_true(text_equal(results.results[1].result, TEXT("none")));
	assert_int_equal(results.results[1].property_count, 0);
}

static void
lets_nothing_out_of_its_value(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		check_hostile(arena, hostile[i].text, hostile[i].is_kept, false);
		check_hostile(arena, hostile[i].text, hostile[i].is_kept_in_utf8, true);
	}
	arena_free(&arena);
}

static void
writes_local_parts_that_all_can_read(void **state)
{
	static const struct {
		struct text local_part;
		const char *expected;
	} rows[] = {
		{ VALUE(""), "a.example" },       { VALUE("x.y+z"), "x.y+z@a.example" },
		{ VALUE("x=y"), "a.example" },    { VALUE("x y"), "a.example" },
		{ VALUE("x\"y"), "a.example" },   { VALUE("x..y"), "a.example" },
		{ VALUE("x@y"), "a.example" },    { VALUE("x\ny"), "a.example" },
		{ VALUE("j\xc3\xbc"), "a.example" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct authentication_results_writer writer = begin(arena);
		struct text value;

		authentication_results_method(&writer, "spf", "pass");
		authentication_results_address(&writer, "smtp", "mailfrom", rows[i].local_part,
					       TEXT("a.example"));
		value = authentication_results_end(&writer);
		value = text_from_position(value, text_find_last(value, '=') + 1);
		if (!text_equal(value, text_from(rows[i].expected)))
			fail_msg("row %zu: %.*s", i, TEXT_ARGUMENTS(value));
	}
	arena_free(&arena);
}

static void
makes_comments_harmless(void **state)
{
	struct arena *arena = arena_new();
	struct authentication_results_writer writer = begin(arena);

	(void)state;
	authentication_results_method(&writer, "spf", "fail");
	authentication_results_comment(&writer, TEXT("a(b)c\\d\ne\0f\xc3\xbc"));
	assert_true(text_equal(authentication_results_end(&writer),
			       TEXT(" mx.example.org; spf=fail (a?b?c?d?e?f?\?)")));
	arena_free(&arena);
}

static struct text
filled(struct arena *arena, char byte, size_t length)
{
	char *bytes = arena_alloc(arena, length + 1);

	memset(bytes, byte, length);
	return text_of(bytes, length);
}

static void
leaves_out_what_is_too_long(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t length = 511; length <= 513; length++) {
		struct authentication_results_writer writer = begin(arena);
		struct authentication_results results;
		bool is_kept = length <= AUTHENTICATION_RESULTS_VALUE_MAX;

		authentication_results_method(&writer, "a", "pass");
		authentication_results_comment(&writer, filled(arena, 'c', length));
		authentication_results_reason(&writer, filled(arena, 'r', length));
		authentication_results_property(&writer, "b", "c", filled(arena, 'v', length));
		authentication_results_address(&writer, "b", "d",
					       filled(arena, 'l', length - 2), TEXT("x"));
		/* Escaped, it would be longer than a line may be. */
		authentication_results_property(&writer, "b", "e", filled(arena, '"', length));
		assert_true(authentication_results_parse(
			arena, authentication_results_end(&writer), &results));
		assert_int_equal(results.results[0].property_count, is_kept ? 2 : 0);
		assert_int_equal(results.results[0].reason.length, is_kept ? length : 0);
		assert_int_equal(text_find(authentication_results_end(&writer), '(') !=
					 TEXT_NOT_FOUND,
				 is_kept);
	}
	arena_free(&arena);
}

static void
folds_lines(void **state)
{
	struct arena *arena = arena_new();
	struct authentication_results_writer writer = begin(arena);
	struct text rest;
	struct text line;

	(void)state;
	for (int i = 0; i < 10; i++) {
		authentication_results_method(&writer, "dkim", "pass");
		authentication_results_comment(
			&writer, TEXT("some words that are long enough to be folded "
				      "more than once when they stand in a comment"));
		authentication_results_property(&writer, "header", "d",
						TEXT("some.name.example"));
	}
	rest = text_join(arena, TEXT("Authentication-Results:"),
			 authentication_results_end(&writer));
	while (text_next_part(&rest, '\n', &line))
		assert_true(line.length < 78);
	arena_free(&arena);
}

static void
does_without_an_id_that_fits_no_line(void **state)
{
	struct arena *arena = arena_new();
	struct authentication_results_writer writer =
		authentication_results_begin(arena, filled(arena, 'i', 901), TEXT(""), false);

	(void)state;
	assert_true(text_equal(authentication_results_end(&writer), TEXT(" unknown; none")));
	arena_free(&arena);
}

static void
leaves_out_what_is_empty(void **state)
{
	struct arena *arena = arena_new();
	struct authentication_results_writer writer = begin(arena);
	const struct text empty = { NULL, 0 };

	(void)state;
	authentication_results_method(&writer, "spf", "none");
	authentication_results_comment(&writer, empty);
	authentication_results_reason(&writer, empty);
	authentication_results_property(&writer, "smtp", "helo", empty);
	authentication_results_address(&writer, "smtp", "mailfrom", empty, empty);
	authentication_results_address(&writer, "smtp", "mailfrom", TEXT("postmaster"), empty);
	assert_true(text_equal(authentication_results_end(&writer),
			       TEXT(" mx.example.org; spf=none")));
	arena_free(&arena);
}

static void
forgives_others_a_property_without_type(void **state)
{
	struct arena *arena = arena_new();
	struct text value = TEXT("mx.example 1; spf=pass (x) smtp.mailfrom=a.example; dmarc=pass\n"
				 "\taction=none header.from=b.example");
	struct authentication_results results;

	(void)state;
	assert_false(authentication_results_parse(arena, value, &results));
	assert_true(authentication_results_parse_foreign(arena, value, &results));
	assert_int_equal(results.count, 2);
	assert_int_equal(results.results[1].property_count, 1);
	assert_true(text_equal(results.results[1].properties[0].value, TEXT("b.example")));
	/* Nothing else. */
	assert_false(authentication_results_parse_foreign(arena, TEXT("x; spf=pass a="), &results));
	assert_false(authentication_results_parse_foreign(arena, TEXT("x; spf=pass a"), &results));
	assert_false(authentication_results_parse_foreign(arena, TEXT("x; spf pass"), &results));
	assert_false(authentication_results_parse_foreign(arena, TEXT("x; =pass"), &results));
	arena_free(&arena);
}

/* The first results stand, each of them whole; the field is as long as it may be, or one shorter. */
static void
leaves_out_results_that_do_not_fit(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t rest = 0; rest < 100; rest++) {
		struct authentication_results_writer writer = begin(arena);
		struct authentication_results results;
		struct text value;

		authentication_results_method(&writer, "dmarc", "fail");
		for (size_t i = 0; i < rest; i++)
			textbuf_add_byte(&writer.out, ' ');
		for (int i = 0; i < 1000; i++) {
			authentication_results_method(&writer, "dkim", "pass");
			authentication_results_property(&writer, "header", "d", TEXT("a.example"));
		}
		value = authentication_results_end(&writer);
		assert_true(value.length <= AUTHENTICATION_RESULTS_MAX);
		assert_true(value.length > AUTHENTICATION_RESULTS_MAX - 100);
		assert_true(text_ends_with(value, TEXT("header.d=a.example")));
		assert_true(authentication_results_parse_foreign(arena, value, &results));
		assert_true(text_equal(results.results[0].method, TEXT("dmarc")));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(knows_its_own),
		cmocka_unit_test(writes_a_field),
		cmocka_unit_test(writes_none_without_methods),
		cmocka_unit_test(writes_the_id_so_that_it_is_one),
		cmocka_unit_test(lets_nothing_out_of_its_value),
		cmocka_unit_test(writes_local_parts_that_all_can_read),
		cmocka_unit_test(makes_comments_harmless),
		cmocka_unit_test(leaves_out_what_is_too_long),
		cmocka_unit_test(folds_lines),
		cmocka_unit_test(does_without_an_id_that_fits_no_line),
		cmocka_unit_test(leaves_out_what_is_empty),
		cmocka_unit_test(forgives_others_a_property_without_type),
		cmocka_unit_test(leaves_out_results_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
