/* SPDX-License-Identifier: BSD-2-Clause */
/* The legacy decoder is the fast one, and libopendkim wants its kind of key. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "checks/dkim_public_key.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/memory.h"

enum {
	DER_BYTES_MAX = 2048,   /* what is longer is not kept */
	EXPONENT_BITS_MAX = 64,
	DER_SEQUENCE = 0x30,
	DER_BIT_STRING = 0x03
};

struct entry {
	char *der;              /* from malloc */
	size_t length;
	EVP_PKEY *key;          /* one reference is the cache's */
};

/* Guards `entries`. Held while one entry is read or replaced. */
static pthread_mutex_t entries_lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry entries[DKIM_PUBLIC_KEYS_KEPT];

/* AlgorithmIdentifier { rsaEncryption, NULL } (RFC 3279 2.3.1) */
static const unsigned char rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					       0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

/* FNV-1a. A collision costs a decoding, nothing else. */
static struct entry *
entry_for(struct text der)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < der.length; i++)
		hash = (hash ^ (unsigned char)der.bytes[i]) * 16777619u;
	return &entries[hash % DKIM_PUBLIC_KEYS_KEPT];
}

static bool
entry_holds(const struct entry *entry, struct text der)
{
	return entry->key != NULL && entry->length == der.length &&
	       memcmp(entry->der, der.bytes, der.length) == 0;
}

static EVP_PKEY *
find_key(struct text der)
{
	struct entry *entry = entry_for(der);
	EVP_PKEY *key = NULL;

	pthread_mutex_lock(&entries_lock);
	if (entry_holds(entry, der) && EVP_PKEY_up_ref(entry->key) == 1)
		key = entry->key;
	pthread_mutex_unlock(&entries_lock);
	return key;
}

/* Puts a key in the place of another; takes a reference of its own. */
static void
keep_key(struct text der, EVP_PKEY *key)
{
	struct entry *entry = entry_for(der);
	struct entry fresh = { .length = der.length, .key = key };
	struct entry old;

	if (der.length > DER_BYTES_MAX || EVP_PKEY_up_ref(key) != 1)
		return;
	fresh.der = memory_new(der.length);
	memcpy(fresh.der, der.bytes, der.length);
	pthread_mutex_lock(&entries_lock);
	old = *entry;
	*entry = fresh;
	pthread_mutex_unlock(&entries_lock);
	free(old.der);
	EVP_PKEY_free(old.key);
}

/*
 * Takes one DER element with that tag off the front of *rest. Lengths of up
 * to two bytes, in their shortest form, as DER demands.
 */
static bool
take_element(struct text *rest, unsigned char wanted, struct text *content_out)
{
	const unsigned char *bytes = (const unsigned char *)rest->bytes;
	size_t start = 2;
	size_t length;

	if (rest->length < 2 || bytes[0] != wanted)
		return false;
	length = bytes[1];
	if (length == 0x81 && rest->length > 2 && bytes[2] >= 0x80) {
		length = bytes[2];
		start = 3;
	} else if (length == 0x82 && rest->length > 3 && bytes[2] != 0) {
		length = (size_t)bytes[2] << 8 | bytes[3];
		start = 4;
	} else if (length >= 0x80) {
		return false;
	}
	if (rest->length - start < length)
		return false;
	*content_out = text_cut(*rest, start, length);
	*rest = text_from_position(*rest, start + length);
	return true;
}

/* RFC 5280 4.1: SEQUENCE { algorithm, BIT STRING { 0 unused bits, RSAPublicKey } } */
static bool
open_key_info(struct text der, struct text *rsa_out)
{
	struct text algorithm = text_of((const char *)rsa_algorithm, sizeof(rsa_algorithm));
	struct text sequence;
	struct text bits;

	if (!take_element(&der, DER_SEQUENCE, &sequence) || !text_is_empty(der) ||
	    !text_starts_with(sequence, algorithm))
		return false;
	sequence = text_from_position(sequence, algorithm.length);
	if (!take_element(&sequence, DER_BIT_STRING, &bits) || !text_is_empty(sequence) ||
	    text_is_empty(bits) || bits.bytes[0] != '\0')
		return false;
	*rsa_out = text_from_position(bits, 1);
	return true;
}

/* A crafted size or exponent must not buy an attacker our time. */
static bool
is_affordable(const RSA *rsa)
{
	const BIGNUM *exponent;

	RSA_get0_key(rsa, NULL, &exponent, NULL);
	return RSA_bits(rsa) <= DKIM_RSA_BITS_MAX && exponent != NULL &&
	       BN_num_bits(exponent) <= EXPONENT_BITS_MAX;
}

static EVP_PKEY *
decode_key(struct text der)
{
	struct text rsa_text = der;
	const unsigned char *next;
	EVP_PKEY *key;
	RSA *rsa;

	(void)open_key_info(der, &rsa_text);
	next = (const unsigned char *)rsa_text.bytes;
	rsa = d2i_RSAPublicKey(NULL, &next, (long)rsa_text.length);
	if (rsa == NULL)
		return NULL;
	key = EVP_PKEY_new();
	if (next != (const unsigned char *)rsa_text.bytes + rsa_text.length ||
	    !is_affordable(rsa) || key == NULL || EVP_PKEY_assign_RSA(key, rsa) != 1) {
		EVP_PKEY_free(key);
		RSA_free(rsa);
		return NULL;
	}
	return key;
}

EVP_PKEY *
dkim_public_key_rsa(struct text der)
{
	EVP_PKEY *key;

	if (text_is_empty(der) || der.length > LONG_MAX)
		return NULL;
	key = find_key(der);
	if (key != NULL)
		return key;
	key = decode_key(der);
	if (key == NULL)
		ERR_clear_error();
	else
		keep_key(der, key);
	return key;
}

/* One DER element; its content is shorter than 64 KiB because keys are. */
static struct text
wrap_element(struct arena *arena, unsigned char tag, struct text content)
{
	char header[4] = { (char)tag, (char)0x82, (char)(unsigned char)(content.length >> 8),
			   (char)(unsigned char)(content.length & 0xff) };

	if (content.length >= 0x100)
		return text_join(arena, text_of(header, 4), content);
	header[2] = header[3];
	header[1] = (char)0x81;
	if (content.length >= 0x80)
		return text_join(arena, text_of(header, 3), content);
	header[1] = header[3];
	return text_join(arena, text_of(header, 2), content);
}

struct text
dkim_public_key_info(struct arena *arena, struct text der)
{
	struct text algorithm = text_of((const char *)rsa_algorithm, sizeof(rsa_algorithm));
	struct text rsa;
	struct text bits;

	if (open_key_info(der, &rsa) || der.length > DER_BYTES_MAX)
		return der;
	bits = wrap_element(arena, DER_BIT_STRING, text_join(arena, TEXT("\0"), der));
	return wrap_element(arena, DER_SEQUENCE, text_join(arena, algorithm, bits));
}

void
dkim_public_key_forget_all(void)
{
	for (size_t i = 0; i < DKIM_PUBLIC_KEYS_KEPT; i++) {
		struct entry old;

		pthread_mutex_lock(&entries_lock);
		old = entries[i];
		entries[i] = (struct entry){ 0 };
		pthread_mutex_unlock(&entries_lock);
		free(old.der);
		EVP_PKEY_free(old.key);
	}
}
