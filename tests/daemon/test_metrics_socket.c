/* SPDX-License-Identifier: BSD-2-Clause */

/* MetricsSocket of the real daemon: what it counts, and what may not disturb mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon_fixture.h"
#include "http_client.h"
#include "milter_client.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char zone[] =
	"example.com A 192.0.2.25\n"
	"example.com TXT v=spf1 ip4:192.0.2.25 -all\n"
	"_dmarc.example.com TXT v=DMARC1; p=reject\n"
	"_dmarc.broken.example TXT v=DMARC1; p=reject\n"
	"broken.example SERVFAIL TXT\n"
	"25.2.0.192.in-addr.arpa PTR example.com\n";

static const char *const sender[] = { "<alice@example.com>", NULL };
static const char *const recipient[] = { "<bob@mx.test>", NULL };
static const char message[] = "From: Alice <alice@example.com>\nSubject: hello\n\nHi.\n";

static struct daemon_fixture fixture;
static char *metrics_path;

static char *
settings_with(const char *settings)
{
	return text_string(fixture.arena, text_printf(fixture.arena, "MetricsSocket unix:%s\n%s",
						      metrics_path, settings));
}

static int
begin_with(const char *settings)
{
	if (!daemon_fixture_prepare(&fixture, zone))
		return -1;
	metrics_path = text_string(fixture.arena, text_printf(fixture.arena, "%s/metrics",
							      fixture.folder));
	return daemon_fixture_configure(&fixture, settings_with(settings)) &&
	       daemon_fixture_start(&fixture, NULL, NULL, -1) &&
	       daemon_fixture_wait_for_log(&fixture, "metrics are served on", 1) ? 0 : -1;
}

static int
begin(void **state)
{
	(void)state;
	return begin_with("");
}

static int
end(void **state)
{
	int code = fixture.daemon != 0 ? daemon_fixture_stop(&fixture) : 0;

	(void)state;
	daemon_fixture_end(&fixture);
	return code;
}

static struct milter_client *
new_client(const char *address)
{
	struct milter_client *client = milter_client_new(fixture.socket, FIXTURE_PATIENCE);

	assert_non_null(client);
	assert_true(milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL));
	assert_int_equal(milter_client_connect(client, "client.test", address, 2525),
			 MILTER_CONTINUE);
	assert_int_equal(milter_client_helo(client, "example.com"), MILTER_CONTINUE);
	return client;
}

static void
send_envelope(struct milter_client *client)
{
	assert_int_equal(milter_client_mail(client, sender), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
}

/* A whole session with one message; its final reply. */
static int
send_message(const char *address)
{
	struct milter_client *client = new_client(address);
	int reply;

	send_envelope(client);
	reply = milter_client_message(client, text_from(message));
	milter_client_free(&client);
	return reply;
}

static struct text
metrics(void)
{
	struct text body = http_client_get(metrics_path, "/metrics", 200, fixture.arena);

	assert_true(text_starts_with(body, TEXT("# HELP dmarcmilter_")));
	return body;
}

/* The value of a sample, named without the prefix; it must be there. */
static uint64_t
value_of(struct text all, const char *sample)
{
	struct text start = text_printf(fixture.arena, "dmarcmilter_%s ", sample);
	uint64_t value = UINT64_MAX;
	struct text line;

	while (text_next_part(&all, '\n', &line))
		if (text_starts_with(line, start) &&
		    text_to_number(text_from_position(line, start.length), UINT64_MAX, &value))
			return value;
	fail_msg("there is no sample %s", sample);
	return 0;
}

/* Sessions end a moment after the MTA hangs up. */
static bool
comes_to(const char *sample, uint64_t wanted)
{
	int64_t deadline = clock_milliseconds() + FIXTURE_PATIENCE;

	while (clock_milliseconds() < deadline) {
		if (value_of(metrics(), sample) == wanted)
			return true;
		usleep(20000);
	}
	return false;
}

static bool
is_healthy(void)
{
	return text_equal(http_client_get(metrics_path, "/healthz", 200, fixture.arena), TEXT("ok\n"));
}

static void
counts_messages(void **state)
{
	static const struct {
		const char *sample;
		uint64_t value;
	} rows[] = {
		{ "messages_total{action=\"accept\",class=\"pass\"}", 1 },
		{ "messages_total{action=\"reject\",class=\"spoof\"}", 2 },
		{ "messages_would_total{action=\"reject\",class=\"spoof\"}", 0 },
		{ "check_total{method=\"spf\",result=\"pass\"}", 1 },
		{ "check_total{method=\"spf\",result=\"fail\"}", 2 },
		{ "check_total{method=\"helo\",result=\"fail\"}", 2 },
		{ "check_total{method=\"dkim\",result=\"none\"}", 3 },
		{ "check_total{method=\"dmarc\",result=\"pass\"}", 1 },
		{ "check_total{method=\"dmarc\",result=\"fail\"}", 2 },
		{ "check_total{method=\"iprev\",result=\"pass\"}", 1 },
		{ "rule_total{rule=\"dmarc-pass\"}", 1 },
		{ "rule_total{rule=\"dmarc-reject\"}", 2 },
		{ "message_seconds_count", 3 },
		{ "message_seconds_bucket{le=\"+Inf\"}", 3 },
		{ "connections_total", 3 },
		{ "messages_in_work", 0 },
		{ "dns_answers_total{outcome=\"timeout\"}", 0 },
		{ "config_last_reload_successful", 1 },
	};
	struct text all;
	struct text line;
	uint64_t questions;
	uint64_t answers;

	(void)state;
	assert_true(is_healthy());
	assert_int_equal(send_message("192.0.2.25"), MILTER_CONTINUE);
	assert_int_equal(send_message("192.0.2.66"), MILTER_REPLY_CODE);
	assert_int_equal(send_message("192.0.2.66"), MILTER_REPLY_CODE);
	assert_true(comes_to("connections_open", 0));
	all = metrics();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(value_of(all, rows[i].sample), rows[i].value);
	questions = value_of(all, "dns_questions_total");
	answers = value_of(all, "dns_answers_total{outcome=\"noerror\"}") +
		value_of(all, "dns_answers_total{outcome=\"nodata\"}") +
		value_of(all, "dns_answers_total{outcome=\"nxdomain\"}");
	assert_true(questions >= 9);
	assert_int_equal(answers + value_of(all, "dns_answers_total{outcome=\"abandoned\"}"), questions);
	assert_int_equal(value_of(all, "dns_seconds_count"), answers);
	/* Nobody who sends mail gets a word of his into a label. */
	while (text_next_part(&all, '\n', &line))
		assert_true(text_find_text(line, TEXT("example.com")) == TEXT_NOT_FOUND &&
			    text_find_text(line, TEXT("192.0.2.")) == TEXT_NOT_FOUND);
}

static void
counts_what_is_open(void **state)
{
	struct milter_client *client = new_client("192.0.2.25");
	struct text all;

	(void)state;
	send_envelope(client);
	all = metrics();
	assert_int_equal(value_of(all, "connections_open"), 1);
	assert_int_equal(value_of(all, "messages_in_work"), 1);
	assert_int_equal(value_of(all, "message_seconds_count"), 0);
	milter_client_free(&client);
	assert_true(comes_to("connections_open", 0));
	assert_true(comes_to("messages_in_work", 0));
}

static int
begin_monitoring(void **state)
{
	(void)state;
	return begin_with("Mode monitor\nMaxConnections 2\nDNSFailureMemory 0\n");
}

static void
counts_what_would_be_done(void **state)
{
	(void)state;
	assert_int_equal(send_message("192.0.2.66"), MILTER_CONTINUE);
	assert_int_equal(value_of(metrics(), "messages_total{action=\"accept\",class=\"spoof\"}"), 1);
	assert_int_equal(value_of(metrics(), "messages_would_total{action=\"reject\",class=\"spoof\"}"), 1);
	assert_int_equal(value_of(metrics(), "rule_total{rule=\"dmarc-reject\"}"), 1);
}

static void
counts_refused_connections(void **state)
{
	struct milter_client *first = new_client("192.0.2.25");
	struct milter_client *second = new_client("192.0.2.25");
	struct milter_client *third = milter_client_new(fixture.socket, FIXTURE_PATIENCE);

	(void)state;
	assert_true(comes_to("connections_open", 2));
	assert_false(third != NULL && milter_client_negotiate(third, 6, MILTER_ACTIONS_ALL,
							      MILTER_STEPS_ALL));
	assert_true(comes_to("connections_refused_total{reason=\"limit\"}", 1));
	assert_int_equal(value_of(metrics(), "connections_total"), 2);
	milter_client_free(&third);
	milter_client_free(&second);
	milter_client_free(&first);
}

static int
begin_deferring(void **state)
{
	(void)state;
	return begin_with("OnTempError tempfail\n");
}

static void
counts_deferred_messages(void **state)
{
	static const char *const broken[] = { "<alice@broken.example>", NULL };
	struct milter_client *client = new_client("192.0.2.66");

	(void)state;
	assert_int_equal(milter_client_mail(client, broken), MILTER_CONTINUE);
	assert_int_equal(milter_client_rcpt(client, recipient), MILTER_CONTINUE);
	assert_int_equal(milter_client_data(client), MILTER_CONTINUE);
	assert_int_equal(milter_client_message(client, TEXT("From: a@broken.example\n\nx\n")),
			 MILTER_REPLY_CODE);
	milter_client_free(&client);
	assert_int_equal(value_of(metrics(), "deferred_messages"), 1);
	assert_int_equal(value_of(metrics(), "messages_total{action=\"tempfail\",class=\"error\"}"), 1);
	assert_true(value_of(metrics(), "dns_answers_total{outcome=\"servfail\"}") >= 1);
}

static void
survives_hostile_requests(void **state)
{
	static const struct {
		struct text request;
		const char *status;
	} rows[] = {
		{ { "GET /nothing HTTP/1.0\r\n\r\n", 25 }, "HTTP/1.1 404 " },
		{ { "GET /metrics/ HTTP/1.0\r\n\r\n", 26 }, "HTTP/1.1 404 " },
		{ { "GET /../etc/passwd HTTP/1.0\r\n\r\n", 31 }, "HTTP/1.1 404 " },
		{ { "DELETE /metrics HTTP/1.0\r\n\r\n", 28 }, "HTTP/1.1 405 " },
		{ { "GET /metrics HTTP/9.9\r\n\r\n", 25 }, "HTTP/1.1 505 " },
		{ { "GET /metrics HTTP/1.1\r\n\r\n", 25 }, "HTTP/1.1 400 " },
		{ { "\0\0\0\rO\0\0\0\6\n\n", 11 }, "HTTP/1.1 400 " },
		{ { "\x16\x03\x01\n\n", 5 }, "HTTP/1.1 400 " },
		{ { "HEAD /metrics HTTP/1.0\r\n\r\n", 26 }, "HTTP/1.1 200 " },
	};
	struct arena *arena = arena_new();
	int stuck[40];
	char *large = arena_alloc(arena, 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text answer = http_client_exchange(metrics_path, rows[i].request, arena);

		if (!text_starts_with(answer, text_from(rows[i].status)))
			fail_msg("row %zu: %.*s", i, TEXT_ARGUMENTS(answer));
	}
	memset(large, 'x', 1 << 20);
	(void)http_client_exchange(metrics_path, text_of(large, 1 << 20), arena);
	/* More stuck scrapers than are served: mail does not notice, and the scrapers go. */
	for (size_t i = 0; i < sizeof(stuck) / sizeof(stuck[0]); i++) {
		stuck[i] = http_client_connect(metrics_path, FIXTURE_PATIENCE);
		assert_true(stuck[i] >= 0);
		http_client_send(stuck[i], TEXT("GET /metrics HTTP/1.1\r\n"));
	}
	assert_int_equal(send_message("192.0.2.25"), MILTER_CONTINUE);
	for (size_t i = 0; i < sizeof(stuck) / sizeof(stuck[0]); i++)
		close(stuck[i]);
	assert_true(is_healthy());
	arena_free(&arena);
}

static void
says_that_it_stops(void **state)
{
	struct milter_client *client = new_client("192.0.2.25");
	struct text body;

	(void)state;
	send_envelope(client);
	daemon_fixture_signal(&fixture, SIGTERM);
	assert_true(daemon_fixture_wait_for_log(&fixture, "stopping", 1));
	body = http_client_get(metrics_path, "/healthz", 503, fixture.arena);
	assert_true(text_equal(body, TEXT("dmarcmilter is stopping\n")));
	assert_int_equal(value_of(metrics(), "messages_in_work"), 1);
	/* The message in work is finished as ever. */
	assert_int_equal(milter_client_message(client, text_from(message)), MILTER_CONTINUE);
	milter_client_free(&client);
	assert_int_equal(daemon_fixture_wait(&fixture), 0);
	assert_int_not_equal(access(metrics_path, F_OK), 0);
}

static void
replaces_a_stale_socket(void **state)
{
	struct stat status;
	char *settings;

	(void)state;
	daemon_fixture_signal(&fixture, SIGKILL);
	assert_int_equal(daemon_fixture_wait(&fixture), 256 + SIGKILL);
	assert_int_equal(access(metrics_path, F_OK), 0);
	/* The fixture takes SocketMode for Socket. */
	settings = text_string(fixture.arena, text_printf(fixture.arena, "Socket %s\nSocketMode 0640\n",
							  fixture.socket));
	assert_true(daemon_fixture_configure(&fixture, settings_with(settings)));
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	/* The fixture waits for the other socket only. */
	assert_true(daemon_fixture_wait_for_log(&fixture, "metrics are served on", 2));
	assert_true(is_healthy());
	assert_int_equal(stat(metrics_path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

/* Numbers are not worth a message. */
static void
serves_mail_without_it(void **state)
{
	static const char *const rows[] = {
		"MetricsSocket unix:/no/such/folder/metrics\n",
		"MetricsSocket inet:8894@no.such.host.invalid\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(daemon_fixture_stop(&fixture), 0);
		assert_true(daemon_fixture_configure(&fixture, rows[i]));
		assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
		assert_true(daemon_fixture_wait_for_log(&fixture, "mail is checked without it",
							(unsigned)i + 1));
		assert_int_equal(send_message("192.0.2.25"), MILTER_CONTINUE);
	}
}

static void
reloads(void **state)
{
	(void)state;
	assert_true(daemon_fixture_configure(&fixture, "NoSuchOption yes\n"));
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(comes_to("config_reload_total{result=\"failure\"}", 1));
	assert_int_equal(value_of(metrics(), "config_last_reload_successful"), 0);
	assert_true(daemon_fixture_configure(&fixture, "Mode monitor\n"));
	daemon_fixture_signal(&fixture, SIGHUP);
	assert_true(comes_to("config_reload_total{result=\"success\"}", 1));
	assert_int_equal(value_of(metrics(), "config_last_reload_successful"), 1);
	assert_true(daemon_fixture_wait_for_log(&fixture, "MetricsSocket was changed; it takes "
						"effect when dmarcmilter is restarted", 1));
	/* Numbers stay, and the old socket does. */
	assert_true(is_healthy());
}

/* The socket is opened before the user changes, and serves afterwards. */
static void
serves_as_another_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(daemon_fixture_stop(&fixture), 0);
	assert_true(daemon_fixture_configure(&fixture, settings_with("UserID 65534:65533\n")));
	assert_true(daemon_fixture_start(&fixture, NULL, NULL, -1));
	assert_true(daemon_fixture_wait_for_log(&fixture, "metrics are served on", 2));
	assert_true(is_healthy());
	assert_int_equal(value_of(metrics(), "connections_total"), 0);
}

static void
logs_the_numbers(void **state)
{
	(void)state;
	assert_int_equal(send_message("192.0.2.66"), MILTER_REPLY_CODE);
	daemon_fixture_signal(&fixture, SIGUSR1);
	assert_true(daemon_fixture_wait_for_log(&fixture, "metrics: ", 1));
	assert_true(daemon_fixture_wait_for_log(&fixture, "messages_total.reject.spoof=1", 1));
	assert_true(daemon_fixture_wait_for_log(&fixture, "rule_total.dmarc-reject=1", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_messages, begin, end),
		cmocka_unit_test_setup_teardown(counts_what_is_open, begin, end),
		cmocka_unit_test_setup_teardown(counts_what_would_be_done, begin_monitoring, end),
		cmocka_unit_test_setup_teardown(counts_refused_connections, begin_monitoring, end),
		cmocka_unit_test_setup_teardown(counts_deferred_messages, begin_deferring, end),
		cmocka_unit_test_setup_teardown(survives_hostile_requests, begin, end),
		cmocka_unit_test_setup_teardown(says_that_it_stops, begin, end),
		cmocka_unit_test_setup_teardown(replaces_a_stale_socket, begin, end),
		cmocka_unit_test_setup_teardown(serves_mail_without_it, begin, end),
		cmocka_unit_test_setup_teardown(reloads, begin, end),
		cmocka_unit_test_setup_teardown(serves_as_another_user, begin, end),
		cmocka_unit_test_setup_teardown(logs_the_numbers, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
