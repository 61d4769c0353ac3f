/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_TRACE_H
#define DMARCMILTER_CHECKS_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * How the checks came to their findings, for who asks why; the daemon keeps
 * none (check_run.trace is NULL). Written by the checks as they go, in the
 * message's arena.
 */
enum { TRACE_SPF_STEPS_MAX = 2000 };    /* is_cut then says that there were more */

struct trace_spf_step {
	enum trace_spf_kind {
		TRACE_SPF_IDENTITY,     /* `domain` is checked: HELO, or the envelope sender */
		/* the record of `domain` is entered; `text`: the term that led here */
		TRACE_SPF_RECORD,
		TRACE_SPF_MATCH,        /* a term of the record of `domain` matches */
		TRACE_SPF_NO_MATCH      /* one that asks DNS does not */
	} kind;
	unsigned depth;                 /* 1: the record of the identity itself */
	bool is_helo;                   /* of an identity */
	bool is_included;               /* the record is behind an include: only a pass counts */
	struct text domain;
	struct text text;
};

struct dmarc_discovery;
struct dmarc_alignment;

struct trace {
	struct arena *arena;
	struct trace_spf_step *spf;
	size_t spf_count;
	size_t spf_capacity;
	bool is_cut;
	/* What decided, after the end; NULL: DMARC was not looked at. */
	const struct dmarc_discovery *discovery;
	const struct dmarc_alignment *alignment;
};

/* Does nothing without a trace. */
void trace_add_spf(struct trace *trace, struct trace_spf_step step);

/* The same; what comes first decided, and later ones only compare. */
void trace_keep_dmarc(struct trace *trace, const struct dmarc_discovery *discovery,
		      const struct dmarc_alignment *alignment);

#endif
