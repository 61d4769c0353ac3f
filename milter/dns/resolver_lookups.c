/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver_lookups.h"

#include <stdlib.h>
#include <unbound.h>
#include <unbound-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "dns/failure_memory.h"
#include "dns/packet.h"

enum {
	CLASS_IN = 1,
	LIBRARY_MEMORY_MILLISECONDS = 5000,     /* of failures, in libunbound */
	LIBRARY_BUSY_MILLISECONDS = 15000,      /* the longest it goes on with what we gave up */
	RENEWAL_MILLISECONDS = 1000,            /* between contexts, if failures are remembered */
	RETIRED_MAX = 64,
	TIMEOUTS_IN_A_ROW = 20,                 /* worth a warning */
	WARNING_MILLISECONDS = 60000,           /* between warnings */
	SECURE_BOGUS = 1,                       /* values of the callback's `secure` */
	SECURE_YES = 2
};

/* A request while it is with libunbound. */
struct lookup {
	struct lookup *next;
	struct lookup **place;          /* of the pointer to this one */
	struct lookups *all;
	struct context *context;
	struct dns_request *request;    /* NULL: answered */
	struct event *timer;
	int id;
	bool is_in_call;                /* libunbound was asked and has not returned yet */
	bool is_repeated;               /* in a fresh context */
	bool is_stale;                  /* the answer is a failure from libunbound's own memory */
};

struct lookups {
	struct event_base *base;
	struct event *sweep;
	struct resolver_plan *plan;
	struct context *current;
	struct context *retired;        /* contexts that have questions to finish */
	size_t retired_count;
	unsigned generation;
	int64_t renewed;                /* when the current context was made */
	struct lookup *open;
	struct failure_memory *failures;
	struct answer_cache *cache;     /* the resolver's */
	unsigned timeouts_in_a_row;
	int64_t warned;
	bool is_stopping;               /* nothing new is asked */
};

/* The old context finishes what it has. */
static void
context_replace(struct lookups *lookups, struct context *context)
{
	lookups->current->next = lookups->retired;
	lookups->retired = lookups->current;
	lookups->retired_count++;
	lookups->current = context;
	context->generation = ++lookups->generation;
	lookups->renewed = clock_milliseconds();
	event_active(lookups->sweep, 0, 0);
}

/* Frees contexts that have finished. Never called from inside libunbound. */
static void
on_sweep(evutil_socket_t descriptor, short what, void *data)
{
	struct lookups *lookups = data;
	struct context **place = &lookups->retired;

	(void)descriptor;
	(void)what;
	while (*place != NULL) {
		struct context *context = *place;

		if (context->open > 0) {
			place = &context->next;
			continue;
		}
		*place = context->next;
		lookups->retired_count--;
		context_free(context);
	}
}

/* Counts questions in a row that nobody answered, and says so now and then. */
static void
note_timeout(struct lookups *lookups)
{
	int64_t now = clock_milliseconds();

	if (++lookups->timeouts_in_a_row < TIMEOUTS_IN_A_ROW ||
	    (lookups->warned != 0 && now - lookups->warned < WARNING_MILLISECONDS))
		return;
	lookups->warned = now;
	log_message(LOG_LEVEL_WARNING, "the name servers left the last %u questions unanswered; "
		    "mail is accepted or deferred as configured for DNS errors",
		    lookups->timeouts_in_a_row);
}

static void
remember(struct lookups *lookups, const struct lookup *lookup, const char *reason)
{
	struct failure failure = {
		.until = clock_milliseconds() + lookups->plan->failure_memory,
		.reason = reason,
		.generation = lookup->context->generation,
	};

	failure_memory_put(lookups->failures, lookup->request->name, lookup->request->type,
			   failure);
}

/* Takes the lookup out of the lists; whoever calls frees it. */
static void
unlink_lookup(struct lookup *lookup)
{
	*lookup->place = lookup->next;
	if (lookup->next != NULL)
		lookup->next->place = lookup->place;
	if (lookup->timer != NULL)
		event_free(lookup->timer);
	lookup->context->open--;
	if (lookup->context->open == 0 && lookup->context != lookup->all->current)
		event_active(lookup->all->sweep, 0, 0);
	lookup->request->backend_data = NULL;
}

static void
end_lookup(struct lookup *lookup, const uint8_t *packet, size_t length, bool is_secure,
	   const char *reason)
{
	struct dns_request *request = lookup->request;

	unlink_lookup(lookup);
	lookup->request = NULL;
	dns_request_answer(request, packet, length, is_secure, reason);
	if (!lookup->is_in_call)
		free(lookup);
}

static bool
is_failure(unsigned rcode)
{
	return rcode != RCODE_NO_ERROR && rcode != RCODE_NXDOMAIN;
}

static void
take_answer(struct lookup *lookup, const uint8_t *packet, size_t length, bool is_secure)
{
	struct lookups *lookups = lookup->all;
	const struct dns_request *request = lookup->request;

	lookups->timeouts_in_a_row = 0;
	failure_memory_remove(lookups->failures, request->name, request->type);
	/* What an old context brings may be from before a reload. */
	if (lookup->context == lookups->current)
		answer_cache_put(lookups->cache, request->name, request->type, packet, length,
				 is_secure, clock_milliseconds());
	end_lookup(lookup, packet, length, is_secure, NULL);
}

/*
 * libunbound's callback. A failure that it has in its cache comes with `rcode`
 * 0, so the packet's own RCODE counts too; a fresh one may come with a packet
 * that says nothing.
 */
static void
on_result(void *data, int rcode, void *packet, int length, int secure, char *why_bogus,
	  int was_ratelimited)
{
	struct lookup *lookup = data;
	const uint8_t *bytes = packet;
	bool is_whole = bytes != NULL && length >= PACKET_HEADER_SIZE;
	bool says_failure = is_whole && is_failure(bytes[3] & 0x0f);

	(void)why_bogus;
	(void)was_ratelimited;
	if (rcode == 0 && is_whole && !says_failure && secure != SECURE_BOGUS) {
		take_answer(lookup, bytes, (size_t)length, secure == SECURE_YES);
		return;
	}
	if (lookup->is_in_call && !lookup->is_repeated &&
	    lookup->all->plan->failure_memory < LIBRARY_MEMORY_MILLISECONDS) {
		lookup->is_stale = true;
		return;
	}
	if (secure == SECURE_BOGUS) {
		remember(lookup->all, lookup, "DNSSEC bogus");
		end_lookup(lookup, NULL, 0, false, "DNSSEC bogus");
	} else if (says_failure) {
		remember(lookup->all, lookup, "remembered failure");
		end_lookup(lookup, bytes, (size_t)length, false, NULL);
	} else {
		remember(lookup->all, lookup, "SERVFAIL");
		end_lookup(lookup, NULL, 0, false, "SERVFAIL");
	}
}

static void
on_timeout(evutil_socket_t descriptor, short what, void *data)
{
	struct lookup *lookup = data;

	(void)descriptor;
	(void)what;
	note_timeout(lookup->all);
	remember(lookup->all, lookup, "timeout");
	(void)ub_cancel(lookup->context->library, lookup->id);
	end_lookup(lookup, NULL, 0, false, "timeout");
}

/*
 * A context that has forgotten. libunbound's own memory of failures cannot be
 * switched off, and a question that was given up keeps running inside it, so a
 * site (a test) that wants less memory pays with the cache.
 */
static bool
renew(struct lookups *lookups)
{
	struct context *context;

	if (lookups->retired_count >= RETIRED_MAX ||
	    (lookups->plan->failure_memory > 0 &&
	     clock_milliseconds() - lookups->renewed < RENEWAL_MILLISECONDS))
		return false;
	context = context_new(lookups->base, lookups->plan);
	if (context == NULL)
		return false;
	context_replace(lookups, context);
	return true;
}

/* True when the answer is known without asking. */
static bool
answer_from_memory(struct lookups *lookups, struct dns_request *request)
{
	const struct failure *failure =
		failure_memory_find(lookups->failures, request->name, request->type);
	int64_t now = clock_milliseconds();

	if (failure == NULL)
		return false;
	if (now < failure->until) {
		dns_request_answer(request, NULL, 0, false, failure->reason);
		return true;
	}
	if (failure->generation == lookups->current->generation &&
	    now - failure->until < LIBRARY_BUSY_MILLISECONDS &&
	    lookups->plan->failure_memory < LIBRARY_MEMORY_MILLISECONDS)
		(void)renew(lookups);
	return false;
}

static struct lookup *
lookup_new(struct lookups *lookups, struct dns_request *request)
{
	struct lookup *lookup = memory_new(sizeof(*lookup));

	lookup->all = lookups;
	lookup->request = request;
	lookup->context = lookups->current;
	lookup->context->open++;
	lookup->next = lookups->open;
	lookup->place = &lookups->open;
	if (lookup->next != NULL)
		lookup->next->place = &lookup->next;
	lookups->open = lookup;
	request->backend_data = lookup;
	return lookup;
}

/* Asks libunbound; its callback may run before this returns. */
static void
ask(struct lookup *lookup)
{
	struct arena *arena = arena_new();
	const char *name = text_string(arena, lookup->request->name);
	int error;

	lookup->is_in_call = true;
	error = ub_resolve_event(lookup->context->library, name, (int)lookup->request->type,
				 CLASS_IN, lookup, on_result, &lookup->id);
	/* A context whose first question could not be set up has events that crash later. */
	if (error == UB_NOMEM || error == UB_INITFAIL)
		memory_exhausted();
	if (error != 0 && lookup->request != NULL)
		end_lookup(lookup, NULL, 0, false,
			   error == UB_SYNTAX ? "resolver failed" : dns_back_end_stopped);
	lookup->is_in_call = false;
	arena_free(&arena);
}

/* Moves the lookup to a fresh context if there can be one, and asks again. */
static void
ask_again(struct lookup *lookup)
{
	(void)renew(lookup->all);
	lookup->is_stale = false;
	lookup->is_repeated = true;
	lookup->context->open--;
	lookup->context = lookup->all->current;
	lookup->context->open++;
	ask(lookup);
}

static void
start_timer(struct lookup *lookup)
{
	int64_t timeout = lookup->all->plan->timeout;
	struct timeval wait = { .tv_sec = (time_t)(timeout / 1000),
				.tv_usec = (suseconds_t)(timeout % 1000) * 1000 };

	lookup->timer = evtimer_new(lookup->all->base, on_timeout, lookup);
	if (lookup->timer == NULL || evtimer_add(lookup->timer, &wait) != 0)
		memory_exhausted();
}

void
lookups_start(struct lookups *lookups, struct dns_request *request)
{
	struct lookup *lookup;

	if (lookups->is_stopping) {
		dns_request_answer(request, NULL, 0, false, dns_back_end_stopped);
		return;
	}
	if (answer_from_memory(lookups, request))
		return;
	lookup = lookup_new(lookups, request);
	ask(lookup);
	if (lookup->is_stale)
		ask_again(lookup);
	if (lookup->request == NULL)
		free(lookup);
	else
		start_timer(lookup);
}

void
lookups_give_up(struct dns_request *request)
{
	struct lookup *lookup = request->backend_data;

	if (lookup != NULL) {
		/* Noted, for the question keeps running inside libunbound. */
		struct failure failure = { .until = clock_milliseconds(),
					   .reason = "abandoned",
					   .generation = lookup->context->generation };

		failure_memory_put(lookup->all->failures, request->name, request->type,
				   failure);
		(void)ub_cancel(lookup->context->library, lookup->id);
		end_lookup(lookup, NULL, 0, false, "abandoned");
	}
	dns_request_release(request);
}

struct lookups *
lookups_new(struct event_base *base, struct resolver_plan *plan, struct answer_cache *cache,
	    struct arena *arena, struct text *reason_out)
{
	struct context *context = context_open(base, plan, arena, reason_out);
	struct lookups *lookups;

	if (context == NULL)
		return NULL;
	lookups = memory_new(sizeof(*lookups));
	lookups->base = base;
	lookups->plan = plan;
	lookups->cache = cache;
	lookups->current = context;
	lookups->failures = failure_memory_new();
	lookups->sweep = event_new(base, -1, 0, on_sweep, lookups);
	if (lookups->sweep == NULL)
		memory_exhausted();
	return lookups;
}

void
lookups_reload(struct lookups *lookups, struct resolver_plan *plan, struct context *context)
{
	resolver_plan_free(&lookups->plan);
	lookups->plan = plan;
	failure_memory_clear(lookups->failures);
	context_replace(lookups, context);
	answer_cache_reset(lookups->cache, plan->answer_bytes);
}

void
lookups_stop(struct lookups *lookups)
{
	lookups->is_stopping = true;
	while (lookups->open != NULL) {
		struct lookup *lookup = lookups->open;

		(void)ub_cancel(lookup->context->library, lookup->id);
		end_lookup(lookup, NULL, 0, false, dns_back_end_stopped);
	}
}

void
lookups_free(struct lookups **lookups)
{
	if (*lookups == NULL)
		return;
	lookups_stop(*lookups);
	on_sweep(-1, 0, *lookups);
	context_free((*lookups)->current);
	event_free((*lookups)->sweep);
	failure_memory_free(&(*lookups)->failures);
	resolver_plan_free(&(*lookups)->plan);
	free(*lookups);
	*lookups = NULL;
}
