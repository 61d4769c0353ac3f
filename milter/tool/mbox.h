/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MBOX_H
#define DMARCMILTER_TOOL_MBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * An mbox (RFC 4155) taken apart. A message begins with a line that begins with
 * "From ", at the start of the file or behind an empty line. Of ">From ",
 * ">>From " and so on one ">" is taken away (the form mboxrd). The empty line
 * before the next message belongs to none. The file comes in chunks of any size;
 * the result does not depend on where they are cut. Pure, and nothing is kept
 * but the begin of a line.
 */
enum { MBOX_QUOTES_MAX = 100 };         /* ">" before "From "; more are left alone */

struct mbox_sink {
	void *context;
	void (*begin)(void *context);
	void (*content)(void *context, struct text part);
	void (*end)(void *context);
};

struct mbox {
	struct mbox_sink sink;
	enum mbox_state {
		MBOX_LINE_START,        /* `head` is what is there of a line */
		MBOX_LINE,              /* in the middle of a line */
		MBOX_SEPARATOR          /* in a From_ line */
	} state;
	char head[MBOX_QUOTES_MAX + 8];
	size_t head_length;
	char blank[2];                  /* an empty line that is not written yet */
	size_t blank_length;
	bool is_behind_blank;           /* or at the start of the file */
	bool is_open;                   /* a message has begun */
};

/* True when a file that begins so is an mbox. */
bool mbox_begins(struct text start);

struct mbox mbox_new(struct mbox_sink sink);
void mbox_add(struct mbox *mbox, struct text chunk);
void mbox_end(struct mbox *mbox);

#endif
