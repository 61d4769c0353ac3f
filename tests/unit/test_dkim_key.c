/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail/base64.h"

#define ED25519_KEY "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="     /* 32 bytes */

enum { MAIL = 1, SHA256 = 2, TESTING = 4, STRICT = 8, REVOKED = 16 };

static int
traits(const struct dkim_key *key)
{
	return (key->is_for_mail ? MAIL : 0) | (key->allows_sha256 ? SHA256 : 0) |
	       (key->is_testing ? TESTING : 0) | (key->is_strict ? STRICT : 0) |
	       (key->is_revoked ? REVOKED : 0);
}

static void
reads_records(void **state)
{
	static const struct {
		const char *record;
		const char *reason;
		enum dkim_key_type type;
		int traits;
	} rows[] = {
		{ "p=YWJj", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "v=DKIM1; p=YWJj", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "v=DKIM1; k=rsa; n=notes; g=*; p=YW Jj;", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "v=DKIM1; k=ed25519; p=" ED25519_KEY, NULL, DKIM_KEY_ED25519, MAIL | SHA256 },
		{ "v=DKIM1; p=", NULL, DKIM_KEY_RSA, MAIL | SHA256 | REVOKED },
		{ "p=YWJj; h=sha1", NULL, DKIM_KEY_RSA, MAIL },
		{ "p=YWJj; h=sha1:sha256", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "p=YWJj; h=sha1 : SHA256 : x", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "p=YWJj; h=", NULL, DKIM_KEY_RSA, MAIL },
		{ "p=YWJj; s=email", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "p=YWJj; s=*", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "p=YWJj; s=tlsrpt:email", NULL, DKIM_KEY_RSA, MAIL | SHA256 },
		{ "p=YWJj; s=tlsrpt", NULL, DKIM_KEY_RSA, SHA256 },
		{ "p=YWJj; t=y", NULL, DKIM_KEY_RSA, MAIL | SHA256 | TESTING },
		{ "p=YWJj; t=s:y:z", NULL, DKIM_KEY_RSA, MAIL | SHA256 | TESTING | STRICT },
		{ "", "key record is no tag list", 0, 0 },
		{ "v=spf1 -all", "key record of unknown version", 0, 0 },
		{ "some text", "key record is no tag list", 0, 0 },
		{ "p=YWJj; v=DKIM1", "key record of unknown version", 0, 0 },
		{ "v=DKIM2; p=YWJj", "key record of unknown version", 0, 0 },
		{ "v=dkim1; p=YWJj", "key record of unknown version", 0, 0 },
		{ "p=YWJj; p=YWJj", "key record is no tag list", 0, 0 },
		{ "v=DKIM1; k=rsa", "key record without p=", 0, 0 },
		{ "v=DKIM1; k=dsa; p=YWJj", "unknown key type", 0, 0 },
		{ "v=DKIM1; k=; p=YWJj", "unknown key type", 0, 0 },
		{ "v=DKIM1; p=Y*Jj", "key is not base64", 0, 0 },
		{ "v=DKIM1; k=ed25519; p=YWJj", "Ed25519 key is not of 32 bytes", 0, 0 },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_key key = { 0 };
		const char *reason = dkim_key_parse(arena, text_from(rows[i].record), &key);

		if (rows[i].reason == NULL) {
			assert_null(reason);
			assert_int_equal(key.type, rows[i].type);
			assert_int_equal(traits(&key), rows[i].traits);
			continue;
		}
		assert_non_null(reason);
		assert_string_equal(reason, rows[i].reason);
		assert_int_equal(key.type, DKIM_KEY_UNKNOWN);
	}
	arena_free(&arena);
}

static const char *
parse_key_of(struct arena *arena, size_t bytes)
{
	struct text public_key = text_of(arena_alloc(arena, bytes), bytes);
	struct dkim_key key;

	return dkim_key_parse(arena, text_join(arena, TEXT("p="), base64_encode(arena, public_key)),
			      &key);
}

static void
limits_the_key(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_null(parse_key_of(arena, DKIM_PUBLIC_KEY_BYTES_MAX - 1));
	assert_null(parse_key_of(arena, DKIM_PUBLIC_KEY_BYTES_MAX));
	assert_string_equal(parse_key_of(arena, DKIM_PUBLIC_KEY_BYTES_MAX + 1), "key is too long");
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records),
		cmocka_unit_test(limits_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
