/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "programs/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket of this name ("@" in front: abstract), and $NOTIFY_SOCKET set to it. */
static int
listen_as(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(handle, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
					  (name[0] == '@' ? 0 : 1))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return handle;
}

static void
assert_received(int handle, const char *start)
{
	char bytes[512];
	ssize_t length = recv(handle, bytes, sizeof(bytes), MSG_DONTWAIT);

	assert_true(length > 0);
	assert_true(text_starts_with(text_of(bytes, (size_t)length), text_from(start)));
}

static void
speaks_to_the_socket(void **state)
{
	char path[64];
	const char *names[2] = { path, NULL };
	char abstract[64];

	(void)state;
	snprintf(path, sizeof(path), "/tmp/notify-test-%ld", (long)getpid());
	snprintf(abstract, sizeof(abstract), "@notify-test-%ld", (long)getpid());
	names[1] = abstract;
	for (size_t i = 0; i < 2; i++) {
		int handle = listen_as(names[i]);

		assert_true(notify_ready("Checking mail"));
		assert_received(handle, "READY=1\nSTATUS=Checking mail");
		assert_true(notify_reloading());
		assert_received(handle, "RELOADING=1\nMONOTONIC_USEC=");
		assert_true(notify_stopping());
		assert_received(handle, "STOPPING=1");
		assert_true(notify_watchdog());
		assert_received(handle, "WATCHDOG=1");
		close(handle);
	}
	unlink(path);
}

static void
is_silent_without_a_socket(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_true(notify_ready("x"));
	setenv("NOTIFY_SOCKET", "", 1);
	assert_true(notify_ready("x"));
}

static void
reports_what_cannot_be_sent(void **state)
{
	static const char *const names[] = {
		"/no/such/socket", "relative", "@", "/", "vsock:1:2",
		"/tmp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_false(notify_ready("x"));
	}
	unsetenv("NOTIFY_SOCKET");
}

static void
reads_the_watchdog_interval(void **state)
{
	static const struct {
		const char *microseconds;
		const char *process;
		int64_t expected;
	} rows[] = {
		{ NULL, NULL, 0 },
		{ "30000000", NULL, 15000 },
		{ "2000", NULL, 1 },
		{ "1999", NULL, 1 },
		{ "1", NULL, 1 },
		{ "0", NULL, 0 },
		{ "-1", NULL, 0 },
		{ "30s", NULL, 0 },
		{ "99999999999999999999", NULL, 0 },
		{ "30000000", "1", 0 },
		{ "30000000", "me", 0 },
		{ "30000000", "own", 15000 },
	};
	char own[32];

	(void)state;
	snprintf(own, sizeof(own), "%ld", (long)getpid());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *process = rows[i].process;

		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (rows[i].microseconds != NULL)
			setenv("WATCHDOG_USEC", rows[i].microseconds, 1);
		if (process != NULL)
			setenv("WATCHDOG_PID", strcmp(process, "own") == 0 ? own : process, 1);
		assert_int_equal(notify_watchdog_interval(), rows[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks_to_the_socket),
		cmocka_unit_test(is_silent_without_a_socket),
		cmocka_unit_test(reports_what_cannot_be_sent),
		cmocka_unit_test(reads_the_watchdog_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
