/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DKIM_KEYGEN_H
#define DMARCMILTER_TOOL_DKIM_KEYGEN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/dkim_key.h"

/* Key pairs for DKIM signers (RFC 8301 3.2: RSA of 2048 bits; RFC 8463: Ed25519). */
struct dkim_key_pair {
	struct text private_key;        /* PEM, PKCS #8 */
	struct text record;             /* the TXT record: "v=DKIM1; k=rsa; p=..." */
};

/* False when OpenSSL makes none. The private key is wiped from OpenSSL's memory, not from ours. */
bool dkim_keygen(struct arena *arena, enum dkim_key_type type, struct dkim_key_pair *pair_out);

/*
 * Writes a private key to a new file that only its owner may read. A file that
 * is there already is never touched. False with what is wrong.
 */
bool dkim_keygen_save(struct arena *arena, const char *path, struct text private_key,
		      struct text *reason_out);

#endif
