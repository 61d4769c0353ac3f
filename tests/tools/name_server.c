/* SPDX-License-Identifier: BSD-2-Clause */
#include "name_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "dns/packet.h"

enum {
	CLIENTS_MAX = 64,       /* TCP connections at a time */
	BIND_TRIES = 50,        /* to find a port that is free for UDP and TCP */
	RECEIVE_BYTES = 4194304, /* so that a burst of questions is not lost */
	FIXED_POLLS = 3
};

/* An answer that has to wait. */
struct delayed {
	struct delayed *next;
	int64_t due;
	int socket;             /* the UDP socket, or -1 for a TCP client */
	unsigned client;        /* the serial number of a TCP client */
	struct sockaddr_storage address;
	socklen_t address_length;
	size_t length;
	uint8_t bytes[];
};

struct client {
	int socket;             /* -1: free */
	unsigned serial;
	size_t length;
	uint8_t bytes[2 + PACKET_MAX];
};

struct name_server {
	struct name_server_settings settings;
	_Atomic(const struct zone_text *) zone;
	int udp;
	int tcp;
	unsigned port;
	unsigned serial;
	struct delayed *delayed;
	struct client *clients[CLIENTS_MAX];
	uint8_t query[PACKET_MAX];
	uint8_t response[2 + PACKET_MAX];
};

static socklen_t
make_address(const char *text, uint16_t port, struct sockaddr_storage *address_out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(address_out, 0, sizeof(*address_out));
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(address_out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(address_out, &v6, sizeof(v6));
		return sizeof(v6);
	}
	return 0;
}

static unsigned
port_of(int socket)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	struct sockaddr_in v4;

	/* The port is at the same place in both families. */
	(void)getsockname(socket, (struct sockaddr *)&address, &length);
	memcpy(&v4, &address, sizeof(v4));
	return ntohs(v4.sin_port);
}

static int
open_socket(const char *text, unsigned port, int type)
{
	struct sockaddr_storage address;
	socklen_t length = make_address(text, (uint16_t)port, &address);
	int one = 1;
	int bytes = RECEIVE_BYTES;
	int opened;

	if (length == 0)
		return -1;
	opened = socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (opened < 0)
		return -1;
	if (type == SOCK_STREAM)
		(void)setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (bind(opened, (struct sockaddr *)&address, length) == 0 &&
	    (type != SOCK_STREAM || listen(opened, CLIENTS_MAX) == 0))
		return opened;
	(void)close(opened);
	return -1;
}

struct name_server *
name_server_open(const struct name_server_settings *settings, const struct zone_text *zone)
{
	struct name_server *server = memory_new(sizeof(*server));

	server->settings = *settings;
	atomic_init(&server->zone, zone);
	for (int i = 0; i < BIND_TRIES; i++) {
		server->udp = open_socket(settings->address, settings->port, SOCK_DGRAM);
		if (server->udp < 0)
			break;
		server->port = port_of(server->udp);
		server->tcp = open_socket(settings->address, server->port, SOCK_STREAM);
		if (server->tcp >= 0)
			return server;
		(void)close(server->udp);
		if (settings->port != 0)
			break;
	}
	perror("name server");
	free(server);
	return NULL;
}

void
name_server_set_zone(struct name_server *server, const struct zone_text *zone)
{
	atomic_store(&server->zone, zone);
}

unsigned
name_server_port(const struct name_server *server)
{
	return server->port;
}

static void
tell(struct name_server *server, const uint8_t *query, size_t length, bool is_tcp)
{
	size_t position = PACKET_HEADER_SIZE;
	struct arena *arena;
	struct wire_name name;

	if (server->settings.seen == NULL || length < PACKET_HEADER_SIZE ||
	    !wire_name_read(query, length, &position, &name) || length - position < 4)
		return;
	arena = arena_new();
	server->settings.seen(server->settings.data, wire_name_to_text(arena, &name),
			      packet_u16(query + position), is_tcp);
	arena_free(&arena);
}

/* Writes the answer behind the two bytes of the length that TCP needs. Returns its length. */
static size_t
respond(struct name_server *server, const uint8_t *query, size_t length, bool is_tcp,
	unsigned *delay_out)
{
	size_t size = is_tcp ? PACKET_MAX : zone_text_udp_size(query, length);
	uint8_t *response = server->response + 2;

	tell(server, query, length, is_tcp);
	length = zone_text_respond(atomic_load(&server->zone), query, length, response, size,
				   delay_out);
	if (length > 0 && server->settings.is_authoritative_only)
		response[3] &= 0x7f;
	if (length > 0 && server->settings.spoil != NULL)
		length = server->settings.spoil(server->settings.data, response, length,
						PACKET_MAX, is_tcp);
	packet_put_u16(server->response, (unsigned)length);
	return length;
}

/* Sends all of it; a test's client reads. */
static void
send_stream(int socket, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
		struct pollfd wait = { .fd = socket, .events = POLLOUT };

		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (poll(&wait, 1, 1000) <= 0) {
			return;
		}
	}
}

static void
delay(struct name_server *server, struct delayed waiting, const uint8_t *bytes)
{
	struct delayed *entry = memory_new(sizeof(*entry) + waiting.length);

	*entry = waiting;
	memcpy(entry->bytes, bytes, waiting.length);
	entry->next = server->delayed;
	server->delayed = entry;
}

static void
serve_udp(struct name_server *server)
{
	for (;;) {
		struct delayed waiting = { .socket = server->udp };
		unsigned milliseconds;
		ssize_t got;

		waiting.address_length = sizeof(waiting.address);
		got = recvfrom(server->udp, server->query, sizeof(server->query), 0,
			       (struct sockaddr *)&waiting.address, &waiting.address_length);
		if (got < 0)
			return;
		waiting.length = respond(server, server->query, (size_t)got, false, &milliseconds);
		waiting.due = clock_milliseconds() + milliseconds;
		if (waiting.length > 0 && milliseconds > 0)
			delay(server, waiting, server->response + 2);
		else if (waiting.length > 0)
			(void)sendto(server->udp, server->response + 2, waiting.length, 0,
				     (struct sockaddr *)&waiting.address, waiting.address_length);
	}
}

static void
drop_client(struct client **client)
{
	(void)close((*client)->socket);
	free(*client);
	*client = NULL;
}

static void
serve_message(struct name_server *server, struct client *client, size_t length)
{
	struct delayed waiting = { .socket = -1, .client = client->serial };
	unsigned milliseconds;

	waiting.length = respond(server, client->bytes + 2, length, true, &milliseconds);
	if (waiting.length == 0)
		return;
	waiting.length += 2;
	waiting.due = clock_milliseconds() + milliseconds;
	if (milliseconds > 0)
		delay(server, waiting, server->response);
	else
		send_stream(client->socket, server->response, waiting.length);
}

static void
serve_tcp(struct name_server *server, struct client **slot)
{
	struct client *client = *slot;
	ssize_t got = recv(client->socket, client->bytes + client->length,
			   sizeof(client->bytes) - client->length, 0);

	if (got <= 0) {
		drop_client(slot);
		return;
	}
	client->length += (size_t)got;
	while (client->length >= 2 && client->length - 2 >= packet_u16(client->bytes)) {
		size_t length = packet_u16(client->bytes);

		serve_message(server, client, length);
		client->length -= 2 + length;
		memmove(client->bytes, client->bytes + 2 + length, client->length);
	}
}

static void
accept_client(struct name_server *server)
{
	int accepted = accept(server->tcp, NULL, NULL);

	if (accepted < 0)
		return;
	(void)fcntl(accepted, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (server->clients[i] != NULL)
			continue;
		server->clients[i] = memory_new(sizeof(struct client));
		server->clients[i]->socket = accepted;
		server->clients[i]->serial = ++server->serial;
		return;
	}
	(void)close(accepted);
}

static void
send_delayed(struct name_server *server, const struct delayed *entry)
{
	if (entry->socket >= 0) {
		(void)sendto(entry->socket, entry->bytes, entry->length, 0,
			     (const struct sockaddr *)&entry->address, entry->address_length);
		return;
	}
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i] != NULL && server->clients[i]->serial == entry->client)
			send_stream(server->clients[i]->socket, entry->bytes, entry->length);
}

/* Sends what is due. Returns how long poll() may sleep. */
static int
turn_clock(struct name_server *server)
{
	int64_t now = clock_milliseconds();
	int64_t next = INT32_MAX;
	struct delayed **place = &server->delayed;

	while (*place != NULL) {
		struct delayed *entry = *place;

		if (entry->due > now) {
			if (entry->due - now < next)
				next = entry->due - now;
			place = &entry->next;
			continue;
		}
		send_delayed(server, entry);
		*place = entry->next;
		free(entry);
	}
	return next == INT32_MAX ? -1 : (int)next;
}

bool
name_server_step(struct name_server *server, int wake)
{
	struct pollfd polls[FIXED_POLLS + CLIENTS_MAX] = {
		{ .fd = wake, .events = POLLIN },
		{ .fd = server->udp, .events = POLLIN },
		{ .fd = server->tcp, .events = POLLIN },
	};

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = server->clients[i];

		polls[FIXED_POLLS + i].fd = client != NULL ? client->socket : -1;
		polls[FIXED_POLLS + i].events = POLLIN;
	}
	if (poll(polls, COUNT_OF(polls), turn_clock(server)) < 0)
		return false;
	if (polls[1].revents != 0)
		serve_udp(server);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (polls[FIXED_POLLS + i].revents != 0)
			serve_tcp(server, &server->clients[i]);
	if (polls[2].revents != 0)
		accept_client(server);
	return polls[0].revents != 0;
}

void
name_server_close(struct name_server **server)
{
	if (*server == NULL)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if ((*server)->clients[i] != NULL)
			drop_client(&(*server)->clients[i]);
	while ((*server)->delayed != NULL) {
		struct delayed *entry = (*server)->delayed;

		(*server)->delayed = entry->next;
		free(entry);
	}
	(void)close((*server)->udp);
	(void)close((*server)->tcp);
	free(*server);
	*server = NULL;
}
