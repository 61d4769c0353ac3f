/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_RECORD_H
#define DMARCMILTER_TOOL_LOG_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "config/action.h"
#include "core/log_line.h"

/*
 * A line of the daemon's log read again: the inverse of core/log_line.h, for
 * both of its formats, by its own table of fields. Pure.
 */
struct log_record {
	int64_t time;           /* seconds since 1970; 0: the log does not say */
	struct text queue_id;
	/* As they were before they were written; bytes are NULL where a field is missing. */
	struct text values[LOG_KEY_COUNT];
	enum action action;
	enum action would;      /* as `action` where nothing else would have been done */
	enum message_class message_class;
	struct ip client;
};

enum log_record_status {
	LOG_RECORD_NONE,        /* not a line about a message */
	LOG_RECORD_READ,
	LOG_RECORD_BROKEN       /* begins as one, and is none to its end */
};

/*
 * Reads what stands behind the program's name, "4XYZ: action=reject ..." or
 * {"ts":...}. Values without escapes share its bytes. Of a broken line
 * *record_out has what could be read, and *reason_out a sentence. Fields that
 * are not known, as a later version may write, are passed over.
 */
enum log_record_status log_record_parse(struct arena *arena, struct text payload,
					struct log_record *record_out,
					const char **reason_out);

/* True when there is such a field, and it says more than "-". */
bool log_record_has(const struct log_record *record, enum log_key key);

/* The value as it stands; the empty text when it is missing or "-". */
struct text log_record_value(const struct log_record *record, enum log_key key);

/* The same for a number; 0 when it is missing. */
uint64_t log_record_number(const struct log_record *record, enum log_key key);

/* The action of a word of the log. False for other words. */
bool log_record_action(struct text word, enum action *action_out);

#endif
