/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes as the MTA's side of the milter protocol: the daemon's own server with
 * libmilter in this process, and a zone text in place of the resolver.
 *
 * An input that begins with "R" is sent as it is behind that. Any other is
 * lines, each a packet that gets its length in front (byte 0x0b stands for a
 * LF in it); a line that begins with "!" is sent without a length. All is sent
 * at once, then the end of the stream.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/textbuf.h"
#include "config/current.h"
#include "config/reader.h"
#include "dns/zone_text.h"
#include "mail/authentication_results.h"
#include "programs/milter_server.h"
#include "programs/session.h"

enum {
	STREAM_MAX = 1 << 20,
	REPLIES_MAX = 1 << 24,
	LENGTH_BYTES = 4,
	PATIENCE = 10000                /* milliseconds, for a session to let go of its message */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public halves of tests/keys/ed25519.pem and rsa1024.pem. */
static const char zone_source[] =
	"1.2.0.192.in-addr.arpa PTR mail.example.com\n"
	"mail.example.com A 192.0.2.1\n"
	"example.com TXT v=spf1 ip4:192.0.2.1 exists:%{l}.%{h}.example.com -all\n"
	"_dmarc.example.com TXT v=DMARC1; p=reject; sp=quarantine; np=none\n"
	"example.net TXT v=spf1 include:example.com ?all\n"
	"_dmarc.example.net TXT v=DMARC1; p=quarantine; adkim=s\n"
	"broken.example SERVFAIL\n"
	"_dmarc.broken.example SERVFAIL\n"
	"ed25519._domainkey.example.org TXT v=DKIM1; k=ed25519; p=yXAEkv46eptdcy6"
	"i4aKwLyAxEj3oBU2soV0Z4u43SW0=\n"
	"rsa1024._domainkey.example.org TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQE"
	"BAQUAA4GNADCBiQKBgQDMmf5IrCxa4zSisTB3X5LNDgim0W5rvjpqWKmjDIHgNvMXE3dZsf5"
	"tVkD59kn9gEOLHtHHFhMtvlzTBJDlOH6KnNgaPWyhZY30v9r0x2UWM5Dkjyoi8JdrjFrEB6r"
	"B8VyhMdsGiiC2sxWbJ+r0BibWCLzeNzQCNslJlmu1R+jXyQIDAQAB\n";

static const char settings[] =
	"AuthservID mx.receiver.example\n"
	"IgnoreHosts 198.51.100.0/24\n"
	"RejectClasses spoof\n"
	"OnMultipleFrom quarantine\n"
	"SPFReceivedHeader yes\n"
	"SPFExplanation yes\n"
	"MaxHeaders 16k\n"
	"LogAddresses full\n";

/* Made at the first input, for the life of the process. */
static struct {
	struct arena *arena;
	char folder[32];
	struct sockaddr_un address;
	struct service service;
	struct listeners listeners;
	struct dns_backend *backend;
} fixture = { .folder = "/tmp/fuzz-wire.XXXXXX" };

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* In place of the resolver's. */
struct dns_backend *
resolver_backend(struct resolver *resolver)
{
	(void)resolver;
	return fixture.backend;
}

static void
stop(void)
{
	if (milter_server_stop(&fixture.listeners, clock_milliseconds() + PATIENCE)) {
		deferrals_free(&fixture.service.deferrals);
		config_withdraw();
	}
	listeners_close(&fixture.listeners);
	(void)rmdir(fixture.folder);
	arena_free(&fixture.arena);
}

static const struct config *
make_config(struct text socket_line)
{
	struct arena *arena = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_problems problems = { NULL, 0, 0, false };

	config_set_defaults(arena, config);
	config_read_text(arena, text_join(arena, text_from(settings), socket_line),
			 TEXT("settings"), config, &problems);
	config_finish(arena, config, &problems);
	require(!problems.has_error);
	config_publish(arena, config);
	return config;
}

static void
start(void)
{
	const struct log_settings log = { .target = LOG_TARGET_FILE, .path = "/dev/null",
					  .name = "fuzz", .level = LOG_LEVEL_DEBUG };
	const struct config *config;
	struct zone_text *zone;
	struct text reason;
	struct text path;
	int exit_code;

	fixture.arena = arena_new();
	require(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	require(log_open(&log, fixture.arena, &reason));
	require(mkdtemp(fixture.folder) != NULL);
	path = text_printf(fixture.arena, "%s/socket", fixture.folder);
	config = make_config(text_printf(fixture.arena, "Socket unix:%s\n", path.bytes));
	zone = zone_text_parse(fixture.arena, text_from(zone_source), &reason);
	require(zone != NULL);
	fixture.backend = zone_text_backend(fixture.arena, zone);
	fixture.service.deferrals = deferrals_new();
	require(fixture.service.deferrals != NULL);
	require(listeners_open(fixture.arena, config, &fixture.listeners, &reason, &exit_code));
	require(milter_server_start(&fixture.service, config, &fixture.listeners, fixture.arena,
				    &reason));
	fixture.address.sun_family = AF_UNIX;
	require(path.length < sizeof(fixture.address.sun_path));
	memcpy(fixture.address.sun_path, path.bytes, path.length);
	require(atexit(stop) == 0);
}

static void
add_packet(struct textbuf *out, struct text line)
{
	for (unsigned shift = 32; shift > 0; shift -= 8)
		textbuf_add_byte(out, (char)(line.length >> (shift - 8) & 0xff));
	for (size_t i = 0; i < line.length; i++)
		textbuf_add_byte(out, line.bytes[i] == '\v' ? '\n' : line.bytes[i]);
}

static struct text
make_stream(struct arena *arena, struct text input)
{
	struct textbuf out = textbuf_new(arena, STREAM_MAX);
	struct text line;

	if (text_starts_with(input, TEXT("R")))
		return text_from_position(input, 1);
	while (text_next_part(&input, '\n', &line)) {
		if (text_starts_with(line, TEXT("!")))
			textbuf_add(&out, text_from_position(line, 1));
		else if (!text_is_empty(line))
			add_packet(&out, line);
	}
	return textbuf_text(&out);
}

/* The filter may close before all was sent. */
static void
send_all(int handle, struct text stream)
{
	size_t done = 0;

	while (done < stream.length) {
		ssize_t sent = send(handle, stream.bytes + done, stream.length - done,
				    MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		done += (size_t)sent;
	}
}

static struct text
receive_all(struct arena *arena, int handle)
{
	struct textbuf out = textbuf_new(arena, REPLIES_MAX);
	char buffer[4096];
	ssize_t length;

	while ((length = recv(handle, buffer, sizeof(buffer), 0)) > 0)
		textbuf_add(&out, text_of(buffer, (size_t)length));
	require(!out.overflowed);
	return textbuf_text(&out);
}

static struct text
talk(struct arena *arena, struct text stream)
{
	int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct text replies;

	require(handle >= 0);
	require(connect(handle, (const struct sockaddr *)&fixture.address,
			sizeof(fixture.address)) == 0);
	send_all(handle, stream);
	(void)shutdown(handle, SHUT_WR);
	replies = receive_all(arena, handle);
	(void)close(handle);
	return replies;
}

/* index, name NUL, value NUL: a field that stays one field. */
static void
require_sound_field(struct arena *arena, struct text data, bool is_removal)
{
	struct text name;
	struct text value;
	struct authentication_results results;

	require(data.length > 6 && data.bytes[data.length - 1] == '\0');
	data = text_cut(data, 4, data.length - 5);
	require(text_next_part(&data, '\0', &name));
	value = data;
	require(text_find(value, '\0') == TEXT_NOT_FOUND);
	if (is_removal) {
		require(text_is_empty(value));
		require(text_equal_nocase(name, TEXT("Authentication-Results")) ||
			text_equal_nocase(name, TEXT("X-DMARC-Quarantine")));
		return;
	}
	require(text_equal(name, TEXT("Authentication-Results")) ||
		text_equal(name, TEXT("Received-SPF")) ||
		text_equal(name, TEXT("X-DMARC-Quarantine")));
	for (size_t i = 0; i < value.length; i++)
		require(value.bytes[i] == '\n'
				? i + 1 < value.length && value.bytes[i + 1] == '\t'
				: value.bytes[i] == '\t' || byte_is_printable(value.bytes[i]) ||
				  (unsigned char)value.bytes[i] >= 0x80);
	if (text_equal(name, TEXT("Authentication-Results")))
		require(authentication_results_parse(arena, value, &results));
}

/* "550 5.7.1 text" NUL, one line. */
static void
require_sound_reply(struct text data)
{
	require(data.length > 5 && data.bytes[data.length - 1] == '\0');
	require(data.bytes[0] == '4' || data.bytes[0] == '5');
	for (size_t i = 0; i + 1 < data.length; i++)
		require(byte_is_printable(data.bytes[i]));
}

static void
require_sound_packet(struct arena *arena, struct text packet)
{
	struct text data = text_from_position(packet, 1);

	switch (packet.bytes[0]) {
	case 'i':
		require_sound_field(arena, data, false);
		return;
	case 'm':
		require_sound_field(arena, data, true);
		return;
	case 'y':
		require_sound_reply(data);
		return;
	case 'O':       /* negotiation */
	case 'q':       /* quarantine */
		return;
	case 'c':
	case 'r':       /* only for what libmilter refuses by itself */
	case 't':
	case 's':
	case 'd':
		require(text_is_empty(data));
		return;
	}
	abort();
}

static void
require_sound_replies(struct arena *arena, struct text replies)
{
	while (replies.length >= LENGTH_BYTES) {
		size_t length = 0;

		for (size_t i = 0; i < LENGTH_BYTES; i++)
			length = length << 8 | (unsigned char)replies.bytes[i];
		require(length > 0 && length <= replies.length - LENGTH_BYTES);
		require_sound_packet(arena, text_cut(replies, LENGTH_BYTES, length));
		replies = text_from_position(replies, LENGTH_BYTES + length);
	}
	require(text_is_empty(replies));
}

/* The session's thread frees what it has after the MTA has seen the end. */
static void
require_all_let_go(void)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	int64_t deadline = clock_milliseconds() + PATIENCE;

	while (session_messages_in_work() > 0) {
		require(clock_milliseconds() < deadline);
		(void)nanosleep(&pause, NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	if (fixture.arena == NULL)
		start();
	require_sound_replies(arena, talk(arena, make_stream(arena, text_of((const char *)data,
									    size))));
	require_all_let_go();
	require(milter_server_is_alive());
	arena_free(&arena);
	return 0;
}
