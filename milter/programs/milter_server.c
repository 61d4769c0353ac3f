/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_server.h"

#include "base/clock.h"
#include "base/log.h"
#include "programs/acceptor.h"
#include "programs/milter_callbacks.h"
#include "programs/milter_packets.h"
#include "programs/milter_sessions.h"
#include "programs/session.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

enum {
	COMMAND_SECONDS_MAX = 60,       /* between two parts of one command */
	BACKLOG = 1024,
	DRAIN_POLL = 20,                /* milliseconds */
	LEAVE_PATIENCE = 5000           /* milliseconds until the listeners are closed anyway */
};

/* One server in a process. Written by the main thread before the server's starts. */
static struct acceptor *acceptor;       /* NULL: libmilter runs the sessions */
static pthread_t server_thread;
static atomic_bool has_ended;
static atomic_bool is_expected_to_end;

static void *
run_server(void *unused)
{
	int result;

	sessions_begin_listening();
	result = smfi_main();
	atomic_store(&has_ended, true);
	if (!atomic_load(&is_expected_to_end)) {
		log_message(LOG_LEVEL_ERROR, "libmilter ended (%d); dmarcmilter stops so "
			    "that it is started anew", result);
		kill(getpid(), SIGTERM);
	}
	return unused;
}

/* Gives libmilter a listening descriptor. "fd:" is a patch of Debian's. */
static bool
give_descriptor(int descriptor, struct arena *arena)
{
	char *specification = text_string(arena, text_printf(arena, "fd:%d", descriptor));

	return smfi_setconn(specification) == MI_SUCCESS && smfi_opensocket(false) == MI_SUCCESS;
}

/* Lets libmilter open the socket itself: mode by umask, no TCP_NODELAY. */
static bool
give_specification(const struct listener *listener, const struct config *config,
		   struct arena *arena)
{
	mode_t saved_mask = umask((mode_t)(~config->socket_mode & 0777));
	bool is_open = smfi_setconn(text_string(arena, listener->name)) == MI_SUCCESS &&
		       smfi_opensocket(false) == MI_SUCCESS;

	umask(saved_mask);
	return is_open;
}

static bool
prepare_own(const struct service *service, const struct config *config,
	    const struct listeners *listeners, struct arena *arena, struct text *reason_out)
{
	acceptor = acceptor_new(listeners, (size_t)config->sessions_max, arena, reason_out);
	if (acceptor == NULL)
		return false;
	sessions_prepare(service, acceptor, (int64_t)config->idle_timeout);
	if (!give_descriptor(acceptor_rendezvous(acceptor), arena)) {
		*reason_out = text_printf(arena, "this libmilter knows no \"fd:\" sockets; build "
					  "with --disable-own-sessions");
		return false;
	}
	return true;
}

static bool
prepare_stock(const struct config *config, struct listeners *listeners, const char *why,
	      struct arena *arena, struct text *reason_out)
{
	struct listener *listener = &listeners->items[0];
	int copy;

	if (listeners->count != 1) {
		*reason_out = text_printf(arena, "libmilter runs the sessions here (%s) and "
					  "serves one Socket only, not %zu", why,
					  listeners->count);
		return false;
	}
	log_message(LOG_LEVEL_WARNING, "libmilter runs the sessions (%s): MaxConnections is "
		    "not kept, and a session that waits may hold up others", why);
	/* A copy, because libmilter closes what it was given. */
	copy = fcntl(listener->descriptor, F_DUPFD_CLOEXEC, 0);
	if (copy >= 0 && give_descriptor(copy, arena))
		return true;
	if (listener->is_inherited) {
		*reason_out = text_printf(arena, "this libmilter takes no socket from systemd");
		return false;
	}
	listeners_close(listeners);
	if (give_specification(listener, config, arena))
		return true;
	*reason_out = text_printf(arena, "libmilter cannot open %.*s",
				  TEXT_ARGUMENTS(listener->name));
	return false;
}

/*
 * How long libmilter waits for each next part of a command that has begun, in seconds.
 * The time between commands is for our own sessions to keep (milter_sessions.c); an MTA
 * writes a command at once, so one that does not go on is stuck or dead.
 */
static int
read_timeout(const struct config *config, bool is_own)
{
	int idle = (int)(config->idle_timeout / 1000);

	return is_own && idle > COMMAND_SECONDS_MAX ? COMMAND_SECONDS_MAX : idle + 1;
}

bool
milter_server_start(const struct service *service, const struct config *config,
		    struct listeners *listeners, struct arena *arena, struct text *reason_out)
{
	const char *why = NULL;
	bool is_own = sessions_are_own(&why);

	(void)smfi_setmaxdatasize(MILTER_PACKET_MAX);
	(void)smfi_setbacklog(BACKLOG);
	(void)smfi_settimeout(read_timeout(config, is_own));
	if (!milter_callbacks_register(service, listeners->items[0].is_unix)) {
		*reason_out = text_printf(arena, "libmilter refuses to be used");
		return false;
	}
	if (!(is_own ? prepare_own(service, config, listeners, arena, reason_out) :
	      prepare_stock(config, listeners, why, arena, reason_out)))
		return false;
	if (pthread_create(&server_thread, NULL, run_server, NULL) != 0) {
		*reason_out = text_printf(arena, "cannot start a thread");
		return false;
	}
	return true;
}

bool
milter_server_is_alive(void)
{
	return !atomic_load(&has_ended) && (acceptor == NULL || acceptor_is_alive(acceptor));
}

bool
milter_server_has_failed(void)
{
	return atomic_load(&has_ended) && !atomic_load(&is_expected_to_end);
}

/* libmilter's threads cannot be told to end: sessions without message are cut off. */
static void
drain_stock(int64_t deadline)
{
	struct timespec pause = { .tv_nsec = DRAIN_POLL * 1000000L };

	milter_callbacks_refuse();
	while (session_messages_in_work() > 0 && clock_milliseconds() < deadline)
		nanosleep(&pause, NULL);
}

bool
milter_server_stop(struct listeners *listeners, int64_t deadline)
{
	size_t left;

	if (milter_server_has_failed())
		log_message(LOG_LEVEL_ERROR, "stopping because libmilter ended");
	atomic_store(&is_expected_to_end, true);
	if (acceptor == NULL) {
		listeners_close(listeners);
		drain_stock(deadline);
		return false;
	}
	acceptor_stop(acceptor, atomic_load(&has_ended) ? 0 :
		      clock_milliseconds() + LEAVE_PATIENCE);
	listeners_close(listeners);
	left = acceptor_wait(acceptor, deadline);
	if (left > 0) {
		log_message(LOG_LEVEL_WARNING, "StopTimeout has passed: %zu sessions are cut "
			    "off, the MTA defers their messages", left);
		return false;
	}
	sessions_end();
	acceptor_end(acceptor);
	pthread_join(server_thread, NULL);
	acceptor_free(&acceptor);
	return true;
}
