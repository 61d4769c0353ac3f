/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DKIM_KEYGEN_H
#define DMARCMILTER_TOOL_DKIM_KEYGEN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/dkim_key.h"

/*
 * Keys for signing with DKIM, made and read with OpenSSL's EVP interface. What
 * was secret is wiped from memory. One thread.
 */

/*
 * "dmarcmilter-check domain DOMAIN --dkim-keygen rsa|ed25519 --selector NAME":
 * makes a key of RSA with 2048 bits or of Ed25519, writes its private part as
 * PEM into a new file of mode 0600 and its TXT record to standard output.
 * Arguments and exit status as those of domain_command().
 */
int dkim_keygen_command(int count, char **arguments);

/* True when the command line of "domain" asks for it. */
bool dkim_keygen_is_wanted(int count, char *const *arguments);

/*
 * Makes a key: *private_out is PEM (PKCS 8), *record_out "v=DKIM1; k=...; p=...".
 * False when OpenSSL refuses. The PEM is in `arena`; dkim_keygen_wipe() it after use.
 */
bool dkim_keygen_make(struct arena *arena, enum dkim_key_type type, struct text *private_out,
		      struct text *record_out);

void dkim_keygen_wipe(struct text secret);

/* The record of a key in a PEM file, private or public. False with a reason. */
bool dkim_keygen_read_record(struct arena *arena, const char *path, struct text *record_out,
			     struct text *reason_out);

/*
 * Writes a new file that only its owner can read, never over another one or behind a
 * symbolic link. False with a reason; then there is no file.
 */
bool dkim_keygen_write(struct arena *arena, const char *path, struct text content,
		       struct text *reason_out);

#endif
