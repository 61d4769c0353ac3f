/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_METRICS_SERVER_H
#define DMARCMILTER_PROGRAMS_METRICS_SERVER_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/config.h"
#include "programs/listener.h"
#include "programs/service.h"

/*
 * What MetricsSocket serves: /metrics and /healthz. Trouble with it is logged
 * and never stops mail from being checked. There is one in a process; main
 * thread only.
 */

/* Opens the socket while we may; does nothing without one in the configuration. */
void metrics_server_open(struct arena *arena, const struct config *config);

/* Starts to serve. `service` must stay until metrics_server_stop(). */
void metrics_server_start(const struct service *service, struct arena *arena);

/* From now on /healthz says that the daemon stops. */
void metrics_server_say_stopping(void);

/* Ends the thread and closes the socket. May be called without start and twice. */
void metrics_server_stop(void);

/* SIGUSR1: the numbers as one line of the log. */
void metrics_server_log(const struct service *service);

#endif
