/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_HTTP_SERVER_H
#define DMARCMILTER_PROGRAMS_HTTP_SERVER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "programs/http_request.h"

/*
 * One thread that answers HTTP requests (1.0 and 1.1; GET and HEAD; one request
 * a connection) on a listening socket, for machines of the operator. Whatever
 * comes is bounded: HTTP_CONNECTIONS_MAX at a time, further ones wait in the
 * backlog; HTTP_REQUEST_BYTES_MAX of a request; some seconds for request,
 * answer and end. It shares nothing with the sessions of the mail server.
 *
 * Not libevent's evhttp: as of 2.1 it has no limit of connections, its timeouts
 * are of silence and not of the whole, and it is in a library (libevent_extra)
 * that nothing else here needs.
 */
enum {
	HTTP_CONNECTIONS_MAX = 16,
	HTTP_REQUEST_BYTES_MAX = 8192,
	HTTP_ANSWER_BYTES_MAX = 4 << 20
};

struct http_answer {
	enum http_status status;
	const char *content_type;
	struct text body;
};

/* The answer for a path; body in `arena`. Called by the server's thread alone. */
typedef struct http_answer http_handler(void *data, struct arena *arena, struct text path);

struct http_server_settings {
	int descriptor;                 /* listening, non-blocking; stays the caller's */
	int timeout_milliseconds;       /* for the request, and again for the answer */
	http_handler *handler;
	void *data;                     /* of the handler; must outlive the server */
};

struct http_server;

/* NULL on failure, with a sentence in *reason_out. */
struct http_server *http_server_start(const struct http_server_settings *settings,
				      struct arena *arena, struct text *reason_out);

/* Ends the thread and closes its connections. Clears the pointer; *server may be NULL. */
void http_server_stop(struct http_server **server);

#endif
