/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_TIME_H
#define DMARCMILTER_TOOL_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The times of logs, in seconds since 1970. Pure but for the time zone of the
 * process, which is used where a time does not name its own.
 */

/*
 * "2026-01-31T12:00:00.000Z", with or without a fraction, with Z, +01:00 or +0100;
 * without a zone it is local time. A blank may stand for the T. False for
 * anything else, and for what is no time.
 */
bool log_time_parse_iso(struct text text, int64_t *seconds_out);

/*
 * "Jan 31 12:00:00" of syslog, local time, with or without a fraction. The year is
 * the one in which it is not more than a day later than `now`.
 */
bool log_time_parse_syslog(struct text text, int64_t now, int64_t *seconds_out);

/* "1769860800.123456" and "1769860800". */
bool log_time_parse_unix(struct text text, int64_t *seconds_out);

/* "2026-01-31 12:00:00" in local time; empty for 0. */
struct text log_time_text(struct arena *arena, int64_t seconds);

/* "2026-01-31T12:00:00Z"; empty for 0. */
struct text log_time_iso(struct arena *arena, int64_t seconds);

#endif
