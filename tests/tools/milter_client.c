/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter_client.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/textbuf.h"
#include "config/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PACKET_MAX = 16 * 1024 * 1024,
	BODY_CHUNK = 65535,     /* MILTER_CHUNK_SIZE: what MTAs send at most */
	LENGTH_BYTES = 4
};

static int
connect_unix(const struct endpoint *endpoint)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (handle < 0 || endpoint->path.length >= sizeof(address.sun_path))
		return handle;
	memcpy(address.sun_path, endpoint->path.bytes, endpoint->path.length);
	if (connect(handle, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return handle;
	close(handle);
	return -1;
}

static int
connect_inet(const struct endpoint *endpoint)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(endpoint->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(endpoint->port) };
	bool is_v6 = endpoint->kind == ENDPOINT_INET6;
	const struct sockaddr *address = is_v6 ? (const struct sockaddr *)&v6 :
		(const struct sockaddr *)&v4;
	int handle = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;
	struct ip ip;

	if (handle < 0)
		return -1;
	if (ip_parse(endpoint->host, &ip)) {
		memcpy(&v4.sin_addr, ip.bytes, sizeof(v4.sin_addr));
		memcpy(&v6.sin6_addr, ip.bytes, sizeof(v6.sin6_addr));
	}
	(void)setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(handle, address, is_v6 ? sizeof(v6) : sizeof(v4)) == 0)
		return handle;
	close(handle);
	return -1;
}

struct milter_client *
milter_client_new(const char *socket_name, int timeout)
{
	struct endpoint endpoint;
	struct milter_client *client;
	int handle;

	if (!endpoint_parse(text_from(socket_name), &endpoint))
		return NULL;
	handle = endpoint.kind == ENDPOINT_UNIX ? connect_unix(&endpoint) :
		connect_inet(&endpoint);
	if (handle < 0)
		return NULL;
	client = memory_new(sizeof(*client));
	client->arena = arena_new();
	client->descriptor = handle;
	client->timeout = timeout;
	return client;
}

void
milter_client_free(struct milter_client **client)
{
	if (*client == NULL)
		return;
	close((*client)->descriptor);
	arena_free(&(*client)->arena);
	free(*client);
	*client = NULL;
}

bool
milter_client_send_bytes(struct milter_client *client, struct text bytes)
{
	while (bytes.length > 0) {
		ssize_t sent = send(client->descriptor, bytes.bytes, bytes.length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes = text_from_position(bytes, (size_t)sent);
	}
	return true;
}

static void
add_number(struct textbuf *packet, uint32_t number)
{
	uint32_t wire = htonl(number);

	textbuf_add(packet, text_of((const char *)&wire, sizeof(wire)));
}

static uint32_t
number_at(struct text data, size_t position)
{
	uint32_t wire = 0;

	if (position + sizeof(wire) <= data.length)
		memcpy(&wire, data.bytes + position, sizeof(wire));
	return ntohl(wire);
}

bool
milter_client_send(struct milter_client *client, char command, struct text data)
{
	struct arena *arena = arena_new();
	struct textbuf packet = textbuf_new(arena, PACKET_MAX);
	bool is_sent;

	add_number(&packet, (uint32_t)data.length + 1);
	textbuf_add_byte(&packet, command);
	textbuf_add(&packet, data);
	is_sent = !packet.overflowed && milter_client_send_bytes(client, textbuf_text(&packet));
	arena_free(&arena);
	return is_sent;
}

/* Reads exactly `length` bytes before `deadline`. */
static bool
receive(struct milter_client *client, char *bytes, size_t length, int64_t deadline)
{
	while (length > 0) {
		struct pollfd handle = { .fd = client->descriptor, .events = POLLIN };
		int64_t left = deadline - clock_milliseconds();
		ssize_t received;

		if (left <= 0 || poll(&handle, 1, (int)left) <= 0)
			return false;
		received = recv(client->descriptor, bytes, length, 0);
		if (received <= 0)
			return false;
		bytes += received;
		length -= (size_t)received;
	}
	return true;
}

int
milter_client_read(struct milter_client *client)
{
	int64_t deadline = clock_milliseconds() + client->timeout;
	char head[LENGTH_BYTES + 1];
	uint32_t length;
	char *data;

	if (!receive(client, head, sizeof(head), deadline))
		return MILTER_GONE;
	length = number_at(text_of(head, LENGTH_BYTES), 0);
	if (length < 1 || length > PACKET_MAX)
		return MILTER_GONE;
	data = arena_alloc(client->arena, length);
	if (!receive(client, data, length - 1, deadline))
		return MILTER_GONE;
	client->reply = text_of(data, length - 1);
	return (unsigned char)head[LENGTH_BYTES];
}

static int
ask(struct milter_client *client, char command, struct text data)
{
	if (!milter_client_send(client, command, data))
		return MILTER_GONE;
	return milter_client_read(client);
}

bool
milter_client_negotiate(struct milter_client *client, uint32_t version, uint32_t actions,
			uint32_t steps)
{
	struct textbuf data = textbuf_new(client->arena, PACKET_MAX);

	add_number(&data, version);
	add_number(&data, actions);
	add_number(&data, steps);
	if (ask(client, MILTER_NEGOTIATE, textbuf_text(&data)) != MILTER_NEGOTIATE ||
	    client->reply.length < 12)
		return false;
	client->version = number_at(client->reply, 0);
	client->actions = number_at(client->reply, 4);
	client->steps = number_at(client->reply, 8);
	client->macros_wanted = text_from_position(client->reply, 12);
	return true;
}

static void
add_string(struct textbuf *data, struct text text)
{
	textbuf_add(data, text);
	textbuf_add_byte(data, '\0');
}

bool
milter_client_macros(struct milter_client *client, char command, const char *const *pairs)
{
	struct textbuf data = textbuf_new(client->arena, PACKET_MAX);

	textbuf_add_byte(&data, command);
	for (size_t i = 0; pairs[i] != NULL; i++)
		add_string(&data, text_from(pairs[i]));
	return milter_client_send(client, MILTER_MACROS, textbuf_text(&data));
}

/* An event for which a silence may have been agreed on. */
static int
tell(struct milter_client *client, char command, struct text data, uint32_t silent_step)
{
	if ((client->steps & silent_step) == 0)
		return ask(client, command, data);
	return milter_client_send(client, command, data) ? MILTER_SILENT : MILTER_GONE;
}

/* The same for events before the header; a silence that was agreed on is consent. */
static int
announce(struct milter_client *client, char command, struct text data, uint32_t silent_step)
{
	int reply = tell(client, command, data, silent_step);

	return reply == MILTER_SILENT ? MILTER_CONTINUE : reply;
}

int
milter_client_connect(struct milter_client *client, const char *host, const char *address,
		      uint16_t port)
{
	struct textbuf data = textbuf_new(client->arena, PACKET_MAX);
	uint16_t wire = htons(port);

	add_string(&data, text_from(host));
	if (address == NULL) {
		textbuf_add_byte(&data, 'U');
		textbuf_add_byte(&data, '\0');
		return announce(client, MILTER_CONNECT, textbuf_text(&data),
				MILTER_STEP_SILENT_CONNECT);
	}
	textbuf_add_byte(&data, strchr(address, ':') != NULL ? '6' : '4');
	textbuf_add(&data, text_of((const char *)&wire, sizeof(wire)));
	add_string(&data, text_from(address));
	return announce(client, MILTER_CONNECT, textbuf_text(&data), MILTER_STEP_SILENT_CONNECT);
}

static int
announce_strings(struct milter_client *client, char command, const char *const *strings,
		 uint32_t silent_step)
{
	struct textbuf data = textbuf_new(client->arena, PACKET_MAX);

	for (size_t i = 0; strings[i] != NULL; i++)
		add_string(&data, text_from(strings[i]));
	return announce(client, command, textbuf_text(&data), silent_step);
}

int
milter_client_helo(struct milter_client *client, const char *name)
{
	const char *const strings[] = { name, NULL };

	return announce_strings(client, MILTER_HELO, strings, MILTER_STEP_SILENT_HELO);
}

int
milter_client_mail(struct milter_client *client, const char *const *arguments)
{
	return announce_strings(client, MILTER_MAIL, arguments, MILTER_STEP_SILENT_MAIL);
}

int
milter_client_rcpt(struct milter_client *client, const char *const *arguments)
{
	return announce_strings(client, MILTER_RCPT, arguments, MILTER_STEP_SILENT_RCPT);
}

int
milter_client_data(struct milter_client *client)
{
	return announce(client, MILTER_DATA, TEXT(""), MILTER_STEP_SILENT_DATA);
}

int
milter_client_field(struct milter_client *client, struct text name, struct text value)
{
	struct textbuf data = textbuf_new(client->arena, PACKET_MAX);

	if ((client->steps & MILTER_STEP_LEADING_SPACE) == 0 &&
	    text_starts_with(value, TEXT(" ")))
		value = text_from_position(value, 1);
	add_string(&data, name);
	add_string(&data, value);
	return tell(client, MILTER_FIELD, textbuf_text(&data), MILTER_STEP_SILENT_FIELD);
}

int
milter_client_header_end(struct milter_client *client)
{
	return tell(client, MILTER_HEADER_END, TEXT(""), MILTER_STEP_SILENT_HEADER_END);
}

int
milter_client_body(struct milter_client *client, struct text chunk)
{
	return tell(client, MILTER_BODY, chunk, MILTER_STEP_SILENT_BODY);
}

static struct text
string_at(struct text data, size_t position)
{
	struct text rest = text_from_position(data, position);
	size_t end = text_find(rest, '\0');

	return text_cut(rest, 0, end);
}

/* True when the reply was a change, which is kept. */
static bool
take_change(struct milter_client *client, int reply)
{
	struct milter_change change = { .kind = (char)reply };
	size_t name_at = reply == MILTER_INSERT || reply == MILTER_CHANGE ? 4 : 0;

	if (reply == MILTER_QUARANTINE) {
		change.value = string_at(client->reply, 0);
	} else if (reply == MILTER_INSERT || reply == MILTER_CHANGE || reply == MILTER_ADD) {
		change.position = name_at > 0 ? number_at(client->reply, 0) : 0;
		change.name = string_at(client->reply, name_at);
		change.value = string_at(client->reply, name_at + change.name.length + 1);
	} else {
		return false;
	}
	client->changes = arena_grow(client->arena, client->changes, client->change_count,
				     &client->change_capacity, sizeof(*client->changes));
	client->changes[client->change_count++] = change;
	return true;
}

int
milter_client_message_end(struct milter_client *client)
{
	client->change_count = 0;
	client->progress_count = 0;
	if (!milter_client_send(client, MILTER_MESSAGE_END, TEXT("")))
		return MILTER_GONE;
	for (;;) {
		int reply = milter_client_read(client);

		if (reply == MILTER_PROGRESS)
			client->progress_count++;
		else if (!take_change(client, reply))
			return reply;
	}
}

bool
milter_client_abort(struct milter_client *client)
{
	return milter_client_send(client, MILTER_ABORT, TEXT(""));
}

bool
milter_client_quit(struct milter_client *client)
{
	return milter_client_send(client, MILTER_QUIT, TEXT(""));
}

/* Takes a line with its LF off the front. False at the end. */
static bool
next_line(struct text *rest, struct text *line_out)
{
	size_t end = text_find(*rest, '\n');

	if (rest->length == 0)
		return false;
	*line_out = text_cut(*rest, 0, end == TEXT_NOT_FOUND ? rest->length : end + 1);
	*rest = text_from_position(*rest, line_out->length);
	return true;
}

static struct text
without_line_end(struct text line)
{
	if (text_ends_with(line, TEXT("\n")))
		line.length--;
	if (text_ends_with(line, TEXT("\r")))
		line.length--;
	return line;
}

/* Takes one field with its folds off the front, as MTAs give it: LF before each fold. */
static bool
next_field(struct arena *arena, struct text *rest, struct text *name_out, struct text *value_out)
{
	struct textbuf field = textbuf_new(arena, PACKET_MAX);
	struct text line;
	size_t colon;

	if (!next_line(rest, &line) || without_line_end(line).length == 0)
		return false;
	textbuf_add(&field, without_line_end(line));
	while (rest->length > 0 && (rest->bytes[0] == ' ' || rest->bytes[0] == '\t')) {
		(void)next_line(rest, &line);
		textbuf_add_byte(&field, '\n');
		textbuf_add(&field, without_line_end(line));
	}
	colon = text_find(textbuf_text(&field), ':');
	*name_out = text_cut(textbuf_text(&field), 0, colon);
	*value_out = text_from_position(textbuf_text(&field), colon + 1);
	return colon != TEXT_NOT_FOUND;
}

static int
send_body(struct milter_client *client, struct text rest)
{
	struct textbuf body = textbuf_new(client->arena, PACKET_MAX);
	struct text line;
	struct text chunk;

	while (next_line(&rest, &line)) {
		textbuf_add(&body, without_line_end(line));
		textbuf_add_string(&body, "\r\n");
	}
	rest = textbuf_text(&body);
	while (rest.length > 0) {
		int reply;

		chunk = text_cut(rest, 0, BODY_CHUNK);
		rest = text_from_position(rest, chunk.length);
		reply = milter_client_body(client, chunk);
		if (reply == MILTER_SKIP)
			return MILTER_CONTINUE;
		if (reply != MILTER_CONTINUE && reply != MILTER_SILENT)
			return reply;
	}
	return MILTER_CONTINUE;
}

int
milter_client_message(struct milter_client *client, struct text message)
{
	struct text name;
	struct text value;
	int reply;

	while (next_field(client->arena, &message, &name, &value)) {
		reply = milter_client_field(client, name, value);
		if (reply != MILTER_CONTINUE && reply != MILTER_SILENT)
			return reply;
	}
	reply = milter_client_header_end(client);
	if (reply != MILTER_CONTINUE && reply != MILTER_SILENT)
		return reply;
	reply = send_body(client, message);
	if (reply != MILTER_CONTINUE)
		return reply;
	return milter_client_message_end(client);
}
