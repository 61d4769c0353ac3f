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

void
trace_keep_dmarc(struct trace *trace, const struct dmarc_discovery *discovery,
		 const struct dmarc_alignment *alignment)
{
	if (trace == NULL || trace->discovery != NULL)
		return;
	trace->discovery = discovery;
	trace->alignment = alignment;
}
