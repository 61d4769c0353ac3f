/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_AUTHOR_H
#define DMARCMILTER_MAIL_AUTHOR_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The author domain: the domain of RFC5322.From (RFC 9989 4.2, 5.3.1, 11.5).
 * Only this field counts. Several mailboxes of one domain are one author
 * domain. What cannot be parsed cleanly gives no domain, never a guess.
 */
enum author_status {
	AUTHOR_NOT_KNOWN,       /* not looked at yet */
	AUTHOR_ONE_DOMAIN,      /* `domain` can be used */
	AUTHOR_NO_FIELD,        /* no From field */
	AUTHOR_SEVERAL_FIELDS,  /* more than one From field */
	AUTHOR_SEVERAL_DOMAINS, /* one field, mailboxes of different domains */
	/* well formed, but without a domain: empty group, address literal */
	AUTHOR_NO_DOMAIN,
	AUTHOR_MALFORMED        /* cannot be parsed, or its domain is no domain name */
};

struct author {
	enum author_status status;
	struct text domain;     /* normal form; only for AUTHOR_ONE_DOMAIN */
	const char *reason;     /* a literal: what is wrong; NULL for AUTHOR_ONE_DOMAIN */
};

/*
 * From the values of all From fields of a message (`count` may be 0). Values
 * are as the MTA gives them: leading space kept, folds as LF or CRLF and blank.
 * Texts are in `arena`. Pure.
 */
struct author author_from_fields(struct arena *arena, const struct text *values, size_t count);

#endif
