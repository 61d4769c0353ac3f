/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_ZONE_TEMPLATE_H
#define DMARCMILTER_TOOL_ZONE_TEMPLATE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "mail/result.h"

/* What a zone is made of. Names are in normal form. */
struct zone_template {
	struct text domain;
	struct text host;               /* of the mail server */
	const struct ip *addresses;     /* of that host; at least one */
	size_t address_count;
	const struct text *name_servers;        /* none: ns1 and ns2 of the domain itself */
	size_t name_server_count;
	struct text selector;
	struct text key_record;         /* empty: a comment says how to make a key */
	enum dmarc_policy policy;
	struct text reports;            /* address of DMARC and TLS reports */
};

/*
 * Writes a zone file (RFC 1035, 5) with all that receivers want of a domain that
 * sends and gets mail, and what belongs elsewhere, or needs more, as comments.
 * Pure.
 */
void zone_template_write(struct arena *arena, const struct zone_template *template,
			 struct textbuf *out);

#endif
