/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_BACKEND_H
#define DMARCMILTER_DNS_BACKEND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "dns/dns.h"

/*
 * What a source of answers has to do, for dns/session.c only.
 *
 * A dns_request is one question on its way. It is shared by the session that
 * waits and the back end that answers, and freed by whoever lets go last
 * (references, counted atomically); neither ever waits for the other.
 * A back end answers a request exactly once with dns_request_answer(), from
 * any thread, also from inside submit() or abandon(). It gives a whole DNS message (the
 * packet), which the session's own thread parses, or no packet and a reason.
 */
/* Where a session waits: its lock, condition and list of answered requests. */
struct dns_mailbox;

struct dns_request {
	/* Presentation form, lower case, no trailing dot; the bytes belong to the request. */
	struct text name;
	enum dns_type type;
	/* the rest is dns/session.c's, except: */
	void *backend_data;     /* the back end's, for its own bookkeeping */
};

struct dns_backend {
	/* Takes `count` requests. Each will be answered, even while the back end shuts down. */
	void (*submit)(struct dns_backend *backend, struct dns_request **requests, size_t count);
	/* The session no longer waits for this request. The back end still has to answer it (soon),
	 * unless it just did: the request is valid during this call in both cases. */
	void (*abandon)(struct dns_backend *backend, struct dns_request *request);
};

/*
 * The reason for no packet when the back end has ended: nothing can be asked
 * any more. By address: no answer from outside can look like it.
 */
extern const char dns_back_end_stopped[];

/*
 * Answers a request: a copy is made of `packet` (may be NULL, then `reason`, a
 * literal, says why there is none). The request must not be used afterwards.
 */
void dns_request_answer(struct dns_request *request, const uint8_t *packet, size_t length,
			bool is_secure, const char *reason);

/*
 * The same with a packet that comes from a memory, `age` seconds after its TTLs
 * were right. It is taken over and freed with free().
 */
void dns_request_answer_again(struct dns_request *request, uint8_t *packet, size_t length,
			      bool is_secure, uint32_t age);

/*
 * One more reference, for a back end that still has to look at a request after
 * it may have been answered (an abandon on its way to another thread).
 */
void dns_request_hold(struct dns_request *request);
void dns_request_release(struct dns_request *request);

#endif
