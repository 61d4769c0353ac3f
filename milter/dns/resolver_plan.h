/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_RESOLVER_PLAN_H
#define DMARCMILTER_DNS_RESOLVER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "dns/resolver.h"

/*
 * The resolver's settings, checked and made ready: servers read, descriptors
 * counted. Lives in an arena of its own; immutable once made.
 */
struct resolver_plan {
	struct arena *arena;
	const char **forwards;          /* "ip@port"; none: recursion from the root */
	size_t forward_count;
	const char *trust_anchor_file;  /* or NULL */
	int64_t timeout;                /* milliseconds */
	int64_t failure_memory;         /* milliseconds */
	size_t answer_bytes;            /* of the cache before the thread (answer_cache.h) */
	size_t cache_bytes;             /* of libunbound's */
	size_t sockets;                 /* outgoing, at a time */
};

/* NULL on failure, with a sentence for the operator in *reason_out. May raise the descriptor
 * limit. */
struct resolver_plan *resolver_plan_new(const struct resolver_settings *settings,
					struct arena *arena, struct text *reason_out);
void resolver_plan_free(struct resolver_plan **plan);

#endif
