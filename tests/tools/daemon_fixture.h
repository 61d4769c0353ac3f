/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_DAEMON_FIXTURE_H
#define DMARCMILTER_TESTS_DAEMON_FIXTURE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The real daemon in a folder of its own, with a name server that answers from
 * a zone text (tests/tools/zone_server). Programs are found by the environment
 * variables DMARCMILTER and ZONE_SERVER, else in the build folder. Both end
 * with the test program, whatever becomes of it.
 */
struct daemon_fixture {
	struct arena *arena;
	char *folder;
	char *config_path;
	char *log_path;
	char *socket;           /* "unix:..." */
	unsigned name_server_port;
	pid_t daemon;           /* 0: not running */
	pid_t name_server;
};

enum { FIXTURE_PATIENCE = 20000 };      /* milliseconds: long, for slow machines and sanitizers */

/* Makes the folder and starts the name server with `zone` (NULL: none). */
bool daemon_fixture_prepare(struct daemon_fixture *fixture, const char *zone);

/*
 * Writes the configuration: unix socket, log file, name server, nobody
 * trusted, as far as `settings` does not set them; then `settings`.
 */
bool daemon_fixture_configure(struct daemon_fixture *fixture, const char *settings);

/*
 * Starts `program` (NULL: the daemon) with environment entries "NAME=value"
 * (NULL: none), and waits until it listens. `inherited`: a descriptor that it
 * gets as number 3 with LISTEN_PID set, -1 for none.
 */
bool daemon_fixture_start(struct daemon_fixture *fixture, const char *program,
			  const char *const *environment, int inherited);

/* All three with their usual parameters. */
bool daemon_fixture_begin(struct daemon_fixture *fixture, const char *zone, const char *settings);

/* Waits until the log holds `part` at least `count` times. */
bool daemon_fixture_wait_for_log(const struct daemon_fixture *fixture, const char *part,
				 unsigned count);

/* The log so far. */
struct text daemon_fixture_log(const struct daemon_fixture *fixture);

void daemon_fixture_signal(const struct daemon_fixture *fixture, int number);

/* Waits for the end: exit code, 256 + signal, or -1 when it had to be killed after a while. */
int daemon_fixture_wait(struct daemon_fixture *fixture);

/* SIGTERM, and wait. */
int daemon_fixture_stop(struct daemon_fixture *fixture);

/* Ends what still runs and removes the folder. */
void daemon_fixture_end(struct daemon_fixture *fixture);

/* Runs the daemon to its end with these arguments, NULL at the end; takes what it prints. */
int daemon_run_to_end(struct arena *arena, const char *const *arguments, struct text *output_out);

#endif
