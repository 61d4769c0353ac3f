/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/textbuf.h"
#include "../tools/milter_client.h"
#include "../tools/name_server.h"

enum {
	START_TRIES = 7500,             /* of 2 ms: a sanitizer build under load starts slowly */
	STOP_TRIES = 7500,
	REPLY_MILLISECONDS = 60000,
	LOG_MAX = 1 << 16
};

/* A daemon with its folder and its name server, for one scenario. */
struct laboratory {
	struct arena *arena;
	char folder[32];        /* of our own making: /tmp/scenario.XXXXXX */
	struct name_server *server;
	pthread_t server_thread;
	int wake[2];            /* a byte ends the name server's thread */
	pid_t daemon;
};

static void *
serve(void *argument)
{
	struct laboratory *laboratory = argument;

	while (!name_server_step(laboratory->server, laboratory->wake[0]))
		continue;
	return NULL;
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void
pause_shortly(void)
{
	const struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };

	(void)nanosleep(&pause, NULL);
}

static const char *
path_of(const struct laboratory *laboratory, const char *name)
{
	return text_printf(laboratory->arena, "%s/%s", laboratory->folder, name).bytes;
}

static bool
start_name_server(struct laboratory *laboratory, const struct scenario *scenario,
		  struct text *reason_out)
{
	struct name_server_settings settings = { .address = "127.0.0.1" };
	struct zone_text *zone = zone_text_parse(laboratory->arena, scenario->zone, reason_out);

	if (zone == NULL)
		return false;
	laboratory->server = name_server_open(&settings, zone);
	*reason_out = TEXT("the name server does not start");
	if (laboratory->server == NULL || pipe(laboratory->wake) != 0)
		return false;
	return pthread_create(&laboratory->server_thread, NULL, serve, laboratory) == 0;
}

/* What the scenario does not say itself comes first, so that a repeated option is an error of the scenario. */
static bool
write_settings(struct laboratory *laboratory, const struct scenario *scenario)
{
	FILE *file = fopen(path_of(laboratory, "conf"), "w");

	if (file == NULL)
		return false;
	fprintf(file,
		"Socket unix:%s\nNameservers 127.0.0.1:%u\nLogTarget file:%s\n"
		"DNSFailureMemory 0\nTestClock %lld\n",
		path_of(laboratory, "socket"), name_server_port(laboratory->server),
		path_of(laboratory, "log"), (long long)scenario->clock);
	(void)fwrite(scenario->settings.bytes, 1, scenario->settings.length, file);
	return fclose(file) == 0;
}

static bool
start_daemon(struct laboratory *laboratory, const char *daemon_path)
{
	const char *output = path_of(laboratory, "output");
	const char *configuration = path_of(laboratory, "conf");

	laboratory->daemon = fork();
	if (laboratory->daemon != 0)
		return laboratory->daemon > 0;
	if (freopen(output, "w", stderr) == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(127);
	execl(daemon_path, daemon_path, "-f", "-c", configuration, (char *)NULL);
	_exit(127);
}

/* The client, as soon as the daemon listens. NULL when it ended or never does. */
static struct milter_client *
connect_client(struct laboratory *laboratory)
{
	const char *address = text_printf(laboratory->arena, "unix:%s",
					  path_of(laboratory, "socket")).bytes;

	for (int i = 0; i < START_TRIES; i++) {
		struct milter_client *client = NULL;

		if (access(path_of(laboratory, "socket"), F_OK) == 0)
			client = milter_client_new(address, REPLY_MILLISECONDS);
		if (client != NULL)
			return client;
		if (waitpid(laboratory->daemon, NULL, WNOHANG) == laboratory->daemon) {
			laboratory->daemon = 0;
			return NULL;
		}
		pause_shortly();
	}
	return NULL;
}

static struct text
read_back(struct laboratory *laboratory, const char *name)
{
	FILE *file = fopen(path_of(laboratory, name), "r");
	char *bytes = arena_alloc(laboratory->arena, LOG_MAX);
	size_t length = 0;

	if (file != NULL) {
		length = fread(bytes, 1, LOG_MAX, file);
		(void)fclose(file);
	}
	return text_of(bytes, length);
}

/* Ends the daemon; false when it does not end by itself, or not well. */
static bool
stop_daemon(struct laboratory *laboratory)
{
	int status = -1;

	if (laboratory->daemon <= 0)
		return false;
	(void)kill(laboratory->daemon, SIGTERM);
	for (int i = 0; i < STOP_TRIES; i++) {
		if (waitpid(laboratory->daemon, &status, WNOHANG) == laboratory->daemon) {
			laboratory->daemon = 0;
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		}
		pause_shortly();
	}
	(void)kill(laboratory->daemon, SIGKILL);
	(void)waitpid(laboratory->daemon, &status, 0);
	laboratory->daemon = 0;
	return false;
}

static void
close_laboratory(struct laboratory *laboratory)
{
	(void)stop_daemon(laboratory);
	if (laboratory->server_thread != 0) {
		(void)!write(laboratory->wake[1], "", 1);
		(void)pthread_join(laboratory->server_thread, NULL);
	}
	if (laboratory->wake[1] > 0) {
		(void)close(laboratory->wake[0]);
		(void)close(laboratory->wake[1]);
	}
	if (laboratory->server != NULL)
		name_server_close(&laboratory->server);
	(void)nftw(laboratory->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *
macro_name(struct arena *arena, struct text name)
{
	return name.length == 1 ? text_string(arena, name)
				: text_printf(arena, "{%.*s}", TEXT_ARGUMENTS(name)).bytes;
}

/* All macros of a scenario at CONNECT and MAIL: the daemon takes each where it is defined. */
static bool
send_macros(struct milter_client *client, struct arena *arena, const struct scenario *scenario,
	    char command)
{
	const char **pairs = arena_array(arena, 2 * scenario->macros.count + 5, sizeof(*pairs));
	size_t count = 0;

	pairs[count++] = "j";
	pairs[count++] = "mx.receiver.example";
	if (command == MILTER_MAIL) {
		pairs[count++] = "i";
		pairs[count++] = "4SCENARIO";
	}
	for (size_t i = 0; i < scenario->macros.count; i++) {
		pairs[count++] = macro_name(arena, scenario->macros.items[i].key);
		pairs[count++] = text_string(arena, scenario->macros.items[i].value);
	}
	return milter_client_macros(client, command, pairs);
}

static bool
is_go_on(int reply)
{
	return reply == MILTER_CONTINUE || reply == MILTER_SILENT || reply == MILTER_SKIP;
}

/* MAIL's argument and parameters as words. */
static int
send_mail(struct milter_client *client, struct arena *arena, struct text sender)
{
	const char *words[8] = { NULL };
	size_t end = text_find_text(sender, TEXT("> "));
	struct text rest = end != TEXT_NOT_FOUND ? text_from_position(sender, end + 2)
						 : (struct text){ NULL, 0 };
	struct text word;
	size_t count = 0;

	words[count++] = text_string(arena, text_cut(sender, 0, end != TEXT_NOT_FOUND
									 ? end + 1
									 : sender.length));
	while (count < COUNT_OF(words) - 1 && text_next_part(&rest, ' ', &word))
		words[count++] = text_string(arena, word);
	return milter_client_mail(client, words);
}

/* A recipient who is put off (452) is noted and left out. */
static int
send_recipients(struct milter_client *client, struct arena *arena,
		const struct scenario *scenario, struct scenario_lines *refused)
{
	int reply = MILTER_CONTINUE;

	for (size_t i = 0; i < scenario->recipients.count; i++) {
		struct text recipient = scenario->recipients.items[i];
		const char *words[] = { text_string(arena, recipient), NULL };

		reply = milter_client_rcpt(client, words);
		if (reply == MILTER_REPLY_CODE &&
		    text_starts_with(client->reply, TEXT("452 4.5.3 "))) {
			scenario_add_line(arena, refused, address_parse(arena, recipient).text);
			reply = MILTER_CONTINUE;
		}
		if (!is_go_on(reply))
			return reply;
	}
	return reply;
}

/* The whole conversation. Returns the reply to the end of the message, or the first that ends it. */
static int
converse(struct milter_client *client, struct arena *arena, const struct scenario *scenario,
	 struct scenario_lines *refused)
{
	int reply;

	if (!milter_client_negotiate(client, 6, MILTER_ACTIONS_ALL, MILTER_STEPS_ALL) ||
	    !send_macros(client, arena, scenario, MILTER_CONNECT))
		return MILTER_GONE;
	reply = milter_client_connect(client, "[client]", text_string(arena, scenario->client),
				      40000);
	if (!is_go_on(reply) ||
	    !is_go_on(reply = milter_client_helo(client, text_string(arena, scenario->helo))))
		return reply;
	if (!send_macros(client, arena, scenario, MILTER_MAIL) ||
	    !is_go_on(reply = send_mail(client, arena, scenario->sender)))
		return reply;
	if (!is_go_on(reply = send_recipients(client, arena, scenario, refused)))
		return reply;
	if (!is_go_on(reply = milter_client_data(client)))
		return reply;
	for (size_t i = 0; i < scenario->message.field_count; i++)
		if (!is_go_on(reply = milter_client_field(client,
							  scenario->message.fields[i].name,
							  scenario->message.fields[i].value)))
			return reply;
	if (!is_go_on(reply = milter_client_header_end(client)))
		return reply;
	if (scenario->body.length > 0 &&
	    !is_go_on(reply = milter_client_body(client, scenario->body)))
		return reply;
	return milter_client_message_end(client);
}

static void
read_changes(struct arena *arena, const struct milter_client *client,
	     struct scenario_result *result)
{
	for (size_t i = 0; i < client->change_count; i++) {
		const struct milter_change *change = &client->changes[i];
		struct text name = text_copy(arena, change->name);

		if (change->kind == MILTER_CHANGE)
			scenario_add_line(arena, &result->removed,
					  text_printf(arena, "%.*s #%u", TEXT_ARGUMENTS(name),
						      change->position));
		else if (change->kind == MILTER_INSERT || change->kind == MILTER_ADD)
			scenario_add_insertion(arena, result, change->position, name,
					       change->value);
		else if (change->kind == MILTER_QUARANTINE)
			result->action = TEXT("quarantine");
	}
}

/* The text of a reply as the MTA would send it: on the wire it ends in NUL and "%" is doubled. */
static struct text
reply_text(struct arena *arena, struct text wire)
{
	struct textbuf out = textbuf_new(arena, wire.length);

	for (size_t i = 0; i < wire.length && wire.bytes[i] != '\0'; i++) {
		textbuf_add_byte(&out, wire.bytes[i]);
		if (wire.bytes[i] == '%' && i + 1 < wire.length && wire.bytes[i + 1] == '%')
			i++;
	}
	return textbuf_text(&out);
}

/* What the MTA saw must be what the log says: the action is taken from the wire. */
static void
read_reply(struct arena *arena, const struct milter_client *client, int reply,
	   struct scenario_result *result)
{
	bool is_marked = false;

	read_changes(arena, client, result);
	for (size_t i = 0; i < result->added.count; i++)
		if (text_starts_with(result->added.items[i], TEXT("X-DMARC-Quarantine: ")))
			is_marked = true;
	if (reply == MILTER_CONTINUE || reply == MILTER_ACCEPT) {
		if (text_is_empty(result->action))
			result->action = is_marked ? TEXT("mark") : TEXT("accept");
	} else if (reply == MILTER_REPLY_CODE) {
		result->reply = reply_text(arena, client->reply);
		result->action = text_starts_with(result->reply, TEXT("4")) ? TEXT("tempfail")
									    : TEXT("reject");
	} else {
		result->action = reply == MILTER_DISCARD ? TEXT("discard") : TEXT("failure");
	}
}

/* The line of the message, once it is written. */
static struct text
wait_for_log(struct laboratory *laboratory)
{
	for (int i = 0; i < START_TRIES; i++) {
		struct text log = read_back(laboratory, "log");
		size_t start = text_find_text(log, TEXT(" action="));

		log = text_from_position(log, start + 1);
		if (start != TEXT_NOT_FOUND && text_find(log, '\n') != TEXT_NOT_FOUND)
			return text_cut(log, 0, text_find(log, '\n'));
		pause_shortly();
	}
	return TEXT("");
}

static bool
run_in(struct laboratory *laboratory, const struct scenario *scenario, const char *daemon_path,
       struct scenario_result *result_out, struct text *reason_out)
{
	struct milter_client *client;

	if (!start_name_server(laboratory, scenario, reason_out))
		return false;
	*reason_out = TEXT("the daemon does not start: ");
	if (!write_settings(laboratory, scenario) || !start_daemon(laboratory, daemon_path) ||
	    (client = connect_client(laboratory)) == NULL) {
		*reason_out = text_join(laboratory->arena, *reason_out,
					read_back(laboratory, "output"));
		return false;
	}
	read_reply(laboratory->arena, client,
		   converse(client, laboratory->arena, scenario, &result_out->refused), result_out);
	result_out->log = wait_for_log(laboratory);
	result_out->class_word = scenario_log_value(result_out->log, "class");
	result_out->rule = scenario_log_value(result_out->log, "rule");
	result_out->would = scenario_log_value(result_out->log, "would");
	milter_client_free(&client);
	if (stop_daemon(laboratory))
		return true;
	*reason_out = text_join(laboratory->arena, TEXT("the daemon does not end well: "),
				read_back(laboratory, "output"));
	return false;
}

bool
scenario_run_daemon(struct arena *arena, const struct scenario *scenario,
		    const char *daemon_path, struct scenario_result *result_out,
		    struct text *reason_out)
{
	struct laboratory laboratory = { .arena = arena, .folder = "/tmp/scenario.XXXXXX" };
	bool ok;

	*result_out = (struct scenario_result){ .action = TEXT("") };
	if (mkdtemp(laboratory.folder) == NULL) {
		*reason_out = TEXT("no temporary folder");
		return false;
	}
	ok = run_in(&laboratory, scenario, daemon_path, result_out, reason_out);
	close_laboratory(&laboratory);
	return ok;
}
