/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_PRIVILEGES_H
#define DMARCMILTER_PROGRAMS_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * What the process may do: the user that it becomes, the descriptors that it
 * may open, the file with its number. Main thread, before other threads start.
 * On failure *reason_out is a sentence for the operator.
 */

/*
 * Becomes "user" or "user:group" (names or numbers) with all groups of that
 * user, for good. Does nothing for an empty text, and nothing when the process
 * is that user already.
 */
bool privileges_drop(struct arena *arena, struct text user, struct text *reason_out);

/* Raises the soft limit of descriptors to the hard one; false when that is below `needed`. */
bool privileges_raise_descriptor_limit(struct arena *arena, size_t needed,
				       struct text *reason_out);

/* Writes the process id into a new file, in place of an old one. Nothing for an empty path. */
bool pid_file_write(struct arena *arena, struct text path, struct text *reason_out);

/* Removes it; nothing for an empty path. */
void pid_file_remove(struct arena *arena, struct text path);

#endif
