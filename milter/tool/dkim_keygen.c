/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dkim_keygen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "mail/base64.h"

enum { RSA_BITS = 2048 };

static bool
write_private_key(struct arena *arena, EVP_PKEY *key, struct text *pem_out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool is_written = bio != NULL &&
			  PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
	char *bytes = NULL;
	long length = is_written ? BIO_get_mem_data(bio, &bytes) : 0;

	if (length > 0)
		*pem_out = text_copy(arena, text_of(bytes, (size_t)length));
	BIO_free(bio);
	return length > 0;
}

/* RFC 6376 3.6.1: SubjectPublicKeyInfo for RSA. */
static bool
write_rsa(struct arena *arena, EVP_PKEY *key, struct text *bytes_out)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);

	if (length <= 0)
		return false;
	*bytes_out = text_copy(arena, text_of((const char *)der, (size_t)length));
	OPENSSL_free(der);
	return true;
}

/* RFC 8463 4.2: the bare 32 bytes. */
static bool
write_ed25519(struct arena *arena, EVP_PKEY *key, struct text *bytes_out)
{
	unsigned char raw[DKIM_ED25519_KEY_BYTES];
	size_t length = sizeof(raw);

	if (EVP_PKEY_get_raw_public_key(key, raw, &length) != 1 || length != sizeof(raw))
		return false;
	*bytes_out = text_copy(arena, text_of((const char *)raw, length));
	return true;
}

bool
dkim_keygen(struct arena *arena, enum dkim_key_type type, struct dkim_key_pair *pair_out)
{
	bool is_rsa = type == DKIM_KEY_RSA;
	EVP_PKEY *key = is_rsa ? EVP_RSA_gen(RSA_BITS) :
			EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct dkim_key_pair pair = { .record = { NULL, 0 } };
	struct text public_key;
	bool is_made;

	is_made = key != NULL && write_private_key(arena, key, &pair.private_key) &&
		  (is_rsa ? write_rsa(arena, key, &public_key) :
			    write_ed25519(arena, key, &public_key));
	EVP_PKEY_free(key);
	if (!is_made) {
		ERR_clear_error();
		return false;
	}
	pair.record = text_join(arena, is_rsa ? TEXT("v=DKIM1; k=rsa; p=") :
						TEXT("v=DKIM1; k=ed25519; p="),
				base64_encode(arena, public_key));
	*pair_out = pair;
	return true;
}

static bool
write_all(int descriptor, struct text text)
{
	while (text.length > 0) {
		ssize_t written = write(descriptor, text.bytes, text.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text = text_from_position(text, (size_t)written);
	}
	return true;
}

bool
dkim_keygen_save(struct arena *arena, const char *path, struct text private_key,
		 struct text *reason_out)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool is_written;
	int error;

	if (descriptor < 0) {
		*reason_out = text_printf(arena, "%s", strerrordesc_np(errno));
		return false;
	}
	is_written = write_all(descriptor, private_key);
	error = errno;
	if (close(descriptor) != 0 && is_written) {
		error = errno;
		is_written = false;
	}
	if (is_written)
		return true;
	*reason_out = text_printf(arena, "%s", strerrordesc_np(error));
	/* Half a key is of no use to anybody. */
	(void)unlink(path);
	return false;
}
