/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_EVALUATION_H
#define DMARCMILTER_CORE_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/check.h"
#include "checks/findings.h"
#include "config/config.h"
#include "core/policy.h"
#include "dns/dns.h"
#include "mail/message.h"

/*
 * The course of one message through the checks: facts in, outcome out. Used
 * alike by the daemon, the tools, scenarios and fuzzers. Everything lives in
 * the message's arena; one thread. The caller keeps filling `message` and
 * calls one function per event.
 */
struct evaluation;

/* One change of the header. Deletions come first, highest instance first; then insertions. */
struct header_edit {
	bool is_deletion;
	struct text name;       /* NUL-terminated too */
	unsigned instance;      /* deletion: the which-th field of that name */
	unsigned position;      /* insertion: 0 is the top */
	/* insertion: with a leading blank, folds as LF and tab; NUL-terminated too */
	struct text value;
};

struct outcome {
	struct findings findings;
	struct verdict verdict;
	struct header_edit *edits;
	size_t edit_count;
	size_t removed_count;   /* forged fields among the edits */
	size_t dns_questions;
	int64_t dns_milliseconds;
};

/*
 * At the first accepted recipient (connection, HELO and sender are known). Nothing is
 * asked for trusted mail.
 */
struct evaluation *evaluation_begin(struct arena *arena, const struct config *config,
				    const struct message *message, struct dns_backend *backend,
				    int64_t deadline);

/* From now on the checks say how they come to their findings: before the end. */
void evaluation_keep_trace(struct evaluation *evaluation, struct trace *trace);

enum trust evaluation_trust(const struct evaluation *evaluation);

/* Another recipient. */
void evaluation_recipient(struct evaluation *evaluation);

/* The last of message->fields is new. */
void evaluation_field(struct evaluation *evaluation);

/* All fields are known. */
void evaluation_header_end(struct evaluation *evaluation);

/* The next part of the body. False when no more of it is needed. */
bool evaluation_body(struct evaluation *evaluation, struct text chunk);

/*
 * The message is complete: waits for answers until `deadline` (clock_milliseconds), then
 * decides.
 */
const struct outcome *evaluation_end(struct evaluation *evaluation, int64_t deadline);

#endif
