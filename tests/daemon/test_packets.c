/* SPDX-License-Identifier: BSD-2-Clause */

/* However the packets of a session arrive, and however many leave together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "milter_client.h"

#include <fcntl.h>
#include <time.h>

#include "base/macros.h"
#include "base/textbuf.h"
#include "programs/milter_packets.h"

static const char zone[] =
	"example.com A 192.0.2.25\n"
	"example.com TXT v=spf1 ip4:192.0.2.25 -all\n"
	"_dmarc.example.com TXT v=DMARC1; p=reject\n"
	"25.2.0.192.in-addr.arpa PTR example.com\n";

static struct daemon_fixture fixture;

static int
begin(void **state)
{
	(void)state;
	return daemon_fixture_begin(&fixture, zone, "") ? 0 : -1;
}

static int
end(void **state)
{
	int code = daemon_fixture_stop(&fixture);

	(void)state;
	daemon_fixture_end(&fixture);
	return code;
}

static void
add_packet(struct textbuf *out, char command, struct text data)
{
	size_t length = data.length + 1;

	for (int shift = 24; shift >= 0; shift -= 8)
		textbuf_add_byte(out, (char)(unsigned char)(length >> shift & 0xff));
	textbuf_add_byte(out, command);
	textbuf_add(out, data);
}

/* A connection of `address`. */
static struct text
envelope_from(struct arena *arena, struct text address)
{
	struct textbuf out = textbuf_new(arena, 4096);

	add_packet(&out, MILTER_CONNECT, text_join(arena, TEXT("client.test\0" "4\x09\xdd"),
						   text_join(arena, address, TEXT("\0"))));
	add_packet(&out, MILTER_HELO, TEXT("example.com\0"));
	add_packet(&out, MILTER_MACROS, TEXT("Mi\0" "4PACK\0"));
	add_packet(&out, MILTER_MAIL, TEXT("<alice@example.com>\0"));
	add_packet(&out, MILTER_RCPT, TEXT("<bob@mx.test>\0"));
	return textbuf_text(&out);
}

/* All packets from CONNECT to RCPT, and from the first field to the end of the message. */
static struct text
envelope(struct arena *arena)
{
	return envelope_from(arena, TEXT("192.0.2.25"));
}

static struct text
message(struct arena *arena, size_t body_bytes)
{
	struct textbuf out = textbuf_new(arena, body_bytes + 4096);
	char *body = arena_alloc(arena, body_bytes);

	for (size_t i = 0; i < body_bytes; i++)
		body[i] = "0123456789abcde\n"[i % 16];
	add_packet(&out, MILTER_DATA, TEXT(""));
	add_packet(&out, MILTER_FIELD, TEXT("From\0 alice@example.com\0"));
	add_packet(&out, MILTER_FIELD, TEXT("Subject\0 pieces\0"));
	add_packet(&out, MILTER_HEADER_END, TEXT(""));
	add_packet(&out, MILTER_BODY, text_of(body, body_bytes));
	add_packet(&out, MILTER_MESSAGE_END, TEXT(""));
	return textbuf_text(&out);
}

static void
send_in_pieces(struct milter_client *client, struct text bytes, size_t piece)
{
	static const struct timespec pause = { .tv_nsec = 200000 };

	for (size_t at = 0; at < bytes.length; at += piece) {
		assert_true(milter_client_send_bytes(client, text_cut(bytes, at, piece)));
		if (piece < 64)
			nanosleep(&pause, NULL);
	}
}

/* One change, and the reply. */
static void
read_end(struct milter_client *client)
{
	assert_int_equal(milter_client_read(client), MILTER_INSERT);
	assert_true(text_find_text(client->reply, TEXT("dmarc=pass")) != TEXT_NOT_FOUND);
	assert_int_equal(milter_client_read(client), MILTER_CONTINUE);
}

/* Silent but for RCPT and the end, as Postfix is served over a unix socket. */
static void
takes_pieces_of_any_size(void **state)
{
	static const struct {
		size_t piece;
		size_t body;
	} rows[] = {
		{ 1, 100 },
		{ 4, 100 },
		{ 5, 100 },
		{ 7, 5000 },
		{ 4096, 300 },
		/* Packets that end where what is read ahead ends, and one more and less. */
		{ 1 << 20, MILTER_AHEAD - 100 },
		{ MILTER_AHEAD - 1, 3 * MILTER_AHEAD },
		{ MILTER_AHEAD, 3 * MILTER_AHEAD },
		{ MILTER_AHEAD + 1, 3 * MILTER_AHEAD },
		{ 1 << 20, 60000 },
		{ 1 << 21, (1 << 20) - 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct milter_client *client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);

		assert_non_null(client);
		assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL,
						    MILTER_STEPS_ALL));
		assert_true((client->steps & MILTER_STEP_SILENT_BODY) != 0);
		send_in_pieces(client, envelope(client->arena), rows[i].piece);
		assert_int_equal(milter_client_read(client), MILTER_CONTINUE);
		send_in_pieces(client, message(client->arena, rows[i].body), rows[i].piece);
		read_end(client);
		milter_client_free(&client);
	}
}

/* More changes than are held back: all arrive, in order, and the reply after them. */
static void
sends_many_changes(void **state)
{
	enum { FIELDS = 300 };
	struct milter_client *client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);
	struct textbuf text;

	(void)state;
	assert_non_null(client);
	text = textbuf_new(client->arena, FIELDS * 64);
	for (size_t i = 0; i < FIELDS; i++)
		textbuf_add_string(&text, "Authentication-Results: mx.test; dmarc=pass\n");
	textbuf_add_string(&text, "From: alice@example.com\n\nHi.\n");
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	assert_true(milter_client_send_bytes(client, envelope(client->arena)));
	assert_int_equal(milter_client_read(client), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
	assert_int_equal(milter_client_message(client, textbuf_text(&text)), MILTER_CONTINUE);
	assert_int_equal(client->change_count, FIELDS + 1);
	for (size_t i = 0; i < FIELDS; i++) {
		assert_int_equal(client->changes[i].kind, MILTER_CHANGE);
		assert_int_equal(client->changes[i].position, FIELDS - i);
	}
	assert_int_equal(client->changes[FIELDS].kind, MILTER_INSERT);
	milter_client_free(&client);
}

/* One write of the MTA may hold several messages; each gets its own replies. */
static void
takes_messages_one_behind_the_other(void **state)
{
	struct milter_client *client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);
	struct text one;

	(void)state;
	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	one = text_join(client->arena, envelope(client->arena), message(client->arena, 1000));
	assert_true(milter_client_send_bytes(client, text_join(client->arena, one, one)));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(milter_client_read(client), MILTER_CONTINUE);
		read_end(client);
	}
	milter_client_free(&client);
}

/* Sendmail's next connection on the same socket, behind what ends the one before it. */
static void
takes_sessions_one_behind_the_other(void **state)
{
	struct milter_client *client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);
	struct textbuf out;

	(void)state;
	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	out = textbuf_new(client->arena, 65536);
	textbuf_add(&out, envelope(client->arena));
	textbuf_add(&out, message(client->arena, 1000));
	add_packet(&out, MILTER_QUIT_NEW, TEXT(""));
	textbuf_add(&out, envelope_from(client->arena, TEXT("192.0.2.66")));
	textbuf_add(&out, message(client->arena, 1000));
	add_packet(&out, MILTER_QUIT, TEXT(""));
	assert_true(milter_client_send_bytes(client, textbuf_text(&out)));
	assert_int_equal(milter_client_read(client), MILTER_CONTINUE);
	read_end(client);
	/* Another client, to whom the domain has given no leave. */
	assert_int_equal(milter_client_read(client), MILTER_CONTINUE);
	assert_int_equal(milter_client_read(client), MILTER_REPLY_CODE);
	assert_true(text_starts_with(client->reply, TEXT("550 ")));
	assert_int_equal(milter_client_read(client), MILTER_GONE);
	milter_client_free(&client);
}

/* A message for which the daemon has many packets, each of the same length. */
static struct text
message_with_many_changes(struct arena *arena)
{
	enum { FIELDS = 1900 };         /* of the 2000 that a message may have */
	struct textbuf out = textbuf_new(arena, 1 << 20);

	add_packet(&out, MILTER_DATA, TEXT(""));
	for (size_t i = 0; i < FIELDS; i++)
		add_packet(&out, MILTER_FIELD, TEXT("Authentication-Results\0 mx.test\0"));
	add_packet(&out, MILTER_FIELD, TEXT("From\0 alice@example.com\0"));
	add_packet(&out, MILTER_HEADER_END, TEXT(""));
	add_packet(&out, MILTER_MESSAGE_END, TEXT(""));
	return textbuf_text(&out);
}

/*
 * What follows a packet that went out in part, or not at all, would be taken for something
 * else. And an MTA that takes nothing is waited for once, not for each change.
 */
static void
sends_nothing_behind_what_failed(void **state)
{
	enum {
		MESSAGES = 400,         /* more than any socket holds the changes of */
		CHANGE_BYTES = 4 + sizeof("Authentication-Results") + 1
	};
	struct daemon_fixture own;
	struct milter_client *client;
	struct text one;
	int reply;

	(void)state;
	/* It also is how long the daemon waits for an MTA that takes nothing. */
	assert_true(daemon_fixture_begin(&own, zone, "IdleTimeout 1s\n"));
	client = milter_client_new(own.socket, FIXTURE_PATIENCE);
	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	one = text_join(client->arena, envelope(client->arena),
			message_with_many_changes(client->arena));
	/* Not waiting: it then begins to read while the daemon has more to say. */
	assert_int_equal(fcntl(client->descriptor, F_SETFL, O_NONBLOCK), 0);
	for (size_t i = 0; i < MESSAGES; i++)
		if (!milter_client_send_bytes(client, one))
			break;
	assert_true(daemon_fixture_wait_for_log(&own, "the MTA does not let us remove", 1));
	while ((reply = milter_client_read(client)) != MILTER_GONE) {
		assert_true(reply == MILTER_CONTINUE || reply == MILTER_CHANGE ||
			    reply == MILTER_INSERT);
		if (reply != MILTER_INSERT)
			assert_int_equal(client->reply.length,
					 reply == MILTER_CHANGE ? CHANGE_BYTES : 0);
	}
	milter_client_free(&client);
	assert_int_equal(daemon_fixture_stop(&own), 0);
	daemon_fixture_end(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_pieces_of_any_size),
		cmocka_unit_test(sends_many_changes),
		cmocka_unit_test(takes_messages_one_behind_the_other),
		cmocka_unit_test(takes_sessions_one_behind_the_other),
		cmocka_unit_test(sends_nothing_behind_what_failed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
