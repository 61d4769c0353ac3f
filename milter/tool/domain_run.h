/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_RUN_H
#define DMARCMILTER_TOOL_DOMAIN_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "config/config.h"
#include "dns/dns.h"

/*
 * What the parts of `dmarcmilter-check domain` share while they gather facts.
 * Gathering never waits: every part looks at the answers at hand, asks for
 * what follows from them, and is called again when more have come, until
 * nothing is outstanding. So all parts ask at the same time, and what a part
 * found is whole in the last round. One thread.
 */
struct domain_selector {
	struct text name;               /* normal form, any number of labels */
	struct text domain;             /* d=: at, below or above the domain examined */
	bool is_from_message;
};

struct domain_wishes {
	struct text domain;             /* normal form */
	struct ip *addresses;           /* --ip: they send for the domain */
	size_t address_count;
	struct domain_selector *selectors;      /* --selector, --message */
	size_t selector_count;
	struct text helo;               /* --helo, normal form; or empty */
	struct text *block_lists;       /* --dnsbl, normal form */
	size_t block_list_count;
	bool has_message;               /* --message */
	size_t foreign_signatures;      /* of the message: d= neither at, below nor above us */
};

struct domain_run {
	struct arena *arena;
	const struct config *config;
	struct dns_session *dns;
	const struct domain_wishes *wishes;
	bool is_validating;             /* answers say whether DNSSEC proved them */
	bool is_offline;                /* answers are of a zone text */
};

/* The answer at hand; asks when it was not asked yet. Never NULL. */
const struct dns_answer *domain_answer(const struct domain_run *run, struct text name,
				       enum dns_type type);

/* The same for the name `prefix`.`name`. */
const struct dns_answer *domain_answer_below(const struct domain_run *run, const char *prefix,
					     struct text name, enum dns_type type);

/* True when it is known that there is or is not a record: not PENDING, RETRY, LIMIT. */
bool domain_answer_is_known(const struct dns_answer *answer);

/* Why it is not known: "SERVFAIL", "timeout", ... */
const char *domain_answer_trouble(const struct dns_answer *answer);

/* A text from DNS for a sentence: nothing that a terminal minds, and "..." for a long rest. */
struct text domain_excerpt(struct arena *arena, struct text text);

/* A host name and its addresses. */
struct domain_host {
	struct text name;
	const struct dns_answer *a;
	const struct dns_answer *aaaa;
	struct ip *addresses;
	size_t address_count;
	struct text alias_target;       /* where the CNAME at the name leads in the end; or empty */
};

struct domain_host domain_host_look_up(const struct domain_run *run, struct text name);

bool domain_host_has(const struct domain_host *host, struct ip ip);

/* True when one of the two answers is not known. */
bool domain_host_is_unknown(const struct domain_host *host);

/* True when both say that the name does not exist. */
bool domain_host_is_absent(const struct domain_host *host);

/* "192.0.2.1, 2001:db8::1"; empty without addresses. */
struct text domain_host_addresses(struct arena *arena, const struct domain_host *host);

#endif
