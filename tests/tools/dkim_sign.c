/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signs a message: standard input to standard output.
 *
 *     dkim_sign -d DOMAIN -s SELECTOR -k KEYFILE [-a ALGORITHM] [-c FORMS]
 *               [-h FIELDS] [-l LENGTH] [-t TIME] [-x TIME] [-e "TAG=VALUE;"]
 *     dkim_sign -p KEYFILE        prints the TXT record of a key
 *
 * A message without any CRLF is taken to have LF line ends, in and out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/textbuf.h"
#include "dkim_sign.h"

enum { MESSAGE_MAX = 64 * 1024 * 1024 };

static struct text
read_all(struct arena *arena, FILE *file)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);
	char buffer[8192];
	size_t length;

	while ((length = fread(buffer, 1, sizeof(buffer), file)) > 0)
		textbuf_add(&out, text_of(buffer, length));
	return textbuf_text(&out);
}

static struct text
with_crlf(struct arena *arena, struct text text)
{
	struct textbuf out = textbuf_new(arena, 2 * (size_t)MESSAGE_MAX);

	for (size_t i = 0; i < text.length; i++) {
		if (text.bytes[i] == '\n')
			textbuf_add_byte(&out, '\r');
		textbuf_add_byte(&out, text.bytes[i]);
	}
	return textbuf_text(&out);
}

static void
write_all(struct text text, bool with_cr)
{
	for (size_t i = 0; i < text.length; i++)
		if (with_cr || text.bytes[i] != '\r')
			(void)putchar(text.bytes[i]);
}

static int
print_record(struct arena *arena, const char *key_file)
{
	struct text record;

	if (!dkim_sign_key_record(arena, key_file, &record))
		return EX_NOINPUT;
	printf("%.*s\n", TEXT_ARGUMENTS(record));
	return EX_OK;
}

/* False for an option that we do not have. */
static bool
read_option(struct dkim_sign_options *options, int option, const char *argument)
{
	switch (option) {
	case 'd':
		options->domain = text_from(argument);
		return true;
	case 's':
		options->selector = text_from(argument);
		return true;
	case 'k':
		options->key_file = argument;
		return true;
	case 'a':
		options->algorithm = argument;
		return true;
	case 'c':
		options->forms = argument;
		return true;
	case 'h':
		options->fields = argument;
		return true;
	case 'e':
		options->extra = argument;
		return true;
	case 'l':
		options->has_length = true;
		options->length = strtoull(argument, NULL, 10);
		return true;
	case 't':
		options->timestamp = strtoll(argument, NULL, 10);
		return true;
	case 'x':
		options->expiration = strtoll(argument, NULL, 10);
		return true;
	default:
		return false;
	}
}

static int
sign_input(struct arena *arena, const struct dkim_sign_options *options)
{
	struct text message = read_all(arena, stdin);
	bool has_cr = text_find_text(message, TEXT("\r\n")) != TEXT_NOT_FOUND;
	struct text result;

	if (!has_cr)
		message = with_crlf(arena, message);
	if (!dkim_sign(arena, options, message, &result))
		return EX_NOINPUT;
	write_all(result, has_cr);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int
main(int argc, char **argv)
{
	struct dkim_sign_options options = { 0 };
	struct arena *arena = arena_new();
	int status = EX_USAGE;
	int option;

	while ((option = getopt(argc, argv, "d:s:k:a:c:h:e:l:t:x:p:")) != -1) {
		if (option == 'p') {
			status = print_record(arena, optarg);
			arena_free(&arena);
			return status;
		}
		if (!read_option(&options, option, optarg)) {
			arena_free(&arena);
			return EX_USAGE;
		}
	}
	if (text_is_empty(options.domain) || text_is_empty(options.selector))
		fprintf(stderr, "usage: dkim_sign -d DOMAIN -s SELECTOR -k KEYFILE [options]\n");
	else
		status = sign_input(arena, &options);
	arena_free(&arena);
	return status;
}
