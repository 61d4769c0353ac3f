/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "http_client.h"
#include "programs/http_server.h"
#include "programs/listener.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Long enough for slow machines, short enough to be waited for. */
enum { TIMEOUT = 700, FOREVER = 60000, LARGE = 1 << 20 };

static char folder[] = "/tmp/http-test-XXXXXX";
static struct arena *arena;
static struct listener listener;
static struct http_server *server;
static atomic_uint calls;

static struct http_answer
handle(void *data, struct arena *answer_arena, struct text path)
{
	atomic_fetch_add((atomic_uint *)data, 1);
	if (text_equal(path, TEXT("/large"))) {
		char *bytes = arena_alloc(answer_arena, LARGE);

		memset(bytes, 'x', LARGE);
		return (struct http_answer){ HTTP_OK, "text/plain", text_of(bytes, LARGE) };
	}
	return (struct http_answer){ HTTP_OK, "text/plain",
				     text_printf(answer_arena, "path %.*s", TEXT_ARGUMENTS(path)) };
}

static int
start(int timeout)
{
	struct endpoint endpoint = { .kind = ENDPOINT_UNIX,
				     .path = text_printf(arena, "%s/socket", folder) };
	struct http_server_settings settings = {
		.timeout_milliseconds = timeout, .handler = handle, .data = &calls,
	};
	struct text reason;

	if (!listener_open(arena, &endpoint, 0600, (gid_t)-1, &listener, &reason))
		return -1;
	settings.descriptor = listener.descriptor;
	server = http_server_start(&settings, arena, &reason);
	atomic_store(&calls, 0);
	return server != NULL ? 0 : -1;
}

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&arena);
	return rmdir(folder);
}

static int
start_patient(void **state)
{
	(void)state;
	return start(FOREVER);
}

static int
start_impatient(void **state)
{
	(void)state;
	return start(TIMEOUT);
}

static int
stop(void **state)
{
	struct listeners one = { &listener, 1 };

	(void)state;
	http_server_stop(&server);
	listeners_close(&one);
	return 0;
}

static const char *
socket_path(void)
{
	return listener.path.bytes;
}

static struct text
exchange(struct text request)
{
	return http_client_exchange(socket_path(), request, arena);
}

static void
expect_answer(struct text answer, const char *status)
{
	if (!text_starts_with(answer, text_printf(arena, "HTTP/1.1 %s\r\n", status)))
		fail_msg("%s wanted, but: %.*s", status, TEXT_ARGUMENTS(answer));
}

static bool
has(struct text text, const char *part)
{
	return text_find_text(text, text_from(part)) != TEXT_NOT_FOUND;
}

static void
answers(void **state)
{
	struct text get = exchange(TEXT("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
	struct text head = exchange(TEXT("HEAD /a HTTP/1.0\r\n\r\n"));

	(void)state;
	expect_answer(get, "200 OK");
	assert_true(has(get, "\r\nContent-Type: text/plain\r\n"));
	assert_true(has(get, "\r\nContent-Length: 7\r\n"));
	assert_true(has(get, "\r\nConnection: close\r\n"));
	assert_true(has(get, " GMT\r\n"));
	assert_true(text_ends_with(get, TEXT("\r\n\r\npath /a")));
	expect_answer(head, "200 OK");
	assert_true(has(head, "\r\nContent-Length: 7\r\n"));
	assert_true(text_ends_with(head, TEXT("\r\n\r\n")));
	assert_int_equal(atomic_load(&calls), 2);
}

static void
refuses(void **state)
{
	static const struct {
		const char *request;
		const char *status;
	} rows[] = {
		{ "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed" },
		{ "GET /a HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported" },
		{ "EHLO example.com\r\n\r\n", "400 Bad Request" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_answer(exchange(text_from(rows[i].request)), rows[i].status);
	assert_true(has(exchange(text_from(rows[0].request)), "\r\nAllow: GET, HEAD\r\n"));
	assert_int_equal(atomic_load(&calls), 0);
}

/* A request at its limit is served, a larger one is not, and the answer arrives all the same. */
static void
bounds_the_size(void **state)
{
	struct text start_text = TEXT("GET /a HTTP/1.0\r\nX: ");
	struct text end_text = TEXT("\r\n\r\n");
	char *bytes = arena_alloc(arena, 4 * LARGE);

	(void)state;
	memset(bytes, 'x', 4 * LARGE);
	for (size_t size = HTTP_REQUEST_BYTES_MAX - 1; size <= HTTP_REQUEST_BYTES_MAX + 1; size++) {
		struct text padding = text_of(bytes, size - start_text.length - end_text.length);
		struct text request = text_join(arena, text_join(arena, start_text, padding), end_text);

		assert_int_equal(request.length, size);
		expect_answer(exchange(request), size <= HTTP_REQUEST_BYTES_MAX ? "200 OK" :
			      "431 Request Header Fields Too Large");
	}
	expect_answer(exchange(text_of(bytes, 60000)), "431 Request Header Fields Too Large");
	/* Who never stops sending is cut off. */
	(void)exchange(text_of(bytes, 4 * LARGE));
	expect_answer(exchange(TEXT("GET /a HTTP/1.0\r\n\r\n")), "200 OK");
}

static void
takes_a_request_in_pieces(void **state)
{
	struct text request = TEXT("GET /a HTTP/1.0\r\n\r\n");
	int descriptor = http_client_connect(socket_path(), FOREVER);

	(void)state;
	for (size_t i = 0; i < request.length; i++) {
		http_client_send(descriptor, text_cut(request, i, 1));
		usleep(2000);
	}
	expect_answer(http_client_read(descriptor, arena), "200 OK");
	close(descriptor);
}

static void
sends_a_large_answer(void **state)
{
	struct text answer = exchange(TEXT("GET /large HTTP/1.0\r\n\r\n"));

	(void)state;
	expect_answer(answer, "200 OK");
	assert_true(answer.length > LARGE);
}

/* Silent, dripping, and not reading: all are let go after a while, and others are served. */
static void
bounds_the_time(void **state)
{
	int64_t started = clock_milliseconds();
	int silent = http_client_connect(socket_path(), FOREVER);
	int dripping = http_client_connect(socket_path(), 1);
	int deaf = http_client_connect(socket_path(), FOREVER);
	int64_t patience = started + FOREVER;
	struct pollfd hangup = { .fd = deaf };
	struct text answer = { NULL, 0 };
	char byte;

	(void)state;
	http_client_send(deaf, TEXT("GET /large HTTP/1.0\r\n\r\n"));
	expect_answer(exchange(TEXT("GET /a HTTP/1.0\r\n\r\n")), "200 OK");
	/* Every byte comes well within the time; the whole does not. */
	while (text_is_empty(answer) && clock_milliseconds() < patience) {
		http_client_send(dripping, TEXT("x"));
		usleep(20000);
		answer = http_client_read(dripping, arena);
	}
	expect_answer(answer, "408 Request Timeout");
	assert_true(clock_milliseconds() - started >= TIMEOUT);
	expect_answer(http_client_read(silent, arena), "408 Request Timeout");
	/* The part that was sent can still be read; its end is missing. */
	assert_int_equal(poll(&hangup, 1, FOREVER), 1);
	answer = http_client_read(deaf, arena);
	expect_answer(answer, "200 OK");
	assert_true(answer.length < LARGE);
	assert_int_equal(recv(deaf, &byte, 1, 0), 0);
	close(silent);
	close(dripping);
	close(deaf);
}

/* With one place left others are served; with none they wait until there is one. */
static void
bounds_the_number(void **state)
{
	int64_t patience = clock_milliseconds() + FOREVER;
	int idle[HTTP_CONNECTIONS_MAX];
	int waiting;
	struct text answer;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(idle); i++) {
		/* What was served before may hold its place until we have hung up. */
		expect_answer(exchange(TEXT("GET /a HTTP/1.0\r\n\r\n")), "200 OK");
		idle[i] = http_client_connect(socket_path(), FOREVER);
		assert_true(idle[i] >= 0);
	}
	waiting = http_client_connect(socket_path(), 200);
	http_client_send(waiting, TEXT("GET /a HTTP/1.0\r\n\r\n"));
	assert_true(text_is_empty(http_client_read(waiting, arena)));
	close(idle[0]);
	do
		answer = http_client_read(waiting, arena);
	while (text_is_empty(answer) && clock_milliseconds() < patience);
	expect_answer(answer, "200 OK");
	close(waiting);
	for (size_t i = 1; i < COUNT_OF(idle); i++)
		close(idle[i]);
	expect_answer(exchange(TEXT("GET /a HTTP/1.0\r\n\r\n")), "200 OK");
}

/* More than are served at a time, and none says a word: all get their turn. */
static void
outlives_a_crowd(void **state)
{
	int idle[3 * HTTP_CONNECTIONS_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(idle); i++) {
		idle[i] = http_client_connect(socket_path(), FOREVER);
		assert_true(idle[i] >= 0);
	}
	expect_answer(exchange(TEXT("GET /a HTTP/1.0\r\n\r\n")), "200 OK");
	for (size_t i = 0; i < COUNT_OF(idle); i++)
		close(idle[i]);
}

/* With connections in all states it ends at once. */
static void
stops_at_once(void **state)
{
	int64_t started = clock_milliseconds();
	int idle = http_client_connect(socket_path(), FOREVER);
	int deaf = http_client_connect(socket_path(), FOREVER);
	char byte;

	(void)state;
	http_client_send(deaf, TEXT("GET /large HTTP/1.0\r\n\r\n"));
	expect_answer(exchange(TEXT("GET /a HTTP/1.0\r\n\r\n")), "200 OK");
	http_server_stop(&server);
	assert_null(server);
	assert_true(clock_milliseconds() - started < FOREVER / 2);
	assert_true(recv(idle, &byte, 1, 0) <= 0);
	close(idle);
	close(deaf);
	http_server_stop(&server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, start_patient, stop),
		cmocka_unit_test_setup_teardown(refuses, start_patient, stop),
		cmocka_unit_test_setup_teardown(bounds_the_size, start_patient, stop),
		cmocka_unit_test_setup_teardown(takes_a_request_in_pieces, start_patient, stop),
		cmocka_unit_test_setup_teardown(sends_a_large_answer, start_patient, stop),
		cmocka_unit_test_setup_teardown(bounds_the_time, start_impatient, stop),
		cmocka_unit_test_setup_teardown(bounds_the_number, start_patient, stop),
		cmocka_unit_test_setup_teardown(outlives_a_crowd, start_impatient, stop),
		cmocka_unit_test_setup_teardown(stops_at_once, start_patient, stop),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
