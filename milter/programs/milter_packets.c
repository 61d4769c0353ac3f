/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/macros.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>

/*
 * Stands in front of libmilter's reader of packets, by the same means as
 * milter_sessions.c in front of its sessions. Up to 8.18 libmilter goes
 * through the macros of a packet in steps of two, and past the end of its list
 * when the last name has no value: a peer on the socket could end the daemon.
 */
enum {
	MACRO_PACKET = 'D',             /* SMFIC_MACRO: a command, then names and values */
	BROKEN_PACKET = 6               /* SMFIC_UNKNERR: libmilter ends the session */
};

typedef char *packet_reader(int descriptor, struct timeval *timeout, char *command,
			    size_t *length, char *name);

/* Of libmilter, exported and not in its header; ours in place of it. */
ATTRIBUTE_EXPORTED packet_reader mi_rd_cmd;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static packet_reader *libmilters_reader;

static void
find_libmilters_reader(void)
{
	union { void *object; packet_reader *function; } bridge = {
		.object = dlsym(RTLD_NEXT, "mi_rd_cmd"),
	};

	libmilters_reader = bridge.function;
}

/* Each name has its value: strings that end with NUL, in pairs. */
static bool
has_pairs_only(const char *bytes, size_t length)
{
	size_t count = 0;

	for (size_t i = 1; i < length; i++)
		count += bytes[i] == '\0';
	return count % 2 == 0;
}

char *
mi_rd_cmd(int descriptor, struct timeval *timeout, char *command, size_t *length, char *name)
{
	char *bytes;

	pthread_once(&once, find_libmilters_reader);
	if (libmilters_reader == NULL) {
		*command = BROKEN_PACKET;
		return NULL;
	}
	bytes = libmilters_reader(descriptor, timeout, command, length, name);
	if (bytes == NULL || *command != MACRO_PACKET || has_pairs_only(bytes, *length))
		return bytes;
	free(bytes);
	*command = BROKEN_PACKET;
	return NULL;
}
