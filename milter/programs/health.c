/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/health.h"

#include "base/clock.h"
#include "base/memory.h"
#include "config/endpoint.h"
#include "config/reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The milter protocol, as Sendmail 8.14 and Postfix 2.6 speak it: length, letter, data. */
enum {
	PROTOCOL_VERSION = 6,
	ACTIONS_ALL = 0x1ff,
	STEPS_ALL = 0x1fffff,
	LENGTH_BYTES = 4,
	NUMBERS_IN_OFFER = 3,           /* version, actions, steps */
	ANSWER_BYTES_MIN = 1 + NUMBERS_IN_OFFER * LENGTH_BYTES,
	ANSWER_BYTES_MAX = 65536        /* with the macros that the milter wants */
};
static const char negotiate = 'O';
static const char quit[] = { 0, 0, 0, 1, 'Q' };

/*
 * Everything that may take time, file and name look-ups too, is done by a
 * second thread; the first waits for it and keeps the time.
 */
struct probe {
	struct arena *arena;
	const char *config_path;
	struct text socket;             /* empty: those of the configuration */
	_Atomic(const char *) step;     /* what takes time now; lives in the arena */
	int done_event;
	/* Read after done_event only. */
	bool is_good;
	struct text sentence;
};

static bool
fail(struct probe *probe, struct text name, const char *what, int number)
{
	char buffer[256];

	probe->sentence = number == 0 ?
		text_printf(probe->arena, "%.*s: %s", TEXT_ARGUMENTS(name), what) :
		text_printf(probe->arena, "%.*s: %s: %s", TEXT_ARGUMENTS(name), what,
			    strerror_r(number, buffer, sizeof(buffer)));
	return false;
}

static void
begin_step(struct probe *probe, const char *what, struct text name)
{
	struct text step = text_printf(probe->arena, "%s %.*s", what, TEXT_ARGUMENTS(name));

	atomic_store(&probe->step, text_string(probe->arena, step));
}

/* Connects or sets errno. */
static int
connect_address(const struct sockaddr *address, socklen_t length)
{
	int handle = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int number;

	if (handle < 0 || connect(handle, address, length) == 0)
		return handle;
	number = errno;
	close(handle);
	errno = number;
	return -1;
}

static int
connect_unix(const struct endpoint *where)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* endpoint_parse() has seen to the length. */
	memcpy(address.sun_path, where->path.bytes, where->path.length);
	return connect_address((const struct sockaddr *)&address, sizeof(address));
}

/* Without a host this is the loopback address. */
static int
connect_inet(struct probe *probe, const struct endpoint *where)
{
	struct addrinfo hints = {
		.ai_family = where->kind == ENDPOINT_INET6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct text port = text_printf(probe->arena, "%u", (unsigned)where->port);
	struct addrinfo *found = NULL;
	int handle = -1;

	if (getaddrinfo(text_is_empty(where->host) ? NULL :
			text_string(probe->arena, where->host),
			text_string(probe->arena, port), &hints, &found) != 0) {
		errno = EHOSTUNREACH;
		return -1;
	}
	for (const struct addrinfo *one = found; handle < 0 && one != NULL; one = one->ai_next)
		handle = connect_address(one->ai_addr, one->ai_addrlen);
	freeaddrinfo(found);
	return handle;
}

static bool
send_all(int handle, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(handle, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

static bool
send_offer(int handle)
{
	const uint32_t numbers[NUMBERS_IN_OFFER] = {
		htonl(PROTOCOL_VERSION), htonl(ACTIONS_ALL), htonl(STEPS_ALL),
	};
	const uint32_t length = htonl(1 + sizeof(numbers));
	char packet[sizeof(length) + 1 + sizeof(numbers)];

	memcpy(packet, &length, sizeof(length));
	packet[sizeof(length)] = negotiate;
	memcpy(packet + sizeof(length) + 1, numbers, sizeof(numbers));
	return send_all(handle, packet, sizeof(packet));
}

/* Errno is 0 when the other end closed the connection. */
static bool
receive_all(int handle, char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t received = recv(handle, bytes, length, 0);

		if (received == 0)
			errno = 0;
		if (received <= 0)
			return false;
		bytes += received;
		length -= (size_t)received;
	}
	return true;
}

/* After the offer was sent: reads the whole answer. */
static bool
read_answer(struct probe *probe, struct text name, int handle)
{
	static const char closed[] = "the connection was closed without an answer (is "
				     "MaxConnections reached, or is it stopping?)";
	uint32_t wire;
	uint32_t length;
	char *answer;

	if (!receive_all(handle, (char *)&wire, sizeof(wire)))
		return fail(probe, name, errno == 0 ? closed : "no answer can be read", errno);
	length = ntohl(wire);
	if (length < 1 || length > ANSWER_BYTES_MAX)
		return fail(probe, name, "what answers is no milter", 0);
	answer = arena_alloc(probe->arena, length);
	if (!receive_all(handle, answer, length))
		return fail(probe, name, errno == 0 ? closed : "no answer can be read", errno);
	if (answer[0] != negotiate || length < ANSWER_BYTES_MIN)
		return fail(probe, name, "what answers is no milter, or one that refuses us", 0);
	return true;
}

static bool
try_socket(struct probe *probe, struct text name)
{
	struct endpoint where;
	bool is_good;
	int handle;

	if (!endpoint_parse(name, &where))
		return fail(probe, name, "it is no socket", 0);
	if (where.kind == ENDPOINT_DESCRIPTOR)
		return fail(probe, name, "say which socket that is: dmarcmilter --health "
			    "unix:PATH", 0);
	begin_step(probe, "connecting to", name);
	handle = where.kind == ENDPOINT_UNIX ? connect_unix(&where) :
		connect_inet(probe, &where);
	if (handle < 0)
		return fail(probe, name, "cannot connect", errno);
	begin_step(probe, "waiting for the answer of", name);
	is_good = send_offer(handle) ? read_answer(probe, name, handle) :
		fail(probe, name, "the milter protocol cannot be offered", errno);
	/* Hanging up without a word is what a crashed MTA does. */
	if (is_good)
		(void)send_all(handle, quit, sizeof(quit));
	close(handle);
	return is_good;
}

static bool
try_configured(struct probe *probe)
{
	struct config_problems problems = { NULL, 0, 0, false };
	const struct config *config = config_load(probe->arena, probe->config_path, &problems);

	for (size_t i = 0; config == NULL && i < problems.count; i++) {
		if (!problems.items[i].is_warning) {
			probe->sentence = text_printf(probe->arena, "%.*s: %.*s",
						      TEXT_ARGUMENTS(problems.items[i].place),
						      TEXT_ARGUMENTS(problems.items[i].sentence));
			return false;
		}
	}
	if (config == NULL || config->sockets.count == 0)
		return fail(probe, text_from(probe->config_path), "there is no Socket", 0);
	for (size_t i = 0; i < config->sockets.count; i++) {
		if (!try_socket(probe, config->sockets.items[i]))
			return false;
	}
	probe->sentence = config->sockets.count == 1 ?
		text_printf(probe->arena, "%.*s: a milter answers",
			    TEXT_ARGUMENTS(config->sockets.items[0])) :
		text_printf(probe->arena, "a milter answers on each of %zu sockets",
			    config->sockets.count);
	return true;
}

static void *
run_probe(void *argument)
{
	struct probe *probe = argument;

	if (text_is_empty(probe->socket)) {
		probe->is_good = try_configured(probe);
	} else {
		probe->is_good = try_socket(probe, probe->socket);
		if (probe->is_good)
			(void)fail(probe, probe->socket, "a milter answers", 0);
	}
	(void)eventfd_write(probe->done_event, 1);
	return NULL;
}

static bool
wait_for_end(const struct probe *probe)
{
	int64_t deadline = clock_milliseconds() + HEALTH_TIMEOUT;
	struct pollfd done = { .fd = probe->done_event, .events = POLLIN };
	int64_t left;

	while ((left = deadline - clock_milliseconds()) > 0) {
		if (poll(&done, 1, (int)left) > 0)
			return true;
	}
	return false;
}

static int
say(bool is_good, struct text sentence)
{
	printf("dmarcmilter: %.*s\n", TEXT_ARGUMENTS(sentence));
	return fflush(stdout) == 0 && is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
health_run(const char *config_path, struct text socket)
{
	struct probe *probe = memory_new(sizeof(*probe));
	pthread_t thread;
	int code;

	probe->arena = arena_new();
	probe->config_path = config_path;
	probe->socket = socket;
	probe->done_event = eventfd(0, EFD_CLOEXEC);
	atomic_store(&probe->step, "reading the configuration");
	if (probe->done_event < 0 || pthread_create(&thread, NULL, run_probe, probe) != 0)
		return say(false, TEXT("the system gives no descriptor or no thread"));
	if (!wait_for_end(probe)) {
		printf("dmarcmilter: gave up after %d seconds, while %s\n", HEALTH_TIMEOUT / 1000,
		       atomic_load(&probe->step));
		(void)fflush(stdout);
		/* The other thread may be anywhere. */
		_exit(EXIT_FAILURE);
	}
	pthread_join(thread, NULL);
	code = say(probe->is_good, probe->sentence);
	close(probe->done_event);
	arena_free(&probe->arena);
	free(probe);
	return code;
}
