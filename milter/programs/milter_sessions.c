/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_sessions.h"

#include "base/clock.h"
#include "base/macros.h"
#include "programs/limited_log.h"
#include "programs/metrics.h"
#include "programs/session.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

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

/* The head of struct smfi_str, all of it that we use. The same from 8.14 to 8.18. */
struct context_head {
	pthread_t thread;
	int descriptor;
};

/* Written by sessions_prepare() before any session, then only read. */
static const struct service *sessions_service;
static struct acceptor *sessions_acceptor;
static int64_t sessions_idle_timeout;

static atomic_bool is_to_stop;

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

/*
 * Waits for the next command. False when the session is over: idle for too
 * long, or the daemon stops and no message is in work. *stopping_since is 0
 * until the stop is seen.
 */
static bool
wait_for_command(const struct session *session, int descriptor, int64_t *stopping_since)
{
	int64_t last_command = clock_milliseconds();

	for (;;) {
		struct pollfd handles[2] = {
			{ .fd = descriptor, .events = POLLIN },
			{ .fd = acceptor_stop_event(sessions_acceptor), .events = POLLIN },
		};
		bool is_stopping = *stopping_since != 0;
		int64_t deadline = last_command + sessions_idle_timeout;
		int64_t left;
		int ready;

		if (is_stopping && session->message == NULL)
			deadline = smaller(deadline, smaller(last_command + LINGER,
							     *stopping_since + LINGER_MAX));
		left = deadline - clock_milliseconds();
		/* Looks at least once: a command that came in time and was not read yet counts. */
		ready = poll(handles, is_stopping ? 1 : 2,
			     left > 0 ? (int)smaller(left, INT32_MAX) : 0);
		if (ready > 0 && handles[0].revents != 0)
			return true;
		if (ready <= 0 && left <= 0)
			return false;
		if (ready > 0 && !is_stopping)
			*stopping_since = clock_milliseconds();
	}
}

static void *
run_session(void *argument)
{
	SMFICTX *context = argument;
	int descriptor = ((const struct context_head *)argument)->descriptor;
	struct session *session = smfi_getpriv(context);
	int64_t stopping_since = 0;

	while (mi_engine(context) == ENGINE_WANTS_MORE) {
		if (!wait_for_command(session, descriptor, &stopping_since))
			break;
	}
	smfi_setpriv(context, NULL);
	session_free(&session);
	mi_clr_ctx(context);
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
 * libmilter accepted a knock (programs/acceptor.h). It must never be told that
 * a session failed: it would sleep, and end after a few failures.
 */
int
mi_start_session(SMFICTX *context)
{
	static struct limited_log trouble;
	const struct context_head *head = (const struct context_head *)context;
	struct session *session;
	bool is_local;
	int descriptor;

	if (atomic_load(&is_to_stop)) {
		mi_clr_ctx(context);
		(void)smfi_stop();
		return 0;
	}
	if (sessions_acceptor == NULL ||
	    !acceptor_take(sessions_acceptor, &descriptor, &is_local)) {
		mi_clr_ctx(context);
		return 0;
	}
	if (dup3(descriptor, head->descriptor, O_CLOEXEC) < 0) {
		close(descriptor);
		mi_clr_ctx(context);
		acceptor_release(sessions_acceptor);
		return 0;
	}
	close(descriptor);
	session = session_new(sessions_service);
	session->has_local_socket = is_local;
	session->belongs_to_thread = true;
	smfi_setpriv(context, session);
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
	    !is_bound_to("mi_control_startup", (int (*)(void))(uintptr_t)mi_control_startup)) {
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
sessions_stop_at_next_knock(void)
{
	atomic_store(&is_to_stop, true);
}
