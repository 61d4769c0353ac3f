/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_INBOX_H
#define DMARCMILTER_DNS_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/backend.h"

/*
 * What other threads want from the resolver's thread: a list behind a lock
 * that is held for a pointer, and an eventfd that is written once for all that
 * is put in before the thread looks. Shared state; all functions are safe from
 * any thread.
 */
enum inbox_kind {
	INBOX_SUBMIT,           /* requests */
	INBOX_ABANDON,          /* requests[0], held for the receiver */
	INBOX_RELOAD,           /* payload */
	INBOX_STOP
};

struct inbox_item {
	struct inbox_item *next;
	enum inbox_kind kind;
	void *payload;
	size_t count;
	struct dns_request *requests[];
};

struct inbox;

/* NULL when there is no descriptor left. */
struct inbox *inbox_new(void);
void inbox_free(struct inbox **inbox);

/* Readable when there is something in it. */
int inbox_descriptor(const struct inbox *inbox);

/* Freed with free(). */
struct inbox_item *inbox_item_new(enum inbox_kind kind, struct dns_request **requests,
				  size_t count);

/* Takes the item over. False when the inbox is closed; then the item stays the caller's. */
bool inbox_put(struct inbox *inbox, struct inbox_item *item) ATTRIBUTE_RESULT_MATTERS;

/* All items, in the order they came in. */
struct inbox_item *inbox_take(struct inbox *inbox);

/* Nothing is taken in any more. */
void inbox_close(struct inbox *inbox);

#endif
