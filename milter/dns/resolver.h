/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_RESOLVER_H
#define DMARCMILTER_DNS_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "dns/backend.h"

/*
 * The resolver: one thread that owns libunbound's context (event interface)
 * and answers the questions of all sessions. Cache, negative cache, TCP
 * fallback, coalescing and DNSSEC come from libunbound. All functions are safe
 * from any thread. It logs trouble with name servers, rate limited.
 */
struct resolver_settings {
	const struct text *nameservers; /* "ip", "ip:port", "[v6]:port"; none: of resolv_conf */
	size_t nameserver_count;
	bool is_recursive;              /* full recursion from the root, no forwarding */
	const char *resolv_conf;        /* usually /etc/resolv.conf */
	const char *trust_anchor_file;  /* NULL: no DNSSEC validation of our own */
	int64_t timeout_milliseconds;   /* DNSTimeout: of one question */
	size_t cache_bytes;             /* DNSCacheSize */
	/* DNSFailureMemory: how long a failed question is answered from memory; 0: not. Less than
	 * 5,000 costs the cache whenever a failed question is asked again (dns/README.md). */
	int64_t failure_memory_milliseconds;
	size_t sessions_max;            /* sizes the outgoing sockets */
};

struct resolver;

/* Starts the thread. NULL on failure, with a sentence for the operator in *reason_out. */
struct resolver *resolver_start(const struct resolver_settings *settings, struct arena *arena,
				struct text *reason_out);

struct dns_backend *resolver_backend(struct resolver *resolver);

/*
 * Other settings, and an empty cache: reload; waits for the resolver's thread.
 * Open questions are finished by the old context. False (and nothing changed) on failure.
 */
bool resolver_reload(struct resolver *resolver, const struct resolver_settings *settings,
		     struct arena *arena, struct text *reason_out);

/* Answers every open question with DNS_RETRY "resolver stopped", ends the thread, frees all. */
void resolver_stop(struct resolver **resolver);

/* True while the thread goes round its loop: for the watchdog. */
bool resolver_is_alive(struct resolver *resolver);

#endif
