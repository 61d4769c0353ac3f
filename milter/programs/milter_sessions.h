/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MILTER_SESSIONS_H
#define DMARCMILTER_PROGRAMS_MILTER_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "programs/acceptor.h"
#include "programs/service.h"

/*
 * Our own sessions: one thread per connection of the MTA, in place of the
 * worker pool that Debian builds into libmilter. The pool gives sessions that
 * become ready together to the same few workers, one after the other: 64
 * callbacks that wait 200 ms for DNS take 6.4 s there and 0.2 s here.
 *
 * How: libmilter calls its own exported functions through the dynamic linker,
 * so definitions of the same name in the executable win. milter_sessions.c
 * defines three, and the poll() and accept() that libmilter calls;
 * milter_packets.c its reader and writer of packets. milter_sessions_stock.c
 * (configure --disable-own-sessions) defines none and says so.
 */

/* False, with the reason in *why_out, when libmilter would not call our functions. */
bool sessions_are_own(const char **why_out);

/* Before libmilter starts. Both must live until the last session has ended. */
void sessions_prepare(const struct service *service, struct acceptor *acceptor,
		      int64_t idle_timeout);

/* In the thread that is to run smfi_main(), before it does. */
void sessions_begin_listening(void);

/*
 * At the next connection libmilter's listener stops itself. smfi_stop() from any
 * other thread waits up to 5 s for the listener's lock, or uses that lock after
 * the listener destroyed it. For any thread, when no session is left.
 */
void sessions_end(void);

#endif
