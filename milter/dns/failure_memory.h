/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_FAILURE_MEMORY_H
#define DMARCMILTER_DNS_FAILURE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "dns/dns.h"

/*
 * Which questions failed lately, so that one black hole is paid once and not
 * by every message. A fixed number of places: a question may push another out
 * early, which only costs asking again. One thread.
 */
struct failure_memory;

struct failure {
	int64_t until;          /* clock_milliseconds(): answered from memory before it */
	const char *reason;     /* a literal */
	unsigned generation;    /* of the context that failed, and may still be busy with it */
};

struct failure_memory *failure_memory_new(void);
void failure_memory_free(struct failure_memory **memory);

void failure_memory_put(struct failure_memory *memory, struct text name, enum dns_type type,
			struct failure failure);

/* The failure of a question, however old, or NULL. */
const struct failure *failure_memory_find(const struct failure_memory *memory, struct text name,
					  enum dns_type type);

/* A question was answered after all. */
void failure_memory_remove(struct failure_memory *memory, struct text name, enum dns_type type);

void failure_memory_clear(struct failure_memory *memory);

#endif
