/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_LOG_LINE_H
#define DMARCMILTER_CORE_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "core/evaluation.h"

/*
 * The one log line of a message. The table of its fields is in log_line.c, in
 * the order in which they are written. Everything before `ptr` is a token of
 * ours, a number, an address or a domain in normal form; from `ptr` on stand
 * the texts that remote parties chose, always quoted and escaped. So nothing
 * remote stands before or around the client address (fail2ban reads it).
 *
 *     QUEUEID: action=reject client=192.0.2.1 class=spoof rule=dmarc-reject ...
 *
 * or the same fields as one JSON object. milliseconds: the time since the
 * message began. Writes the fields for the journal, too. Empty when the
 * settings say that accepted mail is not logged. Pure.
 */
struct text log_line_format(struct arena *arena, const struct config *config,
			    const struct message *message, const struct outcome *outcome,
			    int64_t milliseconds, struct log_field **fields_out,
			    size_t *count_out);

#endif
