/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MESSAGE_OPTIONS_H
#define DMARCMILTER_TOOL_MESSAGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "tool/envelope.h"
#include "tool/mail_parser.h"

/* The command line of "dmarcmilter-check message". */
struct message_options {
	const char *config_path;        /* NULL: the default, which may be missing */
	const char *zone_path;          /* NULL: not */
	const char *record_path;
	const char *replay_path;
	struct text authserv_id;        /* empty: as configured */
	struct envelope envelope;       /* what was given of it */
	bool has_clock;
	int64_t clock;                  /* seconds since 1970 */
	bool wants_json;
	bool is_verbose;
	enum mail_line_ends line_ends;
	char *const *files;
	size_t file_count;
};

/* False when the program is to end with *status_out: help was printed, or a complaint. */
bool message_options_read(struct arena *arena, int count, char **arguments,
			  struct message_options *options_out, int *status_out);

/* One sentence on standard error: "dmarcmilter-check: FILE: SENTENCE". */
void message_complain(const char *file, const char *sentence);

#endif
