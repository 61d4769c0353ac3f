/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_SUPPORT_DKIM_SIGN_H
#define DMARCMILTER_TESTS_SUPPORT_DKIM_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/message.h"

/*
 * A DKIM signer for tests and the demo: signs what one asks for, also what no
 * honest signer would. Zero values mean: rsa-sha256 or ed25519-sha256 as the
 * key is, relaxed/relaxed, h=From, no optional tag.
 */
struct dkim_sign_options {
	struct text domain;             /* d= as written */
	struct text selector;           /* s= as written */
	const char *key_file;           /* private key, PEM */
	const char *algorithm;          /* a=; rsa-sha1 is possible */
	const char *forms;              /* c= as written */
	const char *fields;             /* h= as written */
	const char *extra;              /* further tags as they stand, each followed by ";" */
	bool has_length;                /* l= */
	uint64_t length;
	int64_t timestamp;              /* t=; 0: none */
	int64_t expiration;             /* x=; 0: none */
};

/*
 * The message (CRLF line ends) with a DKIM-Signature field on top, in `arena`.
 * False, with a sentence on stderr, when the key cannot be read or used.
 */
bool dkim_sign(struct arena *arena, const struct dkim_sign_options *options, struct text message,
	       struct text *signed_out);

/*
 * An ARC sealer for tests, which does not look at what it seals. Zero values
 * mean: relaxed/relaxed, h=from:to:subject, cv= as the instance wants it.
 */
struct arc_seal_options {
	unsigned instance;              /* i= */
	struct text domain;             /* d= of both fields as written */
	struct text selector;           /* s= of both */
	const char *key_file;           /* private key, PEM */
	const char *algorithm;          /* a= of both */
	const char *seal_algorithm;     /* a= of the seal alone */
	const char *forms;              /* c= as written, both parts */
	const char *fields;             /* h= as written */
	const char *chain_validation;   /* cv= */
	const char *message_extra;      /* further tags, each followed by ";" */
	const char *seal_extra;
	const char *results;            /* what stands behind "i=N;": an id and results */
};

/* The message (CRLF line ends) with an ARC set on top, in `arena`; otherwise as dkim_sign(). */
bool arc_seal(struct arena *arena, const struct arc_seal_options *options, struct text message,
	      struct text *sealed_out);

/* The TXT record for a key: "v=DKIM1; k=...; p=...". */
bool dkim_sign_key_record(struct arena *arena, const char *key_file, struct text *record_out);

/* Splits a message with CRLF line ends into fields, as a milter gets them, and the body. */
void dkim_sign_split(struct arena *arena, struct text text, struct message *message,
		     struct text *body_out);

#endif
