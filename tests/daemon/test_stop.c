/* SPDX-License-Identifier: BSD-2-Clause */

/* Signals: stopping, reloading, reopening the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon_fixture.h"
#include "milter_client.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Milliseconds. */
enum {
	AT_ONCE = 3000,                 /* it is a hundredth of that on an idle machine */
	LINGERING = 5000                /* the longest that a session without message has */
};

static const char zone[] =
	"_dmarc.slow.example DELAY 1500\n"
	"_dmarc.slow.example TXT v=DMARC1; p=none\n";

static const char *const sender[] = { "<>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };

static struct milter_client *
new_client(const struct daemon_fixture *fixture)
{
	struct milter_client *client = milter_client_new(fixture->socket, FIXTURE_PATIENCE);

	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	assert_int_equal(milter_client_connect(client, "client.test", "192.0.2.66", 25),
			 MILTER_CONTINUE);
	assert_int_equal(milter_client_helo(client, "client.test"), MILTER_CONTINUE);
	return client;
}

static void
send_start(struct milter_client *client)
{
	assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
}

static void
ends_at_once_when_idle(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(signals) / sizeof(signals[0]); i++) {
		struct daemon_fixture fixture;
		struct milter_client *client = NULL;
		int64_t before;

		assert_true(daemon_fixture_begin(&fixture, NULL, "StopTimeout 60s\n"));
		/* A session without a message in work is idle too. */
		if (i % 2 == 1)
			client = new_client(&fixture);
		before = clock_milliseconds();
		daemon_fixture_signal(&fixture, signals[i / 2]);
		assert_int_equal(daemon_fixture_wait(&fixture), 0);
		assert_true(clock_milliseconds() - before < AT_ONCE);
		assert_int_equal(access(fixture.socket + 5, F_OK), -1);
		milter_client_free(&client);
		daemon_fixture_end(&fixture);
	}
}

/* What has come of a command need not be waited for when there is no message. */
static void
ends_in_the_middle_of_a_packet(void **state)
{
	static const size_t lengths[] = { 1, 4, 5, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct daemon_fixture fixture;
		struct milter_client *client;
		struct text packet = TEXT("\0\0\0\7Mx@y.z\0");
		int64_t before;

		assert_true(daemon_fixture_begin(&fixture, NULL, "StopTimeout 60s\n"));
		client = new_client(&fixture);
		assert_true(milter_client_send_bytes(client, text_cut(packet, 0, lengths[i])));
		before = clock_milliseconds();
		daemon_fixture_signal(&fixture, SIGTERM);
		assert_int_equal(milter_client_read(client), MILTER_GONE);
		assert_int_equal(daemon_fixture_wait(&fixture), 0);
		/* A second for the command. */
		assert_true(clock_milliseconds() - before < LINGERING + AT_ONCE);
		milter_client_free(&client);
		daemon_fixture_end(&fixture);
	}
}

static void
finishes_the_message_in_work(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *waiting;
	struct milter_client *typing;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, zone, "StopTimeout 20s\n"));
	waiting = new_client(&fixture);
	typing = new_client(&fixture);
	send_start(waiting);
	send_start(typing);
	assert_true(milter_client_field(waiting, TEXT("From"), TEXT(" a@slow.example")) ==
		    MILTER_SILENT);
	assert_int_equal(milter_client_header_end(waiting), MILTER_SILENT);
	assert_true(milter_client_send(waiting, MILTER_MESSAGE_END, TEXT("")));
	daemon_fixture_signal(&fixture, SIGTERM);
	assert_true(daemon_fixture_wait_for_log(&fixture, "stopping", 1));
	/* One waits for an answer, the other has not even sent its header. */
	assert_int_equal(milter_client_read(waiting), MILTER_INSERT);
	assert_int_equal(milter_client_read(waiting), MILTER_CONTINUE);
	assert_int_equal(milter_client_message(typing, TEXT("From: a@quick.example\n\nx\n")),
			 MILTER_CONTINUE);
	/* Nobody new is let in. */
	assert_null(milter_client_new(fixture.socket, 100));
	assert_int_equal(daemon_fixture_wait(&fixture), 0);
	milter_client_free(&waiting);
	milter_client_free(&typing);
	daemon_fixture_end(&fixture);
}

static void
cuts_off_what_does_not_end(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *client;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, NULL, "StopTimeout 1h\n"));
	client = new_client(&fixture);
	send_start(client);
	/* What counts is the configuration that is in use by then. */
	assert_true(daemon_fixture_configure(&fixture, "StopTimeout 1s\nIdleTimeout 1h\n"));
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, "IdleTimeout was changed; it takes "
						"effect when dmarcmilter is restarted", 1));
	assert_true(daemon_fixture_wait_for_log(&fixture, "reloaded: ", 1));
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	assert_true(daemon_fixture_wait_for_log(&fixture, "StopTimeout has passed: 1 ", 1));
	assert_int_equal(milter_client_read(client), MILTER_GONE);
	milter_client_free(&client);
	daemon_fixture_end(&fixture);
}

/* The value of the field that a message without author domain policy gets. */
static bool
field_begins_with(struct milter_client *client, struct text start)
{
	send_start(client);
	assert_int_equal(milter_client_message(client, TEXT("From: a@nowhere.test\n\nx\n")),
			 MILTER_CONTINUE);
	return client->change_count > 0 && text_starts_with(client->changes[0].value, start);
}

static void
reloads_a_good_configuration(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *client;
	struct milter_client *in_work;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, zone, ""));
	client = new_client(&fixture);
	in_work = new_client(&fixture);
	assert_true(field_begins_with(client, TEXT(" mx.test;")));
	send_start(in_work);
	assert_true(daemon_fixture_configure(&fixture, "AuthservID other.test\n"));
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, ": reloaded: ", 1));
	/* A message in work keeps the configuration with which it began. */
	assert_int_equal(milter_client_message(in_work, TEXT("From: a@nowhere.test\n\nx\n")),
			 MILTER_CONTINUE);
	assert_true(text_starts_with(in_work->changes[0].value, TEXT(" mx.test;")));
	assert_true(field_begins_with(client, TEXT(" other.test;")));
	milter_client_free(&client);
	milter_client_free(&in_work);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

static void
keeps_running_on_a_bad_configuration(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *client;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, zone, ""));
	client = new_client(&fixture);
	assert_true(daemon_fixture_configure(&fixture, "AuthservID other.test\nNoSuchOption 1\n"));
	for (unsigned i = 1; i <= 3; i++) {
		daemon_fixture_signal(&fixture, SIGHUP);
		assert_true(daemon_fixture_wait_for_log(&fixture, "not reloaded", i));
	}
	assert_true(daemon_fixture_wait_for_log(&fixture, "NoSuchOption", 3));
	assert_true(field_begins_with(client, TEXT(" mx.test;")));
	assert_true(unlink(fixture.config_path) == 0);
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, "not reloaded", 4));
	assert_true(field_begins_with(client, TEXT(" mx.test;")));
	milter_client_free(&client);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

static void
reopens_its_log(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *client;
	char *old;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, zone, ""));
	old = text_string(fixture.arena, text_printf(fixture.arena, "%s.1", fixture.log_path));
	assert_int_equal(rename(fixture.log_path, old), 0);
	daemon_fixture_signal(&fixture, SIGUSR1);
	for (int64_t until = clock_milliseconds() + FIXTURE_PATIENCE;
	     access(fixture.log_path, F_OK) != 0 && clock_milliseconds() < until;)
		usleep(10000);
	client = new_client(&fixture);
	assert_true(field_begins_with(client, TEXT(" mx.test;")));
	assert_true(daemon_fixture_wait_for_log(&fixture, "from=nowhere.test", 1));
	milter_client_free(&client);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

/* Where our sessions are not effective the daemon says so, serves, and stops. */
static void
serves_with_the_sessions_of_libmilter(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *client;
	int reply;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, zone));
	assert_true(daemon_fixture_configure(&fixture, "StopTimeout 20s\n"));
	assert_true(daemon_fixture_start(&fixture, "tests/daemon/dmarcmilter_stock", NULL, -1));
	assert_true(daemon_fixture_wait_for_log(&fixture, "libmilter runs the sessions", 1));
	client = new_client(&fixture);
	assert_true(field_begins_with(client, TEXT(" mx.test;")));
	assert_true(field_begins_with(client, TEXT(" mx.test;")));
	send_start(client);
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, ": reloaded: ", 1));
	daemon_fixture_signal(&fixture, SIGTERM);
	assert_true(daemon_fixture_wait_for_log(&fixture, "stopping", 1));
	/* libmilter's own sessions may be dropped when it stops; the MTA then defers the message. */
	reply = milter_client_message(client, TEXT("From: a@slow.example\n\nx\n"));
	assert_true(reply == MILTER_CONTINUE || reply == MILTER_GONE);
	assert_int_equal(daemon_fixture_wait(&fixture), 0);
	milter_client_free(&client);
	daemon_fixture_end(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_at_once_when_idle),
		cmocka_unit_test(ends_in_the_middle_of_a_packet),
		cmocka_unit_test(finishes_the_message_in_work),
		cmocka_unit_test(cuts_off_what_does_not_end),
		cmocka_unit_test(reloads_a_good_configuration),
		cmocka_unit_test(keeps_running_on_a_bad_configuration),
		cmocka_unit_test(reopens_its_log),
		cmocka_unit_test(serves_with_the_sessions_of_libmilter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
