/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * zone_server [-a ADDRESS] [-p PORT] [-A] [-q] ZONEFILE
 *
 * A name server for tests: answers from a zone text (dns/zone_text.h) for the
 * whole name space, over UDP and TCP, on a loopback address only. Prints
 * "ready PORT" when it listens; port 0 (the default) picks a free one. SIGHUP
 * reads the zone again, SIGTERM and SIGINT end it. -A leaves the RA flag away,
 * as an authoritative server does; -q prints every question.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "dns/dns.h"
#include "name_server.h"

static void
print_question(void *data, struct text name, unsigned type, bool is_tcp)
{
	(void)data;
	(void)printf("%s %.*s. %u\n", is_tcp ? "tcp" : "udp", TEXT_ARGUMENTS(name), type);
	(void)fflush(stdout);
}

static struct text
read_all(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "re");
	char *bytes = NULL;
	size_t size = 0;
	ssize_t length = file != NULL ? getdelim(&bytes, &size, EOF, file) : -1;
	struct text text = { NULL, 0 };

	/* A file without any byte is a zone too. */
	if (length >= 0)
		text = text_copy(arena, text_of(bytes, (size_t)length));
	else if (file == NULL || ferror(file))
		perror(path);
	else
		text = TEXT("");
	free(bytes);
	if (file != NULL)
		(void)fclose(file);
	return text;
}

/* Arenas of replaced zones are kept in `arena` until the end. */
static const struct zone_text *
read_zone(struct arena *arena, const char *path)
{
	struct text source = read_all(arena, path);
	struct text reason = { NULL, 0 };
	const struct zone_text *zone = NULL;

	if (source.bytes != NULL)
		zone = zone_text_parse(arena, source, &reason);
	if (zone == NULL && reason.length > 0)
		(void)fprintf(stderr, "%s: %.*s\n", path, TEXT_ARGUMENTS(reason));
	return zone;
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static int
open_signals(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void
serve(struct name_server *server, struct arena *arena, const char *path, int signals)
{
	struct signalfd_siginfo signal;

	for (;;) {
		const struct zone_text *zone;

		if (!name_server_step(server, signals) ||
		    read(signals, &signal, sizeof(signal)) != sizeof(signal))
			continue;
		if (signal.ssi_signo != SIGHUP)
			return;
		zone = read_zone(arena, path);
		if (zone != NULL)
			name_server_set_zone(server, zone);
		(void)printf("%s\n", zone != NULL ? "reloaded" : "not reloaded");
		(void)fflush(stdout);
	}
}

static int
usage(void)
{
	(void)fprintf(stderr, "usage: zone_server [-a ADDRESS] [-p PORT] [-A] [-q] ZONEFILE\n");
	return EXIT_FAILURE;
}

int
main(int count, char **words)
{
	struct name_server_settings settings = { .address = "127.0.0.1" };
	struct arena *arena;
	const struct zone_text *zone;
	struct name_server *server = NULL;
	uint64_t port;
	int signals;
	int option;

	while ((option = getopt(count, words, "a:p:Aq")) != -1) {
		if (option == 'a' && is_loopback(optarg))
			settings.address = optarg;
		else if (option == 'p' && text_to_number(text_from(optarg), UINT16_MAX, &port))
			settings.port = (uint16_t)port;
		else if (option == 'A')
			settings.is_authoritative_only = true;
		else if (option == 'q')
			settings.seen = print_question;
		else
			return usage();
	}
	if (optind != count - 1)
		return usage();
	signals = open_signals();
	arena = arena_new();
	zone = read_zone(arena, words[optind]);
	if (zone != NULL)
		server = name_server_open(&settings, zone);
	if (server == NULL) {
		arena_free(&arena);
		return EXIT_FAILURE;
	}
	(void)printf("ready %u\n", name_server_port(server));
	(void)fflush(stdout);
	serve(server, arena, words[optind], signals);
	name_server_close(&server);
	arena_free(&arena);
	return EXIT_SUCCESS;
}
