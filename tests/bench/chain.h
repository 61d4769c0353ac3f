/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BENCH_CHAIN_H
#define TESTS_BENCH_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/*
 * The longest chain of questions that a message of the benchmark's world needs:
 * how many answers have to come from far away, one after the other, until SPF,
 * DKIM, DMARC and iprev are known. A question can be asked as soon as the message
 * or an answer names it, so what is named together is asked together and counts
 * once: the includes of a record, the names of a tree walk. A name that a message
 * before has needed is in a cache near by and costs nothing.
 */
enum {
	CHAIN_DOMAINS_MAX = 5000,
	CHAIN_PROVIDERS = 10
};

/* How a domain publishes its servers. */
enum spf_shape { SPF_IP4, SPF_PROVIDER, SPF_MX, SPF_A, SPF_CHAIN, SPF_REDIRECT, SPF_SOFT, SPF_LONG,
		 SPF_NONE, SPF_SHAPES };

enum message_kind { MESSAGE_SIGNED, MESSAGE_SUBDOMAIN, MESSAGE_UNSIGNED, MESSAGE_BROKEN,
		    MESSAGE_FORWARDED, MESSAGE_SPOOFED, MESSAGE_KINDS };

struct chain_letter {
	size_t domain;          /* of the sender, below CHAIN_DOMAINS_MAX */
	enum spf_shape spf;
	bool has_pointer;       /* the domain's own mail server */
	enum message_kind kind;
};

/* What has been asked so far. */
struct chain;

struct chain *chain_new(struct arena *arena);

/* The chain of the next message, with all before it in the caches. */
unsigned chain_add(struct chain *chain, const struct chain_letter *letter);

#endif
