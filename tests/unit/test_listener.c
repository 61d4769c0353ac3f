/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/reader.h"
#include "programs/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

static char folder[] = "/tmp/listener-test-XXXXXX";
static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&arena);
	return rmdir(folder);
}

static struct endpoint
unix_endpoint(const char *name)
{
	return (struct endpoint){ .kind = ENDPOINT_UNIX,
				  .path = text_printf(arena, "%s/%s", folder, name) };
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (connect(handle, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return handle;
	close(handle);
	return -1;
}

static void
makes_a_unix_socket_with_its_mode(void **state)
{
	static const mode_t modes[] = { 0600, 0660, 0666, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct endpoint endpoint = unix_endpoint("mode");
		struct listener listener;
		struct listeners one = { &listener, 1 };
		struct text reason;
		struct stat status;

		assert_true(listener_open(arena, &endpoint, modes[i], (gid_t)-1, &listener,
					  &reason));
		assert_true(listener.is_unix);
		assert_int_equal(stat(listener.path.bytes, &status), 0);
		assert_int_equal(status.st_mode & 07777, modes[i]);
		listeners_close(&one);
		assert_int_equal(access(endpoint.path.bytes, F_OK), -1);
		listeners_close(&one);
	}
}

static void
removes_only_a_socket_that_nobody_answers(void **state)
{
	struct endpoint endpoint = unix_endpoint("stale");
	struct listener first;
	struct listener second;
	struct listeners one = { &second, 1 };
	struct text reason;
	int handle;

	(void)state;
	assert_true(listener_open(arena, &endpoint, 0600, (gid_t)-1, &first, &reason));
	/* Answered: stays. */
	assert_false(listener_open(arena, &endpoint, 0600, (gid_t)-1, &second, &reason));
	assert_true(text_find_text(reason, TEXT("another process")) != TEXT_NOT_FOUND);
	assert_int_equal(access(endpoint.path.bytes, F_OK), 0);
	/* Left behind: replaced. */
	close(first.descriptor);
	assert_true(listener_open(arena, &endpoint, 0600, (gid_t)-1, &second, &reason));
	handle = connect_to(endpoint.path.bytes);
	assert_true(handle >= 0);
	close(handle);
	listeners_close(&one);
}

static void
leaves_other_files_alone(void **state)
{
	struct endpoint endpoint = unix_endpoint("file");
	struct listener listener;
	struct text reason;
	int handle = open(endpoint.path.bytes, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	close(handle);
	assert_false(listener_open(arena, &endpoint, 0600, (gid_t)-1, &listener, &reason));
	assert_true(text_find_text(reason, TEXT("not a socket")) != TEXT_NOT_FOUND);
	assert_int_equal(unlink(endpoint.path.bytes), 0);
}

/* At the end only the socket that we made is removed, not one that took its place. */
static void
leaves_the_socket_of_a_successor(void **state)
{
	struct endpoint endpoint = unix_endpoint("successor");
	struct listener first;
	struct listener second;
	struct listeners list = { &first, 1 };
	struct text reason;

	(void)state;
	assert_true(listener_open(arena, &endpoint, 0600, (gid_t)-1, &first, &reason));
	assert_int_equal(unlink(endpoint.path.bytes), 0);
	assert_true(listener_open(arena, &endpoint, 0600, (gid_t)-1, &second, &reason));
	listeners_close(&list);
	assert_int_equal(access(endpoint.path.bytes, F_OK), 0);
	list.items = &second;
	listeners_close(&list);
	assert_int_equal(access(endpoint.path.bytes, F_OK), -1);
}

static void
refuses_paths_that_cannot_be(void **state)
{
	char longest[109];
	struct endpoint endpoint = { .kind = ENDPOINT_UNIX };
	struct listener listener;
	struct text reason;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	endpoint.path = text_of(longest, 108);
	assert_false(listener_open(arena, &endpoint, 0600, (gid_t)-1, &listener, &reason));
	endpoint.path = text_printf(arena, "%s/no/folder", folder);
	assert_false(listener_open(arena, &endpoint, 0600, (gid_t)-1, &listener, &reason));
	assert_true(text_find_text(reason, TEXT("systemd-tmpfiles")) != TEXT_NOT_FOUND);
}

static void
makes_inet_sockets_without_delay(void **state)
{
	static const struct {
		enum endpoint_kind kind;
		struct text host;
	} rows[] = {
		{ ENDPOINT_INET, { "127.0.0.1", 9 } },
		{ ENDPOINT_INET, { NULL, 0 } },
		{ ENDPOINT_INET6, { "::1", 3 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct endpoint endpoint = { .kind = rows[i].kind, .host = rows[i].host };
		struct listener listener;
		struct listeners one = { &listener, 1 };
		struct text reason;
		int on = 0;
		socklen_t size = sizeof(on);

		assert_true(listener_open(arena, &endpoint, 0, (gid_t)-1, &listener, &reason));
		assert_false(listener.is_unix);
		assert_int_equal(getsockopt(listener.descriptor, IPPROTO_TCP, TCP_NODELAY, &on,
					    &size), 0);
		assert_int_not_equal(on, 0);
		if (rows[i].kind == ENDPOINT_INET6) {
			assert_int_equal(getsockopt(listener.descriptor, IPPROTO_IPV6, IPV6_V6ONLY,
						    &on, &size), 0);
			assert_int_not_equal(on, 0);
		}
		listeners_close(&one);
	}
}

static void
refuses_hosts_that_are_not_here(void **state)
{
	struct endpoint endpoint = { .kind = ENDPOINT_INET, .host = TEXT("192.0.2.1"), .port = 1 };
	struct listener listener;
	struct text reason;

	(void)state;
	assert_false(listener_open(arena, &endpoint, 0, (gid_t)-1, &listener, &reason));
	endpoint.host = TEXT("::1");
	assert_false(listener_open(arena, &endpoint, 0, (gid_t)-1, &listener, &reason));
}

static void
takes_only_listening_descriptors(void **state)
{
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct endpoint endpoint = { .kind = ENDPOINT_DESCRIPTOR };
	struct listener listener;
	struct listeners one = { &listener, 1 };
	struct text reason;

	(void)state;
	assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof(sa_family_t)),
			 0);
	assert_int_equal(listen(listening, 1), 0);
	endpoint.descriptor = silent;
	assert_false(listener_open(arena, &endpoint, 0, (gid_t)-1, &listener, &reason));
	endpoint.descriptor = file;
	assert_false(listener_open(arena, &endpoint, 0, (gid_t)-1, &listener, &reason));
	endpoint.descriptor = listening;
	assert_true(listener_open(arena, &endpoint, 0, (gid_t)-1, &listener, &reason));
	assert_true(listener.is_inherited);
	listeners_close(&one);
	close(silent);
	close(file);
}

/* All or none: a socket that cannot be opened closes those before it. */
static void
opens_all_or_none(void **state)
{
	struct config config;
	struct text sockets[2];
	struct listeners listeners = { NULL, 0 };
	struct text reason;
	int exit_code = EX_OK;

	(void)state;
	config_set_defaults(arena, &config);
	sockets[0] = text_printf(arena, "unix:%s/one", folder);
	sockets[1] = text_printf(arena, "unix:%s/no/two", folder);
	config.sockets = (struct text_list){ .items = sockets, .count = 2 };
	assert_false(listeners_open(arena, &config, &listeners, &reason, &exit_code));
	assert_int_equal(exit_code, EX_UNAVAILABLE);
	assert_int_equal(access(sockets[0].bytes + 5, F_OK), -1);
	config.sockets.count = 1;
	config.socket_group = TEXT("no-such-group-here");
	assert_false(listeners_open(arena, &config, &listeners, &reason, &exit_code));
	assert_int_equal(exit_code, EX_CONFIG);
	config.socket_group = TEXT("");
	assert_true(listeners_open(arena, &config, &listeners, &reason, &exit_code));
	assert_int_equal(listeners.count, 1);
	listeners_close(&listeners);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_a_unix_socket_with_its_mode),
		cmocka_unit_test(removes_only_a_socket_that_nobody_answers),
		cmocka_unit_test(leaves_other_files_alone),
		cmocka_unit_test(leaves_the_socket_of_a_successor),
		cmocka_unit_test(refuses_paths_that_cannot_be),
		cmocka_unit_test(makes_inet_sockets_without_delay),
		cmocka_unit_test(refuses_hosts_that_are_not_here),
		cmocka_unit_test(takes_only_listening_descriptors),
		cmocka_unit_test(opens_all_or_none),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
