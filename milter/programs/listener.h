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

/*
 * The sockets on which the MTA reaches us. We open them ourselves and do not
 * leave that to libmilter: only so do mode, group, backlog and TCP_NODELAY
 * hold from the first moment (without TCP_NODELAY, which accepted connections
 * inherit, Nagle and delayed ACK cost 44 ms a message). Used by one thread, at
 * start and at exit.
 */
enum listener_kind {
	LISTENER_UNIX,          /* unix:PATH, local:PATH, or just /PATH */
	LISTENER_INET,          /* inet:PORT, inet:PORT@HOST, inet:HOST:PORT */
	LISTENER_INET6,         /* inet6: likewise; a HOST may stand in brackets */
	LISTENER_INHERITED      /* fd:NUMBER, a listening descriptor */
};

struct listener_address {
	enum listener_kind kind;
	struct text path;       /* LISTENER_UNIX; NUL-terminated too */
	struct text host;       /* LISTENER_INET*; empty: every address; NUL-terminated too */
	unsigned port;          /* LISTENER_INET*: 0 to 65535; 0 lets the system choose */
	int descriptor;         /* LISTENER_INHERITED */
};

struct listener {
	struct listener_address address;
	struct text name;       /* the specification, for messages and for libmilter; NUL-terminated too */
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

/* Parses one Socket value. False with a sentence for the operator in *reason_out. Pure. */
bool listener_address_parse(struct arena *arena, struct text specification,
			    struct listener_address *address_out, struct text *reason_out);

/*
 * Opens every Socket of the configuration; or, when systemd handed over
 * descriptors (LISTEN_PID, LISTEN_FDS), takes those and opens none. On failure
 * everything is closed again; *reason_out says what to do, *exit_code_out is
 * of sysexits.h. All lives in `arena`.
 */
bool listeners_open(struct arena *arena, const struct config *config,
		    struct listeners *listeners_out, struct text *reason_out, int *exit_code_out);

/* Closes all of them and removes the unix sockets that we made. May be called twice. */
void listeners_close(struct listeners *listeners);

/* Opens what Socket option says with `mode` and `group` (may be -1: leave it). For listeners_open() and tests. */
bool listener_open(struct arena *arena, const struct listener_address *address, mode_t mode,
		   gid_t group, struct listener *listener_out, struct text *reason_out);

#endif
