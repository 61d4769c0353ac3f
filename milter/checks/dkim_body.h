/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DKIM_BODY_H
#define DMARCMILTER_CHECKS_DKIM_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/dkim_verify.h"
#include "mail/dkim_signature.h"

/*
 * The body of a message as our own verifier needs it. Whether it is needed is
 * often known only at the end (a bare CR or LF in the body, a key too long for
 * libopendkim), and most bodies are short: so the first part is kept, and
 * hashing starts when the body grows past it or when a hash is asked for.
 */
enum {
	DKIM_BODY_KEPT_MAX = 65536,
	/* bytes; RFC 5321 4.5.3.1.6 allows 1000, and MTAs split what is much longer */
	DKIM_BODY_LINE_LONG = 65536
};

struct dkim_body {
	struct arena *arena;
	struct dkim_body_variant {
		enum dkim_canonical_form form;
		uint64_t length_max;
		struct dkim_body_hash *hash;    /* NULL until hashing starts */
		struct text result;
		uint64_t length;        /* canonical bytes of the whole body */
		bool is_finished;
	} *variants;
	size_t variant_count;
	size_t variant_capacity;
	char *kept;
	size_t kept_length;
	size_t kept_capacity;
	bool is_hashing;        /* the body did not fit into `kept` */
	bool has_bare_line_end; /* a CR without LF or LF without CR; final after dkim_body_end() */
	bool has_long_line;     /* of more than DKIM_BODY_LINE_LONG, and more than a chunk */
	bool ends_in_cr;
	bool ends_in_crlf;
	size_t line_bytes;      /* of the last line, so far */
	uint64_t bytes;
};

/* A form and length that may be asked for; its number. Before the first dkim_body_add(). */
size_t dkim_body_want(struct dkim_body *body, enum dkim_canonical_form form, uint64_t length_max);

void dkim_body_add(struct dkim_body *body, struct text chunk);

/* No more is to come. */
void dkim_body_end(struct dkim_body *body);

/* The hash of a variant, after the end; empty when OpenSSL failed. */
struct text dkim_body_find_hash(struct dkim_body *body, size_t variant, uint64_t *length_out);

#endif
