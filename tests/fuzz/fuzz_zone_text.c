/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name in presentation form on the first line, then a zone text. It is asked
 * for every type. Whatever the zone gives must be read by the parser of
 * messages, over UDP (perhaps truncated) as over TCP. The same bytes are a
 * query packet too.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dns/packet.h"
#include "dns/zone_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum dns_type types[] = { DNS_A, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };

static void
ask(struct arena *arena, const struct zone_text *zone, struct text question, size_t size)
{
	uint8_t query[PACKET_QUERY_MAX];
	uint8_t *response = arena_alloc(arena, size);
	struct wire_name name;
	struct dns_answer answer;
	unsigned delay;
	size_t length;

	if (!wire_name_from_text(question, &name))
		return;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		length = packet_write_query(&name, types[i], query);
		length = zone_text_respond(zone, query, length, response, size, &delay);
		if (length == 0)
			continue;
		answer = packet_read(arena, response, length, &name, types[i]);
		if (length > size || answer.status == DNS_PENDING || answer.status == DNS_LIMIT)
			abort();
		if (answer.status == DNS_RETRY && answer.reason == NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text rest = text_of((const char *)data, size);
	struct text question = { NULL, 0 };
	struct text reason = { NULL, 0 };
	struct zone_text *zone;
	unsigned delay;

	if (size > 0 && text_next_part(&rest, '\n', &question)) {
		zone = zone_text_parse(arena, rest, &reason);
		if (zone == NULL && text_is_empty(reason))
			abort();
		if (zone != NULL) {
			uint8_t *response = arena_alloc(arena, PACKET_UDP_MIN);

			ask(arena, zone, question, PACKET_UDP_MIN);
			ask(arena, zone, question, PACKET_MAX);
			if (zone_text_respond(zone, data, size, response, PACKET_UDP_MIN, &delay) >
			    PACKET_UDP_MIN || zone_text_udp_size(data, size) < PACKET_UDP_MIN)
				abort();
		}
	}
	arena_free(&arena);
	return 0;
}
