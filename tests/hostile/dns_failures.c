/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Every DNS question of every scenario fails in turn, in every way that a name
 * server or the path to it can fail; then all of them at once. No result may
 * get better by that, nothing may wait past the deadline, and of course
 * nothing may crash.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/evaluation.h"
#include "dns/packet.h"
#include "dns/zone_text.h"
#include "scenario.h"

enum {
	PATIENCE = 60000,               /* milliseconds: never used up when all is answered */
	PATIENCE_SILENT = 30,           /* where a question stays open */
	SLACK = 20000,                  /* what a slow machine may need beside waiting */
	SILENT_EVERY = 7,               /* those take their time: not every one of them */
	RESPONSE_SIZE = 65535,
	QUESTIONS_MAX = 400
};

enum failure {
	HEALTHY,
	/* A name server speaks, and what it says is a fact. */
	NO_NAME,
	NO_DATA,
	FIRST_NEGATIVE = NO_NAME,
	LAST_NEGATIVE = NO_DATA,
	/* Nothing is known. */
	SERVER_FAILURE,
	REFUSED,
	NO_PACKET,
	STOPPED,                        /* no resolver any more */
	SILENT,
	HEADER_ONLY,
	CUT_IN_HALF,
	CUT_BY_ONE,
	MARKED_TRUNCATED,
	OF_OTHER_NAME,
	OF_OTHER_TYPE,
	OF_OTHER_CLASS,
	NO_RESPONSE,
	TOO_MANY_RECORDS,
	POINTER_LOOP,
	POINTER_OUTSIDE,
	CNAME_LOOP,
	RECORD_WITHOUT_DATA,
	RECORD_TOO_LONG,
	NOISE,
	FAILURES
};

struct asked {
	struct text name;
	enum dns_type type;
};

struct hostile_backend {
	struct dns_backend backend;     /* must be first */
	struct arena *arena;
	const struct zone_text *zone;
	struct asked asked[QUESTIONS_MAX];
	size_t count;
	enum failure failure;
	struct asked victim;            /* unless is_total */
	bool is_total;
	uint32_t noise;
	uint8_t response[RESPONSE_SIZE];
};

static uint8_t
next_noise(struct hostile_backend *hostile)
{
	hostile->noise = hostile->noise * 1664525u + 1013904223u;
	return (uint8_t)(hostile->noise >> 24);
}

/* A record behind the question: owner by pointer, this type, this much data. */
static size_t
put_record(uint8_t *response, size_t at, unsigned owner, unsigned type, unsigned length)
{
	packet_put_u16(response + 6, 1);
	packet_put_u16(response + at, 0xc000u | owner);
	packet_put_u16(response + at + 2, type);
	packet_put_u16(response + at + 4, 1);
	packet_put_u32(response + at + 6, 60);
	packet_put_u16(response + at + 10, length);
	return at + 12;
}

static size_t
spoil(struct hostile_backend *hostile, const struct dns_request *request, size_t length,
      size_t question_end)
{
	uint8_t *response = hostile->response;
	size_t end;

	switch (hostile->failure) {
	case HEALTHY:
	case NO_PACKET:
	case STOPPED:
	case SILENT:
	case FAILURES:
		return length;
	case NO_NAME:
	case NO_DATA:
	case SERVER_FAILURE:
	case REFUSED:
		memset(response + 6, 0, 6);
		packet_put_u16(response + 2, 0x8180u | (hostile->failure == NO_NAME ? RCODE_NXDOMAIN :
			       hostile->failure == NO_DATA ? RCODE_NO_ERROR :
			       hostile->failure == REFUSED ? RCODE_REFUSED : RCODE_SERVFAIL));
		return question_end;
	case HEADER_ONLY:
		return PACKET_HEADER_SIZE;
	case CUT_IN_HALF:
		return length / 2;
	case CUT_BY_ONE:
		return length - 1;
	case MARKED_TRUNCATED:
		response[2] |= 0x02;
		return length;
	case OF_OTHER_NAME:
		response[PACKET_HEADER_SIZE + 1] ^= 1;
		return length;
	case OF_OTHER_TYPE:
		response[question_end - 3] ^= 1;
		return length;
	case OF_OTHER_CLASS:
		response[question_end - 1] ^= 2;
		return length;
	case NO_RESPONSE:
		response[2] &= 0x7f;
		return length;
	case TOO_MANY_RECORDS:
		packet_put_u16(response + 6, 0xffff);
		return length;
	case POINTER_LOOP:
		return put_record(response, question_end, (unsigned)question_end, request->type, 0);
	case POINTER_OUTSIDE:
		return put_record(response, question_end, 0x3fff, request->type, 0);
	case CNAME_LOOP:
		end = put_record(response, question_end, PACKET_HEADER_SIZE, DNS_CNAME, 2);
		packet_put_u16(response + end, 0xc000u | PACKET_HEADER_SIZE);
		return end + 2;
	case RECORD_WITHOUT_DATA:
		return put_record(response, question_end, PACKET_HEADER_SIZE, request->type, 0);
	case RECORD_TOO_LONG:
		return put_record(response, question_end, PACKET_HEADER_SIZE, request->type, 0xffff);
	case NOISE:
		for (size_t i = question_end; i < question_end + 40; i++)
			response[i] = next_noise(hostile);
		packet_put_u16(response + 6, 1 + next_noise(hostile));
		return question_end + 40;
	}
	return length;
}

static bool
is_victim(const struct hostile_backend *hostile, const struct dns_request *request)
{
	if (hostile->failure == HEALTHY)
		return false;
	return hostile->is_total || (hostile->victim.type == request->type &&
				     text_equal(hostile->victim.name, request->name));
}

static void
answer(struct hostile_backend *hostile, struct dns_request *request)
{
	uint8_t query[PACKET_QUERY_MAX];
	struct wire_name name;
	unsigned delay = 0;
	size_t query_length;
	size_t length;

	assert_true(hostile->count < QUESTIONS_MAX);
	hostile->asked[hostile->count++] = (struct asked){
		text_copy(hostile->arena, request->name), request->type
	};
	assert_true(wire_name_from_text(request->name, &name));
	query_length = packet_write_query(&name, request->type, query);
	length = zone_text_respond(hostile->zone, query, query_length, hostile->response,
				   RESPONSE_SIZE, &delay);
	if (is_victim(hostile, request)) {
		if (hostile->failure == SILENT)
			return;
		if (length < query_length)      /* the zone is silent by itself */
			memcpy(hostile->response, query, length = query_length);
		length = spoil(hostile, request, length, query_length);
		if (hostile->failure == NO_PACKET || hostile->failure == STOPPED)
			length = 0;
	}
	dns_request_answer(request, length > 0 ? hostile->response : NULL, length, false,
			   hostile->failure == STOPPED ? dns_back_end_stopped : "timeout");
}

static void
submit(struct dns_backend *backend, struct dns_request **requests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		answer((struct hostile_backend *)(void *)backend, requests[i]);
}

static void
abandon(struct dns_backend *backend, struct dns_request *request)
{
	(void)backend;
	dns_request_answer(request, NULL, 0, false, "abandoned");
}

/* One run of a scenario. All that it leaves behind is in `arena`. */
static const struct outcome *
run(struct arena *arena, const struct scenario *scenario, struct hostile_backend *hostile)
{
	int64_t patience = hostile->failure == SILENT ? PATIENCE_SILENT : PATIENCE;
	int64_t start = clock_milliseconds();
	const struct outcome *outcome;
	struct text reason = TEXT("");

	hostile->backend.submit = submit;
	hostile->backend.abandon = abandon;
	hostile->arena = arena;
	hostile->count = 0;
	hostile->zone = zone_text_parse(arena, scenario->zone, &reason);
	assert_non_null(hostile->zone);
	outcome = scenario_evaluate(arena, scenario, &hostile->backend, patience, &reason);
	assert_non_null(outcome);
	assert_true(clock_milliseconds() - start < patience + SLACK);
	return outcome;
}

static bool
signature_passes(const struct dkim_finding *dkim, size_t index)
{
	return index < dkim->count && dkim->signatures[index].result == RESULT_PASS;
}

/* The name of a method that passes and did not before; NULL: all is well. */
static const char *
find_new_pass(const struct outcome *before, const struct outcome *after, bool is_fact)
{
	const struct findings *old = &before->findings;
	const struct findings *new = &after->findings;

	for (size_t i = 0; i < new->dkim.count; i++)
		if (signature_passes(&new->dkim, i) && !signature_passes(&old->dkim, i))
			return "dkim";
	if (new->iprev.result == RESULT_PASS && old->iprev.result != RESULT_PASS)
		return "iprev";
	/* Without one record, another may rightly decide (RFC 7208 4.6.2, RFC 9989 4.10). */
	if (is_fact)
		return NULL;
	if (new->spf.mail_from.result == RESULT_PASS && old->spf.mail_from.result != RESULT_PASS)
		return "spf";
	if (new->spf.helo.result == RESULT_PASS && old->spf.helo.result != RESULT_PASS)
		return "helo";
	if (new->dmarc.result == RESULT_PASS && old->dmarc.result != RESULT_PASS)
		return "dmarc";
	return NULL;
}

/* Without a resolver nothing is accepted unchecked, unless the operator said what to assume. */
static void
check_nothing_slips_through(const struct outcome *after)
{
	enum action decided = after->verdict.decided;

	if (after->dns_questions > 0 && after->findings.dmarc.result == RESULT_TEMPERROR &&
	    after->findings.dmarc.assumed == NULL)
		assert_true(decided == ACTION_TEMPFAIL || decided == ACTION_REJECT);
}

static void
try_failure(const struct scenario *scenario, const struct outcome *before, enum failure failure,
	    const struct asked *victim)
{
	struct arena *arena = arena_new();
	struct hostile_backend *hostile = arena_alloc(arena, sizeof(*hostile));
	bool is_fact = failure >= FIRST_NEGATIVE && failure <= LAST_NEGATIVE;
	const struct outcome *after;
	const char *better;

	hostile->failure = failure;
	hostile->is_total = victim == NULL;
	if (victim != NULL)
		hostile->victim = *victim;
	hostile->noise = (uint32_t)failure;
	after = run(arena, scenario, hostile);
	if (failure == STOPPED)
		check_nothing_slips_through(after);
	better = find_new_pass(before, after, is_fact);
	if (better != NULL)
		fail_msg("%.*s: failure %d of %.*s %s makes %s pass", TEXT_ARGUMENTS(scenario->name),
			 (int)failure,
			 TEXT_ARGUMENTS(victim != NULL ? victim->name : TEXT("everything")),
			 victim != NULL ? dns_type_name(victim->type) : "", better);
	arena_free(&arena);
}

static size_t
try_all_failures(const struct scenario *scenario)
{
	struct arena *arena = arena_new();
	struct hostile_backend *hostile = arena_alloc(arena, sizeof(*hostile));
	const struct outcome *before = run(arena, scenario, hostile);
	size_t silent = 0;
	size_t runs = 0;

	for (enum failure failure = FIRST_NEGATIVE; failure < FAILURES; failure++) {
		try_failure(scenario, before, failure, NULL);
		for (size_t i = 0; i < hostile->count; i++, runs++)
			if (failure != SILENT || silent++ % SILENT_EVERY == 0)
				try_failure(scenario, before, failure, &hostile->asked[i]);
	}
	arena_free(&arena);
	return runs;
}

static struct text
read_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	enum { FILE_MAX = 1 << 20 };
	char *bytes = arena_alloc(arena, FILE_MAX);
	size_t length;

	assert_non_null(file);
	length = fread(bytes, 1, FILE_MAX, file);
	(void)fclose(file);
	return text_of(bytes, length);
}

/* Most of the time is spent waiting: each process takes its share of the scenarios. */
enum { SHARES = 4 };
static size_t share;

static void
no_failure_makes_a_pass(void **state)
{
	const char *source = getenv("srcdir") != NULL ? getenv("srcdir") : ".";
	struct arena *arena = arena_new();
	struct text pattern = text_printf(arena, "%s/tests/scenarios/*.scn", source);
	struct text keys = text_printf(arena, "%s/tests/keys", source);
	size_t runs = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob(text_string(arena, pattern), 0, NULL, &found), 0);
	for (size_t i = share; i < found.gl_pathc; i += SHARES) {
		struct scenario scenario;
		struct text reason = TEXT("");

		assert_true(scenario_parse(arena, read_file(arena, found.gl_pathv[i]),
					   text_from(found.gl_pathv[i]),
					   text_string(arena, keys), &scenario, &reason));
		runs += try_all_failures(&scenario);
	}
	print_message("share %zu of %zu scenarios, %zu failures\n", share, found.gl_pathc, runs);
	assert_true(runs > 1000);
	globfree(&found);
	arena_free(&arena);
}

static int
run_share(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failure_makes_a_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	pid_t children[SHARES];
	int failed = 0;

	for (share = 0; share < SHARES; share++) {
		children[share] = fork();
		if (children[share] == 0)
			exit(run_share());
	}
	for (size_t i = 0; i < SHARES; i++) {
		int status = -1;

		if (children[i] < 0 || waitpid(children[i], &status, 0) != children[i] || status != 0)
			failed++;
	}
	return failed;
}
