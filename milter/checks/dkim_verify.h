/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DKIM_VERIFY_H
#define DMARCMILTER_CHECKS_DKIM_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/canonical.h"
#include "mail/dkim_key.h"
#include "mail/dkim_signature.h"
#include "mail/message.h"

/*
 * Our own DKIM verifier, with OpenSSL: it judges every signature, of DKIM and of ARC.
 * libopendkim only gives a second opinion (checks/dkim.c). Only SHA-256. Safe from
 * any thread, each with objects of its own.
 */
enum { DKIM_HASH_BYTES = 32 };

/* A body hash on its way. Freed with the arena it was made in. */
struct dkim_body_hash;

/*
 * `length_max`: l=, how many canonical bytes are hashed; UINT64_MAX for all.
 * NULL when OpenSSL fails.
 */
struct dkim_body_hash *dkim_body_hash_begin(struct arena *arena, enum dkim_canonical_form form,
					    uint64_t length_max);
void dkim_body_hash_add(struct dkim_body_hash *hash, struct text chunk);

/*
 * The hash; empty when OpenSSL failed. *length_out: canonical bytes of the whole body.
 * Call once.
 */
struct text dkim_body_hash_end(struct dkim_body_hash *hash, uint64_t *length_out);

struct dkim_header_hash;

/* A SHA-256 over canonical fields, each but the last followed by CRLF. NULL when OpenSSL fails. */
struct dkim_header_hash *dkim_header_hash_begin(struct arena *arena, enum dkim_canonical_form form);

/*
 * RFC 6376 5.4.2: adds the fields that `names` selects, from the bottom of
 * `fields` up; a name used up selects nothing. `except` is never selected.
 */
void dkim_header_hash_select(struct dkim_header_hash *hash, const struct header_field *fields,
			     size_t field_count, const struct text *names, size_t name_count,
			     const struct header_field *except);

/* Adds one field with its line end. */
void dkim_header_hash_add(struct dkim_header_hash *hash, struct text name, struct text value);

/*
 * Adds the signing field itself, last and without line end; the bytes of its
 * value from `cut_start` to `cut_end` (b='s value) are left out.
 */
struct text dkim_header_hash_end(struct dkim_header_hash *hash, const struct header_field *field,
				 size_t cut_start, size_t cut_end);

enum dkim_fit {
	DKIM_FIT_NO,            /* the signature is of something else, or of another key */
	DKIM_FIT_YES,
	DKIM_FIT_UNKNOWN        /* OpenSSL failed: nothing is known of the signature */
};

/* Whether `signature` is that of `hash` by the key (RFC 6376 6.1.3, RFC 8463 3). */
enum dkim_fit dkim_signature_fits(const struct dkim_key *key, struct text hash,
				  struct text signature);

/*
 * Gives back what OpenSSL keeps for the calling thread, which does not verify any more.
 * OpenSSL does so itself when a thread ends, but then the process may be gone before.
 */
void dkim_verify_leave_thread(void);

/*
 * Without memory OpenSSL fails in ways that look like a bad signature or key, and
 * libopendkim takes them for that. So it ends the process instead, as our own code
 * does. For the whole process; to be called before anything else of OpenSSL. False
 * when it is too late.
 */
bool dkim_verify_guard_memory(void);

/* The bits of a key: modulus of RSA, 256 of Ed25519; 0 when the key cannot be read. */
unsigned dkim_key_bits(const struct dkim_key *key);

/* The hash that the signature in `field` signs, over the header of its message. */
struct text dkim_signed_hash(struct arena *arena, const struct dkim_signature *signature,
			     const struct header_field *field, const struct header_field *fields,
			     size_t field_count);

#endif
