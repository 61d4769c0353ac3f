/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_DAEMON_H
#define DMARCMILTER_PROGRAMS_DAEMON_H

#include <stdbool.h>

/*
 * The life of the daemon: start in the right order, signals, stop. It never
 * forks; the main thread waits for signals and feeds the watchdog.
 */

/* Blocks the signals that the daemon waits for, in all threads. First thing in main(). */
void daemon_block_signals(void);

/* Runs until SIGTERM or SIGINT. Returns an exit code of <sysexits.h>. */
int daemon_run(const char *config_path, bool logs_to_stderr);

#endif
