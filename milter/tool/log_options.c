/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_options.h"

#include <getopt.h>

#include "config/units.h"
#include "mail/domain_name.h"
#include "tool/log_time.h"

enum {
	TOP_USUAL = 20,
	TOP_MAX = 1000000,

	/* Options without a letter, behind all letters. */
	OPTION_FROM = 256,
	OPTION_CLIENT,
	OPTION_JOURNAL,
	OPTION_SINCE,
	OPTION_SUMMARY,
	OPTION_TOP,
	OPTION_NAME,
	OPTION_JSON
};

const char log_usage[] =
	"usage: dmarcmilter-check log QUEUEID [OPTION...] [FILE...]\n"
	"       dmarcmilter-check log --from DOMAIN|--client IP [OPTION...] [FILE...]\n"
	"       dmarcmilter-check log --summary [OPTION...] [FILE...]\n"
	"Explains what dmarcmilter wrote to the log, in FILE (\"-\" is standard input), or in\n"
	"/var/log/mail.log or maillog with its rotations.\n"
	"  --from DOMAIN  messages of this author domain; .DOMAIN is all below it\n"
	"  --client IP    messages from this client, an address or a network\n"
	"  --summary      count, instead of explaining each message\n"
	"  --since WHEN   only what is not older than 24h, 7d, ... or the time 2026-01-31 12:00\n"
	"  --journal      read the journal instead of files\n"
	"  --name NAME    the daemon's SyslogName [dmarcmilter]\n"
	"  --top NUMBER   rows of each table of the summary [20]\n"
	"  --json         print JSON\n"
	"  -h, --help     print this help, and end\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "summary", no_argument, NULL, OPTION_SUMMARY },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "journal", no_argument, NULL, OPTION_JOURNAL },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "top", required_argument, NULL, OPTION_TOP },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* A command line in work. */
struct reading {
	struct arena *arena;
	struct log_request *request;
	struct text reason;
	int64_t now;
};

static bool
refuse(struct reading *reading, const char *argument, const char *what)
{
	reading->reason = text_printf(reading->arena, "\"%s\" %s", argument, what);
	return false;
}

/* "example.com", or ".example.com" for all that is below. */
static bool
read_author(struct reading *reading, const char *argument)
{
	struct arena *arena = reading->arena;
	struct text name = text_from(argument);
	bool is_below = text_starts_with(name, TEXT("."));
	struct domain_set *set = domain_set_new(arena, 1);
	struct text normal;

	if (text_find(name, '@') != TEXT_NOT_FOUND)
		return refuse(reading, argument,
			      "is an address; --from wants its domain, for the log has no more");
	if (!domain_name_normalize(arena, text_from_position(name, is_below ? 1 : 0), &normal))
		return refuse(reading, argument, "is no domain name");
	(void)domain_set_add(set, is_below ? text_join(arena, TEXT("."), normal) : normal);
	reading->request->wish.author = set;
	return true;
}

static bool
read_client(struct reading *reading, const char *argument)
{
	struct ip_network *network = arena_alloc(reading->arena, sizeof(*network));

	if (!ip_network_parse(text_from(argument), network))
		return refuse(reading, argument,
			      "is neither an address nor a network such as 192.0.2.0/24");
	reading->request->wish.client = network;
	return true;
}

/* "24h", or a day, with or without a time. */
static bool
read_since(struct reading *reading, const char *argument)
{
	struct text text = text_from(argument);
	int64_t *since = &reading->request->wish.since;
	uint64_t milliseconds;
	const char *const completions[] = { "", ":00", "T00:00:00" };

	if (units_read_duration(text, &milliseconds)) {
		uint64_t seconds = milliseconds / 1000;

		*since = seconds < (uint64_t)reading->now ? reading->now - (int64_t)seconds : 1;
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(completions); i++)
		if (log_time_parse_iso(text_join(reading->arena, text, text_from(completions[i])),
				       since))
			return true;
	return refuse(reading, argument,
		      "is neither a duration such as 24h nor a time such as 2026-01-31 12:00");
}

static bool
read_top(struct reading *reading, const char *argument)
{
	uint64_t number;

	if (!text_to_number(text_from(argument), TOP_MAX, &number) || number == 0)
		return refuse(reading, argument, "is no number of rows");
	reading->request->top = (size_t)number;
	return true;
}

static bool
read_name(struct reading *reading, const char *argument)
{
	reading->request->wish.name = text_from(argument);
	return !text_is_empty(reading->request->wish.name) ||
	       refuse(reading, argument, "is no SyslogName");
}

static bool
read_option(struct reading *reading, int letter, const char *argument)
{
	struct log_request *request = reading->request;

	switch (letter) {
	case OPTION_FROM:
		return read_author(reading, argument);
	case OPTION_CLIENT:
		return read_client(reading, argument);
	case OPTION_SINCE:
		return read_since(reading, argument);
	case OPTION_TOP:
		return read_top(reading, argument);
	case OPTION_NAME:
		return read_name(reading, argument);
	case OPTION_JOURNAL:
		request->from_journal = true;
		return true;
	case OPTION_SUMMARY:
		request->is_summary = true;
		return true;
	case OPTION_JSON:
		request->is_json = true;
		return true;
	case 'h':
		request->wants_help = true;
		return true;
	default:
		return false;
	}
}

static bool
read_queue_id(struct reading *reading, const char *argument)
{
	struct text id = text_from(argument);

	for (size_t i = 0; i < id.length; i++)
		if (!byte_is_alnum(id.bytes[i]))
			return refuse(reading, argument, "is no queue id; without --from, "
				      "--client or --summary the first argument is one");
	if (text_is_empty(id))
		return refuse(reading, argument, "is no queue id");
	reading->request->wish.queue_id = id;
	return true;
}

/* What stands behind the options: a queue id, unless something else is asked for; files. */
static bool
read_arguments(struct reading *reading, char **arguments, size_t count)
{
	struct log_request *request = reading->request;
	const struct log_wish *wish = &request->wish;

	if (wish->author == NULL && wish->client == NULL && !request->is_summary) {
		if (count == 0) {
			reading->reason = TEXT("what is sought? A queue id, --from, --client or "
					       "--summary");
			return false;
		}
		if (!read_queue_id(reading, arguments[0]))
			return false;
		arguments++;
		count--;
	}
	if (request->from_journal && count > 0)
		return refuse(reading, arguments[0], "cannot stand beside --journal");
	request->files = arguments;
	request->file_count = count;
	return true;
}

bool
log_options_read(struct arena *arena, int count, char **arguments, int64_t now,
		 struct log_request *request_out, struct text *reason_out)
{
	struct log_request request = {
		.wish = { .name = TEXT("dmarcmilter"), .now = now }, .top = TOP_USUAL,
	};
	struct reading reading = { .arena = arena, .request = &request, .now = now };
	bool is_good = true;
	int letter;

	optind = 0;             /* of the GNU C library and musl: begin anew */
	while (is_good && !request.wants_help &&
	       (letter = getopt_long(count, arguments, "h", long_options, NULL)) != -1)
		is_good = read_option(&reading, letter, optarg);
	if (is_good && !request.wants_help)
		is_good = read_arguments(&reading, arguments + optind, (size_t)(count - optind));
	*reason_out = reading.reason;
	if (is_good)
		*request_out = request;
	return is_good;
}
