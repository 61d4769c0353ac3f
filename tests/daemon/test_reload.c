/* SPDX-License-Identifier: BSD-2-Clause */

/* A configuration that changes while the real daemon serves sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "milter_client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static const char *const sender[] = { "<>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };

static struct daemon_fixture fixture;

static char *
path_of(const char *name)
{
	return text_string(fixture.arena, text_printf(fixture.arena, "%s/%s", fixture.folder,
						      name));
}

/* By a rename, as editors do. */
static void
write_whole(const char *name, const char *content)
{
	FILE *file = fopen(path_of("fresh"), "we");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(path_of("fresh"), path_of(name)), 0);
}

static bool
log_has(const char *part)
{
	return text_find_text(daemon_fixture_log(&fixture), text_from(part)) != TEXT_NOT_FOUND;
}

static int
begin(void **state)
{
	(void)state;
	if (!daemon_fixture_prepare(&fixture, NULL))
		return -1;
	write_whole("hosts", "192.0.2.1\n");
	if (!daemon_fixture_configure(&fixture, text_printf(fixture.arena,
			"CheckSPF no\nCheckIPRev no\nListCheckInterval 1s\n"
			"IgnoreHosts 198.51.100.1,file:%s\n", path_of("hosts")).bytes))
		return -1;
	return 0;
}

static int
end(void **state)
{
	int code = daemon_fixture_stop(&fixture);

	(void)state;
	daemon_fixture_end(&fixture);
	return code;
}

static struct milter_client *
new_client(void)
{
	struct milter_client *client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);

	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	assert_int_equal(milter_client_connect(client, "client.test", "192.0.2.66", 2525),
			 MILTER_CONTINUE);
	assert_int_equal(milter_client_helo(client, "client.test"), MILTER_CONTINUE);
	return client;
}

static void
begin_message(struct milter_client *client)
{
	assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
}

/* A message is trusted when no field is added to it. */
static bool
end_message(struct milter_client *client)
{
	(void)milter_client_message(client, TEXT("From: a@localhost\n\nx\n"));
	return client->change_count == 0;
}

static bool
is_trusted(struct milter_client *client)
{
	begin_message(client);
	return end_message(client);
}

static void
follows_a_list_file(void **state)
{
	struct milter_client *client;

	(void)state;
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	client = new_client();
	assert_false(is_trusted(client));
	/* A message in work keeps what it began with; the session goes on. */
	begin_message(client);
	write_whole("hosts", "192.0.2.1\n192.0.2.64/26\n");
	assert_true(daemon_fixture_wait_for_log(&fixture, "hosts has changed: the lists are read "
						"again", 1));
	assert_false(end_message(client));
	assert_true(is_trusted(client));
	milter_client_free(&client);
}

static void
keeps_the_lists_when_one_is_bad(void **state)
{
	struct milter_client *client;

	(void)state;
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	client = new_client();
	write_whole("hosts", "192.0.2.66\n\nnonsense\n");
	assert_true(daemon_fixture_wait_for_log(&fixture, "but the lists have errors", 1));
	assert_true(log_has("hosts:3: IgnoreHosts \"nonsense\": a network"));
	assert_false(is_trusted(client));

	assert_int_equal(unlink(path_of("hosts")), 0);
	assert_true(daemon_fixture_wait_for_log(&fixture, "but the lists have errors", 2));
	assert_true(log_has("it cannot be opened: No such file"));
	assert_false(is_trusted(client));

	/* An unfinished edit of the configuration waits for its SIGHUP. */
	write_whole("conf", "Nonsense");
	write_whole("hosts", "192.0.2.66\n");
	assert_true(daemon_fixture_wait_for_log(&fixture, "the lists are read again", 1));
	assert_true(is_trusted(client));
	assert_false(log_has("Nonsense"));
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, "not reloaded", 1));
	assert_true(log_has("unknown option \"Nonsense\""));
	assert_true(is_trusted(client));
	milter_client_free(&client);
}

/* The new configuration has files of its own to be watched. */
static void
watches_what_a_reload_brings(void **state)
{
	struct milter_client *client;

	(void)state;
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	client = new_client();
	write_whole("more", "192.0.2.2\n");
	assert_int_equal(mkdir(path_of("conf.d"), 0700), 0);
	write_whole("conf.d/hosts.conf", text_printf(fixture.arena, "IgnoreHosts file:%s\n",
						     path_of("more")).bytes);
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, "reloaded: ", 1));
	assert_false(is_trusted(client));
	write_whole("more", "192.0.2.66\n");
	assert_true(daemon_fixture_wait_for_log(&fixture, "more has changed", 1));
	assert_true(is_trusted(client));
	milter_client_free(&client);
}

static void
obeys_the_environment(void **state)
{
	const char *const environment[] = { "DMARCMILTER_IGNOREHOSTS=192.0.2.66",
					    "DMARCMILTER_SERVICE_HOST=10.0.0.1", NULL };
	const char *const check[] = { "-n", "-c", fixture.config_path, NULL };
	const char *const print[] = { "-C", "-c", fixture.config_path, NULL };
	struct milter_client *client;
	struct text output;

	(void)state;
	assert_true(daemon_fixture_start(&fixture, NULL, environment, -1));
	client = new_client();
	assert_true(is_trusted(client));
	milter_client_free(&client);

	assert_int_equal(setenv("DMARCMILTER_PORT", "tcp://10.0.0.1:8890", 1), 0);
	assert_int_equal(setenv("DMARCMILTER_REJECTCODE", "551", 1), 0);
	assert_int_equal(daemon_run_to_end(fixture.arena, print, &output), EX_OK);
	assert_true(text_find_text(output, TEXT("# DMARCMILTER_REJECTCODE\nRejectCode 551\n")) !=
		    TEXT_NOT_FOUND);
	assert_int_equal(setenv("DMARCMILTER_REJECTCODE", "200", 1), 0);
	assert_int_equal(daemon_run_to_end(fixture.arena, check, &output), EX_CONFIG);
	assert_true(text_find_text(output, TEXT("DMARCMILTER_REJECTCODE: RejectCode \"200\": ")) !=
		    TEXT_NOT_FOUND);
	assert_true(text_find_text(output, TEXT("DMARCMILTER_PORT: warning: ")) != TEXT_NOT_FOUND);
	assert_int_equal(unsetenv("DMARCMILTER_REJECTCODE"), 0);
	assert_int_equal(unsetenv("DMARCMILTER_PORT"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_a_list_file, begin, end),
		cmocka_unit_test_setup_teardown(keeps_the_lists_when_one_is_bad, begin, end),
		cmocka_unit_test_setup_teardown(watches_what_a_reload_brings, begin, end),
		cmocka_unit_test_setup_teardown(obeys_the_environment, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
