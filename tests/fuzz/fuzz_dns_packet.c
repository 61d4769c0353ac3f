/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a DNS message. The first byte chooses a type; the question
 * is the one in the message when it has a readable one, so that the answer
 * section is reached.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum dns_type types[] = { DNS_A, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA,
				       DNS_SRV, DNS_SPF };

/* A name in presentation form must be the same name again. */
static void
check_name(struct arena *arena, struct text text)
{
	struct wire_name name;

	if (text_is_empty(text))
		return;
	if (!wire_name_from_text(text, &name) ||
	    !text_equal(wire_name_to_text(arena, &name), text))
		abort();
}

static void
check_answer(struct arena *arena, const struct dns_answer *answer, enum dns_type type)
{
	if (answer->status == DNS_PENDING || answer->status == DNS_LIMIT ||
	    (answer->status == DNS_RETRY) != (answer->reason != NULL) ||
	    (answer->status == DNS_FOUND) != (answer->count > 0) ||
	    answer->count > DNS_RECORDS_MAX || answer->ttl > INT32_MAX)
		abort();
	for (size_t i = 0; i < answer->count; i++) {
		if (answer->records[i].text.length > DNS_TEXT_BYTES_MAX)
			abort();
		if (type == DNS_PTR || type == DNS_MX || type == DNS_CNAME || type == DNS_SRV)
			check_name(arena, answer->records[i].text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t position = PACKET_HEADER_SIZE;
	struct wire_name name = { .bytes = { 1, 'a', 0 }, .length = 3 };
	struct dns_answer answer;
	struct arena *arena;
	enum dns_type type;

	if (size < 1)
		return 0;
	type = types[data[0] % COUNT_OF(types)];
	data++;
	size--;
	arena = arena_new();
	if (wire_name_read(data, size, &position, &name) && size - position >= 2)
		for (size_t i = 0; i < COUNT_OF(types); i++)
			if (packet_u16(data + position) == (unsigned)types[i])
				type = types[i];
	answer = packet_read(arena, data, size, &name, type);
	if (packet_lifetime(data, size) > INT32_MAX)
		abort();
	check_answer(arena, &answer, type);
	arena_free(&arena);
	return 0;
}
