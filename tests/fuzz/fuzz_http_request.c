/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "programs/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
check_path(struct text path)
{
	must(text_starts_with(path, TEXT("/")));
	for (size_t i = 0; i < path.length; i++)
		must(byte_is_printable(path.bytes[i]) && path.bytes[i] != ' ' && path.bytes[i] != '?');
}

/* The head ends at one place: before it nothing is decided, behind it nothing changes. */
static void
check_the_end(struct arena *arena, struct text text, enum http_status status)
{
	struct http_request request;
	size_t end = 0;

	while (end < text.length &&
	       http_request_parse(text_cut(text, 0, end), &request) == HTTP_INCOMPLETE)
		end++;
	for (size_t length = end; length <= text.length; length++)
		must(http_request_parse(text_cut(text, 0, length), &request) == status);
	if (status != HTTP_INCOMPLETE)
		must(http_request_parse(text_join(arena, text, TEXT("\r\n\r\nX")), &request) == status);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text text = text_copy(arena, text_of((const char *)data, size > 512 ? 512 : size));
	struct http_request request = { false, { NULL, 0 } };
	enum http_status status = http_request_parse(text, &request);

	must(status == HTTP_OK || status == HTTP_INCOMPLETE || status == HTTP_BAD_REQUEST ||
	     status == HTTP_METHOD_NOT_ALLOWED || status == HTTP_VERSION_NOT_SUPPORTED);
	if (status == HTTP_OK)
		check_path(request.path);
	else
		must(text_is_empty(request.path));
	check_the_end(arena, text, status);
	arena_free(&arena);
	return 0;
}
