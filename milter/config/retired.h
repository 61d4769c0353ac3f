/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RETIRED_H
#define DMARCMILTER_CONFIG_RETIRED_H

#include <stdbool.h>

#include "base/text.h"

/*
 * Names of opendkim, opendmarc and policyd-spf that are no options here: what
 * to tell the operator who brings them along. Immutable; safe from any thread.
 */
enum retired_kind {
	RETIRED_RENAMED,        /* same meaning: the value goes to `replacement`, with a warning */
	RETIRED_NEEDLESS,       /* a warning; the value is not read */
	RETIRED_REFUSED         /* an error: ignoring it would change what happens to mail */
};

struct retired_name {
	const char *name;
	enum retired_kind kind;
	const char *replacement;        /* RETIRED_RENAMED: an option */
	const char *sentence;           /* else: what to do instead */
};

/* In any case; NULL when the name is none of them. */
const struct retired_name *retired_find(struct text name);

/* The row at `index`; NULL behind the last. */
const struct retired_name *retired_at(size_t index);

#endif
