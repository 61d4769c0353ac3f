/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_TALLY_H
#define DMARCMILTER_TOOL_LOG_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/action.h"
#include "tool/log_record.h"

/*
 * Counts by name: of author domains, clients, rules. Strangers choose many of
 * the names, so there is a maximum; what comes beyond is counted together, as
 * `other`. In an arena; one thread.
 */
enum {
	LOG_TALLY_NAMES_MAX = 20000,
	LOG_TALLY_NAME_BYTES_MAX = 253
};

struct log_count {
	struct text name;
	struct text note;               /* set by whoever counts; empty at first */
	uint64_t messages;
	uint64_t by_class[CLASS_COUNT];
	uint64_t by_action[ACTION_DISCARD + 1];         /* what was done */
	uint64_t by_would[ACTION_DISCARD + 1];          /* what Mode enforce does */
};

struct log_tally {
	struct arena *arena;
	struct log_tally_slots *slots;
	struct log_count other;         /* of names over the maximum */
	size_t count;                   /* of names */
	size_t maximum;
};

struct log_tally log_tally_new(struct arena *arena, size_t maximum);

/* Counts the record under the name. What is returned may be given a note. */
struct log_count *log_tally_add(struct log_tally *tally, struct text name,
				const struct log_record *record);

/* Adds a record to any count. */
void log_count_add(struct log_count *count, const struct log_record *record);

/* DMARC failed: classes indirect, misaligned and spoof. */
uint64_t log_count_failed(const struct log_count *count);

/* Messages that Mode enforce would not simply have accepted. */
uint64_t log_count_stopped(const struct log_count *count);

/* What log_tally_sorted() may go by: all messages, or those that failed or are stopped. */
uint64_t log_weigh_messages(const struct log_count *count);
uint64_t log_weigh_trouble(const struct log_count *count);

/*
 * All counts, in the tally's arena: those that `weigh` gives most to first, then by
 * the number of messages, then by name.
 */
const struct log_count **log_tally_sorted(const struct log_tally *tally,
					  uint64_t (*weigh)(const struct log_count *count));

#endif
