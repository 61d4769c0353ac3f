/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_LOG_H
#define DMARCMILTER_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

/*
 * The log: one sink for the whole process (shared state; its lock is held for
 * one write). The level is the consequence: error = someone must act, warning
 * = look at it, info = one line per message, debug = why. Every byte that is
 * not printable ASCII is escaped here as \xHH, so no line can be broken or
 * forged by what a remote party chose. Safe from any thread.
 *
 * All lines but those of level info begin with "error: ", "warning: " or
 * "debug: "; a line about a message is thus the same text at every target.
 * Files get "2026-01-31T12:00:00.000Z name[pid]: " before it, standard error
 * as well, there without the time when the journal reads it (JOURNAL_STREAM).
 * A line that its target does not take goes to standard error; the trouble is
 * reported there once a minute and never stops the program.
 */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

enum log_target {
	LOG_TARGET_STDERR,      /* the state before log_open() */
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL,     /* native datagrams to the journal's socket */
	LOG_TARGET_FILE
};

struct log_settings {
	enum log_target target;
	const char *path;       /* file, or the journal's socket (NULL, "": the usual); copied */
	int facility;           /* LOG_TARGET_SYSLOG: a LOG_* facility of <syslog.h> */
	const char *name;       /* ident; copied */
	enum log_level level;   /* what is less urgent is not written */
};

/* A field that goes to the journal beside the line, e.g. DMARCMILTER_ACTION. */
struct log_field {
	const char *name;
	struct text value;
};

/*
 * Opens the sink; also reopens (a file after rotation, other settings after a
 * reload). On failure the old sink stays, false is returned, and *reason_out
 * is a sentence for the operator (in `arena`).
 */
bool log_open(const struct log_settings *settings, struct arena *arena, struct text *reason_out);
void log_close(void);

/* True when lines of this level are written. */
bool log_wants(enum log_level level);

/* One line from a format. All of it is escaped as above. No newline at the end. */
void log_message(enum log_level level, const char *format, ...) ATTRIBUTE_PRINTF(2, 3);

/* One finished line, with fields for the journal (may be NULL, 0). */
void log_line(enum log_level level, struct text line, const struct log_field *fields, size_t count);

/*
 * For a value between double quotes: every byte outside 0x20-0x7e, the double
 * quote and the backslash become \xHH; after `maximum` source bytes the rest
 * is left out and marked with "+" at the end (operators see the cut).
 */
struct text log_quote(struct arena *arena, struct text value, size_t maximum);

/*
 * For a warning that may repeat: a static limit beside its call, all zero at
 * the start. True for the first call and then once in `interval` milliseconds.
 * Safe from any thread.
 */
struct log_limit {
	_Atomic int64_t quiet_until;
};

bool log_allows(struct log_limit *limit, int64_t interval);

#endif
