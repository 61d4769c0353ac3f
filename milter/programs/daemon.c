/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "programs/daemon.h"

#include "base/clock.h"
#include "base/log.h"
#include "checks/dkim.h"
#include "checks/dkim_verify.h"
#include "config/current.h"
#include "config/reader.h"
#include "programs/limited_log.h"
#include "programs/list_watch.h"
#include "programs/listener.h"
#include "programs/metrics.h"
#include "programs/metrics_server.h"
#include "programs/milter_server.h"
#include "programs/notify.h"
#include "programs/privileges.h"
#include "programs/service.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
	/*
	 * Descriptors beside one per session: log, event descriptors, resolv.conf,
	 * listening sockets, and the resolver's outgoing sockets.
	 */
	DESCRIPTORS_BESIDE_SESSIONS = 256,
	/* Of malloc: with one per thread the memory of the busiest hour would stay. */
	ARENAS_MAX = 4,
	IDLE_WAIT = 3600 * 1000 /* milliseconds, when only a signal can bring work */
};

struct daemon {
	struct arena *arena;            /* of the whole process */
	struct service service;
	const struct config *config;    /* while starting; lives in config/current.c */
	struct config_version *version; /* keeps it there */
	struct text pid_file;
	struct listeners listeners;
	struct list_watch watch;
};

static void
fill_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGUSR1);
}

void
daemon_block_signals(void)
{
	sigset_t signals;

	fill_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A log file at its limit (LimitFSIZE) is no reason to end. */
	signal(SIGXFSZ, SIG_IGN);
}

/* Says why the daemon does not start: on standard error until the log is open. */
static int
refuse(struct text reason, int exit_code)
{
	log_message(LOG_LEVEL_ERROR, "not started: %.*s", TEXT_ARGUMENTS(reason));
	return exit_code;
}

static void
print_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		log_message(problems->items[i].is_warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
			    "%.*s: %.*s", TEXT_ARGUMENTS(problems->items[i].place),
			    TEXT_ARGUMENTS(problems->items[i].sentence));
}

static int
load_config(struct daemon *daemon)
{
	struct config_problems problems = { NULL, 0, 0, false };
	struct arena *arena = arena_new();
	const struct config *config = service_load(arena, daemon->service.config_path,
						  NULL, &problems);
	struct text reason;

	/* Before log_open() this goes to standard error. */
	print_problems(&problems);
	if (config == NULL) {
		arena_free(&arena);
		return refuse(TEXT("the configuration has errors"), EX_CONFIG);
	}
	config_publish(arena, config);
	daemon->version = config_acquire();
	daemon->config = config_of(daemon->version);
	umask((mode_t)daemon->config->umask);
	if (!service_open_log(&daemon->service, daemon->config, daemon->arena, &reason))
		return refuse(reason, EX_CANTCREAT);
	return EX_OK;
}

/* What needs the user that we were started as. */
static int
open_outside(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	struct text reason;
	int exit_code = EX_UNAVAILABLE;

	if (!privileges_raise_descriptor_limit(daemon->arena, (size_t)config->sessions_max +
					       DESCRIPTORS_BESIDE_SESSIONS, &reason))
		return refuse(reason, EX_OSERR);
	if (!listeners_open(daemon->arena, config, &daemon->listeners, &reason, &exit_code))
		return refuse(reason, exit_code);
	if (daemon->listeners.count == 0)
		return refuse(TEXT("no Socket is configured"), EX_CONFIG);
	metrics_server_open(daemon->arena, config);
	daemon->pid_file = text_copy(daemon->arena, config->pid_file);
	if (!pid_file_write(daemon->arena, daemon->pid_file, &reason))
		return refuse(reason, EX_CANTCREAT);
	if (!privileges_drop(daemon->arena, config->user, &reason))
		return refuse(reason, EX_NOPERM);
	return EX_OK;
}

static int
start_threads(struct daemon *daemon)
{
	struct text reason;

	if (!dkim_check_start())
		log_message(LOG_LEVEL_WARNING, "libopendkim cannot be set up; signatures are "
			    "verified without it");
	daemon->service.deferrals = deferrals_new();
	if (daemon->service.deferrals == NULL)
		return refuse(TEXT("the system gives no random numbers"), EX_OSERR);
	if (!service_start_resolver(&daemon->service, daemon->config, daemon->arena, &reason))
		return refuse(reason, EX_OSERR);
	if (!milter_server_start(&daemon->service, daemon->config, &daemon->listeners,
				 daemon->arena, &reason))
		return refuse(reason, EX_UNAVAILABLE);
	metrics_server_start(&daemon->service, daemon->arena);
	return EX_OK;
}

/* Kept, the first configuration would hold its lists in memory beside those of later ones. */
static void
forget_start(struct daemon *daemon)
{
	daemon->config = NULL;
	config_release(&daemon->version);
}

static void
tell_ready(const struct daemon *daemon)
{
	static struct limited_log trouble;

	for (size_t i = 0; i < daemon->listeners.count; i++)
		log_message(LOG_LEVEL_INFO, "listening on %.*s",
			    TEXT_ARGUMENTS(daemon->listeners.items[i].name));
	if (!notify_ready("Checking mail"))
		limited_log(&trouble, LOG_LEVEL_WARNING, "the service manager cannot be told that "
			    "we are ready: errno %d", errno);
}

/* After a change of the configuration in use; main thread. */
static void
watch_lists(struct daemon *daemon)
{
	struct config_version *version = config_acquire();

	list_watch_begin(&daemon->watch, config_of(version), clock_milliseconds());
	config_release(&version);
}

static void
tell_state(bool is_good)
{
	(void)notify_ready(is_good ? "Checking mail" :
			   "Checking mail with the old configuration: the new one has errors");
}

static void
reload(struct daemon *daemon)
{
	bool is_good;

	(void)notify_reloading();
	is_good = service_reload(&daemon->service);
	metrics_count_reload(METRICS_RELOAD_ALL, is_good);
	if (is_good)
		watch_lists(daemon);
	tell_state(is_good);
}

/* Reads the lists again when one has changed. Milliseconds until the next look; -1: none. */
static int64_t
look_at_lists(struct daemon *daemon)
{
	struct config_version *version = config_acquire();
	const struct config *config = config_of(version);
	struct text path;
	bool is_good;
	int64_t left;

	if (list_watch_look(&daemon->watch, config, clock_milliseconds(), &path)) {
		(void)notify_reloading();
		is_good = service_reload_lists(&daemon->service, path);
		metrics_count_reload(METRICS_RELOAD_LISTS, is_good);
		if (is_good)
			watch_lists(daemon);
		tell_state(is_good);
	}
	config_release(&version);
	version = config_acquire();
	left = list_watch_left(&daemon->watch, config_of(version), clock_milliseconds());
	config_release(&version);
	return left;
}

static void
feed_watchdog(const struct daemon *daemon)
{
	static struct limited_log trouble;

	if (resolver_is_alive(daemon->service.resolver) && milter_server_is_alive()) {
		(void)notify_watchdog();
		return;
	}
	limited_log(&trouble, LOG_LEVEL_ERROR, "the %s is stuck; the watchdog is not fed",
		    milter_server_is_alive() ? "resolver" : "accepting thread");
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until it is time to stop. */
static void
wait_for_signals(struct daemon *daemon)
{
	int64_t interval = notify_watchdog_interval();
	int64_t next = clock_milliseconds() + interval;
	sigset_t signals;

	fill_signals(&signals);
	watch_lists(daemon);
	for (;;) {
		int64_t look = look_at_lists(daemon);
		int64_t left = sooner(look >= 0 ? look : IDLE_WAIT,
				      interval > 0 ? next - clock_milliseconds() : IDLE_WAIT);
		struct timespec wait = { .tv_sec = left > 0 ? (time_t)(left / 1000) : 0,
					 .tv_nsec = left > 0 ? (long)(left % 1000) * 1000000 : 0 };
		int number = sigtimedwait(&signals, NULL, &wait);

		if (interval > 0 && clock_milliseconds() >= next) {
			feed_watchdog(daemon);
			next = clock_milliseconds() + interval;
		}
		if (number == SIGTERM || number == SIGINT)
			return;
		if (number == SIGHUP)
			reload(daemon);
		if (number == SIGUSR1) {
			service_reopen_log(&daemon->service);
			metrics_server_log(&daemon->service);
		}
	}
}

static void
release(struct daemon *daemon)
{
	metrics_server_stop();
	if (daemon->service.resolver != NULL)
		resolver_stop(&daemon->service.resolver);
	deferrals_free(&daemon->service.deferrals);
	list_watch_end(&daemon->watch);
	listeners_close(&daemon->listeners);
	forget_start(daemon);
	config_withdraw();
	arena_free(&daemon->arena);
	log_close();
}

static int64_t
stop_timeout(void)
{
	struct config_version *version = config_acquire();
	int64_t timeout = (int64_t)config_of(version)->stop_timeout;

	config_release(&version);
	return timeout;
}

static int
stop(struct daemon *daemon)
{
	bool has_failed = milter_server_has_failed();
	int64_t deadline = clock_milliseconds() + stop_timeout();
	bool all_ended;

	log_message(LOG_LEVEL_INFO, "stopping");
	metrics_server_say_stopping();
	(void)notify_stopping();
	all_ended = milter_server_stop(&daemon->listeners, deadline);
	pid_file_remove(daemon->arena, daemon->pid_file);
	log_message(LOG_LEVEL_INFO, "stopped");
	if (!all_ended) {
		/* Sessions that are left still use what release() would free. */
		metrics_server_stop();
		log_close();
		_exit(has_failed ? EX_SOFTWARE : EX_OK);
	}
	release(daemon);
	return has_failed ? EX_SOFTWARE : EX_OK;
}

int
daemon_run(const char *config_path, bool logs_to_stderr)
{
	struct daemon daemon = {
		.arena = arena_new(),
		.service = { .config_path = config_path, .logs_to_stderr = logs_to_stderr },
	};
	bool is_guarded;
	int exit_code;

	(void)mallopt(M_ARENA_MAX, ARENAS_MAX);
	is_guarded = dkim_verify_guard_memory();
	metrics_begin(PACKAGE_VERSION);
	exit_code = load_config(&daemon);
	if (exit_code == EX_OK && !is_guarded)
		log_message(LOG_LEVEL_WARNING, "OpenSSL was used before our start; without memory "
			    "it may take good signatures for bad ones");
	if (exit_code == EX_OK)
		exit_code = open_outside(&daemon);
	if (exit_code == EX_OK)
		exit_code = start_threads(&daemon);
	if (exit_code != EX_OK) {
		release(&daemon);
		return exit_code;
	}
	forget_start(&daemon);
	tell_ready(&daemon);
	wait_for_signals(&daemon);
	return stop(&daemon);
}
