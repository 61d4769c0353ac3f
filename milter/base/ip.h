/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_IP_H
#define DMARCMILTER_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * IP addresses and networks. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is
 * always held as IPv4 (RFC 7208, 5). Pure; safe from any thread.
 */
enum ip_family {
	IP_NONE,        /* no address known: a local client, or a family that is not IP */
	IP_V4,
	IP_V6
};

struct ip {
	enum ip_family family;
	uint8_t bytes[16];      /* network order; IPv4 uses the first four */
};

struct ip_network {
	struct ip address;      /* bits past the prefix are zero */
	unsigned prefix;        /* length in bits: 0 to 32, 0 to 128 */
};

enum { IP_TEXT_MAX = 46 };      /* longest text form and NUL */

/* From network bytes: 4 or 16 of them. Mapped addresses become IPv4. */
struct ip ip_from_v4(const uint8_t bytes[4]);
struct ip ip_from_v6(const uint8_t bytes[16]);

/* Parses "192.0.2.1" or "2001:db8::1", nothing else (no prefix, no zone, no brackets). */
bool ip_parse(struct text text, struct ip *ip_out);

/*
 * Parses an address with optional "/prefix". False when bits past the prefix are set or
 * the prefix is too long.
 */
bool ip_network_parse(struct text text, struct ip_network *network_out);

/* Canonical text: IPv6 compressed, lower case (RFC 5952); "-" for IP_NONE. */
struct text ip_text(struct arena *arena, struct ip ip);

bool ip_equal(struct ip a, struct ip b);
bool ip_in_network(struct ip ip, const struct ip_network *network);

/* True when the first `prefix` bits are the same. Different families never match. */
bool ip_same_prefix(struct ip a, struct ip b, unsigned prefix);
bool ip_in_networks(struct ip ip, const struct ip_network *networks, size_t count);

/*
 * The name to ask for PTR: 25.2.0.192.in-addr.arpa or the nibble form below ip6.arpa;
 * empty for IP_NONE.
 */
struct text ip_reverse_name(struct arena *arena, struct ip ip);

#endif
