/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_sessions.h"

#include "base/clock.h"
#include "base/macros.h"
#include "checks/dkim_verify.h"
#include "programs/limited_log.h"
#include "programs/metrics.h"
#include "programs/milter_packets.h"
#include "programs/session.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include <libmilter/mfapi.h>

/* What a session's stack must hold: libopendkim's buffers are the largest thing on it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STACK_BYTES = 2 * 1024 * 1024 };
#else
enum { STACK_BYTES = 256 * 1024 };
#endif

/*
 * Once the daemon stops, a session may still begin a message while it is busy:
 * an MTA that has just connected would otherwise lose it. Milliseconds.
 */
enum {
	LINGER = 1000,                  /* since its last command */
	LINGER_MAX = 5000               /* since the stop */
};

/* Of libmilter, exported and not in its header. */
int mi_engine(SMFICTX *context);
void mi_clr_ctx(SMFICTX *context);
enum { ENGINE_WANTS_MORE = 1 };         /* MI_CONTINUE: no command came within a millisecond */

/* Ours in place of libmilter's. */
ATTRIBUTE_EXPORTED int mi_pool_controller_init(void);
ATTRIBUTE_EXPORTED int mi_start_session(SMFICTX *context);
ATTRIBUTE_EXPORTED int mi_control_startup(char *name);

/*
 * Ours in place of the C library's, for libmilter's sake; all others of the
 * process get what they asked for. Names of our own, because headers may define
 * these functions inline.
 */
ATTRIBUTE_EXPORTED int poll_for_libmilter(struct pollfd *handles, nfds_t count, int timeout)
	__asm__("poll");
ATTRIBUTE_EXPORTED int accept_for_libmilter(int descriptor, struct sockaddr *address,
					    socklen_t *length) __asm__("accept");

/* The head of struct smfi_str, all of it that we use. The same from 8.14 to 8.18. */
struct context_head {
	pthread_t thread;
	int descriptor;
};

/* Written by sessions_prepare() before any session, then only read. */
static const struct service *sessions_service;
static struct acceptor *sessions_acceptor;
static int64_t sessions_idle_timeout;

/* In libmilter's listening thread. */
static _Thread_local bool is_listener;

static atomic_bool is_to_end;

/* A session and where it is, on the stack of its thread. */
struct running {
	struct session *session;
	int descriptor;
	int64_t stopping_since;         /* 0 until the stop is seen */
};

int
mi_pool_controller_init(void)
{
	return 0;
}

/* Signals are the main thread's (main.c): libmilter's own thread would stop on SIGHUP. */
int
mi_control_startup(char *name)
{
	(void)name;
	return 0;
}

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int
poll_really(struct pollfd *handles, nfds_t count, int timeout)
{
	struct timespec wait = { .tv_sec = timeout / 1000,
				 .tv_nsec = (long)(timeout % 1000) * 1000000 };

	return ppoll(handles, count, timeout >= 0 ? &wait : NULL, NULL);
}

/*
 * Waits for the next command, or for the rest of one. False when the session is over:
 * idle for too long, or the daemon stops and no message is in work.
 */
static bool
wait_for_command(void *data, int64_t patience)
{
	struct running *running = data;
	int64_t last_command = clock_milliseconds();

	for (;;) {
		struct pollfd handles[2] = {
			{ .fd = running->descriptor, .events = POLLIN },
			{ .fd = acceptor_stop_event(sessions_acceptor), .events = POLLIN },
		};
		bool is_stopping = running->stopping_since != 0;
		int64_t deadline = last_command + smaller(patience, sessions_idle_timeout);
		int64_t left;
		int ready;

		if (is_stopping && running->session->message == NULL)
			deadline = smaller(deadline, smaller(last_command + LINGER,
							     running->stopping_since + LINGER_MAX));
		left = deadline - clock_milliseconds();
		/* Looks at least once: a command that came in time and was not read yet counts. */
		ready = poll_really(handles, is_stopping ? 1 : 2,
				    left > 0 ? (int)smaller(left, INT32_MAX) : 0);
		/* Also when there is a command: a busy session must see the stop. */
		if (ready > 0 && handles[1].revents != 0)
			running->stopping_since = clock_milliseconds();
		if (ready > 0 && handles[0].revents != 0)
			return true;
		if (ready <= 0 && left <= 0)
			return false;
	}
}

static bool
is_rendezvous(int descriptor)
{
	return is_listener && descriptor == acceptor_rendezvous(sessions_acceptor);
}

static int
set_ready(struct pollfd *handle, bool is_ready)
{
	handle->revents = is_ready ? POLLIN : 0;
	return is_ready ? 1 : 0;
}

/*
 * A millisecond at a time libmilter would look whether the MTA has said more,
 * and not see what was read ahead. Its listening thread waits for a connection.
 */
int
poll_for_libmilter(struct pollfd *handles, nfds_t count, int timeout)
{
	if (count == 1 && (handles->events & POLLIN) != 0) {
		if (milter_stream_is_of(handles->fd))
			return set_ready(handles, milter_stream_wait());
		if (is_rendezvous(handles->fd))
			return set_ready(handles, acceptor_listen(sessions_acceptor, timeout));
	}
	return poll_really(handles, count, timeout);
}

int
accept_for_libmilter(int descriptor, struct sockaddr *address, socklen_t *length)
{
	int accepted;

	if (!is_rendezvous(descriptor))
		return accept4(descriptor, address, length, 0);
	accepted = acceptor_take(sessions_acceptor);
	if (accepted < 0) {
		errno = EINTR;
		return -1;
	}
	/* As if it had come over the rendezvous: libmilter compares the family only. */
	address->sa_family = AF_UNIX;
	*length = sizeof(address->sa_family);
	return accepted;
}

static void *
run_session(void *argument)
{
	SMFICTX *context = argument;
	struct running running = {
		.session = smfi_getpriv(context),
		.descriptor = ((const struct context_head *)argument)->descriptor,
	};
	struct milter_stream stream;

	/* A thread begins with the name of the one that made it. */
	(void)pthread_setname_np(pthread_self(), "session");
	milter_stream_begin(&stream, running.descriptor, wait_for_command, &running);
	while (mi_engine(context) == ENGINE_WANTS_MORE && !stream.is_over) {
		/* A libmilter that waits without poll(). */
		if (!stream.reads_ahead && !wait_for_command(&running, INT64_MAX))
			break;
	}
	milter_stream_end();
	smfi_setpriv(context, NULL);
	session_free(&running.session);
	mi_clr_ctx(context);
	dkim_verify_leave_thread();
	acceptor_release(sessions_acceptor);
	return NULL;
}

static bool
start_thread(SMFICTX *context)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int result;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	result = pthread_create(&thread, &attributes, run_session, context);
	pthread_attr_destroy(&attributes);
	return result == 0;
}

/*
 * libmilter accepted a connection (programs/acceptor.h). It must never be told
 * that a session failed: it would sleep, and end after a few failures.
 */
int
mi_start_session(SMFICTX *context)
{
	static struct limited_log trouble;
	struct session *session;

	if (!is_listener || atomic_load(&is_to_end)) {
		mi_clr_ctx(context);
		(void)smfi_stop();
		return 0;
	}
	session = session_new(sessions_service);
	session->has_local_socket = acceptor_has_taken_local(sessions_acceptor);
	session->belongs_to_thread = true;
	smfi_setpriv(context, session);
	acceptor_hold(sessions_acceptor);
	if (start_thread(context))
		return 0;
	metrics_count_refusal(METRICS_REFUSAL_THREADS);
	limited_log(&trouble, LOG_LEVEL_ERROR, "a connection of the MTA was closed: no thread "
		    "can be started (raise TasksMax or lower MaxConnections)");
	smfi_setpriv(context, NULL);
	session_free(&session);
	mi_clr_ctx(context);
	acceptor_release(sessions_acceptor);
	return 0;
}

/*
 * Which definition the dynamic linker gives to libmilter. -fvisibility=hidden
 * or a static archive that was skipped would silently bring the pool back.
 */
static bool
is_bound_to(const char *name, int (*own)(void))
{
	void *bound = dlsym(RTLD_DEFAULT, name);

	return bound == (void *)(uintptr_t)own;
}

bool
sessions_are_own(const char **why_out)
{
	if (dlsym(RTLD_NEXT, "mi_start_session") == NULL) {
		*why_out = "this libmilter has no worker pool";
		return false;
	}
	if (!is_bound_to("mi_pool_controller_init", mi_pool_controller_init) ||
	    !is_bound_to("mi_start_session", (int (*)(void))(uintptr_t)mi_start_session) ||
	    !is_bound_to("mi_control_startup", (int (*)(void))(uintptr_t)mi_control_startup) ||
	    !is_bound_to("poll", (int (*)(void))(uintptr_t)poll_for_libmilter) ||
	    !is_bound_to("accept", (int (*)(void))(uintptr_t)accept_for_libmilter)) {
		*why_out = "our functions do not take the place of libmilter's";
		return false;
	}
	return true;
}

void
sessions_prepare(const struct service *service, struct acceptor *acceptor, int64_t idle_timeout)
{
	sessions_service = service;
	sessions_acceptor = acceptor;
	sessions_idle_timeout = idle_timeout;
}

void
sessions_begin_listening(void)
{
	(void)pthread_setname_np(pthread_self(), "acceptor");
	is_listener = true;
}

void
sessions_end(void)
{
	atomic_store(&is_to_end, true);
}
