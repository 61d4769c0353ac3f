/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dkim_keygen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "config/file.h"
#include "mail/base64.h"

enum {
	RSA_BITS = 2048,                /* RFC 8301, 3.2: what a signer should have */
	KEY_FILE_MODE = 0600,
	KEY_FILE_MAX = 64 * 1024
};

static void
release_key(void *key)
{
	EVP_PKEY_free(key);
}

static void
release_stream(void *stream)
{
	BIO_free_all(stream);
}

void
dkim_keygen_wipe(struct text secret)
{
	OPENSSL_cleanse((void *)(uintptr_t)secret.bytes, secret.length);
}

/* RFC 6376, 3.6.1: the DER form of an RSA key; RFC 8463, 4.2: the bare bytes of Ed25519. */
static bool
public_bytes(struct arena *arena, EVP_PKEY *key, const char **word_out, struct text *bytes_out)
{
	unsigned char raw[DKIM_ED25519_KEY_BYTES];
	size_t raw_length = sizeof(raw);
	unsigned char *der = NULL;
	int length;

	if (EVP_PKEY_is_a(key, "ED25519") == 1) {
		*word_out = "ed25519";
		if (EVP_PKEY_get_raw_public_key(key, raw, &raw_length) != 1)
			return false;
		*bytes_out = text_copy(arena, text_of((const char *)raw, raw_length));
		return true;
	}
	if (EVP_PKEY_is_a(key, "RSA") != 1)
		return false;
	*word_out = "rsa";
	length = i2d_PUBKEY(key, &der);
	if (length <= 0)
		return false;
	*bytes_out = text_copy(arena, text_of((const char *)der, (size_t)length));
	OPENSSL_free(der);
	return true;
}

static bool
record_of(struct arena *arena, EVP_PKEY *key, struct text *record_out)
{
	struct text bytes;
	const char *word;

	if (!public_bytes(arena, key, &word, &bytes))
		return false;
	*record_out = text_printf(arena, "v=DKIM1; k=%s; p=%.*s", word,
				  TEXT_ARGUMENTS(base64_encode(arena, bytes)));
	return true;
}

bool
dkim_keygen(struct arena *arena, enum dkim_key_type type, struct dkim_key_pair *pair_out)
{
	EVP_PKEY *key = type == DKIM_KEY_ED25519
				? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
				: EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
	struct dkim_key_pair pair;
	BIO *stream;
	char *bytes;
	long length;

	if (key == NULL)
		return false;
	arena_on_empty(arena, release_key, key);
	stream = BIO_new(BIO_s_secmem());
	if (stream == NULL)
		return false;
	arena_on_empty(arena, release_stream, stream);
	if (PEM_write_bio_PKCS8PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL) != 1)
		return false;
	length = BIO_get_mem_data(stream, &bytes);
	if (length <= 0)
		return false;
	pair.private_key = text_copy(arena, text_of(bytes, (size_t)length));
	if (!record_of(arena, key, &pair.record))
		return false;
	*pair_out = pair;
	return true;
}

/* Nobody is asked for the password of a key that has one. */
static int
no_password(char *buffer, int size, int is_writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

static EVP_PKEY *
read_pem(struct text pem)
{
	BIO *stream = BIO_new_mem_buf(pem.bytes, text_precision(pem));
	EVP_PKEY *key;

	if (stream == NULL)
		return NULL;
	key = PEM_read_bio_PrivateKey(stream, NULL, no_password, NULL);
	if (key == NULL && BIO_reset(stream) == 1)
		key = PEM_read_bio_PUBKEY(stream, NULL, no_password, NULL);
	BIO_free_all(stream);
	return key;
}

bool
dkim_keygen_read_record(struct arena *arena, const char *path, struct text *record_out,
			struct text *reason_out)
{
	struct file_content content;
	EVP_PKEY *key;

	if (!file_read(arena, path, KEY_FILE_MAX, true, &content, reason_out))
		return false;
	key = read_pem(content.text);
	dkim_keygen_wipe(content.text);
	if (key == NULL) {
		*reason_out = TEXT("it holds no key in PEM form, or one with a password");
		return false;
	}
	arena_on_empty(arena, release_key, key);
	if (!record_of(arena, key, record_out)) {
		*reason_out = TEXT("its key is neither of RSA nor of Ed25519");
		return false;
	}
	return true;
}

static bool
write_all(int file, struct text content)
{
	while (content.length > 0) {
		ssize_t written = write(file, content.bytes, content.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		content = text_from_position(content, (size_t)written);
	}
	return fsync(file) == 0;
}

bool
dkim_keygen_save(struct arena *arena, const char *path, struct text private_key,
		 struct text *reason_out)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, KEY_FILE_MODE);
	bool is_written = file >= 0 && write_all(file, private_key);
	int error = errno;
	char buffer[128];

	/* Some file systems say only here that there was no room. */
	if (file >= 0 && close(file) != 0 && is_written) {
		is_written = false;
		error = errno;
	}
	if (is_written)
		return true;
	if (file >= 0)
		(void)unlink(path);
	*reason_out = error == EEXIST
			      ? TEXT("it exists already, and a key is never replaced")
			      : text_printf(arena, "%s", strerror_r(error, buffer, sizeof(buffer)));
	return false;
}
