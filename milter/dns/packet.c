/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/packet.h"

#include <string.h>

enum {
	CLASS_IN = 1,
	TYPE_SOA = 6,
	SOA_NUMBERS_SIZE = 20,          /* behind its two names; the last of five is the minimum */
	RECORD_FIXED_SIZE = 10,         /* type, class, TTL, length */
	SRV_FIXED_SIZE = 6,             /* RFC 2782: priority, weight, port */
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSION_DESIRED = 0x0100,
	OPCODE_BITS = 0x7800,
	RCODE_BITS = 0x000f
};

static const char malformed[] = "malformed answer";

/* Where a record of the message is. */
struct record_place {
	struct wire_name owner;
	unsigned type;
	unsigned class;
	uint32_t ttl;
	size_t data;            /* offset of the rdata */
	size_t data_length;
};

struct reader {
	const uint8_t *packet;
	size_t length;
	size_t answers;         /* offset of the answer section */
	size_t answer_count;
	enum dns_type type;     /* asked for */
};

unsigned
packet_u16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

uint32_t
packet_u32(const uint8_t *bytes)
{
	return (uint32_t)packet_u16(bytes) << 16 | packet_u16(bytes + 2);
}

void
packet_put_u16(uint8_t *bytes, unsigned number)
{
	bytes[0] = (uint8_t)(number >> 8 & 0xff);
	bytes[1] = (uint8_t)(number & 0xff);
}

void
packet_put_u32(uint8_t *bytes, uint32_t number)
{
	packet_put_u16(bytes, number >> 16);
	packet_put_u16(bytes + 2, number & 0xffff);
}

size_t
packet_write_query(const struct wire_name *name, unsigned type, uint8_t *query)
{
	memset(query, 0, PACKET_HEADER_SIZE);
	packet_put_u16(query + 2, FLAG_RECURSION_DESIRED);
	packet_put_u16(query + 4, 1);
	memcpy(query + PACKET_HEADER_SIZE, name->bytes, name->length);
	packet_put_u16(query + PACKET_HEADER_SIZE + name->length, type);
	packet_put_u16(query + PACKET_HEADER_SIZE + name->length + 2, CLASS_IN);
	return PACKET_HEADER_SIZE + name->length + 4;
}

static struct dns_answer
retry(const char *reason)
{
	return (struct dns_answer){ .status = DNS_RETRY, .reason = reason };
}

static const char *
rcode_reason(unsigned rcode)
{
	switch (rcode) {
	case RCODE_FORMERR:
		return "FORMERR";
	case RCODE_SERVFAIL:
		return "SERVFAIL";
	case RCODE_NOTIMP:
		return "NOTIMP";
	case RCODE_REFUSED:
		return "REFUSED";
	}
	return "unexpected RCODE";
}

static bool
read_record(const struct reader *reader, size_t *position, struct record_place *place_out)
{
	size_t at = *position;
	const uint8_t *fixed;

	if (!wire_name_read(reader->packet, reader->length, &at, &place_out->owner) ||
	    reader->length - at < RECORD_FIXED_SIZE)
		return false;
	fixed = reader->packet + at;
	place_out->type = packet_u16(fixed);
	place_out->class = packet_u16(fixed + 2);
	place_out->ttl = packet_u32(fixed + 4);
	/* RFC 2181, 8: a value with the first bit set is zero. */
	if (place_out->ttl > INT32_MAX)
		place_out->ttl = 0;
	place_out->data = at + RECORD_FIXED_SIZE;
	place_out->data_length = packet_u16(fixed + 8);
	if (place_out->data_length > reader->length - place_out->data)
		return false;
	*position = place_out->data + place_out->data_length;
	return true;
}

/* A name that has to end where the rdata ends. */
static bool
read_target(const struct reader *reader, const struct record_place *place, size_t skip,
	    struct wire_name *target_out)
{
	size_t at = place->data + skip;

	/* Nothing of the message behind the rdata may be taken into the name. */
	return skip < place->data_length &&
	       wire_name_read(reader->packet, place->data + place->data_length, &at, target_out) &&
	       at == place->data + place->data_length;
}

/* RFC 1035, 3.3.14: one or more character-strings. */
static bool
read_strings(struct arena *arena, const struct reader *reader, const struct record_place *place,
	     struct text *text_out)
{
	const uint8_t *data = reader->packet + place->data;
	char *joined = arena_alloc(arena, place->data_length + 1);
	size_t length = 0;

	if (place->data_length == 0)
		return false;
	for (size_t at = 0; at < place->data_length; at += 1 + (size_t)data[at]) {
		if (data[at] > place->data_length - at - 1)
			return false;
		memcpy(joined + length, data + at + 1, data[at]);
		length += data[at];
	}
	*text_out = text_of(joined, length);
	return true;
}

static bool
read_address(const struct reader *reader, const struct record_place *place, size_t size,
	     struct dns_record *record_out)
{
	if (place->data_length != size)
		return false;
	memcpy(record_out->address, reader->packet + place->data, size);
	return true;
}

static bool
read_data(struct arena *arena, const struct reader *reader, const struct record_place *place,
	  struct dns_record *record_out)
{
	struct wire_name target;
	size_t skip = 0;

	switch (reader->type) {
	case DNS_A:
		return read_address(reader, place, 4, record_out);
	case DNS_AAAA:
		return read_address(reader, place, 16, record_out);
	case DNS_TXT:
	case DNS_SPF:
		return read_strings(arena, reader, place, &record_out->text);
	case DNS_MX:
		if (place->data_length < 2)
			return false;
		record_out->preference = packet_u16(reader->packet + place->data);
		skip = 2;
		break;
	case DNS_SRV:
		if (place->data_length < SRV_FIXED_SIZE)
			return false;
		record_out->preference = packet_u16(reader->packet + place->data);
		record_out->weight = packet_u16(reader->packet + place->data + 2);
		record_out->port = packet_u16(reader->packet + place->data + 4);
		skip = SRV_FIXED_SIZE;
		break;
	case DNS_PTR:
	case DNS_CNAME:
		break;
	}
	if (!read_target(reader, place, skip, &target))
		return false;
	record_out->text = wire_name_to_text(arena, &target);
	return true;
}

/* The first record of `type` that belongs to `owner`, from record *index on; moves behind it. */
static bool
find_record(const struct reader *reader, const struct wire_name *owner, unsigned type,
	    size_t *index, size_t *position, struct record_place *place_out)
{
	while (*index < reader->answer_count) {
		*index += 1;
		if (!read_record(reader, position, place_out))
			return false;
		if (place_out->class == CLASS_IN && place_out->type == type &&
		    wire_name_equal(&place_out->owner, owner))
			return true;
	}
	return false;
}

/* All records must be readable, also those that nobody asked for. */
static bool
check_records(const struct reader *reader)
{
	size_t position = reader->answers;
	struct record_place place;

	for (size_t i = 0; i < reader->answer_count; i++)
		if (!read_record(reader, &position, &place))
			return false;
	return true;
}

static size_t
count_records(const struct reader *reader, const struct wire_name *owner)
{
	size_t position = reader->answers;
	struct record_place place;
	size_t index = 0;
	size_t count = 0;

	while (find_record(reader, owner, reader->type, &index, &position, &place))
		count++;
	return count;
}

static struct dns_answer
collect(struct arena *arena, const struct reader *reader, const struct wire_name *owner,
	size_t count, struct dns_answer answer)
{
	struct dns_record *records = arena_array(arena, count, sizeof(*records));
	size_t position = reader->answers;
	struct record_place place;
	size_t index = 0;

	for (size_t i = 0; i < count; i++) {
		(void)find_record(reader, owner, reader->type, &index, &position, &place);
		if (!read_data(arena, reader, &place, &records[i]))
			return retry(malformed);
		if (place.ttl < answer.ttl)
			answer.ttl = place.ttl;
	}
	answer.status = DNS_FOUND;
	answer.records = records;
	answer.count = count;
	return answer;
}

static bool
find_cname(const struct reader *reader, const struct wire_name *owner,
	   struct record_place *place_out)
{
	size_t position = reader->answers;
	size_t index = 0;

	return find_record(reader, owner, DNS_CNAME, &index, &position, place_out);
}

static struct dns_answer
negative(unsigned rcode, struct dns_answer answer)
{
	answer.status = rcode == RCODE_NXDOMAIN ? DNS_NO_NAME : DNS_NO_DATA;
	if (answer.ttl > INT32_MAX)
		answer.ttl = 0;
	return answer;
}

/*
 * RFC 1034, 3.6.2 and RFC 6604: the RCODE speaks about the last name of the
 * chain, has_cname about the first.
 */
static struct dns_answer
follow_chain(struct arena *arena, const struct reader *reader, const struct wire_name *name,
	     unsigned rcode)
{
	struct dns_answer answer = { .ttl = UINT32_MAX };
	struct wire_name owner = *name;
	struct record_place place;

	for (size_t hops = 0; hops <= CNAMES_MAX; hops++) {
		size_t count = count_records(reader, &owner);

		if (count > DNS_RECORDS_MAX)
			return retry("too many records");
		if (count > 0 && rcode == RCODE_NO_ERROR) {
			answer.has_cname = answer.has_cname || reader->type == DNS_CNAME;
			return collect(arena, reader, &owner, count, answer);
		}
		if (!find_cname(reader, &owner, &place))
			return negative(rcode, answer);
		answer.has_cname = true;
		if (place.ttl < answer.ttl)
			answer.ttl = place.ttl;
		if (!read_target(reader, &place, 0, &owner))
			return retry(malformed);
	}
	return retry("CNAME loop");
}

struct dns_answer
packet_read(struct arena *arena, const uint8_t *packet, size_t length,
	    const struct wire_name *name, enum dns_type type)
{
	struct reader reader = { .packet = packet, .length = length, .type = type,
				 .answers = PACKET_HEADER_SIZE };
	struct wire_name asked;
	unsigned flags;
	unsigned rcode;

	if (length < PACKET_HEADER_SIZE || length > PACKET_MAX)
		return retry(malformed);
	flags = packet_u16(packet + 2);
	if ((flags & FLAG_RESPONSE) == 0 || (flags & OPCODE_BITS) != 0)
		return retry(malformed);
	/* An error may come without the question (RFC 1035 4.1.1, FORMERR). */
	rcode = flags & RCODE_BITS;
	if (rcode != RCODE_NO_ERROR && rcode != RCODE_NXDOMAIN)
		return retry(rcode_reason(rcode));
	if ((flags & FLAG_TRUNCATED) != 0)
		return retry("truncated answer");
	if (packet_u16(packet + 4) != 1 ||
	    !wire_name_read(packet, length, &reader.answers, &asked) ||
	    length - reader.answers < 4 || !wire_name_equal(&asked, name) ||
	    packet_u16(packet + reader.answers) != (unsigned)type ||
	    packet_u16(packet + reader.answers + 2) != CLASS_IN)
		return retry(malformed);
	reader.answers += 4;
	reader.answer_count = packet_u16(packet + 6);
	if (!check_records(&reader))
		return retry(malformed);
	return follow_chain(arena, &reader, name, rcode);
}

/* RFC 2308, 5: the lesser of the SOA's TTL and its minimum. False: the record is no SOA. */
static bool
read_negative_lifetime(const struct reader *reader, const struct record_place *place,
		       uint32_t *seconds_out)
{
	const uint8_t *end = reader->packet + place->data + place->data_length;
	uint32_t minimum;

	if (place->type != TYPE_SOA || place->data_length < SOA_NUMBERS_SIZE)
		return false;
	minimum = packet_u32(end - 4);
	*seconds_out = minimum < place->ttl ? minimum : place->ttl;
	if (*seconds_out > NEGATIVE_TTL_MAX)
		*seconds_out = NEGATIVE_TTL_MAX;
	return true;
}

static bool
is_failure(const uint8_t *packet)
{
	unsigned flags = packet_u16(packet + 2);
	unsigned rcode = flags & RCODE_BITS;

	return (flags & FLAG_TRUNCATED) != 0 ||
	       (rcode != RCODE_NO_ERROR && rcode != RCODE_NXDOMAIN);
}

uint32_t
packet_lifetime(const uint8_t *packet, size_t length)
{
	struct reader reader = { .packet = packet, .length = length };
	size_t position = PACKET_HEADER_SIZE;
	uint32_t lifetime = INT32_MAX;
	bool is_complete = false;       /* what was asked for is there, or the SOA of its zone */
	struct wire_name asked;
	size_t answers;
	size_t count;

	if (length < PACKET_HEADER_SIZE || packet_u16(packet + 4) != 1 || is_failure(packet) ||
	    !wire_name_read(packet, length, &position, &asked) || length - position < 4)
		return 0;
	answers = packet_u16(packet + 6);
	count = answers + packet_u16(packet + 8);
	reader.type = (enum dns_type)packet_u16(packet + position);
	position += 4;
	for (size_t i = 0; i < count; i++) {
		struct record_place place;
		uint32_t seconds;

		if (!read_record(&reader, &position, &place))
			return 0;
		seconds = place.ttl;
		if (i < answers ? place.type == (unsigned)reader.type :
		    read_negative_lifetime(&reader, &place, &seconds))
			is_complete = true;
		else if (i >= answers)
			continue;
		if (seconds < lifetime)
			lifetime = seconds;
	}
	return is_complete ? lifetime : 0;
}
