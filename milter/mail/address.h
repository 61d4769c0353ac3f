/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_ADDRESS_H
#define DMARCMILTER_MAIL_ADDRESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Envelope addresses, as MAIL FROM and RCPT TO carry them (RFC 5321 4.1.2):
 * with or without angle brackets, source route, quoted local-part, UTF-8.
 */
struct address {
	bool is_null;           /* "<>": the null reverse-path */
	bool is_valid;          /* local_part and domain can be used */
	struct text text;       /* what came in, without brackets and source route */
	struct text local_part; /* unquoted; empty when there was none */
	struct text domain;     /* normal form (mail/domain_name.h); empty if not usable */
	struct text mailbox;    /* local_part@domain, for comparing; empty unless is_valid */
};

/* Parses the first argument of MAIL or RCPT. Texts are in `arena`. Pure. */
struct address address_parse(struct arena *arena, struct text argument);

#endif
