/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dns_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/backend.h"

#define HEAD "dmarcmilter-check record 1\n"
/* The answer "a.example. 60 IN A 192.0.2.1". */
#define PACKET "000081800001000100000000016107657861" "6d706c650000010001c00c000100010000003c0004c0000201"

static void
assert_text(struct text text, const char *expected)
{
	if (!text_equal(text, text_from(expected)))
		print_message("got \"%.*s\", not \"%s\"\n", TEXT_ARGUMENTS(text), expected);
	assert_true(text_equal(text, text_from(expected)));
}

static void
reads_a_record(void **state)
{
	static const char source[] = HEAD "# for people\n\nclock 1763700000\nelapsed 180\n"
		"fact from <a\\x0a@b>\nfact from <c@d>\nsetting Mode monitor\n"
		"dns a.example A 12 - 1 " PACKET "\ndns b.example TXT 5000 timed_out 0 \n"
		"dns c.example PTR 0 resolver_stopped 0 \nend\nanything behind it\n";
	struct arena *arena = arena_new();
	struct dns_recording recording;
	struct dns_answer answer;
	struct text reason;
	struct text value;

	(void)state;
	assert_true(dns_recording_parse(arena, text_from(source), &recording, &reason));
	assert_int_equal(recording.clock, 1763700000);
	assert_int_equal(recording.elapsed, 180);
	assert_text(recording.facts.items[0].value, "<a\n@b>");
	assert_true(dns_record_find(&recording.facts, "from", &value));
	assert_text(value, "<c@d>");
	assert_false(dns_record_find(&recording.facts, "client", &value));
	assert_text(recording.settings.items[0].value, "monitor");
	assert_int_equal(recording.exchanges.count, 3);
	assert_text(dns_exchange_answer(arena, &recording.exchanges.items[0], &answer), "192.0.2.1");
	assert_int_equal(answer.status, DNS_FOUND);
	assert_int_equal(answer.ttl, 60);
	assert_true(answer.is_secure);
	assert_int_equal(recording.exchanges.items[0].milliseconds, 12);
	assert_text(dns_exchange_answer(arena, &recording.exchanges.items[1], &answer), "timed out");
	assert_int_equal(answer.status, DNS_RETRY);
	/* It is known by its address. */
	assert_ptr_equal(recording.exchanges.items[2].reason, dns_back_end_stopped);
	arena_free(&arena);
}

static void
refuses_what_is_none(void **state)
{
	static const struct {
		const char *source;
		const char *reason;     /* its start */
	} rows[] = {
		{ "", "line 1: the file is no record" },
		{ "dmarcmilter-check record 2\nend\n", "line 1: the file is no record" },
		{ HEAD, "line 2: the line \"end\" is missing" },
		{ HEAD "clock 1\n", "line 3: the line \"end\" is missing" },
		{ HEAD "elapsed 1\nend\n", "line 3: the line \"clock\" is missing" },
		{ HEAD "clock x\nend\n", "line 2: a number is none" },
		{ HEAD "clock 9223372036854775808\nend\n", "line 2: a number is none" },
		{ HEAD "clocks 1\nend\n", "line 2: a line is of no known kind" },
		{ HEAD " end\n", "line 2: a line begins with a blank" },
		{ HEAD "fact \nend\n", "line 2: a line has no word" },
		{ HEAD "fact a\xe0 b\nend\n", "line 2: a line has no word" },
		{ HEAD "fact a \\x0\nend\n", "line 2: a line has no word" },
		{ HEAD "fact a \\n\nend\n", "line 2: a line has no word" },
		{ HEAD "dns a.example A 0 - 0\nend\n", "line 2: a dns line has both" },
		{ HEAD "dns a.example A 0 -\nend\n", "line 2: a dns line has too few words" },
		{ HEAD "dns a.example B 0 - 0 00\nend\n", "line 2: name or type" },
		{ HEAD "dns a.example A -1 - 0 00\nend\n", "line 2: the time" },
		{ HEAD "dns a.example A 86400001 - 0 00\nend\n", "line 2: the time" },
		{ HEAD "dns a.example A 0 a\x08 0 \nend\n", "line 2: the reason for no packet" },
		{ HEAD "dns a.example A 0 - 2 00\nend\n", "line 2: a dns line is neither proved" },
		{ HEAD "dns a.example A 0 - 0 0\nend\n", "line 2: a packet is not hexadecimal" },
		{ HEAD "dns a.example A 0 - 0 0G\nend\n", "line 2: a packet is not hexadecimal" },
		{ HEAD "dns a.example A 0 timeout 0 00\nend\n", "line 2: a dns line has both" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dns_recording recording = { .clock = 77 };
		struct text reason;

		assert_false(dns_recording_parse(arena, text_from(rows[i].source), &recording, &reason));
		if (!text_starts_with(reason, text_from(rows[i].reason)))
			print_message("row %zu: %.*s\n", i, TEXT_ARGUMENTS(reason));
		assert_true(text_starts_with(reason, text_from(rows[i].reason)));
		assert_int_equal(recording.clock, 77);
	}
	arena_free(&arena);
}

static void
writes_what_it_reads(void **state)
{
	static const uint8_t packet[] = { 0, 1, 0xfe, 0xff };
	struct arena *arena = arena_new();
	struct dns_recording recording = { .clock = 5, .elapsed = 7 };
	struct dns_recording again;
	struct textbuf first = textbuf_new(arena, SIZE_MAX);
	struct textbuf second = textbuf_new(arena, SIZE_MAX);
	struct text reason;

	(void)state;
	dns_record_add(arena, &recording.facts, TEXT("from"), TEXT("<\\x\r\n\xff\0 end\n>"));
	dns_record_add(arena, &recording.settings, TEXT("Rule"), TEXT("a author=b accept"));
	dns_exchange_add(arena, &recording.exchanges, (struct dns_exchange){
		.name = TEXT("a.example"), .type = DNS_AAAA, .milliseconds = 3, .packet = packet,
		.length = sizeof(packet), .is_secure = true });
	dns_exchange_add(arena, &recording.exchanges, (struct dns_exchange){
		.name = TEXT("b.example"), .type = DNS_MX, .reason = "no answer" });
	dns_recording_write(arena, &recording, &first);
	assert_true(dns_recording_parse(arena, textbuf_text(&first), &again, &reason));
	assert_true(text_equal(again.facts.items[0].value, recording.facts.items[0].value));
	assert_int_equal(again.exchanges.items[0].length, sizeof(packet));
	assert_memory_equal(again.exchanges.items[0].packet, packet, sizeof(packet));
	assert_string_equal(again.exchanges.items[1].reason, "no answer");
	dns_recording_write(arena, &again, &second);
	assert_true(text_equal(textbuf_text(&first), textbuf_text(&second)));
	arena_free(&arena);
}

/* As many exchanges as are allowed, and one more. */
static void
limits_the_exchanges(void **state)
{
	(void)state;
	for (size_t count = DNS_RECORD_EXCHANGES_MAX - 1; count <= DNS_RECORD_EXCHANGES_MAX + 1; count++) {
		struct arena *arena = arena_new();
		struct textbuf source = textbuf_new(arena, SIZE_MAX);
		struct dns_recording recording;
		struct text reason;

		textbuf_add_string(&source, HEAD "clock 1\n");
		for (size_t i = 0; i < count; i++)
			textbuf_printf(&source, "dns %zu.example A 0 - 0 00\n", i);
		textbuf_add_string(&source, "end\n");
		assert_int_equal(dns_recording_parse(arena, textbuf_text(&source), &recording, &reason),
				 count <= DNS_RECORD_EXCHANGES_MAX);
		arena_free(&arena);
	}
}

static void
limits_lines_and_packets(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = DNS_RECORD_LINES_MAX - 1; count <= DNS_RECORD_LINES_MAX + 1; count++) {
		struct textbuf source = textbuf_new(arena, SIZE_MAX);
		struct dns_recording recording;
		struct text reason;

		textbuf_add_string(&source, HEAD "clock 1\n");
		for (size_t i = 3; i < count; i++)
			textbuf_add_byte(&source, '\n');
		textbuf_add_string(&source, "end\n");
		assert_int_equal(dns_recording_parse(arena, textbuf_text(&source), &recording, &reason),
				 count <= DNS_RECORD_LINES_MAX);
	}
	for (size_t length = 65534; length <= 65536; length++) {
		struct textbuf source = textbuf_new(arena, SIZE_MAX);
		struct dns_recording recording;
		struct text reason;

		textbuf_add_string(&source, HEAD "clock 1\ndns a.example A 0 - 0 ");
		for (size_t i = 0; i < length; i++)
			textbuf_add_string(&source, "00");
		textbuf_add_string(&source, "\nend\n");
		assert_int_equal(dns_recording_parse(arena, textbuf_text(&source), &recording, &reason),
				 length <= 65535);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_record),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(limits_the_exchanges),
		cmocka_unit_test(limits_lines_and_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
