/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_DKIM_SIGNATURE_H
#define DMARCMILTER_MAIL_DKIM_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The DKIM-Signature field (RFC 6376 3.5, RFC 8463, RFC 8616 5), parsed and
 * validated as RFC 6376 6.1.1 asks for. What passes here holds no surprise for
 * whoever reads the field after us: each tag once, each value of its grammar,
 * i= at or below d=, From signed. Pure.
 */
enum {
	DKIM_SIGNED_NAMES_MAX = 100,    /* names in h=: each costs a walk over the header */
	DKIM_SIGNATURE_BYTES_MAX = 1024 /* of b=, decoded: RSA of 8192 bits */
};

enum dkim_algorithm {
	DKIM_ALGORITHM_UNKNOWN,
	DKIM_RSA_SHA1,          /* known, never valid (RFC 8301 3.1) */
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256
};

enum dkim_canonical_form {
	DKIM_SIMPLE,
	DKIM_RELAXED
};

enum dkim_signature_status {
	DKIM_SIGNATURE_VALID,           /* can be verified */
	DKIM_SIGNATURE_MALFORMED,       /* breaks the grammar or a rule of RFC 6376 6.1.1 */
	DKIM_SIGNATURE_NOT_SUPPORTED    /* well formed, but nothing that we can process */
};

struct dkim_signature {
	enum dkim_signature_status status;
	const char *reason;     /* a literal; NULL when valid */

	/* Filled as far as readable, whatever the status. */
	struct text domain;     /* d=, normal form */
	struct text selector;   /* s=, normal form */
	struct text algorithm_text;     /* a=, lower case */
	struct text signature_text;     /* b= without white space */
	struct text identity;   /* i= as written without white space; empty when absent */

	/* Valid signatures only. */
	enum dkim_algorithm algorithm;
	enum dkim_canonical_form header_form;
	enum dkim_canonical_form body_form;
	struct text *signed_names;      /* h=, as written */
	size_t signed_name_count;
	struct text body_hash;  /* bh=, decoded; as long as the hash is */
	struct text signature;  /* b=, decoded */
	size_t signature_start; /* where b='s raw value begins in the field's value */
	size_t signature_end;   /* and where it ends: RFC 6376 3.7 takes it out, blanks included */
	bool has_body_length;   /* l= */
	uint64_t body_length;
	bool has_timestamp;     /* t= */
	int64_t timestamp;
	bool has_expiration;    /* x= */
	int64_t expiration;
	bool identity_is_below; /* the domain of i= is below d=, not equal (RFC 6376 3.6.1 t=s) */
	bool has_u_labels;      /* d=, i= or s= hold bytes that are not ASCII */
};

/* Parses a field's value. Texts are in `arena` or share the bytes of `value`. */
struct dkim_signature dkim_signature_parse(struct arena *arena, struct text value);

/*
 * The two signing fields of an ARC set, as far as they are DKIM's: without v=,
 * and i= is no identity. ARC-Message-Signature (RFC 8617 4.1.2): h= may be
 * empty and need not name From. ARC-Seal (RFC 8617 4.1.3): an h= is an error,
 * there is no body hash, the form is relaxed. What is ARC's own, i=, cv= and
 * what h= must not name, is the business of mail/arc_set.h.
 */
struct dkim_signature dkim_signature_parse_arc_message(struct arena *arena, struct text value);
struct dkim_signature dkim_signature_parse_arc_seal(struct arena *arena, struct text value);

/* The name to ask for the key: selector._domainkey.domain (RFC 6376 3.6.2.1). */
struct text dkim_signature_key_name(struct arena *arena, const struct dkim_signature *signature);

/* True when h= names the field. */
bool dkim_signature_covers(const struct dkim_signature *signature, struct text name);

#endif
