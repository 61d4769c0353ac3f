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

/* The fields of the line, in the order in which they are written. */
enum log_key {
	LOG_KEY_ACTION,
	LOG_KEY_CLIENT,
	LOG_KEY_CLASS,
	LOG_KEY_WOULD,
	LOG_KEY_RULE,
	LOG_KEY_TRUST,
	LOG_KEY_DMARC,
	LOG_KEY_POLICY,
	LOG_KEY_FROM,
	LOG_KEY_ALIGNMENT,
	LOG_KEY_SPF,
	LOG_KEY_SPF_DOMAIN,
	LOG_KEY_SPF_HELO,
	LOG_KEY_DKIM,
	LOG_KEY_DKIM_DOMAINS,
	LOG_KEY_ARC,
	LOG_KEY_ARC_DOMAIN,
	LOG_KEY_IPREV,
	LOG_KEY_OVERRIDE,
	LOG_KEY_SHADOW,
	LOG_KEY_SKIPPED,
	LOG_KEY_COMPARE,
	LOG_KEY_REMOVED,
	LOG_KEY_TLS,
	LOG_KEY_RECIPIENTS,
	LOG_KEY_SIZE,
	LOG_KEY_DNS,
	LOG_KEY_MILLISECONDS,
	LOG_KEY_REPLY,
	LOG_KEY_REASON,
	LOG_KEY_PTR,
	LOG_KEY_HELO,
	LOG_KEY_MAIL_FROM,
	LOG_KEY_MESSAGE_ID,
	LOG_KEY_COUNT
};

enum log_kind {
	LOG_KIND_ALWAYS,        /* a token, written even when empty as "-" */
	LOG_KIND_NON_EMPTY,     /* a token, left out when empty */
	LOG_KIND_NUMBER,        /* as ALWAYS; no quotes in JSON */
	LOG_KIND_QUOTED         /* remote text: escaped, between double quotes; always written */
};

/* For whoever reads lines again (tool/log_record.h): the name of a field, and its form. */
const char *log_line_name(enum log_key key);
enum log_kind log_line_kind(enum log_key key);

#endif
