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
 * Accepts connections on all our sockets, up to a number that is never passed,
 * for libmilter, which knows only one socket and makes the contexts of sessions
 * itself.
 *
 * How: libmilter is given a private socket, the rendezvous, to which nobody
 * connects. When its listening thread waits for that socket and accepts from
 * it, our functions take the place of poll() and accept() (milter_sessions.c)
 * and come here: so the connection is accepted by the thread that makes its
 * context, and nothing is handed from one thread to another.
 *
 * Besides several sockets this gives a bounded number of sessions, an end of
 * accepting that is immediate, and no busy loop when descriptors run out.
 * acceptor_listen() and acceptor_take() belong to libmilter's listening thread;
 * new, stop, end and free to the main thread; the others are safe from any.
 */
struct acceptor;

/* NULL on failure with a sentence in *reason_out. `listeners` must stay until acceptor_free(). */
struct acceptor *acceptor_new(const struct listeners *listeners, size_t connections_max,
			      struct arena *arena, struct text *reason_out);

/* The rendezvous: a listening descriptor for libmilter, which closes it. */
int acceptor_rendezvous(const struct acceptor *acceptor);

/* Waits for a connection, `timeout` milliseconds at most. True: acceptor_take() has one. */
bool acceptor_listen(struct acceptor *acceptor, int timeout);

/* The connection that acceptor_listen() has found, now the caller's. -1: there is none. */
int acceptor_take(struct acceptor *acceptor);

/* True when that connection came in on a unix socket. */
bool acceptor_has_taken_local(const struct acceptor *acceptor);

/* A session begins; it ends with acceptor_release(), the last thing that it does. */
void acceptor_hold(struct acceptor *acceptor);
void acceptor_release(struct acceptor *acceptor);

/* A descriptor that is readable from acceptor_stop() on, for poll(). Never read it. */
int acceptor_stop_event(const struct acceptor *acceptor);

/* True while the thread goes round its loop: for the watchdog. */
bool acceptor_is_alive(const struct acceptor *acceptor);

/*
 * Accepts no more. Returns when libmilter's thread has left the listeners, which
 * may be closed then, or at `deadline` (clock_milliseconds).
 */
void acceptor_stop(struct acceptor *acceptor, int64_t deadline);

/* Waits until no session is left, or `deadline` (clock_milliseconds). Returns how many are. */
size_t acceptor_wait(struct acceptor *acceptor, int64_t deadline);

/*
 * After acceptor_stop(): wakes libmilter's thread with a connection that leads
 * nowhere, so that it can end itself.
 */
void acceptor_end(struct acceptor *acceptor);

/* When libmilter's thread has ended. Clears the pointer; *acceptor may be NULL. */
void acceptor_free(struct acceptor **acceptor);

#endif
