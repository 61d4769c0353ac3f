/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_LOG_SINK_H
#define DMARCMILTER_BASE_LOG_SINK_H

#include <stdbool.h>

#include "base/log.h"

/*
 * Where base/log.c writes: one open target. Not locked: the caller sees to it
 * that one thread writes at a time. Lines are escaped already.
 */
struct log_sink {
	enum log_target target;
	int file;               /* descriptor of the file or the journal socket; -1: none */
	bool is_cut;            /* the last line in the file has no end */
	char *path;             /* NULL where there is none */
	char *name;
	int facility;
};

struct log_entry {
	enum log_level level;
	struct text line;       /* with the word of its level */
	const struct log_field *fields;
	size_t field_count;
};

/* Opens a target. False with a reason when it cannot be; *sink_out is untouched then. */
bool log_sink_open(const struct log_settings *settings, struct arena *arena,
		   struct log_sink *sink_out, struct text *reason_out);

/* Gives back descriptor and texts; the sink is all zero (standard error) afterwards. */
void log_sink_close(struct log_sink *sink);

/* False when the target did not take the line (errno says why). */
bool log_sink_write(struct log_sink *sink, struct arena *arena,
		    const struct log_entry *entry);

/* The same line on standard error; what cannot be written there is lost. */
void log_sink_write_stderr(const struct log_sink *sink, struct arena *arena,
			   const struct log_entry *entry);

#endif
