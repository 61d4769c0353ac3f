/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_PUBLIC_SUFFIX_H
#define DMARCMILTER_CHECKS_PUBLIC_SUFFIX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The Public Suffix List, for "DMARCDiscovery psl" (RFC 7489 3.2). It is
 * optional: public_suffix.c needs libpsl, public_suffix_none.c takes its place
 * without. A list is immutable and shared: the process keeps the one that was
 * read last, and every user holds a reference for as long as its arena lives.
 * All functions are safe from any thread.
 */
struct public_suffix_list;

/* False when built without libpsl: then "DMARCDiscovery psl" is a mistake in the settings. */
bool public_suffix_available(void);

/*
 * The list in the file `path`; empty: the newest that the system has. Read
 * when it is not the one at hand. The reference ends with the arena. NULL on
 * failure, with a sentence for the operator in *reason_out (in `arena`).
 */
const struct public_suffix_list *public_suffix_acquire(struct arena *arena, struct text path,
						       struct text *reason_out);

/*
 * Reads the list anew, for a start or a reload, and keeps it at hand; users of
 * the old one keep theirs. False on failure: the old list stays at hand.
 */
bool public_suffix_refresh(struct text path, struct arena *arena, struct text *reason_out);

/*
 * The registered domain that `domain` (normal form) belongs to: its public
 * suffix and one label more. A public suffix is its own. A part of `domain`.
 */
struct text public_suffix_registered_domain(struct arena *arena,
					    const struct public_suffix_list *list,
					    struct text domain);

#endif
