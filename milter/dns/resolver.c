/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "dns/answer_cache.h"
#include "dns/inbox.h"
#include "dns/resolver_context.h"
#include "dns/resolver_lookups.h"
#include "dns/resolver_plan.h"

enum {
	BEAT_SECONDS = 1,
	BEAT_LATE_MILLISECONDS = 10000          /* then the thread counts as stuck */
};

struct resolver {
	struct dns_backend backend;     /* must be first */
	struct inbox *inbox;
	struct answer_cache *cache;
	pthread_t thread;
	_Atomic int64_t beat;           /* when the thread was last seen */
	struct event_base *base;
	struct event *wake;
	struct event *ticker;
	struct lookups *lookups;        /* the thread's */
	bool is_stopping;               /* the thread's */
};

/*
 * Comes from reload, which waits for the result. Contexts are made and deleted
 * in the resolver's thread alone: libunbound keeps settings and locks of all
 * contexts in globals.
 */
struct replacement {
	struct resolver_plan *plan;
	struct arena *arena;            /* for the reason */
	struct text reason;
	struct context *context;        /* NULL: failed */
	pthread_mutex_t lock;           /* guards is_done */
	pthread_cond_t finished;
	bool is_done;
};

static void
replace(struct resolver *resolver, struct replacement *replacement)
{
	struct context *context = NULL;

	replacement->reason = TEXT("the resolver has stopped");
	if (!resolver->is_stopping)
		context = context_open(resolver->base, replacement->plan, replacement->arena,
				       &replacement->reason);
	if (context != NULL)
		lookups_reload(resolver->lookups, replacement->plan, context);
	(void)pthread_mutex_lock(&replacement->lock);
	replacement->context = context;
	replacement->is_done = true;
	(void)pthread_cond_signal(&replacement->finished);
	(void)pthread_mutex_unlock(&replacement->lock);
}

static void
handle(struct resolver *resolver, struct inbox_item *item)
{
	switch (item->kind) {
	case INBOX_SUBMIT:
		for (size_t i = 0; i < item->count; i++)
			lookups_start(resolver->lookups, item->requests[i]);
		break;
	case INBOX_ABANDON:
		lookups_give_up(item->requests[0]);
		break;
	case INBOX_RELOAD:
		replace(resolver, item->payload);
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

/* Ends everything, also what came in last. */
static void
shut_down(struct resolver *resolver)
{
	resolver->is_stopping = true;
	inbox_close(resolver->inbox);
	lookups_stop(resolver->lookups);
	on_wake(-1, 0, resolver);
}

static void *
run(void *data)
{
	struct resolver *resolver = data;

	(void)pthread_setname_np(pthread_self(), "resolver");
	(void)event_base_loop(resolver->base, EVLOOP_NO_EXIT_ON_EMPTY);
	/* Asked to stop, or the event loop failed: then every question is answered "not now". */
	shut_down(resolver);
	return NULL;
}

/* Answers what is known, and moves the rest to the front. Returns how many that are. */
static size_t
answer_from_cache(struct resolver *resolver, struct dns_request **requests, size_t count)
{
	int64_t now = clock_milliseconds();
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		struct cached_answer answer;

		if (answer_cache_find(resolver->cache, requests[i]->name, requests[i]->type, now,
				      &answer))
			dns_request_answer_again(requests[i], answer.packet, answer.length,
						 answer.is_secure, answer.age);
		else
			requests[left++] = requests[i];
	}
	return left;
}

static void
submit(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	struct resolver *resolver = (struct resolver *)(void *)backend;
	size_t left = answer_from_cache(resolver, requests, count);
	struct inbox_item *item;

	if (left == 0)
		return;
	item = inbox_item_new(INBOX_SUBMIT, requests, left);
	if (inbox_put(resolver->inbox, item))
		return;
	for (size_t i = 0; i < left; i++)
		dns_request_answer(requests[i], NULL, 0, false, dns_back_end_stopped);
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
	lookups_free(&resolver->lookups);
	if (resolver->wake != NULL)
		event_free(resolver->wake);
	if (resolver->ticker != NULL)
		event_free(resolver->ticker);
	if (resolver->base != NULL)
		event_base_free(resolver->base);
	inbox_free(&resolver->inbox);
	answer_cache_free(&resolver->cache);
	free(resolver);
}

/* For the whole process, also libunbound's use: parts of libevent go on without what they need. */
static void
give_memory_to_events(void)
{
	event_set_mem_functions(memory_for_library, memory_for_library_grow, free);
}

static bool
open_events(struct resolver *resolver)
{
	static const struct timeval second = { .tv_sec = BEAT_SECONDS };
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	/* Before anything else of libevent. */
	(void)pthread_once(&once, give_memory_to_events);
	resolver->inbox = inbox_new();
	resolver->base = event_base_new();
	if (resolver->inbox == NULL || resolver->base == NULL)
		return false;
	resolver->wake = event_new(resolver->base, inbox_descriptor(resolver->inbox),
				   EV_READ | EV_PERSIST, on_wake, resolver);
	resolver->ticker = event_new(resolver->base, -1, EV_PERSIST, on_tick, resolver);
	return resolver->wake != NULL && resolver->ticker != NULL &&
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
	atomic_init(&resolver->beat, clock_milliseconds());
	*reason_out = TEXT("the resolver's events or thread cannot be made");
	resolver->cache = answer_cache_new(plan->answer_bytes);
	if (resolver->cache != NULL && open_events(resolver))
		resolver->lookups = lookups_new(resolver->base, plan, resolver->cache, arena,
						reason_out);
	if (resolver->lookups == NULL)
		resolver_plan_free(&plan);
	else if (start_thread(resolver))
		return resolver;
	resolver_free(resolver);
	return NULL;
}

struct dns_backend *
resolver_backend(struct resolver *resolver)
{
	return &resolver->backend;
}

/* Hands over to the thread and waits. False when it takes nothing any more. */
static bool
hand_over(struct resolver *resolver, struct replacement *replacement)
{
	struct inbox_item *item = inbox_item_new(INBOX_RELOAD, NULL, 0);

	item->payload = replacement;
	if (!inbox_put(resolver->inbox, item)) {
		free(item);
		return false;
	}
	(void)pthread_mutex_lock(&replacement->lock);
	while (!replacement->is_done)
		(void)pthread_cond_wait(&replacement->finished, &replacement->lock);
	(void)pthread_mutex_unlock(&replacement->lock);
	return true;
}

bool
resolver_reload(struct resolver *resolver, const struct resolver_settings *settings,
		struct arena *arena, struct text *reason_out)
{
	struct replacement replacement = {
		.plan = resolver_plan_new(settings, arena, reason_out),
		.arena = arena,
	};
	bool is_replaced;

	if (replacement.plan == NULL)
		return false;
	(void)pthread_mutex_init(&replacement.lock, NULL);
	(void)pthread_cond_init(&replacement.finished, NULL);
	replacement.reason = TEXT("the resolver has stopped");
	is_replaced = hand_over(resolver, &replacement) && replacement.context != NULL;
	(void)pthread_cond_destroy(&replacement.finished);
	(void)pthread_mutex_destroy(&replacement.lock);
	if (is_replaced)
		return true;
	*reason_out = replacement.reason;
	resolver_plan_free(&replacement.plan);
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
