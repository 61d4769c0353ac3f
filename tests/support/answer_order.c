/* SPDX-License-Identifier: BSD-2-Clause */
#include "answer_order.h"

#include <stdlib.h>

#include "dns/mailbox.h"

enum {
	WAITING_MAX = 20000,    /* more than any budget */
	AT_ONCE_MAX = 4         /* so many are answered at a time, less one */
};

static struct {
	struct dns_backend backend;
	struct dns_backend *inner;
	struct text order;
	size_t position;
	struct dns_request *waiting[WAITING_MAX];
	size_t count;
} state;

void __wrap_mailbox_wait(struct dns_mailbox *mailbox, int64_t deadline);

static size_t
next_number(void)
{
	if (text_is_empty(state.order))
		return 0;
	return (unsigned char)state.order.bytes[state.position++ % state.order.length];
}

static void
answer_one(size_t index)
{
	struct dns_request *request = state.waiting[index];

	state.waiting[index] = state.waiting[--state.count];
	state.inner->submit(state.inner, &request, 1);
}

static void
answer_some(size_t how_many)
{
	while (how_many-- > 0 && state.count > 0)
		answer_one(next_number() % state.count);
}

static void
submit(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	(void)backend;
	for (size_t i = 0; i < count; i++) {
		if (state.count == WAITING_MAX)
			abort();
		state.waiting[state.count++] = requests[i];
	}
	answer_some(next_number() % AT_ONCE_MAX);
}

static void
abandon(struct dns_backend *backend, struct dns_request *request)
{
	(void)backend;
	for (size_t i = 0; i < state.count; i++) {
		if (state.waiting[i] != request)
			continue;
		state.waiting[i] = state.waiting[--state.count];
		dns_request_answer(request, NULL, 0, false, "abandoned");
		return;
	}
	state.inner->abandon(state.inner, request);
}

struct dns_backend *
answer_order_backend(struct dns_backend *inner, struct text order)
{
	state.backend = (struct dns_backend){ .submit = submit, .abandon = abandon };
	state.inner = inner;
	state.order = order;
	state.position = 0;
	state.count = 0;
	return &state.backend;
}

/* The session's thread would sleep now. */
void
__wrap_mailbox_wait(struct dns_mailbox *mailbox, int64_t deadline)
{
	(void)mailbox;
	(void)deadline;
	if (state.count == 0)
		abort();
	answer_some(1 + next_number() % AT_ONCE_MAX);
}
