/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DKIM_KEYGEN_H
#define DMARCMILTER_TOOL_DKIM_KEYGEN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/dkim_key.h"

/*
 * Keys for signing with DKIM (RFC 8301 3.2: RSA of 2048 bits; RFC 8463: Ed25519), made
 * and read with OpenSSL's EVP interface. One thread.
 */
struct dkim_key_pair {
	struct text private_key;        /* PEM, PKCS #8 */
	struct text record;             /* the TXT record: "v=DKIM1; k=rsa; p=..." */
};

/*
 * False when OpenSSL makes none. The private key is wiped from OpenSSL's memory with the
 * arena; dkim_keygen_wipe() it from ours after use.
 */
bool dkim_keygen(struct arena *arena, enum dkim_key_type type, struct dkim_key_pair *pair_out);

void dkim_keygen_wipe(struct text secret);

/*
 * Writes a private key to a new file that only its owner may read. A file that
 * is there already, or stands behind a symbolic link, is never touched. False
 * with what is wrong; then there is no new file.
 */
bool dkim_keygen_save(struct arena *arena, const char *path, struct text private_key,
		      struct text *reason_out);

/* The TXT record of a key in a PEM file, private or public. False with a reason. */
bool dkim_keygen_read_record(struct arena *arena, const char *path, struct text *record_out,
			     struct text *reason_out);

#endif
