/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_ARC_SET_H
#define DMARCMILTER_MAIL_ARC_SET_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/dkim_signature.h"
#include "mail/message.h"

/*
 * The ARC sets of a message (RFC 8617 4): collects the three fields of each
 * instance and holds them to every rule that needs neither DNS nor
 * cryptography (RFC 8617 5.2, steps 1 to 3). Pure.
 */
enum {
	ARC_INSTANCE_MAX = 50,  /* RFC 8617 4.2.1 */
	/*
	 * Sets that we verify. Each costs two signatures and up to two questions,
	 * and no mail has passed ten sealers that is not in a loop.
	 */
	ARC_SETS_MAX = 10,
	ARC_FIELD_BYTES_MAX = 65536     /* of one field: every seal hashes all those before it */
};

enum arc_chain_status {
	ARC_CHAIN_NONE,         /* no field of ARC in the message */
	ARC_CHAIN_SOUND,        /* complete and well formed; the signatures are not verified */
	ARC_CHAIN_BROKEN        /* breaks a rule: the chain has failed (RFC 8617 5.2.1) */
};

/* One instance of a sound chain. */
struct arc_set {
	const struct header_field *results_field;       /* ARC-Authentication-Results */
	const struct header_field *message_field;       /* ARC-Message-Signature */
	const struct header_field *seal_field;          /* ARC-Seal */
	struct text results;    /* behind "i=N;": an Authentication-Results value */
	struct dkim_signature message_signature;
	struct dkim_signature seal;
};

struct arc_chain {
	enum arc_chain_status status;
	const char *reason;     /* a literal; NULL unless broken */
	size_t count;           /* instances of a sound chain, 1 to ARC_SETS_MAX; else 0 */
	struct arc_set *sets;   /* instance i is sets[i - 1] */
};

/* Texts share the bytes of the fields or are in `arena`; `fields` must live as long. */
struct arc_chain arc_chain_collect(struct arena *arena, const struct header_field *fields,
				   size_t field_count);

/* The instance of an ARC-Authentication-Results value, and what follows; 0 when there is none. */
unsigned arc_results_instance(struct text value, struct text *rest_out);

#endif
