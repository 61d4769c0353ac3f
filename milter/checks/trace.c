/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/trace.h"

void
trace_add_spf(struct trace *trace, struct trace_spf_step step)
{
	if (trace == NULL)
		return;
	if (trace->spf_count >= TRACE_SPF_STEPS_MAX) {
		trace->is_cut = true;
		return;
	}
	trace->spf = arena_grow(trace->arena, trace->spf, trace->spf_count, &trace->spf_capacity,
				sizeof(*trace->spf));
	trace->spf[trace->spf_count++] = step;
}
