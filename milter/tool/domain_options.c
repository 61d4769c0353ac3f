/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_options.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "mail/domain_name.h"
#include "tool/terminal.h"

enum {
	OPTION_DNSBL = 256,
	OPTION_HELO,
	OPTION_IP,
	OPTION_JSON,
	OPTION_MESSAGE,
	OPTION_NAMESERVER,
	OPTION_SELECTOR,
	OPTION_ZONE
};

const char domain_usage[] =
	"usage: dmarcmilter-check domain DOMAIN [OPTION...]\n"
	"  --ip ADDRESS         this address sends mail for the domain (repeatable)\n"
	"  --helo NAME          and calls itself so\n"
	"  --selector NAME      look at this DKIM key (repeatable)\n"
	"  --message FILE       look at the DKIM keys that a mail is signed with\n"
	"  --dnsbl ZONE         ask this block list for each address (repeatable)\n"
	"  -c, --config FILE    name servers as in this configuration\n"
	"  --nameserver SERVER  ask this name server (repeatable)\n"
	"  --zone FILE          ask nobody: take the answers from a zone text\n"
	"  --json               print JSON\n"
	"  -v, --verbose        print every question and its answer, too\n"
	"  -h, --help           print this help, and end\n"
	"  --zone-template      print a zone file for it; --zone-template --help says how\n"
	"  --dkim-keygen TYPE   make a key of rsa or ed25519; --zone-template --help says how\n"
	"Exit status: 0 fine, 1 warnings, 2 errors, 64 usage, 75 DNS does not answer.\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dnsbl", required_argument, NULL, OPTION_DNSBL },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "help", no_argument, NULL, 'h' },
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "message", required_argument, NULL, OPTION_MESSAGE },
	{ "nameserver", required_argument, NULL, OPTION_NAMESERVER },
	{ "selector", required_argument, NULL, OPTION_SELECTOR },
	{ "verbose", no_argument, NULL, 'v' },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ NULL, 0, NULL, 0 },
};

struct reading {
	struct arena *arena;
	struct domain_options *options; /* its lists are as long as the command line */
};

static bool
refuse(struct arena *arena, const char *argument, const char *what)
{
	struct text shown = terminal_safe(arena, text_from(argument));

	fprintf(stderr, "dmarcmilter-check: \"%.*s\" %s\n", TEXT_ARGUMENTS(shown), what);
	return false;
}

static bool
read_name(struct arena *arena, const char *argument, const char *what, struct text *name_out)
{
	return domain_name_normalize(arena, text_from(argument), name_out) ||
	       refuse(arena, argument, what);
}

static bool
add_ip(struct reading *reading, const char *argument)
{
	struct domain_wishes *wishes = &reading->options->wishes;

	if (!ip_parse(text_from(argument), &wishes->addresses[wishes->address_count]))
		return refuse(reading->arena, argument, "is no IP address");
	wishes->address_count++;
	return true;
}

static bool
add_selector(struct reading *reading, const char *argument)
{
	struct domain_wishes *wishes = &reading->options->wishes;

	return read_name(reading->arena, argument, "is no selector",
			 &wishes->selectors[wishes->selector_count++].name);
}

static bool
add_block_list(struct reading *reading, const char *argument)
{
	struct domain_wishes *wishes = &reading->options->wishes;

	return read_name(reading->arena, argument, "is no domain of a block list",
			 &wishes->block_lists[wishes->block_list_count++]);
}

static bool
take_option(struct reading *reading, int letter, const char *argument)
{
	struct domain_options *options = reading->options;

	switch (letter) {
	case 'c':
		options->source.config_path = argument;
		return true;
	case 'h':
		options->is_help = true;
		return true;
	case 'v':
		options->is_verbose = true;
		return true;
	case OPTION_DNSBL:
		return add_block_list(reading, argument);
	case OPTION_HELO:
		return read_name(reading->arena, argument, "is no host name",
				 &options->wishes.helo);
	case OPTION_IP:
		return add_ip(reading, argument);
	case OPTION_JSON:
		options->is_json = true;
		return true;
	case OPTION_MESSAGE:
		options->message_path = argument;
		return true;
	case OPTION_NAMESERVER:
		options->source.name_servers[options->source.name_server_count++] =
			text_from(argument);
		return true;
	case OPTION_SELECTOR:
		return add_selector(reading, argument);
	case OPTION_ZONE:
		options->source.zone_path = argument;
		return true;
	}
	return false;
}

/* The domain itself; what people write in its place is explained. */
static bool
read_domain(struct reading *reading, char *const *arguments, int count)
{
	struct arena *arena = reading->arena;
	struct text *domain = &reading->options->wishes.domain;
	struct ip ip;

	if (count == 0) {
		fputs("dmarcmilter-check: a domain is wanted\n", stderr);
		return false;
	}
	if (count > 1)
		return refuse(arena, arguments[1], "is too much: one domain at a time");
	if (ip_parse(text_from(arguments[0]), &ip))
		return refuse(arena, arguments[0], "is an address: a domain is wanted, and "
			      "--ip for the address");
	if (text_find(text_from(arguments[0]), '@') != TEXT_NOT_FOUND)
		return refuse(arena, arguments[0], "is a mail address: what is behind the @ "
			      "is wanted");
	return read_name(arena, arguments[0], "is no domain name", domain);
}

static bool
has_one_source(const struct domain_source_wishes *source)
{
	if (source->zone_path == NULL || source->name_server_count == 0)
		return true;
	fputs("dmarcmilter-check: --zone asks nobody, --nameserver a name server: which?\n",
	      stderr);
	return false;
}

static void
complete_selectors(struct domain_wishes *wishes)
{
	for (size_t i = 0; i < wishes->selector_count; i++)
		wishes->selectors[i].domain = wishes->domain;
}

int
domain_options_read(struct arena *arena, int count, char **arguments,
		    struct domain_options *options)
{
	size_t limit = (size_t)count;
	struct reading reading = { arena, options };
	int letter;

	*options = (struct domain_options){ .message_path = NULL };
	options->wishes.addresses = arena_array(arena, limit, sizeof(struct ip));
	options->wishes.selectors = arena_array(arena, limit, sizeof(struct domain_selector));
	options->wishes.block_lists = arena_array(arena, limit, sizeof(struct text));
	options->source.name_servers = arena_array(arena, limit, sizeof(struct text));
	while ((letter = getopt_long(count, arguments, "c:hv", long_options, NULL)) != -1) {
		if (letter == '?') {
			fputs(domain_usage, stderr);
			return EX_USAGE;
		}
		if (!take_option(&reading, letter, optarg))
			return EX_USAGE;
	}
	if (options->is_help)
		return EX_OK;
	if (!read_domain(&reading, arguments + optind, count - optind) ||
	    !has_one_source(&options->source))
		return EX_USAGE;
	complete_selectors(&options->wishes);
	return EX_OK;
}
