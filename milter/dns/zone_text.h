/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_ZONE_TEXT_H
#define DMARCMILTER_DNS_ZONE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "dns/backend.h"

/*
 * A DNS in a text: for scenarios, tests and the checking tool. It answers for
 * the whole name space. One record a line:
 *
 *     name [TTL] [IN] TYPE data
 *
 * with absolute names (the trailing dot may be left out), "#" or ";" comments,
 * and TYPE one of A AAAA MX PTR CNAME TXT SOA NS SRV SPF. The data of TXT and
 * SPF is the rest of the line as it stands, or, when it begins with a double
 * quote, one or more quoted strings with \DDD and \" escapes; more than 255
 * bytes become several strings. Without a TTL it is 0. A word in place of the
 * type makes trouble for all types of the name that are not listed, or for one
 * type when it is followed by its name:
 *
 *     name SERVFAIL|REFUSED|FORMERR|TIMEOUT|NXDOMAIN [TYPE]
 *     name DELAY milliseconds
 *     name SECURE                        (as if DNSSEC had proved its answers)
 *     name TYPE#NN \# length hex...      (raw rdata, RFC 3597)
 *
 * Names that are not listed are NXDOMAIN, or NODATA when a listed name is
 * below them (empty non-terminal). "*." is a wildcard (RFC 4592). CNAMEs are
 * followed inside the text, as a resolver does. The text is kept in memory;
 * after zone_text_parse() it is read-only and safe from any thread.
 */
struct zone_text;

/* Parses. NULL on an error, with *reason_out naming the line. Everything lives in `arena`. */
struct zone_text *zone_text_parse(struct arena *arena, struct text source,
				  struct text *reason_out);

/* True when any name is SECURE. */
bool zone_text_has_secure(const struct zone_text *zone);

/* A back end that answers from the zone at once (TIMEOUT: not before it is abandoned; DELAY is
 * ignored). */
struct dns_backend *zone_text_backend(struct arena *arena, const struct zone_text *zone);

/*
 * For a name server around a zone text (tests): answers one query packet.
 * Returns the length written to `response`, 0 for no answer (TIMEOUT or not a
 * query); *delay_out: milliseconds to wait before sending. AA and RA are set.
 * Over UDP pass the size that the client accepts: a longer answer is truncated
 * with TC set. `response_size` is at least 512.
 */
size_t zone_text_respond(const struct zone_text *zone, const uint8_t *query, size_t query_length,
			 uint8_t *response, size_t response_size, unsigned *delay_out);

/* What the client of a query accepts over UDP: 512, or what its OPT record says (RFC 6891),
 * within 4096. */
size_t zone_text_udp_size(const uint8_t *query, size_t query_length);

#endif
