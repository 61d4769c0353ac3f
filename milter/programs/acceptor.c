/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/acceptor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "programs/limited_log.h"
#include "programs/metrics.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	SILENCE_MAX = 15000,    /* milliseconds without a round: the thread is stuck */
	RETRY = 50              /* milliseconds, when descriptors or the backlog run out */
};

struct acceptor {
	const struct listeners *listeners;
	size_t connections_max;
	int rendezvous;
	int stop_event;
	int end_event;
	atomic_llong last_round;

	/* Of libmilter's listening thread. */
	struct pollfd *handles;         /* each listener, then what ends their time */
	size_t next;                    /* the listener that is looked at first */
	int spare;                      /* given up for a moment when descriptors run out */
	int accepted;                   /* -1: none */
	bool is_local;

	pthread_mutex_t lock;           /* guards what follows */
	pthread_cond_t changed;         /* connections became 0, or is_stopped true */
	size_t connections;
	bool is_stopped;                /* the listeners are not used any more */
};

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Under an abstract name that the kernel chooses: no file, and gone with the process. */
static bool
open_rendezvous(struct acceptor *acceptor)
{
	static const struct sockaddr any = { .sa_family = AF_UNIX };

	acceptor->rendezvous = new_socket();
	return acceptor->rendezvous >= 0 &&
	       bind(acceptor->rendezvous, &any, sizeof(any.sa_family)) == 0 &&
	       listen(acceptor->rendezvous, 1) == 0;
}

static void
init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void
prepare_handles(struct acceptor *acceptor)
{
	size_t count = acceptor->listeners->count;

	acceptor->handles = memory_new_array(count + 1, sizeof(*acceptor->handles));
	for (size_t i = 0; i < count; i++)
		acceptor->handles[i] = (struct pollfd){
			.fd = acceptor->listeners->items[i].descriptor,
			.events = POLLIN,
		};
	acceptor->handles[count] = (struct pollfd){ .fd = acceptor->stop_event,
						    .events = POLLIN };
}

struct acceptor *
acceptor_new(const struct listeners *listeners, size_t connections_max, struct arena *arena,
	     struct text *reason_out)
{
	struct acceptor *acceptor = memory_new(sizeof(*acceptor));

	acceptor->listeners = listeners;
	acceptor->connections_max = connections_max;
	acceptor->accepted = -1;
	acceptor->rendezvous = -1;
	acceptor->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	acceptor->end_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	acceptor->spare = new_socket();
	atomic_store(&acceptor->last_round, (long long)clock_milliseconds());
	pthread_mutex_init(&acceptor->lock, NULL);
	init_condition(&acceptor->changed);
	prepare_handles(acceptor);
	if (acceptor->stop_event < 0 || acceptor->end_event < 0 || acceptor->spare < 0 ||
	    !open_rendezvous(acceptor)) {
		char buffer[256];

		*reason_out = text_printf(arena, "cannot make the descriptors that connections are "
					  "accepted with: %s",
					  strerror_r(errno, buffer, sizeof(buffer)));
		if (acceptor->rendezvous >= 0)
			close(acceptor->rendezvous);
		acceptor_free(&acceptor);
		return NULL;
	}
	return acceptor;
}

int
acceptor_rendezvous(const struct acceptor *acceptor)
{
	return acceptor->rendezvous;
}

int
acceptor_stop_event(const struct acceptor *acceptor)
{
	return acceptor->stop_event;
}

void
acceptor_hold(struct acceptor *acceptor)
{
	pthread_mutex_lock(&acceptor->lock);
	acceptor->connections++;
	pthread_mutex_unlock(&acceptor->lock);
}

void
acceptor_release(struct acceptor *acceptor)
{
	pthread_mutex_lock(&acceptor->lock);
	acceptor->connections--;
	if (acceptor->connections == 0)
		pthread_cond_broadcast(&acceptor->changed);
	pthread_mutex_unlock(&acceptor->lock);
}

static bool
has_room(struct acceptor *acceptor)
{
	bool has;

	pthread_mutex_lock(&acceptor->lock);
	has = acceptor->connections < acceptor->connections_max;
	pthread_mutex_unlock(&acceptor->lock);
	return has;
}

/* Waits a little, or until the stop. */
static void
pause_for_a_moment(const struct acceptor *acceptor)
{
	struct pollfd stop = { .fd = acceptor->stop_event, .events = POLLIN };

	(void)poll(&stop, 1, RETRY);
}

/*
 * Without descriptors nothing can be accepted, and the MTA would wait until
 * its time is up: the spare descriptor makes room to turn it away at once.
 */
static void
turn_away(struct acceptor *acceptor, const struct listener *listener)
{
	static struct limited_log trouble;
	int descriptor;

	if (acceptor->spare >= 0)
		close(acceptor->spare);
	descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC);
	if (descriptor >= 0) {
		close(descriptor);
		metrics_count_refusal(METRICS_REFUSAL_DESCRIPTORS);
	}
	acceptor->spare = new_socket();
	limited_log(&trouble, LOG_LEVEL_ERROR, "socket %.*s: %s: too many open files (raise "
		    "LimitNOFILE or lower MaxConnections)", TEXT_ARGUMENTS(listener->name),
		    descriptor >= 0 ? "a connection of the MTA was closed" : "cannot accept");
	pause_for_a_moment(acceptor);
}

static void
report_failure(struct acceptor *acceptor, const struct listener *listener, int error)
{
	static struct limited_log trouble;
	char buffer[256];

	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	if (error == EMFILE || error == ENFILE) {
		turn_away(acceptor, listener);
		return;
	}
	limited_log(&trouble, LOG_LEVEL_ERROR, "socket %.*s: cannot accept: %s",
		    TEXT_ARGUMENTS(listener->name), strerror_r(error, buffer, sizeof(buffer)));
	pause_for_a_moment(acceptor);
}

static bool
accept_from(struct acceptor *acceptor, const struct listener *listener)
{
	static struct limited_log full;
	int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC);

	if (descriptor < 0) {
		report_failure(acceptor, listener, errno);
		return false;
	}
	if (!has_room(acceptor)) {
		/* Closed at once, the MTA defers at once; left waiting, it would time out first. */
		close(descriptor);
		metrics_count_refusal(METRICS_REFUSAL_LIMIT);
		limited_log(&full, LOG_LEVEL_WARNING, "a connection of the MTA was closed: "
			    "MaxConnections (%zu) are open", acceptor->connections_max);
		return false;
	}
	acceptor->accepted = descriptor;
	acceptor->is_local = listener->is_unix;
	return true;
}

/* From now on the thread waits for nothing but its end. */
static void
stop_listening(struct acceptor *acceptor)
{
	size_t count = acceptor->listeners->count;

	for (size_t i = 0; i < count; i++)
		acceptor->handles[i].fd = -1;
	acceptor->handles[count].fd = acceptor->end_event;
	pthread_mutex_lock(&acceptor->lock);
	acceptor->is_stopped = true;
	pthread_cond_broadcast(&acceptor->changed);
	pthread_mutex_unlock(&acceptor->lock);
}

/* The stop: the listeners are left. The end: a connection that leads nowhere. */
static bool
end_or_stop(struct acceptor *acceptor)
{
	static const struct timespec pause = { .tv_nsec = RETRY * 1000000L };

	if (acceptor->handles[acceptor->listeners->count].fd == acceptor->stop_event) {
		stop_listening(acceptor);
		return false;
	}
	if (acceptor->spare < 0)
		acceptor->spare = new_socket();
	if (acceptor->spare < 0)
		(void)nanosleep(&pause, NULL);
	acceptor->accepted = acceptor->spare;
	acceptor->spare = -1;
	return acceptor->accepted >= 0;
}

bool
acceptor_listen(struct acceptor *acceptor, int timeout)
{
	size_t count = acceptor->listeners->count;
	int ready = poll(acceptor->handles, (nfds_t)count + 1, timeout);

	atomic_store(&acceptor->last_round, (long long)clock_milliseconds());
	if (ready <= 0)
		return false;
	if (acceptor->handles[count].revents != 0)
		return end_or_stop(acceptor);
	/* In turn, so that a busy socket leaves no other waiting. */
	for (size_t i = 0; i < count; i++) {
		size_t index = (acceptor->next + i) % count;

		if (acceptor->handles[index].revents == 0)
			continue;
		acceptor->next = index + 1;
		return accept_from(acceptor, &acceptor->listeners->items[index]);
	}
	return false;
}

int
acceptor_take(struct acceptor *acceptor)
{
	int descriptor = acceptor->accepted;

	acceptor->accepted = -1;
	return descriptor;
}

bool
acceptor_has_taken_local(const struct acceptor *acceptor)
{
	return acceptor->is_local;
}

bool
acceptor_is_alive(const struct acceptor *acceptor)
{
	return (long long)clock_milliseconds() - atomic_load(&acceptor->last_round) < SILENCE_MAX;
}

void
acceptor_end(struct acceptor *acceptor)
{
	(void)eventfd_write(acceptor->end_event, 1);
}

static int
wait_for_change(struct acceptor *acceptor, int64_t deadline)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000),
		.tv_nsec = (long)(deadline % 1000) * 1000000,
	};

	return pthread_cond_timedwait(&acceptor->changed, &acceptor->lock, &until);
}

void
acceptor_stop(struct acceptor *acceptor, int64_t deadline)
{
	(void)eventfd_write(acceptor->stop_event, 1);
	pthread_mutex_lock(&acceptor->lock);
	while (!acceptor->is_stopped && wait_for_change(acceptor, deadline) == 0)
		;
	pthread_mutex_unlock(&acceptor->lock);
}

size_t
acceptor_wait(struct acceptor *acceptor, int64_t deadline)
{
	size_t left;

	pthread_mutex_lock(&acceptor->lock);
	while (acceptor->connections > 0 && wait_for_change(acceptor, deadline) == 0)
		;
	left = acceptor->connections;
	pthread_mutex_unlock(&acceptor->lock);
	return left;
}

static void
close_open(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

void
acceptor_free(struct acceptor **acceptor)
{
	if (*acceptor == NULL)
		return;
	close_open((*acceptor)->stop_event);
	close_open((*acceptor)->end_event);
	close_open((*acceptor)->spare);
	pthread_cond_destroy(&(*acceptor)->changed);
	pthread_mutex_destroy(&(*acceptor)->lock);
	free((*acceptor)->handles);
	free(*acceptor);
	*acceptor = NULL;
}
