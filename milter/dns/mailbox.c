/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/mailbox.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"

struct dns_mailbox {
	atomic_uint references;
	pthread_mutex_t lock;           /* guards the rest */
	pthread_cond_t arrived;
	struct shared_request *answered;        /* newest first */
	bool is_closed;
};

struct dns_mailbox *
mailbox_new(void)
{
	struct dns_mailbox *mailbox = memory_new(sizeof(*mailbox));
	pthread_condattr_t attributes;

	atomic_init(&mailbox->references, 1);
	(void)pthread_mutex_init(&mailbox->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&mailbox->arrived, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return mailbox;
}

void
mailbox_release(struct dns_mailbox *mailbox)
{
	if (atomic_fetch_sub(&mailbox->references, 1) != 1)
		return;
	(void)pthread_cond_destroy(&mailbox->arrived);
	(void)pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

struct shared_request *
mailbox_request(struct dns_mailbox *mailbox, struct text name, enum dns_type type,
		struct question *question)
{
	struct shared_request *shared = memory_new(sizeof(*shared) + name.length + 1);

	memcpy(shared->name, name.bytes, name.length);
	shared->request.name = text_of(shared->name, name.length);
	shared->request.type = type;
	atomic_init(&shared->references, 2);
	shared->question = question;
	shared->mailbox = mailbox;
	shared->asked_at = clock_milliseconds();
	(void)atomic_fetch_add(&mailbox->references, 1);
	return shared;
}

static struct shared_request *
shared_of(struct dns_request *request)
{
	return (struct shared_request *)(void *)request;
}

void
dns_request_hold(struct dns_request *request)
{
	(void)atomic_fetch_add(&shared_of(request)->references, 1);
}

void
dns_request_release(struct dns_request *request)
{
	struct shared_request *shared = shared_of(request);

	if (atomic_fetch_sub(&shared->references, 1) != 1)
		return;
	mailbox_release(shared->mailbox);
	free(shared->packet);
	free(shared);
}

/* Gives the request with its answer to the session. */
static void
deliver(struct shared_request *shared)
{
	struct dns_mailbox *mailbox = shared->mailbox;
	bool is_closed;

	shared->answered_at = clock_milliseconds();
	(void)pthread_mutex_lock(&mailbox->lock);
	is_closed = mailbox->is_closed;
	if (!is_closed) {
		if (mailbox->answered == NULL)
			(void)pthread_cond_signal(&mailbox->arrived);
		shared->next = mailbox->answered;
		mailbox->answered = shared;
	}
	(void)pthread_mutex_unlock(&mailbox->lock);
	/* The back end's reference is now the list's. */
	if (is_closed)
		dns_request_release(&shared->request);
}

void
dns_request_answer(struct dns_request *request, const uint8_t *packet, size_t length,
		   bool is_secure, const char *reason)
{
	struct shared_request *shared = shared_of(request);

	if (packet != NULL) {
		shared->packet = memory_new(length);
		memcpy(shared->packet, packet, length);
		shared->length = length;
	}
	shared->is_secure = is_secure;
	shared->reason = reason;
	deliver(shared);
}

void
dns_request_answer_again(struct dns_request *request, uint8_t *packet, size_t length,
			 bool is_secure, uint32_t age)
{
	struct shared_request *shared = shared_of(request);

	shared->packet = packet;
	shared->length = length;
	shared->is_secure = is_secure;
	shared->age = age;
	deliver(shared);
}

struct shared_request *
mailbox_take(struct dns_mailbox *mailbox)
{
	struct shared_request *list;

	(void)pthread_mutex_lock(&mailbox->lock);
	list = mailbox->answered;
	mailbox->answered = NULL;
	(void)pthread_mutex_unlock(&mailbox->lock);
	return list;
}

void
mailbox_close(struct dns_mailbox *mailbox)
{
	(void)pthread_mutex_lock(&mailbox->lock);
	mailbox->is_closed = true;
	(void)pthread_mutex_unlock(&mailbox->lock);
}

void
mailbox_wait(struct dns_mailbox *mailbox, int64_t deadline)
{
	struct timespec until = { .tv_sec = (time_t)(deadline / 1000),
				  .tv_nsec = (long)(deadline % 1000) * 1000000 };
	int error = 0;

	(void)pthread_mutex_lock(&mailbox->lock);
	while (mailbox->answered == NULL && error == 0)
		error = pthread_cond_timedwait(&mailbox->arrived, &mailbox->lock, &until);
	(void)pthread_mutex_unlock(&mailbox->lock);
}
