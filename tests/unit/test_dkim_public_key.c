/* SPDX-License-Identifier: BSD-2-Clause */
/* To make crafted keys the legacy interface is handier. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "checks/dkim_public_key.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { SPKI_HEADER_OF_2048 = 24 };      /* what wraps the RSAPublicKey of such a key */

static struct text
read_key_info(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL;
	int length;
	struct text text;

	assert_non_null(key);
	(void)fclose(file);
	length = i2d_PUBKEY(key, &der);
	assert_true(length > 0);
	text = text_copy(arena, text_of((const char *)der, (size_t)length));
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return text;
}

static int
bits_of(struct text der)
{
	EVP_PKEY *key = dkim_public_key_rsa(der);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;

	EVP_PKEY_free(key);
	return bits;
}

static void
both_forms_are_one_key(void **state)
{
	struct arena *arena = arena_new();
	struct text info = read_key_info(arena, KEYS_DIR "/rsa2048.pem");
	struct text bare = text_from_position(info, SPKI_HEADER_OF_2048);

	(void)state;
	assert_int_equal(bits_of(info), 2048);
	assert_int_equal(bits_of(bare), 2048);
	assert_true(text_equal(dkim_public_key_info(arena, info), info));
	assert_true(text_equal(dkim_public_key_info(arena, bare), info));
	assert_int_equal(bits_of(read_key_info(arena, KEYS_DIR "/rsa512.pem")), 512);
	assert_int_equal(bits_of(read_key_info(arena, KEYS_DIR "/rsa8192.pem")), 8192);
	arena_free(&arena);
}

static void
the_same_key_is_decoded_once(void **state)
{
	struct arena *arena = arena_new();
	struct text info = read_key_info(arena, KEYS_DIR "/rsa1024.pem");
	EVP_PKEY *first = dkim_public_key_rsa(info);
	EVP_PKEY *second = dkim_public_key_rsa(text_copy(arena, info));

	(void)state;
	assert_non_null(first);
	assert_ptr_equal(first, second);
	dkim_public_key_forget_all();
	assert_int_equal(EVP_PKEY_get_bits(first), 1024);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	arena_free(&arena);
}

/* Every prefix, and every byte changed: a key or none, never worse. */
static void
damaged_keys_are_refused(void **state)
{
	struct arena *arena = arena_new();
	struct text info = read_key_info(arena, KEYS_DIR "/rsa1024.pem");

	(void)state;
	for (size_t length = 0; length < info.length; length++)
		assert_int_equal(bits_of(text_copy(arena, text_cut(info, 0, length))), 0);
	assert_int_equal(bits_of(text_join(arena, info, TEXT("x"))), 0);
	for (size_t i = 0; i < info.length; i++) {
		char *bytes = text_string(arena, info);

		bytes[i] ^= 0x41;
		(void)bits_of(text_of(bytes, info.length));
	}
	arena_free(&arena);
	dkim_public_key_forget_all();
}

static struct text
make_key(struct arena *arena, int modulus_bits, int exponent_bits)
{
	RSA *rsa = RSA_new();
	BIGNUM *modulus = BN_new();
	BIGNUM *exponent = BN_new();
	unsigned char *der = NULL;
	struct text text;
	int length;

	assert_int_equal(BN_set_bit(modulus, modulus_bits - 1) & BN_set_bit(modulus, 0), 1);
	assert_int_equal(BN_set_bit(exponent, exponent_bits - 1) & BN_set_bit(exponent, 0), 1);
	assert_int_equal(RSA_set0_key(rsa, modulus, exponent, NULL), 1);
	length = i2d_RSAPublicKey(rsa, &der);
	assert_true(length > 0);
	text = text_copy(arena, text_of((const char *)der, (size_t)length));
	OPENSSL_free(der);
	RSA_free(rsa);
	return text;
}

static void
costly_keys_are_refused(void **state)
{
	static const struct {
		int modulus_bits;
		int exponent_bits;
		bool ok;
	} rows[] = {
		{ 8191, 17, true }, { 8192, 17, true }, { 8193, 17, false }, { 2048, 63, true },
		{ 2048, 64, true }, { 2048, 65, false }, { 2048, 2048, false },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(bits_of(make_key(arena, rows[i].modulus_bits, rows[i].exponent_bits)),
				 rows[i].ok ? rows[i].modulus_bits : 0);
	arena_free(&arena);
	dkim_public_key_forget_all();
}

/* More keys than are kept, all of them right each time. */
static void
the_cache_is_bounded(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int bits = 1024; bits < 1024 + 2 * DKIM_PUBLIC_KEYS_KEPT; bits++)
			assert_int_equal(bits_of(make_key(arena, bits, 17)), bits);
	arena_free(&arena);
	dkim_public_key_forget_all();
}

static void *
use_keys(void *context)
{
	const struct text *keys = context;
	size_t right = 0;

	for (size_t i = 0; i < 2000; i++)
		right += bits_of(keys[i % 4]) == 1024 + (int)(i % 4);
	return right == 2000 ? context : NULL;
}

static void
threads_share_the_cache(void **state)
{
	struct arena *arena = arena_new();
	pthread_t threads[4];
	struct text keys[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		keys[i] = make_key(arena, 1024 + i, 17);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_keys, keys), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *result;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
	arena_free(&arena);
	dkim_public_key_forget_all();
}

static EVP_PKEY *
decode_with_openssl(struct text der)
{
	BIO *bio = BIO_new_mem_buf(der.bytes, (int)der.length);
	EVP_PKEY *key = d2i_PUBKEY_bio(bio, NULL);

	BIO_free(bio);
	return key;
}

/* This program holds the override that the daemon holds. */
static void
the_override_uses_the_cache(void **state)
{
	struct arena *arena = arena_new();
	struct text info = read_key_info(arena, KEYS_DIR "/rsa2048.pem");
	EVP_PKEY *first = decode_with_openssl(info);
	EVP_PKEY *second = dkim_public_key_rsa(info);
	EVP_PKEY *curve = EVP_EC_gen("P-256");
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(curve, &der);
	EVP_PKEY *other = decode_with_openssl(text_of((const char *)der, (size_t)length));

	(void)state;
	assert_ptr_equal(first, second);
	assert_non_null(other);
	assert_int_equal(EVP_PKEY_eq(curve, other), 1);
	assert_null(decode_with_openssl(TEXT("nonsense")));
	OPENSSL_free(der);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	EVP_PKEY_free(curve);
	EVP_PKEY_free(other);
	arena_free(&arena);
	dkim_public_key_forget_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_one_key),
		cmocka_unit_test(the_same_key_is_decoded_once),
		cmocka_unit_test(damaged_keys_are_refused),
		cmocka_unit_test(costly_keys_are_refused),
		cmocka_unit_test(the_cache_is_bounded),
		cmocka_unit_test(threads_share_the_cache),
		cmocka_unit_test(the_override_uses_the_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
