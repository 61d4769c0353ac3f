/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_ORDERED_DNS_H
#define DMARCMILTER_TOOL_ORDERED_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "dns/backend.h"
#include "tool/dns_record.h"

/*
 * A source of answers that keeps what was asked and what came, and in which all
 * answers of a batch come before the call returns, in the order of the
 * questions. What is asked next then depends on the answers alone and not on
 * who was faster, so a record replays to the byte. The answers are those of
 * another back end, or of a record. One thread, one message.
 */
struct ordered_dns {
	struct dns_backend backend;     /* must be first */
	struct arena *arena;
	struct dns_backend *source;     /* NULL: `recorded` answers */
	const struct dns_exchanges *recorded;
	/* the source answers at once or never: what it leaves open is not waited for */
	bool is_immediate;
	const char *silence;            /* the reason for what it leaves open */
	int64_t deadline;               /* clock_milliseconds() */
	int64_t waited;                 /* milliseconds, in all */
	struct dns_exchanges exchanges; /* in the order of the questions */
};

/* Of a back end. */
void ordered_dns_init(struct ordered_dns *dns, struct arena *arena, struct dns_backend *source,
		      int64_t deadline);

/* Of a record; what is not in it has no answer. */
void ordered_dns_init_replay(struct ordered_dns *dns, struct arena *arena,
			     const struct dns_exchanges *recorded);

/* What was asked of this name and type; NULL: it was not. `name` in any case, without last dot. */
const struct dns_exchange *ordered_dns_find(const struct ordered_dns *dns, struct text name,
					    enum dns_type type);

#endif
