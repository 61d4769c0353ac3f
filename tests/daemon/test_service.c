/* SPDX-License-Identifier: BSD-2-Clause */

/* The daemon under a service manager: health, watchdog, restart on a socket that stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon_fixture.h"
#include "milter_client.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BACKLOG = 100,
	SENDERS = 4,
	RESTARTS = 3,
	/* Half of what a session that is quiet gets when the daemon stops. Milliseconds. */
	QUIET_ALLOWED = 500,
	STUCK_AFTER = 15000,            /* acceptor.c; the resolver is stuck sooner */
	FED_EVERY = 250
};

static const char zone[] = "_dmarc.quick.example TXT v=DMARC1; p=none\n";
static const char *const sender[] = { "<>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };

static void
sleep_milliseconds(int64_t milliseconds)
{
	struct timespec wait = { .tv_sec = (time_t)(milliseconds / 1000),
				 .tv_nsec = (long)(milliseconds % 1000) * 1000000 };

	nanosleep(&wait, NULL);
}

/* A listening or, with SOCK_DGRAM, bound unix socket in the folder of the fixture. */
static int
open_unix(const struct daemon_fixture *fixture, const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int handle = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct text path = text_printf(fixture->arena, "%s/%s", fixture->folder, name);

	memcpy(address.sun_path, path.bytes, path.length);
	assert_int_equal(bind(handle, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(handle, BACKLOG), 0);
	return handle;
}

static char *
name_in_folder(const struct daemon_fixture *fixture, const char *name)
{
	return text_string(fixture->arena, text_printf(fixture->arena, "unix:%s/%s",
						       fixture->folder, name));
}

/* --- health ------------------------------------------------------------------ */

/* Exit code of --health, which must say one line with `part` in it. */
static int
health(const struct daemon_fixture *fixture, const char *socket_name, const char *part)
{
	const char *const arguments[] = { "-c", fixture->config_path, "--health", socket_name,
					  NULL };
	int64_t before = clock_milliseconds();
	struct text output;
	int code = daemon_run_to_end(fixture->arena, arguments, &output);

	assert_true(text_find_text(output, text_from(part)) != TEXT_NOT_FOUND);
	assert_int_equal(text_find(output, '\n'), output.length - 1);
	/* Five seconds, and what a slow machine needs to start a program. */
	assert_true(clock_milliseconds() - before < 5000 + FIXTURE_PATIENCE / 2);
	return code;
}

static void
tells_its_health(void **state)
{
	struct daemon_fixture fixture;
	struct text log;
	int silent;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, NULL, "LogLevel info\n"));
	log = daemon_fixture_log(&fixture);
	assert_int_equal(health(&fixture, NULL, "a milter answers"), 0);
	assert_int_equal(health(&fixture, fixture.socket, "a milter answers"), 0);
	assert_true(text_equal(log, daemon_fixture_log(&fixture)));
	assert_int_equal(health(&fixture, "nonsense", "it is no socket"), 1);
	assert_int_equal(health(&fixture, "fd:3", "say which socket"), 1);
	assert_int_equal(health(&fixture, "unix:/no/such/socket", "cannot connect: No such"), 1);
	assert_int_equal(health(&fixture, "inet:1@127.0.0.1", "cannot connect: "), 1);
	/* Somebody accepts and never answers: the backlog of a listener. */
	silent = open_unix(&fixture, "silent", SOCK_STREAM);
	assert_int_equal(health(&fixture, name_in_folder(&fixture, "silent"),
				"gave up after 5 seconds, while waiting for the answer"), 1);
	close(silent);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	assert_int_equal(health(&fixture, NULL, "cannot connect"), 1);
	assert_true(daemon_fixture_configure(&fixture, "Mood good\n"));
	assert_int_equal(health(&fixture, NULL, "Mood"), 1);
	daemon_fixture_end(&fixture);
}

struct false_milter {
	int listener;
	const char *bytes;
	size_t length;
};

static void *
answer_falsely(void *argument)
{
	const struct false_milter *milter = argument;
	char offer[17];
	int handle = accept4(milter->listener, NULL, NULL, SOCK_CLOEXEC);

	(void)recv(handle, offer, sizeof(offer), MSG_WAITALL);
	(void)send(handle, milter->bytes, milter->length, MSG_NOSIGNAL);
	close(handle);
	return NULL;
}

static void
is_not_fooled_about_health(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *says;
		int code;
	} rows[] = {
		{ "", 0, "closed without an answer", 1 },
		{ "\0\0", 2, "closed without an answer", 1 },
		{ "\0\0\0\15Oxxx", 8, "closed without an answer", 1 },
		{ "220 mx.test ESMTP\r\n", 19, "is no milter", 1 },
		{ "\0\0\0\0", 4, "is no milter", 1 },
		{ "\0\1\0\1", 4, "is no milter", 1 },
		{ "\0\0\0\1r", 5, "refuses us", 1 },
		{ "\0\0\0\14Oxxxxyyyyzzz", 16, "refuses us", 1 },
		{ "\0\0\0\15Oxxxxyyyyzzzz", 17, "a milter answers", 0 },
		{ "\0\0\0\16Oxxxxyyyyzzzz.", 18, "a milter answers", 0 },
	};
	struct daemon_fixture fixture;
	int listener;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, NULL));
	assert_true(daemon_fixture_configure(&fixture, ""));
	listener = open_unix(&fixture, "false", SOCK_STREAM);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct false_milter milter = { listener, rows[i].bytes, rows[i].length };
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, answer_falsely, &milter), 0);
		assert_int_equal(health(&fixture, name_in_folder(&fixture, "false"),
					rows[i].says), rows[i].code);
		pthread_join(thread, NULL);
	}
	close(listener);
	daemon_fixture_end(&fixture);
}

/* --- watchdog ---------------------------------------------------------------- */

/* The thread of that name, or 0. */
static pid_t
find_thread(const struct daemon_fixture *fixture, const char *name)
{
	struct text folder = text_printf(fixture->arena, "/proc/%ld/task", (long)fixture->daemon);
	DIR *directory = opendir(text_string(fixture->arena, folder));
	const struct dirent *entry;
	pid_t found = 0;

	while (directory != NULL && found == 0 && (entry = readdir(directory)) != NULL) {
		struct text path = text_printf(fixture->arena, "%.*s/%s/comm",
					       TEXT_ARGUMENTS(folder), entry->d_name);
		FILE *file = fopen(text_string(fixture->arena, path), "re");
		char line[64] = "";

		if (file != NULL && fgets(line, sizeof(line), file) != NULL &&
		    text_equal(text_trim(text_from(line)), text_from(name)))
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		if (file != NULL)
			fclose(file);
	}
	if (directory != NULL)
		closedir(directory);
	return found;
}

/* Stops one thread of another process, which only a debugger can. */
static bool
freeze(pid_t thread)
{
	int status;

	return ptrace(PTRACE_SEIZE, thread, NULL, NULL) == 0 &&
	       ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == 0 &&
	       waitpid(thread, &status, __WALL) == thread;
}

/* How many states with `part` are there to read now. */
static size_t
count_states(int handle, const char *part)
{
	size_t count = 0;
	char bytes[512];
	ssize_t length;

	while ((length = recv(handle, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (text_find_text(text_of(bytes, (size_t)length), text_from(part)) !=
		    TEXT_NOT_FOUND)
			count++;
	}
	return count;
}

static bool
is_fed_again(int handle)
{
	for (int64_t until = clock_milliseconds() + FIXTURE_PATIENCE;
	     clock_milliseconds() < until; sleep_milliseconds(FED_EVERY)) {
		if (count_states(handle, "WATCHDOG=1") > 0)
			return true;
	}
	return false;
}

struct watched {
	const char *thread_name;
	struct daemon_fixture fixture;
	int handle;
	pid_t thread;
};

static void
begin_watched(struct watched *watched)
{
	const char *environment[] = { NULL, "WATCHDOG_USEC=500000", NULL };

	assert_true(daemon_fixture_prepare(&watched->fixture, NULL));
	assert_true(daemon_fixture_configure(&watched->fixture, ""));
	watched->handle = open_unix(&watched->fixture, "notify", SOCK_DGRAM);
	environment[0] = text_string(watched->fixture.arena,
				     text_printf(watched->fixture.arena, "NOTIFY_SOCKET=%s/notify",
						 watched->fixture.folder));
	assert_true(daemon_fixture_start(&watched->fixture, NULL, environment, -1));
	assert_true(is_fed_again(watched->handle));
	watched->thread = find_thread(&watched->fixture, watched->thread_name);
	assert_int_not_equal(watched->thread, 0);
}

/* Whether nothing came for a while, within the time that a stuck thread may take to be seen. */
static bool
falls_silent(struct watched *watched, int64_t until)
{
	while (clock_milliseconds() < until) {
		(void)count_states(watched->handle, "WATCHDOG=1");
		sleep_milliseconds(8 * FED_EVERY);
		if (count_states(watched->handle, "WATCHDOG=1") == 0)
			return true;
	}
	return false;
}

/* Both at once, because it takes its time to be stuck. */
static void
starves_the_watchdog_when_a_thread_is_stuck(void **state)
{
	struct watched watched[2] = { { .thread_name = "acceptor" }, { .thread_name = "resolver" } };
	int64_t until;
	bool is_possible = true;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		begin_watched(&watched[i]);
	for (size_t i = 0; i < 2; i++)
		is_possible = freeze(watched[i].thread) && is_possible;
	until = clock_milliseconds() + STUCK_AFTER + FIXTURE_PATIENCE;
	for (size_t i = 0; is_possible && i < 2; i++) {
		assert_true(falls_silent(&watched[i], until));
		assert_true(daemon_fixture_wait_for_log(&watched[i].fixture, i == 0 ?
							"the accepting thread is stuck" :
							"the resolver is stuck", 1));
		assert_int_equal(ptrace(PTRACE_DETACH, watched[i].thread, NULL, NULL), 0);
		assert_true(is_fed_again(watched[i].handle));
	}
	for (size_t i = 0; i < 2; i++) {
		close(watched[i].handle);
		daemon_fixture_end(&watched[i].fixture);
	}
	if (!is_possible)
		skip();
}

/* --- restart ----------------------------------------------------------------- */

struct sending {
	const char *socket;
	pthread_t thread;
	atomic_bool is_to_end;
	atomic_uint answered;
	atomic_uint lost;
	int64_t heard;          /* when the last reply came */
	int64_t quiet;          /* the longest time that we let a session wait */
};

static bool
heard(struct sending *sending, bool is_good)
{
	sending->heard = clock_milliseconds();
	return is_good;
}

/* Notes how long we took since the last reply. */
static struct milter_client *
speak(struct sending *sending, struct milter_client *client)
{
	int64_t quiet = clock_milliseconds() - sending->heard;

	if (quiet > sending->quiet)
		sending->quiet = quiet;
	return client;
}

static bool
send_message(struct sending *sending, struct milter_client *client)
{
	sending->quiet = 0;
	return client != NULL &&
	       heard(sending, milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL,
						      MILTER_STEPS_ALL)) &&
	       heard(sending, milter_client_connect(speak(sending, client), "client.test",
						    "192.0.2.66", 25) == MILTER_CONTINUE) &&
	       heard(sending, milter_client_helo(speak(sending, client), "client.test") ==
		     MILTER_CONTINUE) &&
	       milter_client_mail(speak(sending, client), sender) == MILTER_CONTINUE &&
	       milter_client_rcpt(client, recipient) == MILTER_CONTINUE &&
	       milter_client_data(client) == MILTER_CONTINUE &&
	       milter_client_message(client, TEXT("From: a@quick.example\n\nx\n")) ==
	       MILTER_CONTINUE &&
	       client->change_count == 1 && milter_client_quit(client);
}

static void *
send_on(void *argument)
{
	struct sending *sending = argument;

	while (!atomic_load(&sending->is_to_end)) {
		struct milter_client *client = milter_client_new(sending->socket,
								 FIXTURE_PATIENCE);

		if (send_message(sending, client))
			atomic_fetch_add(&sending->answered, 1);
		/* One that we kept waiting ourselves, on a busy machine, does not count. */
		else if (client == NULL || sending->quiet < QUIET_ALLOWED)
			atomic_fetch_add(&sending->lost, 1);
		milter_client_free(&client);
	}
	return NULL;
}

static bool
gets_answers(struct sending *sending)
{
	unsigned before = atomic_load(&sending->answered);

	for (int64_t until = clock_milliseconds() + FIXTURE_PATIENCE;
	     clock_milliseconds() < until; sleep_milliseconds(10)) {
		if (atomic_load(&sending->answered) > before + 1)
			return true;
	}
	return false;
}

/* While one daemon ends and the next begins, MTAs connect, wait, and are answered. */
static void
restarts_without_a_lost_message(void **state)
{
	struct sending sendings[SENDERS] = { { .socket = NULL } };
	struct daemon_fixture fixture;
	int listener;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, zone));
	assert_true(daemon_fixture_configure(&fixture, ""));
	listener = open_unix(&fixture, "inherited", SOCK_STREAM);
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, listener));
	for (size_t i = 0; i < SENDERS; i++) {
		sendings[i].socket = name_in_folder(&fixture, "inherited");
		assert_int_equal(pthread_create(&sendings[i].thread, NULL, send_on, &sendings[i]),
				 0);
	}
	for (unsigned round = 0; round <= RESTARTS; round++) {
		for (size_t i = 0; i < SENDERS; i++)
			assert_true(gets_answers(&sendings[i]));
		if (round == RESTARTS)
			break;
		assert_int_equal(daemon_fixture_stop(&fixture), 0);
		assert_true(daemon_fixture_start(&fixture, NULL, NULL, listener));
	}
	for (size_t i = 0; i < SENDERS; i++)
		atomic_store(&sendings[i].is_to_end, true);
	for (size_t i = 0; i < SENDERS; i++) {
		pthread_join(sendings[i].thread, NULL);
		assert_int_equal(atomic_load(&sendings[i].lost), 0);
	}
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	close(listener);
	daemon_fixture_end(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_its_health),
		cmocka_unit_test(is_not_fooled_about_health),
		cmocka_unit_test(starves_the_watchdog_when_a_thread_is_stuck),
		cmocka_unit_test(restarts_without_a_lost_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
