/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name_servers.h"

#include <net/if.h>

#include "base/ip.h"

enum { DNS_PORT = 53 };

/* Splits "[v6]:port", "v4:port" or a bare address. */
static bool
split_port(struct text source, struct text *address_out, uint64_t *port_out)
{
	size_t colon = text_find_last(source, ':');
	size_t end;

	*port_out = DNS_PORT;
	if (text_starts_with(source, TEXT("["))) {
		end = text_find(source, ']');
		if (end == TEXT_NOT_FOUND)
			return false;
		*address_out = text_cut(source, 1, end - 1);
		source = text_from_position(source, end + 1);
		return text_is_empty(source) ||
		       (text_starts_with(source, TEXT(":")) &&
			text_to_number(text_from_position(source, 1), UINT16_MAX, port_out));
	}
	/* More than one colon without brackets is IPv6. */
	if (colon == TEXT_NOT_FOUND || text_find(source, ':') != colon) {
		*address_out = source;
		return true;
	}
	*address_out = text_cut(source, 0, colon);
	return text_to_number(text_from_position(source, colon + 1), UINT16_MAX, port_out);
}

/* libunbound reads the scope of an address as a number, never as a name. */
static bool
read_scope(struct arena *arena, struct text scope, unsigned *index_out)
{
	uint64_t number;

	if (text_to_number(scope, UINT32_MAX, &number))
		*index_out = (unsigned)number;
	else
		*index_out = if_nametoindex(text_string(arena, scope));
	return *index_out != 0;
}

bool
name_server_read(struct arena *arena, struct text source, struct text *server_out)
{
	struct text address;
	struct text ip_part;
	unsigned interface;
	uint64_t port;
	size_t scope;
	struct ip ip;

	if (!split_port(source, &address, &port) || port == 0)
		return false;
	scope = text_find(address, '%');
	ip_part = text_cut(address, 0, scope);
	if (!ip_parse(ip_part, &ip))
		return false;
	ip_part = ip_text(arena, ip);
	if (scope == TEXT_NOT_FOUND) {
		*server_out = text_printf(arena, "%.*s@%u", TEXT_ARGUMENTS(ip_part),
					  (unsigned)port);
		return true;
	}
	if (ip.family != IP_V6 ||
	    !read_scope(arena, text_from_position(address, scope + 1), &interface))
		return false;
	*server_out = text_printf(arena, "%.*s%%%u@%u", TEXT_ARGUMENTS(ip_part), interface,
				  (unsigned)port);
	return true;
}

bool
name_server_next_line(struct text *rest, struct text *address_out)
{
	struct text line;

	while (text_next_part(rest, '\n', &line)) {
		size_t length = 0;

		line = text_trim(line);
		if (!text_starts_with(line, TEXT("nameserver")) ||
		    line.length < sizeof("nameserver") ||
		    !byte_is_blank(line.bytes[sizeof("nameserver") - 1]))
			continue;
		line = text_trim(text_from_position(line, sizeof("nameserver")));
		while (length < line.length && !byte_is_blank(line.bytes[length]))
			length++;
		*address_out = text_cut(line, 0, length);
		return true;
	}
	return false;
}
