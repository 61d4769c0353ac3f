/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_RESOLVER_CONTEXT_H
#define DMARCMILTER_DNS_RESOLVER_CONTEXT_H

#include <event2/event.h>
#include <unbound.h>

#include "dns/resolver_plan.h"

/*
 * A context of libunbound for the event interface, made from a plan: a cache
 * and the questions on their way. It is made by any thread; from the first
 * question on it belongs to the thread of the event base.
 */
/* A context of libunbound: a cache and its questions. */
struct context {
	struct context *next;
	struct ub_ctx *library;
	unsigned generation;
	size_t open;                    /* lookups of ours that are not answered */
};

/* NULL on failure. */
struct context *context_new(struct event_base *base, const struct resolver_plan *plan);

/* As context_new(), with a sentence for the operator. */
struct context *context_open(struct event_base *base, const struct resolver_plan *plan,
			     struct arena *arena, struct text *reason_out);

/* Never from inside a callback of the context. */
void context_free(struct context *context);

#endif
