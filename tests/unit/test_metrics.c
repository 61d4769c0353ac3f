/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "programs/metrics.h"
#include "programs/name_counters.h"

static struct arena *arena;
static const struct metrics_state nothing;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	metrics_begin("1.2.3");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct text
written(const struct metrics_state *state)
{
	struct textbuf out = textbuf_new(arena, METRICS_BYTES_MAX);

	metrics_write(state, &out);
	assert_false(out.overflowed);
	return textbuf_text(&out);
}

/* The value of a sample, which must be there exactly once. */
static uint64_t
value_of(struct text all, const char *sample)
{
	struct text start = text_printf(arena, "%s ", sample);
	uint64_t value = UINT64_MAX;
	size_t found = 0;
	struct text line;

	while (text_next_part(&all, '\n', &line)) {
		if (!text_starts_with(line, start))
			continue;
		found++;
		assert_true(text_to_number(text_from_position(line, start.length), UINT64_MAX, &value));
	}
	if (found != 1)
		fail_msg("%s: %zu times", sample, found);
	return value;
}

static void
counts_a_message(void **state)
{
	struct dkim_signature_finding signatures[] = {
		{ .result = RESULT_PASS }, { .result = RESULT_FAIL }, { .result = RESULT_PASS },
	};
	struct outcome outcome = {
		.findings = {
			.iprev.result = RESULT_FAIL,
			.spf.mail_from.result = RESULT_SOFTFAIL,
			.spf.helo.result = RESULT_NONE,
			.dkim = { RESULT_PASS, signatures, COUNT_OF(signatures), 0, NULL },
			.dmarc.result = RESULT_PASS,
		},
		.verdict = {
			.message_class = CLASS_PASS, .action = ACTION_ACCEPT, .decided = ACTION_ACCEPT,
			.rule = "dmarc-pass",
		},
	};
	const struct rule shade = { .name = TEXT("shade") };
	const struct rule *shadows[] = { &shade };
	struct text all;

	(void)state;
	outcome.verdict.shadow_rules = shadows;
	metrics_count_message(&outcome, 7);
	outcome.verdict.shadow_count = COUNT_OF(shadows);
	outcome.findings.dkim = (struct dkim_finding){ .result = RESULT_NONE };
	outcome.findings.dmarc.result = RESULT_FAIL;
	outcome.verdict.message_class = CLASS_SPOOF;
	outcome.verdict.decided = ACTION_REJECT;
	outcome.verdict.rule = "dmarc-reject";
	metrics_count_message(&outcome, 400000);
	all = written(&nothing);

	static const struct {
		const char *sample;
		uint64_t value;
	} rows[] = {
		{ "messages_total{action=\"accept\",class=\"pass\"}", 1 },
		{ "messages_total{action=\"accept\",class=\"spoof\"}", 1 },
		{ "messages_total{action=\"reject\",class=\"spoof\"}", 0 },
		{ "messages_would_total{action=\"reject\",class=\"spoof\"}", 1 },
		{ "messages_would_total{action=\"accept\",class=\"pass\"}", 0 },
		{ "check_total{method=\"iprev\",result=\"fail\"}", 2 },
		{ "check_total{method=\"spf\",result=\"softfail\"}", 2 },
		{ "check_total{method=\"helo\",result=\"none\"}", 2 },
		{ "check_total{method=\"dkim\",result=\"pass\"}", 2 },
		{ "check_total{method=\"dkim\",result=\"fail\"}", 1 },
		{ "check_total{method=\"dkim\",result=\"none\"}", 1 },
		{ "check_total{method=\"arc\",result=\"none\"}", 0 },
		{ "check_total{method=\"dmarc\",result=\"pass\"}", 1 },
		{ "check_total{method=\"dmarc\",result=\"fail\"}", 1 },
		{ "rule_total{rule=\"dmarc-pass\"}", 1 },
		{ "rule_total{rule=\"dmarc-reject\"}", 1 },
		{ "rule_total{rule=\"other\"}", 0 },
		{ "shadow_rule_total{rule=\"shade\"}", 1 },
		{ "shadow_rule_total{rule=\"other\"}", 0 },
		{ "message_seconds_bucket{le=\"0.005\"}", 0 },
		{ "message_seconds_bucket{le=\"0.01\"}", 1 },
		{ "message_seconds_bucket{le=\"300\"}", 1 },
		{ "message_seconds_bucket{le=\"+Inf\"}", 2 },
		{ "message_seconds_count", 2 },
		{ "build_info{version=\"1.2.3\"}", 1 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(value_of(all, text_string(arena, text_printf(arena, "dmarcmilter_%s",
									      rows[i].sample))), rows[i].value);
}

static void
counts_connections_and_reloads(void **state)
{
	struct metrics_state some = { 3, 4 };
	struct text all;

	(void)state;
	assert_int_equal(value_of(written(&nothing), "dmarcmilter_config_last_reload_successful"), 1);
	metrics_count_session_start();
	metrics_count_session_start();
	metrics_count_session_end();
	metrics_count_refusal(METRICS_REFUSAL_LIMIT);
	metrics_count_refusal(METRICS_REFUSAL_THREADS);
	metrics_count_reload(METRICS_RELOAD_ALL, true);
	metrics_count_reload(METRICS_RELOAD_ALL, false);
	all = written(&some);
	assert_int_equal(value_of(all, "dmarcmilter_connections_total"), 2);
	assert_int_equal(value_of(all, "dmarcmilter_connections_open"), 1);
	assert_int_equal(value_of(all, "dmarcmilter_connections_refused_total{reason=\"limit\"}"), 1);
	assert_int_equal(value_of(all, "dmarcmilter_connections_refused_total{reason=\"threads\"}"), 1);
	assert_int_equal(value_of(all, "dmarcmilter_connections_refused_total{reason=\"descriptors\"}"), 0);
	assert_int_equal(value_of(all, "dmarcmilter_config_reload_total{result=\"success\"}"), 1);
	assert_int_equal(value_of(all, "dmarcmilter_config_reload_total{result=\"failure\"}"), 1);
	assert_int_equal(value_of(all, "dmarcmilter_config_last_reload_successful"), 0);
	assert_int_equal(value_of(all, "dmarcmilter_messages_in_work"), 3);
	assert_int_equal(value_of(all, "dmarcmilter_deferred_messages"), 4);
	assert_true(value_of(all, "dmarcmilter_start_time_seconds") > 1000000000);
	/* Good lists do not mend the file; a good file comes with good lists. */
	metrics_count_reload(METRICS_RELOAD_LISTS, true);
	assert_int_equal(value_of(written(&nothing), "dmarcmilter_config_last_reload_successful"), 0);
	metrics_count_reload(METRICS_RELOAD_ALL, true);
	assert_int_equal(value_of(written(&nothing), "dmarcmilter_config_last_reload_successful"), 1);
	metrics_count_reload(METRICS_RELOAD_LISTS, false);
	assert_int_equal(value_of(written(&nothing), "dmarcmilter_config_last_reload_successful"), 0);
	metrics_count_reload(METRICS_RELOAD_LISTS, true);
	assert_int_equal(value_of(written(&nothing), "dmarcmilter_config_last_reload_successful"), 1);
	metrics_count_reload(METRICS_RELOAD_LISTS, false);
	metrics_count_reload(METRICS_RELOAD_ALL, true);
	assert_int_equal(value_of(written(&nothing), "dmarcmilter_config_last_reload_successful"), 1);
}

/* Every family once, with help and type; no line that is neither comment nor sample. */
static void
is_well_formed(void **state)
{
	struct text all = written(&nothing);
	struct text line;
	size_t helps = 0;
	size_t types = 0;

	(void)state;
	assert_true(text_ends_with(all, TEXT("\n")));
	while (text_next_part(&all, '\n', &line)) {
		if (text_is_empty(line))
			continue;
		helps += text_starts_with(line, TEXT("# HELP dmarcmilter_"));
		types += text_starts_with(line, TEXT("# TYPE dmarcmilter_"));
		if (!text_starts_with(line, TEXT("# ")))
			assert_true(text_starts_with(line, TEXT("dmarcmilter_")));
	}
	assert_int_equal(helps, 18);
	assert_int_equal(types, helps);
}

static void
writes_a_line(void **state)
{
	struct text line = metrics_line(&nothing, arena);

	(void)state;
	assert_int_equal(text_find(line, '\n'), TEXT_NOT_FOUND);
	assert_true(text_find_text(line, TEXT(" messages_total.accept.pass=")) != TEXT_NOT_FOUND ||
		    text_starts_with(line, TEXT("messages_total.accept.pass=")));
	assert_true(text_find_text(line, TEXT(" message_seconds_sum=400.007")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(line, TEXT(" build_info.1.2.3=1")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(line, TEXT("left_out")) == TEXT_NOT_FOUND);
}

/* As many rules as can be, each as long and as hard to write as can be: the text fits. */
static void
holds_the_worst_rules(void **state)
{
	struct outcome outcome = { .verdict = { .action = ACTION_ACCEPT, .decided = ACTION_ACCEPT,
						.message_class = CLASS_NONE } };
	struct text line;

	(void)state;
	for (unsigned i = 0; i < NAME_COUNTERS_MAX + 5; i++) {
		struct textbuf name = textbuf_new(arena, NAME_COUNTERS_BYTES_MAX);

		textbuf_printf(&name, "%u", i);
		while (!name.overflowed)
			textbuf_add_byte(&name, '\xff');
		outcome.verdict.rule = text_string(arena, textbuf_text(&name));
		metrics_count_message(&outcome, 1);
	}
	assert_true(value_of(written(&nothing), "dmarcmilter_rule_total{rule=\"other\"}") >= 5);
	line = metrics_line(&nothing, arena);
	assert_true(line.length <= 8000);
	assert_true(text_find_text(line, TEXT(" left_out=")) != TEXT_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_a_message),
		cmocka_unit_test(counts_connections_and_reloads),
		cmocka_unit_test(is_well_formed),
		cmocka_unit_test(writes_a_line),
		cmocka_unit_test(holds_the_worst_rules),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
