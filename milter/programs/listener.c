/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/listener.h"

#include "base/macros.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	FIRST_INHERITED = 3,    /* SD_LISTEN_FDS_START of sd_listen_fds(3) */
	INHERITED_MAX = 64,
	BACKLOG = 1024,         /* the kernel lowers it to net.core.somaxconn */
	GROUP_BUFFER = 16384
};

/* The text of the error in errno. */
static struct text
error_text(struct arena *arena, int number)
{
	char buffer[256];

	return text_copy(arena, text_from(strerror_r(number, buffer, sizeof(buffer))));
}

static bool
fail(struct arena *arena, struct text *reason_out, int handle, const char *what)
{
	int number = errno;
	struct text error = error_text(arena, number);

	if (handle >= 0)
		close(handle);
	errno = number;
	*reason_out = text_printf(arena, "%s: %.*s", what, TEXT_ARGUMENTS(error));
	return false;
}

/* Whether somebody answers on a unix socket. */
static bool
is_answered(const struct sockaddr_un *address)
{
	int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered;

	if (handle < 0)
		return true;
	/* A full backlog (EAGAIN) is an answer too. */
	answered = connect(handle, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		   errno != ECONNREFUSED;
	close(handle);
	return answered;
}

/* Removes a socket that a dead process left. Nothing else is ever removed. */
static bool
remove_stale(struct arena *arena, const struct sockaddr_un *address, struct text *reason_out)
{
	struct stat status;

	if (lstat(address->sun_path, &status) != 0) {
		if (errno == ENOENT)
			return true;
		return fail(arena, reason_out, -1, "it cannot be looked at");
	}
	if (!S_ISSOCK(status.st_mode)) {
		*reason_out = text_printf(arena, "the path exists and is not a socket; remove it, "
					  "or choose another path");
		return false;
	}
	if (is_answered(address)) {
		*reason_out = text_printf(arena, "another process answers there; is dmarcmilter "
					  "running already?");
		return false;
	}
	if (unlink(address->sun_path) != 0)
		return fail(arena, reason_out, -1, "the stale socket cannot be removed");
	return true;
}

static bool
explain_bind(struct arena *arena, const char *path, int handle, struct text *reason_out)
{
	const char *slash = strrchr(path, '/');
	int length = slash == path ? 1 : (int)(slash - path);

	if (errno != ENOENT)
		return fail(arena, reason_out, handle, "cannot bind");
	close(handle);
	*reason_out = text_printf(arena, "the directory %.*s does not exist; make it with "
				  "\"systemd-tmpfiles --create dmarcmilter.conf\" or "
				  "\"install -d -o dmarcmilter -g postfix -m 2750 %.*s\"",
				  length, path, length, path);
	return false;
}

static bool
open_unix(struct arena *arena, const struct endpoint *where, mode_t mode, gid_t group,
	  struct listener *listener, struct text *reason_out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	mode_t saved_mask;
	int handle;
	int result;

	if (where->path.length >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return fail(arena, reason_out, -1, "the path");
	}
	listener->path = text_of(text_string(arena, where->path), where->path.length);
	memcpy(address.sun_path, where->path.bytes, where->path.length);
	if (!remove_stale(arena, &address, reason_out))
		return false;
	handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (handle < 0)
		return fail(arena, reason_out, -1, "cannot make a socket");
	/* Nobody may connect before mode and group are right. */
	saved_mask = umask(0777);
	result = bind(handle, (const struct sockaddr *)&address, sizeof(address));
	umask(saved_mask);
	if (result != 0)
		return explain_bind(arena, address.sun_path, handle, reason_out);
	listener->descriptor = handle;
	listener->is_unix = true;
	if (lstat(address.sun_path, &status) == 0) {
		listener->device = status.st_dev;
		listener->inode = status.st_ino;
	}
	if (group != (gid_t)-1 && chown(address.sun_path, (uid_t)-1, group) != 0)
		return fail(arena, reason_out, -1, "SocketGroup: the group cannot be set");
	if (chmod(address.sun_path, mode) != 0)
		return fail(arena, reason_out, -1, "SocketMode: the mode cannot be set");
	return true;
}

static bool
set_option(int handle, int level, int name)
{
	int on = 1;

	return setsockopt(handle, level, name, &on, sizeof(on)) == 0;
}

static void
release_address_list(void *list)
{
	freeaddrinfo(list);
}

static bool
open_inet(struct arena *arena, const struct endpoint *where, struct listener *listener,
	  struct text *reason_out)
{
	struct addrinfo hints = {
		.ai_family = where->kind == ENDPOINT_INET6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *found = NULL;
	const char *host = NULL;
	char port[8];
	int handle;
	int result;

	snprintf(port, sizeof(port), "%u", (unsigned)where->port);
	if (!text_is_empty(where->host))
		host = text_string(arena, where->host);
	result = getaddrinfo(host, port, &hints, &found);
	if (result != 0) {
		*reason_out = text_printf(arena, "the host is not known: %s", gai_strerror(result));
		return false;
	}
	arena_on_empty(arena, release_address_list, found);
	handle = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (handle < 0)
		return fail(arena, reason_out, -1, "cannot make a socket");
	if (!set_option(handle, SOL_SOCKET, SO_REUSEADDR) ||
	    !set_option(handle, IPPROTO_TCP, TCP_NODELAY) ||
	    (found->ai_family == AF_INET6 && !set_option(handle, IPPROTO_IPV6, IPV6_V6ONLY)))
		return fail(arena, reason_out, handle, "cannot set a socket option");
	if (bind(handle, found->ai_addr, found->ai_addrlen) != 0)
		return fail(arena, reason_out, handle, "cannot bind");
	listener->descriptor = handle;
	return true;
}

/* A descriptor that we were given: it must be a listening stream socket. */
static bool
take_inherited(struct arena *arena, int handle, struct listener *listener,
	       struct text *reason_out)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);
	int listening = 0;
	socklen_t size = sizeof(listening);

	if (getsockopt(handle, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
	    getsockname(handle, (struct sockaddr *)&address, &length) != 0)
		return fail(arena, reason_out, -1, "the descriptor is no socket");
	if (listening == 0) {
		*reason_out = text_printf(arena, "the socket does not listen (Accept=no and a "
					  "stream socket are needed)");
		return false;
	}
	listener->is_unix = address.ss_family == AF_UNIX;
	if (!listener->is_unix)
		(void)set_option(handle, IPPROTO_TCP, TCP_NODELAY);
	if (fcntl(handle, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(handle, F_SETFL, fcntl(handle, F_GETFL) | O_NONBLOCK) != 0)
		return fail(arena, reason_out, -1, "the descriptor cannot be used");
	listener->descriptor = handle;
	listener->is_inherited = true;
	return true;
}

bool
listener_open(struct arena *arena, const struct endpoint *endpoint, mode_t mode, gid_t group,
	      struct listener *listener_out, struct text *reason_out)
{
	struct listener listener = { .kind = endpoint->kind, .descriptor = -1 };
	struct listeners one = { &listener, 1 };
	bool is_open = false;
	int number;

	errno = 0;
	switch (endpoint->kind) {
	case ENDPOINT_NONE_YET:
		*reason_out = text_printf(arena, "it is no socket");
		return false;
	case ENDPOINT_UNIX:
		is_open = open_unix(arena, endpoint, mode, group, &listener, reason_out);
		break;
	case ENDPOINT_INET:
	case ENDPOINT_INET6:
		is_open = open_inet(arena, endpoint, &listener, reason_out);
		break;
	case ENDPOINT_DESCRIPTOR:
		is_open = take_inherited(arena, endpoint->descriptor, &listener, reason_out);
		break;
	}
	if (is_open && !listener.is_inherited && listen(listener.descriptor, BACKLOG) != 0)
		is_open = fail(arena, reason_out, -1, "cannot listen");
	if (!is_open) {
		number = errno;
		listeners_close(&one);
		errno = number;
		return false;
	}
	*listener_out = listener;
	return true;
}

/* The number of descriptors that systemd handed to this very process. */
static size_t
count_inherited(void)
{
	const char *process = getenv("LISTEN_PID");
	const char *descriptors = getenv("LISTEN_FDS");
	uint64_t id;
	uint64_t count;

	if (process == NULL || descriptors == NULL ||
	    !text_to_number(text_from(process), INT32_MAX, &id) || id != (uint64_t)getpid() ||
	    !text_to_number(text_from(descriptors), INHERITED_MAX, &count))
		return 0;
	return (size_t)count;
}

static bool
find_group(struct arena *arena, struct text name, gid_t *group_out, struct text *reason_out)
{
	char *buffer = arena_alloc(arena, GROUP_BUFFER);
	struct group group;
	struct group *found = NULL;
	uint64_t number;

	*group_out = (gid_t)-1;
	if (text_is_empty(name))
		return true;
	if (getgrnam_r(text_string(arena, name), &group, buffer, GROUP_BUFFER, &found) == 0 &&
	    found != NULL) {
		*group_out = group.gr_gid;
		return true;
	}
	if (text_to_number(name, INT32_MAX, &number)) {
		*group_out = (gid_t)number;
		return true;
	}
	*reason_out = text_printf(arena, "SocketGroup: there is no group \"%.*s\"",
				  TEXT_ARGUMENTS(name));
	return false;
}

/* Opens what `name` says; `what` it is stands before the name in the reason. */
static bool
open_named(struct arena *arena, const struct config *config, const char *what, struct text name,
	   gid_t group, struct listener *listener_out, struct text *reason_out)
{
	struct text reason = TEXT("it cannot be read");
	struct endpoint endpoint;

	errno = 0;
	if (!endpoint_parse(name, &endpoint) ||
	    !listener_open(arena, &endpoint, (mode_t)config->socket_mode, group, listener_out,
			   &reason)) {
		*reason_out = text_printf(arena, "%s %.*s: %.*s", what, TEXT_ARGUMENTS(name),
					  TEXT_ARGUMENTS(reason));
		return false;
	}
	listener_out->name = text_of(text_string(arena, name), name.length);
	return true;
}

/* Opens the listener number `index` of the configuration or of systemd. */
static bool
open_one(struct arena *arena, const struct config *config, bool is_from_systemd, size_t index,
	 gid_t group, struct listener *listener_out, struct text *reason_out)
{
	struct text name = is_from_systemd ?
		text_printf(arena, "fd:%d", FIRST_INHERITED + (int)index) :
		config->sockets.items[index];

	return open_named(arena, config, "socket", name, group, listener_out, reason_out);
}

bool
listeners_open(struct arena *arena, const struct config *config, struct listeners *listeners_out,
	       struct text *reason_out, int *exit_code_out)
{
	size_t inherited = count_inherited();
	size_t count = inherited > 0 ? inherited : config->sockets.count;
	struct listeners listeners = { arena_array(arena, count + 1, sizeof(struct listener)), 0 };
	gid_t group;

	if (!find_group(arena, config->socket_group, &group, reason_out)) {
		*exit_code_out = EX_CONFIG;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!open_one(arena, config, inherited > 0, i, group, &listeners.items[i],
			      reason_out)) {
			*exit_code_out = errno == EACCES || errno == EPERM ? EX_NOPERM :
				EX_UNAVAILABLE;
			listeners_close(&listeners);
			return false;
		}
		listeners.count++;
	}
	*listeners_out = listeners;
	return true;
}

bool
listener_open_metrics(struct arena *arena, const struct config *config,
		      struct listener *listener_out, struct text *reason_out)
{
	gid_t group;

	return find_group(arena, config->socket_group, &group, reason_out) &&
	       open_named(arena, config, "MetricsSocket", config->metrics_socket, group,
			  listener_out, reason_out);
}

/* Another process may have made a new socket at the path by now: it is not ours to remove. */
static void
remove_own_socket(const struct listener *listener)
{
	struct stat status;

	if (listener->kind != ENDPOINT_UNIX || listener->inode == 0)
		return;
	if (lstat(listener->path.bytes, &status) == 0 && S_ISSOCK(status.st_mode) &&
	    status.st_dev == listener->device && status.st_ino == listener->inode)
		(void)unlink(listener->path.bytes);
}

void
listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *listener = &listeners->items[i];

		if (listener->descriptor < 0)
			continue;
		remove_own_socket(listener);
		close(listener->descriptor);
		listener->descriptor = -1;
	}
}
