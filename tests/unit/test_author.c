/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/author.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *name;
	struct text value;
	enum author_status status;
	const char *domain;
};

/* A text of a literal with NUL bytes or without; in braces, so that it is a constant. */
#define VALUE(literal)                                                                         \
	{                                                                                      \
		"" literal "", sizeof(literal) - 1                                             \
	}
#define ONE(domain) AUTHOR_ONE_DOMAIN, domain
#define BAD AUTHOR_MALFORMED, NULL

/* RFC 5322 3.4 and 4.4: what the grammar allows. */
static const struct row grammar[] = {
	{ "angle brackets", VALUE(" John <john@example.org>"), ONE("example.org") },
	{ "no display name", VALUE(" <john@example.org>"), ONE("example.org") },
	{ "no brackets", VALUE(" john@example.org"), ONE("example.org") },
	{ "no leading blank", VALUE("john@example.org"), ONE("example.org") },
	{ "case is folded", VALUE(" john@Example.ORG"), ONE("example.org") },
	{ "trailing dot", VALUE(" john@example.org."), ONE("example.org") },
	{ "fold with LF", VALUE(" John\n\tDoe\n <john@example.org>"), ONE("example.org") },
	{ "fold with CRLF", VALUE(" John\r\n <john@example.org>"), ONE("example.org") },
	{ "fold at the start", VALUE("\n   some <john@example.org>"), ONE("example.org") },
	{ "line end of the field", VALUE(" john@example.org\r\n"), ONE("example.org") },
	{ "line of blanks", VALUE(" \n \n john@example.org"), ONE("example.org") },
	{ "comment before", VALUE("(a\n b) john@example.org"), ONE("example.org") },
	{ "comments nest", VALUE(" j (a(b)\\)c) <j@example.org(x(y))>"), ONE("example.org") },
	{ "comments around dots", VALUE(" j@(a)example(b).(c)org(d)"), ONE("example.org") },
	{ "blanks around dots", VALUE(" <j . d @ example . org>"), ONE("example.org") },
	{ "address in a comment", VALUE(" (x@other.example) <j@example.org>"),
	  ONE("example.org") },
	{ "comma in quotes", VALUE(" \"Doe, John\" <j@example.org>"), ONE("example.org") },
	{ "address in quotes", VALUE(" \"x@other.example\" <j@example.org>"),
	  ONE("example.org") },
	{ "angles in quotes", VALUE(" \"<x@other.example>\" <j@example.org>"),
	  ONE("example.org") },
	{ "escapes in quotes", VALUE(" \"a\\\" <x@y>, \\\\\" <j@example.org>"),
	  ONE("example.org") },
	{ "fold in quotes", VALUE(" \"Doe,\n John\" <j@example.org>"), ONE("example.org") },
	{ "quoted local-part", VALUE(" \"x <a@junk>\"@my.example"), ONE("my.example") },
	{ "obs-local-part", VALUE(" \"a\".b.\"c\"@example.org"), ONE("example.org") },
	{ "dots in the local-part", VALUE(" a..b.@example.org"), ONE("example.org") },
	{ "obs-route", VALUE(" <@one.example,@two.example:j@example.org>"),
	  ONE("example.org") },
	{ "obs-route, one", VALUE(" J <@one.example:j@example.org>"), ONE("example.org") },
	{ "empty list elements", VALUE(" ,(x), j@example.org,,"), ONE("example.org") },
	{ "one domain twice", VALUE(" a@example.org, B <b@EXAMPLE.org>"), ONE("example.org") },
	{ "group", VALUE(" G: a@example.org, b@example.org;"), ONE("example.org") },
	{ "group and mailbox", VALUE(" \"G\": A <a@example.org>;, b@example.org"),
	  ONE("example.org") },
	{ "empty group beside", VALUE(" Nobody:;, b@example.org"), ONE("example.org") },
	{ "empty group", VALUE(" Undisclosed senders:;"), AUTHOR_NO_DOMAIN, NULL },
	{ "empty group, comment", VALUE(" G: (none) , ; (x)"), AUTHOR_NO_DOMAIN, NULL },
	{ "address literal", VALUE(" j@[192.0.2.1]"), AUTHOR_NO_DOMAIN, NULL },
	{ "IPv6 literal", VALUE(" J <j@[IPv6:2001:db8::1]>"), AUTHOR_NO_DOMAIN, NULL },
	{ "single label", VALUE(" root@localhost"), ONE("localhost") },
	{ "underscore", VALUE(" j@a_b.example"), ONE("a_b.example") },
	{ "encoded-word", VALUE(" =?ISO-8859-1?Q?J=FCrgen?= <j@example.org>"),
	  ONE("example.org") },
	{ "parentheses in encoded-words", VALUE(" =?u?q?x(?= =?u?q?(?= <j@example.org>"),
	  ONE("example.org") },
	{ "address in base64", VALUE(" =?utf-8?B?PHhAb3RoZXIuZXhhbXBsZT4=?= <j@example.org>"),
	  ONE("example.org") },
	{ "encoded-word in a comment", VALUE(" j@example.org (=?utf-8?Q?J?=)"),
	  ONE("example.org") },
	{ "U-label",
	  VALUE(" j@b\xc3\xbc"
		"cher.example"),
	  ONE("xn--bcher-kva.example") },
	{ "A-label", VALUE(" j@XN--bcher-KVA.example"), ONE("xn--bcher-kva.example") },
	{ "both forms are one",
	  VALUE(" a@b\xc3\xbc"
		"cher.example, b@xn--bcher-kva.example"),
	  ONE("xn--bcher-kva.example") },
	{ "UTF-8 local-part", VALUE(" <j\xc3\xbcrgen@example.org>"), ONE("example.org") },
};

/* What real mail has beside the grammar. */
static const struct row leniency[] = {
	{ "dots in the name (obs-phrase)", VALUE(" John Q. Public <j@example.org>"),
	  ONE("example.org") },
	{ "latin-1 in the name", VALUE(" J\xfcrgen <j@example.org>"), ONE("example.org") },
	{ "UTF-8 in the name", VALUE(" J\xc3\xbcrgen <j@example.org>"), ONE("example.org") },
	{ "brackets in the name", VALUE(" [Ticket 12] Foo <j@example.org>"),
	  ONE("example.org") },
	{ "comma in the name", VALUE(" Doe, John <j@example.org>"), ONE("example.org") },
	{ "semicolon in the name", VALUE(" Doe; John <j@example.org>"), ONE("example.org") },
	{ "colon in the name", VALUE(" Acme: Support <j@example.org>"), ONE("example.org") },
	{ "colons in the name", VALUE(" Re: a:b <j@example.org>"), ONE("example.org") },
	{ "the address is the name", VALUE(" j@example.org <j@example.org>"),
	  ONE("example.org") },
	{ "other address, same domain", VALUE(" x@Example.ORG <j@example.org>"),
	  ONE("example.org") },
	{ "address in a Q word", VALUE(" =?utf-8?Q?j@example.org?= <j@example.org>"),
	  ONE("example.org") },
};

/* Several domains: never one of them. */
static const struct row several[] = {
	{ "two", VALUE(" a@one.example, b@two.example"), AUTHOR_SEVERAL_DOMAINS, NULL },
	{ "two in brackets", VALUE(" <a@one.example>, <b@two.example>"), AUTHOR_SEVERAL_DOMAINS,
	  NULL },
	{ "semicolon between", VALUE(" a@one.example; b@two.example"), AUTHOR_SEVERAL_DOMAINS,
	  NULL },
	{ "in a group", VALUE(" G: a@one.example, b@two.example;"), AUTHOR_SEVERAL_DOMAINS,
	  NULL },
	{ "group and behind", VALUE(" G: a@one.example;, b@two.example"),
	  AUTHOR_SEVERAL_DOMAINS, NULL },
	{ "parent domain", VALUE(" a@one.example, b@sub.one.example"), AUTHOR_SEVERAL_DOMAINS,
	  NULL },
	{ "domain and literal", VALUE(" a@[192.0.2.1], b@two.example"), AUTHOR_SEVERAL_DOMAINS,
	  NULL },
	{ "folded", VALUE(" a@one.example,\n b@two.example"), AUTHOR_SEVERAL_DOMAINS, NULL },
};

/* What could be read as another address, or cannot be read. */
static const struct row malformed[] = {
	{ "empty", VALUE(""), BAD },
	{ "blanks", VALUE("  \n "), BAD },
	{ "commas", VALUE(" ,,"), BAD },
	{ "semicolon", VALUE(" ;"), BAD },
	{ "word", VALUE(" noreply-example.org"), BAD },
	{ "quoted word", VALUE(" \"Test User\""), BAD },
	{ "name is an address", VALUE(" boss@bank.example <a@evil.example>"), BAD },
	{ "name has an address", VALUE(" Boss boss@bank.example x <a@evil.example>"), BAD },
	{ "name has two addresses", VALUE(" x@evil.example b@bank.example <a@evil.example>"),
	  BAD },
	{ "name has a literal", VALUE(" b@[192.0.2.1] <a@evil.example>"), BAD },
	{ "name has an at sign", VALUE(" Sales @ Acme <a@evil.example>"), BAD },
	{ "Q word with another address", VALUE(" =?u?Q?b@bank.example?= <a@evil.example>"),
	  BAD },
	{ "group name is an address", VALUE(" b@bank.example: <a@evil.example>;"), BAD },
	{ "address and empty brackets", VALUE(" b@bank.example <>"), BAD },
	{ "empty brackets", VALUE(" <>"), BAD },
	{ "two brackets", VALUE(" <b@bank.example> <a@evil.example>"), BAD },
	{ "two brackets of one domain", VALUE(" <b@evil.example> <a@evil.example>"), BAD },
	{ "nested brackets", VALUE(" <<a@evil.example>>"), BAD },
	{ "text behind", VALUE(" <a@evil.example> b"), BAD },
	{ "address behind", VALUE(" <a@evil.example> b@bank.example"), BAD },
	{ "words in front of a bare address", VALUE(" Boss a@evil.example"), BAD },
	{ "word and bare address", VALUE(" Boss, a@evil.example"), BAD },
	{ "word behind", VALUE(" a@evil.example, Boss"), BAD },
	{ "words in a group", VALUE(" G: a@evil.example, Boss;"), BAD },
	{ "blank between two domains", VALUE(" a@bank.example evil.example"), BAD },
	{ "two at signs", VALUE(" <a@bank.example@evil.example>"), BAD },
	{ "two at signs, no brackets", VALUE(" a@bank.example@evil.example"), BAD },
	{ "comment splits a label", VALUE(" a@bank(x)evil.example"), BAD },
	{ "no local-part", VALUE(" <@evil.example>"), BAD },
	{ "no local-part, no brackets", VALUE(" @evil.example"), BAD },
	{ "no domain", VALUE(" a@"), BAD },
	{ "no closing bracket", VALUE(" <a@evil.example"), BAD },
	{ "no opening bracket", VALUE(" a@evil.example>"), BAD },
	{ "no closing quote", VALUE(" \"Boss <a@evil.example>"), BAD },
	{ "no closing parenthesis", VALUE(" <a@evil.example>(x"), BAD },
	{ "no opening parenthesis", VALUE(" x) <a@evil.example>"), BAD },
	{ "no closing square bracket", VALUE(" [x <a@evil.example>"), BAD },
	{ "quote in square brackets", VALUE(" [\"] <a@bank.example> [\"] <b@evil.example>"),
	  BAD },
	{ "backslash", VALUE(" a\\, <a@evil.example>"), BAD },
	{ "backslash at the end of quotes", VALUE(" \"a\\"), BAD },
	{ "NUL", VALUE(" <a@evil.example\0@bank.example>"), BAD },
	{ "NUL behind", VALUE(" <a@evil.example>\0"), BAD },
	{ "NUL in quotes", VALUE(" \"a\0\" <a@evil.example>"), BAD },
	{ "NUL in a comment", VALUE(" (a\0) <a@evil.example>"), BAD },
	{ "escaped NUL in a comment", VALUE(" (a\\\0) <a@evil.example>"), BAD },
	{ "bare CR", VALUE(" a\rb <a@evil.example>"), BAD },
	{ "LF that is no fold", VALUE(" a\nb <a@evil.example>"), BAD },
	{ "LF that is no fold in quotes", VALUE(" \"a\nb\" <a@evil.example>"), BAD },
	{ "control character", VALUE(" a\x1b <a@evil.example>"), BAD },
	{ "encoded-word as address", VALUE(" <=?utf-8?B?YkBiYW5rLmV4YW1wbGU=?=>"), BAD },
	{ "encoded-word as local-part", VALUE(" <=?utf-8?B?Yg==?=@evil.example>"), BAD },
	{ "encoded-word in quotes", VALUE(" \"=?utf-8?B?Yg==?=\"@evil.example"), BAD },
	{ "invalid UTF-8 in the domain",
	  VALUE(" <a@bank.example\xff"
		"evil.example>"),
	  BAD },
	{ "invalid UTF-8 in the local-part", VALUE(" <a\xff@evil.example>"), BAD },
	{ "direction marks in the domain", VALUE(" a@\xe2\x80\xaeknab.example\xe2\x80\xad"),
	  BAD },
	{ "direction marks in the local-part", VALUE(" \xe2\x80\xaemoc.knab@evil.example"),
	  BAD },
	{ "full-width at sign",
	  VALUE(" a\xef\xbc\xa0"
		"bank.example@evil.example"),
	  BAD },
	{ "hyphens of an A-label without content", VALUE(" a@xn--.example"), BAD },
	{ "two dots in the domain", VALUE(" a@evil..example"), BAD },
	{ "colon in brackets", VALUE(" <mailto:a@evil.example>"), BAD },
	{ "route without end", VALUE(" <@one.example,@two.example>"), BAD },
	{ "colon in a bare address", VALUE(" @one.example:a@evil.example"), BAD },
	{ "group without name", VALUE(" :;"), BAD },
	{ "group without end", VALUE(" G:"), BAD },
	{ "text behind a group", VALUE(" G:; <a@evil.example>"), BAD },
	{ "fold without blank behind the at sign", VALUE(" a@\nx"), BAD },
	{ "open comment behind the at sign", VALUE(" <a@(x>"), BAD },
	{ "open comment in brackets", VALUE(" <(x a@evil.example>"), BAD },
	{ "open comment behind the local-part", VALUE(" <a(x@evil.example>"), BAD },
	{ "open quote in brackets", VALUE(" <\"a@evil.example>"), BAD },
	{ "open literal in brackets", VALUE(" <a@[192.0.2.1>"), BAD },
	{ "literal in a literal", VALUE(" <a@[192.0.2.1[]>"), BAD },
	{ "open comment in a route", VALUE(" <@one.example(x:a@evil.example>"), BAD },
	{ "literal without end", VALUE(" a@[192.0.2.1"), BAD },
};

static void
check_rows(const struct row *rows, size_t count)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		struct author author = author_from_fields(arena, &rows[i].value, 1);

		if (author.status != rows[i].status ||
		    !text_equal(author.domain, text_from(rows[i].domain)) ||
		    (author.reason == NULL) != (author.status == AUTHOR_ONE_DOMAIN))
			fail_msg("%s: status %d, domain \"%.*s\", reason %s", rows[i].name,
				 (int)author.status, TEXT_ARGUMENTS(author.domain),
				 author.reason != NULL ? author.reason : "none");
	}
	arena_free(&arena);
}

static void
reads_what_the_grammar_allows(void **state)
{
	(void)state;
	check_rows(grammar, COUNT_OF(grammar));
}

static void
reads_what_real_mail_has(void **state)
{
	(void)state;
	check_rows(leniency, COUNT_OF(leniency));
}

static void
takes_none_of_several_domains(void **state)
{
	(void)state;
	check_rows(several, COUNT_OF(several));
}

static void
refuses_what_is_not_clear(void **state)
{
	(void)state;
	check_rows(malformed, COUNT_OF(malformed));
}

static void
counts_fields(void **state)
{
	struct arena *arena = arena_new();
	const struct text values[] = { TEXT(" a@example.org"), TEXT(" a@example.org") };

	(void)state;
	assert_int_equal(author_from_fields(arena, NULL, 0).status, AUTHOR_NO_FIELD);
	assert_int_equal(author_from_fields(arena, values, 1).status, AUTHOR_ONE_DOMAIN);
	assert_int_equal(author_from_fields(arena, values, 2).status, AUTHOR_SEVERAL_FIELDS);
	arena_free(&arena);
}

/* `count` times `part`, between `start` and `end`. */
static struct text
repeated(struct arena *arena, const char *start, const char *part, size_t count,
	 const char *end)
{
	size_t start_length = strlen(start);
	size_t part_length = strlen(part);
	size_t length = start_length + part_length * count + strlen(end);
	char *bytes = arena_alloc(arena, length + 1);

	memcpy(bytes, start, start_length);
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + start_length + i * part_length, part, part_length);
	memcpy(bytes + start_length + count * part_length, end, strlen(end));
	return text_of(bytes, length);
}

static enum author_status
status_of(struct arena *arena, struct text value)
{
	return author_from_fields(arena, &value, 1).status;
}

static void
bounds_its_work(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	/* Each bare address is looked at twice: 25 of them is the limit of 50. */
	assert_int_equal(status_of(arena, repeated(arena, "", "a@x,", 25, "")),
			 AUTHOR_ONE_DOMAIN);
	assert_int_equal(status_of(arena, repeated(arena, "", "a@x,", 26, "")),
			 AUTHOR_MALFORMED);
	for (size_t count = 49; count <= 51; count++)
		assert_int_equal(status_of(arena, repeated(arena, "", "<a@x>,", count, "")),
				 count <= 50 ? AUTHOR_ONE_DOMAIN : AUTHOR_MALFORMED);
	assert_int_equal(status_of(arena, repeated(arena, "", "@", 500000, "")),
			 AUTHOR_MALFORMED);
	assert_int_equal(status_of(arena, repeated(arena, "<@a", ",a", 400000, ":a@x>")),
			 AUTHOR_MALFORMED);
	assert_int_equal(status_of(arena, repeated(arena, "", "(", 900000, "")),
			 AUTHOR_MALFORMED);
	assert_int_equal(status_of(arena, repeated(arena, "a@x ", "()", 400000, "")),
			 AUTHOR_ONE_DOMAIN);
	assert_int_equal(status_of(arena, repeated(arena, "", "[", 900000, "")),
			 AUTHOR_MALFORMED);
	assert_int_equal(status_of(arena, repeated(arena, "", "=?a?b", 200000, " <a@x>")),
			 AUTHOR_ONE_DOMAIN);
	assert_int_equal(status_of(arena, repeated(arena, "", "a", 900000, "@x")),
			 AUTHOR_ONE_DOMAIN);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_grammar_allows),
		cmocka_unit_test(reads_what_real_mail_has),
		cmocka_unit_test(takes_none_of_several_domains),
		cmocka_unit_test(refuses_what_is_not_clear),
		cmocka_unit_test(counts_fields),
		cmocka_unit_test(bounds_its_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
