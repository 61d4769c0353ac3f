/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_SUMMARY_H
#define DMARCMILTER_TOOL_LOG_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/textbuf.h"
#include "tool/json.h"
#include "tool/log_record.h"
#include "tool/log_tally.h"
#include "tool/terminal.h"

/*
 * What an operator wants to know before he switches from Mode monitor to
 * enforce: counts by class, action, rule, author domain and client, and what
 * shadow rules would do. Memory does not grow with the log beyond the maxima of
 * log_tally.h. One thread.
 */
struct log_summary {
	struct arena *arena;
	struct log_count all;
	struct log_tally rules;
	struct log_tally domains;       /* author domains; "-" is none */
	struct log_tally shadows;       /* "RULE:ACTION" */
	/* of what failed or would be stopped; note: their PTR name */
	struct log_tally clients;
	int64_t first;                  /* seconds since 1970; 0: the log has no times */
	int64_t last;
	uint64_t monitored;             /* messages with which something was not done, ... */
	uint64_t spared[ACTION_DISCARD + 1];    /* ... and what that would have been */
	uint64_t compared;              /* DMARCCompare: the other discovery differs */
	uint64_t compared_action;       /* ... so that something else would be done */
	uint64_t removed;               /* messages with forged fields */
};

struct log_summary log_summary_new(struct arena *arena);
void log_summary_add(struct log_summary *summary, const struct log_record *record);

/* For people; `top`: rows of each table. Sentences about the log's own state are the caller's. */
void log_summary_print(const struct log_summary *summary, size_t top,
		       const struct terminal *terminal, struct textbuf *out);

/* The members of the object "summary", which the caller began. */
void log_summary_json(const struct log_summary *summary, size_t top, struct json *json);

#endif
