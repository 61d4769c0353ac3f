/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_FRAME_H
#define DMARCMILTER_TOOL_LOG_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * What a log has around the daemon's own line: time, host, name and process id.
 * Known are syslog files, old (RFC 3164) and new (RFC 5424, RFC 3339 times), what
 * journalctl prints (short and its variants, json), the daemon's own files and
 * standard error, Docker's JSON files, and the bare line. Other programs write
 * what strangers say to them into the same log, so the name is looked for in its
 * place only. Pure but for the time zone.
 */
struct log_frame {
	int64_t time;           /* seconds since 1970; 0: the log does not say */
	struct text payload;
};

/*
 * False for a line that another program wrote. `name` is the daemon's
 * SyslogName, `now` the time of reading. Texts share the line's bytes, or are in
 * the arena.
 */
bool log_frame_read(struct arena *arena, struct text line, struct text name, int64_t now,
		    struct log_frame *frame_out);

/* An entry of the journal whose fields are known already; any of them may be empty. */
bool log_frame_from_journal(struct text identifier, struct text command, struct text microseconds,
			    struct text message, struct text name, struct log_frame *frame_out);

#endif
