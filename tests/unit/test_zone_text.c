/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/zone_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "dns/packet.h"

static const char example[] =
	"# comment\n"
	"; another\n"
	"\n"
	"example.org. 60 A 192.0.2.1 ; trailing\r\n"
	"Example.ORG 30 A 192.0.2.2\n"
	"example.org IN AAAA 2001:db8::1\n"
	"example.org MX 10 mail.example.org.\n"
	"example.org MX 0 .\n"
	"example.org TXT v=spf1 a; b # not a comment  \n"
	"quoted.example.org TXT \"one \" \"two\\000\\\"\\\\\" # comment\n"
	"empty.example.org TXT \"\"\n"
	"1.2.0.192.in-addr.arpa PTR Mail.example.org\n"
	"alias.example.org 20 CNAME target.example.org\n"
	"target.example.org 10 A 192.0.2.3\n"
	"dangling.example.org CNAME gone.example.org\n"
	"half.example.org CNAME quoted.example.org\n"
	"loop.example.org CNAME pool.example.org\n"
	"pool.example.org CNAME loop.example.org\n"
	"to-trouble.example.org CNAME servfail.example.org\n"
	"servfail.example.org SERVFAIL\n"
	"refused.example.org REFUSED\n"
	"formerr.example.org FORMERR\n"
	"silent.example.org TIMEOUT\n"
	"gone.example.net NXDOMAIN\n"
	"some.example.org A 192.0.2.4\n"
	"some.example.org SERVFAIL\n"
	"typed.example.org A 192.0.2.5\n"
	"typed.example.org SERVFAIL TXT\n"
	"slow.example.org DELAY 250\n"
	"slow.example.org A 192.0.2.6\n"
	"deep.below.example.com A 192.0.2.7\n"
	"*.wild.example.com A 192.0.2.8\n"
	"exact.wild.example.com TXT here\n"
	"sub.under.wild.example.com A 192.0.2.9\n"
	"raw.example.org TYPE#16 \\# 3 02 6869\n"
	"bad-a.example.org TYPE#1 \\# 3 c00002\n"
	"odd.example.org TYPE#999 \\# 0\n"
	"with.soa.example A 192.0.2.10\n"
	"soa.example 300 SOA ns.soa.example root.soa.example 1 2 3 4 5\n"
	"soa.example NS ns.soa.example\n"
	"_imaps._tcp.example.org 60 SRV 1 2 993 Mail.example.org.\n"
	"_imap._tcp.example.org SRV 65535 0 0 .\n"
	"old.example.org SPF v=spf1 -all\n";

static struct zone_text *
parse(struct arena *arena, const char *source)
{
	struct text reason = { NULL, 0 };
	struct zone_text *zone = zone_text_parse(arena, text_from(source), &reason);

	if (zone == NULL)
		print_error("%.*s\n", TEXT_ARGUMENTS(reason));
	assert_non_null(zone);
	return zone;
}

static struct dns_answer
ask(struct arena *arena, const struct zone_text *zone, const char *name, enum dns_type type)
{
	uint8_t query[PACKET_QUERY_MAX];
	uint8_t *response = arena_alloc(arena, PACKET_MAX);
	struct wire_name wire;
	unsigned delay;
	size_t length;

	assert_true(wire_name_from_text(text_from(name), &wire));
	length = packet_write_query(&wire, type, query);
	length = zone_text_respond(zone, query, length, response, PACKET_MAX, &delay);
	if (length == 0)
		return (struct dns_answer){ .status = DNS_PENDING };
	return packet_read(arena, response, length, &wire, type);
}

static void
answers_like_a_resolver(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
		size_t count;
		bool has_cname;
	} rows[] = {
		{ "example.org", DNS_A, DNS_FOUND, 2, false },
		{ "EXAMPLE.org.", DNS_AAAA, DNS_FOUND, 1, false },
		{ "example.org", DNS_MX, DNS_FOUND, 2, false },
		{ "example.org", DNS_PTR, DNS_NO_DATA, 0, false },
		{ "nothing.example.org", DNS_A, DNS_NO_NAME, 0, false },
		{ "alias.example.org", DNS_A, DNS_FOUND, 1, true },
		{ "alias.example.org", DNS_CNAME, DNS_FOUND, 1, true },
		{ "alias.example.org", DNS_TXT, DNS_NO_DATA, 0, true },
		{ "dangling.example.org", DNS_A, DNS_NO_NAME, 0, true },
		{ "half.example.org", DNS_A, DNS_NO_DATA, 0, true },
		{ "loop.example.org", DNS_A, DNS_RETRY, 0, false },
		{ "to-trouble.example.org", DNS_A, DNS_RETRY, 0, false },
		{ "servfail.example.org", DNS_A, DNS_RETRY, 0, false },
		{ "refused.example.org", DNS_A, DNS_RETRY, 0, false },
		{ "formerr.example.org", DNS_A, DNS_RETRY, 0, false },
		{ "silent.example.org", DNS_A, DNS_PENDING, 0, false },
		{ "gone.example.net", DNS_A, DNS_NO_NAME, 0, false },
		{ "some.example.org", DNS_A, DNS_FOUND, 1, false },
		{ "some.example.org", DNS_TXT, DNS_RETRY, 0, false },
		{ "typed.example.org", DNS_A, DNS_FOUND, 1, false },
		{ "typed.example.org", DNS_TXT, DNS_RETRY, 0, false },
		{ "typed.example.org", DNS_MX, DNS_NO_DATA, 0, false },
		{ "below.example.com", DNS_A, DNS_NO_DATA, 0, false },
		{ "com", DNS_A, DNS_NO_DATA, 0, false },
		{ "x.wild.example.com", DNS_A, DNS_FOUND, 1, false },
		{ "y.x.wild.example.com", DNS_A, DNS_FOUND, 1, false },
		{ "x.wild.example.com", DNS_TXT, DNS_NO_DATA, 0, false },
		{ "*.wild.example.com", DNS_A, DNS_FOUND, 1, false },
		{ "exact.wild.example.com", DNS_A, DNS_NO_DATA, 0, false },
		{ "under.wild.example.com", DNS_A, DNS_NO_DATA, 0, false },
		{ "x.under.wild.example.com", DNS_A, DNS_NO_NAME, 0, false },
		{ "wild.example.com", DNS_A, DNS_NO_DATA, 0, false },
		{ "raw.example.org", DNS_TXT, DNS_FOUND, 1, false },
		{ "bad-a.example.org", DNS_A, DNS_RETRY, 0, false },
		{ "odd.example.org", DNS_A, DNS_NO_DATA, 0, false },
		{ "x.soa.example", DNS_A, DNS_NO_NAME, 0, false },
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_FOUND, 1, false },
		{ "_imap._tcp.example.org", DNS_SRV, DNS_FOUND, 1, false },
		{ "old.example.org", DNS_SPF, DNS_FOUND, 1, false },
		{ "old.example.org", DNS_TXT, DNS_NO_DATA, 0, false },
	};
	struct arena *arena = arena_new();
	struct zone_text *zone = parse(arena, example);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dns_answer answer = ask(arena, zone, rows[i].name, rows[i].type);

		if (answer.status != rows[i].status)
			print_error("%s %s\n", rows[i].name, dns_type_name(rows[i].type));
		assert_int_equal(answer.status, rows[i].status);
		assert_int_equal(answer.count, rows[i].count);
		assert_int_equal(answer.has_cname, rows[i].has_cname);
	}
	arena_free(&arena);
}

static void
gives_the_data_of_the_lines(void **state)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct arena *arena = arena_new();
	struct zone_text *zone = parse(arena, example);
	struct dns_answer answer = ask(arena, zone, "example.org", DNS_A);

	(void)state;
	assert_memory_equal(answer.records[0].address, "\300\0\2\1", 4);
	assert_memory_equal(answer.records[1].address, "\300\0\2\2", 4);
	assert_int_equal(answer.ttl, 30);
	answer = ask(arena, zone, "alias.example.org", DNS_A);
	assert_int_equal(answer.ttl, 10);
	answer = ask(arena, zone, "example.org", DNS_AAAA);
	assert_memory_equal(answer.records[0].address, v6, 16);
	assert_int_equal(answer.ttl, 0);
	answer = ask(arena, zone, "example.org", DNS_MX);
	assert_int_equal(answer.records[0].preference, 10);
	assert_true(text_equal(answer.records[0].text, TEXT("mail.example.org")));
	assert_true(text_equal(answer.records[1].text, TEXT("")));
	answer = ask(arena, zone, "example.org", DNS_TXT);
	assert_true(text_equal(answer.records[0].text, TEXT("v=spf1 a; b # not a comment")));
	answer = ask(arena, zone, "quoted.example.org", DNS_TXT);
	assert_true(text_equal(answer.records[0].text, TEXT("one two\0\"\\")));
	answer = ask(arena, zone, "empty.example.org", DNS_TXT);
	assert_true(text_equal(answer.records[0].text, TEXT("")));
	answer = ask(arena, zone, "raw.example.org", DNS_TXT);
	assert_true(text_equal(answer.records[0].text, TEXT("hi")));
	answer = ask(arena, zone, "1.2.0.192.in-addr.arpa", DNS_PTR);
	assert_true(text_equal(answer.records[0].text, TEXT("mail.example.org")));
	assert_string_equal(ask(arena, zone, "refused.example.org", DNS_A).reason, "REFUSED");
	assert_string_equal(ask(arena, zone, "formerr.example.org", DNS_A).reason, "FORMERR");
	assert_string_equal(ask(arena, zone, "loop.example.org", DNS_A).reason, "CNAME loop");
	arena_free(&arena);
}

static void
names_the_line_of_an_error(void **state)
{
	static const char *const rows[] = {
		"a..b A 192.0.2.1",
		"a",
		"a 60",
		"a FOO bar",
		"a A",
		"a A 2001:db8::1",
		"a A 192.0.2.1 192.0.2.2",
		"a AAAA 192.0.2.1",
		"a AAAA ::ffff:192.0.2.1",
		"a MX mail",
		"a MX 65536 mail",
		"a MX 1",
		"a SRV 1 2 mail",
		"a SRV 1 2 65536 mail",
		"a SRV 1 2 3",
		"a IN",
		"a IN 60 A 192.0.2.1",
		"a CNAME",
		"a TXT \"open",
		"a TXT \"open\\",
		"a TXT \"\\256\"",
		"a TXT \"ok\" junk",
		"a SOA x y 1 2 3 4",
		"a DELAY",
		"a DELAY 3600001",
		"a SERVFAIL FOO",
		"a TYPE#16 02",
		"a TYPE#16 \\# 2 02",
		"a TYPE#16 \\# 1 0g",
		"a TYPE#16 \\# 1 020",
		"a TYPE#65536 \\# 0",
		"a TYPE#16 \\# 65536",
		"a 2147483648 A 192.0.2.1",
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text reason = { NULL, 0 };
		struct text source = text_printf(arena, "ok A 192.0.2.1\n%s\n", rows[i]);

		if (zone_text_parse(arena, source, &reason) != NULL)
			fail_msg("accepted: %s", rows[i]);
		assert_true(text_starts_with(reason, TEXT("line 2: ")));
	}
	arena_free(&arena);
}

static void
reads_srv_and_spf(void **state)
{
	struct arena *arena = arena_new();
	struct zone_text *zone = parse(arena, example);
	struct dns_answer answer = ask(arena, zone, "_imaps._tcp.example.org", DNS_SRV);

	(void)state;
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.ttl, 60);
	assert_int_equal(answer.records[0].preference, 1);
	assert_int_equal(answer.records[0].weight, 2);
	assert_int_equal(answer.records[0].port, 993);
	assert_true(text_equal(answer.records[0].text, TEXT("mail.example.org")));
	answer = ask(arena, zone, "_imap._tcp.example.org", DNS_SRV);
	assert_int_equal(answer.records[0].preference, 65535);
	assert_true(text_is_empty(answer.records[0].text));
	answer = ask(arena, zone, "old.example.org", DNS_SPF);
	assert_true(text_equal(answer.records[0].text, TEXT("v=spf1 -all")));
	arena_free(&arena);
}

static void
splits_long_text_into_strings(void **state)
{
	static const size_t lengths[] = { 254, 255, 256, 510, 511, 60000 };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		char *bytes = arena_alloc(arena, lengths[i] + 1);
		struct text source;
		struct dns_answer answer;

		memset(bytes, 'x', lengths[i]);
		source = text_join(arena, TEXT("a TXT "), text_of(bytes, lengths[i]));
		answer = ask(arena, parse(arena, text_string(arena, source)), "a", DNS_TXT);
		assert_int_equal(answer.status, DNS_FOUND);
		assert_int_equal(answer.records[0].text.length, lengths[i]);
	}
	arena_free(&arena);
}

/* A query with an OPT record that offers `size` bytes. */
static size_t
write_query_with_opt(const char *name, unsigned size, uint8_t *query)
{
	struct wire_name wire;
	size_t length;

	assert_true(wire_name_from_text(text_from(name), &wire));
	length = packet_write_query(&wire, DNS_TXT, query);
	memset(query + length, 0, 11);
	query[length + 2] = 41;
	packet_put_u16(query + length + 3, size);
	packet_put_u16(query + 10, 1);
	return length + 11;
}

static void
truncates_what_the_client_cannot_take(void **state)
{
	static const struct {
		unsigned offered;       /* 0: no OPT */
		size_t accepted;
		bool is_truncated;
	} rows[] = {
		{ 0, 512, true }, { 511, 512, true }, { 512, 512, true }, { 700, 700, false },
		{ 1232, 1232, false }, { 65535, 4096, false },
	};
	struct arena *arena = arena_new();
	uint8_t query[PACKET_QUERY_MAX + 11];
	uint8_t response[4096];
	struct wire_name wire;
	struct zone_text *zone;
	char line[700] = "A TXT ";

	(void)state;
	memset(line + 6, 'x', 600);
	zone = parse(arena, line);
	assert_true(wire_name_from_text(TEXT("a"), &wire));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t length = rows[i].offered > 0
			? write_query_with_opt("a", rows[i].offered, query)
			: packet_write_query(&wire, DNS_TXT, query);
		size_t accepted = zone_text_udp_size(query, length);
		unsigned delay;
		struct dns_answer answer;

		assert_int_equal(accepted, rows[i].accepted);
		length = zone_text_respond(zone, query, length, response, accepted, &delay);
		assert_true(length > 0 && length <= accepted);
		answer = packet_read(arena, response, length, &wire, DNS_TXT);
		assert_int_equal(answer.status, rows[i].is_truncated ? DNS_RETRY : DNS_FOUND);
		assert_int_equal((response[2] & 2) != 0, rows[i].is_truncated);
		assert_int_equal(response[11], rows[i].offered > 0 ? 1 : 0);
	}
	arena_free(&arena);
}

static void
keeps_id_case_and_flags_of_the_query(void **state)
{
	struct arena *arena = arena_new();
	struct zone_text *zone = parse(arena, example);
	uint8_t query[PACKET_QUERY_MAX];
	uint8_t response[512];
	struct wire_name wire;
	unsigned delay;
	size_t length;

	(void)state;
	assert_true(wire_name_from_text(TEXT("slow.example.org"), &wire));
	length = packet_write_query(&wire, DNS_A, query);
	query[0] = 0x12;
	query[1] = 0x34;
	query[13] = 'S';
	assert_true(zone_text_respond(zone, query, length, response, sizeof(response), &delay) > 0);
	assert_int_equal(delay, 250);
	assert_memory_equal(response, "\x12\x34\x85\x80", 4);
	assert_int_equal(response[13], 'S');
	/* What is not a query gets no answer. */
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(zone_text_respond(zone, query, cut, response, sizeof(response),
						   &delay), 0);
	query[2] |= 0x80;
	assert_int_equal(zone_text_respond(zone, query, length, response, sizeof(response),
					   &delay), 0);
	arena_free(&arena);
}

/* Many names: the table of nodes grows. */
static void
holds_many_names(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf buffer = textbuf_new(arena, 1000000);
	struct zone_text *zone;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		textbuf_printf(&buffer, "n%u.z%u.example A 192.0.2.1\n", i, i % 7);
	zone = parse(arena, textbuf_text(&buffer).bytes);
	for (unsigned i = 0; i < 5000; i++) {
		struct text name = text_printf(arena, "n%u.z%u.example", i, i % 7);

		assert_int_equal(ask(arena, zone, name.bytes, DNS_A).status, DNS_FOUND);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_like_a_resolver),
		cmocka_unit_test(gives_the_data_of_the_lines),
		cmocka_unit_test(names_the_line_of_an_error),
		cmocka_unit_test(reads_srv_and_spf),
		cmocka_unit_test(splits_long_text_into_strings),
		cmocka_unit_test(truncates_what_the_client_cannot_take),
		cmocka_unit_test(keeps_id_case_and_flags_of_the_query),
		cmocka_unit_test(holds_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
