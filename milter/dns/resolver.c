/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
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
	pthread_t thread;
	_Atomic int64_t beat;           /* when the thread was last seen */
	struct event_base *base;
	struct event *wake;
	struct event *ticker;
	struct lookups *lookups;        /* the thread's */
};

/* Comes from reload to the thread. */
struct replacement {
	struct resolver_plan *plan;
	struct context *context;
};

static void
handle(struct resolver *resolver, struct inbox_item *item)
{
	struct replacement *replacement;

	switch (item->kind) {
	case INBOX_SUBMIT:
		for (size_t i = 0; i < item->count; i++)
			lookups_start(resolver->lookups, item->requests[i]);
		break;
	case INBOX_ABANDON:
		lookups_give_up(item->requests[0]);
		break;
	case INBOX_RELOAD:
		replacement = item->payload;
		lookups_reload(resolver->lookups, replacement->plan, replacement->context);
		free(replacement);
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
	inbox_close(resolver->inbox);
	lookups_stop(resolver->lookups);
	on_wake(-1, 0, resolver);
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
	if (open_events(resolver))
		resolver->lookups = lookups_new(resolver->base, plan, arena, reason_out);
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
