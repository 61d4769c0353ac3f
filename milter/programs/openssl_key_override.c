/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libopendkim decodes the public key anew for each signature, with
 * d2i_PUBKEY_bio(), which in OpenSSL 3 costs five times as much as verifying
 * and takes locks that all threads share. The dynamic linker takes this
 * definition in the executable instead of libcrypto's: keys then come from
 * our cache (checks/dkim_public_key.h). Where that has no effect nothing is
 * lost but speed. It must be an object of the executable itself: from an
 * archive the linker would leave it out.
 */
#include <openssl/bio.h>
#include <openssl/x509.h>

#include "base/macros.h"
#include "checks/dkim_public_key.h"

/* What is no RSA key that we know goes the usual way. */
static EVP_PKEY *
decode_otherwise(const char *bytes, long length)
{
	const unsigned char *next = (const unsigned char *)bytes;

	return d2i_PUBKEY(NULL, &next, length);
}

ATTRIBUTE_EXPORTED EVP_PKEY *
d2i_PUBKEY_bio(BIO *bio, EVP_PKEY **key_out)
{
	char *bytes = NULL;
	long length = BIO_get_mem_data(bio, &bytes);
	EVP_PKEY *key;

	if (length <= 0)
		return NULL;
	key = dkim_public_key_rsa(text_of(bytes, (size_t)length));
	if (key == NULL)
		key = decode_otherwise(bytes, length);
	if (key != NULL && key_out != NULL) {
		EVP_PKEY_free(*key_out);
		*key_out = key;
	}
	return key;
}
