/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_HISTOGRAM_H
#define DMARCMILTER_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How often durations fell between fixed bounds. Shared state without a lock:
 * relaxed atomics, for nobody concludes anything else from these numbers. Safe
 * from any thread. Zero but for the bounds is its start.
 */
enum { HISTOGRAM_BOUNDS_MAX = 16 };

struct histogram {
	const int64_t *bounds;          /* milliseconds, rising; immutable */
	size_t bound_count;             /* at most HISTOGRAM_BOUNDS_MAX */
	/* Of what is not above a bound and above the one before; the last: above all. */
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
	_Atomic uint64_t sum;           /* milliseconds */
};

/* One moment's view. cumulative[bound_count] is the count of all. */
struct histogram_reading {
	const int64_t *bounds;
	size_t bound_count;
	uint64_t cumulative[HISTOGRAM_BOUNDS_MAX + 1];
	uint64_t sum;                   /* milliseconds */
};

/* Less than nothing counts as nothing. */
void histogram_add(struct histogram *histogram, int64_t milliseconds);

/* The counts agree with each other; the sum may be ahead or behind by what is being added. */
void histogram_read(struct histogram *histogram, struct histogram_reading *reading_out);

#endif
