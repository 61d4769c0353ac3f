/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/textbuf.h"
#include "dns/dns.h"
#include "dns/packet.h"
#include "name_server.h"

enum {
	SEEN_MAX = 20000,
	SEEN_NAME_MAX = 64,
	FAR = 600000,
	TIMEOUT = 5000,
	SHORT = 600,
	FAILURE_MEMORY = 60000
};

/* Changes an answer; see name_server.h. */
typedef size_t (*spoiler)(uint8_t *response, size_t length, size_t size, bool is_tcp);

/* A name server in a thread of its own, and a resolver that asks it. */
struct world {
	struct arena *arena;            /* of zones and resolver */
	struct arena *message;          /* of sessions */
	struct name_server *server;
	pthread_t thread;
	int wake;
	pthread_mutex_t lock;           /* guards the next two */
	char seen[SEEN_MAX][SEEN_NAME_MAX];
	size_t seen_count;
	_Atomic(spoiler) spoil;
	struct resolver_settings settings;
	struct text address;
	struct resolver *resolver;
};

static void
note_question(void *data, struct text name, unsigned type, bool is_tcp)
{
	struct world *world = data;

	(void)type;
	(void)is_tcp;
	(void)pthread_mutex_lock(&world->lock);
	if (world->seen_count < SEEN_MAX && name.length < SEEN_NAME_MAX)
		memcpy(world->seen[world->seen_count++], name.bytes, name.length);
	(void)pthread_mutex_unlock(&world->lock);
}

static size_t
seen(struct world *world, const char *name)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&world->lock);
	for (size_t i = 0; i < world->seen_count; i++)
		count += strcmp(world->seen[i], name) == 0;
	(void)pthread_mutex_unlock(&world->lock);
	return count;
}

static size_t
spoil(void *data, uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	struct world *world = data;

	spoiler change = atomic_load(&world->spoil);

	return change != NULL ? change(response, length, size, is_tcp) : length;
}

static void *
serve(void *data)
{
	struct world *world = data;

	while (!name_server_step(world->server, world->wake))
		continue;
	return NULL;
}

static const struct zone_text *
read_zone(struct world *world, const char *source)
{
	struct text reason;
	const struct zone_text *zone =
		zone_text_parse(world->arena, text_from(source), &reason);

	assert_non_null(zone);
	return zone;
}

static void
start_resolver(struct world *world)
{
	struct text reason = { NULL, 0 };

	world->resolver = resolver_start(&world->settings, world->arena, &reason);
	if (world->resolver == NULL)
		fail_msg("%.*s", TEXT_ARGUMENTS(reason));
}

static struct world *
world_prepare(const char *source, bool is_authoritative_only)
{
	struct world *world = calloc(1, sizeof(*world));
	struct name_server_settings settings = {
		.address = "127.0.0.1", .data = world, .seen = note_question, .spoil = spoil,
		.is_authoritative_only = is_authoritative_only,
	};

	assert_non_null(world);
	world->arena = arena_new();
	world->message = arena_new();
	(void)pthread_mutex_init(&world->lock, NULL);
	world->wake = eventfd(0, EFD_CLOEXEC);
	world->server = name_server_open(&settings, read_zone(world, source));
	assert_non_null(world->server);
	assert_int_equal(pthread_create(&world->thread, NULL, serve, world), 0);
	world->address = text_printf(world->arena, "127.0.0.1:%u", name_server_port(world->server));
	world->settings = (struct resolver_settings){
		.nameservers = &world->address, .nameserver_count = 1,
		.timeout_milliseconds = TIMEOUT, .cache_bytes = 4 << 20,
		.failure_memory_milliseconds = FAILURE_MEMORY, .sessions_max = 100,
	};
	return world;
}

static struct world *
world_begin(const char *source)
{
	struct world *world = world_prepare(source, false);

	start_resolver(world);
	return world;
}

static void
world_end(struct world *world)
{
	arena_free(&world->message);
	resolver_stop(&world->resolver);
	assert_null(world->resolver);
	(void)eventfd_write(world->wake, 1);
	(void)pthread_join(world->thread, NULL);
	name_server_close(&world->server);
	(void)close(world->wake);
	arena_free(&world->arena);
	free(world);
}

/* A session of its own, so that nothing is remembered there. */
static struct dns_session *
session(struct world *world)
{
	return dns_session_new(world->message, resolver_backend(world->resolver), 5000,
			       clock_milliseconds() + FAR);
}

static const struct dns_answer *
look_up(struct world *world, const char *name, enum dns_type type)
{
	return dns_look_up(session(world), text_from(name), type, DNS_ORDINARY);
}

static void
gives_every_status(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
		const char *reason;
		bool has_cname;
	} rows[] = {
		{ "a.example", DNS_A, DNS_FOUND, NULL, false },
		{ "a.example", DNS_TXT, DNS_NO_DATA, NULL, false },
		{ "none.example", DNS_A, DNS_NO_NAME, NULL, false },
		{ "alias.example", DNS_A, DNS_FOUND, NULL, true },
		{ "dangling.example", DNS_A, DNS_NO_NAME, NULL, true },
		{ "half.example", DNS_TXT, DNS_NO_DATA, NULL, true },
		{ "servfail.example", DNS_A, DNS_RETRY, "SERVFAIL", false },
		{ "refused.example", DNS_A, DNS_RETRY, "REFUSED", false },
		{ "strange\\000\\046name.example", DNS_A, DNS_FOUND, NULL, false },
		{ "txt.example", DNS_TXT, DNS_FOUND, NULL, false },
		/* Names that libunbound would answer by itself. */
		{ "mail.test", DNS_A, DNS_FOUND, NULL, false },
		{ "mail.invalid", DNS_A, DNS_FOUND, NULL, false },
		{ "mail.home.arpa", DNS_A, DNS_FOUND, NULL, false },
		{ "5.0.0.10.in-addr.arpa", DNS_PTR, DNS_FOUND, NULL, false },
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_FOUND, NULL, false },
		{ "1.1.168.192.in-addr.arpa", DNS_PTR, DNS_FOUND, NULL, false },
		{ "1.0.0.127.in-addr.arpa", DNS_PTR, DNS_FOUND, NULL, false },
		{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		  DNS_PTR, DNS_FOUND, NULL, false },
	};
	static const char zone[] =
		"a.example A 192.0.2.1\n"
		"alias.example CNAME a.example\n"
		"dangling.example CNAME none.example\n"
		"half.example CNAME a.example\n"
		"servfail.example SERVFAIL\n"
		"refused.example REFUSED\n"
		"strange\\000\\046name.example A 192.0.2.1\n"
		"txt.example TXT \"a\\000b\" \"c\"\n"
		"mail.test A 192.0.2.1\n"
		"mail.invalid A 192.0.2.1\n"
		"mail.home.arpa A 192.0.2.1\n"
		"5.0.0.10.in-addr.arpa PTR a.example\n"
		"1.2.0.192.in-addr.arpa PTR a.example\n"
		"1.1.168.192.in-addr.arpa PTR a.example\n"
		"1.0.0.127.in-addr.arpa PTR a.example\n"
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR a\n";
	bool failed = false;

	(void)state;
	/* A recursive server, and one that is only authoritative, as NSD. */
	for (int authoritative = 0; authoritative < 2; authoritative++) {
		struct world *world = world_prepare(zone, authoritative == 1);

		start_resolver(world);
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			const struct dns_answer *answer =
				look_up(world, rows[i].name, rows[i].type);

			if (answer->status == rows[i].status &&
			    answer->has_cname == rows[i].has_cname &&
			    (rows[i].reason == NULL || strcmp(answer->reason, rows[i].reason) == 0))
				continue;
			print_error("%s: %d %s\n", rows[i].name, (int)answer->status,
				    answer->reason != NULL ? answer->reason : "");
			failed = true;
		}
		assert_true(resolver_is_alive(world->resolver));
		world_end(world);
	}
	assert_false(failed);
}

/* Asks `name` twice in sessions of their own and compares how often the server was asked. */
static void
obeys_ttl(void **state)
{
	struct world *world = world_begin("zero.example A 192.0.2.1\n"
					  "long.example 300 A 192.0.2.1\n"
					  "soa.example 300 SOA a b 1 2 3 4 300\n");
	static const struct {
		const char *name;
		size_t asked;
	} rows[] = {
		{ "zero.example", 2 },
		{ "long.example", 1 },
		{ "none.example", 2 },          /* the SOA that the server makes up has TTL 0 */
		{ "none.soa.example", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum dns_status status = look_up(world, rows[i].name, DNS_A)->status;

		assert_int_equal(look_up(world, rows[i].name, DNS_A)->status, status);
		assert_int_equal(seen(world, rows[i].name), rows[i].asked);
	}
	world_end(world);
}

/* A second message need not wait for the resolver's thread, whatever the answer was. */
static void
answers_at_once_what_is_known(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
		bool has_cname;
	} rows[] = {
		{ "a.soa.example", DNS_A, DNS_FOUND, false },
		{ "a.soa.example", DNS_TXT, DNS_NO_DATA, false },
		{ "none.soa.example", DNS_A, DNS_NO_NAME, false },
		{ "alias.soa.example", DNS_A, DNS_FOUND, true },
		{ "dangling.soa.example", DNS_A, DNS_NO_NAME, true },
	};
	struct world *world = world_begin("soa.example 300 SOA a b 1 2 3 4 300\n"
					  "a.soa.example 300 A 192.0.2.1\n"
					  "alias.soa.example 300 CNAME a.soa.example\n"
					  "dangling.soa.example 300 CNAME none.soa.example\n");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text name = text_from(rows[i].name);
		struct dns_session *second = session(world);
		const struct dns_answer *answer = look_up(world, rows[i].name, rows[i].type);
		size_t asked = seen(world, rows[i].name);

		assert_int_equal(answer->status, rows[i].status);
		dns_ask(second, name, rows[i].type, DNS_ORDINARY);
		dns_flush(second);
		answer = dns_peek(second, name, rows[i].type, DNS_ORDINARY);
		assert_int_equal(answer->status, rows[i].status);
		assert_int_equal(answer->has_cname, rows[i].has_cname);
		assert_true(answer->status != DNS_FOUND || (answer->ttl > 0 && answer->ttl <= 300));
		assert_int_equal(seen(world, rows[i].name), asked);
	}
	world_end(world);
}

static void
takes_long_answers_over_tcp(void **state)
{
	struct world *world = world_begin("none A 192.0.2.1");
	struct textbuf buffer = textbuf_new(world->arena, 1 << 20);
	char *bytes = arena_alloc(world->arena, 60001);
	const struct dns_answer *answer;

	(void)state;
	memset(bytes, 'x', 60000);
	textbuf_printf(&buffer, "huge.example TXT %s\n", bytes);
	for (unsigned i = 0; i < 1001; i++) {
		if (i < 1000)
			textbuf_printf(&buffer, "thousand.example A 192.0.%u.%u\n", i / 256,
				       i % 256);
		textbuf_printf(&buffer, "more.example A 192.0.%u.%u\n", i / 256, i % 256);
	}
	name_server_set_zone(world->server, read_zone(world, textbuf_text(&buffer).bytes));
	answer = look_up(world, "huge.example", DNS_TXT);
	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->records[0].text.length, 60000);
	answer = look_up(world, "thousand.example", DNS_A);
	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->count, 1000);
	answer = look_up(world, "more.example", DNS_A);
	assert_int_equal(answer->status, DNS_RETRY);
	assert_string_equal(answer->reason, "too many records");
	world_end(world);
}

/* Forty names are silent; four asked after them are answered while the forty are open. */
static void
silent_names_hold_up_nobody(void **state)
{
	struct world *world = world_begin("*.silent.example TIMEOUT\n*.good.example A 192.0.2.1\n");
	struct dns_session *silent = session(world);
	struct dns_session *good = session(world);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		dns_ask(silent, text_printf(world->message, "n%u.silent.example", i), DNS_A,
			DNS_ORDINARY);
	dns_flush(silent);
	for (unsigned i = 0; i < 4; i++) {
		struct text name = text_printf(world->message, "n%u.good.example", i);

		assert_int_equal(dns_look_up(good, name, DNS_A, DNS_ORDINARY)->status, DNS_FOUND);
	}
	for (unsigned i = 0; i < 40; i++) {
		struct text name = text_printf(world->message, "n%u.silent.example", i);

		assert_int_equal(dns_peek(silent, name, DNS_A, DNS_ORDINARY)->status, DNS_PENDING);
	}
	world_end(world);
}

/*
 * Every fifth name is never answered, for several times as long as it takes to
 * give up one question; the other four are answered before any that is silent.
 */
static void
every_fifth_question_may_stay_unanswered(void **state)
{
	struct world *world = world_prepare("*.silent.example TIMEOUT\n"
					    "*.good.example A 192.0.2.1\n", false);
	int64_t begin = clock_milliseconds();
	unsigned number = 0;

	(void)state;
	world->settings.timeout_milliseconds = SHORT;
	start_resolver(world);
	while (clock_milliseconds() - begin < 6 * SHORT) {
		struct dns_session *message = session(world);
		struct text name = text_printf(world->message, "n%u.silent.example", number);

		dns_ask(message, name, DNS_A, DNS_ORDINARY);
		dns_flush(message);
		for (int i = 0; i < 4; i++) {
			struct text good =
				text_printf(world->message, "n%u.good.example", number++);

			assert_int_equal(dns_look_up(message, good, DNS_A, DNS_ORDINARY)->status,
					 DNS_FOUND);
		}
		assert_int_equal(dns_peek(message, name, DNS_A, DNS_ORDINARY)->status, DNS_PENDING);
		(void)usleep(20000);
	}
	world_end(world);
}

/* Silence alone for as long; then a good name is still answered. */
static void
silence_does_not_kill_the_server(void **state)
{
	struct world *world = world_prepare("*.silent.example TIMEOUT\n"
					    "*.good.example A 192.0.2.1\n", false);
	int64_t begin = clock_milliseconds();
	unsigned number = 0;

	(void)state;
	world->settings.timeout_milliseconds = SHORT;
	start_resolver(world);
	while (clock_milliseconds() - begin < 5 * SHORT) {
		struct dns_session *message = session(world);

		for (int i = 0; i < 20; i++)
			dns_ask(message, text_printf(world->message, "n%u.silent.example",
						     number++), DNS_A, DNS_ORDINARY);
		while (dns_wait(message))
			continue;
	}
	assert_int_equal(look_up(world, "a.good.example", DNS_A)->status, DNS_FOUND);
	world_end(world);
}

static void
ends_and_remembers_a_silent_question(void **state)
{
	struct world *world = world_prepare("silent.example TIMEOUT\n", false);
	const struct dns_answer *answer;
	size_t asked;

	(void)state;
	world->settings.timeout_milliseconds = SHORT;
	start_resolver(world);
	answer = look_up(world, "silent.example", DNS_A);
	assert_int_equal(answer->status, DNS_RETRY);
	assert_string_equal(answer->reason, "timeout");
	asked = seen(world, "silent.example");
	assert_true(asked >= 1);
	/* Now there would be an answer, but the question is remembered. */
	name_server_set_zone(world->server, read_zone(world, "silent.example A 192.0.2.1\n"));
	assert_int_equal(look_up(world, "silent.example", DNS_A)->status, DNS_RETRY);
	assert_int_equal(look_up(world, "silent.example", DNS_TXT)->status, DNS_NO_DATA);
	world_end(world);
}

/* DNSFailureMemory 0: what failed is asked again at once, and its new answer is taken. */
static void
can_forget_failures(void **state)
{
	struct world *world = world_prepare("silent.example TIMEOUT\n"
					    "servfail.example SERVFAIL\n"
					    "abandoned.example TIMEOUT\n", false);
	struct dns_session *message;

	(void)state;
	world->settings.timeout_milliseconds = SHORT;
	world->settings.failure_memory_milliseconds = 0;
	start_resolver(world);
	message = dns_session_new(world->message, resolver_backend(world->resolver), 300,
				  clock_milliseconds() + SHORT / 4);
	assert_string_equal(dns_look_up(message, TEXT("abandoned.example"), DNS_A,
					DNS_ORDINARY)->reason, "deadline");
	assert_string_equal(look_up(world, "silent.example", DNS_A)->reason, "timeout");
	assert_string_equal(look_up(world, "servfail.example", DNS_A)->reason, "SERVFAIL");
	assert_string_equal(look_up(world, "servfail.example", DNS_A)->reason, "SERVFAIL");
	assert_true(seen(world, "servfail.example") >= 2);
	name_server_set_zone(world->server, read_zone(world, "silent.example A 192.0.2.1\n"
						      "servfail.example A 192.0.2.1\n"
						      "abandoned.example A 192.0.2.1\n"));
	assert_int_equal(look_up(world, "silent.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(look_up(world, "servfail.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(look_up(world, "abandoned.example", DNS_A)->status, DNS_FOUND);
	world_end(world);
}

/*
 * Answers that are late, but within the timeout, are taken, each question being
 * sent once; and what is asked after 64 of them is answered before.
 */
static void
takes_late_answers(void **state)
{
	enum { COUNT = 64 };
	struct world *world = world_begin("*.late.example DELAY 1500\n*.late.example A 192.0.2.1\n"
					  "good.example A 192.0.2.1\n");
	struct dns_session *sessions[COUNT];
	struct text names[COUNT];

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		sessions[i] = session(world);
		names[i] = text_printf(world->message, "n%u.late.example", i);
		dns_ask(sessions[i], names[i], DNS_A, DNS_ORDINARY);
		dns_flush(sessions[i]);
	}
	assert_int_equal(look_up(world, "good.example", DNS_A)->status, DNS_FOUND);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(dns_peek(sessions[i], names[i], DNS_A, DNS_ORDINARY)->status,
				 DNS_PENDING);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(dns_look_up(sessions[i], names[i], DNS_A, DNS_ORDINARY)->status,
				 DNS_FOUND);
		assert_int_equal(seen(world, text_string(world->message, names[i])), 1);
	}
	world_end(world);
}

static void
forgets_all_at_a_reload(void **state)
{
	struct world *world = world_begin("kept.example 300 A 192.0.2.1\n"
					  "failed.example SERVFAIL\n"
					  "late.example DELAY 700\nlate.example A 192.0.2.1\n");
	struct dns_session *open;
	struct text reason = { NULL, 0 };
	struct text bad = TEXT("nonsense");
	struct resolver_settings settings = world->settings;

	(void)state;
	assert_int_equal(look_up(world, "kept.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(look_up(world, "failed.example", DNS_A)->status, DNS_RETRY);
	open = session(world);
	dns_ask(open, TEXT("late.example"), DNS_A, DNS_ORDINARY);
	dns_flush(open);
	while (seen(world, "late.example") == 0)
		(void)usleep(1000);
	/* Settings that cannot be used change nothing. */
	settings.nameservers = &bad;
	assert_false(resolver_reload(world->resolver, &settings, world->arena, &reason));
	assert_true(text_find_text(reason, bad) != TEXT_NOT_FOUND);
	assert_int_equal(look_up(world, "kept.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(seen(world, "kept.example"), 1);
	name_server_set_zone(world->server, read_zone(world, "failed.example A 192.0.2.1\n"));
	assert_true(resolver_reload(world->resolver, &world->settings, world->arena, &reason));
	assert_int_equal(look_up(world, "kept.example", DNS_A)->status, DNS_NO_NAME);
	assert_int_equal(look_up(world, "failed.example", DNS_A)->status, DNS_FOUND);
	/* What was open is finished by the old context. */
	assert_int_equal(dns_look_up(open, TEXT("late.example"), DNS_A, DNS_ORDINARY)->status,
			 DNS_FOUND);
	assert_int_equal(seen(world, "late.example"), 1);
	world_end(world);
}

/* A thread that waits for a silent name. */
struct waiter {
	struct world *world;
	struct arena *arena;
	struct dns_session *session;
	const struct dns_answer *answer;
};

static void *
wait_for_silence(void *data)
{
	struct waiter *waiter = data;

	waiter->answer = dns_look_up(waiter->session, TEXT("silent.example"), DNS_A, DNS_ORDINARY);
	return NULL;
}

static void
stops_with_open_questions(void **state)
{
	struct world *world = world_begin("silent.example TIMEOUT\n");
	struct waiter waiter = { .world = world };
	pthread_t thread;

	(void)state;
	waiter.session = session(world);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_silence, &waiter), 0);
	while (seen(world, "silent.example") == 0)
		(void)usleep(1000);
	resolver_stop(&world->resolver);
	(void)pthread_join(thread, NULL);
	assert_int_equal(waiter.answer->status, DNS_RETRY);
	assert_string_equal(waiter.answer->reason, "resolver stopped");
	resolver_stop(&world->resolver);
	world_end(world);
}

/* Sixteen sessions at once ask for the same and for their own names, some give up early. */
static void *
ask_much(void *data)
{
	struct world *world = data;
	struct arena *arena = arena_new();

	for (unsigned round = 0; round < 20; round++) {
		struct dns_session *message =
			dns_session_new(arena, resolver_backend(world->resolver), 300,
					clock_milliseconds() + FAR);

		dns_ask(message, TEXT("silent.example"), DNS_A, DNS_ORDINARY);
		for (unsigned i = 0; i < 10; i++)
			dns_ask(message, text_printf(arena, "n%u.good.example", (round + i) % 15),
				DNS_A, DNS_ORDINARY);
		for (unsigned i = 0; i < 5 && round % 2 == 0; i++)
			(void)dns_wait(message);
		arena_empty(arena);
	}
	arena_free(&arena);
	return NULL;
}

static void
serves_many_sessions(void **state)
{
	enum { THREADS = 16 };
	struct world *world = world_begin("silent.example TIMEOUT\n*.good.example A 192.0.2.1\n");
	struct text reason = { NULL, 0 };
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_much, world), 0);
	assert_true(resolver_reload(world->resolver, &world->settings, world->arena, &reason));
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(look_up(world, "n1.good.example", DNS_A)->status, DNS_FOUND);
	world_end(world);
}

static size_t
wrong_id(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	(void)size;
	(void)is_tcp;
	response[0] ^= 0x55;
	return length;
}

static size_t
garbage(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	(void)size;
	(void)is_tcp;
	for (size_t i = 12; i < length; i++)
		response[i] = (uint8_t)(i * 37);
	return length;
}

static size_t
header_only(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	(void)length;
	(void)size;
	(void)is_tcp;
	(void)response;
	return 12;
}

static size_t
cut(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	(void)response;
	(void)size;
	(void)is_tcp;
	return length - 3;
}

static size_t
always_truncated(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	(void)size;
	(void)is_tcp;
	response[2] |= 2;
	return length;
}

static size_t
other_question(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	(void)size;
	(void)is_tcp;
	response[13] = 'z';
	return length;
}

/* The question alone, with the RCODE of the response. */
static size_t
without_authority(uint8_t *response, size_t length, size_t size, bool is_tcp)
{
	size_t end = 12;

	(void)size;
	(void)is_tcp;
	while (end < length && response[end] != 0)
		end += response[end] + 1U;
	memset(response + 6, 0, 6);
	return end + 5 < length ? end + 5 : length;
}

/* Stubs on the local host leave the SOA record out of negative answers (RFC 2308, 2.2). */
static void
takes_negative_answers_without_soa(void **state)
{
	struct world *world = world_prepare("host.example A 192.0.2.1\n", false);

	(void)state;
	atomic_store(&world->spoil, without_authority);
	start_resolver(world);
	assert_int_equal(look_up(world, "host.example", DNS_TXT)->status, DNS_NO_DATA);
	assert_int_equal(look_up(world, "nobody.example", DNS_TXT)->status, DNS_NO_NAME);
	world_end(world);
}

/* Whatever comes, the question ends, and it never ends well. */
static void
survives_hostile_answers(void **state)
{
	static const spoiler hooks[] = {
		wrong_id, garbage, header_only, cut, always_truncated, other_question,
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hooks); i++) {
		struct world *world = world_prepare("host.example A 192.0.2.1\n", false);
		const struct dns_answer *answer;

		atomic_store(&world->spoil, hooks[i]);
		world->settings.timeout_milliseconds = SHORT;
		start_resolver(world);
		answer = look_up(world, "host.example", DNS_A);
		if (answer->status != DNS_RETRY)
			fail_msg("hook %zu: status %d", i, (int)answer->status);
		assert_non_null(answer->reason);
		world_end(world);
	}
}

static void
ends_chains_that_never_end(void **state)
{
	struct world *world = world_prepare("a.loop.example CNAME b.loop.example\n"
					    "b.loop.example CNAME a.loop.example\n"
					    "self.example CNAME self.example\n"
					    "bad.example TYPE#1 \\# 3 c00002\n"
					    "bad.example TYPE#16 \\# 3 05aabb\n", false);

	(void)state;
	world->settings.timeout_milliseconds = SHORT;
	start_resolver(world);
	assert_int_equal(look_up(world, "a.loop.example", DNS_A)->status, DNS_RETRY);
	assert_int_equal(look_up(world, "self.example", DNS_A)->status, DNS_RETRY);
	/* A record that cannot be read; newer libraries take such addresses out of the answer. */
	assert_int_not_equal(look_up(world, "bad.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(look_up(world, "bad.example", DNS_TXT)->status, DNS_RETRY);
	world_end(world);
}

/* Two servers, one of which does not exist: questions are answered all the same. */
static void
does_without_a_dead_server(void **state)
{
	struct world *world = world_prepare("*.good.example A 192.0.2.1\n", false);
	struct text servers[2];

	(void)state;
	servers[0] = TEXT("127.0.0.1:1");
	servers[1] = world->address;
	world->settings.nameservers = servers;
	world->settings.nameserver_count = 2;
	start_resolver(world);
	for (unsigned i = 0; i < 8; i++) {
		const char *name = text_string(world->message, text_printf(world->message,
					       "n%u.good.example", i));

		assert_int_equal(look_up(world, name, DNS_A)->status, DNS_FOUND);
	}
	world_end(world);
}

/* Without servers of its own: those of a resolv.conf that is not there, and the root's. */
static void
starts_without_servers(void **state)
{
	struct resolver_settings settings = {
		.resolv_conf = "/nonexistent/resolv.conf", .timeout_milliseconds = TIMEOUT,
		.cache_bytes = 1 << 20, .sessions_max = 10,
	};
	struct arena *arena = arena_new();

	(void)state;
	for (int recursive = 0; recursive < 2; recursive++) {
		struct text reason = { NULL, 0 };
		struct resolver *resolver;

		settings.is_recursive = recursive == 1;
		resolver = resolver_start(&settings, arena, &reason);
		assert_non_null(resolver);
		assert_true(resolver_is_alive(resolver));
		resolver_stop(&resolver);
	}
	arena_free(&arena);
}

/* libunbound alone takes a file without anchors, and validates nothing. */
static void
wants_an_anchor_in_the_file(void **state)
{
	static const struct {
		const char *content;
		bool is_good;
	} rows[] = {
		{ "", false },
		{ "\n ; DS\n", false },
		{ "ds.example. IN A 192.0.2.1\n", false },
		{ "example. IN DS\n", false },
		{ ". IN DS 20326 8 2 "
		  "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n", true },
		{ "; ours\n.\t172800\tIN\tds\t20326 8 2 "
		  "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D ; x\n", true },
	};
	struct text server = TEXT("127.0.0.1:5300");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[] = "/tmp/dmarcmilter-anchor-XXXXXX";
		struct resolver_settings settings = {
			.nameservers = &server, .nameserver_count = 1, .trust_anchor_file = path,
			.timeout_milliseconds = TIMEOUT, .cache_bytes = 1 << 20, .sessions_max = 10,
		};
		size_t length = strlen(rows[i].content);
		struct arena *arena = arena_new();
		struct text reason = TEXT("");
		struct resolver *resolver;
		int file = mkstemp(path);

		assert_true(file >= 0);
		assert_int_equal(write(file, rows[i].content, length), (ssize_t)length);
		close(file);
		resolver = resolver_start(&settings, arena, &reason);
		assert_int_equal(resolver != NULL, rows[i].is_good);
		if (resolver == NULL)
			assert_true(text_find_text(reason, text_from(path)) != TEXT_NOT_FOUND);
		resolver_stop(&resolver);
		unlink(path);
		arena_free(&arena);
	}
}

static void
refuses_settings_it_cannot_use(void **state)
{
	struct text good = TEXT("127.0.0.1:5300");
	struct text bad = TEXT("localhost");
	struct resolver_settings settings = {
		.nameservers = &bad, .nameserver_count = 1, .timeout_milliseconds = TIMEOUT,
		.cache_bytes = 1 << 20, .sessions_max = 10,
	};
	struct arena *arena = arena_new();
	struct text reason = { NULL, 0 };
	struct rlimit limit;
	struct rlimit low;

	(void)state;
	assert_null(resolver_start(&settings, arena, &reason));
	assert_true(text_find_text(reason, bad) != TEXT_NOT_FOUND);
	settings.nameservers = &good;
	settings.trust_anchor_file = "/nonexistent/anchor";
	assert_null(resolver_start(&settings, arena, &reason));
	assert_true(text_find_text(reason, TEXT("/nonexistent/anchor")) != TEXT_NOT_FOUND);
	settings.trust_anchor_file = NULL;
	/* More sessions than there can be descriptors. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	settings.sessions_max = (size_t)limit.rlim_max;
	assert_null(resolver_start(&settings, arena, &reason));
	assert_true(text_find_text(reason, TEXT("descriptors")) != TEXT_NOT_FOUND);
	/* A soft limit that can be raised is raised. */
	low = limit;
	low.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	settings.sessions_max = 10;
	if (limit.rlim_max >= 1024) {
		struct resolver *resolver = resolver_start(&settings, arena, &reason);

		assert_non_null(resolver);
		resolver_stop(&resolver);
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
		assert_true(low.rlim_cur > 64);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_every_status),
		cmocka_unit_test(obeys_ttl),
		cmocka_unit_test(answers_at_once_what_is_known),
		cmocka_unit_test(takes_long_answers_over_tcp),
		cmocka_unit_test(silent_names_hold_up_nobody),
		cmocka_unit_test(every_fifth_question_may_stay_unanswered),
		cmocka_unit_test(silence_does_not_kill_the_server),
		cmocka_unit_test(ends_and_remembers_a_silent_question),
		cmocka_unit_test(can_forget_failures),
		cmocka_unit_test(takes_late_answers),
		cmocka_unit_test(forgets_all_at_a_reload),
		cmocka_unit_test(stops_with_open_questions),
		cmocka_unit_test(serves_many_sessions),
		cmocka_unit_test(takes_negative_answers_without_soa),
		cmocka_unit_test(survives_hostile_answers),
		cmocka_unit_test(ends_chains_that_never_end),
		cmocka_unit_test(does_without_a_dead_server),
		cmocka_unit_test(starts_without_servers),
		cmocka_unit_test(wants_an_anchor_in_the_file),
		cmocka_unit_test(refuses_settings_it_cannot_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
