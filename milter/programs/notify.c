/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/notify.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { STATE_MAX = 512 };       /* of our own states */

/* The address in $NOTIFY_SOCKET. False: none, or one that cannot be. */
static bool
find_address(struct sockaddr_un *address_out, socklen_t *length_out)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length;

	if (name == NULL || (name[0] != '/' && name[0] != '@'))
		return false;
	length = strlen(name);
	if (length < 2 || length >= sizeof(address_out->sun_path))
		return false;
	memset(address_out, 0, sizeof(*address_out));
	address_out->sun_family = AF_UNIX;
	memcpy(address_out->sun_path, name, length);
	if (name[0] == '@')
		address_out->sun_path[0] = '\0';
	/* An abstract name has no NUL at its end: every byte counts. */
	*length_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
				  (name[0] == '@' ? 0 : 1));
	return true;
}

bool
notify_send(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t length;
	ssize_t sent;
	int saved_errno;
	int handle;

	if (name == NULL || name[0] == '\0')
		return true;
	if (!find_address(&address, &length)) {
		errno = EINVAL;
		return false;
	}
	handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (handle < 0)
		return false;
	do
		sent = sendto(handle, state, strlen(state), MSG_NOSIGNAL,
			      (const struct sockaddr *)&address, length);
	while (sent < 0 && errno == EINTR);
	saved_errno = errno;
	close(handle);
	errno = saved_errno;
	return sent >= 0;
}

bool
notify_ready(const char *status)
{
	char state[STATE_MAX];
	int length = snprintf(state, sizeof(state), "READY=1\nSTATUS=%s", status);

	if (length < 0 || (size_t)length >= sizeof(state))
		return notify_send("READY=1");
	return notify_send(state);
}

bool
notify_reloading(void)
{
	struct timespec now;
	char state[STATE_MAX];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return notify_send(state);
}

bool
notify_stopping(void)
{
	return notify_send("STOPPING=1\nSTATUS=Finishing the messages in work");
}

bool
notify_watchdog(void)
{
	return notify_send("WATCHDOG=1");
}

int64_t
notify_watchdog_interval(void)
{
	const char *microseconds = getenv("WATCHDOG_USEC");
	const char *process = getenv("WATCHDOG_PID");
	uint64_t interval;
	uint64_t id;

	if (microseconds == NULL || !text_to_number(text_from(microseconds), INT64_MAX, &interval))
		return 0;
	if (process != NULL && (!text_to_number(text_from(process), INT32_MAX, &id) ||
				id != (uint64_t)getpid()))
		return 0;
	if (interval == 0)
		return 0;
	return interval < 2000 ? 1 : (int64_t)(interval / 2000);
}
