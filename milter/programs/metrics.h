/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_METRICS_H
#define DMARCMILTER_PROGRAMS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "core/evaluation.h"

/*
 * What the process counts, and the one table of all families of metrics with
 * their help. Shared state: relaxed atomics without a lock, so that counting
 * costs a message nothing; never reset. No label ever holds an address or a
 * domain. The names of operators' rules are the only label that is not a word
 * of ours, and their number is bounded (name_counters.h). Safe from any thread.
 */

/* Why a connection of the MTA was closed before it became a session. */
enum metrics_refusal {
	METRICS_REFUSAL_LIMIT,          /* MaxConnections */
	METRICS_REFUSAL_DESCRIPTORS,    /* no descriptor was left */
	METRICS_REFUSAL_THREADS,        /* no thread could be started */
	METRICS_REFUSAL_COUNT
};

/* What is not counted here: the state at the moment of writing. */
struct metrics_state {
	size_t messages_in_work;
	size_t deferred_messages;
};

/* Once, at the start: the time and the version. */
void metrics_begin(const char *version);

/* A message has ended so, this long after MAIL: beside its log line. */
void metrics_count_message(const struct outcome *outcome, int64_t milliseconds);

void metrics_count_session_start(void);
void metrics_count_session_end(void);
void metrics_count_refusal(enum metrics_refusal refusal);

/* What was read again: good lists do not make a bad configuration file good. */
enum metrics_reload {
	METRICS_RELOAD_ALL,
	METRICS_RELOAD_LISTS,
	METRICS_RELOAD_COUNT
};

void metrics_count_reload(enum metrics_reload reload, bool is_good);

/* All families in the text format 0.0.4 of Prometheus. */
void metrics_write(const struct metrics_state *state, struct textbuf *out);

/* The same numbers as one line, key=value; see exposition.h. In `arena`. */
struct text metrics_line(const struct metrics_state *state, struct arena *arena);

/* What metrics_write() may need: every family, and every rule name as long as it may be. */
enum { METRICS_BYTES_MAX = 1 << 20 };

#endif
