/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_DKIM_KEY_H
#define DMARCMILTER_MAIL_DKIM_KEY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The DKIM key record (RFC 6376 3.6.1, RFC 8301, RFC 8463): a parser. Pure.
 */
enum {
	DKIM_ED25519_KEY_BYTES = 32,
	/* of p=, decoded: more than RSA of 8192 bits needs */
	DKIM_PUBLIC_KEY_BYTES_MAX = 2048
};

enum dkim_key_type {
	DKIM_KEY_UNKNOWN,
	DKIM_KEY_RSA,
	DKIM_KEY_ED25519
};

struct dkim_key {
	enum dkim_key_type type;        /* k=, rsa by default */
	struct text public_key; /* p=, decoded: DER for RSA, the 32 raw bytes for Ed25519 */
	bool is_revoked;        /* p= is empty */
	bool allows_sha256;     /* h= */
	bool is_for_mail;       /* s= names email or "*" */
	bool is_testing;        /* t=y */
	bool is_strict;         /* t=s: i= must not be below d= */
};

/*
 * Parses a record. NULL on success, with the key in *key_out; else what is
 * wrong, a literal. Whether the key may be used (revoked, hash, service) is
 * the caller's question.
 */
const char *dkim_key_parse(struct arena *arena, struct text record, struct dkim_key *key_out)
	ATTRIBUTE_RESULT_MATTERS;

#endif
