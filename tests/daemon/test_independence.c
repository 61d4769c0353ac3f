/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * No session holds up another: order, not time, is what is asked for. Many
 * sessions reach the end of their message at once, each with a question whose
 * answer comes late; a message sent after them is answered before any of them,
 * and all of them within one such delay of each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/textbuf.h"
#include "daemon_fixture.h"
#include "milter_client.h"

#include <poll.h>

enum {
	SESSIONS = 64,
	DELAY = 2000,           /* milliseconds */
	ZONE_MAX = 65536
};

static const char *const sender[] = { "<>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };

/* One slow name for each session, so that no answer serves two. */
static const char *
make_zone(struct arena *arena)
{
	struct textbuf zone = textbuf_new(arena, ZONE_MAX);

	for (unsigned i = 0; i < SESSIONS; i++)
		textbuf_printf(&zone, "_dmarc.slow%u.example DELAY %d\n"
			       "_dmarc.slow%u.example TXT v=DMARC1; p=none\n", i, DELAY, i);
	textbuf_add_string(&zone, "_dmarc.quick.example TXT v=DMARC1; p=none\n");
	return textbuf_text(&zone).bytes;
}

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

/* Everything up to and with the end of the message; reads no reply to that. */
static void
send_message(struct milter_client *client, struct text from)
{
	assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
	assert_int_equal(milter_client_field(client, TEXT("From"), from), MILTER_SILENT);
	assert_int_equal(milter_client_header_end(client), MILTER_SILENT);
	assert_true(milter_client_send(client, MILTER_MESSAGE_END, TEXT("")));
}

/* Reads until the final reply. */
static int
read_end(struct milter_client *client)
{
	int reply;

	do
		reply = milter_client_read(client);
	while (reply == MILTER_INSERT || reply == MILTER_CHANGE);
	return reply;
}

/* Reads the replies in the order in which they come; notes when the first and the last came. */
static void
read_all(struct milter_client *clients[SESSIONS], int64_t *first_out, int64_t *last_out)
{
	struct pollfd handles[SESSIONS];
	unsigned left = SESSIONS;

	*first_out = 0;
	for (unsigned i = 0; i < SESSIONS; i++)
		handles[i] = (struct pollfd){ .fd = clients[i]->descriptor, .events = POLLIN };
	while (left > 0) {
		assert_true(poll(handles, SESSIONS, FIXTURE_PATIENCE) > 0);
		for (unsigned i = 0; i < SESSIONS; i++) {
			if (handles[i].fd < 0 || handles[i].revents == 0)
				continue;
			assert_int_equal(read_end(clients[i]), MILTER_CONTINUE);
			handles[i].fd = -1;
			left--;
			*last_out = clock_milliseconds();
			if (*first_out == 0)
				*first_out = *last_out;
		}
	}
}

static void
assert_none_is_answered(struct milter_client *clients[SESSIONS])
{
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct pollfd handle = { .fd = clients[i]->descriptor, .events = POLLIN };

		assert_int_equal(poll(&handle, 1, 0), 0);
	}
}

static void
slow_names_delay_only_their_own_message(void **state)
{
	struct arena *arena = arena_new();
	struct daemon_fixture fixture;
	struct milter_client *clients[SESSIONS];
	struct milter_client *quick;
	int64_t first;
	int64_t last = 0;

	(void)state;
	assert_true(daemon_fixture_begin(&fixture, make_zone(arena), "DNSTimeout 15s\n"));
	for (unsigned i = 0; i < SESSIONS; i++)
		clients[i] = new_client(&fixture);
	quick = new_client(&fixture);
	for (unsigned i = 0; i < SESSIONS; i++)
		send_message(clients[i], text_printf(arena, " a@slow%u.example", i));
	send_message(quick, TEXT(" a@quick.example"));
	assert_int_equal(read_end(quick), MILTER_CONTINUE);
	assert_none_is_answered(clients);
	read_all(clients, &first, &last);
	assert_true(last - first < DELAY);
	for (unsigned i = 0; i < SESSIONS; i++)
		milter_client_free(&clients[i]);
	milter_client_free(&quick);
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	daemon_fixture_end(&fixture);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_names_delay_only_their_own_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
