/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mta_play [-a ADDRESS] [-e HELO] [-f SENDER] [-r RECIPIENT] [-m NAME=VALUE]...
 *          SOCKET < MESSAGE
 *
 * Plays an MTA that hands one message to a milter, and prints what it is told:
 * changes of the header, quarantine, and the reply. -m sets a macro, known from
 * MAIL on. Exit 0 when the message is accepted, 1 for any other verdict, 2 when
 * the milter does not answer.
 */
#include "milter_client.h"

#include "base/textbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TIMEOUT = 60000,        /* milliseconds */
	MESSAGE_MAX = 64 * 1024 * 1024,
	MACROS_MAX = 20
};

struct play {
	const char *address;
	const char *helo;
	const char *sender;
	const char *recipient;
	const char *macros[2 * MACROS_MAX + 1];
	size_t macro_count;
};

static void
add_macro(struct play *play, char *assignment)
{
	char *value = assignment;

	while (*value != '\0' && *value != '=')
		value++;
	if (*value == '\0' || play->macro_count >= MACROS_MAX) {
		(void)fprintf(stderr, "mta_play: -m takes NAME=VALUE, at most %d times\n",
			      MACROS_MAX);
		exit(2);
	}
	*value = '\0';
	play->macros[2 * play->macro_count] = assignment;
	play->macros[2 * play->macro_count + 1] = value + 1;
	play->macro_count++;
}

static struct text
read_message(struct arena *arena)
{
	struct textbuf message = textbuf_new(arena, MESSAGE_MAX);
	char part[4096];
	size_t length;

	while ((length = fread(part, 1, sizeof(part), stdin)) > 0)
		textbuf_add(&message, text_of(part, length));
	return textbuf_text(&message);
}

static void
print_changes(const struct milter_client *client)
{
	for (size_t i = 0; i < client->change_count; i++) {
		const struct milter_change *change = &client->changes[i];

		(void)printf("%c %u %.*s:%.*s\n", change->kind, (unsigned)change->position,
			     TEXT_ARGUMENTS(change->name), TEXT_ARGUMENTS(change->value));
	}
}

static int
play_message(struct milter_client *client, const struct play *play)
{
	const char *const sender[] = { play->sender, NULL };
	const char *const recipient[] = { play->recipient, NULL };

	if (!milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL))
		return MILTER_GONE;
	if (milter_client_connect(client, "client.invalid", play->address, 25) !=
	    MILTER_CONTINUE || milter_client_helo(client, play->helo) != MILTER_CONTINUE)
		return MILTER_GONE;
	if (play->macro_count > 0 &&
	    !milter_client_macros(client, MILTER_MAIL, play->macros))
		return MILTER_GONE;
	if (milter_client_mail(client, sender) != MILTER_CONTINUE ||
	    milter_client_rcpt(client, recipient) != MILTER_CONTINUE ||
	    milter_client_data(client) != MILTER_CONTINUE)
		return MILTER_GONE;
	return milter_client_message(client, read_message(client->arena));
}

static bool
read_options(int count, char **arguments, struct play *play)
{
	int letter;

	while ((letter = getopt(count, arguments, "a:e:f:r:m:")) != -1) {
		switch (letter) {
		case 'a':
			play->address = optarg;
			break;
		case 'e':
			play->helo = optarg;
			break;
		case 'f':
			play->sender = optarg;
			break;
		case 'r':
			play->recipient = optarg;
			break;
		case 'm':
			add_macro(play, optarg);
			break;
		default:
			return false;
		}
	}
	return optind + 1 == count;
}

int
main(int count, char **arguments)
{
	struct play play = {
		.address = "192.0.2.1",
		.helo = "client.invalid",
		.sender = "<>",
		.recipient = "<postmaster>",
	};
	struct milter_client *client;
	int reply;

	if (!read_options(count, arguments, &play)) {
		(void)fputs("usage: mta_play [-a ADDRESS] [-e HELO] [-f SENDER] [-r RECIPIENT] "
			    "[-m NAME=VALUE]... SOCKET < MESSAGE\n", stderr);
		return 2;
	}
	client = milter_client_new(arguments[optind], TIMEOUT);
	if (client == NULL) {
		perror(arguments[optind]);
		return 2;
	}
	reply = play_message(client, &play);
	if (reply == MILTER_GONE) {
		(void)fputs("mta_play: the milter does not answer\n", stderr);
	} else {
		print_changes(client);
		(void)printf("%c %.*s\n", reply, TEXT_ARGUMENTS(client->reply));
	}
	milter_client_free(&client);
	if (reply == MILTER_GONE)
		return 2;
	return reply == MILTER_CONTINUE || reply == MILTER_ACCEPT ? 0 : 1;
}
