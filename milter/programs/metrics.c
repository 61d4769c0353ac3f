/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/metrics.h"

#include "base/clock.h"
#include "base/histogram.h"
#include "base/macros.h"
#include "dns/statistics.h"
#include "programs/exposition.h"
#include "programs/name_counters.h"

#include <stdatomic.h>

enum {
	ACTIONS = ACTION_DISCARD + 1,
	RESULTS = RESULT_PERMERROR + 1,
	LINE_BYTES_MAX = 8000   /* what syslog servers take in one piece */
};

enum method {
	METHOD_IPREV,
	METHOD_SPF,
	METHOD_HELO,
	METHOD_DKIM,
	METHOD_ARC,
	METHOD_DMARC,
	METHOD_COUNT
};

static const char *const method_words[METHOD_COUNT] = {
	[METHOD_IPREV] = "iprev", [METHOD_SPF] = "spf", [METHOD_HELO] = "helo",
	[METHOD_DKIM] = "dkim", [METHOD_ARC] = "arc", [METHOD_DMARC] = "dmarc",
};

static const char *const refusal_words[METRICS_REFUSAL_COUNT] = {
	[METRICS_REFUSAL_LIMIT] = "limit",
	[METRICS_REFUSAL_DESCRIPTORS] = "descriptors",
	[METRICS_REFUSAL_THREADS] = "threads",
};

/* From a message that waits for nothing to one that meets DeadlinePerMessage. */
static const int64_t message_bounds[] = { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000,
					  30000, 60000, 300000 };

/* Written by metrics_begin() before any other thread, then only read. */
static const char *program_version = "";
static int64_t start_time;

static struct {
	_Atomic uint64_t messages[ACTIONS][CLASS_COUNT];
	_Atomic uint64_t would[ACTIONS][CLASS_COUNT];
	_Atomic uint64_t results[METHOD_COUNT][RESULTS];
	_Atomic uint64_t refusals[METRICS_REFUSAL_COUNT];
	_Atomic uint64_t sessions;
	_Atomic uint64_t sessions_ended;
	_Atomic uint64_t reloads[2];    /* failed, good */
	_Atomic bool has_failed[METRICS_RELOAD_COUNT];  /* and was not mended since */
	struct histogram times;
	struct name_counters rules;
	struct name_counters shadows;
} counters = {
	.times = { .bounds = message_bounds, .bound_count = COUNT_OF(message_bounds) },
};

static void
count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint64_t
read_counter(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void
metrics_begin(const char *version)
{
	program_version = version;
	start_time = clock_wall_seconds();
}

/* DKIM: each signature by itself; a message without one counts once as none. */
static void
count_findings(const struct findings *findings)
{
	const struct dkim_finding *dkim = &findings->dkim;

	count(&counters.results[METHOD_IPREV][findings->iprev.result]);
	count(&counters.results[METHOD_SPF][findings->spf.mail_from.result]);
	count(&counters.results[METHOD_HELO][findings->spf.helo.result]);
	count(&counters.results[METHOD_ARC][findings->arc.result]);
	count(&counters.results[METHOD_DMARC][findings->dmarc.result]);
	if (dkim->count == 0)
		count(&counters.results[METHOD_DKIM][dkim->result]);
	for (size_t i = 0; i < dkim->count; i++)
		count(&counters.results[METHOD_DKIM][dkim->signatures[i].result]);
}

void
metrics_count_message(const struct outcome *outcome, int64_t milliseconds)
{
	const struct verdict *verdict = &outcome->verdict;

	count(&counters.messages[verdict->action][verdict->message_class]);
	if (verdict->decided != verdict->action)
		count(&counters.would[verdict->decided][verdict->message_class]);
	name_counters_add(&counters.rules, text_from(verdict->rule));
	for (size_t i = 0; i < verdict->shadow_count; i++)
		name_counters_add(&counters.shadows, verdict->shadow_rules[i]->name);
	count_findings(&outcome->findings);
	histogram_add(&counters.times, milliseconds);
}

void
metrics_count_session_start(void)
{
	count(&counters.sessions);
}

void
metrics_count_session_end(void)
{
	count(&counters.sessions_ended);
}

void
metrics_count_refusal(enum metrics_refusal refusal)
{
	count(&counters.refusals[refusal]);
}

void
metrics_count_reload(enum metrics_reload reload, bool is_good)
{
	count(&counters.reloads[is_good ? 1 : 0]);
	atomic_store(&counters.has_failed[reload], !is_good);
	/* Whoever has read all has read the lists too. */
	if (reload == METRICS_RELOAD_ALL && is_good)
		atomic_store(&counters.has_failed[METRICS_RELOAD_LISTS], false);
}

struct family;

/* Where the samples of a family go. */
struct writing {
	struct exposition exposition;
	const struct metrics_state *state;
	const struct family *family;
};

struct family {
	const char *name;
	const char *type;
	const char *labels[2];          /* their names; NULL: none */
	const char *help;
	void (*write)(struct writing *writing);
};

static void
add(struct writing *writing, uint64_t value)
{
	exposition_sample(&writing->exposition, writing->family->name, NULL, 0, value);
}

static void
add_one(struct writing *writing, struct text label, uint64_t value)
{
	struct exposition_label labels[] = { { writing->family->labels[0], label } };

	exposition_sample(&writing->exposition, writing->family->name, labels, 1, value);
}

static void
add_two(struct writing *writing, const char *first, const char *second, uint64_t value)
{
	struct exposition_label labels[] = {
		{ writing->family->labels[0], text_from(first) },
		{ writing->family->labels[1], text_from(second) },
	};

	exposition_sample(&writing->exposition, writing->family->name, labels, 2, value);
}

static void
write_by_action(struct writing *writing, _Atomic uint64_t table[ACTIONS][CLASS_COUNT])
{
	for (enum action action = ACTION_ACCEPT; action < ACTIONS; action++)
		for (enum message_class class = CLASS_TRUSTED; class < CLASS_COUNT; class++)
			add_two(writing, action_keyword(action), message_class_keyword(class),
				read_counter(&table[action][class]));
}

static void
write_messages(struct writing *writing)
{
	write_by_action(writing, counters.messages);
}

static void
write_would(struct writing *writing)
{
	write_by_action(writing, counters.would);
}

static void
write_results(struct writing *writing)
{
	for (size_t method = 0; method < METHOD_COUNT; method++)
		for (enum result result = RESULT_NONE; result < RESULTS; result++)
			add_two(writing, method_words[method], result_keyword(result),
				read_counter(&counters.results[method][result]));
}

static void
write_times(struct writing *writing)
{
	struct histogram_reading reading;

	histogram_read(&counters.times, &reading);
	exposition_histogram(&writing->exposition, writing->family->name, &reading);
}

static void
write_in_work(struct writing *writing)
{
	add(writing, writing->state->messages_in_work);
}

static void
write_deferred(struct writing *writing)
{
	add(writing, writing->state->deferred_messages);
}

static void
write_sessions(struct writing *writing)
{
	add(writing, read_counter(&counters.sessions));
}

static void
write_open_sessions(struct writing *writing)
{
	/* In this order: then what ends meanwhile cannot make it less than nothing. */
	uint64_t ended = read_counter(&counters.sessions_ended);
	uint64_t started = read_counter(&counters.sessions);

	add(writing, started > ended ? started - ended : 0);
}

static void
write_refusals(struct writing *writing)
{
	for (size_t i = 0; i < METRICS_REFUSAL_COUNT; i++)
		add_one(writing, text_from(refusal_words[i]), read_counter(&counters.refusals[i]));
}

static void
write_questions(struct writing *writing)
{
	add(writing, dns_statistics_questions());
}

static void
write_answers(struct writing *writing)
{
	for (enum dns_outcome outcome = 0; outcome < DNS_OUTCOME_COUNT; outcome++)
		add_one(writing, text_from(dns_outcome_keyword(outcome)),
			dns_statistics_outcomes(outcome));
}

static void
write_dns_times(struct writing *writing)
{
	struct histogram_reading reading;

	dns_statistics_times(&reading);
	exposition_histogram(&writing->exposition, writing->family->name, &reading);
}

static void
write_version(struct writing *writing)
{
	add_one(writing, text_from(program_version), 1);
}

static void
write_start(struct writing *writing)
{
	add(writing, (uint64_t)start_time);
}

static void
write_reloads(struct writing *writing)
{
	add_one(writing, TEXT("success"), read_counter(&counters.reloads[1]));
	add_one(writing, TEXT("failure"), read_counter(&counters.reloads[0]));
}

static void
write_last_reload(struct writing *writing)
{
	bool has_failed = atomic_load(&counters.has_failed[METRICS_RELOAD_ALL]) ||
			  atomic_load(&counters.has_failed[METRICS_RELOAD_LISTS]);

	add(writing, has_failed ? 0 : 1);
}

/* "other" is always there; a rule of this name would be counted with it. */
static void
write_names(struct writing *writing, struct name_counters *names)
{
	uint64_t other = name_counters_other(names);
	struct text name;
	uint64_t value;

	for (size_t i = 0; name_counters_next(names, &i, &name, &value);) {
		if (text_equal(name, TEXT("other")))
			other += value;
		else
			add_one(writing, name, value);
	}
	add_one(writing, TEXT("other"), other);
}

static void
write_rules(struct writing *writing)
{
	write_names(writing, &counters.rules);
}

static void
write_shadows(struct writing *writing)
{
	write_names(writing, &counters.shadows);
}

/*
 * All families. Documented in dmarcmilter(8), METRICS; contrib/grafana and
 * contrib/prometheus use them; a test holds the three together. The rules come
 * last: they are what finds no room on a line of the log when there are many.
 */
static const struct family families[] = {
	{ "dmarcmilter_messages_total", "counter", { "action", "class" },
	  "Messages by what was done with them and by class.", write_messages },
	{ "dmarcmilter_messages_would_total", "counter", { "action", "class" },
	  "Messages with which something else was done than decided (Mode monitor), by what "
	  "would have been done.", write_would },
	{ "dmarcmilter_check_total", "counter", { "method", "result" },
	  "Results of the checks; dkim counts each signature.", write_results },
	{ "dmarcmilter_message_seconds", "histogram", { NULL },
	  "Time from MAIL to the end of the message.", write_times },
	{ "dmarcmilter_messages_in_work", "gauge", { NULL },
	  "Messages between MAIL and their end.", write_in_work },
	{ "dmarcmilter_deferred_messages", "gauge", { NULL },
	  "Messages that were deferred and are remembered until they come again.",
	  write_deferred },
	{ "dmarcmilter_connections_total", "counter", { NULL },
	  "Connections of the mail server that were served.", write_sessions },
	{ "dmarcmilter_connections_open", "gauge", { NULL },
	  "Connections of the mail server that are open.", write_open_sessions },
	{ "dmarcmilter_connections_refused_total", "counter", { "reason" },
	  "Connections of the mail server that were closed at once.", write_refusals },
	{ "dmarcmilter_dns_questions_total", "counter", { NULL },
	  "Questions that were handed to the resolver.", write_questions },
	{ "dmarcmilter_dns_answers_total", "counter", { "outcome" },
	  "How questions ended; limit: they were not asked.", write_answers },
	{ "dmarcmilter_dns_seconds", "histogram", { NULL },
	  "Time from question to answer, failures included.", write_dns_times },
	{ "dmarcmilter_build_info", "gauge", { "version" },
	  "The version that runs.", write_version },
	{ "dmarcmilter_start_time_seconds", "gauge", { NULL },
	  "When the daemon was started, in seconds since 1970.", write_start },
	{ "dmarcmilter_config_reload_total", "counter", { "result" },
	  "Reloads of the configuration, or of its lists alone.", write_reloads },
	{ "dmarcmilter_config_last_reload_successful", "gauge", { NULL },
	  "0 while the configuration file or a list has errors that a reload found.",
	  write_last_reload },
	{ "dmarcmilter_rule_total", "counter", { "rule" },
	  "Messages by the rule that decided.", write_rules },
	{ "dmarcmilter_shadow_rule_total", "counter", { "rule" },
	  "Messages that shadow rules matched, by rule.", write_shadows },
};

static void
write_all(struct writing *writing)
{
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		writing->family = &families[i];
		exposition_family(&writing->exposition, families[i].name, families[i].type,
				  families[i].help);
		families[i].write(writing);
	}
	exposition_end(&writing->exposition);
}

void
metrics_write(const struct metrics_state *state, struct textbuf *out)
{
	struct writing writing = { { out, EXPOSITION_PROMETHEUS, 0 }, state, NULL };

	write_all(&writing);
}

struct text
metrics_line(const struct metrics_state *state, struct arena *arena)
{
	struct textbuf out = textbuf_new(arena, LINE_BYTES_MAX);
	struct writing writing = { { &out, EXPOSITION_LINE, 0 }, state, NULL };

	write_all(&writing);
	return textbuf_text(&out);
}
