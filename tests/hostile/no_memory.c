/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The n-th allocation fails while a signature is verified, for every n, in our own code,
 * libopendkim and OpenSSL alike: once, or from then on. The process may end as it does
 * without memory; it may find out all the same; it must not crash, and a bad signature
 * must not pass. In the daemon (dkim_verify_guard_memory()) a good one must not fail.
 */
#include "dkim_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/macros.h"
#include "checks/dkim_verify.h"

enum {
	NOT_REACHED = 50,       /* added to a child's exit code: nothing failed */
	RESULTS = 100,          /* the first exit code that is a result */
	ALLOCATIONS_MAX = 20000
};

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HAS_FAILING_MALLOC true

/* glibc's own, under the names that stay theirs. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long allocations_left = -1;      /* negative: not armed */
static bool stays_empty;
static bool has_failed;

static bool
fails_now(void)
{
	if (allocations_left < 0)
		return false;
	if (allocations_left > 0) {
		allocations_left--;
		return false;
	}
	if (!stays_empty)
		allocations_left = -1;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails_now() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __libc_realloc(old, size);
}
#else
#define HAS_FAILING_MALLOC false
static long allocations_left;
static bool stays_empty;
static bool has_failed;
#endif

struct plan {
	const char *key;
	const char *body;       /* what is sent instead of the signed "Hi." */
	bool is_good;
	bool is_guarded;
	bool stays_empty;
};

/* In the child: its exit code. */
static int
verify_without(struct fixture *fixture, struct text message, const struct plan *plan, long n)
{
	struct dkim_finding finding;

	if (freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	stays_empty = plan->stays_empty;
	allocations_left = n;
	finding = check(fixture, message);
	allocations_left = -1;
	return RESULTS + (int)finding.result + (has_failed ? 0 : NOT_REACHED);
}

static bool
is_allowed(const struct plan *plan, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == EX_OSERR || code == RESULTS + RESULT_TEMPERROR)
		return true;
	if (plan->is_good)
		return code == RESULTS + RESULT_PASS ||
		       (!plan->is_guarded && code >= RESULTS && code < RESULTS + NOT_REACHED);
	return code >= RESULTS && code < RESULTS + NOT_REACHED && code != RESULTS + RESULT_PASS;
}

/* The number of allocations that were tried; 0 when one of them went wrong. */
static long
try_all(struct fixture *fixture, struct text message, const struct plan *plan)
{
	for (long n = 0; n < ALLOCATIONS_MAX; n++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(verify_without(fixture, message, plan, n));
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) >= RESULTS + NOT_REACHED)
			return n;
		if (is_allowed(plan, status))
			continue;
		printf("%s, \"%s\", %s%s: allocation %ld: status 0x%x\n", plan->key, plan->body,
		       plan->is_guarded ? "guarded" : "not guarded",
		       plan->stays_empty ? ", none behind it either" : "", n, (unsigned)status);
		return 0;
	}
	return 0;
}

/* In a process of its own, for the guard has to come before everything else of OpenSSL. */
static int
run_plan(const struct plan *plan)
{
	struct dkim_sign_options options = options_for(plan->key);
	struct fixture *fixture;
	struct text message;
	void *state;
	long tried;

	if (plan->is_guarded && !dkim_verify_guard_memory())
		return 1;
	(void)set_up(&state);
	fixture = state;
	publish(fixture, "s._domainkey.example.org", plan->key);
	message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
	if (!text_equal(text_from(plan->body), TEXT("Hi.")))
		message = replace(fixture->arena, message, "Hi.", plan->body);
	else if (!plan->is_good)
		message = replace(fixture->arena, message, "hello", "hallo");
	tried = try_all(fixture, message, plan);
	(void)tear_down(&state);
	(void)fflush(stdout);
	return tried > 10 ? 0 : 1;
}

static void
no_allocation_is_missed_badly(void **state)
{
	static const char *const keys[] = { KEY("rsa2048"), KEY("rsa8192"), KEY("ed25519") };
	static const char *const bodies[] = { "Hi.", "Ho." };

	(void)state;
	if (!HAS_FAILING_MALLOC)
		skip();
	for (unsigned i = 0; i < COUNT_OF(keys) * 3 * 4; i++) {
		unsigned change = i / 4 % 3;    /* nothing, the body, the header */
		struct plan plan = {
			.key = keys[i / 12],
			.body = bodies[change == 1],
			.is_good = change == 0,
			.is_guarded = i % 2 == 1,
			.stays_empty = i / 2 % 2 == 1,
		};
		pid_t child;
		int status;

		/* What OpenSSL does on its own is the same for all keys; this takes time. */
		if (!plan.is_guarded && i / 12 > 0)
			continue;
		child = fork();
		if (child == 0)
			_exit(run_plan(&plan));
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_allocation_is_missed_badly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
