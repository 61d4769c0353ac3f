/* SPDX-License-Identifier: BSD-2-Clause */

/* What an MTA may send, in and out of order, to the real daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "milter_client.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "programs/session.h"

static const char zone[] =
	"example.com A 192.0.2.25\n"
	"example.com TXT v=spf1 ip4:192.0.2.25 -all\n"
	"_dmarc.example.com TXT v=DMARC1; p=reject\n"
	"_dmarc.broken.example TXT v=DMARC1; p=reject\n"
	"broken.example SERVFAIL TXT\n"
	"25.2.0.192.in-addr.arpa PTR example.com\n";

static const char *const sender[] = { "<alice@example.com>", "SIZE=100", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };
static const char good_message[] = "From: Alice <alice@example.com>\nSubject: hello\n\nHi.\n";

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

/* A client after HELO. */
static struct milter_client *
new_client_at(const char *socket, uint32_t actions, uint32_t steps, const char *address)
{
	struct milter_client *client = milter_client_new(socket, FIXTURE_PATIENCE);

	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, actions, steps));
	assert_int_equal(milter_client_connect(client, "client.test", address, 2525),
			 MILTER_CONTINUE);
	assert_int_equal(milter_client_helo(client, "example.com"), MILTER_CONTINUE);
	return client;
}

static struct milter_client *
new_client(uint32_t actions, uint32_t steps, const char *address)
{
	return new_client_at(fixture.socket, actions, steps, address);
}

static void
send_envelope(struct milter_client *client)
{
	assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
}

/* The daemon still serves: a good message of a good client passes. */
static void
check_that_it_serves(void)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.25");

	send_envelope(client);
	assert_int_equal(milter_client_message(client, text_from(good_message)),
			 MILTER_CONTINUE);
	assert_true(client->change_count >= 1);
	assert_int_equal(client->changes[0].kind, MILTER_INSERT);
	assert_true(text_equal(client->changes[0].name, TEXT("Authentication-Results")));
	assert_true(text_find_text(client->changes[0].value, TEXT("dmarc=pass")) !=
		    TEXT_NOT_FOUND);
	milter_client_free(&client);
}

static void
defers_what_it_may_not_edit(void **state)
{
	/* Fields may be added, not removed. */
	struct milter_client *client = new_client(0x01, MILTER_STEPS_ALL, "192.0.2.25");

	(void)state;
	send_envelope(client);
	assert_int_equal(milter_client_message(client, TEXT(
				"Authentication-Results: \"forged, and not readable\n"
				"From: Alice <alice@example.com>\n\nHi.\n")),
			 MILTER_TEMPFAIL);
	assert_true(daemon_fixture_wait_for_log(&fixture, "action=tempfail client=192.0.2.25 "
						"class=pass rule=edit-refused", 1));
	milter_client_free(&client);
	check_that_it_serves();
}

static void
agrees_to_what_is_offered(void **state)
{
	static const struct {
		uint32_t actions;
		uint32_t steps;
		uint32_t actions_wanted;
		uint32_t steps_wanted;
	} rows[] = {
		{ MILTER_ACTIONS_ALL, MILTER_STEPS_ALL, 0x131,
		  MILTER_STEP_SKIP | MILTER_STEP_LEADING_SPACE | MILTER_STEP_SILENT_CONNECT |
		  MILTER_STEP_SILENT_HELO | MILTER_STEP_SILENT_MAIL | MILTER_STEP_SILENT_DATA |
		  MILTER_STEP_SILENT_FIELD | MILTER_STEP_SILENT_HEADER_END |
		  MILTER_STEP_SILENT_BODY },
		/* libmilter replies in our place where the MTA wants a reply. */
		{ MILTER_ACTIONS_ALL, MILTER_STEPS_ALL & ~MILTER_STEP_SILENT_MAIL, 0x131,
		  MILTER_STEP_SKIP | MILTER_STEP_LEADING_SPACE | MILTER_STEP_SILENT_CONNECT |
		  MILTER_STEP_SILENT_HELO | MILTER_STEP_SILENT_DATA |
		  MILTER_STEP_SILENT_FIELD | MILTER_STEP_SILENT_HEADER_END |
		  MILTER_STEP_SILENT_BODY },
		{ MILTER_ACTIONS_ALL, MILTER_STEP_SKIP, 0x131, MILTER_STEP_SKIP },
		{ 0x11, 0x3f, 0x11, 0 },
		{ 0x01, 0x3f, 0x01, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct milter_client *client = milter_client_new(fixture.socket,
								 FIXTURE_PATIENCE);

		assert_non_null(client);
		assert_true(milter_client_negotiate(client, 6, rows[i].actions, rows[i].steps));
		assert_int_equal(client->actions, rows[i].actions_wanted);
		assert_int_equal(client->steps & ~(uint32_t)0x100, rows[i].steps_wanted);
		milter_client_free(&client);
	}
}

static void
asks_for_the_same_macros_at_both_ends(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL, NULL);

	(void)state;
	/* Stages 5 (EOM) and 6 (EOH), each followed by its list. */
	assert_true(text_find_text(client->macros_wanted, TEXT("\0\0\0\5i\0")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(client->macros_wanted, TEXT("\0\0\0\6i\0")) != TEXT_NOT_FOUND);
	assert_true(text_find_text(client->macros_wanted, TEXT("{daemon_name}")) !=
		    TEXT_NOT_FOUND);
	milter_client_free(&client);
}

static void
serves_an_mta_that_offers_little(void **state)
{
	static const uint32_t steps[] = { 0x3f, MILTER_STEP_SKIP, MILTER_STEP_LEADING_SPACE,
					  MILTER_STEPS_ALL };

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct milter_client *client = new_client(0x11, steps[i], "192.0.2.25");
		bool keeps = (client->steps & MILTER_STEP_LEADING_SPACE) != 0;

		send_envelope(client);
		assert_int_equal(milter_client_message(client, text_from(good_message)),
				 MILTER_CONTINUE);
		assert_int_equal(client->change_count, 1);
		/* Such an MTA writes the blank behind the colon itself. */
		assert_int_equal(text_starts_with(client->changes[0].value, TEXT(" ")), keeps);
		milter_client_free(&client);
	}
}

static void
survives_a_field_over_64_kib(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, 0x3f, "192.0.2.25");
	struct text value = text_of(memset(arena_alloc(client->arena, 70000), 'x', 70000), 70000);

	(void)state;
	send_envelope(client);
	assert_int_equal(milter_client_field(client, TEXT("X-Long"), value), MILTER_CONTINUE);
	assert_int_equal(milter_client_message(client, text_from(good_message)),
			 MILTER_CONTINUE);
	milter_client_free(&client);
	check_that_it_serves();
}

static void
takes_several_messages_on_one_connection(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.66");

	(void)state;
	/* A spoof and then mail of a domain without policy: nothing of the first stays. */
	send_envelope(client);
	assert_int_equal(milter_client_message(client, text_from(good_message)),
			 MILTER_REPLY_CODE);
	assert_true(text_starts_with(client->reply, TEXT("550 5.7.")));
	assert_true(milter_client_abort(client));
	send_envelope(client);
	assert_int_equal(milter_client_message(client, TEXT("From: a@nowhere.test\n\nx\n")),
			 MILTER_CONTINUE);
	assert_int_equal(client->change_count, 1);
	assert_true(text_find_text(client->changes[0].value, TEXT("nowhere.test")) !=
		    TEXT_NOT_FOUND);
	assert_true(milter_client_quit(client));
	milter_client_free(&client);
}

static void
removes_forged_fields_from_the_highest_down(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.25");

	(void)state;
	send_envelope(client);
	assert_int_equal(milter_client_message(client, TEXT(
		"Authentication-Results: mx.test; dmarc=pass\n"
		"Authentication-Results: other.test; dmarc=pass header.from=x.test\n"
		"Authentication-Results: mx.test; spf=pass\n"
		"From: alice@example.com\n\nx\n")), MILTER_CONTINUE);
	assert_int_equal(client->change_count, 3);
	assert_int_equal(client->changes[0].kind, MILTER_CHANGE);
	assert_int_equal(client->changes[0].position, 3);
	assert_true(text_is_empty(client->changes[0].value));
	assert_int_equal(client->changes[1].position, 1);
	assert_int_equal(client->changes[2].kind, MILTER_INSERT);
	milter_client_free(&client);
}

static void
defers_when_a_forged_field_cannot_be_removed(void **state)
{
	struct milter_client *client = new_client(0x01, 0x3f, "192.0.2.25");

	(void)state;
	send_envelope(client);
	assert_int_equal(milter_client_message(client, TEXT(
		"Authentication-Results: mx.test; dmarc=pass\nFrom: alice@example.com\n\nx\n")),
		MILTER_TEMPFAIL);
	milter_client_free(&client);
}

/* Sends the first `count` events of a message. */
static void
send_events(struct milter_client *client, unsigned count)
{
	if (count > 0)
		(void)milter_client_mail(client, sender);
	if (count > 1)
		(void)milter_client_rcpt(client, recipient);
	if (count > 2)
		(void)milter_client_data(client);
	if (count > 3)
		(void)milter_client_field(client, TEXT("From"), TEXT(" alice@example.com"));
	if (count > 4)
		(void)milter_client_header_end(client);
	if (count > 5)
		(void)milter_client_body(client, TEXT("Hi.\r\n"));
	if (count > 6)
		(void)milter_client_message_end(client);
}

static void
survives_an_abort_at_every_stage(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.25");

	(void)state;
	for (unsigned count = 0; count <= 7; count++) {
		send_events(client, count);
		assert_true(milter_client_abort(client));
		assert_true(milter_client_abort(client));
	}
	send_envelope(client);
	assert_int_equal(milter_client_message(client, text_from(good_message)),
			 MILTER_CONTINUE);
	milter_client_free(&client);
}

static void
survives_a_new_start_at_every_stage(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.25");

	(void)state;
	for (unsigned count = 0; count <= 7; count++) {
		send_events(client, count);
		assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
		send_events(client, count);
		assert_int_equal(milter_client_helo(client, "again.test"), MILTER_CONTINUE);
	}
	milter_client_free(&client);
	check_that_it_serves();
}

static void
survives_a_disconnect_at_every_stage(void **state)
{
	(void)state;
	for (unsigned count = 0; count <= 7; count++) {
		struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
							  "192.0.2.25");

		send_events(client, count);
		milter_client_free(&client);
	}
	check_that_it_serves();
}

static void
survives_broken_packets(void **state)
{
	static const struct text packets[] = {
		{ "\0\0", 2 },
		{ "\0\0\0\0", 4 },
		{ "\0\0\0\0M", 5 },
		{ "\0\0\0\1", 4 },
		{ "\0\0\0\x20M<alice", 11 },
		{ "\xff\xff\xff\xffM", 5 },
		{ "\x7f\xff\xff\xffL", 5 },
		{ "\0\0\0\1?", 5 },
		{ "\0\0\0\1M", 5 },
		{ "\0\0\0\1L", 5 },
		{ "\0\0\0\2Lx", 6 },
		{ "\0\0\0\1E", 5 },
		{ "\0\0\0\1C", 5 },
		{ "\0\0\0\5Oxxxx", 9 },
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(packets) / sizeof(packets[0]); i++) {
		struct milter_client *client = i % 2 == 0 ?
			milter_client_new(fixture.socket, FIXTURE_PATIENCE) :
			new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL, "192.0.2.25");

		assert_non_null(client);
		(void)milter_client_send_bytes(client, packets[i / 2]);
		milter_client_free(&client);
	}
	check_that_it_serves();
}

/* libmilter itself would read past the end of its list of macros. */
static void
ends_a_session_with_a_macro_that_has_no_value(void **state)
{
	static const struct text packets[] = {
		{ "Mi\0", 3 },
		{ "M{auth_type}\0", 13 },
		{ "Mi\0" "4FUZZ\0" "{auth_type}\0", 21 },
		{ "Mi\0" "4FUZZ\0" "{auth_type}\0PLAIN", 26 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
							  "192.0.2.25");

		assert_true(milter_client_send(client, MILTER_MACROS, packets[i]));
		(void)milter_client_mail(client, sender);
		assert_int_equal(milter_client_rcpt(client, recipient), MILTER_GONE);
		milter_client_free(&client);
	}
	check_that_it_serves();
}

static void
takes_a_second_session_on_the_same_connection(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.66");

	(void)state;
	send_events(client, 3);
	assert_true(milter_client_abort(client));
	assert_true(milter_client_send(client, MILTER_QUIT_NEW, TEXT("")));
	assert_int_equal(milter_client_connect(client, "second.test", "192.0.2.25", 25),
			 MILTER_CONTINUE);
	assert_int_equal(milter_client_helo(client, "example.com"), MILTER_CONTINUE);
	send_envelope(client);
	assert_int_equal(milter_client_message(client, text_from(good_message)),
			 MILTER_CONTINUE);
	assert_true(text_starts_with(client->changes[0].value, TEXT(" ")));
	milter_client_free(&client);
}

static void
knows_clients_of_every_family(void **state)
{
	static const struct {
		const char *address;
		const char *logged;
	} rows[] = {
		{ "192.0.2.77", "client=192.0.2.77 " },
		{ "2001:db8::77", "client=2001:db8::77 " },
		{ "::ffff:192.0.2.78", "client=192.0.2.78 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
							  rows[i].address);

		send_envelope(client);
		(void)milter_client_message(client, TEXT("From: a@nowhere.test\n\nx\n"));
		milter_client_free(&client);
		assert_true(daemon_fixture_wait_for_log(&fixture, rows[i].logged, 1));
	}
}

static void
logs_the_queue_id_whenever_it_came(void **state)
{
	static const char stages[] = { MILTER_MAIL, MILTER_RCPT, MILTER_DATA, MILTER_MESSAGE_END };
	static const char *const ids[] = { "ID1MAIL", "ID2RCPT", "ID3DATA", "ID4EOM" };

	(void)state;
	for (size_t i = 0; i < sizeof(stages); i++) {
		struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
							  "192.0.2.25");
		const char *const macros[] = { "i", ids[i], NULL };

		if (stages[i] == MILTER_MAIL)
			(void)milter_client_macros(client, stages[i], macros);
		(void)milter_client_mail(client, sender);
		if (stages[i] == MILTER_RCPT)
			(void)milter_client_macros(client, stages[i], macros);
		(void)milter_client_rcpt(client, recipient);
		if (stages[i] == MILTER_DATA)
			(void)milter_client_macros(client, stages[i], macros);
		(void)milter_client_data(client);
		if (stages[i] == MILTER_MESSAGE_END)
			(void)milter_client_macros(client, stages[i], macros);
		(void)milter_client_message(client, text_from(good_message));
		milter_client_free(&client);
		assert_true(daemon_fixture_wait_for_log(&fixture, ids[i], 1));
	}
}

/* Sends mail of a domain whose policy is known and whose SPF record is not. */
static int
send_uncertain(const char *address)
{
	static const char *const uncertain[] = { "<a@broken.example>", NULL };
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL, address);
	int reply;

	assert_int_equal(milter_client_mail(client, uncertain), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
	reply = milter_client_message(client, TEXT("From: a@broken.example\n\nx\n"));
	if (reply == MILTER_REPLY_CODE)
		assert_true(text_starts_with(client->reply, TEXT("451 4.")));
	milter_client_free(&client);
	return reply;
}

static void
set_clock(const char *settings, unsigned reloads)
{
	assert_true(daemon_fixture_configure(&fixture, settings));
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(daemon_fixture_wait_for_log(&fixture, ": reloaded: ", reloads));
}

/* A message without verdict is deferred, whichever host of a network brings it, but not for ever. */
static void
defers_for_a_bounded_time(void **state)
{
	(void)state;
	set_clock("DeferMaximum 1h\nTestClock 1700000000\n", 1);
	assert_int_equal(send_uncertain("192.0.2.80"), MILTER_REPLY_CODE);
	set_clock("DeferMaximum 1h\nTestClock 1700003599\n", 2);
	assert_int_equal(send_uncertain("192.0.2.81"), MILTER_REPLY_CODE);
	set_clock("DeferMaximum 1h\nTestClock 1700003601\n", 3);
	assert_int_equal(send_uncertain("198.51.100.80"), MILTER_REPLY_CODE);
	assert_int_equal(send_uncertain("192.0.2.82"), MILTER_CONTINUE);
}

static void
takes_ten_thousand_recipients(void **state)
{
	struct milter_client *client = new_client(MILTER_ACTIONS_ALL, MILTER_STEPS_ALL,
						  "192.0.2.25");

	(void)state;
	assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
	for (unsigned i = 0; i < SESSION_RECIPIENTS_MAX; i++)
		if (milter_client_rcpt(client, recipient) != MILTER_CONTINUE)
			fail_msg("recipient %u", i + 1);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_REPLY_CODE);
	assert_true(text_starts_with(client->reply, TEXT("452 4.5.3")));
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
	assert_int_equal(milter_client_message(client, text_from(good_message)),
			 MILTER_CONTINUE);
	assert_true(daemon_fixture_wait_for_log(&fixture, "rcpts=10000 ", 1));
	milter_client_free(&client);
}

/* A packet of the MTA may have 1 MiB; a longer one ends its session, and only that. */
static void
takes_packets_up_to_a_mebibyte(void **state)
{
	enum { PACKET = 1 << 20, NAME_AND_ENDS = sizeof("X-Long") + 1 };

	(void)state;
	for (size_t size = PACKET - 1; size <= PACKET + 1; size++) {
		struct milter_client *client = new_client(MILTER_ACTIONS_ALL, 0x3f, "192.0.2.25");
		size_t length = size - NAME_AND_ENDS;
		struct text value = text_of(memset(arena_alloc(client->arena, length), 'x', length),
					    length);

		send_envelope(client);
		assert_int_equal(milter_client_field(client, TEXT("X-Long"), value) ==
				 MILTER_CONTINUE, size <= PACKET);
		milter_client_free(&client);
	}
	check_that_it_serves();
}

/* Options of the log and of the process, as a daemon of its own obeys them. */
static void
writes_the_log_it_is_told_to(void **state)
{
	static const char *const clients[] = { "192.0.2.25", "192.0.2.66" };
	struct daemon_fixture other;
	struct stat status;

	(void)state;
	assert_true(daemon_fixture_begin(&other, zone,
					 "LogFormat json\nLogAccepted no\nSyslogName mail-7\n"
					 "SyslogFacility local3\nUMask 077\nDNSCacheSize 64K\n"));
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		struct milter_client *client = new_client_at(
			other.socket, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL, clients[i]);

		send_envelope(client);
		(void)milter_client_message(client, text_from(good_message));
		milter_client_free(&client);
	}
	assert_true(daemon_fixture_wait_for_log(&other, "\"action\":\"reject\",\"client\":"
							"\"192.0.2.66\"", 1));
	assert_true(text_find_text(daemon_fixture_log(&other), TEXT(" mail-7[")) !=
		    TEXT_NOT_FOUND);
	assert_true(text_find_text(daemon_fixture_log(&other), TEXT("192.0.2.25\"")) ==
		    TEXT_NOT_FOUND);
	assert_int_equal(stat(other.log_path, &status), 0);
	assert_int_equal(status.st_mode & 0077, 0);
	assert_int_equal(daemon_fixture_stop(&other), 0);
	daemon_fixture_end(&other);
}

static struct milter_client *
new_ruled_client(struct daemon_fixture *other, const char *settings)
{
	assert_true(daemon_fixture_begin(other, zone, settings));
	return new_client_at(other->socket, MILTER_ACTIONS_ALL, MILTER_STEP_SKIP, "192.0.2.25");
}

static void
end_ruled_client(struct daemon_fixture *other, struct milter_client *client)
{
	milter_client_free(&client);
	assert_int_equal(daemon_fixture_stop(other), 0);
	daemon_fixture_end(other);
}

/* No check wants the body here: the MTA must not be told to keep the rest of it. */
static void
sees_all_of_a_body_for_a_rule_about_size(void **state)
{
	static char body[150000];
	struct daemon_fixture other;
	struct milter_client *client = new_ruled_client(
		&other, "CheckDKIM no\nCheckARC no\nRule large size>128k reject\n");

	(void)state;
	memset(body, 'x', sizeof(body));
	for (size_t i = 100; i < sizeof(body); i += 100)
		body[i] = '\n';
	send_envelope(client);
	assert_int_equal(milter_client_message(client, text_join(client->arena,
								 text_from(good_message),
								 text_of(body, sizeof(body)))),
			 MILTER_REPLY_CODE);
	end_ruled_client(&other, client);
}

/* Postfix completes an address without domain and says how in {rcpt_addr}. */
static void
knows_recipients_without_domain(void **state)
{
	static const struct {
		const char *argument;
		const char *address;    /* of the macro */
		int answer;
	} rows[] = {
		{ "<bob>", "bob@mx.test", MILTER_REPLY_CODE },
		{ "<bob>", "eve@mx.test", MILTER_CONTINUE },
		/* Sendmail's, for a local mailbox. */
		{ "<bob>", "bob", MILTER_CONTINUE },
		{ "<bob>", "", MILTER_CONTINUE },
		/* Where there is a domain, it is what the client wrote that counts. */
		{ "<eve@mx.test>", "bob@mx.test", MILTER_CONTINUE },
		{ "<bob@mx.test>", "eve@mx.test", MILTER_REPLY_CODE },
	};
	struct daemon_fixture other;
	struct milter_client *client = new_ruled_client(
		&other, "Rule bob recipient=bob@mx.test reject\n");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *const macros[] = { "{rcpt_addr}", rows[i].address, NULL };
		const char *const arguments[] = { rows[i].argument, NULL };

		assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
		assert_true(milter_client_macros(client, MILTER_RCPT, macros));
		assert_int_equal(milter_client_rcpt(client, arguments), MILTER_CONTINUE);
		assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
		if (milter_client_message(client, text_from(good_message)) != rows[i].answer)
			fail_msg("row %zu", i);
	}
	end_ruled_client(&other, client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_all_of_a_body_for_a_rule_about_size),
		cmocka_unit_test(knows_recipients_without_domain),
		cmocka_unit_test(agrees_to_what_is_offered),
		cmocka_unit_test(asks_for_the_same_macros_at_both_ends),
		cmocka_unit_test(serves_an_mta_that_offers_little),
		cmocka_unit_test(survives_a_field_over_64_kib),
		cmocka_unit_test(takes_several_messages_on_one_connection),
		cmocka_unit_test(removes_forged_fields_from_the_highest_down),
		cmocka_unit_test(defers_when_a_forged_field_cannot_be_removed),
		cmocka_unit_test(survives_an_abort_at_every_stage),
		cmocka_unit_test(survives_a_new_start_at_every_stage),
		cmocka_unit_test(survives_a_disconnect_at_every_stage),
		cmocka_unit_test(survives_broken_packets),
		cmocka_unit_test(defers_what_it_may_not_edit),
		cmocka_unit_test(ends_a_session_with_a_macro_that_has_no_value),
		cmocka_unit_test(takes_a_second_session_on_the_same_connection),
		cmocka_unit_test(knows_clients_of_every_family),
		cmocka_unit_test(logs_the_queue_id_whenever_it_came),
		cmocka_unit_test(defers_for_a_bounded_time),
		cmocka_unit_test(takes_ten_thousand_recipients),
		cmocka_unit_test(takes_packets_up_to_a_mebibyte),
		cmocka_unit_test(writes_the_log_it_is_told_to),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
