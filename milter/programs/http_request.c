/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/http_request.h"

const char *
http_status_phrase(enum http_status status)
{
	switch (status) {
	case HTTP_OK:
		return "OK";
	case HTTP_BAD_REQUEST:
		return "Bad Request";
	case HTTP_NOT_FOUND:
		return "Not Found";
	case HTTP_METHOD_NOT_ALLOWED:
		return "Method Not Allowed";
	case HTTP_TIMEOUT:
		return "Request Timeout";
	case HTTP_TOO_LARGE:
		return "Request Header Fields Too Large";
	case HTTP_UNAVAILABLE:
		return "Service Unavailable";
	case HTTP_VERSION_NOT_SUPPORTED:
		return "HTTP Version Not Supported";
	case HTTP_INCOMPLETE:
	case HTTP_INTERNAL_ERROR:
		break;
	}
	return "Internal Server Error";
}

/* The line at the front of *rest without its end, which RFC 9112 2.2 lets be LF alone. */
static bool
take_line(struct text *rest, struct text *line_out)
{
	size_t end = text_find(*rest, '\n');

	if (end == TEXT_NOT_FOUND)
		return false;
	*line_out = text_cut(*rest, 0, end);
	if (text_ends_with(*line_out, TEXT("\r")))
		line_out->length--;
	*rest = text_from_position(*rest, end + 1);
	return true;
}

/* RFC 9110 5.6.2: tchar, of methods and names of fields. */
static bool
is_token(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!byte_is_alnum(text.bytes[i]) &&
		    text_find(TEXT("!#$%&'*+-.^_`|~"), text.bytes[i]) == TEXT_NOT_FOUND)
			return false;
	return text.length > 0;
}

static bool
is_target(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!byte_is_printable(text.bytes[i]) || text.bytes[i] == ' ')
			return false;
	return text.length > 0;
}

/* RFC 9112 3.2.2: a server accepts the absolute form too. */
static struct text
path_of(struct text target)
{
	struct text scheme = TEXT("http://");
	size_t slash;

	if (text_starts_with_nocase(target, scheme)) {
		target = text_from_position(target, scheme.length);
		slash = text_find(target, '/');
		target = slash == TEXT_NOT_FOUND ? TEXT("/") : text_from_position(target, slash);
	}
	return text_cut(target, 0, text_find(target, '?'));
}

/* RFC 9112 3: method SP target SP version. */
static enum http_status
parse_request_line(struct text line, struct http_request *request_out, bool *is_1_1_out)
{
	struct text rest = line;
	struct text method = { NULL, 0 };
	struct text target = { NULL, 0 };
	struct http_request request;

	if (!text_next_part(&rest, ' ', &method) || !text_next_part(&rest, ' ', &target) ||
	    !is_token(method) || !is_target(target) || !text_starts_with(rest, TEXT("HTTP/")))
		return HTTP_BAD_REQUEST;
	*is_1_1_out = text_equal(rest, TEXT("HTTP/1.1"));
	if (!*is_1_1_out && !text_equal(rest, TEXT("HTTP/1.0")))
		return HTTP_VERSION_NOT_SUPPORTED;
	request.is_head = text_equal(method, TEXT("HEAD"));
	if (!request.is_head && !text_equal(method, TEXT("GET")))
		return HTTP_METHOD_NOT_ALLOWED;
	request.path = path_of(target);
	if (!text_starts_with(request.path, TEXT("/")))
		return HTTP_BAD_REQUEST;
	*request_out = request;
	return HTTP_OK;
}

/* RFC 9112 5: name, colon, value; no blank before the colon, no folding. */
static bool
is_field(struct text line, bool *is_host_out)
{
	size_t colon = text_find(line, ':');
	struct text name = text_cut(line, 0, colon);

	*is_host_out = text_equal_nocase(name, TEXT("Host"));
	if (colon == TEXT_NOT_FOUND || !is_token(name))
		return false;
	for (size_t i = colon; i < line.length; i++)
		if (line.bytes[i] == '\0' || line.bytes[i] == '\r')
			return false;
	return true;
}

enum http_status
http_request_parse(struct text bytes, struct http_request *request_out)
{
	struct http_request request;
	struct text rest = bytes;
	struct text first;
	struct text line;
	enum http_status status;
	bool is_1_1 = false;
	bool is_good = true;
	unsigned hosts = 0;

	/* RFC 9112 2.2: an empty line before the request is to be ignored. */
	do {
		if (!take_line(&rest, &first))
			return HTTP_INCOMPLETE;
	} while (text_is_empty(first));
	for (;;) {
		bool is_host = false;

		if (!take_line(&rest, &line))
			return HTTP_INCOMPLETE;
		if (text_is_empty(line))
			break;
		is_good = is_field(line, &is_host) && is_good;
		hosts += is_host ? 1 : 0;
	}
	status = parse_request_line(first, &request, &is_1_1);
	if (status != HTTP_OK)
		return status;
	/* RFC 9112 3.2: version 1.1 has exactly one Host. */
	if (!is_good || hosts > 1 || (is_1_1 && hosts == 0))
		return HTTP_BAD_REQUEST;
	*request_out = request;
	return HTTP_OK;
}
