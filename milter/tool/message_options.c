/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_options.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "tool/terminal.h"

enum {
	/* Options without a letter, behind all letters. */
	OPTION_AUTHENTICATED = 256,
	OPTION_AUTHSERV_ID,
	OPTION_CLIENT,
	OPTION_CLOCK,
	OPTION_DAEMON_NAME,
	OPTION_FROM,
	OPTION_HELO,
	OPTION_HOST_NAME,
	OPTION_JSON,
	OPTION_QUEUE_ID,
	OPTION_RCPT,
	OPTION_RECORD,
	OPTION_REPLAY,
	OPTION_SMTPUTF8,
	OPTION_TLS,
	OPTION_WIRE,
	OPTION_ZONE
};

static const char usage[] =
	"usage: dmarcmilter-check message [OPTION...] FILE...\n"
	"Says what dmarcmilter makes of a message, and why. FILE is a message, an mbox or\n"
	"a Maildir; \"-\" is standard input.\n"
	"  --client IP        address of the SMTP client\n"
	"  --helo NAME        argument of HELO or EHLO\n"
	"  --from ADDRESS     envelope sender; \"<>\" for a bounce\n"
	"  --rcpt ADDRESS     envelope recipient; may be repeated\n"
	"  --authenticated    the client has logged in\n"
	"  --tls[=VERSION]    the connection is encrypted\n"
	"  --daemon-name NAME the macro {daemon_name}\n"
	"  --host-name NAME   the macro j, the MTA's own name\n"
	"  --queue-id ID      the macro i\n"
	"  --smtputf8         MAIL had the parameter SMTPUTF8\n"
	"  -c FILE            configuration [" SYSCONFDIR "/dmarcmilter.conf]\n"
	"  --authserv-id ID   instead of the configured AuthservID\n"
	"  --clock SECONDS    judge as of this time, since 1970 UTC\n"
	"  --zone FILE        take DNS answers from this zone text; ask nobody\n"
	"  --record FILE      write all DNS answers, facts and settings to FILE\n"
	"  --replay FILE      take them from FILE; ask nobody\n"
	"  --wire             only CRLF ends a line of FILE\n"
	"  --json             print JSON\n"
	"  -v                 all of the trace, and the line of the log\n"
	"  -h, --help         print this help, and end\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "authenticated", no_argument, NULL, OPTION_AUTHENTICATED },
	{ "authserv-id", required_argument, NULL, OPTION_AUTHSERV_ID },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "clock", required_argument, NULL, OPTION_CLOCK },
	{ "config", required_argument, NULL, 'c' },
	{ "daemon-name", required_argument, NULL, OPTION_DAEMON_NAME },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "help", no_argument, NULL, 'h' },
	{ "host-name", required_argument, NULL, OPTION_HOST_NAME },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "queue-id", required_argument, NULL, OPTION_QUEUE_ID },
	{ "rcpt", required_argument, NULL, OPTION_RCPT },
	{ "record", required_argument, NULL, OPTION_RECORD },
	{ "replay", required_argument, NULL, OPTION_REPLAY },
	{ "smtputf8", no_argument, NULL, OPTION_SMTPUTF8 },
	{ "tls", optional_argument, NULL, OPTION_TLS },
	{ "verbose", no_argument, NULL, 'v' },
	{ "wire", no_argument, NULL, OPTION_WIRE },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ NULL, 0, NULL, 0 },
};

void
message_complain(const char *file, const char *sentence)
{
	struct arena *arena = arena_new();
	struct text shown = terminal_safe(arena, text_from(file));
	struct text what = terminal_safe(arena, text_from(sentence));

	fprintf(stderr, "dmarcmilter-check: %.*s%s%.*s\n", TEXT_ARGUMENTS(shown),
		shown.length > 0 ? ": " : "", TEXT_ARGUMENTS(what));
	arena_free(&arena);
}

static void
give(struct envelope_fact *fact, const char *value)
{
	*fact = (struct envelope_fact){ text_from(value), FACT_GIVEN };
}

/* The facts of the envelope; false when the option is none of them. */
static bool
read_fact(struct arena *arena, struct envelope *envelope, int option, const char *value)
{
	switch (option) {
	case OPTION_AUTHENTICATED:
		envelope->is_authenticated = true;
		envelope->authenticated_from = FACT_GIVEN;
		return true;
	case OPTION_CLIENT:
		give(&envelope->client, value);
		return true;
	case OPTION_DAEMON_NAME:
		envelope->daemon_name = text_from(value);
		return true;
	case OPTION_FROM:
		give(&envelope->sender, value);
		return true;
	case OPTION_HELO:
		give(&envelope->helo, value);
		return true;
	case OPTION_HOST_NAME:
		envelope->host_name = text_from(value);
		return true;
	case OPTION_QUEUE_ID:
		give(&envelope->queue_id, value);
		return true;
	case OPTION_RCPT:
		envelope_add_recipient(arena, envelope, text_from(value));
		envelope->recipients_from.source = FACT_GIVEN;
		return true;
	case OPTION_SMTPUTF8:
		envelope->is_smtputf8 = true;
		return true;
	case OPTION_TLS:
		give(&envelope->tls, value != NULL ? value : "TLSv1.3");
		return true;
	}
	return false;
}

/* NULL, or what is wrong with the value. */
static const char *
read_option(struct message_options *options, int option, const char *value)
{
	uint64_t number;

	switch (option) {
	case 'c':
		options->config_path = value;
		break;
	case 'v':
		options->is_verbose = true;
		break;
	case OPTION_AUTHSERV_ID:
		options->authserv_id = text_from(value);
		break;
	case OPTION_CLOCK:
		if (!text_to_number(text_from(value), INT64_MAX, &number))
			return "--clock wants seconds since 1970";
		options->clock = (int64_t)number;
		options->has_clock = true;
		break;
	case OPTION_JSON:
		options->wants_json = true;
		break;
	case OPTION_RECORD:
		options->record_path = value;
		break;
	case OPTION_REPLAY:
		options->replay_path = value;
		break;
	case OPTION_WIRE:
		options->line_ends = MAIL_ENDS_CRLF;
		break;
	case OPTION_ZONE:
		options->zone_path = value;
		break;
	}
	return NULL;
}

static const char *
find_contradiction(const struct message_options *options)
{
	struct ip ip;

	if (options->file_count == 0)
		return "which FILE?";
	if (options->envelope.client.source == FACT_GIVEN &&
	    !ip_parse(options->envelope.client.value, &ip))
		return "--client wants an IPv4 or IPv6 address";
	if (options->replay_path != NULL && options->zone_path != NULL)
		return "--replay and --zone exclude each other";
	if (options->replay_path != NULL && options->record_path != NULL)
		return "--replay and --record exclude each other";
	if ((options->record_path != NULL || options->replay_path != NULL) &&
	    options->file_count > 1)
		return "--record and --replay take one message";
	if (options->envelope.recipient_count > ENVELOPE_RECIPIENTS_MAX)
		return "there are more than 10000 recipients";
	return NULL;
}

static bool
refuse(const char *what, int *status_out)
{
	message_complain("", what);
	fputs(usage, stderr);
	*status_out = EX_USAGE;
	return false;
}

bool
message_options_read(struct arena *arena, int count, char **arguments,
		     struct message_options *options_out, int *status_out)
{
	struct message_options options = { .config_path = NULL };
	const char *wrong = NULL;
	int option;

	while ((option = getopt_long(count, arguments, "c:hv", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			*status_out = EX_OK;
			return false;
		}
		if (option == '?') {
			fputs(usage, stderr);
			*status_out = EX_USAGE;
			return false;
		}
		if (!read_fact(arena, &options.envelope, option, optarg))
			wrong = read_option(&options, option, optarg);
		if (wrong != NULL)
			return refuse(wrong, status_out);
	}
	options.files = &arguments[optind];
	options.file_count = (size_t)(count - optind);
	wrong = find_contradiction(&options);
	if (wrong != NULL)
		return refuse(wrong, status_out);
	*options_out = options;
	return true;
}
