/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bench_load [-c SESSIONS] [-d MILLISECONDS] [-m MESSAGES] [-n TOTAL] [-s] [-u] [-v] WORLD SOCKET...
 * bench_load -i SECONDS [-c SESSIONS] WORLD SOCKET...
 * bench_load -w SOCKET...
 *
 * Plays Postfix before one milter or a chain of them: protocol 6, its macros,
 * no replies where that is agreed on, each milter seeing what the one before it
 * added. SESSIONS at a time, a message as often as MESSAGES a session, TOTAL
 * messages in the order of WORLD's index, over and over; -s takes small ones only,
 * -u ends after the first message of each sender domain. Prints one line,
 * NAME=VALUE: milliseconds from CONNECT or MAIL to the last reply, what this
 * program itself cost, and how often a result was not what the message was made
 * to be.
 *
 * -d says how far each answer of DNS is away: then the line has the quantiles of
 * the latency divided by what the message's longest chain of questions takes
 * (chain.h), and how many messages took less than that. It means something only
 * for a cold cache, and with -u. -v says so of each message on standard error.
 *
 * -i holds that many sessions, greeted and silent, for so long, and says when all
 * are open; -w waits until each milter answers to its first packet.
 */
#include "base/textbuf.h"
#include "dkim_sign.h"
#include "milter_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CHUNK = 65535,          /* of a body, as Postfix cuts it */
	CHAIN_MAX = 4,
	PATIENCE = 60000,       /* milliseconds */
	ERRORS_MAX = 10,        /* a milter with more of them is not measured any further */
	MESSAGE_MAX = 16 * 1024 * 1024,
	SMALL = 10 * 1024,      /* the largest body that -s takes */
	STACK = 256 * 1024
};

enum method { METHOD_SPF, METHOD_DKIM, METHOD_DMARC, METHOD_IPREV, METHODS };
static const char *const method_words[METHODS] = { "spf", "dkim", "dmarc", "iprev" };

struct letter {
	char *client;
	char *helo;
	char *sender;
	char *recipient;
	bool expected[METHODS];
	unsigned chain;         /* far answers that come one after the other */
	struct message message;
	struct text body;
};

/* Written before the threads start; then only counted. */
static struct {
	struct arena *arena;
	struct letter *letters;
	size_t letter_count;
	const char *sockets[CHAIN_MAX];
	size_t chain;
	size_t total;
	size_t per_session;
	size_t idle_seconds;
	bool only_small;
	bool only_first;
	bool only_wait;
	bool is_verbose;
	double delay;           /* of a far answer, in seconds; 0: not known */
	double *seconds;        /* of each message */
	double *chain_ratios;   /* of those that have a chain */
} load;

static atomic_size_t next_message;
static atomic_size_t wrong[METHODS];
static atomic_size_t missing[METHODS];
static atomic_size_t refused;
static atomic_size_t errors;

static double
clock_seconds(clockid_t clock)
{
	struct timespec time;

	(void)clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
now(void)
{
	return clock_seconds(CLOCK_MONOTONIC);
}

static struct text
read_file(const char *folder, const char *name)
{
	char *path = text_string(load.arena, text_printf(load.arena, "%s/%s", folder, name));
	struct textbuf out = textbuf_new(load.arena, MESSAGE_MAX);
	static char part[65536];
	FILE *file = fopen(path, "r");
	size_t length;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while ((length = fread(part, 1, sizeof(part), file)) > 0)
		textbuf_add(&out, text_of(part, length));
	(void)fclose(file);
	return textbuf_text(&out);
}

static void
read_letter(struct letter *letter, const char *folder, struct text line)
{
	struct text words[5 + METHODS + 1];
	size_t count = 0;

	while (count < COUNT_OF(words) && text_next_part(&line, '\t', &words[count]))
		count++;
	if (count != COUNT_OF(words)) {
		(void)fprintf(stderr, "bench_load: the index is broken\n");
		exit(1);
	}
	letter->client = text_string(load.arena, words[1]);
	letter->helo = text_string(load.arena, words[2]);
	letter->sender = text_string(load.arena, text_printf(load.arena, "<%.*s>",
							     TEXT_ARGUMENTS(words[3])));
	letter->recipient = text_string(load.arena, text_printf(load.arena, "<%.*s>",
								TEXT_ARGUMENTS(words[4])));
	for (size_t i = 0; i < METHODS; i++)
		letter->expected[i] = text_equal(words[5 + i], TEXT("pass"));
	letter->chain = (unsigned)strtoul(text_string(load.arena, words[5 + METHODS]), NULL, 10);
	dkim_sign_split(load.arena, read_file(folder, text_string(load.arena, words[0])),
			&letter->message, &letter->body);
}

static void
read_world(const char *folder)
{
	struct text index = read_file(folder, "index");
	size_t capacity = 0;
	struct text line;

	while (text_next_part(&index, '\n', &line) && !text_is_empty(line)) {
		char number[32];

		load.letters = arena_grow(load.arena, load.letters, load.letter_count, &capacity,
					  sizeof(*load.letters));
		load.letters[load.letter_count] = (struct letter){ .client = NULL };
		read_letter(&load.letters[load.letter_count], folder, line);
		/* The first messages are one of each domain: sN@bN.example. */
		(void)snprintf(number, sizeof(number), "@b%zu.example>", load.letter_count);
		if (load.only_first &&
		    strstr(load.letters[load.letter_count].sender, number) == NULL)
			break;
		if (!load.only_small || load.letters[load.letter_count].body.length <= SMALL)
			load.letter_count++;
	}
	if (load.letter_count == 0) {
		(void)fprintf(stderr, "bench_load: there are no messages in %s\n", folder);
		exit(1);
	}
}

static bool
goes_on(int reply)
{
	return reply == MILTER_CONTINUE || reply == MILTER_SILENT;
}

static bool
begin_session(struct milter_client *client, const struct letter *letter)
{
	const char *connect_macros[] = { "j", "mx.receiver.example", "{daemon_name}", "smtpd", "v",
					 "Postfix 3.7.11", NULL };

	return milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL) &&
	       milter_client_macros(client, MILTER_CONNECT, connect_macros) &&
	       goes_on(milter_client_connect(client, letter->helo, letter->client, 40000)) &&
	       goes_on(milter_client_helo(client, letter->helo));
}

static bool
begin_message(struct milter_client *client, const struct letter *letter)
{
	const char *mail_macros[] = { "{mail_addr}", letter->sender, "{mail_host}", "bench",
				      "{mail_mailer}", "smtp", NULL };
	const char *recipient_macros[] = { "i", "4BENCH000", "{rcpt_addr}", letter->recipient,
					   "{rcpt_host}", "local", "{rcpt_mailer}", "local", NULL };
	const char *data_macros[] = { "i", "4BENCH000", NULL };
	const char *sender[] = { letter->sender, NULL };
	const char *recipient[] = { letter->recipient, NULL };

	return milter_client_macros(client, MILTER_MAIL, mail_macros) &&
	       goes_on(milter_client_mail(client, sender)) &&
	       milter_client_macros(client, MILTER_RCPT, recipient_macros) &&
	       goes_on(milter_client_rcpt(client, recipient)) &&
	       milter_client_macros(client, MILTER_DATA, data_macros) &&
	       goes_on(milter_client_data(client));
}

static bool
send_added(struct milter_client *client, const struct milter_client *before)
{
	for (size_t i = 0; i < before->change_count; i++) {
		const struct milter_change *change = &before->changes[i];

		if ((change->kind == MILTER_INSERT || change->kind == MILTER_ADD) &&
		    !goes_on(milter_client_field(client, change->name, change->value)))
			return false;
	}
	return true;
}

/* Header, body and end, the fields that the milters before it added on top. */
static int
send_content(struct milter_client **clients, size_t position, const struct letter *letter)
{
	struct milter_client *client = clients[position];
	const char *end_macros[] = { "i", "4BENCH000", NULL };
	int reply = MILTER_CONTINUE;

	for (size_t i = 0; i < position; i++)
		if (!send_added(client, clients[i]))
			return MILTER_GONE;
	for (size_t i = 0; i < letter->message.field_count; i++) {
		const struct header_field *field = &letter->message.fields[i];

		if (!goes_on(reply = milter_client_field(client, field->name, field->value)))
			return reply;
	}
	if (!goes_on(reply = milter_client_header_end(client)))
		return reply;
	for (size_t start = 0; start < letter->body.length && reply != MILTER_SKIP; start += CHUNK) {
		reply = milter_client_body(client, text_cut(letter->body, start, CHUNK));
		if (!goes_on(reply) && reply != MILTER_SKIP)
			return reply;
	}
	if (!milter_client_macros(client, MILTER_MESSAGE_END, end_macros))
		return MILTER_GONE;
	return milter_client_message_end(client);
}

static bool
is_said(struct text value, const char *method, const char *result)
{
	char wanted[64];

	(void)snprintf(wanted, sizeof(wanted), "%s=%s", method, result);
	return text_find_text(value, text_from(wanted)) != TEXT_NOT_FOUND;
}

/* "pass", if any field says so; a method that no field names is missing. */
static void
check_results(struct milter_client **clients, const struct letter *letter)
{
	for (size_t method = 0; method < METHODS; method++) {
		bool named = false;
		bool passes = false;

		for (size_t i = 0; i < load.chain; i++)
			for (size_t j = 0; j < clients[i]->change_count; j++) {
				const struct milter_change *change = &clients[i]->changes[j];

				if (!text_equal_nocase(change->name, TEXT("Authentication-Results")))
					continue;
				named |= is_said(change->value, method_words[method], "");
				passes |= is_said(change->value, method_words[method], "pass");
			}
		if (!named)
			atomic_fetch_add(&missing[method], 1);
		else if (passes != letter->expected[method])
			atomic_fetch_add(&wrong[method], 1);
	}
}

/* One message through all of the chain. False when a milter did not play. */
static bool
play_message(struct milter_client **clients, const struct letter *letter)
{
	for (size_t i = 0; i < load.chain; i++)
		if (!begin_message(clients[i], letter))
			return false;
	for (size_t i = 0; i < load.chain; i++) {
		int reply = send_content(clients, i, letter);

		if (reply == MILTER_GONE)
			return false;
		if (reply != MILTER_CONTINUE && reply != MILTER_ACCEPT)
			atomic_fetch_add(&refused, 1);
	}
	check_results(clients, letter);
	return true;
}

static void
close_all(struct milter_client **clients)
{
	for (size_t i = 0; i < load.chain; i++) {
		if (clients[i] != NULL)
			(void)milter_client_quit(clients[i]);
		milter_client_free(&clients[i]);
	}
}

/*
 * Up to per_session messages, all the same one: a client sends its own mail.
 * False when there are no more.
 */
static bool
play_session(void)
{
	struct milter_client *clients[CHAIN_MAX] = { NULL };
	const struct letter *letter = NULL;

	for (size_t done = 0; done < load.per_session; done++) {
		size_t number = atomic_fetch_add(&next_message, 1);
		bool is_first = letter == NULL;
		double start = now();
		bool ok = true;

		if (number >= load.total || atomic_load(&errors) > ERRORS_MAX) {
			close_all(clients);
			return false;
		}
		if (is_first)
			letter = &load.letters[number % load.letter_count];
		for (size_t i = 0; is_first && ok && i < load.chain; i++) {
			clients[i] = milter_client_new(load.sockets[i], PATIENCE);
			ok = clients[i] != NULL && begin_session(clients[i], letter);
		}
		if (!ok || !play_message(clients, letter)) {
			atomic_fetch_add(&errors, 1);
			break;
		}
		load.seconds[number] = now() - start;
	}
	close_all(clients);
	return true;
}

static void *
play(void *nothing)
{
	(void)nothing;
	while (play_session())
		continue;
	return NULL;
}

static int
compare_seconds(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

static double
quantile(const double *sorted, size_t count, double part)
{
	return sorted[(size_t)((double)(count - 1) * part)];
}

/* Latency in chains; before the latencies are sorted. */
static void
report_chains(void)
{
	size_t too_fast = 0;
	size_t count = 0;

	for (size_t i = 0; i < load.total; i++) {
		const struct letter *letter = &load.letters[i % load.letter_count];
		double ratio = load.seconds[i] / (load.delay * letter->chain);

		if (load.is_verbose)
			(void)fprintf(stderr, "%s chain %u: %.2f ms\n", letter->sender, letter->chain,
				      load.seconds[i] * 1000);
		if (letter->chain == 0)
			continue;
		load.chain_ratios[count++] = ratio;
		too_fast += ratio < 1;
	}
	if (count == 0)
		return;
	qsort(load.chain_ratios, count, sizeof(*load.chain_ratios), compare_seconds);
	printf("chain_p50=%.3f chain_p90=%.3f too_fast=%zu ", quantile(load.chain_ratios, count, 0.5),
	       quantile(load.chain_ratios, count, 0.9), too_fast);
}

static double
milliseconds_at(double part)
{
	return quantile(load.seconds, load.total, part) * 1000;
}

static void
report(double elapsed, double processor)
{
	if (load.delay > 0)
		report_chains();
	qsort(load.seconds, load.total, sizeof(*load.seconds), compare_seconds);
	printf("mta_cpu_ms=%.3f ", processor * 1000);
	printf("messages=%zu elapsed=%.3f rate=%.0f p50=%.2f p90=%.2f p99=%.2f max=%.1f errors=%zu refused=%zu",
	       load.total, elapsed, (double)load.total / elapsed, milliseconds_at(0.5),
	       milliseconds_at(0.9), milliseconds_at(0.99), milliseconds_at(1), atomic_load(&errors),
	       atomic_load(&refused));
	for (size_t method = 0; method < METHODS; method++)
		printf(" wrong_%s=%zu no_%s=%zu", method_words[method], atomic_load(&wrong[method]),
		       method_words[method], atomic_load(&missing[method]));
	printf("\n");
}

static void
run_threads(size_t count)
{
	pthread_t *threads = arena_array(load.arena, count, sizeof(*threads));
	double start = now();
	double processor = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
	pthread_attr_t attributes;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK);
	for (size_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], &attributes, play, NULL) != 0) {
			perror("bench_load");
			exit(1);
		}
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	report(now() - start, clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - processor);
}

/* Sessions of which nothing comes after the greeting. */
static void
hold_sessions(size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < load.chain; j++) {
			struct milter_client *client = milter_client_new(load.sockets[j], PATIENCE);

			if (client == NULL ||
			    !begin_session(client, &load.letters[i % load.letter_count]))
				atomic_fetch_add(&errors, 1);
		}
	printf("open=%zu errors=%zu\n", count, atomic_load(&errors));
	(void)fflush(stdout);
	(void)sleep((unsigned)load.idle_seconds);
}

/* One millisecond between two looks; -w is what start-up is measured with. */
static void
wait_for(const char *socket)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	double end = now() + PATIENCE / 1000.0;
	bool ok = false;

	while (!ok && now() < end) {
		struct milter_client *client = milter_client_new(socket, PATIENCE);

		ok = client != NULL && milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL,
							       MILTER_STEPS_ALL);
		milter_client_free(&client);
		if (!ok)
			(void)nanosleep(&pause, NULL);
	}
	if (!ok)
		exit(1);
}

/* The sessions at a time; 0 when the arguments are no good. */
static size_t
read_options(int count, char **arguments)
{
	size_t sessions = 1;
	int letter;

	load.per_session = 1;
	while ((letter = getopt(count, arguments, "c:d:i:m:n:suvw")) != -1) {
		size_t value = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;

		if (letter == 's')
			load.only_small = true;
		else if (letter == 'u')
			load.only_first = true;
		else if (letter == 'w')
			load.only_wait = true;
		else if (letter == 'v')
			load.is_verbose = true;
		else if (letter == 'd')
			load.delay = (double)value / 1000;
		else if (letter == 'c' && value > 0)
			sessions = value;
		else if (letter == 'i' && value > 0)
			load.idle_seconds = value;
		else if (letter == 'm' && value > 0)
			load.per_session = value;
		else if (letter == 'n' && value > 0)
			load.total = value;
		else
			return 0;
	}
	return sessions;
}

int
main(int count, char **arguments)
{
	size_t sessions = read_options(count, arguments);
	int sockets = count - optind - (load.only_wait ? 0 : 1);

	if (sessions == 0 || sockets < 1 || sockets > CHAIN_MAX)
		return 64;
	load.arena = arena_new();
	if (!load.only_wait)
		read_world(arguments[optind++]);
	while (optind < count)
		load.sockets[load.chain++] = arguments[optind++];
	if (load.total == 0 || (load.only_first && load.total > load.letter_count))
		load.total = load.letter_count;
	load.seconds = arena_array(load.arena, load.total, sizeof(*load.seconds));
	load.chain_ratios = arena_array(load.arena, load.total, sizeof(*load.chain_ratios));
	if (load.only_wait)
		for (size_t i = 0; i < load.chain; i++)
			wait_for(load.sockets[i]);
	else if (load.idle_seconds > 0)
		hold_sessions(sessions);
	else
		run_threads(sessions);
	arena_free(&load.arena);
	return atomic_load(&errors) == 0 ? 0 : 1;
}
