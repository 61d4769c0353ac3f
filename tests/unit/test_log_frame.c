/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tool/json_cursor.h"
#include "tool/log_time.h"

#define RECORD "4X: action=reject client=192.0.2.1"
#define NOON 1763726400         /* 2025-11-21 12:00:00 UTC */

static int
use_utc(void **state)
{
	(void)state;
	if (setenv("TZ", "UTC", 1) != 0)
		return -1;
	tzset();
	return 0;
}

/* All that the daemon and those who take its lines write. */
static void
finds_the_line_in_every_frame(void **state)
{
	static const struct {
		const char *line;
		int64_t time;
	} rows[] = {
		{ RECORD, 0 },
		{ "dmarcmilter[77]: " RECORD, 0 },
		{ "2025-11-21T12:00:00.123Z dmarcmilter[77]: " RECORD, NOON },
		{ "Nov 21 12:00:00 mx dmarcmilter[77]: " RECORD, NOON },
		{ "Nov 21 12:00:00 mx dmarcmilter: " RECORD, NOON },
		{ "Nov 21 12:00:00.123456 mx dmarcmilter[77]: " RECORD, NOON },
		{ "Nov  1 12:00:00 mx dmarcmilter[77]: " RECORD, NOON - 20 * 86400 },
		{ "<22>Nov 21 12:00:00 mx dmarcmilter[77]: " RECORD, NOON },
		{ "2025-11-21T12:00:00.123456+00:00 mx dmarcmilter[77]: " RECORD, NOON },
		{ "2025-11-21T13:00:00+0100 mx dmarcmilter[77]: " RECORD, NOON },
		{ "Fri 2025-11-21 12:00:00 UTC mx dmarcmilter[77]: " RECORD, NOON },
		{ "Fri 2025-11-21 12:00:00 CET mx dmarcmilter[77]: " RECORD, NOON },
		{ "1763726400.123456 mx dmarcmilter[77]: " RECORD, NOON },
		{ "[   12.345678] mx dmarcmilter[77]: " RECORD, 0 },
		{ "[   12.345678 <    0.100000 >] mx dmarcmilter[77]: " RECORD, 0 },
		{ "<22>1 2025-11-21T12:00:00.003Z mx dmarcmilter 77 - - " RECORD, NOON },
		{ "<22>1 - - dmarcmilter - - - \xef\xbb\xbf" RECORD, 0 },
		{ "<22>1 2025-11-21T12:00:00Z mx dmarcmilter 77 - [a@1 b=\"\\]\\\" c\"][d e=\"]\"]  "
		  RECORD, NOON },
		/* By standard error into the journal, which has a prefix of its own. */
		{ "Nov 21 12:00:00 mx dmarcmilter[77]: dmarcmilter[77]: " RECORD, NOON },
		{ "{\"__REALTIME_TIMESTAMP\":\"1763726400123456\",\"SYSLOG_IDENTIFIER\":\"dmarcmilter\","
		  "\"MESSAGE\":\"" RECORD "\",\"x\":[1,{\"MESSAGE\":\"\"}]}", NOON },
		{ "{ \"_COMM\" : \"dmarcmilter\", \"MESSAGE\" : \"dmarcmilter[77]: " RECORD "\" }", 0 },
		{ "{\"log\":\"2025-11-21T12:00:00.000Z dmarcmilter[7]: " RECORD "\\n\","
		  "\"stream\":\"stderr\",\"time\":\"2025-11-21T12:00:01.5Z\"}", NOON },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct log_frame frame = { .time = -1 };

		if (!log_frame_read(arena, text_from(rows[i].line), TEXT("dmarcmilter"),
				    NOON + 100, &frame))
			fail_msg("%s", rows[i].line);
		if (!text_equal(frame.payload, TEXT(RECORD)))
			fail_msg("%s gives %.*s", rows[i].line, TEXT_ARGUMENTS(frame.payload));
		assert_int_equal(frame.time, rows[i].time);
	}
	arena_free(&arena);
}

/* Mail logs are full of what strangers said: it is never taken for ours. */
static void
passes_over_what_others_wrote(void **state)
{
	static const char *const rows[] = {
		"",
		"Nov 21 12:00:00 mx postfix/smtpd[7]: NOQUEUE: helo=<dmarcmilter[77]: " RECORD ">",
		"Nov 21 12:00:00 mx postfix/smtpd[7]: dmarcmilter[77]: " RECORD,
		"Nov 21 12:00:00 mx xdmarcmilter[7]: " RECORD,
		"Nov 21 12:00:00 mx dmarcmilterx[7]: " RECORD,
		"Nov 21 12:00:00 mx dmarcmilter[7: " RECORD,
		"Nov 21 12:00:00 mx dmarcmilter[a]: " RECORD,
		"Nov 21 12:00:00 mx dmarcmilter [7]: " RECORD,
		"Nov 31 12:00:00 mx dmarcmilter[7]: " RECORD,
		"[] mx dmarcmilter[7]: " RECORD,
		"[1 mx dmarcmilter[7]: " RECORD,
		"[a] mx dmarcmilter[7]: " RECORD,
		"Nov 21 25:00:00 mx dmarcmilter[7]: " RECORD,
		"Nov 21 12:00:00 a b dmarcmilter[7]: " RECORD,
		"<22>1 2025-11-21T12:00:00Z mx postfix 77 - - " RECORD,
		"<22>1 2025-11-21T12:00:00Z mx dmarcmilter 77 - [a " RECORD,
		"{\"SYSLOG_IDENTIFIER\":\"postfix\",\"_COMM\":\"dmarcmilter\",\"MESSAGE\":\"" RECORD "\"}",
		"{\"MESSAGE\":\"" RECORD "\"}",
		"{\"log\":\"postfix: " RECORD "\"}",
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct log_frame frame;

		if (log_frame_read(arena, text_from(rows[i]), TEXT("dmarcmilter"), NOON, &frame))
			fail_msg("%s", rows[i]);
	}
	arena_free(&arena);
}

static void
follows_the_name(void **state)
{
	struct arena *arena = arena_new();
	struct text line = TEXT("Nov 21 12:00:00 mx dmarcmilter/in[77]: " RECORD);
	struct log_frame frame;

	(void)state;
	assert_false(log_frame_read(arena, line, TEXT("dmarcmilter"), NOON, &frame));
	assert_true(log_frame_read(arena, line, TEXT("dmarcmilter/in"), NOON, &frame));
	arena_free(&arena);
}

static void
reads_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;        /* -1: none */
	} rows[] = {
		{ "2025-11-21T12:00:00Z", NOON },
		{ "2025-11-21 12:00:00", NOON },
		{ "2025-11-21T12:00:00,5-01:30", NOON + 5400 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2025-02-29T00:00:00Z", -1 },
		{ "2025-13-01T00:00:00Z", -1 },
		{ "2025-00-01T00:00:00Z", -1 },
		{ "2025-11-21T12:60:00Z", -1 },
		{ "2025-11-21T12:00:00+99:00", -1 },
		{ "2025-11-21T12:00:00Zx", -1 },
		{ "2025-11-21T12:00:00.", -1 },
		{ "2025-11-21", -1 },
		{ "1969-12-31T00:00:00Z", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t seconds = -1;

		assert_int_equal(log_time_parse_iso(text_from(rows[i].text), &seconds),
				 rows[i].seconds >= 0);
		assert_int_equal(seconds, rows[i].seconds);
	}
}

/* A syslog line has no year: never one that is still to come. */
static void
finds_the_year(void **state)
{
	static const struct {
		const char *text;
		int64_t now;
		int64_t seconds;
	} rows[] = {
		{ "Nov 21 12:00:00", NOON, NOON },
		{ "Nov 22 11:59:59", NOON, NOON + 86399 },
		/* More than a day ahead: a year ago. */
		{ "Nov 22 12:00:01", NOON, NOON + 86401 - 365 * 86400 },
		{ "Dec 31 23:59:59", 1767225600, 1767225599 },
		{ "Jan  1 00:00:01", 1767225599, 1767225601 },
		/* 2026 and 2025 have none; 2024 has. */
		{ "Feb 29 00:00:00", 1772323200, 1709164800 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t seconds = -1;

		assert_true(log_time_parse_syslog(text_from(rows[i].text), rows[i].now, &seconds));
		assert_int_equal(seconds, rows[i].seconds);
	}
}

static void
writes_times(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_true(text_equal(log_time_text(arena, NOON), TEXT("2025-11-21 12:00:00")));
	assert_true(text_equal(log_time_iso(arena, NOON), TEXT("2025-11-21T12:00:00Z")));
	assert_true(text_is_empty(log_time_iso(arena, 0)));
	arena_free(&arena);
}

static void
reads_objects(void **state)
{
	static const struct {
		const char *object;
		bool holds_bytes;
		const char *value;      /* of "a"; NULL: broken */
	} rows[] = {
		{ "{\"a\":\"x\"}", false, "x" },
		{ " { \"b\" : null , \"a\" : \"x\" } ", false, "x" },
		{ "{\"b\":{\"a\":\"no }\\\"\"},\"c\":[[\"]\"],{}],\"a\":\"x\"}", false, "x" },
		{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"}", false, "\"\\/\b\f\n\r\tA" },
		{ "{\"a\":\"\\u00fc\"}", false, "\xc3\xbc" },
		{ "{\"a\":\"\\u00fc\"}", true, "\xfc" },
		{ "{\"a\":\"\\ud83d\\ude00\"}", false, "\xf0\x9f\x98\x80" },
		{ "{\"a\":\"\\ud83dx\"}", false, "\xef\xbf\xbdx" },
		{ "{\"a\":\"\\ude00\"}", false, "\xef\xbf\xbd" },
		{ "{\"a\":\"\\u20ac\"}", false, "\xe2\x82\xac" },
		{ "{\"a\":-1.5e3}", false, "-1.5e3" },
		{ "{\"a\":\"x\"", false, NULL },
		{ "{\"a\":\"x\"}}", false, NULL },
		{ "{\"a\":\"x\",}", false, NULL },
		{ "{\"a\":\"x\" \"b\":1}", false, NULL },
		{ "{\"a\":\"\\q\"}", false, NULL },
		{ "{\"a\":\"\\u12\"}", false, NULL },
		{ "{\"a\":\"x}", false, NULL },
		{ "{\"a\":[}", false, NULL },
		{ "{\"a\":}", false, NULL },
		{ "{a:1}", false, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_cursor cursor;
		struct json_member member;
		struct text value = TEXT("");

		assert_true(json_cursor_open(text_from(rows[i].object), rows[i].holds_bytes, &cursor));
		while (json_cursor_next(arena, &cursor, &member))
			if (text_equal(member.name, TEXT("a")))
				value = member.value;
		if (cursor.is_complete != (rows[i].value != NULL))
			fail_msg("%s", rows[i].object);
		if (cursor.is_complete)
			assert_true(text_equal(value, text_from(rows[i].value)));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_line_in_every_frame),
		cmocka_unit_test(passes_over_what_others_wrote),
		cmocka_unit_test(follows_the_name),
		cmocka_unit_test(reads_times),
		cmocka_unit_test(finds_the_year),
		cmocka_unit_test(writes_times),
		cmocka_unit_test(reads_objects),
	};

	return cmocka_run_group_tests(tests, use_utc, NULL);
}
