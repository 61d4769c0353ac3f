/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/acceptor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "programs/limited_log.h"
#include "programs/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUND = 2000,           /* milliseconds: the longest wait of the thread's loop */
	SILENCE_MAX = 15000,    /* milliseconds without a round: the thread is stuck */
	RETRY = 50              /* milliseconds, when descriptors or the backlog run out */
};

struct waiting {
	int descriptor;
	bool is_local;
};

struct acceptor {
	const struct listeners *listeners;
	size_t connections_max;
	int rendezvous;
	struct sockaddr_un rendezvous_address;
	socklen_t rendezvous_length;
	int stop_event;
	pthread_t thread;
	bool is_running;
	atomic_llong last_round;

	pthread_mutex_t lock;           /* guards what follows */
	pthread_cond_t is_idle;         /* connections became 0 */
	size_t connections;             /* waiting or taken */
	struct waiting *queue;          /* a ring of connections_max places */
	size_t queue_start;
	size_t queue_count;
};

/*
 * An abstract name (no file, gone with the process). Who may know it does not
 * matter; it is random so that nobody can take it before us.
 */
static bool
open_rendezvous(struct acceptor *acceptor)
{
	struct sockaddr_un *address = &acceptor->rendezvous_address;
	uint64_t number;
	int length;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return false;
	address->sun_family = AF_UNIX;
	length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
			  "dmarcmilter-%ld-%016" PRIx64, (long)getpid(), number);
	acceptor->rendezvous_length =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	acceptor->rendezvous = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return acceptor->rendezvous >= 0 &&
	       bind(acceptor->rendezvous, (const struct sockaddr *)address,
		    acceptor->rendezvous_length) == 0 &&
	       listen(acceptor->rendezvous, SOMAXCONN) == 0;
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

struct acceptor *
acceptor_new(const struct listeners *listeners, size_t connections_max, struct arena *arena,
	     struct text *reason_out)
{
	struct acceptor *acceptor = memory_new(sizeof(*acceptor));

	acceptor->listeners = listeners;
	acceptor->connections_max = connections_max;
	acceptor->queue = memory_new_array(connections_max, sizeof(*acceptor->queue));
	acceptor->rendezvous = -1;
	acceptor->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&acceptor->lock, NULL);
	init_condition(&acceptor->is_idle);
	if (acceptor->stop_event < 0 || !open_rendezvous(acceptor)) {
		char buffer[256];

		*reason_out = text_printf(arena, "cannot make the sockets between the accepting "
					  "thread and libmilter: %s",
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

bool
acceptor_knock(const struct acceptor *acceptor)
{
	int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool knocked;

	if (handle < 0)
		return false;
	knocked = connect(handle, (const struct sockaddr *)&acceptor->rendezvous_address,
			  acceptor->rendezvous_length) == 0;
	close(handle);
	return knocked;
}

/* Waits a little; true when it is time to stop. */
static bool
pause_or_stop(const struct acceptor *acceptor)
{
	struct pollfd stop = { .fd = acceptor->stop_event, .events = POLLIN };

	return poll(&stop, 1, RETRY) > 0;
}

/* Puts a connection into the queue. False: there are as many as may be. */
static bool
enqueue(struct acceptor *acceptor, int descriptor, bool is_local)
{
	bool has_room;

	pthread_mutex_lock(&acceptor->lock);
	has_room = acceptor->connections < acceptor->connections_max;
	if (has_room) {
		size_t end = (acceptor->queue_start + acceptor->queue_count) %
			acceptor->connections_max;

		acceptor->queue[end] = (struct waiting){ descriptor, is_local };
		acceptor->queue_count++;
		acceptor->connections++;
	}
	pthread_mutex_unlock(&acceptor->lock);
	return has_room;
}

static bool
dequeue(struct acceptor *acceptor, struct waiting *waiting_out)
{
	bool is_there;

	pthread_mutex_lock(&acceptor->lock);
	is_there = acceptor->queue_count > 0;
	if (is_there) {
		*waiting_out = acceptor->queue[acceptor->queue_start];
		acceptor->queue_start = (acceptor->queue_start + 1) % acceptor->connections_max;
		acceptor->queue_count--;
	}
	pthread_mutex_unlock(&acceptor->lock);
	return is_there;
}

bool
acceptor_take(struct acceptor *acceptor, int *descriptor_out, bool *is_local_out)
{
	struct waiting waiting;

	if (!dequeue(acceptor, &waiting))
		return false;
	*descriptor_out = waiting.descriptor;
	*is_local_out = waiting.is_local;
	return true;
}

void
acceptor_release(struct acceptor *acceptor)
{
	pthread_mutex_lock(&acceptor->lock);
	acceptor->connections--;
	if (acceptor->connections == 0)
		pthread_cond_broadcast(&acceptor->is_idle);
	pthread_mutex_unlock(&acceptor->lock);
}

static bool
has_waiting(struct acceptor *acceptor)
{
	bool is_there;

	pthread_mutex_lock(&acceptor->lock);
	is_there = acceptor->queue_count > 0;
	pthread_mutex_unlock(&acceptor->lock);
	return is_there;
}

/*
 * Gives up the connection that waits longest. Without descriptors libmilter
 * cannot take any of them, and those that wait hold what it needs.
 */
static void
turn_away(struct acceptor *acceptor)
{
	static struct limited_log trouble;
	struct waiting waiting;

	if (!dequeue(acceptor, &waiting))
		return;
	close(waiting.descriptor);
	acceptor_release(acceptor);
	metrics_count_refusal(METRICS_REFUSAL_DESCRIPTORS);
	limited_log(&trouble, LOG_LEVEL_ERROR, "a connection of the MTA was closed: too many "
		    "open files (raise LimitNOFILE or lower MaxConnections)");
}

/* A knock for a connection in the queue. It costs a descriptor for a moment. */
static void
knock_for_one(struct acceptor *acceptor)
{
	while (!acceptor_knock(acceptor)) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(acceptor);
		if (!has_waiting(acceptor) || pause_or_stop(acceptor))
			return;
	}
}

static void
hand_over(struct acceptor *acceptor, int descriptor, bool is_local)
{
	static struct limited_log full;
	int on = 1;

	if (!enqueue(acceptor, descriptor, is_local)) {
		/* Closed at once, the MTA defers at once; left waiting, it would time out first. */
		close(descriptor);
		metrics_count_refusal(METRICS_REFUSAL_LIMIT);
		limited_log(&full, LOG_LEVEL_WARNING, "a connection of the MTA was closed: "
			    "MaxConnections (%zu) are open", acceptor->connections_max);
		return;
	}
	if (!is_local)
		(void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	knock_for_one(acceptor);
}

static void
accept_one(struct acceptor *acceptor, const struct listener *listener)
{
	static struct limited_log trouble;
	int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC);
	int error = errno;

	if (descriptor >= 0) {
		hand_over(acceptor, descriptor, listener->is_unix);
		return;
	}
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	limited_log(&trouble, LOG_LEVEL_ERROR, "socket %.*s: cannot accept: errno %d%s",
		    TEXT_ARGUMENTS(listener->name), error, error == EMFILE || error == ENFILE ?
		    " (too many open files: raise LimitNOFILE or lower MaxConnections)" : "");
	if (error == EMFILE || error == ENFILE)
		turn_away(acceptor);
	(void)pause_or_stop(acceptor);
}

static void *
run_acceptor(void *argument)
{
	struct acceptor *acceptor = argument;
	size_t count = acceptor->listeners->count;
	struct pollfd *handles = memory_new_array(count + 1, sizeof(*handles));

	(void)pthread_setname_np(pthread_self(), "acceptor");
	for (size_t i = 0; i < count; i++)
		handles[i] = (struct pollfd){ .fd = acceptor->listeners->items[i].descriptor,
					      .events = POLLIN };
	handles[count] = (struct pollfd){ .fd = acceptor->stop_event, .events = POLLIN };
	for (;;) {
		int ready = poll(handles, (nfds_t)count + 1, ROUND);

		atomic_store(&acceptor->last_round, (long long)clock_milliseconds());
		/* libmilter loses a knock when it has no memory for it. */
		if (ready == 0 && has_waiting(acceptor))
			knock_for_one(acceptor);
		if (ready <= 0)
			continue;
		if (handles[count].revents != 0)
			break;
		for (size_t i = 0; i < count; i++) {
			if (handles[i].revents != 0)
				accept_one(acceptor, &acceptor->listeners->items[i]);
		}
	}
	free(handles);
	return NULL;
}

bool
acceptor_start(struct acceptor *acceptor, struct arena *arena, struct text *reason_out)
{
	atomic_store(&acceptor->last_round, (long long)clock_milliseconds());
	if (pthread_create(&acceptor->thread, NULL, run_acceptor, acceptor) != 0) {
		*reason_out = text_printf(arena, "cannot start the accepting thread");
		return false;
	}
	acceptor->is_running = true;
	return true;
}

bool
acceptor_is_alive(const struct acceptor *acceptor)
{
	return (long long)clock_milliseconds() - atomic_load(&acceptor->last_round) < SILENCE_MAX;
}

void
acceptor_stop(struct acceptor *acceptor)
{
	size_t waiting;

	(void)eventfd_write(acceptor->stop_event, 1);
	if (acceptor->is_running)
		pthread_join(acceptor->thread, NULL);
	acceptor->is_running = false;
	pthread_mutex_lock(&acceptor->lock);
	waiting = acceptor->queue_count;
	pthread_mutex_unlock(&acceptor->lock);
	/* What was accepted is served. A knock of the thread may have been lost. */
	while (waiting-- > 0)
		(void)acceptor_knock(acceptor);
}

size_t
acceptor_wait(struct acceptor *acceptor, int64_t deadline)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000),
		.tv_nsec = (long)(deadline % 1000) * 1000000,
	};
	size_t left;
	int result = 0;

	pthread_mutex_lock(&acceptor->lock);
	while (acceptor->connections > 0 && result == 0)
		result = pthread_cond_timedwait(&acceptor->is_idle, &acceptor->lock, &until);
	left = acceptor->connections;
	pthread_mutex_unlock(&acceptor->lock);
	return left;
}

void
acceptor_free(struct acceptor **acceptor)
{
	if (*acceptor == NULL)
		return;
	if ((*acceptor)->stop_event >= 0)
		close((*acceptor)->stop_event);
	pthread_cond_destroy(&(*acceptor)->is_idle);
	pthread_mutex_destroy(&(*acceptor)->lock);
	free((*acceptor)->queue);
	free(*acceptor);
	*acceptor = NULL;
}
