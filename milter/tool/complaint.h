/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_COMPLAINT_H
#define DMARCMILTER_TOOL_COMPLAINT_H

#include "base/arena.h"
#include "base/text.h"

/* What a command says on standard error before it ends. */

/*
 * "dmarcmilter-check: "ARGUMENT" WHAT" and the usage; without the argument when it is
 * NULL. Returns EX_USAGE.
 */
int complaint_usage(struct arena *arena, const char *argument, const char *what, const char *usage);

/* "dmarcmilter-check: WHAT: REASON", both made safe for a terminal. */
void complaint_of(struct arena *arena, const char *what, struct text reason);

/* "dmarcmilter-check: standard output: ..." by errno. Returns EX_IOERR. */
int complaint_of_output(void);

#endif
