/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MILTER_SERVER_H
#define DMARCMILTER_PROGRAMS_MILTER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"
#include "programs/listener.h"
#include "programs/service.h"

/*
 * Runs libmilter in a thread of its own, with our sessions (milter_sessions.h)
 * or, where those are not effective, with libmilter's. There is one server in
 * a process, for libmilter keeps its state in globals. Main thread only,
 * except milter_server_is_alive().
 */

/* `service`, `config` and `listeners` must live until the process ends. Main thread. */
bool milter_server_start(const struct service *service, const struct config *config,
			 struct listeners *listeners, struct arena *arena,
			 struct text *reason_out);

/* True while connections are accepted: for the watchdog. */
bool milter_server_is_alive(void);

/* Whether libmilter ended by itself. The process is then sent a SIGTERM. */
bool milter_server_has_failed(void);

/*
 * Accepts no more, finishes the messages in work until `deadline`
 * (clock_milliseconds). True: no thread uses `service` any more and all may be
 * freed. False: sessions were left; only _exit() is safe now.
 */
bool milter_server_stop(struct listeners *listeners, int64_t deadline);

#endif
