/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_RESOLVER_LOOKUPS_H
#define DMARCMILTER_DNS_RESOLVER_LOOKUPS_H

#include "dns/answer_cache.h"
#include "dns/backend.h"
#include "dns/resolver_context.h"
#include "dns/resolver_plan.h"

/*
 * The questions that are with libunbound, what failed lately, and the contexts:
 * all that belongs to the resolver's thread. Only that thread calls these
 * functions, but for the first and the last, while it does not run.
 */
struct lookups;

/* Takes the plan over. `cache` gets each answer that may be kept. NULL on failure (the plan stays
 * the caller's), with a sentence for the operator. */
struct lookups *lookups_new(struct event_base *base, struct resolver_plan *plan,
			    struct answer_cache *cache, struct arena *arena,
			    struct text *reason_out);

/* Asks, or answers at once what failed a moment ago. Every request will be answered. */
void lookups_start(struct lookups *lookups, struct dns_request *request);

/* Nobody waits for a request any more, which may be answered already. Gives back one reference
 * of it. */
void lookups_give_up(struct dns_request *request);

/* Other settings and an empty memory; takes both over. The old context finishes what it has. */
void lookups_reload(struct lookups *lookups, struct resolver_plan *plan, struct context *context);

/* Answers every open question, and every later one, with "resolver stopped". */
void lookups_stop(struct lookups *lookups);

void lookups_free(struct lookups **lookups);

#endif
