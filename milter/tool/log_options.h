/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_OPTIONS_H
#define DMARCMILTER_TOOL_LOG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "tool/log_read.h"

/* What the command line of "dmarcmilter-check log" asks for. */
struct log_request {
	struct log_wish wish;
	bool is_summary;
	bool is_json;
	bool from_journal;
	bool wants_help;
	size_t top;             /* rows of each table of the summary */
	char **files;           /* none: the usual ones */
	size_t file_count;
};

/*
 * Reads the command line; `now` is the time in seconds since 1970. False with a
 * sentence when it is wrong; the sentence is empty when getopt_long() has said
 * what is. Uses getopt_long(), so one thread.
 */
bool log_options_read(struct arena *arena, int count, char **arguments, int64_t now,
		      struct log_request *request_out, struct text *reason_out);

/* The text of --help. */
extern const char log_usage[];

#endif
