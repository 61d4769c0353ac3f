/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/http_server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/textbuf.h"
#include "programs/limited_log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CHUNK = 2048,
	LINGER = 1000,          /* milliseconds: for the client to read our answer and hang up */
	LINGER_BYTES_MAX = 1 << 20,     /* of what it still sends */
	RETRY = 1000            /* milliseconds without accepting when descriptors run out */
};

enum phase {
	PHASE_FREE,
	PHASE_READING,
	PHASE_WRITING,
	PHASE_LINGERING         /* closed at once, what is unread would reset the connection */
};

struct connection {
	enum phase phase;
	int descriptor;
	int64_t deadline;               /* clock_milliseconds(); of the phase */
	struct arena *arena;
	struct textbuf request;
	struct text answer;             /* what is left to send */
	size_t lingered;                /* bytes thrown away */
};

struct http_server {
	struct http_server_settings settings;
	int stop_event;
	pthread_t thread;
	/* the thread's */
	struct connection connections[HTTP_CONNECTIONS_MAX];
	int64_t accept_again;           /* not before; 0: at once */
};

static void
end_connection(struct connection *connection)
{
	close(connection->descriptor);
	arena_free(&connection->arena);
	*connection = (struct connection){ .phase = PHASE_FREE };
}

static struct text
date_text(struct arena *arena)
{
	time_t now = (time_t)clock_wall_seconds();
	char buffer[64];
	struct tm parts;

	if (gmtime_r(&now, &parts) == NULL ||
	    strftime(buffer, sizeof(buffer), "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0)
		return TEXT("Thu, 01 Jan 1970 00:00:00 GMT");
	return text_copy(arena, text_from(buffer));
}

/* RFC 9112 4 and 9.6; RFC 9110 15.5.6: what is not allowed says what is. */
static struct text
write_answer(struct arena *arena, const struct http_answer *answer, bool is_head)
{
	struct textbuf out = textbuf_new(arena, HTTP_ANSWER_BYTES_MAX);

	textbuf_printf(&out, "HTTP/1.1 %d %s\r\nDate: %.*s\r\nContent-Type: %s\r\n"
		       "Content-Length: %zu\r\nCache-Control: no-store\r\n%s"
		       "Connection: close\r\n\r\n",
		       (int)answer->status, http_status_phrase(answer->status),
		       TEXT_ARGUMENTS(date_text(arena)), answer->content_type,
		       answer->body.length,
		       answer->status == HTTP_METHOD_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "");
	if (!is_head)
		textbuf_add(&out, answer->body);
	return textbuf_text(&out);
}

static struct http_answer
trouble(struct arena *arena, enum http_status status)
{
	return (struct http_answer){
		.status = status,
		.content_type = "text/plain; charset=utf-8",
		.body = text_printf(arena, "%s\n", http_status_phrase(status)),
	};
}

static void
begin_answer(const struct http_server *server, struct connection *connection,
	     enum http_status status, const struct http_request *request)
{
	struct http_answer answer = status == HTTP_OK ?
		server->settings.handler(server->settings.data, connection->arena,
					 request->path) :
		trouble(connection->arena, status);

	connection->answer = write_answer(connection->arena, &answer,
					  status == HTTP_OK && request->is_head);
	connection->phase = PHASE_WRITING;
	connection->deadline = clock_milliseconds() + server->settings.timeout_milliseconds;
}

static void
read_request(const struct http_server *server, struct connection *connection)
{
	struct http_request request = { .is_head = false };
	enum http_status status;
	char chunk[CHUNK];
	ssize_t length = recv(connection->descriptor, chunk, sizeof(chunk), 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		end_connection(connection);
		return;
	}
	textbuf_add(&connection->request, text_of(chunk, (size_t)length));
	status = connection->request.overflowed ? HTTP_TOO_LARGE :
		http_request_parse(textbuf_text(&connection->request), &request);
	if (status != HTTP_INCOMPLETE)
		begin_answer(server, connection, status, &request);
}

static void
send_answer(struct connection *connection)
{
	ssize_t sent = send(connection->descriptor, connection->answer.bytes,
			    connection->answer.length, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		end_connection(connection);
		return;
	}
	connection->answer = text_from_position(connection->answer, (size_t)sent);
	if (!text_is_empty(connection->answer))
		return;
	(void)shutdown(connection->descriptor, SHUT_WR);
	connection->phase = PHASE_LINGERING;
	connection->deadline = clock_milliseconds() + LINGER;
}

static void
linger(struct connection *connection)
{
	char chunk[CHUNK];
	ssize_t length = recv(connection->descriptor, chunk, sizeof(chunk), 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0)
		connection->lingered += (size_t)length;
	if (length <= 0 || connection->lingered > LINGER_BYTES_MAX)
		end_connection(connection);
}

static void
step(const struct http_server *server, struct connection *connection)
{
	switch (connection->phase) {
	case PHASE_FREE:
		break;
	case PHASE_READING:
		read_request(server, connection);
		break;
	case PHASE_WRITING:
		send_answer(connection);
		break;
	case PHASE_LINGERING:
		linger(connection);
		break;
	}
}

/* The time of a phase has passed. Who was too slow to ask is told so. */
static void
expire(const struct http_server *server, struct connection *connection)
{
	if (connection->phase == PHASE_READING)
		begin_answer(server, connection, HTTP_TIMEOUT, NULL);
	else
		end_connection(connection);
}

static struct connection *
find_free(struct http_server *server)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (server->connections[i].phase == PHASE_FREE)
			return &server->connections[i];
	return NULL;
}

static void
accept_one(struct http_server *server)
{
	static struct limited_log limiter;
	struct connection *connection = find_free(server);
	int descriptor;

	if (connection == NULL)
		return;
	descriptor = accept4(server->settings.descriptor, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (descriptor < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		limited_log(&limiter, LOG_LEVEL_WARNING, "MetricsSocket: cannot accept: errno %d",
			    errno);
		server->accept_again = clock_milliseconds() + RETRY;
		return;
	}
	connection->phase = PHASE_READING;
	connection->descriptor = descriptor;
	connection->deadline = clock_milliseconds() + server->settings.timeout_milliseconds;
	connection->arena = arena_new();
	connection->request = textbuf_new(connection->arena, HTTP_REQUEST_BYTES_MAX);
}

static bool
may_accept(struct http_server *server)
{
	if (server->accept_again != 0 && clock_milliseconds() < server->accept_again)
		return false;
	server->accept_again = 0;
	return find_free(server) != NULL;
}

/* Milliseconds until something expires; -1: nothing does. */
static int
next_expiry(const struct http_server *server)
{
	int64_t first = server->accept_again != 0 ? server->accept_again : INT64_MAX;
	int64_t left;

	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (server->connections[i].phase != PHASE_FREE &&
		    server->connections[i].deadline < first)
			first = server->connections[i].deadline;
	if (first == INT64_MAX)
		return -1;
	left = first - clock_milliseconds();
	return left > 0 ? (int)left : 0;
}

enum { STOP, LISTENER, FIRST_CONNECTION, HANDLES = FIRST_CONNECTION + HTTP_CONNECTIONS_MAX };

/* What to wait for. A descriptor of -1 is passed over by poll(). */
static void
fill_handles(struct http_server *server, struct pollfd handles[HANDLES])
{
	handles[STOP] = (struct pollfd){ .fd = server->stop_event, .events = POLLIN };
	handles[LISTENER] = (struct pollfd){
		.fd = may_accept(server) ? server->settings.descriptor : -1,
		.events = POLLIN,
	};
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		const struct connection *connection = &server->connections[i];

		handles[FIRST_CONNECTION + i] = (struct pollfd){
			.fd = connection->phase != PHASE_FREE ? connection->descriptor : -1,
			.events = connection->phase == PHASE_WRITING ? POLLOUT : POLLIN,
		};
	}
}

static void
serve(struct http_server *server, const struct pollfd handles[HANDLES])
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		struct connection *connection = &server->connections[i];

		if (handles[FIRST_CONNECTION + i].fd < 0)
			continue;
		if (handles[FIRST_CONNECTION + i].revents != 0)
			step(server, connection);
		/* Looked at in any case: who sends a byte now and then stays too slow. */
		if (connection->phase != PHASE_FREE && clock_milliseconds() >= connection->deadline)
			expire(server, connection);
	}
	if (handles[LISTENER].revents != 0)
		accept_one(server);
}

static void *
run(void *data)
{
	struct http_server *server = data;
	struct pollfd handles[HANDLES];

	for (;;) {
		fill_handles(server, handles);
		if (poll(handles, HANDLES, next_expiry(server)) < 0)
			continue;
		if (handles[STOP].revents != 0)
			break;
		serve(server, handles);
	}
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (server->connections[i].phase != PHASE_FREE)
			end_connection(&server->connections[i]);
	return NULL;
}

/* The thread takes no signals; those are for the one that waits for them. */
static bool
start_thread(struct http_server *server)
{
	sigset_t all;
	sigset_t old;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&server->thread, NULL, run, server);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error == 0;
}

struct http_server *
http_server_start(const struct http_server_settings *settings, struct arena *arena,
		  struct text *reason_out)
{
	struct http_server *server = memory_new(sizeof(*server));

	server->settings = *settings;
	server->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->stop_event >= 0 && start_thread(server))
		return server;
	if (server->stop_event >= 0)
		close(server->stop_event);
	free(server);
	*reason_out = text_printf(arena, "the thread cannot be started");
	return NULL;
}

void
http_server_stop(struct http_server **server)
{
	if (*server == NULL)
		return;
	(void)eventfd_write((*server)->stop_event, 1);
	pthread_join((*server)->thread, NULL);
	close((*server)->stop_event);
	free(*server);
	*server = NULL;
}
