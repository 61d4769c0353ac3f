/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_HTTP_CLIENT_H
#define DMARCMILTER_TESTS_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/text.h"

/* The other end of MetricsSocket, a unix socket: for tests, also with what no client sends. */

/* A connected socket, or -1. Reading from it ends after `timeout` milliseconds. */
int http_client_connect(const char *path, int timeout);

/* Sends all of it; what the server does not take any more is left out. */
void http_client_send(int descriptor, struct text bytes);

/* All until the server hangs up, at most some megabytes. */
struct text http_client_read(int descriptor, struct arena *arena);

/* Sends a request as it stands and reads the answer; empty when nobody answers. */
struct text http_client_exchange(const char *path, struct text request, struct arena *arena);

/* The body of "GET target", or empty when the status is not `status`. */
struct text http_client_get(const char *path, const char *target, int status, struct arena *arena);

#endif
