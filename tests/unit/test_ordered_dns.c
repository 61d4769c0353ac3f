/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/ordered_dns.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "dns/zone_text.h"

enum { LATE = 600000, SOON = 300 };     /* milliseconds from now */

static const char zone_source[] =
	"a.example 60 A 192.0.2.1\nb.example TXT hello\nc.example TIMEOUT\nd.example SERVFAIL\n";

/* A source that answers from another thread, a little later, and c.example never. */
struct slow_source {
	struct dns_backend backend;     /* must be first */
	struct dns_backend *zone;
	pthread_t thread;
	struct dns_request *requests[8];
	size_t count;
	struct dns_request *silent;
};

static void *
answer_later(void *data)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	struct slow_source *source = data;

	(void)nanosleep(&pause, NULL);
	/* Last asked, first answered. */
	for (size_t i = source->count; i > 0; i--)
		source->zone->submit(source->zone, &source->requests[i - 1], 1);
	return NULL;
}

static void
submit_slow(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	struct slow_source *source = (struct slow_source *)(void *)backend;

	source->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (text_equal(requests[i]->name, TEXT("c.example")))
			source->silent = requests[i];
		else
			source->requests[source->count++] = requests[i];
	}
	assert_int_equal(pthread_create(&source->thread, NULL, answer_later, source), 0);
}

static void
abandon_slow(struct dns_backend *backend, struct dns_request *request)
{
	struct slow_source *source = (struct slow_source *)(void *)backend;

	if (request == source->silent)
		dns_request_answer(request, NULL, 0, false, "given up");
}

static struct dns_backend *
zone_backend(struct arena *arena)
{
	struct text reason;
	struct zone_text *zone = zone_text_parse(arena, text_from(zone_source), &reason);

	assert_non_null(zone);
	return zone_text_backend(arena, zone);
}

static void
ask_all(struct dns_session *session)
{
	dns_ask(session, TEXT("a.example"), DNS_A, DNS_ORDINARY);
	dns_ask(session, TEXT("B.example."), DNS_TXT, DNS_ORDINARY);
	dns_ask(session, TEXT("d.example"), DNS_A, DNS_ORDINARY);
}

static void
check_exchanges(const struct ordered_dns *dns)
{
	static const char *const names[] = { "a.example", "b.example", "d.example" };

	assert_int_equal(dns->exchanges.count, COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_true(text_equal(dns->exchanges.items[i].name, text_from(names[i])));
}

static void
answers_in_the_order_of_the_questions(void **state)
{
	struct arena *arena = arena_new();
	struct slow_source source = {
		.backend = { .submit = submit_slow, .abandon = abandon_slow },
		.zone = zone_backend(arena),
	};
	struct ordered_dns dns;
	struct dns_session *session;
	struct arena *message = arena_new();

	(void)state;
	ordered_dns_init(&dns, arena, &source.backend, clock_milliseconds() + LATE);
	session = dns_session_new(message, &dns.backend, 20, clock_milliseconds() + LATE);
	ask_all(session);
	dns_flush(session);
	(void)pthread_join(source.thread, NULL);
	/* All are there without waiting. */
	assert_int_equal(dns_peek(session, TEXT("a.example"), DNS_A, DNS_ORDINARY)->status, DNS_FOUND);
	assert_int_equal(dns_peek(session, TEXT("b.example"), DNS_TXT, DNS_ORDINARY)->status, DNS_FOUND);
	assert_int_equal(dns_peek(session, TEXT("d.example"), DNS_A, DNS_ORDINARY)->status, DNS_RETRY);
	check_exchanges(&dns);
	assert_true(dns.waited >= 10);
	arena_free(&message);
	arena_free(&arena);
}

static void
ends_at_the_deadline(void **state)
{
	struct arena *arena = arena_new();
	struct slow_source source = {
		.backend = { .submit = submit_slow, .abandon = abandon_slow },
		.zone = zone_backend(arena),
	};
	struct ordered_dns dns;
	struct dns_session *session;
	struct arena *message = arena_new();
	const struct dns_answer *answer;

	(void)state;
	ordered_dns_init(&dns, arena, &source.backend, clock_milliseconds() + SOON);
	session = dns_session_new(message, &dns.backend, 20, clock_milliseconds() + LATE);
	dns_ask(session, TEXT("c.example"), DNS_A, DNS_ORDINARY);
	answer = dns_look_up(session, TEXT("a.example"), DNS_A, DNS_ORDINARY);
	(void)pthread_join(source.thread, NULL);
	assert_int_equal(answer->status, DNS_FOUND);
	answer = dns_peek(session, TEXT("c.example"), DNS_A, DNS_ORDINARY);
	assert_int_equal(answer->status, DNS_RETRY);
	assert_string_equal(answer->reason, "deadline");
	assert_true(dns.exchanges.items[0].milliseconds >= SOON / 2);
	arena_free(&message);
	arena_free(&arena);
}

/* A zone is silent at once, and takes no time. */
static void
does_not_wait_for_a_zone(void **state)
{
	struct arena *arena = arena_new();
	struct arena *message = arena_new();
	struct ordered_dns dns;
	struct dns_session *session;
	const struct dns_answer *answer;

	(void)state;
	ordered_dns_init(&dns, arena, zone_backend(arena), clock_milliseconds() + LATE);
	dns.is_immediate = true;
	dns.silence = "timeout";
	session = dns_session_new(message, &dns.backend, 20, clock_milliseconds() + LATE);
	answer = dns_look_up(session, TEXT("c.example"), DNS_A, DNS_ORDINARY);
	assert_int_equal(answer->status, DNS_RETRY);
	assert_string_equal(answer->reason, "timeout");
	assert_int_equal(dns.waited, 0);
	assert_int_equal(dns.exchanges.items[0].milliseconds, 0);
	arena_free(&message);
	arena_free(&arena);
}

static void
replays_what_was_recorded(void **state)
{
	struct arena *arena = arena_new();
	struct arena *message = arena_new();
	struct ordered_dns live;
	struct ordered_dns replay;
	struct dns_session *session;
	const struct dns_answer *answer;

	(void)state;
	ordered_dns_init(&live, arena, zone_backend(arena), clock_milliseconds() + LATE);
	live.is_immediate = true;
	session = dns_session_new(message, &live.backend, 20, clock_milliseconds() + LATE);
	ask_all(session);
	dns_flush(session);
	arena_empty(message);
	ordered_dns_init_replay(&replay, arena, &live.exchanges);
	session = dns_session_new(message, &replay.backend, 20, clock_milliseconds() + LATE);
	ask_all(session);
	dns_flush(session);
	check_exchanges(&replay);
	assert_int_equal(dns_peek(session, TEXT("a.example"), DNS_A, DNS_ORDINARY)->ttl, 60);
	answer = dns_look_up(session, TEXT("e.example"), DNS_A, DNS_ORDINARY);
	assert_int_equal(answer->status, DNS_RETRY);
	assert_string_equal(answer->reason, "not in the record");
	assert_null(ordered_dns_find(&replay, TEXT("a.example"), DNS_AAAA));
	assert_non_null(ordered_dns_find(&replay, TEXT("A.example"), DNS_A));
	arena_free(&message);
	arena_free(&arena);
}

/* Two sessions of one message: who explains may ask what was asked. */
static void
asks_once(void **state)
{
	struct arena *arena = arena_new();
	struct arena *message = arena_new();
	struct ordered_dns dns;

	(void)state;
	ordered_dns_init(&dns, arena, zone_backend(arena), clock_milliseconds() + LATE);
	dns.is_immediate = true;
	for (int i = 0; i < 2; i++) {
		struct dns_session *session =
			dns_session_new(message, &dns.backend, 20, clock_milliseconds() + LATE);

		assert_int_equal(dns_look_up(session, TEXT("a.example"), DNS_A, DNS_ORDINARY)->count, 1);
	}
	assert_int_equal(dns.exchanges.count, 1);
	arena_free(&message);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_the_order_of_the_questions),
		cmocka_unit_test(ends_at_the_deadline),
		cmocka_unit_test(does_not_wait_for_a_zone),
		cmocka_unit_test(replays_what_was_recorded),
		cmocka_unit_test(asks_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
