/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_packets.h"

#include "base/macros.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include <libmilter/mfapi.h>

/* Of the protocol; libmilter has them in a header that it does not install. */
enum {
	LENGTH_BYTES = 4,
	HEAD_BYTES = LENGTH_BYTES + 1,  /* and the command */
	MACRO_PACKET = 'D',             /* SMFIC_MACRO: a command, then names and values */

	/* What libmilter's reader says in place of a command: it ends the session. */
	READ_WHOLE = 0,
	READ_TIMED_OUT = 1,
	READ_NO_MEMORY = 3,
	READ_FAILED = 4,
	READ_END = 5,
	READ_BROKEN = 6,
	READ_TOO_LONG = 7
};

/* Changes of the message: SMFIR_ADDHEADER, INSHEADER, CHGHEADER and QUARANTINE. A reply follows. */
static const char changes[] = "himq";

typedef char *packet_reader(int descriptor, struct timeval *timeout, char *command,
			    size_t *length, char *name);
typedef int packet_writer(int descriptor, struct timeval *timeout, int command, char *bytes,
			  size_t length);

/* Of libmilter, exported and not in its header; ours in place of them. */
ATTRIBUTE_EXPORTED packet_reader mi_rd_cmd;
ATTRIBUTE_EXPORTED packet_writer mi_wr_cmd;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static packet_reader *libmilters_reader;
static packet_writer *libmilters_writer;

/* NULL: libmilter runs the session. */
static _Thread_local struct milter_stream *current;

static void
find_libmilters_own(void)
{
	union { void *object; packet_reader *function; } reader = {
		.object = dlsym(RTLD_NEXT, "mi_rd_cmd"),
	};
	union { void *object; packet_writer *function; } writer = {
		.object = dlsym(RTLD_NEXT, "mi_wr_cmd"),
	};

	libmilters_reader = reader.function;
	libmilters_writer = writer.function;
}

void
milter_stream_begin(struct milter_stream *stream, int descriptor, milter_stream_waiter *wait,
		    void *data)
{
	stream->descriptor = descriptor;
	stream->wait = wait;
	stream->data = data;
	stream->is_over = false;
	stream->is_broken = false;
	stream->reads_ahead = false;
	stream->start = 0;
	stream->end = 0;
	stream->unsent_length = 0;
	current = stream;
}

void
milter_stream_end(void)
{
	current = NULL;
}

bool
milter_stream_is_of(int descriptor)
{
	return current != NULL && current->descriptor == descriptor;
}

bool
milter_stream_wait(void)
{
	struct milter_stream *stream = current;

	stream->reads_ahead = true;
	if (stream->start == stream->end && !stream->wait(stream->data, INT64_MAX))
		stream->is_over = true;
	return !stream->is_over;
}

/* Waits until the socket takes more. False when the time is over, or on failure. */
static bool
wait_until_writable(int descriptor, const struct timeval *timeout)
{
	struct pollfd handle = { .fd = descriptor, .events = POLLOUT };
	struct timespec patience = { .tv_sec = timeout->tv_sec,
				     .tv_nsec = timeout->tv_usec * 1000 };
	int ready;

	do
		ready = ppoll(&handle, 1, &patience, NULL);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* As recvmsg(), and waits. 0: the peer has hung up; -1 with ETIMEDOUT: it said nothing. */
static ssize_t
receive(const struct milter_stream *stream, struct iovec *parts, size_t count,
	const struct timeval *timeout)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	int64_t patience = (int64_t)timeout->tv_sec * 1000 + timeout->tv_usec / 1000;

	for (;;) {
		ssize_t length = recvmsg(stream->descriptor, &message, MSG_DONTWAIT);

		if (length >= 0)
			return length;
		if (errno == EAGAIN) {
			if (!stream->wait(stream->data, patience)) {
				errno = ETIMEDOUT;
				return -1;
			}
		} else if (errno != EINTR) {
			return -1;
		}
	}
}

/* Reads `length` bytes into `target`, and ahead what comes with them. READ_WHOLE or a failure. */
static int
read_bytes(struct milter_stream *stream, char *target, size_t length,
	   const struct timeval *timeout)
{
	size_t have = stream->end - stream->start;
	size_t done = have < length ? have : length;

	memcpy(target, stream->ahead + stream->start, done);
	stream->start += done;
	while (done < length) {
		/* All that was read ahead is used up here. */
		struct iovec parts[2] = {
			{ .iov_base = target + done, .iov_len = length - done },
			{ .iov_base = stream->ahead, .iov_len = sizeof(stream->ahead) },
		};
		ssize_t got = receive(stream, parts, stream->reads_ahead ? 2 : 1, timeout);

		if (got < 0)
			return errno == ETIMEDOUT ? READ_TIMED_OUT : READ_FAILED;
		if (got == 0)
			return READ_END;
		stream->start = 0;
		stream->end = 0;
		if ((size_t)got > length - done)
			stream->end = (size_t)got - (length - done);
		done = length - done < (size_t)got ? length : done + (size_t)got;
	}
	return READ_WHOLE;
}

/* A packet, as libmilter's own reader gives it; freed by libmilter. */
static char *
read_packet(struct milter_stream *stream, const struct timeval *timeout, char *command,
	    size_t *length_out)
{
	char head[HEAD_BYTES];
	uint32_t length;
	char *bytes;
	int status = read_bytes(stream, head, sizeof(head), timeout);

	*length_out = 0;
	*command = status == READ_WHOLE ? head[LENGTH_BYTES] : (char)status;
	if (status != READ_WHOLE)
		return NULL;
	memcpy(&length, head, sizeof(length));
	length = ntohl(length);
	if (length <= 1)
		return NULL;
	length--;
	if (length > MILTER_PACKET_MAX) {
		*command = READ_TOO_LONG;
		return NULL;
	}
	bytes = malloc((size_t)length + 1);
	status = bytes == NULL ? READ_NO_MEMORY : read_bytes(stream, bytes, length, timeout);
	if (status != READ_WHOLE) {
		free(bytes);
		*command = (char)status;
		return NULL;
	}
	bytes[length] = '\0';
	*length_out = length;
	return bytes;
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

/*
 * Up to 8.18 libmilter goes through the macros of a packet in steps of two, and
 * past the end of its list when the last name has no value: a peer on the
 * socket could end the daemon.
 */
char *
mi_rd_cmd(int descriptor, struct timeval *timeout, char *command, size_t *length, char *name)
{
	char *bytes;

	if (milter_stream_is_of(descriptor)) {
		bytes = read_packet(current, timeout, command, length);
	} else {
		pthread_once(&once, find_libmilters_own);
		if (libmilters_reader == NULL) {
			*command = READ_BROKEN;
			return NULL;
		}
		bytes = libmilters_reader(descriptor, timeout, command, length, name);
	}
	if (bytes == NULL || *command != MACRO_PACKET || has_pairs_only(bytes, *length))
		return bytes;
	free(bytes);
	*command = READ_BROKEN;
	return NULL;
}

/* Leaves out what was sent. */
static void
advance(struct msghdr *message, size_t sent)
{
	while (message->msg_iovlen > 0 && sent >= message->msg_iov->iov_len) {
		sent -= message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (message->msg_iovlen > 0) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + sent;
		message->msg_iov->iov_len -= sent;
	}
}

static bool
send_all(int descriptor, struct iovec *parts, size_t count, const struct timeval *timeout)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };

	while (message.msg_iovlen > 0) {
		ssize_t sent = sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent >= 0)
			advance(&message, (size_t)sent);
		else if (errno != EINTR &&
			 (errno != EAGAIN || !wait_until_writable(descriptor, timeout)))
			return false;
	}
	return true;
}

static void
hold_back(struct milter_stream *stream, const char *bytes, size_t length)
{
	if (length > 0)
		memcpy(stream->unsent + stream->unsent_length, bytes, length);
	stream->unsent_length += length;
}

/*
 * Sends a packet with those that were held back; a change that fits is held back itself.
 * After a failure nothing is sent: the MTA would take it for the rest of what it has a
 * part of, and one that takes nothing any more would be waited for again and again.
 */
static bool
write_packet(struct milter_stream *stream, int command, char *bytes, size_t length,
	     const struct timeval *timeout)
{
	uint32_t whole = htonl((uint32_t)length + 1);
	char head[HEAD_BYTES];
	struct iovec parts[] = {
		{ .iov_base = stream->unsent, .iov_len = stream->unsent_length },
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = bytes, .iov_len = length },
	};

	if (stream->is_broken)
		return false;
	memcpy(head, &whole, sizeof(whole));
	head[LENGTH_BYTES] = (char)command;
	if (strchr(changes, command) != NULL &&
	    sizeof(head) + length <= sizeof(stream->unsent) - stream->unsent_length) {
		hold_back(stream, head, sizeof(head));
		hold_back(stream, bytes, length);
		return true;
	}
	stream->unsent_length = 0;
	stream->is_broken = !send_all(stream->descriptor, parts, COUNT_OF(parts), timeout);
	return !stream->is_broken;
}

int
mi_wr_cmd(int descriptor, struct timeval *timeout, int command, char *bytes, size_t length)
{
	if (milter_stream_is_of(descriptor)) {
		if (length > MILTER_PACKET_MAX || (length > 0 && bytes == NULL))
			return MI_FAILURE;
		return write_packet(current, command, bytes, length, timeout) ?
			MI_SUCCESS : MI_FAILURE;
	}
	pthread_once(&once, find_libmilters_own);
	return libmilters_writer != NULL ?
		libmilters_writer(descriptor, timeout, command, bytes, length) : MI_FAILURE;
}
