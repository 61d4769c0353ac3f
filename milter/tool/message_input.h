/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MESSAGE_INPUT_H
#define DMARCMILTER_TOOL_MESSAGE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The messages of a path: a file with one, an mbox, a Maildir, or "-" for
 * standard input. They are read in chunks; none is ever held as a whole.
 */
struct message_reader {
	void *context;
	/* A message begins. `title`: what tells it from others; `is_one_of_many` of a mailbox. */
	void (*begin)(void *context, struct text title, bool is_one_of_many);
	/* False: no more of this message is wanted. */
	bool (*add)(void *context, struct text chunk);
	void (*end)(void *context);
	/* One of a mailbox cannot be read, begun or not; in place of end(). `clause` says why. */
	void (*fail)(void *context, struct text title, struct text clause);
};

/* False with a clause ("is a folder, and no Maildir") when it cannot be read. */
bool message_input_read(struct arena *arena, const char *path,
			const struct message_reader *reader, struct text *reason_out);

/* True when a path is not a single file: a folder. */
bool message_input_is_folder(const char *path);

#endif
