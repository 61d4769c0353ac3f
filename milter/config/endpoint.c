/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/endpoint.h"

#include <sys/un.h>

enum {
	PORT_MAX = 65535,
	PORT_DNS = 53,
	HOST_MAX = 253,         /* of a domain name in text form (RFC 1035, 2.3.4) */
	DESCRIPTOR_FIRST = 3,   /* the first that systemd hands over */
	DESCRIPTOR_MAX = 1023,
	/* One byte of sun_path stays free for the NUL that libraries append. */
	UNIX_PATH_MAX_BYTES = sizeof(((struct sockaddr_un *)0)->sun_path) - 1
};

static bool
port_parse(struct text text, uint16_t *port_out)
{
	uint64_t port;

	if (!text_to_number(text, PORT_MAX, &port) || port == 0)
		return false;
	*port_out = (uint16_t)port;
	return true;
}

static bool
is_host(struct text host)
{
	struct ip ip;

	if (host.length == 0 || host.length > HOST_MAX)
		return false;
	if (ip_parse(host, &ip))
		return true;
	for (size_t i = 0; i < host.length; i++)
		if (!byte_is_alnum(host.bytes[i]) && host.bytes[i] != '-' &&
		    host.bytes[i] != '.' && host.bytes[i] != '_')
			return false;
	return true;
}

static struct text
without_brackets(struct text host)
{
	if (host.length >= 2 && host.bytes[0] == '[' && host.bytes[host.length - 1] == ']')
		return text_cut(host, 1, host.length - 2);
	return host;
}

static bool
path_parse(struct text path, struct endpoint *endpoint_out)
{
	if (!text_starts_with(path, TEXT("/")) || path.length > UNIX_PATH_MAX_BYTES ||
	    text_find(path, '\0') != TEXT_NOT_FOUND)
		return false;
	*endpoint_out = (struct endpoint){ .kind = ENDPOINT_UNIX, .path = path };
	return true;
}

/* PORT@HOST is libmilter's form, HOST:PORT that of Postfix. Operators mix them; both are clear. */
static bool
inet_parse(enum endpoint_kind kind, struct text rest, struct endpoint *endpoint_out)
{
	struct endpoint endpoint = { .kind = kind };
	size_t at = text_find(rest, '@');
	size_t colon = text_find_last(rest, ':');
	struct text port = rest;

	if (at != TEXT_NOT_FOUND) {
		port = text_cut(rest, 0, at);
		endpoint.host = without_brackets(text_from_position(rest, at + 1));
	} else if (colon != TEXT_NOT_FOUND) {
		port = text_from_position(rest, colon + 1);
		endpoint.host = text_cut(rest, 0, colon);
		/* Without brackets the last group of an IPv6 address would be taken for a port. */
		if (text_find(endpoint.host, ':') != TEXT_NOT_FOUND &&
		    without_brackets(endpoint.host).length == endpoint.host.length)
			return false;
		endpoint.host = without_brackets(endpoint.host);
	}
	if (!port_parse(port, &endpoint.port))
		return false;
	if ((at != TEXT_NOT_FOUND || colon != TEXT_NOT_FOUND) && !is_host(endpoint.host))
		return false;
	*endpoint_out = endpoint;
	return true;
}

static bool
descriptor_parse(struct text rest, struct endpoint *endpoint_out)
{
	uint64_t number;

	if (!text_to_number(rest, DESCRIPTOR_MAX, &number) || number < DESCRIPTOR_FIRST)
		return false;
	*endpoint_out = (struct endpoint){ .kind = ENDPOINT_DESCRIPTOR, .descriptor = (int)number };
	return true;
}

bool
endpoint_parse(struct text text, struct endpoint *endpoint_out)
{
	size_t colon = text_find(text, ':');
	struct text kind = text_cut(text, 0, colon);
	struct text rest;

	if (text_starts_with(text, TEXT("/")))
		return path_parse(text, endpoint_out);
	if (colon == TEXT_NOT_FOUND)
		return false;
	rest = text_from_position(text, colon + 1);
	if (text_equal_nocase(kind, TEXT("unix")) || text_equal_nocase(kind, TEXT("local")))
		return path_parse(rest, endpoint_out);
	if (text_equal_nocase(kind, TEXT("inet")))
		return inet_parse(ENDPOINT_INET, rest, endpoint_out);
	if (text_equal_nocase(kind, TEXT("inet6")))
		return inet_parse(ENDPOINT_INET6, rest, endpoint_out);
	if (text_equal_nocase(kind, TEXT("fd")))
		return descriptor_parse(rest, endpoint_out);
	return false;
}

bool
nameserver_parse(struct text text, struct ip *ip_out, uint16_t *port_out)
{
	size_t colon = text_find_last(text, ':');
	struct text address;
	struct ip ip;
	uint16_t port;

	if (ip_parse(without_brackets(text), &ip)) {
		*ip_out = ip;
		*port_out = PORT_DNS;
		return true;
	}
	if (colon == TEXT_NOT_FOUND)
		return false;
	address = text_cut(text, 0, colon);
	if (text_find(address, ':') != TEXT_NOT_FOUND &&
	    without_brackets(address).length == address.length)
		return false;
	if (!ip_parse(without_brackets(address), &ip) ||
	    !port_parse(text_from_position(text, colon + 1), &port))
		return false;
	*ip_out = ip;
	*port_out = port;
	return true;
}
