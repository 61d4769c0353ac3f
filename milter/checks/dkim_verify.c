/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim_verify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/macros.h"
#include "base/memory.h"
#include "checks/dkim_public_key.h"

/* A line of a body comes in three parts or more; a call of OpenSSL for each costs as
 * much as the hash. */
enum { GATHERED_MAX = 1024 };

struct dkim_body_hash {
	struct arena *arena;
	EVP_MD_CTX *context;
	struct canonical_body body;
	char gathered[GATHERED_MAX];    /* what the digest has not seen yet */
	size_t gathered_length;
	uint64_t length;        /* canonical bytes so far */
	uint64_t length_max;
	bool has_failed;
};

struct dkim_header_hash {
	struct arena *arena;
	EVP_MD_CTX *context;
	enum dkim_canonical_form form;
	bool has_failed;
};

/* Fetched once: an implicit fetch per digest takes locks that all threads share. Never freed. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void
fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

static void
release_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static EVP_MD_CTX *
begin_digest(struct arena *arena)
{
	EVP_MD_CTX *context;

	(void)pthread_once(&sha256_once, fetch_sha256);
	context = EVP_MD_CTX_new();
	if (context == NULL)
		return NULL;
	arena_on_empty(arena, release_context, context);
	return EVP_DigestInit_ex2(context, sha256, NULL) == 1 ? context : NULL;
}

static struct text
end_digest(struct arena *arena, EVP_MD_CTX *context, bool has_failed)
{
	unsigned char *bytes = arena_alloc(arena, EVP_MAX_MD_SIZE);
	unsigned length = 0;

	if (has_failed || EVP_DigestFinal_ex(context, bytes, &length) != 1)
		return TEXT("");
	return text_of((const char *)bytes, length);
}

static void
hash_bytes(struct dkim_body_hash *hash, const char *bytes, size_t length)
{
	if (length > 0 && EVP_DigestUpdate(hash->context, bytes, length) != 1)
		hash->has_failed = true;
}

static void
hash_gathered(struct dkim_body_hash *hash)
{
	hash_bytes(hash, hash->gathered, hash->gathered_length);
	hash->gathered_length = 0;
}

static void
hash_body_part(void *context, struct text part)
{
	struct dkim_body_hash *hash = context;
	uint64_t left = hash->length < hash->length_max ? hash->length_max - hash->length : 0;
	size_t length = part.length < left ? part.length : (size_t)left;

	hash->length += part.length;
	if (length > GATHERED_MAX - hash->gathered_length)
		hash_gathered(hash);
	if (length > GATHERED_MAX) {
		hash_bytes(hash, part.bytes, length);
	} else if (length > 0) {
		memcpy(hash->gathered + hash->gathered_length, part.bytes, length);
		hash->gathered_length += length;
	}
}

struct dkim_body_hash *
dkim_body_hash_begin(struct arena *arena, enum dkim_canonical_form form, uint64_t length_max)
{
	struct dkim_body_hash *hash = arena_alloc(arena, sizeof(*hash));

	hash->arena = arena;
	hash->length_max = length_max;
	hash->context = begin_digest(arena);
	if (hash->context == NULL)
		return NULL;
	canonical_body_begin(&hash->body, form, hash_body_part, hash);
	return hash;
}

void
dkim_body_hash_add(struct dkim_body_hash *hash, struct text chunk)
{
	canonical_body_add(&hash->body, chunk);
}

struct text
dkim_body_hash_end(struct dkim_body_hash *hash, uint64_t *length_out)
{
	canonical_body_end(&hash->body);
	hash_gathered(hash);
	*length_out = hash->length;
	return end_digest(hash->arena, hash->context, hash->has_failed);
}

struct dkim_header_hash *
dkim_header_hash_begin(struct arena *arena, enum dkim_canonical_form form)
{
	struct dkim_header_hash *hash = arena_alloc(arena, sizeof(*hash));

	hash->arena = arena;
	hash->form = form;
	hash->context = begin_digest(arena);
	return hash->context != NULL ? hash : NULL;
}

static void
hash_text(struct dkim_header_hash *hash, struct text text)
{
	if (text.length > 0 && EVP_DigestUpdate(hash->context, text.bytes, text.length) != 1)
		hash->has_failed = true;
}

void
dkim_header_hash_add(struct dkim_header_hash *hash, struct text name, struct text value)
{
	hash_text(hash, canonical_field(hash->arena, hash->form, name, value));
	hash_text(hash, TEXT("\r\n"));
}

/* The field of that name that `skip` others are below; NULL when there is none. */
static const struct header_field *
find_from_bottom(const struct header_field *fields, size_t field_count, struct text name,
		 size_t skip, const struct header_field *except)
{
	for (size_t i = field_count; i > 0; i--) {
		const struct header_field *field = &fields[i - 1];

		if (field == except || !text_equal_nocase(field->name, name))
			continue;
		if (skip == 0)
			return field;
		skip--;
	}
	return NULL;
}

void
dkim_header_hash_select(struct dkim_header_hash *hash, const struct header_field *fields,
			size_t field_count, const struct text *names, size_t name_count,
			const struct header_field *except)
{
	for (size_t i = 0; i < name_count; i++) {
		const struct header_field *field;
		size_t earlier = 0;

		for (size_t j = 0; j < i; j++)
			if (text_equal_nocase(names[i], names[j]))
				earlier++;
		field = find_from_bottom(fields, field_count, names[i], earlier, except);
		if (field != NULL)
			dkim_header_hash_add(hash, field->name, field->value);
	}
}

struct text
dkim_header_hash_end(struct dkim_header_hash *hash, const struct header_field *field,
		     size_t cut_start, size_t cut_end)
{
	struct text value = text_join(hash->arena, text_cut(field->value, 0, cut_start),
				      text_from_position(field->value, cut_end));

	hash_text(hash, canonical_field(hash->arena, hash->form, field->name, value));
	return end_digest(hash->arena, hash->context, hash->has_failed);
}

static EVP_PKEY *
open_key(const struct dkim_key *key)
{
	if (key->type == DKIM_KEY_RSA)
		return dkim_public_key_rsa(key->public_key);
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
					   (const unsigned char *)key->public_key.bytes,
					   key->public_key.length);
}

/* RFC 8017 8.2.2: RSASSA-PKCS1-v1_5 */
static enum dkim_fit
rsa_fits(EVP_PKEY *key, struct text hash, struct text signature)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	enum dkim_fit fit = DKIM_FIT_UNKNOWN;

	if (context != NULL && EVP_PKEY_verify_init(context) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(context, sha256) == 1)
		fit = EVP_PKEY_verify(context, (const unsigned char *)signature.bytes,
				      signature.length, (const unsigned char *)hash.bytes,
				      hash.length) == 1 ? DKIM_FIT_YES : DKIM_FIT_NO;
	EVP_PKEY_CTX_free(context);
	return fit;
}

/* RFC 8463 3: PureEdDSA over the hash. */
static enum dkim_fit
ed25519_fits(EVP_PKEY *key, struct text hash, struct text signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum dkim_fit fit = DKIM_FIT_UNKNOWN;

	if (context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1)
		fit = EVP_DigestVerify(context, (const unsigned char *)signature.bytes,
				       signature.length, (const unsigned char *)hash.bytes,
				       hash.length) == 1 ? DKIM_FIT_YES : DKIM_FIT_NO;
	EVP_MD_CTX_free(context);
	return fit;
}

/* Takes the thread's error queue, where a signature that does not fit leaves entries too. */
static bool
memory_was_missing(void)
{
	bool was_missing = false;
	unsigned long error;

	while ((error = ERR_get_error()) != 0)
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			was_missing = true;
	return was_missing;
}

enum dkim_fit
dkim_signature_fits(const struct dkim_key *key, struct text hash, struct text signature)
{
	EVP_PKEY *public_key;
	enum dkim_fit fit;

	(void)pthread_once(&sha256_once, fetch_sha256);
	if (hash.length != DKIM_HASH_BYTES)
		return DKIM_FIT_UNKNOWN;
	ERR_clear_error();
	/* Its bits were counted before, so that it can be read is known. */
	public_key = open_key(key);
	if (public_key == NULL)
		return DKIM_FIT_UNKNOWN;
	fit = key->type == DKIM_KEY_RSA ? rsa_fits(public_key, hash, signature)
					: ed25519_fits(public_key, hash, signature);
	EVP_PKEY_free(public_key);
	return memory_was_missing() && fit == DKIM_FIT_NO ? DKIM_FIT_UNKNOWN : fit;
}

static void *
take_memory(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_for_library(size);
}

/* As OpenSSL's own: no size frees. */
static void *
grow_memory(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size > 0)
		return memory_for_library_grow(old, size);
	free(old);
	return NULL;
}

static void
return_memory(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

bool
dkim_verify_guard_memory(void)
{
	return CRYPTO_set_mem_functions(take_memory, grow_memory, return_memory) == 1;
}

void
dkim_verify_leave_thread(void)
{
	OPENSSL_thread_stop();
}

unsigned
dkim_key_bits(const struct dkim_key *key)
{
	EVP_PKEY *public_key = open_key(key);
	int bits = 0;

	if (public_key != NULL)
		bits = key->type == DKIM_KEY_RSA ? EVP_PKEY_get_bits(public_key)
						 : DKIM_ED25519_KEY_BYTES * 8;
	EVP_PKEY_free(public_key);
	ERR_clear_error();
	return bits > 0 ? (unsigned)bits : 0;
}

struct text
dkim_signed_hash(struct arena *arena, const struct dkim_signature *signature,
		 const struct header_field *field, const struct header_field *fields,
		 size_t field_count)
{
	struct dkim_header_hash *hash = dkim_header_hash_begin(arena, signature->header_form);

	if (hash == NULL)
		return TEXT("");
	dkim_header_hash_select(hash, fields, field_count, signature->signed_names,
				signature->signed_name_count, field);
	return dkim_header_hash_end(hash, field, signature->signature_start,
				    signature->signature_end);
}
