/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/listener.h"

#include <stdint.h>
#include <sys/un.h>

enum {
	PORT_MAX = 65535,
	DESCRIPTOR_MAX = 65535
};

static struct text
terminated(struct arena *arena, struct text text)
{
	return text_of(text_string(arena, text), text.length);
}

static bool
parse_path(struct arena *arena, struct text path, struct listener_address *address_out,
	   struct text *reason_out)
{
	size_t size = sizeof(((struct sockaddr_un *)NULL)->sun_path);

	if (text_is_empty(path) || path.bytes[0] != '/') {
		*reason_out = text_printf(arena, "the path of a unix socket must begin with \"/\"");
		return false;
	}
	if (path.length >= size) {
		*reason_out = text_printf(arena, "the path has %zu bytes; a unix socket can have "
					  "at most %zu", path.length, size - 1);
		return false;
	}
	if (text_find(path, '\0') != TEXT_NOT_FOUND) {
		*reason_out = text_printf(arena, "the path holds a NUL byte");
		return false;
	}
	address_out->kind = LISTENER_UNIX;
	address_out->path = terminated(arena, path);
	return true;
}

/* Splits "PORT", "PORT@HOST" (libmilter's form) or "HOST:PORT" (Postfix's form). */
static void
split_host_and_port(struct text rest, struct text *host_out, struct text *port_out)
{
	size_t at = text_find(rest, '@');
	size_t colon = text_find_last(rest, ':');

	*host_out = (struct text){ NULL, 0 };
	*port_out = rest;
	if (at != TEXT_NOT_FOUND) {
		*port_out = text_cut(rest, 0, at);
		*host_out = text_from_position(rest, at + 1);
		return;
	}
	if (colon != TEXT_NOT_FOUND) {
		*host_out = text_cut(rest, 0, colon);
		*port_out = text_from_position(rest, colon + 1);
	}
}

static bool
parse_host_and_port(struct arena *arena, struct text rest, enum listener_kind kind,
		    struct listener_address *address_out, struct text *reason_out)
{
	struct text host;
	struct text port;
	uint64_t number;

	split_host_and_port(rest, &host, &port);
	if (!text_to_number(port, PORT_MAX, &number)) {
		*reason_out = text_printf(arena, "the port must be a number from 0 to %d, as in "
					  "inet:8893@127.0.0.1", PORT_MAX);
		return false;
	}
	if (text_starts_with(host, TEXT("[")) && text_ends_with(host, TEXT("]")))
		host = text_cut(host, 1, host.length - 2);
	if (text_find(host, '\0') != TEXT_NOT_FOUND || text_find(host, '[') != TEXT_NOT_FOUND ||
	    text_find(host, ']') != TEXT_NOT_FOUND) {
		*reason_out = text_printf(arena, "the host cannot be read");
		return false;
	}
	address_out->kind = kind;
	address_out->host = terminated(arena, host);
	address_out->port = (unsigned)number;
	return true;
}

bool
listener_address_parse(struct arena *arena, struct text specification,
		       struct listener_address *address_out, struct text *reason_out)
{
	struct listener_address address = { .descriptor = -1 };
	size_t colon = text_find(specification, ':');
	struct text scheme = text_cut(specification, 0, colon);
	struct text rest = text_from_position(specification, colon + 1);
	bool is_good;
	uint64_t number;

	if (text_starts_with(specification, TEXT("/"))) {
		is_good = parse_path(arena, specification, &address, reason_out);
	} else if (colon == TEXT_NOT_FOUND) {
		*reason_out = text_printf(arena, "a socket is unix:PATH, inet:PORT@HOST, "
					  "inet6:PORT@HOST or fd:NUMBER");
		return false;
	} else if (text_equal_nocase(scheme, TEXT("unix")) ||
		   text_equal_nocase(scheme, TEXT("local"))) {
		is_good = parse_path(arena, rest, &address, reason_out);
	} else if (text_equal_nocase(scheme, TEXT("inet"))) {
		is_good = parse_host_and_port(arena, rest, LISTENER_INET, &address, reason_out);
	} else if (text_equal_nocase(scheme, TEXT("inet6"))) {
		is_good = parse_host_and_port(arena, rest, LISTENER_INET6, &address, reason_out);
	} else if (text_equal_nocase(scheme, TEXT("fd")) &&
		   text_to_number(rest, DESCRIPTOR_MAX, &number)) {
		address.kind = LISTENER_INHERITED;
		address.descriptor = (int)number;
		is_good = true;
	} else {
		*reason_out = text_printf(arena, "a socket is unix:PATH, inet:PORT@HOST, "
					  "inet6:PORT@HOST or fd:NUMBER");
		return false;
	}
	if (is_good)
		*address_out = address;
	return is_good;
}
