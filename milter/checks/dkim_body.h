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
 * The body of a message. Most bodies are short, and whether libopendkim will be
 * asked about it too is known only at the end: so the first part is kept, and
 * hashing starts when the body grows past it or when a hash is asked for. A body
 * that was not kept whole is never libopendkim's, which keeps all that it takes
 * for one line, twice.
 */
enum { DKIM_BODY_KEPT_MAX = 16384 };

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
};

/* A form and length that may be asked for; its number. Before the first dkim_body_add(). */
size_t dkim_body_want(struct dkim_body *body, enum dkim_canonical_form form, uint64_t length_max);

void dkim_body_add(struct dkim_body *body, struct text chunk);

/* True when no CR is without LF, no LF without CR. */
bool dkim_body_is_plain(struct text body);

/* True when all of the body was kept, after the end: then it is kept_out. */
bool dkim_body_kept(const struct dkim_body *body, struct text *kept_out);

/* The hash of a variant, after the end; empty when OpenSSL failed. */
struct text dkim_body_find_hash(struct dkim_body *body, size_t variant, uint64_t *length_out);

#endif
