/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim_signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"

#define HASH "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="     /* 32 bytes */
#define HASH_OF_20 "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
#define REST "; bh=" HASH "; h=from; b=YWJj"
#define START " v=1; a=rsa-sha256; d=example.org; s=sel"

static struct dkim_signature
parse(struct arena *arena, const char *value)
{
	return dkim_signature_parse(arena, text_from(value));
}

/* Each row adds tags to a signature that is otherwise right. */
static void
judges_optional_tags(void **state)
{
	static const struct {
		const char *tags;
		enum dkim_signature_status status;
		const char *reason;
	} rows[] = {
		{ "", DKIM_SIGNATURE_VALID, NULL },
		{ "; c=relaxed", DKIM_SIGNATURE_VALID, NULL },
		{ "; c=Relaxed/SIMPLE", DKIM_SIGNATURE_VALID, NULL },
		{ "; c=nofws", DKIM_SIGNATURE_NOT_SUPPORTED, "unknown c=" },
		{ "; c=simple/", DKIM_SIGNATURE_NOT_SUPPORTED, "unknown c=" },
		{ "; c=simple/simple/simple", DKIM_SIGNATURE_NOT_SUPPORTED, "unknown c=" },
		{ "; c=relaxed / relaxed", DKIM_SIGNATURE_NOT_SUPPORTED, "unknown c=" },
		{ "; q=dns/txt", DKIM_SIGNATURE_VALID, NULL },
		{ "; q=x : DNS/TXT", DKIM_SIGNATURE_VALID, NULL },
		{ "; q=dns/mx", DKIM_SIGNATURE_NOT_SUPPORTED, "unknown q=" },
		{ "; q=", DKIM_SIGNATURE_NOT_SUPPORTED, "unknown q=" },
		{ "; l=0", DKIM_SIGNATURE_VALID, NULL },
		{ "; l=9223372036854775807", DKIM_SIGNATURE_VALID, NULL },
		{ "; l=9223372036854775808", DKIM_SIGNATURE_MALFORMED, "l= is longer than the body" },
		{ "; l=0000000000000000000000000000000000000000000000000000000000000000000000000007",
		  DKIM_SIGNATURE_VALID, NULL },
		{ "; l=00000000000000000000000000000000000000000000000000000000000000000000000000007",
		  DKIM_SIGNATURE_MALFORMED, "bad l=" },
		{ "; l=-1", DKIM_SIGNATURE_MALFORMED, "bad l=" },
		{ "; l=", DKIM_SIGNATURE_MALFORMED, "bad l=" },
		{ "; l=1 2", DKIM_SIGNATURE_MALFORMED, "bad l=" },
		{ "; t=1; x=2", DKIM_SIGNATURE_VALID, NULL },
		{ "; t=2; x=2", DKIM_SIGNATURE_MALFORMED, "x= is not after t=" },
		{ "; t=3; x=2", DKIM_SIGNATURE_MALFORMED, "x= is not after t=" },
		{ "; t=999999999999", DKIM_SIGNATURE_VALID, NULL },
		{ "; t=1000000000000", DKIM_SIGNATURE_MALFORMED, "bad t=" },
		{ "; t=now", DKIM_SIGNATURE_MALFORMED, "bad t=" },
		{ "; x=", DKIM_SIGNATURE_MALFORMED, "bad x=" },
		{ "; x=1000000000000", DKIM_SIGNATURE_MALFORMED, "bad x=" },
		{ "; i=@example.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; i=a@EXAMPLE.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; i=a@b.example.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; i=a=40b@example.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; i=a@ex=61mple.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; i=a@\n example.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; i=a@xexample.org", DKIM_SIGNATURE_MALFORMED, "i= is not at or below d=" },
		{ "; i=a@org", DKIM_SIGNATURE_MALFORMED, "i= is not at or below d=" },
		{ "; i=a@example.org.", DKIM_SIGNATURE_MALFORMED, "i= has no domain" },
		{ "; i=a@example.org=40evil.example", DKIM_SIGNATURE_MALFORMED,
		  "i= is not at or below d=" },
		{ "; i=example.org", DKIM_SIGNATURE_MALFORMED, "i= has no domain" },
		{ "; i=", DKIM_SIGNATURE_MALFORMED, "i= has no domain" },
		{ "; i=@", DKIM_SIGNATURE_MALFORMED, "i= has no domain" },
		{ "; i=a@example.org=", DKIM_SIGNATURE_MALFORMED, "i= is not quoted-printable" },
		{ "; i=a@example.org=4", DKIM_SIGNATURE_MALFORMED, "i= is not quoted-printable" },
		{ "; i==", DKIM_SIGNATURE_MALFORMED, "i= is not quoted-printable" },
		{ "; i=a=zz@example.org", DKIM_SIGNATURE_MALFORMED, "i= is not quoted-printable" },
		{ "; i=a=00@example.org", DKIM_SIGNATURE_VALID, NULL },
		{ "; unknown=x; z=From:a|To:b", DKIM_SIGNATURE_VALID, NULL },
		{ "; d=example.com", DKIM_SIGNATURE_MALFORMED, "duplicate tag" },
		{ "; =", DKIM_SIGNATURE_MALFORMED, "bad tag name" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text value = text_printf(arena, START "%s" REST, rows[i].tags);
		struct dkim_signature signature = dkim_signature_parse(arena, value);

		assert_int_equal(signature.status, rows[i].status);
		if (rows[i].reason == NULL)
			assert_null(signature.reason);
		else
			assert_string_equal(signature.reason, rows[i].reason);
	}
	arena_free(&arena);
}

static void
judges_required_tags(void **state)
{
	static const struct {
		const char *value;
		enum dkim_signature_status status;
		const char *reason;
	} rows[] = {
		{ "a=rsa-sha256; d=example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED, "no v=" },
		{ "v=2; a=rsa-sha256; d=example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED, "unknown v=" },
		{ "v=1.0; a=rsa-sha256; d=example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED,
		  "unknown v=" },
		{ "v=; a=rsa-sha256; d=example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED, "unknown v=" },
		{ "v=1; d=example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED, "no a=" },
		{ "v=1; a=; d=example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED, "no a=" },
		{ "v=1; a=rsa-sha512; d=example.org; s=s" REST, DKIM_SIGNATURE_NOT_SUPPORTED,
		  "unknown a=" },
		{ "v=1; a=RSA-SHA256; d=example.org; s=s" REST, DKIM_SIGNATURE_VALID, NULL },
		{ "v=1; a=ed25519-sha256; d=example.org; s=s" REST, DKIM_SIGNATURE_VALID, NULL },
		{ "v=1; a=rsa-sha256; s=s" REST, DKIM_SIGNATURE_MALFORMED, "no d=" },
		{ "v=1; a=rsa-sha256; d=; s=s" REST, DKIM_SIGNATURE_MALFORMED, "no d=" },
		{ "v=1; a=rsa-sha256; d=org; s=s" REST, DKIM_SIGNATURE_MALFORMED,
		  "d= has a single label" },
		{ "v=1; a=rsa-sha256; d=example.org.; s=s" REST, DKIM_SIGNATURE_MALFORMED,
		  "d= is no domain name" },
		{ "v=1; a=rsa-sha256; d=example.net(.example.com; s=s" REST, DKIM_SIGNATURE_MALFORMED,
		  "d= is no domain name" },
		{ "v=1; a=rsa-sha256; d=ex\"ample.org; s=s" REST, DKIM_SIGNATURE_MALFORMED,
		  "d= is no domain name" },
		{ "v=1; a=rsa-sha256; d=a..example.org; s=s" REST, DKIM_SIGNATURE_MALFORMED,
		  "d= is no domain name" },
		{ "v=1; a=rsa-sha256; d=b\xc3\xbc" "cher.example; s=s" REST, DKIM_SIGNATURE_VALID, NULL },
		{ "v=1; a=rsa-sha256; d=example.org" REST, DKIM_SIGNATURE_MALFORMED, "no s=" },
		{ "v=1; a=rsa-sha256; d=example.org; s=" REST, DKIM_SIGNATURE_MALFORMED, "no s=" },
		{ "v=1; a=rsa-sha256; d=example.org; s=a.b" REST, DKIM_SIGNATURE_VALID, NULL },
		{ "v=1; a=rsa-sha256; d=example.org; s=a..b" REST, DKIM_SIGNATURE_MALFORMED, "bad s=" },
		{ "v=1; a=rsa-sha256; d=example.org; s=a." REST, DKIM_SIGNATURE_MALFORMED, "bad s=" },
		{ "v=1; a=rsa-sha256; d=example.org; s=a b" REST, DKIM_SIGNATURE_MALFORMED, "bad s=" },
		{ START "; h=from; b=YWJj", DKIM_SIGNATURE_MALFORMED, "no bh=" },
		{ START "; bh=; h=from; b=YWJj", DKIM_SIGNATURE_MALFORMED, "no bh=" },
		{ START "; bh=*; h=from; b=YWJj", DKIM_SIGNATURE_MALFORMED, "bh= is not base64" },
		{ START "; bh=" HASH_OF_20 "; h=from; b=YWJj", DKIM_SIGNATURE_MALFORMED,
		  "bh= has the wrong length" },
		{ "v=1; a=rsa-sha1; d=example.org; s=s; bh=" HASH_OF_20 "; h=from; b=YWJj",
		  DKIM_SIGNATURE_VALID, NULL },
		{ START "; bh=" HASH "; b=YWJj", DKIM_SIGNATURE_MALFORMED, "no h=" },
		{ START "; bh=" HASH "; h=; b=YWJj", DKIM_SIGNATURE_MALFORMED, "no h=" },
		{ START "; bh=" HASH "; h=to:subject; b=YWJj", DKIM_SIGNATURE_MALFORMED,
		  "From is not signed" },
		{ START "; bh=" HASH "; h=xfrom:fromx; b=YWJj", DKIM_SIGNATURE_MALFORMED,
		  "From is not signed" },
		{ START "; bh=" HASH "; h=to : FROM; b=YWJj", DKIM_SIGNATURE_VALID, NULL },
		{ START "; bh=" HASH "; h=from:; b=YWJj", DKIM_SIGNATURE_MALFORMED,
		  "bad field name in h=" },
		{ START "; bh=" HASH "; h=from:a b; b=YWJj", DKIM_SIGNATURE_MALFORMED,
		  "bad field name in h=" },
		{ START "; bh=" HASH "; h=from", DKIM_SIGNATURE_MALFORMED, "no b=" },
		{ START "; bh=" HASH "; h=from; b=", DKIM_SIGNATURE_MALFORMED, "no b=" },
		{ START "; bh=" HASH "; h=from; b=a", DKIM_SIGNATURE_MALFORMED, "b= is not base64" },
		{ START "; bh=" HASH "; h=from; b=YW\n\tJj", DKIM_SIGNATURE_VALID, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_signature signature = parse(arena, rows[i].value);

		assert_int_equal(signature.status, rows[i].status);
		if (rows[i].reason == NULL)
			assert_null(signature.reason);
		else
			assert_string_equal(signature.reason, rows[i].reason);
	}
	arena_free(&arena);
}

static void
reads_all_values(void **state)
{
	struct arena *arena = arena_new();
	struct text value = TEXT(" v=1; a=RSA-sha256; c=relaxed/simple; d=Example.ORG; s=Sel.X;\n"
				 "\ti=joe@mail.example.org; q=dns/txt; l=12; t=1; x=9;\n"
				 "\th=From: To ; bh=" HASH ";\n\tb= YW\n\tJj ; z=x");
	struct dkim_signature signature = dkim_signature_parse(arena, value);

	(void)state;
	assert_int_equal(signature.status, DKIM_SIGNATURE_VALID);
	assert_true(text_equal(signature.domain, TEXT("example.org")));
	assert_true(text_equal(signature.selector, TEXT("sel.x")));
	assert_true(text_equal(signature.algorithm_text, TEXT("rsa-sha256")));
	assert_true(text_equal(signature.signature_text, TEXT("YWJj")));
	assert_true(text_equal(signature.signature, TEXT("abc")));
	assert_true(text_equal(signature.identity, TEXT("joe@mail.example.org")));
	assert_true(signature.identity_is_below);
	assert_int_equal(signature.algorithm, DKIM_RSA_SHA256);
	assert_int_equal(signature.header_form, DKIM_RELAXED);
	assert_int_equal(signature.body_form, DKIM_SIMPLE);
	assert_int_equal(signature.signed_name_count, 2);
	assert_true(dkim_signature_covers(&signature, TEXT("to")));
	assert_false(dkim_signature_covers(&signature, TEXT("subject")));
	assert_int_equal(signature.body_hash.length, 32);
	assert_true(signature.has_body_length);
	assert_int_equal(signature.body_length, 12);
	assert_int_equal(signature.timestamp, 1);
	assert_int_equal(signature.expiration, 9);
	assert_false(signature.has_u_labels);
	assert_true(text_equal(text_cut(value, signature.signature_start,
					signature.signature_end - signature.signature_start),
			       TEXT(" YW\n\tJj ")));
	assert_true(text_equal(dkim_signature_key_name(arena, &signature),
			       TEXT("sel.x._domainkey.example.org")));
	arena_free(&arena);
}

/* RFC 8616 5: U-labels in d=, i= and s= */
static void
reads_u_labels(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_signature signature =
		parse(arena, "v=1; a=ed25519-sha256; d=b\xc3\xbc" "cher.example; s=schl\xc3\xbcssel;"
			     " i=@x.xn--bcher-kva.example" REST);

	(void)state;
	assert_int_equal(signature.status, DKIM_SIGNATURE_VALID);
	assert_true(signature.has_u_labels);
	assert_true(text_equal(signature.domain, TEXT("xn--bcher-kva.example")));
	assert_true(text_equal(signature.selector, TEXT("xn--schlssel-95a")));
	arena_free(&arena);
}

static void
keeps_what_is_readable_of_a_bad_one(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_signature signature =
		parse(arena, "a=rsa-sha256; d=example.org; s=sel; b=YWJj");

	(void)state;
	assert_string_equal(signature.reason, "no v=");
	assert_true(text_equal(signature.domain, TEXT("example.org")));
	assert_true(text_equal(signature.selector, TEXT("sel")));
	assert_true(text_equal(signature.signature_text, TEXT("YWJj")));
	arena_free(&arena);
}

static struct dkim_signature
parse_with_names(struct arena *arena, size_t count)
{
	struct textbuf out = textbuf_new(arena, 100000);

	textbuf_add_string(&out, START "; bh=" HASH "; b=YWJj; h=from");
	for (size_t i = 1; i < count; i++)
		textbuf_add_string(&out, ":x");
	return dkim_signature_parse(arena, textbuf_text(&out));
}

static void
keeps_limits(void **state)
{
	struct arena *arena = arena_new();
	char long_signature[DKIM_SIGNATURE_BYTES_MAX / 3 * 4 + 9];
	struct dkim_signature signature;

	(void)state;
	assert_int_equal(parse_with_names(arena, DKIM_SIGNED_NAMES_MAX - 1).status,
			 DKIM_SIGNATURE_VALID);
	assert_int_equal(parse_with_names(arena, DKIM_SIGNED_NAMES_MAX).status,
			 DKIM_SIGNATURE_VALID);
	signature = parse_with_names(arena, DKIM_SIGNED_NAMES_MAX + 1);
	assert_int_equal(signature.status, DKIM_SIGNATURE_NOT_SUPPORTED);
	assert_string_equal(signature.reason, "too many names in h=");

	memset(long_signature, 'A', sizeof(long_signature) - 1);
	long_signature[sizeof(long_signature) - 1] = '\0';
	long_signature[DKIM_SIGNATURE_BYTES_MAX / 3 * 4] = '\0';
	signature = dkim_signature_parse(arena, text_printf(arena, START "; bh=" HASH "; h=from; b=%s",
							    long_signature));
	assert_int_equal(signature.status, DKIM_SIGNATURE_VALID);
	long_signature[DKIM_SIGNATURE_BYTES_MAX / 3 * 4] = 'A';
	signature = dkim_signature_parse(arena, text_printf(arena, START "; bh=" HASH "; h=from; b=%s",
							    long_signature));
	assert_int_equal(signature.status, DKIM_SIGNATURE_NOT_SUPPORTED);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_optional_tags),
		cmocka_unit_test(judges_required_tags),
		cmocka_unit_test(reads_all_values),
		cmocka_unit_test(reads_u_labels),
		cmocka_unit_test(keeps_what_is_readable_of_a_bad_one),
		cmocka_unit_test(keeps_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
