/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/ordered_dns.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "dns/mailbox.h"

static struct ordered_dns *
own(struct dns_backend *backend)
{
	return (struct ordered_dns *)(void *)backend;
}

static const struct dns_exchange *
find(const struct dns_exchanges *exchanges, struct text name, enum dns_type type)
{
	for (size_t i = 0; i < exchanges->count; i++)
		if (exchanges->items[i].type == type &&
		    text_equal_nocase(exchanges->items[i].name, name))
			return &exchanges->items[i];
	return NULL;
}

static void
answer(struct dns_request *request, const struct dns_exchange *exchange)
{
	dns_request_answer(request, exchange->reason == NULL ? exchange->packet : NULL,
			   exchange->length, exchange->is_secure, exchange->reason);
}

/* A question that was asked before, by another session, is not asked again. */
static bool
answer_again(struct ordered_dns *dns, struct dns_request *request)
{
	const struct dns_exchange *known = find(&dns->exchanges, request->name, request->type);

	if (known == NULL)
		return false;
	answer(request, known);
	return true;
}

static void
note_and_answer(struct ordered_dns *dns, struct dns_request *request,
		struct dns_exchange exchange)
{
	exchange.name = text_copy(dns->arena, request->name);
	exchange.type = request->type;
	dns_exchange_add(dns->arena, &dns->exchanges, exchange);
	answer(request, &exchange);
}

const struct dns_exchange *
ordered_dns_find(const struct ordered_dns *dns, struct text name, enum dns_type type)
{
	return find(&dns->exchanges, name, type);
}

static void
submit_replay(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	struct ordered_dns *dns = own(backend);

	for (size_t i = 0; i < count; i++) {
		const struct dns_exchange *recorded =
			find(dns->recorded, requests[i]->name, requests[i]->type);
		struct dns_exchange exchange = { .reason = "not in the record" };

		if (answer_again(dns, requests[i]))
			continue;
		if (recorded != NULL)
			exchange = *recorded;
		note_and_answer(dns, requests[i], exchange);
	}
}

/* What one question came to, as far as it is known. */
static struct dns_exchange
read_result(struct ordered_dns *dns, const struct shared_request *shared, bool has_arrived)
{
	struct dns_exchange exchange = { .reason = dns->silence };
	uint8_t *packet;

	if (!has_arrived)
		return exchange;
	exchange.milliseconds = dns->is_immediate ? 0 : shared->answered_at - shared->asked_at;
	exchange.is_secure = shared->is_secure;
	exchange.age = shared->age;
	exchange.reason = shared->reason;
	if (shared->packet == NULL) {
		if (exchange.reason == NULL)
			exchange.reason = "no answer";
		return exchange;
	}
	exchange.reason = NULL;
	packet = arena_alloc(dns->arena, shared->length + 1);
	memcpy(packet, shared->packet, shared->length);
	exchange.packet = packet;
	exchange.length = shared->length;
	return exchange;
}

/* Waits until all have arrived, or for as long as there is time. */
static void
wait_for_all(struct ordered_dns *dns, struct dns_mailbox *mailbox,
	     struct shared_request **inner, bool *has_arrived, size_t count)
{
	size_t open = count;

	for (;;) {
		struct shared_request *next = mailbox_take(mailbox);

		while (next != NULL) {
			struct shared_request *shared = next;

			next = shared->next;
			for (size_t i = 0; i < count; i++)
				if (inner[i] == shared)
					has_arrived[i] = true;
			open--;
			dns_request_release(&shared->request);
		}
		if (open == 0 || dns->is_immediate || clock_milliseconds() >= dns->deadline)
			return;
		mailbox_wait(mailbox, dns->deadline);
	}
}

/* What has not arrived is no longer waited for, and nothing of it is left behind. */
static void
abandon_rest(struct ordered_dns *dns, struct dns_mailbox *mailbox,
	     struct shared_request **inner, const bool *has_arrived, size_t count)
{
	struct shared_request *next;

	mailbox_close(mailbox);
	for (size_t i = 0; i < count; i++)
		if (!has_arrived[i])
			dns->source->abandon(dns->source, &inner[i]->request);
	next = mailbox_take(mailbox);
	while (next != NULL) {
		struct shared_request *shared = next;

		next = shared->next;
		dns_request_release(&shared->request);
	}
}

static void
ask_source(struct ordered_dns *dns, struct dns_request **requests, size_t count)
{
	struct dns_mailbox *mailbox = mailbox_new();
	struct shared_request **inner = arena_array(dns->arena, count, sizeof(*inner));
	struct dns_request **batch = arena_array(dns->arena, count, sizeof(*batch));
	bool *has_arrived = arena_array(dns->arena, count, sizeof(*has_arrived));
	int64_t start = clock_milliseconds();

	for (size_t i = 0; i < count; i++) {
		inner[i] = mailbox_request(mailbox, requests[i]->name, requests[i]->type, NULL);
		batch[i] = &inner[i]->request;
	}
	dns->source->submit(dns->source, batch, count);
	wait_for_all(dns, mailbox, inner, has_arrived, count);
	for (size_t i = 0; i < count; i++) {
		struct dns_exchange exchange = read_result(dns, inner[i], has_arrived[i]);

		if (!has_arrived[i] && !dns->is_immediate)
			exchange.milliseconds = clock_milliseconds() - start;
		note_and_answer(dns, requests[i], exchange);
	}
	abandon_rest(dns, mailbox, inner, has_arrived, count);
	for (size_t i = 0; i < count; i++)
		dns_request_release(&inner[i]->request);
	mailbox_release(mailbox);
	if (!dns->is_immediate)
		dns->waited += clock_milliseconds() - start;
}

static void
submit(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	struct ordered_dns *dns = own(backend);
	struct dns_request **fresh = arena_array(dns->arena, count, sizeof(*fresh));
	size_t fresh_count = 0;

	for (size_t i = 0; i < count; i++)
		if (!answer_again(dns, requests[i]))
			fresh[fresh_count++] = requests[i];
	if (fresh_count > 0)
		ask_source(dns, fresh, fresh_count);
}

/* Every question is answered when it is handed over. */
static void
abandon(struct dns_backend *backend, struct dns_request *request)
{
	(void)backend;
	(void)request;
}

void
ordered_dns_init(struct ordered_dns *dns, struct arena *arena, struct dns_backend *source,
		 int64_t deadline)
{
	*dns = (struct ordered_dns){
		.backend = { .submit = submit, .abandon = abandon },
		.arena = arena,
		.source = source,
		.silence = "deadline",
		.deadline = deadline,
	};
}

void
ordered_dns_init_replay(struct ordered_dns *dns, struct arena *arena,
			const struct dns_exchanges *recorded)
{
	*dns = (struct ordered_dns){
		.backend = { .submit = submit_replay, .abandon = abandon },
		.arena = arena,
		.recorded = recorded,
	};
}
