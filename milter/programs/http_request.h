/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_HTTP_REQUEST_H
#define DMARCMILTER_PROGRAMS_HTTP_REQUEST_H

#include <stdbool.h>

#include "base/text.h"

/*
 * The head of an HTTP request (RFC 9112), as far as a server of two small
 * documents needs it. Pure; results share the bytes of the text.
 */
enum http_status {
	HTTP_INCOMPLETE = 0,    /* the head has not ended yet */
	HTTP_OK = 200,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_TIMEOUT = 408,
	HTTP_TOO_LARGE = 431,
	HTTP_INTERNAL_ERROR = 500,
	HTTP_UNAVAILABLE = 503,
	HTTP_VERSION_NOT_SUPPORTED = 505
};

struct http_request {
	bool is_head;           /* HEAD: no body is wanted */
	struct text path;       /* without the query; as written, percent signs included */
};

/*
 * HTTP_OK for GET and HEAD of version 1.0 or 1.1; HTTP_INCOMPLETE as long as
 * more must come; otherwise what to answer, with *request_out untouched.
 */
enum http_status http_request_parse(struct text bytes, struct http_request *request_out);

/* "OK", "Bad Request", ... */
const char *http_status_phrase(enum http_status status);

#endif
