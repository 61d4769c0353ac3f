/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_SOURCE_H
#define DMARCMILTER_TOOL_LOG_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Lines of a log, one after the other: of a file, compressed by gzip or not, of
 * standard input, or of journalctl. However large, little of it is in memory at
 * a time. One thread.
 */
enum { LOG_LINE_BYTES_MAX = 64 * 1024 };        /* what is longer is passed over */

struct log_source;

/* "-" is standard input. NULL with a reason when it cannot be opened. Closed with the arena. */
struct log_source *log_source_open(struct arena *arena, const char *path, struct text *reason_out);

/* The entries that journalctl finds for this name, not older than `since` (0: all), as JSON. */
struct log_source *log_source_open_journal(struct arena *arena, struct text name, int64_t since,
					   struct text *reason_out);

/*
 * The next line without its end, valid until the next call. False at the end, or when
 * it cannot be read to the end.
 */
bool log_source_next(struct log_source *source, struct text *line_out);

/*
 * Behind a line of the journal's export format that is the name of a binary field:
 * passes over its value. False when it is not there.
 */
bool log_source_skip_field(struct log_source *source);

/* Why it ended before its end, in `arena`; the empty text when all was well. Call it at the end. */
struct text log_source_failure(struct log_source *source, struct arena *arena);

/* Bytes that were read of the file as it is stored; for the progress bar. */
uint64_t log_source_position(struct log_source *source);

/* Lines that were too long. */
uint64_t log_source_too_long(const struct log_source *source);

#endif
