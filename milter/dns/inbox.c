/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"

struct inbox {
	int descriptor;
	pthread_mutex_t lock;           /* guards the rest */
	struct inbox_item *first;
	struct inbox_item **end;
	bool is_closed;
};

struct inbox *
inbox_new(void)
{
	struct inbox *inbox = memory_new(sizeof(*inbox));

	inbox->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (inbox->descriptor < 0) {
		free(inbox);
		return NULL;
	}
	(void)pthread_mutex_init(&inbox->lock, NULL);
	inbox->end = &inbox->first;
	return inbox;
}

void
inbox_free(struct inbox **inbox)
{
	if (*inbox == NULL)
		return;
	(void)close((*inbox)->descriptor);
	(void)pthread_mutex_destroy(&(*inbox)->lock);
	free(*inbox);
	*inbox = NULL;
}

int
inbox_descriptor(const struct inbox *inbox)
{
	return inbox->descriptor;
}

struct inbox_item *
inbox_item_new(enum inbox_kind kind, struct dns_request **requests, size_t count)
{
	struct inbox_item *item = memory_new(sizeof(*item) + count * sizeof(*requests));

	item->kind = kind;
	item->count = count;
	if (count > 0)
		memcpy(item->requests, requests, count * sizeof(*requests));
	return item;
}

bool
inbox_put(struct inbox *inbox, struct inbox_item *item)
{
	bool must_wake;
	bool is_closed;

	(void)pthread_mutex_lock(&inbox->lock);
	is_closed = inbox->is_closed;
	must_wake = inbox->first == NULL;
	if (!is_closed) {
		*inbox->end = item;
		inbox->end = &item->next;
	}
	(void)pthread_mutex_unlock(&inbox->lock);
	/* Cannot fail: the counter stays far below its maximum. */
	if (must_wake && !is_closed)
		(void)eventfd_write(inbox->descriptor, 1);
	return !is_closed;
}

struct inbox_item *
inbox_take(struct inbox *inbox)
{
	struct inbox_item *items;
	eventfd_t ignored;

	/* Before the list: what comes in after this wakes the thread again. */
	(void)eventfd_read(inbox->descriptor, &ignored);
	(void)pthread_mutex_lock(&inbox->lock);
	items = inbox->first;
	inbox->first = NULL;
	inbox->end = &inbox->first;
	(void)pthread_mutex_unlock(&inbox->lock);
	return items;
}

void
inbox_close(struct inbox *inbox)
{
	(void)pthread_mutex_lock(&inbox->lock);
	inbox->is_closed = true;
	(void)pthread_mutex_unlock(&inbox->lock);
}
