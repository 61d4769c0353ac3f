/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "programs/exposition.h"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void
expect(struct textbuf *out, const char *wanted)
{
	assert_string_equal(text_string(arena, textbuf_text(out)), wanted);
	assert_false(out->overflowed);
}

static void
escapes_labels(void **state)
{
	static const struct {
		struct text value;
		const char *prometheus;
		const char *line;
	} rows[] = {
		{ { "plain", 5 }, "n{l=\"plain\"} 1\n", "n.plain=1" },
		{ { "", 0 }, "n{l=\"\"} 1\n", "n.=1" },
		{ { "a b", 3 }, "n{l=\"a b\"} 1\n", "n.a\\x20b=1" },
		{ { "a=b", 3 }, "n{l=\"a=b\"} 1\n", "n.a\\x3db=1" },
		{ { "a\"b", 3 }, "n{l=\"a\\\"b\"} 1\n", "n.a\\x22b=1" },
		{ { "a\\b", 3 }, "n{l=\"a\\\\b\"} 1\n", "n.a\\x5cb=1" },
		{ { "a\nb", 3 }, "n{l=\"a\\nb\"} 1\n", "n.a\\x0ab=1" },
		{ { "a\rb", 3 }, "n{l=\"a\\\\x0db\"} 1\n", "n.a\\x0db=1" },
		{ { "a\0b", 3 }, "n{l=\"a\\\\x00b\"} 1\n", "n.a\\x00b=1" },
		{ { "\xff", 1 }, "n{l=\"\\\\xff\"} 1\n", "n.\\xff=1" },
		{ { "\"} 9\nm 7", 8 }, "n{l=\"\\\"} 9\\nm 7\"} 1\n", "n.\\x22\\x7d\\x209\\x0am\\x207=1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct textbuf one = textbuf_new(arena, 1000);
		struct textbuf two = textbuf_new(arena, 1000);
		struct exposition prometheus = { &one, EXPOSITION_PROMETHEUS, 0 };
		struct exposition line = { &two, EXPOSITION_LINE, 0 };
		struct exposition_label label = { "l", rows[i].value };

		exposition_sample(&prometheus, "n", &label, 1, 1);
		exposition_sample(&line, "n", &label, 1, 1);
		expect(&one, rows[i].prometheus);
		expect(&two, rows[i].line);
	}
}

static void
writes_families_and_samples(void **state)
{
	struct textbuf out = textbuf_new(arena, 1000);
	struct exposition exposition = { &out, EXPOSITION_PROMETHEUS, 0 };
	struct exposition_label labels[] = { { "a", TEXT("x") }, { "b", TEXT("y") } };

	(void)state;
	exposition_family(&exposition, "dmarcmilter_n_total", "counter", "What it is.");
	exposition_sample(&exposition, "dmarcmilter_n_total", NULL, 0, UINT64_MAX);
	exposition_sample(&exposition, "dmarcmilter_n_total", labels, 2, 0);
	exposition_end(&exposition);
	expect(&out, "# HELP dmarcmilter_n_total What it is.\n# TYPE dmarcmilter_n_total counter\n"
		     "dmarcmilter_n_total 18446744073709551615\n"
		     "dmarcmilter_n_total{a=\"x\",b=\"y\"} 0\n");
}

static const int64_t bounds[] = { 5, 250, 2500, 60000 };
static const struct histogram_reading reading = {
	.bounds = bounds, .bound_count = COUNT_OF(bounds), .cumulative = { 1, 3, 3, 10, 12 }, .sum = 123456,
};

static void
writes_histograms(void **state)
{
	struct textbuf out = textbuf_new(arena, 1000);
	struct exposition exposition = { &out, EXPOSITION_PROMETHEUS, 0 };

	(void)state;
	exposition_histogram(&exposition, "h_seconds", &reading);
	expect(&out, "h_seconds_bucket{le=\"0.005\"} 1\nh_seconds_bucket{le=\"0.25\"} 3\n"
		     "h_seconds_bucket{le=\"2.5\"} 3\nh_seconds_bucket{le=\"60\"} 10\n"
		     "h_seconds_bucket{le=\"+Inf\"} 12\nh_seconds_sum 123.456\nh_seconds_count 12\n");
}

static void
writes_a_line(void **state)
{
	struct textbuf out = textbuf_new(arena, 1000);
	struct exposition exposition = { &out, EXPOSITION_LINE, 0 };
	struct exposition_label labels[] = { { "a", TEXT("x") }, { "b", TEXT("y") } };

	(void)state;
	exposition_family(&exposition, "dmarcmilter_n_total", "counter", "What it is.");
	exposition_sample(&exposition, "dmarcmilter_n_total", labels, 2, 3);
	exposition_sample(&exposition, "dmarcmilter_n_total", labels, 2, 0);
	exposition_sample(&exposition, "dmarcmilter_open", NULL, 0, 0);
	exposition_histogram(&exposition, "dmarcmilter_h_seconds", &reading);
	exposition_end(&exposition);
	expect(&out, "n_total.x.y=3 open=0 h_seconds_count=12 h_seconds_sum=123.456");
}

/* Whole samples or none, and the number of those that are missing. */
static void
says_what_found_no_room(void **state)
{
	(void)state;
	for (size_t maximum = 32; maximum < 200; maximum++) {
		struct textbuf out = textbuf_new(arena, maximum);
		struct exposition exposition = { &out, EXPOSITION_LINE, 0 };
		size_t written = 0;
		struct text rest;
		struct text item;

		for (unsigned i = 0; i < 10; i++)
			exposition_sample(&exposition, "sample", NULL, 0, 1234567);
		exposition_end(&exposition);
		assert_false(out.overflowed);
		rest = textbuf_text(&out);
		while (text_next_part(&rest, ' ', &item))
			written += text_equal(item, TEXT("sample=1234567")) ? 1 : 0;
		assert_int_equal(written + exposition.left_out, 10);
		assert_int_equal(text_find_text(textbuf_text(&out), TEXT("left_out=")) != TEXT_NOT_FOUND,
				 exposition.left_out > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_labels),
		cmocka_unit_test(writes_families_and_samples),
		cmocka_unit_test(writes_histograms),
		cmocka_unit_test(writes_a_line),
		cmocka_unit_test(says_what_found_no_room),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
