/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_MAILBOX_H
#define DMARCMILTER_DNS_MAILBOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/backend.h"

/*
 * Requests and the mailbox that their answers come to: what session and back
 * end share. The mailbox outlives the session when questions are still with the
 * back end: the session and every request hold one reference. Shared state; no
 * other lock is taken while the mailbox's is held.
 */
struct shared_request {
	struct dns_request request;     /* must be first: back ends see only this */
	atomic_uint references;         /* session, back end or mailbox, and those that hold it */
	struct dns_mailbox *mailbox;
	struct shared_request *next;    /* in the mailbox */
	struct question *question;      /* the session's; never touched by a back end */
	uint8_t *packet;                /* NULL: none, then `reason` says why */
	size_t length;
	bool is_secure;
	uint32_t age;                   /* seconds that the packet lay in a memory */
	const char *reason;
	int64_t asked_at;               /* clock_milliseconds(); set by mailbox_request() */
	int64_t answered_at;            /* when the answer came, whenever it is looked at */
	char name[];
};

struct dns_mailbox *mailbox_new(void);

/* Gives back one reference. */
void mailbox_release(struct dns_mailbox *mailbox);

/* A request with two references: the session's and the back end's. The name is copied. */
struct shared_request *mailbox_request(struct dns_mailbox *mailbox, struct text name,
				       enum dns_type type, struct question *question);

/* Takes all that arrived; the caller owns one reference of each. */
struct shared_request *mailbox_take(struct dns_mailbox *mailbox);

/* Nothing is put in any more. */
void mailbox_close(struct dns_mailbox *mailbox);

/* Sleeps until something is in it, at the longest until clock_milliseconds() is `deadline`. */
void mailbox_wait(struct dns_mailbox *mailbox, int64_t deadline);

#endif
