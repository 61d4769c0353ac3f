/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_NOTIFY_H
#define DMARCMILTER_PROGRAMS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the service manager is told (sd_notify(3), without libsystemd): one
 * datagram to the socket named in $NOTIFY_SOCKET, which may be abstract ("@").
 * Without that variable every function does nothing and succeeds. Trouble is
 * no reason to stop: false is returned and errno says why. Safe from any thread
 * as long as nobody changes the environment.
 */

/* Sends `state`, lines such as "READY=1\nSTATUS=text". */
bool notify_send(const char *state);

/* READY=1 and a status. */
bool notify_ready(const char *status);

/* RELOADING=1 with the time that Type=notify-reload asks for. notify_ready() ends it. */
bool notify_reloading(void);

/* STOPPING=1 */
bool notify_stopping(void);

/* WATCHDOG=1 */
bool notify_watchdog(void);

/*
 * How often notify_watchdog() is to be called, in milliseconds: half of
 * $WATCHDOG_USEC, at least 1. 0: never (no watchdog, or $WATCHDOG_PID is
 * another process).
 */
int64_t notify_watchdog_interval(void);

#endif
