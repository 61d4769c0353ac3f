/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"

/* The question of all tests: q.example. */
#define QUESTION "\1q\7example\0"
#define POINTER "\300\14"
#define CLASS_TTL "\0\1\0\0\0\74"
#define BYTES(literal) { literal, sizeof(literal) - 1 }

static const char malformed[] = "malformed answer";

/* A response to q.example with the given flags and answer section. */
static struct text
response(struct arena *arena, unsigned flags, enum dns_type type, unsigned count,
	 struct text answers)
{
	struct textbuf buffer = textbuf_new(arena, 1 << 20);
	uint8_t header[12] = { 0 };
	uint8_t tail[4] = { 0, (uint8_t)type, 0, 1 };

	packet_put_u16(header + 2, flags);
	packet_put_u16(header + 4, 1);
	packet_put_u16(header + 6, count);
	textbuf_add(&buffer, text_of((const char *)header, sizeof(header)));
	textbuf_add(&buffer, TEXT(QUESTION));
	textbuf_add(&buffer, text_of((const char *)tail, sizeof(tail)));
	textbuf_add(&buffer, answers);
	return textbuf_text(&buffer);
}

/* Exactly as many bytes as the message has, so that a sanitizer sees every overrun. */
static struct dns_answer
read_exactly(struct arena *arena, struct text packet, enum dns_type type)
{
	uint8_t *copy = arena_alloc(arena, packet.length);
	struct wire_name name;

	memcpy(copy, packet.bytes, packet.length);
	assert_true(wire_name_from_text(TEXT("q.example"), &name));
	return packet_read(arena, copy, packet.length, &name, type);
}

static const struct {
	const char *name;
	unsigned flags;
	enum dns_type type;
	unsigned count;
	struct text answers;
	enum dns_status status;
	const char *reason;
	bool has_cname;
} answer_rows[] = {
	{ "a", 0x8180, DNS_A, 1, BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"),
	  DNS_FOUND, NULL, false },
	{ "name in other case", 0x8180, DNS_A, 1,
	  BYTES("\1Q\7EXAMPLE\0\0\1" CLASS_TTL "\0\4\300\0\2\1"), DNS_FOUND, NULL, false },
	{ "a with three bytes", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\1" CLASS_TTL "\0\3\300\0\2"), DNS_RETRY, malformed, false },
	{ "a with five bytes", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\1" CLASS_TTL "\0\5\300\0\2\1\1"), DNS_RETRY,
	  malformed, false },
	{ "data past the end", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2"), DNS_RETRY, malformed, false },
	{ "header cut", 0x8180, DNS_A, 1, BYTES(POINTER "\0\1" CLASS_TTL "\0"), DNS_RETRY,
	  malformed, false },
	{ "fewer records than counted", 0x8180, DNS_A, 2,
	  BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"), DNS_RETRY,
	  malformed, false },
	{ "class CHAOS", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\1\0\3\0\0\0\74\0\4\300\0\2\1"), DNS_NO_DATA, NULL, false },
	{ "of another name", 0x8180, DNS_A, 1,
	  BYTES("\1x\300\16\0\1" CLASS_TTL "\0\4\300\0\2\1"), DNS_NO_DATA, NULL, false },
	{ "cname and a", 0x8180, DNS_A, 2,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\4\1t\300\16"
		"\1t\300\16\0\1" CLASS_TTL "\0\4\300\0\2\1"), DNS_FOUND, NULL, true },
	{ "a before its cname", 0x8180, DNS_A, 2,
	  BYTES("\1t\300\16\0\1" CLASS_TTL "\0\4\300\0\2\1"
		POINTER "\0\5" CLASS_TTL "\0\4\1t\300\16"), DNS_FOUND, NULL, true },
	{ "cname to nothing", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\4\1t\300\16"), DNS_NO_DATA, NULL, true },
	{ "cname to no name", 0x8183, DNS_A, 1,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\4\1t\300\16"), DNS_NO_NAME, NULL, true },
	{ "cname to itself", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\2" POINTER), DNS_RETRY, "CNAME loop", false },
	{ "cname with bytes behind", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\5\1t\300\16x"), DNS_RETRY,
	  malformed, false },
	{ "cname without data", 0x8180, DNS_A, 1,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\0"), DNS_RETRY, malformed, false },
	{ "cname asked", 0x8180, DNS_CNAME, 1,
	  BYTES(POINTER "\0\5" CLASS_TTL "\0\4\1t\300\16"), DNS_FOUND, NULL, true },
	{ "mx without name", 0x8180, DNS_MX, 1,
	  BYTES(POINTER "\0\17" CLASS_TTL "\0\2\0\1"), DNS_RETRY, malformed, false },
	{ "mx of one byte", 0x8180, DNS_MX, 1,
	  BYTES(POINTER "\0\17" CLASS_TTL "\0\1\0"), DNS_RETRY, malformed, false },
	{ "mx root", 0x8180, DNS_MX, 1,
	  BYTES(POINTER "\0\17" CLASS_TTL "\0\3\0\0\0"), DNS_FOUND, NULL, false },
	{ "srv", 0x8180, DNS_SRV, 1,
	  BYTES(POINTER "\0\41" CLASS_TTL "\0\12\0\1\0\2\2\113\1t\300\16"), DNS_FOUND, NULL,
	  false },
	{ "srv without name", 0x8180, DNS_SRV, 1,
	  BYTES(POINTER "\0\41" CLASS_TTL "\0\6\0\1\0\2\2\113"), DNS_RETRY, malformed, false },
	{ "srv of five bytes", 0x8180, DNS_SRV, 1,
	  BYTES(POINTER "\0\41" CLASS_TTL "\0\5\0\1\0\2\2"), DNS_RETRY, malformed, false },
	{ "spf", 0x8180, DNS_SPF, 1, BYTES(POINTER "\0\143" CLASS_TTL "\0\3\2hi"),
	  DNS_FOUND, NULL, false },
	{ "name that ends behind its data", 0x8180, DNS_PTR, 1,
	  BYTES(POINTER "\0\14" CLASS_TTL "\0\1\1t\0"), DNS_RETRY, malformed, false },
	{ "txt", 0x8180, DNS_TXT, 1, BYTES(POINTER "\0\20" CLASS_TTL "\0\3\2hi"),
	  DNS_FOUND, NULL, false },
	{ "txt without strings", 0x8180, DNS_TXT, 1,
	  BYTES(POINTER "\0\20" CLASS_TTL "\0\0"), DNS_RETRY, malformed, false },
	{ "txt cut in a string", 0x8180, DNS_TXT, 1,
	  BYTES(POINTER "\0\20" CLASS_TTL "\0\3\3hi"), DNS_RETRY, malformed, false },
	{ "aaaa of four bytes", 0x8180, DNS_AAAA, 1,
	  BYTES(POINTER "\0\34" CLASS_TTL "\0\4\300\0\2\1"), DNS_RETRY,
	  malformed, false },
	{ "owner points forward", 0x8180, DNS_A, 1,
	  BYTES("\300\50\0\1" CLASS_TTL "\0\4\300\0\2\1"), DNS_RETRY,
	  malformed, false },
	{ "no data", 0x8180, DNS_A, 0, BYTES(""), DNS_NO_DATA, NULL, false },
	{ "no name", 0x8183, DNS_A, 0, BYTES(""), DNS_NO_NAME, NULL, false },
	{ "no name, but a record", 0x8183, DNS_A, 1,
	  BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"), DNS_NO_NAME, NULL, false },
	{ "servfail", 0x8182, DNS_A, 0, BYTES(""), DNS_RETRY, "SERVFAIL", false },
	{ "refused", 0x8185, DNS_A, 0, BYTES(""), DNS_RETRY, "REFUSED", false },
	{ "formerr", 0x8181, DNS_A, 0, BYTES(""), DNS_RETRY, "FORMERR", false },
	{ "notimp", 0x8184, DNS_A, 0, BYTES(""), DNS_RETRY, "NOTIMP", false },
	{ "rcode 9", 0x8189, DNS_A, 0, BYTES(""), DNS_RETRY, "unexpected RCODE", false },
	{ "truncated", 0x8380, DNS_A, 0, BYTES(""), DNS_RETRY, "truncated answer", false },
	{ "a query", 0x0100, DNS_A, 0, BYTES(""), DNS_RETRY, malformed, false },
	{ "another opcode", 0xa180, DNS_A, 0, BYTES(""), DNS_RETRY, malformed, false },
};

static void
reads_answers(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answer_rows); i++) {
		struct text packet = response(arena, answer_rows[i].flags, answer_rows[i].type,
					      answer_rows[i].count, answer_rows[i].answers);
		struct dns_answer answer = read_exactly(arena, packet, answer_rows[i].type);

		if (answer.status != answer_rows[i].status ||
		    answer.has_cname != answer_rows[i].has_cname)
			fail_msg("%s: status %d, %s", answer_rows[i].name, (int)answer.status,
				 answer.reason != NULL ? answer.reason : "-");
		if (answer_rows[i].reason != NULL)
			assert_string_equal(answer.reason, answer_rows[i].reason);
		else
			assert_null(answer.reason);
		assert_int_equal(answer.count > 0, answer.status == DNS_FOUND);
	}
	arena_free(&arena);
}

static void
reads_data(void **state)
{
	struct arena *arena = arena_new();
	struct text packet = response(arena, 0x8180, DNS_TXT, 2,
		TEXT(POINTER "\0\20" CLASS_TTL "\0\7\2a\0\0\2c\377"
		     POINTER "\0\20\0\1\377\0\0\0\0\1\0"));
	struct dns_answer answer = read_exactly(arena, packet, DNS_TXT);

	(void)state;
	assert_int_equal(answer.count, 2);
	assert_true(text_equal(answer.records[0].text, TEXT("a\0c\377")));
	assert_true(text_equal(answer.records[1].text, TEXT("")));
	/* RFC 2181, 8: a TTL with the first bit set. */
	assert_int_equal(answer.ttl, 0);
	packet = response(arena, 0x8180, DNS_MX, 1,
			  TEXT(POINTER "\0\17" CLASS_TTL "\0\12\1\2\4A.\0 \300\16x" ));
	assert_string_equal(read_exactly(arena, packet, DNS_MX).reason, "malformed answer");
	packet = response(arena, 0x8180, DNS_MX, 1,
			  TEXT(POINTER "\0\17" CLASS_TTL "\0\11\1\2\4A.\0 \300\16"));
	answer = read_exactly(arena, packet, DNS_MX);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.records[0].preference, 258);
	assert_true(text_equal(answer.records[0].text, TEXT("a\\046\\000\\032.example")));
	assert_int_equal(answer.ttl, 60);
	arena_free(&arena);
}

static void
bounds_the_records_of_an_answer(void **state)
{
	static const struct {
		unsigned count;
		enum dns_status status;
	} rows[] = {
		{ 999, DNS_FOUND }, { 1000, DNS_FOUND }, { 1001, DNS_RETRY }, { 4000, DNS_RETRY },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct textbuf buffer = textbuf_new(arena, 1 << 20);
		struct dns_answer answer;

		for (unsigned n = 0; n < rows[i].count; n++)
			textbuf_add(&buffer, TEXT(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"));
		answer = read_exactly(arena, response(arena, 0x8180, DNS_A, rows[i].count,
						      textbuf_text(&buffer)), DNS_A);
		assert_int_equal(answer.status, rows[i].status);
		if (answer.status == DNS_FOUND)
			assert_int_equal(answer.count, rows[i].count);
		else
			assert_string_equal(answer.reason, "too many records");
	}
	arena_free(&arena);
}

/* q -> 0 -> 1 -> ... -> <count - 1>, which has an address. */
static void
bounds_chains(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (unsigned count = CNAMES_MAX - 1; count <= CNAMES_MAX + 1; count++) {
		struct textbuf buffer = textbuf_new(arena, 1 << 20);
		struct dns_answer answer;
		char owner[] = "\1A\300\16";

		for (unsigned i = 0; i < count; i++) {
			textbuf_add(&buffer, i == 0 ? TEXT(POINTER) : text_of(owner, 4));
			textbuf_add(&buffer, TEXT("\0\5" CLASS_TTL "\0\4"));
			owner[1] = (char)('0' + (int)i);
			textbuf_add(&buffer, text_of(owner, 4));
		}
		textbuf_add(&buffer, text_of(owner, 4));
		textbuf_add(&buffer, TEXT("\0\1" CLASS_TTL "\0\4\300\0\2\1"));
		answer = read_exactly(arena, response(arena, 0x8180, DNS_A, count + 1,
						      textbuf_text(&buffer)), DNS_A);
		assert_int_equal(answer.status, count <= CNAMES_MAX ? DNS_FOUND : DNS_RETRY);
	}
	arena_free(&arena);
}

/* Cut anywhere, a message is malformed, never half an answer. */
static void
refuses_every_cut(void **state)
{
	struct arena *arena = arena_new();
	struct text packet = response(arena, 0x8180, DNS_A, 2,
		TEXT(POINTER "\0\5" CLASS_TTL "\0\4\1t\300\16"
		     "\1t\300\16\0\1" CLASS_TTL "\0\4\300\0\2\1"));

	(void)state;
	assert_int_equal(read_exactly(arena, packet, DNS_A).status, DNS_FOUND);
	for (size_t length = 0; length < packet.length; length++)
		assert_string_equal(read_exactly(arena, text_cut(packet, 0, length), DNS_A).reason,
				    "malformed answer");
	arena_free(&arena);
}

static void
wants_its_own_question_back(void **state)
{
	struct arena *arena = arena_new();
	struct text packet = response(arena, 0x8183, DNS_A, 0, TEXT(""));
	uint8_t *bytes = arena_alloc(arena, packet.length);
	struct wire_name name;
	struct wire_name other;

	(void)state;
	memcpy(bytes, packet.bytes, packet.length);
	assert_true(wire_name_from_text(TEXT("q.example"), &name));
	assert_true(wire_name_from_text(TEXT("r.example"), &other));
	assert_int_equal(packet_read(arena, bytes, packet.length, &name, DNS_A).status,
			 DNS_NO_NAME);
	assert_int_equal(packet_read(arena, bytes, packet.length, &other, DNS_A).status, DNS_RETRY);
	assert_int_equal(packet_read(arena, bytes, packet.length, &name, DNS_MX).status, DNS_RETRY);
	bytes[packet.length - 1] = 3;
	assert_int_equal(packet_read(arena, bytes, packet.length, &name, DNS_A).status, DNS_RETRY);
	bytes[packet.length - 1] = 1;
	bytes[5] = 2;
	assert_int_equal(packet_read(arena, bytes, packet.length, &name, DNS_A).status, DNS_RETRY);
	bytes[5] = 0;
	assert_int_equal(packet_read(arena, bytes, packet.length, &name, DNS_A).status, DNS_RETRY);
	arena_free(&arena);
}

/* `authority` holds one record behind the answers, or nothing. */
static uint32_t
lifetime(struct arena *arena, enum dns_type type, unsigned count, struct text answers,
	 struct text authority)
{
	struct text packet = response(arena, 0x8180, type, count,
				      text_join(arena, answers, authority));
	uint8_t *bytes = arena_alloc(arena, packet.length);

	memcpy(bytes, packet.bytes, packet.length);
	bytes[9] = text_is_empty(authority) ? 0 : 1;
	for (size_t length = 0; length < packet.length; length++)
		assert_int_equal(packet_lifetime(bytes, length), 0);
	return packet_lifetime(bytes, packet.length);
}

#define SOA_16_BITS(ttl, minimum) POINTER "\0\6\0\1\0\0" ttl "\0\26\0\0" \
	"\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0" minimum
#define SOA(ttl, minimum) SOA_16_BITS("\0" ttl, "\0" minimum)

/* RFC 1035 7.4, RFC 2308 5: the least of all; nothing without what was asked for or an SOA. */
static void
tells_how_long_an_answer_is_good(void **state)
{
	static const struct {
		enum dns_type type;
		unsigned count;
		struct text answers;
		struct text authority;
		uint32_t lifetime;
	} rows[] = {
		{ DNS_A, 1, BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"), { "", 0 }, 60 },
		{ DNS_A, 2, BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"
				  POINTER "\0\1\0\1\0\0\0\7\0\4\300\0\2\2"), { "", 0 }, 7 },
		/* The CNAME counts too; alone it is no answer. */
		{ DNS_A, 2, BYTES(POINTER "\0\5\0\1\0\0\0\11\0\2\300\16"
				  "\300\16\0\1" CLASS_TTL "\0\4\300\0\2\1"), { "", 0 }, 9 },
		{ DNS_A, 1, BYTES(POINTER "\0\5" CLASS_TTL "\0\2\300\16"), { "", 0 }, 0 },
		{ DNS_A, 1, BYTES(POINTER "\0\5" CLASS_TTL "\0\2\300\16"),
		  BYTES(SOA("\17", "\36")), 15 },
		{ DNS_A, 0, BYTES(""), { "", 0 }, 0 },
		{ DNS_A, 0, BYTES(""), BYTES(SOA("\17", "\36")), 15 },
		{ DNS_A, 0, BYTES(""), BYTES(SOA("\36", "\17")), 15 },
		{ DNS_A, 0, BYTES(""), BYTES(SOA("\36", "\0")), 0 },
		/* 299, 300, 301 and 65535 seconds: no negative answer is kept for longer than 300. */
		{ DNS_A, 0, BYTES(""), BYTES(SOA_16_BITS("\377\377", "\1\53")), 299 },
		{ DNS_A, 0, BYTES(""), BYTES(SOA_16_BITS("\377\377", "\1\54")), 300 },
		{ DNS_A, 0, BYTES(""), BYTES(SOA_16_BITS("\377\377", "\1\55")), 300 },
		{ DNS_A, 0, BYTES(""), BYTES(SOA_16_BITS("\377\377", "\377\377")), 300 },
		/* Another record of the authority section says nothing. */
		{ DNS_A, 1, BYTES(POINTER "\0\1" CLASS_TTL "\0\4\300\0\2\1"),
		  BYTES(POINTER "\0\2\0\1\0\0\0\5\0\2\300\16"), 60 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();

		assert_int_equal(lifetime(arena, rows[i].type, rows[i].count, rows[i].answers,
					  rows[i].authority), rows[i].lifetime);
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_answers),
		cmocka_unit_test(reads_data),
		cmocka_unit_test(bounds_the_records_of_an_answer),
		cmocka_unit_test(bounds_chains),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(wants_its_own_question_back),
		cmocka_unit_test(tells_how_long_an_answer_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
