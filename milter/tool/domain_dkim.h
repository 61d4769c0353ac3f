/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_DKIM_H
#define DMARCMILTER_TOOL_DOMAIN_DKIM_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/dkim_key.h"
#include "tool/domain_finding.h"
#include "tool/domain_run.h"

/*
 * The DKIM keys of a domain (RFC 6376 3.6). Selectors cannot be listed, so
 * those given, those of a message, and those that many sites use are tried.
 */
enum domain_selector_origin {
	DOMAIN_SELECTOR_GIVEN,
	DOMAIN_SELECTOR_OF_MESSAGE,
	DOMAIN_SELECTOR_COMMON          /* only kept when there is a record */
};

enum domain_key_state {
	DOMAIN_KEY_USABLE,
	DOMAIN_KEY_REVOKED,
	DOMAIN_KEY_ABSENT,
	DOMAIN_KEY_SEVERAL,             /* records at one name */
	DOMAIN_KEY_WRONG,               /* see problem */
	DOMAIN_KEY_UNANSWERED
};

struct domain_key {
	struct text selector;
	struct text domain;             /* d= */
	enum domain_selector_origin origin;
	struct text name;               /* SELECTOR._domainkey.d= */
	const struct dns_answer *answer;
	enum domain_key_state state;
	struct text record;
	struct dkim_key key;            /* USABLE, REVOKED */
	const char *problem;            /* WRONG: a literal */
	unsigned bits;                  /* of an RSA key */
	bool is_bare;                   /* RSA without the algorithm around it */
};

struct domain_dkim {
	struct text domain;
	struct domain_key *keys;
	size_t count;
	const struct dns_answer *above; /* TXT at _domainkey.DOMAIN */
	bool has_wildcard;              /* any selector has a record */
	bool hides_absence;             /* a selector that is not there is not said not to exist */
	bool has_message;
	bool is_signed_by_domain;       /* a signature of the message names a key of the domain */
	size_t foreign_signatures;
};

void domain_dkim_gather(const struct domain_run *run, struct domain_dkim *dkim);

/* Reads what a TXT answer for a key holds: fills all but selector, origin and name. */
void domain_key_read(struct arena *arena, const struct dns_answer *answer,
		     struct domain_key *key);

/* Pure. `sends_nothing`: SPF says so, and then no key is no fault. */
void domain_dkim_judge(const struct domain_dkim *dkim, bool sends_nothing,
		       struct domain_findings *findings);

#endif
