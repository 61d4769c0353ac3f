/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unbound.h>
#include <unbound-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "dns/failure_memory.h"
#include "dns/inbox.h"
#include "dns/packet.h"
#include "dns/resolver_context.h"
#include "dns/resolver_plan.h"

enum {
	CLASS_IN = 1,
	BEAT_SECONDS = 1,
	BEAT_LATE_MILLISECONDS = 10000,         /* then the thread counts as stuck */
	LIBRARY_MEMORY_MILLISECONDS = 6000,     /* libunbound keeps SERVFAIL for 5 s, counted in seconds */
	RENEWAL_MILLISECONDS = 1000,            /* between contexts, when failures are remembered at all */
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
	struct resolver *resolver;
	struct context *context;
	struct dns_request *request;    /* NULL: answered */
	struct event *timer;
	int id;
	bool is_in_call;                /* libunbound was asked and has not returned yet */
	bool is_repeated;               /* in a fresh context */
	bool is_stale;                  /* the answer is a failure from libunbound's own memory */
};

struct resolver {
	struct dns_backend backend;     /* must be first */
	struct inbox *inbox;
	pthread_t thread;
	_Atomic int64_t beat;           /* when the thread was last seen */
	struct event_base *base;
	/* All below belongs to the thread. */
	struct event *wake;
	struct event *ticker;
	struct event *sweep;
	struct resolver_plan *plan;
	struct context *current;
	struct context *retired;
	size_t retired_count;
	unsigned generation;
	int64_t renewed;                /* when the current context was made */
	struct lookup *lookups;
	struct failure_memory *failures;
	unsigned timeouts_in_a_row;
	int64_t warned;
	bool is_stopping;               /* nothing new is asked */
};

/* Comes from reload to the thread. */
struct replacement {
	struct resolver_plan *plan;
	struct context *context;
};

/* The old context finishes what it has. */
static void
context_replace(struct resolver *resolver, struct context *context)
{
	resolver->current->next = resolver->retired;
	resolver->retired = resolver->current;
	resolver->retired_count++;
	resolver->current = context;
	context->generation = ++resolver->generation;
	resolver->renewed = clock_milliseconds();
	event_active(resolver->sweep, 0, 0);
}

/* Frees contexts that have finished. Never called from inside libunbound. */
static void
on_sweep(evutil_socket_t descriptor, short what, void *data)
{
	struct resolver *resolver = data;
	struct context **place = &resolver->retired;

	(void)descriptor;
	(void)what;
	while (*place != NULL) {
		struct context *context = *place;

		if (context->open > 0) {
			place = &context->next;
			continue;
		}
		*place = context->next;
		resolver->retired_count--;
		context_free(context);
	}
}

/* Counts questions in a row that nobody answered, and says so now and then. */
static void
note_timeout(struct resolver *resolver)
{
	int64_t now = clock_milliseconds();

	if (++resolver->timeouts_in_a_row < TIMEOUTS_IN_A_ROW ||
	    (resolver->warned != 0 && now - resolver->warned < WARNING_MILLISECONDS))
		return;
	resolver->warned = now;
	log_message(LOG_LEVEL_WARNING, "the name servers left the last %u questions unanswered; "
		    "mail is accepted or deferred as configured for DNS errors",
		    resolver->timeouts_in_a_row);
}

static void
remember(struct resolver *resolver, const struct lookup *lookup, const char *reason)
{
	struct failure failure = {
		.until = clock_milliseconds() + resolver->plan->failure_memory,
		.reason = reason,
		.generation = lookup->context->generation,
	};

	failure_memory_put(resolver->failures, lookup->request->name, lookup->request->type,
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
	if (lookup->context->open == 0 && lookup->context != lookup->resolver->current)
		event_active(lookup->resolver->sweep, 0, 0);
	lookup->request->backend_data = NULL;
}

static void
answer(struct lookup *lookup, const uint8_t *packet, size_t length, bool is_secure,
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
		lookup->resolver->timeouts_in_a_row = 0;
		failure_memory_remove(lookup->resolver->failures, lookup->request->name,
				      lookup->request->type);
		answer(lookup, bytes, (size_t)length, secure == SECURE_YES, NULL);
		return;
	}
	if (lookup->is_in_call && !lookup->is_repeated &&
	    lookup->resolver->plan->failure_memory < LIBRARY_MEMORY_MILLISECONDS) {
		lookup->is_stale = true;
		return;
	}
	if (secure == SECURE_BOGUS) {
		remember(lookup->resolver, lookup, "DNSSEC bogus");
		answer(lookup, NULL, 0, false, "DNSSEC bogus");
	} else if (says_failure) {
		remember(lookup->resolver, lookup, "remembered failure");
		answer(lookup, bytes, (size_t)length, false, NULL);
	} else {
		remember(lookup->resolver, lookup, "SERVFAIL");
		answer(lookup, NULL, 0, false, "SERVFAIL");
	}
}

static void
on_timeout(evutil_socket_t descriptor, short what, void *data)
{
	struct lookup *lookup = data;

	(void)descriptor;
	(void)what;
	note_timeout(lookup->resolver);
	remember(lookup->resolver, lookup, "timeout");
	(void)ub_cancel(lookup->context->library, lookup->id);
	answer(lookup, NULL, 0, false, "timeout");
}

/*
 * A context that has forgotten. libunbound's own memory of failures cannot be
 * switched off, and a question that was given up keeps running inside it, so a
 * site (a test) that wants less memory pays with the cache.
 */
static bool
renew(struct resolver *resolver)
{
	struct context *context;

	if (resolver->retired_count >= RETIRED_MAX ||
	    (resolver->plan->failure_memory > 0 &&
	     clock_milliseconds() - resolver->renewed < RENEWAL_MILLISECONDS))
		return false;
	context = context_new(resolver->base, resolver->plan);
	if (context == NULL)
		return false;
	context_replace(resolver, context);
	return true;
}

/* True when the answer is known without asking. */
static bool
answer_from_memory(struct resolver *resolver, struct dns_request *request)
{
	const struct failure *failure =
		failure_memory_find(resolver->failures, request->name, request->type);

	if (failure == NULL)
		return false;
	if (clock_milliseconds() < failure->until) {
		dns_request_answer(request, NULL, 0, false, failure->reason);
		return true;
	}
	if (failure->generation == resolver->current->generation &&
	    resolver->plan->failure_memory < LIBRARY_MEMORY_MILLISECONDS)
		(void)renew(resolver);
	return false;
}

static struct lookup *
lookup_new(struct resolver *resolver, struct dns_request *request)
{
	struct lookup *lookup = memory_new(sizeof(*lookup));

	lookup->resolver = resolver;
	lookup->request = request;
	lookup->context = resolver->current;
	lookup->context->open++;
	lookup->next = resolver->lookups;
	lookup->place = &resolver->lookups;
	if (lookup->next != NULL)
		lookup->next->place = &lookup->next;
	resolver->lookups = lookup;
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
	if (error != 0 && lookup->request != NULL)
		answer(lookup, NULL, 0, false, "resolver failed");
	lookup->is_in_call = false;
	arena_free(&arena);
}

/* Moves the lookup to a fresh context if there can be one, and asks again. */
static void
ask_again(struct lookup *lookup)
{
	(void)renew(lookup->resolver);
	lookup->is_stale = false;
	lookup->is_repeated = true;
	lookup->context->open--;
	lookup->context = lookup->resolver->current;
	lookup->context->open++;
	ask(lookup);
}

static void
start_timer(struct lookup *lookup)
{
	int64_t timeout = lookup->resolver->plan->timeout;
	struct timeval wait = { .tv_sec = (time_t)(timeout / 1000),
				.tv_usec = (suseconds_t)(timeout % 1000) * 1000 };

	lookup->timer = evtimer_new(lookup->resolver->base, on_timeout, lookup);
	if (lookup->timer == NULL || evtimer_add(lookup->timer, &wait) != 0)
		memory_exhausted();
}

static void
start(struct resolver *resolver, struct dns_request *request)
{
	struct lookup *lookup;

	if (resolver->is_stopping) {
		dns_request_answer(request, NULL, 0, false, "resolver stopped");
		return;
	}
	if (answer_from_memory(resolver, request))
		return;
	lookup = lookup_new(resolver, request);
	ask(lookup);
	if (lookup->is_stale)
		ask_again(lookup);
	if (lookup->request == NULL)
		free(lookup);
	else
		start_timer(lookup);
}

/* The failure is noted, for the question keeps running inside libunbound. */
static void
give_up(struct dns_request *request)
{
	struct lookup *lookup = request->backend_data;

	if (lookup != NULL) {
		struct failure failure = { .until = 0, .reason = "abandoned",
					   .generation = lookup->context->generation };

		failure_memory_put(lookup->resolver->failures, request->name, request->type,
				   failure);
		(void)ub_cancel(lookup->context->library, lookup->id);
		answer(lookup, NULL, 0, false, "abandoned");
	}
	dns_request_release(request);
}

static void
take_replacement(struct resolver *resolver, struct replacement *replacement)
{
	resolver_plan_free(&resolver->plan);
	resolver->plan = replacement->plan;
	failure_memory_clear(resolver->failures);
	context_replace(resolver, replacement->context);
	free(replacement);
}

static void
handle(struct resolver *resolver, struct inbox_item *item)
{
	switch (item->kind) {
	case INBOX_SUBMIT:
		for (size_t i = 0; i < item->count; i++)
			start(resolver, item->requests[i]);
		break;
	case INBOX_ABANDON:
		give_up(item->requests[0]);
		break;
	case INBOX_RELOAD:
		take_replacement(resolver, item->payload);
		break;
	case INBOX_STOP:
		(void)event_base_loopbreak(resolver->base);
		break;
	}
	free(item);
}

static void
on_wake(evutil_socket_t descriptor, short what, void *data)
{
	struct resolver *resolver = data;
	struct inbox_item *next;

	(void)descriptor;
	(void)what;
	for (struct inbox_item *item = inbox_take(resolver->inbox); item != NULL; item = next) {
		next = item->next;
		handle(resolver, item);
	}
}

static void
on_tick(evutil_socket_t descriptor, short what, void *data)
{
	struct resolver *resolver = data;

	(void)descriptor;
	(void)what;
	atomic_store(&resolver->beat, clock_milliseconds());
}

/* Ends everything, also what came in last. Runs in the thread. */
static void
shut_down(struct resolver *resolver)
{
	struct inbox_item *next;

	inbox_close(resolver->inbox);
	resolver->is_stopping = true;
	for (struct inbox_item *item = inbox_take(resolver->inbox); item != NULL; item = next) {
		next = item->next;
		handle(resolver, item);
	}
	while (resolver->lookups != NULL) {
		struct lookup *lookup = resolver->lookups;

		(void)ub_cancel(lookup->context->library, lookup->id);
		answer(lookup, NULL, 0, false, "resolver stopped");
	}
	on_sweep(-1, 0, resolver);
	context_free(resolver->current);
	resolver->current = NULL;
}

static void *
run(void *data)
{
	struct resolver *resolver = data;

	(void)event_base_loop(resolver->base, EVLOOP_NO_EXIT_ON_EMPTY);
	/* Asked to stop, or the event loop failed: then every question is answered "not now". */
	shut_down(resolver);
	return NULL;
}

static void
submit(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	struct resolver *resolver = (struct resolver *)(void *)backend;
	struct inbox_item *item = inbox_item_new(INBOX_SUBMIT, requests, count);

	if (inbox_put(resolver->inbox, item))
		return;
	for (size_t i = 0; i < count; i++)
		dns_request_answer(requests[i], NULL, 0, false, "resolver stopped");
	free(item);
}

static void
abandon(struct dns_backend *backend, struct dns_request *request)
{
	struct resolver *resolver = (struct resolver *)(void *)backend;
	struct inbox_item *item = inbox_item_new(INBOX_ABANDON, &request, 1);

	dns_request_hold(request);
	if (inbox_put(resolver->inbox, item))
		return;
	/* A closed inbox: everything was answered. */
	dns_request_release(request);
	free(item);
}

static void
resolver_free(struct resolver *resolver)
{
	if (resolver->current != NULL)
		context_free(resolver->current);
	if (resolver->wake != NULL)
		event_free(resolver->wake);
	if (resolver->ticker != NULL)
		event_free(resolver->ticker);
	if (resolver->sweep != NULL)
		event_free(resolver->sweep);
	if (resolver->base != NULL)
		event_base_free(resolver->base);
	inbox_free(&resolver->inbox);
	failure_memory_free(&resolver->failures);
	resolver_plan_free(&resolver->plan);
	free(resolver);
}

static bool
open_events(struct resolver *resolver)
{
	static const struct timeval second = { .tv_sec = BEAT_SECONDS };

	resolver->inbox = inbox_new();
	resolver->base = event_base_new();
	if (resolver->inbox == NULL || resolver->base == NULL)
		return false;
	resolver->wake = event_new(resolver->base, inbox_descriptor(resolver->inbox),
				   EV_READ | EV_PERSIST, on_wake, resolver);
	resolver->ticker = event_new(resolver->base, -1, EV_PERSIST, on_tick, resolver);
	resolver->sweep = event_new(resolver->base, -1, 0, on_sweep, resolver);
	return resolver->wake != NULL && resolver->ticker != NULL && resolver->sweep != NULL &&
	       event_add(resolver->wake, NULL) == 0 && event_add(resolver->ticker, &second) == 0;
}

/* The thread takes no signals; those are for the one that waits for them. */
static bool
start_thread(struct resolver *resolver)
{
	sigset_t all;
	sigset_t old;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&resolver->thread, NULL, run, resolver);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error == 0;
}

struct resolver *
resolver_start(const struct resolver_settings *settings, struct arena *arena,
	       struct text *reason_out)
{
	struct resolver_plan *plan = resolver_plan_new(settings, arena, reason_out);
	struct resolver *resolver;

	if (plan == NULL)
		return NULL;
	resolver = memory_new(sizeof(*resolver));
	resolver->backend.submit = submit;
	resolver->backend.abandon = abandon;
	resolver->plan = plan;
	resolver->failures = failure_memory_new();
	atomic_init(&resolver->beat, clock_milliseconds());
	*reason_out = TEXT("the resolver's events or thread cannot be made");
	if (open_events(resolver))
		resolver->current = context_open(resolver->base, plan, arena, reason_out);
	if (resolver->current != NULL && start_thread(resolver))
		return resolver;
	resolver_free(resolver);
	return NULL;
}

struct dns_backend *
resolver_backend(struct resolver *resolver)
{
	return &resolver->backend;
}

bool
resolver_reload(struct resolver *resolver, const struct resolver_settings *settings,
		struct arena *arena, struct text *reason_out)
{
	struct replacement *replacement = memory_new(sizeof(*replacement));
	struct inbox_item *item = inbox_item_new(INBOX_RELOAD, NULL, 0);

	item->payload = replacement;
	replacement->plan = resolver_plan_new(settings, arena, reason_out);
	if (replacement->plan != NULL)
		replacement->context = context_open(resolver->base, replacement->plan, arena,
						    reason_out);
	if (replacement->context != NULL && inbox_put(resolver->inbox, item))
		return true;
	if (replacement->context != NULL) {
		context_free(replacement->context);
		*reason_out = TEXT("the resolver has stopped");
	}
	resolver_plan_free(&replacement->plan);
	free(replacement);
	free(item);
	return false;
}

void
resolver_stop(struct resolver **resolver)
{
	struct inbox_item *item;

	if (*resolver == NULL)
		return;
	item = inbox_item_new(INBOX_STOP, NULL, 0);
	if (!inbox_put((*resolver)->inbox, item))
		free(item);
	(void)pthread_join((*resolver)->thread, NULL);
	resolver_free(*resolver);
	*resolver = NULL;
}

bool
resolver_is_alive(struct resolver *resolver)
{
	return clock_milliseconds() - atomic_load(&resolver->beat) < BEAT_LATE_MILLISECONDS;
}
