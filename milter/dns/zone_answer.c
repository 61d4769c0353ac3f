/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/zone_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "dns/packet.h"
#include "dns/zone_node.h"

enum {
	CLASS_IN = 1,
	TYPE_OPT = 41,
	OPT_SIZE = 11,                  /* an OPT record without options (RFC 6891 6.1.2) */
	UDP_SIZE_OFFERED = 4096,
	FLAGS_ANSWER = 0x8480,          /* QR, AA, RA */
	FLAGS_COPIED = 0x0110,          /* RD, CD */
	FLAG_TRUNCATED = 0x0200,
	FLAGS_NOT_QUERY = 0xf800,       /* QR and OPCODE */
	QUESTION_POINTER = 0xc00c
};

/* A response under construction. */
struct response {
	const struct zone_text *zone;
	uint8_t *bytes;
	size_t size;
	size_t length;
	size_t reserved;                /* for the OPT record at the end */
	bool is_full;
	unsigned answer_count;
	unsigned authority_count;
	unsigned delay;
	int rcode;
	struct wire_name question;
	unsigned type;
};

static void
add_bytes(struct response *response, const void *bytes, size_t length)
{
	if (response->is_full || length > response->size - response->reserved - response->length) {
		response->is_full = true;
		return;
	}
	memcpy(response->bytes + response->length, bytes, length);
	response->length += length;
}

static void
add_u16(struct response *response, unsigned number)
{
	uint8_t bytes[2];

	packet_put_u16(bytes, number);
	add_bytes(response, bytes, sizeof(bytes));
}

static void
add_u32(struct response *response, uint32_t number)
{
	uint8_t bytes[4];

	packet_put_u32(bytes, number);
	add_bytes(response, bytes, sizeof(bytes));
}

static void
add_record(struct response *response, const struct wire_name *owner,
	   const struct zone_record *record)
{
	if (wire_name_equal(owner, &response->question))
		add_u16(response, QUESTION_POINTER);
	else
		add_bytes(response, owner->bytes, owner->length);
	add_u16(response, record->type);
	add_u16(response, CLASS_IN);
	add_u32(response, record->ttl);
	add_u16(response, (unsigned)record->length);
	add_bytes(response, record->data, record->length);
}

/* RFC 4592, 3.3.1: the name itself, or the wildcard below its closest encloser. */
static const struct zone_node *
find_or_synthesize(const struct zone_text *zone, const struct wire_name *name)
{
	const struct zone_node *node = zone_node_find(zone, name->bytes, name->length);
	struct wire_name wildcard = { .bytes = { 1, '*' }, .length = 2 };
	size_t start = 0;

	if (node != NULL)
		return node;
	/* The root has a node, so this ends. */
	while (zone_node_find(zone, name->bytes + start, name->length - start) == NULL)
		start += 1 + (size_t)name->bytes[start];
	/* The part cut off is at least two bytes, so the wildcard is not longer than the name. */
	memcpy(wildcard.bytes + 2, name->bytes + start, name->length - start);
	wildcard.length += name->length - start;
	return zone_node_find(zone, wildcard.bytes, wildcard.length);
}

static const struct zone_record *
find_record(const struct zone_node *node, unsigned type)
{
	const struct zone_record *record = node->records;

	while (record != NULL && record->type != type)
		record = record->next;
	return record;
}

static const struct zone_trouble *
find_trouble(const struct zone_node *node, unsigned type)
{
	const struct zone_trouble *trouble = node->troubles;

	while (trouble != NULL && trouble->type != type)
		trouble = trouble->next;
	return trouble;
}

/* RFC 2308, 3: the SOA record goes with a negative answer; our own when the text has none. */
static void
add_soa(struct response *response, const struct wire_name *name)
{
	static const uint8_t data[] = { 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 3, 132,
					0, 9, 58, 128, 0, 0, 0, 0 };
	static const struct zone_record own = { .type = ZONE_TYPE_SOA, .data = data,
						.length = sizeof(data) };
	const struct zone_record *record = NULL;
	struct wire_name owner = { .length = 0 };
	size_t start = 0;

	for (;;) {
		const struct zone_node *node = zone_node_find(response->zone, name->bytes + start,
							      name->length - start);

		if (node != NULL)
			record = find_record(node, ZONE_TYPE_SOA);
		if (record != NULL || name->bytes[start] == 0)
			break;
		start += 1 + (size_t)name->bytes[start];
	}
	owner.length = name->length - start;
	memcpy(owner.bytes, name->bytes + start, owner.length);
	add_record(response, &owner, record != NULL ? record : &own);
	response->authority_count++;
}

static void
add_all(struct response *response, const struct wire_name *owner,
	const struct zone_node *node)
{
	const struct zone_record *record = node->records;

	for (; record != NULL; record = record->next) {
		if (record->type != response->type)
			continue;
		add_record(response, owner, record);
		response->answer_count++;
	}
}

/* One name of the chain. True when it is a CNAME, with its target in *name. */
static bool
answer_name(struct response *response, struct wire_name *name)
{
	const struct zone_node *node = find_or_synthesize(response->zone, name);
	const struct zone_trouble *trouble;
	const struct zone_record *cname;
	size_t position = 0;

	if (node == NULL) {
		response->rcode = RCODE_NXDOMAIN;
		add_soa(response, name);
		return false;
	}
	response->delay += node->delay;
	trouble = find_trouble(node, response->type);
	if (trouble == NULL && find_record(node, response->type) != NULL) {
		add_all(response, name, node);
		return false;
	}
	if (trouble == NULL)
		trouble = find_trouble(node, ZONE_TYPE_ANY_LISTED);
	cname = find_record(node, DNS_CNAME);
	if (trouble != NULL) {
		response->rcode = trouble->rcode;
		if (trouble->rcode == RCODE_NXDOMAIN)
			add_soa(response, name);
		return false;
	}
	if (cname == NULL) {
		add_soa(response, name);
		return false;
	}
	add_record(response, name, cname);
	response->answer_count++;
	/* Raw data need not be a name. */
	return wire_name_read(cname->data, cname->length, &position, name);
}

static bool
read_question(struct response *response, const uint8_t *query, size_t query_length,
	      size_t *end_out)
{
	size_t position = PACKET_HEADER_SIZE;

	if (query_length < PACKET_HEADER_SIZE ||
	    (packet_u16(query + 2) & FLAGS_NOT_QUERY) != 0 || packet_u16(query + 4) != 1 ||
	    !wire_name_read(query, query_length, &position, &response->question) ||
	    query_length - position < 4 || packet_u16(query + position + 2) != CLASS_IN)
		return false;
	response->type = packet_u16(query + position);
	*end_out = position + 4;
	return true;
}

/* The offset of an OPT record right behind the question, where every client puts it; 0: none. */
static size_t
find_opt(const uint8_t *query, size_t query_length, size_t end)
{
	if (packet_u16(query + 6) != 0 || packet_u16(query + 8) != 0 ||
	    packet_u16(query + 10) == 0 || query_length - end < OPT_SIZE ||
	    query[end] != 0 || packet_u16(query + end + 1) != TYPE_OPT)
		return 0;
	return end;
}

size_t
zone_text_udp_size(const uint8_t *query, size_t query_length)
{
	struct response response = { .zone = NULL };
	size_t end;
	size_t opt;
	size_t size;

	if (!read_question(&response, query, query_length, &end))
		return PACKET_UDP_MIN;
	opt = find_opt(query, query_length, end);
	size = opt != 0 ? packet_u16(query + opt + 3) : PACKET_UDP_MIN;
	if (size > UDP_SIZE_OFFERED)
		return UDP_SIZE_OFFERED;
	return size > PACKET_UDP_MIN ? size : PACKET_UDP_MIN;
}

static void
write_header(struct response *response, const uint8_t *query, size_t question_end)
{
	unsigned flags = FLAGS_ANSWER | (packet_u16(query + 2) & FLAGS_COPIED);

	if (response->is_full) {
		flags |= FLAG_TRUNCATED;
		response->length = question_end;
		response->answer_count = 0;
		response->authority_count = 0;
	}
	memcpy(response->bytes, query, 2);
	packet_put_u16(response->bytes + 2, flags | (unsigned)response->rcode);
	packet_put_u16(response->bytes + 4, 1);
	packet_put_u16(response->bytes + 6, response->answer_count);
	packet_put_u16(response->bytes + 8, response->authority_count);
	packet_put_u16(response->bytes + 10, response->reserved > 0 ? 1 : 0);
	if (response->reserved > 0) {
		uint8_t *opt = response->bytes + response->length;

		memset(opt, 0, OPT_SIZE);
		packet_put_u16(opt + 1, TYPE_OPT);
		packet_put_u16(opt + 3, UDP_SIZE_OFFERED);
		response->length += OPT_SIZE;
	}
}

size_t
zone_text_respond(const struct zone_text *zone, const uint8_t *query, size_t query_length,
		  uint8_t *response, size_t response_size, unsigned *delay_out)
{
	struct response work = { .zone = zone, .bytes = response, .size = response_size };
	struct wire_name name;
	size_t hops = 0;
	size_t end;

	*delay_out = 0;
	if (work.size > PACKET_MAX)
		work.size = PACKET_MAX;
	if (work.size < PACKET_UDP_MIN || !read_question(&work, query, query_length, &end))
		return 0;
	if (find_opt(query, query_length, end) != 0)
		work.reserved = OPT_SIZE;
	/* The question again, with the case that the client chose (0x20). */
	memset(response, 0, PACKET_HEADER_SIZE);
	work.length = PACKET_HEADER_SIZE;
	add_bytes(&work, work.question.bytes, work.question.length);
	if (end - PACKET_HEADER_SIZE - 4 == work.question.length)
		memcpy(response + PACKET_HEADER_SIZE, query + PACKET_HEADER_SIZE,
		       work.question.length);
	add_bytes(&work, query + end - 4, 4);
	end = work.length;
	name = work.question;
	while (answer_name(&work, &name) && hops <= CNAMES_MAX)
		hops++;
	if (work.rcode == ZONE_TROUBLE_SILENCE)
		return 0;
	*delay_out = work.delay;
	write_header(&work, query, end);
	return work.length;
}

/* The back end. */
struct zone_backend {
	struct dns_backend backend;     /* must be first */
	const struct zone_text *zone;
};

/* Of a chain of aliases only the first name is looked at. */
static bool
is_secure(const struct zone_text *zone, const struct wire_name *name)
{
	const struct zone_node *node = find_or_synthesize(zone, name);

	return node != NULL && node->is_secure;
}

static void
submit(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	const struct zone_backend *own = (const struct zone_backend *)(void *)backend;
	uint8_t *response = memory_new(PACKET_MAX);

	for (size_t i = 0; i < count; i++) {
		uint8_t query[PACKET_QUERY_MAX];
		struct wire_name name;
		unsigned delay;
		size_t length;

		if (!wire_name_from_text(requests[i]->name, &name)) {
			dns_request_answer(requests[i], NULL, 0, false, "malformed question");
			continue;
		}
		length = packet_write_query(&name, requests[i]->type, query);
		length = zone_text_respond(own->zone, query, length, response, PACKET_MAX, &delay);
		if (length > 0)
			dns_request_answer(requests[i], response, length,
					   is_secure(own->zone, &name), NULL);
		else
			requests[i]->backend_data = backend;    /* silent; see abandon() */
	}
	free(response);
}

static void
abandon(struct dns_backend *backend, struct dns_request *request)
{
	if (request->backend_data != backend)
		return;
	request->backend_data = NULL;
	dns_request_answer(request, NULL, 0, false, "timeout");
}

bool
zone_text_has_secure(const struct zone_text *zone)
{
	return zone->has_secure;
}

struct dns_backend *
zone_text_backend(struct arena *arena, const struct zone_text *zone)
{
	struct zone_backend *own = arena_alloc(arena, sizeof(*own));

	own->backend.submit = submit;
	own->backend.abandon = abandon;
	own->zone = zone;
	return &own->backend;
}
