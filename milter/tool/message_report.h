/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MESSAGE_REPORT_H
#define DMARCMILTER_TOOL_MESSAGE_REPORT_H

#include <stdbool.h>

#include "base/textbuf.h"
#include "tool/judgement.h"
#include "tool/steps.h"
#include "tool/terminal.h"

/* A judgement for people: the verdict, then why, then the trace. */
void message_report_write(const struct terminal *terminal, struct textbuf *out,
			  const struct judgement *judgement, const struct steps *steps,
			  bool is_verbose);

/* One row for a message among many. */
void message_report_head(struct terminal_table *table);
void message_report_row(struct terminal_table *table, struct text title,
			const struct judgement *judgement);

void message_report_unreadable_row(struct terminal_table *table, struct text title);

#endif
