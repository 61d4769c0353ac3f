/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dkim_keygen.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "mail/domain_name.h"
#include "tool/complaint.h"
#include "tool/zone_line.h"

enum { OPTION_SELECTOR = 256, OPTION_OUT, OPTION_KEYGEN };

static const char usage[] =
	"usage: dmarcmilter-check domain DOMAIN --dkim-keygen rsa|ed25519 --selector NAME\n"
	"           [--out FILE]\n"
	"  --dkim-keygen TYPE  make a key for signing: rsa (2048 bits) or ed25519\n"
	"  --selector NAME     its name in DNS\n"
	"  --out FILE          where its private part goes [NAME.private]\n"
	"The TXT record of its public part goes to standard output.\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "dkim-keygen", required_argument, NULL, OPTION_KEYGEN },
	{ "selector", required_argument, NULL, OPTION_SELECTOR },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct wish {
	enum dkim_key_type type;
	struct text domain;
	struct text selector;
	const char *path;
};

bool
dkim_keygen_is_wanted(int count, char *const *arguments)
{
	for (int i = 1; i < count; i++)
		if (text_equal(text_from(arguments[i]), TEXT("--dkim-keygen")) ||
		    text_starts_with(text_from(arguments[i]), TEXT("--dkim-keygen=")))
			return true;
	return false;
}

static int
take_option(struct arena *arena, int letter, const char *argument, struct wish *wish)
{
	switch (letter) {
	case OPTION_KEYGEN:
		if (text_equal_nocase(text_from(argument), TEXT("rsa")))
			wish->type = DKIM_KEY_RSA;
		else if (text_equal_nocase(text_from(argument), TEXT("ed25519")))
			wish->type = DKIM_KEY_ED25519;
		else
			return complaint_usage(arena, argument, "is neither rsa nor ed25519",
					       usage);
		return EX_OK;
	case OPTION_SELECTOR:
		/* RFC 6376, 3.1: its grammar is that of domain names. */
		if (!domain_name_normalize(arena, text_from(argument), &wish->selector))
			return complaint_usage(arena, argument, "is no selector: letters, digits "
					       "and hyphens", usage);
		return EX_OK;
	case OPTION_OUT:
		wish->path = argument;
		return EX_OK;
	default:
		fputs(usage, stderr);
		return EX_USAGE;
	}
}

static int
read_options(struct arena *arena, int count, char **arguments, struct wish *wish, bool *is_help)
{
	int status = EX_OK;
	int letter;

	optind = 0;
	while (status == EX_OK &&
	       (letter = getopt_long(count, arguments, "h", long_options, NULL)) != -1) {
		*is_help = letter == 'h';
		if (*is_help)
			return EX_OK;
		status = take_option(arena, letter, optarg, wish);
	}
	if (status != EX_OK)
		return status;
	if (optind + 1 != count)
		return complaint_usage(arena, NULL, "one domain is wanted", usage);
	if (!domain_name_normalize(arena, text_from(arguments[optind]), &wish->domain))
		return complaint_usage(arena, arguments[optind], "is no domain name", usage);
	if (text_is_empty(wish->selector))
		return complaint_usage(arena, NULL, "a --selector is wanted", usage);
	if (wish->path == NULL)
		wish->path = text_string(arena, text_join(arena, wish->selector, TEXT(".private")));
	return EX_OK;
}

static int
print_record(struct arena *arena, const struct wish *wish, struct text record)
{
	struct text owner = text_printf(arena, "%.*s._domainkey.%.*s",
					TEXT_ARGUMENTS(wish->selector),
					TEXT_ARGUMENTS(wish->domain));
	struct text line = zone_line_txt(arena, owner, record);

	return printf("%.*s\n", TEXT_ARGUMENTS(line)) >= 0 && fflush(stdout) == 0
		       ? EX_OK
		       : complaint_of_output();
}

static int
make_key(struct arena *arena, const struct wish *wish)
{
	struct text secret;
	struct text record;
	struct text reason;
	bool is_written;

	if (!dkim_keygen_make(arena, wish->type, &secret, &record)) {
		complaint_of(arena, "OpenSSL", TEXT("it makes no key of this kind"));
		return EX_SOFTWARE;
	}
	is_written = dkim_keygen_write(arena, wish->path, secret, &reason);
	dkim_keygen_wipe(secret);
	if (!is_written) {
		complaint_of(arena, wish->path, reason);
		return EX_CANTCREAT;
	}
	return print_record(arena, wish, record);
}

int
dkim_keygen_command(int count, char **arguments)
{
	struct arena *arena = arena_new();
	struct wish wish = { .path = NULL };
	bool is_help = false;
	int status = read_options(arena, count, arguments, &wish, &is_help);

	if (is_help)
		fputs(usage, stdout);
	else if (status == EX_OK)
		status = make_key(arena, &wish);
	arena_free(&arena);
	return status;
}
