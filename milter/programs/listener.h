/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_LISTENER_H
#define DMARCMILTER_PROGRAMS_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"
#include "config/endpoint.h"

/*
 * The sockets on which the MTA reaches us. We open them ourselves and do not
 * leave that to libmilter: only so do mode, group, backlog and TCP_NODELAY
 * hold from the first moment (without TCP_NODELAY, which accepted connections
 * inherit, Nagle and delayed ACK cost 44 ms a message). Used by one thread, at
 * start and at exit.
 */
struct listener {
	enum endpoint_kind kind;
	struct text path;       /* ENDPOINT_UNIX; NUL-terminated too */
	struct text name;       /* the value of Socket; NUL-terminated too */
	int descriptor;         /* -1 when closed */
	bool is_inherited;      /* from systemd: closed at the end, never shut down or removed */
	bool is_unix;
	dev_t device;           /* of our unix socket: only that one is removed at the end */
	ino_t inode;
};

struct listeners {
	struct listener *items;
	size_t count;
};

/*
 * Opens every Socket of the configuration; or, when systemd handed over
 * descriptors (LISTEN_PID, LISTEN_FDS), takes those and opens none. On failure
 * everything is closed again; *reason_out says what to do, *exit_code_out is
 * of sysexits.h. All lives in `arena`.
 */
bool listeners_open(struct arena *arena, const struct config *config,
		    struct listeners *listeners_out, struct text *reason_out, int *exit_code_out);

/*
 * Opens MetricsSocket with SocketMode and SocketGroup. On failure *reason_out
 * says which socket and why. All lives in `arena`.
 */
bool listener_open_metrics(struct arena *arena, const struct config *config,
			   struct listener *listener_out, struct text *reason_out);

/* Closes all of them and removes the unix sockets that we made. May be called twice. */
void listeners_close(struct listeners *listeners);

/*
 * Opens one, a unix socket with `mode` and `group` ((gid_t)-1: leave it). On
 * failure errno is the system's, or 0. For listeners_open() and tests.
 */
bool listener_open(struct arena *arena, const struct endpoint *endpoint, mode_t mode,
		   gid_t group, struct listener *listener_out, struct text *reason_out);

#endif
