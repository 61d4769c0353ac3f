/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_NAME_COUNTERS_H
#define DMARCMILTER_PROGRAMS_NAME_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Counters that have names, which are not known beforehand: the rules of the
 * operator. At most NAME_COUNTERS_MAX names of at most NAME_COUNTERS_BYTES_MAX
 * bytes; what comes beyond is counted together as `other`. A name stays once it
 * was counted, whatever a reload does, because a counter must not go back.
 * Shared state without a lock; zero is its start; safe from any thread, but for
 * name_counters_clear().
 */
enum {
	NAME_COUNTERS_MAX = 1000,
	NAME_COUNTERS_BYTES_MAX = 128,
	NAME_COUNTERS_SLOTS = 2048      /* twice as many, so that a search ends soon */
};

struct name_counter;

struct name_counters {
	_Atomic(struct name_counter *) slots[NAME_COUNTERS_SLOTS];
	_Atomic size_t count;
	_Atomic uint64_t other;
};

void name_counters_add(struct name_counters *counters, struct text name);

/*
 * The next name and its value from *position on, which is 0 at the start;
 * false at the end. The name stays where it is.
 */
bool name_counters_next(struct name_counters *counters, size_t *position, struct text *name_out,
			uint64_t *value_out);

uint64_t name_counters_other(struct name_counters *counters);

/* Forgets all names. Only while no other thread counts: tests. */
void name_counters_clear(struct name_counters *counters);

#endif
