/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_ACCEPTOR_H
#define DMARCMILTER_PROGRAMS_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "programs/listener.h"

/*
 * One thread that accepts connections on all our sockets, up to a number that
 * is never passed, and hands them to libmilter, which knows only one socket
 * and makes the contexts of sessions itself.
 *
 * The way over: libmilter listens on a private socket, the rendezvous. For
 * each connection the acceptor puts the descriptor into a queue and knocks
 * (connects to the rendezvous and hangs up). libmilter accepts the knock, makes
 * a context for it and starts our session (milter_sessions.c), which takes the
 * next descriptor from the queue and puts it in place of the knock's (dup3).
 * Any knock fetches any connection, so a stranger who knocks does no harm: he
 * fetches a connection that was waiting, or nothing.
 *
 * Besides several sockets this gives a bounded number of sessions, an end of
 * accepting that is immediate, and no busy loop when descriptors run out.
 * Shared state with its own lock; all functions are safe from any thread,
 * except new, stop and free: main thread only.
 */
struct acceptor;

/* NULL on failure with a sentence in *reason_out. `listeners` must stay until acceptor_free(). */
struct acceptor *acceptor_new(const struct listeners *listeners, size_t connections_max,
			      struct arena *arena, struct text *reason_out);

/* The rendezvous: a listening descriptor for libmilter, which closes it. */
int acceptor_rendezvous(const struct acceptor *acceptor);

/* Starts accepting. */
bool acceptor_start(struct acceptor *acceptor, struct arena *arena, struct text *reason_out);

/* The next connection that waits, now the caller's. False: none. */
bool acceptor_take(struct acceptor *acceptor, int *descriptor_out, bool *is_local_out);

/* A connection that was taken has ended. The last thing a session does. */
void acceptor_release(struct acceptor *acceptor);

/* Wakes libmilter out of its wait for the rendezvous. */
bool acceptor_knock(const struct acceptor *acceptor);

/* A descriptor that is readable from acceptor_stop() on, for poll(). Never read it. */
int acceptor_stop_event(const struct acceptor *acceptor);

/* True while the thread goes round its loop: for the watchdog. */
bool acceptor_is_alive(const struct acceptor *acceptor);

/* Accepts no more. Connections that were accepted can still be taken. */
void acceptor_stop(struct acceptor *acceptor);

/* Waits until no connection is left, or `deadline` (clock_milliseconds). Returns how many are. */
size_t acceptor_wait(struct acceptor *acceptor, int64_t deadline);

/* After acceptor_stop() and acceptor_wait() == 0. Clears the pointer; *acceptor may be NULL. */
void acceptor_free(struct acceptor **acceptor);

#endif
