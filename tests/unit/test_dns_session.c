/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/dns.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "dns/backend.h"
#include "dns/packet.h"
#include "dns/zone_text.h"

enum { HELD_MAX = 2000, FAR = 600000, NEAR = 30 };

/* A back end that counts, and keeps requests until the test lets them go. */
struct keeper {
	struct dns_backend backend;     /* must be first */
	struct dns_backend *inner;      /* where the kept requests go, or NULL */
	pthread_mutex_t lock;           /* guards the rest */
	struct dns_request *held[HELD_MAX];
	size_t held_count;
	size_t batches;
	size_t submitted;
	size_t abandoned;
};

static void
keep(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	struct keeper *keeper = (struct keeper *)(void *)backend;

	(void)pthread_mutex_lock(&keeper->lock);
	keeper->batches++;
	for (size_t i = 0; i < count; i++) {
		keeper->submitted++;
		keeper->held[keeper->held_count++] = requests[i];
	}
	(void)pthread_mutex_unlock(&keeper->lock);
}

static void
forget(struct dns_backend *backend, struct dns_request *request)
{
	struct keeper *keeper = (struct keeper *)(void *)backend;

	(void)request;
	(void)pthread_mutex_lock(&keeper->lock);
	keeper->abandoned++;
	(void)pthread_mutex_unlock(&keeper->lock);
}

/* Answers all that is kept. */
static void
let_go(struct keeper *keeper, const char *reason)
{
	for (size_t i = 0; i < keeper->held_count; i++) {
		if (keeper->inner != NULL)
			keeper->inner->submit(keeper->inner, &keeper->held[i], 1);
		else
			dns_request_answer(keeper->held[i], NULL, 0, false, reason);
	}
	keeper->held_count = 0;
}

static void
keeper_begin(struct keeper *keeper)
{
	*keeper = (struct keeper){ .backend = { .submit = keep, .abandon = forget } };
	(void)pthread_mutex_init(&keeper->lock, NULL);
}

static struct dns_backend *
zone(struct arena *arena, const char *source)
{
	struct text reason;
	struct zone_text *text = zone_text_parse(arena, text_from(source), &reason);

	assert_non_null(text);
	return zone_text_backend(arena, text);
}

static int64_t
in(int64_t milliseconds)
{
	return clock_milliseconds() + milliseconds;
}

static void
remembers_every_question(void **state)
{
	struct arena *own = arena_new();
	struct arena *arena = arena_new();
	struct keeper keeper;
	struct dns_session *session;
	const struct dns_answer *answer;
	const struct dns_answer *listed;
	struct text name;
	enum dns_type type;

	(void)state;
	keeper_begin(&keeper);
	keeper.inner = zone(own, "a.example A 192.0.2.1");
	session = dns_session_new(arena, &keeper.backend, 300, in(FAR));
	assert_int_equal(dns_peek(session, TEXT("A.Example"), DNS_A, DNS_ORDINARY)->status,
			 DNS_PENDING);
	dns_ask(session, TEXT("a.example."), DNS_A, DNS_ORDINARY);
	dns_ask(session, TEXT("\\097.example"), DNS_A, DNS_ESSENTIAL);
	dns_ask(session, TEXT("a.example"), DNS_AAAA, DNS_ORDINARY);
	assert_int_equal(keeper.submitted, 0);
	dns_flush(session);
	dns_flush(session);
	assert_int_equal(keeper.submitted, 2);
	assert_int_equal(keeper.batches, 1);
	assert_false(dns_has_news(session));
	let_go(&keeper, NULL);
	assert_true(dns_has_news(session));
	assert_false(dns_has_news(session));
	answer = dns_look_up(session, TEXT("a.example"), DNS_A, DNS_ORDINARY);
	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->count, 1);
	assert_int_equal(keeper.submitted, 2);
	assert_int_equal(dns_question_count(session), 2);
	assert_true(dns_question_at(session, 0, &name, &type, &listed));
	assert_true(text_equal(name, TEXT("a.example")));
	assert_int_equal(type, DNS_A);
	assert_ptr_equal(listed, answer);
	assert_true(dns_question_at(session, 1, &name, &type, &listed));
	assert_int_equal(listed->status, DNS_NO_DATA);
	assert_false(dns_question_at(session, 2, &name, &type, &listed));
	arena_free(&arena);
	arena_free(&own);
}

static void
does_not_ask_for_what_cannot_be(void **state)
{
	static const struct text rows[] = {
		{ "", 0 }, { ".", 1 }, { "a..b", 4 }, { ".a", 2 }, { "\\", 1 },
		{ "0123456789012345678901234567890123456789012345678901234567890123.x", 66 },
	};
	struct arena *arena = arena_new();
	struct keeper keeper;
	struct dns_session *session;

	(void)state;
	keeper_begin(&keeper);
	session = dns_session_new(arena, &keeper.backend, 300, in(FAR));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(dns_look_up(session, rows[i], DNS_TXT, DNS_ORDINARY)->status,
				 DNS_NO_NAME);
		assert_int_equal(dns_look_up(session, rows[i], DNS_TXT, DNS_ORDINARY)->status,
				 DNS_NO_NAME);
	}
	assert_int_equal(dns_question_count(session), 0);
	assert_int_equal(keeper.submitted, 0);
	assert_false(dns_wait(session));
	arena_free(&arena);
}

/* Asks for n1 to n<count>; returns how many were refused. */
static size_t
refused_of(struct dns_session *session, struct arena *arena, size_t from, size_t to,
	   enum dns_share share)
{
	size_t refused = 0;

	for (size_t i = from; i <= to; i++) {
		struct text name = text_printf(arena, "n%zu.example", i);
		const struct dns_answer *answer = dns_look_up(session, name, DNS_A, share);

		refused += answer->status == DNS_LIMIT;
		if (answer->status == DNS_LIMIT)
			assert_non_null(answer->reason);
		else
			assert_int_equal(answer->status, DNS_NO_NAME);
	}
	return refused;
}

static void
keeps_the_budget(void **state)
{
	struct arena *own = arena_new();
	struct arena *arena = arena_new();
	struct dns_backend *backend = zone(own, "");
	struct dns_session *session = dns_session_new(arena, backend, 20, in(FAR));

	(void)state;
	assert_int_equal(refused_of(session, arena, 1, 11, DNS_ORDINARY), 0);
	assert_int_equal(refused_of(session, arena, 12, 13, DNS_ORDINARY), 2);
	/* Again, and from memory. */
	assert_int_equal(refused_of(session, arena, 1, 13, DNS_ORDINARY), 2);
	/* The reserve; also for what was refused before. */
	assert_int_equal(refused_of(session, arena, 12, 20, DNS_ESSENTIAL), 0);
	assert_int_equal(refused_of(session, arena, 21, 22, DNS_ESSENTIAL), 2);
	assert_int_equal(dns_question_count(session), 20);
	arena_empty(arena);
	session = dns_session_new(arena, backend, DNS_ESSENTIAL_RESERVE, in(FAR));
	assert_int_equal(refused_of(session, arena, 1, 1, DNS_ORDINARY), 1);
	assert_int_equal(refused_of(session, arena, 1, 9, DNS_ESSENTIAL), 0);
	session = dns_session_new(arena, backend, 0, in(FAR));
	assert_int_equal(refused_of(session, arena, 1, 1, DNS_ESSENTIAL), 1);
	arena_free(&arena);
	arena_free(&own);
}

static void
ends_open_questions_at_the_deadline(void **state)
{
	struct arena *own = arena_new();
	struct arena *arena = arena_new();
	struct keeper keeper;
	struct dns_session *session;
	const struct dns_answer *answer;
	const struct dns_answer *other;

	(void)state;
	keeper_begin(&keeper);
	keeper.inner = zone(own, "a A 192.0.2.1");
	session = dns_session_new(arena, &keeper.backend, 300, in(FAR));
	other = dns_peek(session, TEXT("a"), DNS_TXT, DNS_ORDINARY);
	dns_flush(session);
	dns_session_set_deadline(session, in(NEAR));
	answer = dns_look_up(session, TEXT("a"), DNS_A, DNS_ORDINARY);
	assert_int_equal(answer->status, DNS_RETRY);
	assert_string_equal(answer->reason, "deadline");
	assert_int_equal(other->status, DNS_RETRY);
	assert_int_equal(keeper.abandoned, 2);
	assert_true(dns_waited_milliseconds(session) > 0);
	/* What comes too late changes nothing. */
	let_go(&keeper, NULL);
	assert_false(dns_wait(session));
	assert_int_equal(dns_look_up(session, TEXT("a"), DNS_A, DNS_ORDINARY)->status, DNS_RETRY);
	/* What is asked after it is not sent. */
	assert_string_equal(dns_look_up(session, TEXT("b"), DNS_A, DNS_ORDINARY)->reason,
			    "deadline");
	assert_int_equal(keeper.submitted, 2);
	arena_free(&arena);
	arena_free(&own);
}

static void
a_silent_name_of_a_zone_ends_at_the_deadline(void **state)
{
	struct arena *own = arena_new();
	struct arena *arena = arena_new();
	struct dns_session *session = dns_session_new(arena, zone(own, "a TIMEOUT\nb A 192.0.2.1"),
						      300, in(NEAR));

	(void)state;
	dns_ask(session, TEXT("a"), DNS_A, DNS_ORDINARY);
	dns_ask(session, TEXT("b"), DNS_A, DNS_ORDINARY);
	assert_true(dns_wait(session));
	assert_int_equal(dns_peek(session, TEXT("b"), DNS_A, DNS_ORDINARY)->status, DNS_FOUND);
	assert_int_equal(dns_peek(session, TEXT("a"), DNS_A, DNS_ORDINARY)->status, DNS_PENDING);
	assert_false(dns_wait(session));
	assert_string_equal(dns_peek(session, TEXT("a"), DNS_A, DNS_ORDINARY)->reason, "deadline");
	/* And when the message is given up before it. */
	session = dns_session_new(arena, zone(own, "a TIMEOUT"), 300, in(FAR));
	dns_ask(session, TEXT("a"), DNS_A, DNS_ORDINARY);
	dns_flush(session);
	arena_free(&arena);
	arena_free(&own);
}

/* The back end answers after the session is gone, and before. */
static void
lets_go_in_any_order(void **state)
{
	struct arena *arena = arena_new();
	struct keeper keeper;
	struct dns_session *session;

	(void)state;
	keeper_begin(&keeper);
	session = dns_session_new(arena, &keeper.backend, 300, in(FAR));
	dns_ask(session, TEXT("a"), DNS_A, DNS_ORDINARY);
	dns_flush(session);
	let_go(&keeper, "answered, never read");
	dns_ask(session, TEXT("b"), DNS_A, DNS_ORDINARY);
	dns_ask(session, TEXT("c"), DNS_A, DNS_ORDINARY);
	dns_flush(session);
	dns_ask(session, TEXT("d"), DNS_A, DNS_ORDINARY);
	arena_empty(arena);
	assert_int_equal(keeper.abandoned, 2);
	let_go(&keeper, "too late");
	arena_free(&arena);
}

static void
gives_the_reason_of_the_back_end(void **state)
{
	static const uint8_t garbage[] = { 1, 2, 3 };
	struct arena *arena = arena_new();
	struct keeper keeper;
	struct dns_session *session;

	(void)state;
	keeper_begin(&keeper);
	session = dns_session_new(arena, &keeper.backend, 300, in(FAR));
	dns_ask(session, TEXT("a"), DNS_A, DNS_ORDINARY);
	dns_ask(session, TEXT("b"), DNS_A, DNS_ORDINARY);
	dns_flush(session);
	dns_request_answer(keeper.held[0], NULL, 0, true, "timeout");
	dns_request_answer(keeper.held[1], garbage, sizeof(garbage), true, NULL);
	assert_true(dns_wait(session));
	assert_string_equal(dns_peek(session, TEXT("a"), DNS_A, DNS_ORDINARY)->reason, "timeout");
	assert_string_equal(dns_peek(session, TEXT("b"), DNS_A, DNS_ORDINARY)->reason,
			    "malformed answer");
	assert_false(dns_peek(session, TEXT("b"), DNS_A, DNS_ORDINARY)->is_secure);
	arena_free(&arena);
}

/* A thread that answers what is kept, until it has answered `left`. */
struct answerer {
	struct keeper *keeper;
	size_t left;
};

static void *
answer_from_a_thread(void *data)
{
	struct answerer *answerer = data;

	while (answerer->left > 0) {
		struct dns_request *request = NULL;

		(void)pthread_mutex_lock(&answerer->keeper->lock);
		if (answerer->keeper->held_count > 0)
			request = answerer->keeper->held[--answerer->keeper->held_count];
		(void)pthread_mutex_unlock(&answerer->keeper->lock);
		if (request == NULL)
			continue;
		dns_request_answer(request, NULL, 0, false, "no");
		answerer->left--;
	}
	return NULL;
}

/* Answers arrive while the session waits, gives up at once, or reaches its deadline. */
static void
shares_requests_with_another_thread(void **state)
{
	enum { ROUNDS = 120, EACH = 15 };
	struct arena *arena = arena_new();
	struct keeper keeper;
	struct answerer answerer = { &keeper, (size_t)ROUNDS * EACH };
	pthread_t thread;

	(void)state;
	keeper_begin(&keeper);
	assert_int_equal(pthread_create(&thread, NULL, answer_from_a_thread, &answerer), 0);
	for (size_t round = 0; round < ROUNDS; round++) {
		int64_t deadline = round % 3 == 2 ? in(1) : in(FAR);
		struct dns_session *session =
			dns_session_new(arena, &keeper.backend, 300, deadline);

		for (size_t i = 0; i < EACH; i++)
			dns_ask(session, text_printf(arena, "n%zu", i), DNS_A, DNS_ORDINARY);
		/* So that every question is sent, also when the deadline comes early. */
		dns_session_set_deadline(session, in(FAR));
		dns_flush(session);
		dns_session_set_deadline(session, deadline);
		while (round % 3 != 1 && dns_wait(session))
			continue;
		arena_empty(arena);
	}
	(void)pthread_join(thread, NULL);
	assert_int_equal(keeper.submitted, (size_t)ROUNDS * EACH);
	arena_free(&arena);
}

/* More than fits in one batch. */
static void
sends_many_questions(void **state)
{
	static const size_t counts[] = { 63, 64, 65, 200 };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t row = 0; row < COUNT_OF(counts); row++) {
		struct keeper keeper;
		struct dns_session *session;
		size_t news = 0;

		keeper_begin(&keeper);
		session = dns_session_new(arena, &keeper.backend, 300, in(FAR));
		for (size_t i = 0; i < counts[row]; i++)
			dns_ask(session, text_printf(arena, "n%zu", i), DNS_A, DNS_ORDINARY);
		dns_flush(session);
		assert_int_equal(keeper.submitted, counts[row]);
		assert_int_equal(keeper.batches, (counts[row] + 63) / 64);
		let_go(&keeper, "no");
		while (dns_wait(session))
			news++;
		assert_int_equal(news, 1);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_every_question),
		cmocka_unit_test(does_not_ask_for_what_cannot_be),
		cmocka_unit_test(keeps_the_budget),
		cmocka_unit_test(ends_open_questions_at_the_deadline),
		cmocka_unit_test(a_silent_name_of_a_zone_ends_at_the_deadline),
		cmocka_unit_test(lets_go_in_any_order),
		cmocka_unit_test(gives_the_reason_of_the_back_end),
		cmocka_unit_test(shares_requests_with_another_thread),
		cmocka_unit_test(sends_many_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
