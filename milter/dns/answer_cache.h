/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_ANSWER_CACHE_H
#define DMARCMILTER_DNS_ANSWER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "dns/dns.h"

/*
 * Answers that are still good (RFC 1035 7.4, RFC 2308 5), for all sessions: what
 * lies here costs a session no wait for the resolver's thread. Failures never
 * come here. The oldest in use goes when the memory is full. Shared state: a
 * lock for each part of the table, held for one look-up; no other lock is taken
 * meanwhile. All functions are safe from any thread, but for new and free.
 */
struct answer_cache;

struct cached_answer {
	uint8_t *packet;        /* a copy, freed with free() */
	size_t length;
	bool is_secure;
	uint32_t age;           /* seconds since it came; its TTLs were right then */
};

/* NULL when the system gives no random numbers. */
struct answer_cache *answer_cache_new(size_t bytes_max);
void answer_cache_free(struct answer_cache **cache);

/* Forgets everything; from now on there is room for `bytes_max`. */
void answer_cache_reset(struct answer_cache *cache, size_t bytes_max);

/*
 * Keeps a copy of a whole answer as long as it may be kept (packet_lifetime()) from
 * `now` (clock_milliseconds). `name` in lower case without trailing dot. One that
 * is too large for the memory is left out.
 */
void answer_cache_put(struct answer_cache *cache, struct text name, enum dns_type type,
		      const uint8_t *packet, size_t length, bool is_secure, int64_t now);

/* False: not there, or not good any more. */
bool answer_cache_find(struct answer_cache *cache, struct text name, enum dns_type type,
		       int64_t now, struct cached_answer *answer_out);

#endif
