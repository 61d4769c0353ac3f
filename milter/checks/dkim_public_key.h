/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DKIM_PUBLIC_KEY_H
#define DMARCMILTER_CHECKS_DKIM_PUBLIC_KEY_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * RSA public keys of OpenSSL, decoded once and kept: OpenSSL 3 spends five
 * times more on decoding a key than on verifying with it, and takes global
 * locks meanwhile. The cache is shared by all threads and bounded; its lock is
 * held while an entry is read or replaced, never while a key is decoded.
 */
enum {
	DKIM_RSA_BITS_MAX = 8192,       /* beyond: seconds of work for a crafted mail */
	DKIM_PUBLIC_KEYS_KEPT = 512
};

/*
 * The key in `der`: SubjectPublicKeyInfo with rsaEncryption, or the bare
 * RSAPublicKey that RFC 6376 3.6.1 allows as well. The caller gives the
 * reference back with EVP_PKEY_free(). NULL when it is none, or larger than
 * DKIM_RSA_BITS_MAX, or has an exponent of more than 64 bits.
 */
EVP_PKEY *dkim_public_key_rsa(struct text der);

/*
 * `der` as SubjectPublicKeyInfo: itself, or, when it is a bare RSAPublicKey,
 * wrapped in `arena`.
 */
struct text dkim_public_key_info(struct arena *arena, struct text der);

/* Forgets all keys: for leak checkers, when no other thread is left. */
void dkim_public_key_forget_all(void);

#endif
