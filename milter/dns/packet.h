/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_PACKET_H
#define DMARCMILTER_DNS_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "dns/dns.h"
#include "dns/wire_name.h"

/*
 * Reads DNS messages (RFC 1035 4). Whatever the bytes are, the result is an
 * answer: what cannot be read is DNS_RETRY with a reason. Pure; safe from any
 * thread. Results live in the arena, nothing refers to the message.
 */
enum {
	PACKET_HEADER_SIZE = 12,
	PACKET_QUERY_MAX = PACKET_HEADER_SIZE + WIRE_NAME_MAX + 4,
	PACKET_MAX = 65535,
	PACKET_UDP_MIN = 512,   /* RFC 1035 2.3.4: what every client accepts */
	CNAMES_MAX = 16,        /* of a chain; a longer one is a loop or an attack */

	/* Seconds. RFC 2308 5 lets us: who has just made a record should not wait for a day. */
	NEGATIVE_TTL_MAX = 300
};

enum packet_rcode {
	RCODE_NO_ERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5
};

/*
 * The answer of a message to the question (name, type, class IN). is_secure of
 * the answer is left false: the message cannot tell. The CNAMEs from the
 * question's name on are followed within the answer section.
 */
struct dns_answer packet_read(struct arena *arena, const uint8_t *packet, size_t length,
			      const struct wire_name *name, enum dns_type type);

/*
 * How many seconds a message may be kept: the least TTL of its answers, and of a
 * negative one as RFC 2308 5 says, NEGATIVE_TTL_MAX at most. 0: not at all, or
 * it cannot be read.
 */
uint32_t packet_lifetime(const uint8_t *packet, size_t length);

/* Writes a query with id 0 and recursion desired to `query`, PACKET_QUERY_MAX bytes. Returns
 * its length. */
size_t packet_write_query(const struct wire_name *name, unsigned type, uint8_t *query);

/* Big-endian numbers. */
unsigned packet_u16(const uint8_t *bytes);
uint32_t packet_u32(const uint8_t *bytes);
void packet_put_u16(uint8_t *bytes, unsigned number);
void packet_put_u32(uint8_t *bytes, uint32_t number);

#endif
