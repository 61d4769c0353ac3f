/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_make.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "mail/domain_name.h"
#include "tool/complaint.h"
#include "tool/dkim_keygen.h"
#include "tool/zone_line.h"
#include "tool/zone_template.h"

enum {
	OPTION_TEMPLATE = 256,
	OPTION_KEYGEN,
	OPTION_OUT,
	OPTION_HELO,
	OPTION_IP,
	OPTION_NS,
	OPTION_SELECTOR,
	OPTION_KEY,
	OPTION_POLICY,
	OPTION_REPORTS
};

static const char usage[] =
	"usage: dmarcmilter-check domain DOMAIN --dkim-keygen TYPE [--selector NAME] [--out FILE]\n"
	"       dmarcmilter-check domain DOMAIN --zone-template --ip ADDRESS [OPTION...]\n"
	"  --dkim-keygen TYPE  make a key for signing: rsa (2048 bits) or ed25519; print its TXT\n"
	"                      record\n"
	"  --out FILE          its private part [NAME._domainkey.DOMAIN.pem]\n"
	"  --selector NAME     its name in DNS [mail]\n"
	"  --zone-template     print a zone file for a mail domain\n"
	"  --ip ADDRESS        address of its mail server (repeatable)\n"
	"  --helo NAME         name of its mail server [mail.DOMAIN]\n"
	"  --ns NAME           name of a name server (repeatable) [ns1.DOMAIN, ns2.DOMAIN]\n"
	"  --key FILE          take this DKIM key, private or public, as PEM\n"
	"  --policy POLICY     of DMARC: none, quarantine or reject [none]\n"
	"  --reports ADDRESS   who gets the reports [postmaster@DOMAIN]\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "zone-template", no_argument, NULL, OPTION_TEMPLATE },
	{ "dkim-keygen", required_argument, NULL, OPTION_KEYGEN },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "helo", required_argument, NULL, OPTION_HELO },
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
	const char *key_path;           /* --key; NULL: none */
	enum dkim_key_type key_type;    /* --dkim-keygen; UNKNOWN: none is made */
	const char *out_path;
	bool makes_zone;
	bool is_help;
};

bool
domain_make_is_wanted(int count, char *const *arguments)
{
	for (int i = 1; i < count; i++)
		if (text_equal(text_from(arguments[i]), TEXT("--zone-template")) ||
		    text_equal(text_from(arguments[i]), TEXT("--dkim-keygen")) ||
		    text_starts_with(text_from(arguments[i]), TEXT("--dkim-keygen=")))
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
take_key_type(struct wish *wish, const char *argument)
{
	struct text word = text_from(argument);

	if (text_equal_nocase(word, TEXT("rsa")))
		wish->key_type = DKIM_KEY_RSA;
	else if (text_equal_nocase(word, TEXT("ed25519")))
		wish->key_type = DKIM_KEY_ED25519;
	else
		return refuse(wish, argument, "is neither rsa nor ed25519");
	return EX_OK;
}

static int
take_policy(struct wish *wish, const char *argument)
{
	struct text word = text_from(argument);

	for (enum dmarc_policy i = DMARC_POLICY_NONE; i <= DMARC_POLICY_REJECT; i++) {
		if (!text_equal_nocase(word, text_from(dmarc_policy_keyword(i))))
			continue;
		wish->template.policy = i;
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
		wish->makes_zone = true;
		return EX_OK;
	case OPTION_KEYGEN:
		return take_key_type(wish, argument);
	case OPTION_OUT:
		wish->out_path = argument;
		return EX_OK;
	case OPTION_HELO:
		return take_name(wish, argument, &template->host);
	case OPTION_IP:
		return take_address(wish, argument);
	case OPTION_NS:
		return take_name(wish, argument,
				 &wish->name_servers[template->name_server_count++]);
	case OPTION_SELECTOR:
		/* RFC 6376, 3.1: its grammar is that of domain names. */
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
	if (wish->out_path == NULL)
		wish->out_path = text_string(
			wish->arena, text_printf(wish->arena, "%.*s._domainkey.%.*s.pem",
						 TEXT_ARGUMENTS(template->selector),
						 TEXT_ARGUMENTS(domain)));
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
	if (wish->key_type != DKIM_KEY_UNKNOWN && wish->key_path != NULL)
		return refuse(wish, NULL, "--dkim-keygen makes a key, --key takes one: which?");
	if (wish->out_path != NULL && wish->key_type == DKIM_KEY_UNKNOWN)
		return refuse(wish, NULL, "--out is for the private key of --dkim-keygen; the zone "
			      "goes to standard output");
	if (wish->makes_zone && wish->template.address_count == 0)
		return refuse(wish, NULL, "the address of the mail server is wanted (--ip)");
	status = take_name(wish, arguments[optind], &wish->template.domain);
	if (status == EX_OK)
		complete(wish);
	return status;
}

static int
make_key(struct wish *wish)
{
	struct dkim_key_pair pair;
	struct text reason;
	bool is_saved;

	if (!dkim_keygen(wish->arena, wish->key_type, &pair)) {
		complaint_of(wish->arena, "OpenSSL", TEXT("it makes no such key"));
		return EX_SOFTWARE;
	}
	is_saved = dkim_keygen_save(wish->arena, wish->out_path, pair.private_key, &reason);
	dkim_keygen_wipe(pair.private_key);
	if (!is_saved) {
		complaint_of(wish->arena, wish->out_path, reason);
		return EX_CANTCREAT;
	}
	complaint_of(wish->arena, wish->out_path, TEXT("here is the private key"));
	wish->template.key_record = pair.record;
	return EX_OK;
}

static int
read_key(struct wish *wish)
{
	struct text reason;

	if (dkim_keygen_read_record(wish->arena, wish->key_path, &wish->template.key_record,
				    &reason))
		return EX_OK;
	complaint_of(wish->arena, wish->key_path, reason);
	return EX_NOINPUT;
}

static int
make(struct wish *wish)
{
	const struct zone_template *template = &wish->template;
	struct textbuf out = textbuf_new(wish->arena, SIZE_MAX);
	int status = EX_OK;
	struct text text;

	if (wish->key_type != DKIM_KEY_UNKNOWN)
		status = make_key(wish);
	else if (wish->key_path != NULL)
		status = read_key(wish);
	if (status != EX_OK)
		return status;
	if (wish->makes_zone) {
		zone_template_write(wish->arena, template, &out);
	} else {
		text = text_printf(wish->arena, "%.*s._domainkey.%.*s",
				   TEXT_ARGUMENTS(template->selector),
				   TEXT_ARGUMENTS(template->domain));
		textbuf_add(&out, zone_line_txt(wish->arena, text, template->key_record));
		textbuf_add_byte(&out, '\n');
	}
	text = textbuf_text(&out);
	if (fwrite(text.bytes, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
		return complaint_of_output();
	return EX_OK;
}

int
domain_make(int count, char **arguments)
{
	struct wish wish = { .arena = arena_new() };
	int status = read_options(&wish, count, arguments);

	if (status == EX_OK && wish.is_help)
		fputs(usage, stdout);
	else if (status == EX_OK)
		status = make(&wish);
	arena_free(&wish.arena);
	return status;
}
