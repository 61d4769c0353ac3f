/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_READ_H
#define DMARCMILTER_TOOL_LOG_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "mail/domain_set.h"
#include "tool/log_record.h"
#include "tool/log_source.h"

/* Which of the daemon's lines are wanted; what is zero wants all. */
struct log_wish {
	struct text queue_id;
	const struct domain_set *author;        /* --from */
	const struct ip_network *client;        /* --client */
	int64_t since;                          /* seconds since 1970 */
	struct text name;                       /* SyslogName; always set */
	int64_t now;
};

/* What was seen, over all files. */
struct log_counts {
	uint64_t lines;
	uint64_t records;       /* lines about messages, wanted or not */
	uint64_t found;         /* of these, those that were wanted */
	uint64_t broken;
	uint64_t too_long;
	const char *broken_reason;      /* of the first broken one */
	const char *broken_file;
	uint64_t broken_line;           /* its number in that file */
};

/*
 * For each line that is wanted: `record` is valid until it returns. `reason` is
 * NULL, or says what is wrong with a broken line; then only some of the
 * record's fields are there.
 */
typedef void log_visit(void *context, const struct log_record *record, const char *reason);

/* What the progress bar is told, every now and then. */
typedef void log_progress(void *context, uint64_t position);

struct log_reader {
	const struct log_wish *wish;
	struct log_counts *counts;
	log_visit *visit;
	log_progress *progress;         /* NULL: none */
	void *context;                  /* of both */
};

/* Reads a source to its end. `file` is its name, for the counts; it has to live as long as they. */
void log_read(const struct log_reader *reader, struct log_source *source, const char *file);

#endif
