/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/zone_template.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "mail/domain_name.h"
#include "tool/complaint.h"
#include "tool/dkim_keygen.h"

enum {
	OPTION_TEMPLATE = 256,
	OPTION_HOST,
	OPTION_IP,
	OPTION_NS,
	OPTION_SELECTOR,
	OPTION_KEY,
	OPTION_POLICY,
	OPTION_REPORTS
};

static const char usage[] =
	"usage: dmarcmilter-check domain DOMAIN --zone-template --ip ADDRESS [OPTION...]\n"
	"  --zone-template    print a zone file for a mail domain\n"
	"  --ip ADDRESS       address of its mail server (repeatable)\n"
	"  --host NAME        name of its mail server [mail.DOMAIN]\n"
	"  --ns NAME          name of a name server (repeatable) [ns1.DOMAIN, ns2.DOMAIN]\n"
	"  --selector NAME    name of its DKIM key [mail]\n"
	"  --key FILE         that key, private or public, as PEM\n"
	"  --policy POLICY    of DMARC: none, quarantine or reject [none]\n"
	"  --reports ADDRESS  who gets the reports [postmaster@DOMAIN]\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "zone-template", no_argument, NULL, OPTION_TEMPLATE },
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "host", required_argument, NULL, OPTION_HOST },
	{ "ns", required_argument, NULL, OPTION_NS },
	{ "selector", required_argument, NULL, OPTION_SELECTOR },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "reports", required_argument, NULL, OPTION_REPORTS },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* A command line in work. */
struct wish {
	struct arena *arena;
	struct zone_template template;
	struct ip *addresses;
	struct text *name_servers;
	const char *key_path;
	bool is_help;
};

bool
zone_template_is_wanted(int count, char *const *arguments)
{
	for (int i = 1; i < count; i++)
		if (text_equal(text_from(arguments[i]), TEXT("--zone-template")))
			return true;
	return false;
}

static int
refuse(const struct wish *wish, const char *argument, const char *what)
{
	return complaint_usage(wish->arena, argument, what, usage);
}

static int
take_name(const struct wish *wish, const char *argument, struct text *name_out)
{
	return domain_name_normalize(wish->arena, text_from(argument), name_out)
		       ? EX_OK
		       : refuse(wish, argument, "is no domain name");
}

static int
take_policy(struct wish *wish, const char *argument)
{
	for (enum dmarc_policy policy = DMARC_POLICY_NONE; policy <= DMARC_POLICY_REJECT; policy++) {
		if (!text_equal_nocase(text_from(argument), text_from(dmarc_policy_keyword(policy))))
			continue;
		wish->template.policy = policy;
		return EX_OK;
	}
	return refuse(wish, argument, "is none of none, quarantine and reject");
}

/*
 * What needs no escape in a mailto URI (RFC 6068, 2) of a DMARC record, where comma and
 * exclamation mark have a meaning of their own (RFC 9989, 4.7).
 */
static int
take_reports(struct wish *wish, const char *argument)
{
	struct text address = text_from(argument);
	size_t at = text_find_last(address, '@');
	struct text domain;

	if (at == TEXT_NOT_FOUND || at == 0 ||
	    !domain_name_normalize(wish->arena, text_from_position(address, at + 1), &domain))
		return refuse(wish, argument, "is no address");
	for (size_t i = 0; i < at; i++)
		if (!byte_is_alnum(address.bytes[i]) &&
		    text_find(TEXT(".-_+="), address.bytes[i]) == TEXT_NOT_FOUND)
			return refuse(wish, argument, "has characters that a report address should "
				      "not have");
	wish->template.reports = text_printf(wish->arena, "%.*s@%.*s",
					     TEXT_ARGUMENTS(text_cut(address, 0, at)),
					     TEXT_ARGUMENTS(domain));
	return EX_OK;
}

static int
take_address(struct wish *wish, const char *argument)
{
	struct zone_template *template = &wish->template;

	if (!ip_parse(text_from(argument), &wish->addresses[template->address_count]))
		return refuse(wish, argument, "is no address");
	template->address_count++;
	return EX_OK;
}

static int
take_option(struct wish *wish, int letter, const char *argument)
{
	struct zone_template *template = &wish->template;

	switch (letter) {
	case OPTION_TEMPLATE:
		return EX_OK;
	case OPTION_HOST:
		return take_name(wish, argument, &template->host);
	case OPTION_IP:
		return take_address(wish, argument);
	case OPTION_NS:
		return take_name(wish, argument,
				 &wish->name_servers[template->name_server_count++]);
	case OPTION_SELECTOR:
		return take_name(wish, argument, &template->selector);
	case OPTION_KEY:
		wish->key_path = argument;
		return EX_OK;
	case OPTION_POLICY:
		return take_policy(wish, argument);
	case OPTION_REPORTS:
		return take_reports(wish, argument);
	case 'h':
		wish->is_help = true;
		return EX_OK;
	default:
		fputs(usage, stderr);
		return EX_USAGE;
	}
}

/* What was not said. */
static void
complete(struct wish *wish)
{
	struct zone_template *template = &wish->template;
	struct text domain = template->domain;

	template->addresses = wish->addresses;
	template->name_servers = wish->name_servers;
	if (text_is_empty(template->host))
		template->host = text_join(wish->arena, TEXT("mail."), domain);
	if (text_is_empty(template->selector))
		template->selector = TEXT("mail");
	if (text_is_empty(template->reports))
		template->reports = text_join(wish->arena, TEXT("postmaster@"), domain);
}

static int
read_options(struct wish *wish, int count, char **arguments)
{
	int status = EX_OK;
	int letter;

	wish->template.policy = DMARC_POLICY_NONE;
	wish->addresses = arena_array(wish->arena, (size_t)count, sizeof(*wish->addresses));
	wish->name_servers = arena_array(wish->arena, (size_t)count, sizeof(*wish->name_servers));
	optind = 0;
	while (status == EX_OK && !wish->is_help &&
	       (letter = getopt_long(count, arguments, "h", long_options, NULL)) != -1)
		status = take_option(wish, letter, optarg);
	if (status != EX_OK || wish->is_help)
		return status;
	if (optind + 1 != count)
		return refuse(wish, NULL, "one domain is wanted");
	if (wish->template.address_count == 0)
		return refuse(wish, NULL, "the address of the mail server is wanted (--ip)");
	status = take_name(wish, arguments[optind], &wish->template.domain);
	if (status == EX_OK)
		complete(wish);
	return status;
}

static int
write_zone(struct wish *wish)
{
	struct textbuf out = textbuf_new(wish->arena, SIZE_MAX);
	struct text reason;
	struct text text;

	if (wish->key_path != NULL &&
	    !dkim_keygen_read_record(wish->arena, wish->key_path, &wish->template.key_record,
				     &reason)) {
		complaint_of(wish->arena, wish->key_path, reason);
		return EX_NOINPUT;
	}
	zone_template_write(wish->arena, &wish->template, &out);
	text = textbuf_text(&out);
	if (fwrite(text.bytes, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
		return complaint_of_output();
	return EX_OK;
}

int
zone_template_command(int count, char **arguments)
{
	struct wish wish = { .arena = arena_new() };
	int status = read_options(&wish, count, arguments);

	if (status == EX_OK && wish.is_help)
		fputs(usage, stdout);
	else if (status == EX_OK)
		status = write_zone(&wish);
	arena_free(&wish.arena);
	return status;
}
