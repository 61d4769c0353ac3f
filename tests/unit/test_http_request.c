/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "programs/http_request.h"

static void
reads_requests(void **state)
{
	static const struct {
		const char *request;
		const char *path;       /* NULL: refused */
		bool is_head;
		enum http_status status;
	} rows[] = {
		{ "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "/metrics", false, HTTP_OK },
		{ "GET /metrics HTTP/1.0\r\n\r\n", "/metrics", false, HTTP_OK },
		{ "HEAD /healthz HTTP/1.1\r\nhost:\r\n\r\n", "/healthz", true, HTTP_OK },
		{ "\r\n\r\nGET / HTTP/1.0\r\n\r\n", "/", false, HTTP_OK },
		{ "GET / HTTP/1.0\n\n", "/", false, HTTP_OK },
		{ "GET /metrics?a=b&c HTTP/1.0\r\n\r\n", "/metrics", false, HTTP_OK },
		{ "GET http://x:9/metrics?q HTTP/1.1\r\nHost: y\r\n\r\n", "/metrics", false, HTTP_OK },
		{ "GET HTTP://x HTTP/1.1\r\nHost: y\r\n\r\n", "/", false, HTTP_OK },
		{ "GET /%6detrics HTTP/1.0\r\n\r\n", "/%6detrics", false, HTTP_OK },
		{ "GET / HTTP/1.0\r\n\r\nGET /more HTTP/1.0\r\n\r\n", "/", false, HTTP_OK },
		{ "GET / HTTP/1.0\r\nContent-Length: 5\r\n\r\nabc", "/", false, HTTP_OK },
		{ "", NULL, false, HTTP_INCOMPLETE },
		{ "\r\n", NULL, false, HTTP_INCOMPLETE },
		{ "GET / HTTP/1.0", NULL, false, HTTP_INCOMPLETE },
		{ "GET / HTTP/1.0\r\n", NULL, false, HTTP_INCOMPLETE },
		{ "GET / HTTP/1.0\r\n\r", NULL, false, HTTP_INCOMPLETE },
		{ "GET / HTTP/1.0\r\nHost: a\r\n", NULL, false, HTTP_INCOMPLETE },
		{ "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", NULL, false, HTTP_METHOD_NOT_ALLOWED },
		{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", NULL, false, HTTP_METHOD_NOT_ALLOWED },
		{ "get / HTTP/1.0\r\n\r\n", NULL, false, HTTP_METHOD_NOT_ALLOWED },
		{ "GETS / HTTP/1.0\r\n\r\n", NULL, false, HTTP_METHOD_NOT_ALLOWED },
		{ "GET / HTTP/2.0\r\n\r\n", NULL, false, HTTP_VERSION_NOT_SUPPORTED },
		{ "PRI * HTTP/2.0\r\n\r\n", NULL, false, HTTP_VERSION_NOT_SUPPORTED },
		{ "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", NULL, false, HTTP_VERSION_NOT_SUPPORTED },
		{ "GET / http/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET /\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET  / HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ " GET / HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "G(T / HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET metrics HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET * HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET /\x01 HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET /\xc3\xa4 HTTP/1.0\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.1\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.0\r\nNo colon\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.0\r\nHost : a\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.0\r\n: a\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.0\r\nA: b\r\n folded\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "GET / HTTP/1.0\r\nA: b\rB: c\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
		{ "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n\r\n", NULL, false, HTTP_BAD_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_request request = { true, TEXT("untouched") };
		enum http_status status = http_request_parse(text_from(rows[i].request), &request);

		if (status != rows[i].status)
			fail_msg("%s: %d, not %d", rows[i].request, status, rows[i].status);
		assert_true(text_equal(request.path, rows[i].path != NULL ? text_from(rows[i].path) :
				       TEXT("untouched")));
		if (rows[i].path != NULL)
			assert_int_equal(request.is_head, rows[i].is_head);
	}
}

static void
refuses_a_nul_byte(void **state)
{
	struct http_request request;

	(void)state;
	assert_int_equal(http_request_parse(TEXT("GET / HTTP/1.0\r\nA: \0\r\n\r\n"), &request),
			 HTTP_BAD_REQUEST);
	assert_int_equal(http_request_parse(TEXT("GET /\0 HTTP/1.0\r\n\r\n"), &request), HTTP_BAD_REQUEST);
}

/* Cut anywhere, a request is incomplete and nothing else. */
static void
waits_for_the_rest(void **state)
{
	struct text whole = TEXT("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
	struct http_request request;

	(void)state;
	for (size_t i = 0; i < whole.length; i++)
		assert_int_equal(http_request_parse(text_cut(whole, 0, i), &request), HTTP_INCOMPLETE);
	assert_int_equal(http_request_parse(whole, &request), HTTP_OK);
}

static void
has_a_phrase_for_each_status(void **state)
{
	(void)state;
	assert_string_equal(http_status_phrase(HTTP_OK), "OK");
	assert_string_equal(http_status_phrase(HTTP_TOO_LARGE), "Request Header Fields Too Large");
	assert_string_equal(http_status_phrase(HTTP_INTERNAL_ERROR), "Internal Server Error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_requests),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(has_a_phrase_for_each_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
