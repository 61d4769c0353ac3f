/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/histogram.h"

void
histogram_add(struct histogram *histogram, int64_t milliseconds)
{
	int64_t value = milliseconds < 0 ? 0 : milliseconds;
	size_t place = 0;

	while (place < histogram->bound_count && value > histogram->bounds[place])
		place++;
	atomic_fetch_add_explicit(&histogram->counts[place], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram->sum, (uint64_t)value, memory_order_relaxed);
}

void
histogram_read(struct histogram *histogram, struct histogram_reading *reading_out)
{
	struct histogram_reading reading = { .bounds = histogram->bounds,
					     .bound_count = histogram->bound_count };
	uint64_t total = 0;

	for (size_t i = 0; i <= histogram->bound_count; i++) {
		total += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
		reading.cumulative[i] = total;
	}
	reading.sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
	*reading_out = reading;
}
