/* SPDX-License-Identifier: BSD-2-Clause */

/* The system runs out of something under the daemon. It may defer mail, and must recover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon_fixture.h"
#include "milter_client.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

enum {
	DESCRIPTORS = 30,
	CONNECTIONS = 60,
	PATIENCE = 60000,       /* milliseconds: libmilter sleeps up to seconds after a failure */
	TRY = 2000
};

static const char zone[] = "_dmarc.sender.example TXT v=DMARC1; p=none\n";

static const char *const sender[] = { "<alice@sender.example>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };

/* True when a whole message is answered. */
static bool
is_served(const struct daemon_fixture *fixture)
{
	struct milter_client *client = milter_client_new(fixture->socket, TRY);
	bool is_good = client != NULL &&
		milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL) &&
		milter_client_connect(client, "client.test", "192.0.2.66", 25) == MILTER_CONTINUE &&
		milter_client_helo(client, "client.test") == MILTER_CONTINUE &&
		milter_client_mail(client, sender) == MILTER_CONTINUE &&
		milter_client_rcpt(client, recipient) == MILTER_CONTINUE &&
		milter_client_data(client) == MILTER_CONTINUE &&
		milter_client_message(client, TEXT("From: alice@sender.example\n\nHi.\n")) ==
			MILTER_CONTINUE;

	if (client != NULL)
		milter_client_free(&client);
	return is_good;
}

static void
recovers_from_having_no_descriptors(void **state)
{
	static const struct rlimit few = { DESCRIPTORS, DESCRIPTORS };
	static const struct timespec pause = { .tv_nsec = 200 * 1000000 };
	struct milter_client *clients[CONNECTIONS];
	struct daemon_fixture fixture;
	int64_t deadline;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, zone, "CheckIPRev no\nCheckSPF no\n"));
	assert_int_equal(prlimit(fixture.daemon, RLIMIT_NOFILE, &few, NULL), 0);
	for (size_t i = 0; i < CONNECTIONS; i++)
		clients[i] = milter_client_new(fixture.socket, TRY);
	assert_true(daemon_fixture_wait_for_log(&fixture, "too many open files", 1));
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (clients[i] != NULL)
			milter_client_free(&clients[i]);
	deadline = clock_milliseconds() + PATIENCE;
	while (!is_served(&fixture)) {
		assert_true(clock_milliseconds() < deadline);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recovers_from_having_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
