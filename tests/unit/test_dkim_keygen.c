/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dkim_keygen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "checks/dkim_public_key.h"

/* The private key of the pair signs what the public key of the record verifies. */
static void
expect_pair(struct arena *arena, const struct dkim_key_pair *pair, EVP_PKEY *public_key, bool hashes)
{
	static const unsigned char data[] = "some data";
	BIO *bio = BIO_new_mem_buf(pair->private_key.bytes, (int)pair->private_key.length);
	EVP_PKEY *private_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *signature = arena_alloc(arena, 1024);
	size_t length = 1024;

	assert_non_null(private_key);
	assert_non_null(public_key);
	assert_int_equal(EVP_DigestSignInit(context, NULL, hashes ? EVP_sha256() : NULL, NULL, private_key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &length, data, sizeof(data)), 1);
	EVP_MD_CTX_reset(context);
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, hashes ? EVP_sha256() : NULL, NULL, public_key), 1);
	assert_int_equal(EVP_DigestVerify(context, signature, length, data, sizeof(data)), 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(private_key);
	EVP_PKEY_free(public_key);
	BIO_free(bio);
}

static void
makes_rsa_of_2048_bits(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_key_pair pair;
	struct dkim_key key;
	EVP_PKEY *public_key;

	(void)state;
	assert_true(dkim_keygen(arena, DKIM_KEY_RSA, &pair));
	assert_null(dkim_key_parse(arena, pair.record, &key));
	assert_int_equal(key.type, DKIM_KEY_RSA);
	public_key = dkim_public_key_rsa(key.public_key);
	assert_non_null(public_key);
	assert_int_equal(EVP_PKEY_get_bits(public_key), 2048);
	expect_pair(arena, &pair, public_key, true);
	dkim_public_key_forget_all();
	arena_free(&arena);
}

static void
makes_ed25519(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_key_pair pair;
	struct dkim_key key;

	(void)state;
	assert_true(dkim_keygen(arena, DKIM_KEY_ED25519, &pair));
	assert_null(dkim_key_parse(arena, pair.record, &key));
	assert_int_equal(key.type, DKIM_KEY_ED25519);
	expect_pair(arena, &pair, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
							      (const unsigned char *)key.public_key.bytes,
							      key.public_key.length), false);
	arena_free(&arena);
}

static void
keeps_private_keys_private(void **state)
{
	struct arena *arena = arena_new();
	char *folder = text_string(arena, TEXT("test-keygen-XXXXXX"));
	const char *path;
	struct stat status;
	struct text reason;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = text_string(arena, text_printf(arena, "%s/key.pem", folder));
	(void)umask(0);
	assert_true(dkim_keygen_save(arena, path, TEXT("secret"), &reason));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 6);
	/* What is there stays. */
	assert_false(dkim_keygen_save(arena, path, TEXT("other"), &reason));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 6);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_false(dkim_keygen_save(arena, path, TEXT("secret"), &reason));
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_rsa_of_2048_bits),
		cmocka_unit_test(makes_ed25519),
		cmocka_unit_test(keeps_private_keys_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
