/* SPDX-License-Identifier: BSD-2-Clause */

/* How the daemon starts: command line, configuration, sockets, service manager. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "config/options.h"
#include "daemon_fixture.h"
#include "milter_client.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

static const char *const sender[] = { "<>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };

/* Whether a message is served on this socket. */
static bool
is_served(const char *socket_name)
{
	struct milter_client *client = milter_client_new(socket_name, FIXTURE_PATIENCE);
	bool is_good = client != NULL &&
		milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL) &&
		milter_client_connect(client, "client.test", "192.0.2.66", 25) ==
		MILTER_CONTINUE &&
		milter_client_helo(client, "client.test") == MILTER_CONTINUE &&
		milter_client_mail(client, sender) == MILTER_CONTINUE &&
		milter_client_rcpt(client, recipient) == MILTER_CONTINUE &&
		milter_client_data(client) == MILTER_CONTINUE &&
		milter_client_message(client, TEXT("From: a@nowhere.test\n\nx\n")) ==
		MILTER_CONTINUE && client->change_count == 1;

	milter_client_free(&client);
	return is_good;
}

/* A port that was free a moment ago. */
static unsigned
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(handle, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(handle, (struct sockaddr *)&address, &length), 0);
	close(handle);
	return ntohs(address.sin_port);
}

static char *
print(const struct daemon_fixture *fixture, const char *format, unsigned number)
{
	struct text text = { NULL, 0 };
	size_t place = text_find_text(text_from(format), TEXT("%u"));
	struct text start = text_cut(text_from(format), 0, place);
	struct text rest = text_from_position(text_from(format), place + 2);

	text = text_printf(fixture->arena, "%.*s%u%.*s", TEXT_ARGUMENTS(start), number,
			   TEXT_ARGUMENTS(rest));
	return text_string(fixture->arena, text);
}

static void
obeys_its_command_line(void **state)
{
	static const struct {
		const char *arguments[4];
		int code;
		const char *says;
	} rows[] = {
		{ { "-V", NULL }, EX_OK, "dmarcmilter " },
		{ { "--version", NULL }, EX_OK, "dmarcmilter " },
		{ { "-h", NULL }, EX_OK, "usage: " },
		{ { "--help", NULL }, EX_OK, "usage: " },
		{ { "-x", NULL }, EX_USAGE, "usage: " },
		{ { "-c", NULL }, EX_USAGE, "usage: " },
		{ { "-n", "file", NULL }, EX_USAGE, "unexpected argument \"file\"" },
		{ { "-n", "-c", "/no/such/file", NULL }, EX_CONFIG, "/no/such/file" },
		{ { "-c", "/no/such/file", NULL }, EX_CONFIG, "/no/such/file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct text output;

		assert_int_equal(daemon_run_to_end(arena, rows[i].arguments, &output),
				 rows[i].code);
		assert_true(text_find_text(output, text_from(rows[i].says)) != TEXT_NOT_FOUND);
		arena_free(&arena);
	}
}

static void
checks_and_prints_a_configuration(void **state)
{
	static const struct {
		const char *settings;
		const char *option;
		int code;
		const char *says;
	} rows[] = {
		{ "", "-n", EX_OK, "" },
		{ "RejectCode 551\n", "-C", EX_OK, "RejectCode 551" },
		{ "NoSuchOption 1\nAlsoUnknown 2\n", "-n", EX_CONFIG, "AlsoUnknown" },
		{ "MaxConnections many\n", "-n", EX_CONFIG, "MaxConnections" },
		{ "Socket nonsense\n", "-n", EX_CONFIG, "Socket" },
		{ "DMARCDiscovery psl\nPublicSuffixList /no/such/list\n", "-n", EX_CONFIG,
		  "DMARCDiscovery psl" },
		{ "DMARCCompare yes\nPublicSuffixList /no/such/list\n", "-n", EX_CONFIG,
		  "DMARCCompare" },
		{ "NoSuchOption 1\n", "-C", EX_CONFIG, "NoSuchOption" },
		{ "Rule a tls=no mark\n", "-C", EX_OK, "Rule a tls=no mark" },
		{ "Rule a mark\nRule b reject\n", "-n", EX_OK, "Rule b is never reached" },
		{ "Rule a tls=no mark\n", "--explain-rules", EX_OK, "the session does not" },
		{ "Rule a autor=x mark\n", "--explain-rules", EX_CONFIG, "did you mean author?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct daemon_fixture fixture;
		struct text output;

		assert_true(daemon_fixture_prepare(&fixture, NULL));
		assert_true(daemon_fixture_configure(&fixture, rows[i].settings));
		const char *const arguments[] = { rows[i].option, "-c", fixture.config_path, NULL };

		assert_int_equal(daemon_run_to_end(fixture.arena, arguments, &output),
				 rows[i].code);
		assert_true(text_find_text(output, text_from(rows[i].says)) != TEXT_NOT_FOUND);
		daemon_fixture_end(&fixture);
	}
}

static void
opens_every_socket(void **state)
{
	struct daemon_fixture fixture;
	unsigned port = free_port();
	unsigned port6 = free_port();
	char *settings;
	struct stat status;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, NULL));
	settings = print(&fixture, "Socket inet:%u@127.0.0.1\n", port);
	settings = text_string(fixture.arena, text_printf(fixture.arena,
		"%sSocket inet6:%u@[::1]\nSocket %s\nSocketMode 0640\n", settings, port6,
		fixture.socket));
	assert_true(daemon_fixture_configure(&fixture, settings));
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	assert_true(daemon_fixture_wait_for_log(&fixture, "listening on", 3));
	assert_true(is_served(fixture.socket));
	assert_true(is_served(print(&fixture, "inet:%u@127.0.0.1", port)));
	assert_true(is_served(print(&fixture, "inet6:%u@[::1]", port6)));
	assert_int_equal(stat(fixture.socket + 5, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

static void
refuses_what_cannot_be_opened(void **state)
{
	struct daemon_fixture fixture;
	const char *const arguments[] = { "-f", "-c", "", NULL };
	const char *list[4];
	struct text output;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, NULL, ""));
	memcpy(list, arguments, sizeof(list));
	list[2] = fixture.config_path;
	/* Another one runs: it stays undisturbed. */
	assert_int_equal(daemon_run_to_end(fixture.arena, list, &output), EX_UNAVAILABLE);
	assert_true(daemon_fixture_wait_for_log(&fixture, "another process answers", 1));
	assert_true(is_served(fixture.socket));
	assert_true(daemon_fixture_configure(&fixture, "Socket unix:/no/such/folder/socket\n"));
	assert_int_equal(daemon_run_to_end(fixture.arena, list, &output), EX_UNAVAILABLE);
	assert_true(daemon_fixture_wait_for_log(&fixture, "systemd-tmpfiles --create", 1));
	assert_true(daemon_fixture_configure(&fixture, "MaxConnections 1000000\n"));
	assert_int_not_equal(daemon_run_to_end(fixture.arena, list, &output), 0);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

/* What is named must be there: no daemon runs without what it was told to use. */
static void
refuses_what_is_not_there(void **state)
{
	static const struct {
		const char *setting;
		const char *said;
	} rows[] = {
		{ "SocketGroup no-such-group-here\n", "no-such-group-here" },
		{ "TrustAnchorFile /no/such/anchor\n", "/no/such/anchor" },
		{ "PublicSuffixList /no/such/list\nDMARCDiscovery psl\n",
		  "/no/such/list" },
	};
	struct daemon_fixture fixture;
	const char *list[] = { "-f", "-c", NULL, NULL };
	struct text output;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!config_knows_public_suffix_list &&
		    strstr(rows[i].setting, "PublicSuffixList") != NULL)
			continue;
		assert_true(daemon_fixture_prepare(&fixture, NULL));
		assert_true(daemon_fixture_configure(&fixture, rows[i].setting));
		list[2] = fixture.config_path;
		assert_int_not_equal(daemon_run_to_end(fixture.arena, list, &output), 0);
		if (text_find_text(output, text_from(rows[i].said)) == TEXT_NOT_FOUND)
			assert_true(daemon_fixture_wait_for_log(&fixture, rows[i].said, 1));
		daemon_fixture_end(&fixture);
	}
}

static int
listen_unix(struct daemon_fixture *fixture, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int handle = socket(AF_UNIX, SOCK_STREAM, 0);
	struct text path = text_printf(fixture->arena, "%s/%s", fixture->folder, name);

	memcpy(address.sun_path, path.bytes, path.length);
	assert_int_equal(bind(handle, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(handle, 10), 0);
	return handle;
}

/* The socket stays open for the next daemon: what connects in between waits. */
static void
takes_a_socket_from_systemd(void **state)
{
	struct daemon_fixture fixture;
	int handle;
	char *name;
	struct milter_client *waiting;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, NULL));
	assert_true(daemon_fixture_configure(&fixture, ""));
	handle = listen_unix(&fixture, "inherited");
	name = text_string(fixture.arena, text_printf(fixture.arena, "unix:%s/inherited",
						      fixture.folder));
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, handle));
	assert_true(is_served(name));
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	assert_int_equal(access(name + 5, F_OK), 0);
	waiting = milter_client_new(name, FIXTURE_PATIENCE);
	assert_non_null(waiting);
	fixture.daemon = 0;
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, handle));
	assert_true(milter_client_negotiate(waiting, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	milter_client_free(&waiting);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	close(handle);
	daemon_fixture_end(&fixture);
}

/* Reads one state that the daemon sent. */
static bool
notified(int handle, const char *part)
{
	int64_t deadline = clock_milliseconds() + FIXTURE_PATIENCE;

	while (clock_milliseconds() < deadline) {
		struct pollfd ready = { .fd = handle, .events = POLLIN };
		char bytes[512];
		ssize_t length;

		if (poll(&ready, 1, FIXTURE_PATIENCE) <= 0)
			return false;
		length = recv(handle, bytes, sizeof(bytes), 0);
		if (length > 0 && text_find_text(text_of(bytes, (size_t)length),
						 text_from(part)) != TEXT_NOT_FOUND)
			return true;
	}
	return false;
}

static void
tells_the_service_manager(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct daemon_fixture fixture;
	int handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *environment[] = { NULL, "WATCHDOG_USEC=200000", NULL };
	struct text path;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, NULL));
	assert_true(daemon_fixture_configure(&fixture, ""));
	path = text_printf(fixture.arena, "%s/notify", fixture.folder);
	memcpy(address.sun_path, path.bytes, path.length);
	assert_int_equal(bind(handle, (const struct sockaddr *)&address, sizeof(address)), 0);
	environment[0] = text_string(fixture.arena, text_join(fixture.arena,
							      TEXT("NOTIFY_SOCKET="), path));
	assert_true(daemon_fixture_start(&fixture, NULL, environment, -1));
	assert_true(notified(handle, "READY=1"));
	assert_true(notified(handle, "WATCHDOG=1"));
	assert_true(notified(handle, "WATCHDOG=1"));
	daemon_fixture_signal(&fixture, 1);
	assert_true(notified(handle, "RELOADING=1\nMONOTONIC_USEC="));
	assert_true(notified(handle, "READY=1"));
	daemon_fixture_signal(&fixture, 15);
	assert_true(notified(handle, "STOPPING=1"));
	assert_int_equal(daemon_fixture_wait(&fixture), 0);
	close(handle);
	daemon_fixture_end(&fixture);
}

static void
keeps_the_cap_on_sessions(void **state)
{
	struct milter_client *clients[3] = { NULL, NULL, NULL };
	struct daemon_fixture fixture;
	bool is_free = false;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, NULL, "MaxConnections 2\n"));
	for (size_t i = 0; i < 3; i++) {
		clients[i] = milter_client_new(fixture.socket, FIXTURE_PATIENCE);
		assert_non_null(clients[i]);
		assert_int_equal(milter_client_negotiate(clients[i], 6, MILTER_ACTIONS_ALL,
							 MILTER_STEPS_ALL), i < 2);
	}
	assert_true(daemon_fixture_wait_for_log(&fixture, "MaxConnections (2) are open", 1));
	milter_client_free(&clients[0]);
	/* The place is free as soon as the daemon has seen the end. */
	for (int64_t until = clock_milliseconds() + FIXTURE_PATIENCE;
	     !is_free && clock_milliseconds() < until;)
		is_free = is_served(fixture.socket);
	assert_true(is_free);
	milter_client_free(&clients[1]);
	milter_client_free(&clients[2]);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

static void
closes_an_idle_session(void **state)
{
	struct daemon_fixture fixture;
	struct milter_client *client;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, NULL, "IdleTimeout 1s\n"));
	client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);
	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	assert_int_equal(milter_client_read(client), MILTER_GONE);
	assert_true(is_served(fixture.socket));
	milter_client_free(&client);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

/* The first number of a line of /proc/PID/status. */
static long
status_number(const struct daemon_fixture *fixture, const char *name)
{
	char *path = text_string(fixture->arena, text_printf(fixture->arena, "/proc/%ld/status",
							     (long)fixture->daemon));
	FILE *file = fopen(path, "re");
	char line[256];
	long number = -1;

	assert_non_null(file);
	while (number < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0)
			number = strtol(line + strlen(name), NULL, 10);
	}
	fclose(file);
	return number;
}

static void
becomes_another_user(void **state)
{
	struct daemon_fixture fixture;
	struct text output;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_true(daemon_fixture_prepare(&fixture, NULL));
	assert_true(daemon_fixture_configure(&fixture, "UserID no-such-user-here\n"));
	const char *const arguments[] = { "-c", fixture.config_path, NULL };

	assert_int_equal(daemon_run_to_end(fixture.arena, arguments, &output), EX_NOPERM);
	assert_true(daemon_fixture_configure(&fixture, "UserID 65534:65533\n"));
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	assert_int_equal(status_number(&fixture, "Uid:"), 65534);
	assert_int_equal(status_number(&fixture, "Gid:"), 65533);
	assert_true(is_served(fixture.socket));
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
}

static void
writes_and_removes_its_pid_file(void **state)
{
	struct daemon_fixture fixture;
	char *path;
	FILE *file;
	long number = 0;

	(void)state;
	assert_true(daemon_fixture_prepare(&fixture, NULL));
	path = text_string(fixture.arena, text_printf(fixture.arena, "%s/pid", fixture.folder));
	assert_true(daemon_fixture_configure(&fixture, text_printf(fixture.arena, "PidFile %s\n",
								   path).bytes));
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &number), 1);
	fclose(file);
	assert_int_equal(number, fixture.daemon);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	assert_int_equal(access(path, F_OK), -1);
	daemon_fixture_end(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(obeys_its_command_line),
		cmocka_unit_test(checks_and_prints_a_configuration),
		cmocka_unit_test(opens_every_socket),
		cmocka_unit_test(refuses_what_cannot_be_opened),
		cmocka_unit_test(refuses_what_is_not_there),
		cmocka_unit_test(takes_a_socket_from_systemd),
		cmocka_unit_test(tells_the_service_manager),
		cmocka_unit_test(keeps_the_cap_on_sessions),
		cmocka_unit_test(closes_an_idle_session),
		cmocka_unit_test(becomes_another_user),
		cmocka_unit_test(writes_and_removes_its_pid_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
