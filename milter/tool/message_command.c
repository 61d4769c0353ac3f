/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "checks/dkim.h"
#include "checks/dkim_verify.h"
#include "config/file.h"
#include "dns/zone_text.h"
#include "programs/service.h"
#include "tool/message_input.h"
#include "tool/message_json.h"
#include "tool/message_options.h"
#include "tool/message_report.h"
#include "tool/message_settings.h"

enum {
	STATUS_WARNING = 1,     /* marked or quarantined */
	STATUS_ERROR = 2,       /* rejected or discarded */
	ZONE_BYTES_MAX = 16 << 20,
	RESOLVER_SESSIONS = 8,  /* sizes its sockets: one message at a time asks */
	ACTION_COUNT = ACTION_DISCARD + 1
};

/* The command at work. */
struct command {
	struct arena *arena;
	struct message_options options;
	struct message_settings settings;
	struct dns_recording recording; /* of --replay */
	struct answer_source source;
	struct service service;
	struct terminal terminal;
	struct textbuf out;             /* written to standard output and emptied now and then */
	struct json json;
	struct terminal_table table;    /* a row per message */
	bool is_many;                   /* files, or messages in one */
	bool refuses_many;              /* a mailbox came where one message was wanted */
	size_t number;                  /* messages so far */
	size_t actions[ACTION_COUNT];
	size_t unreadable;
	int status;

	/* The message at work. */
	struct judgement *judgement;
	struct text title;
};

/* From harmless to severe; of several messages the severest counts. */
static int
severer(int a, int b)
{
	static const int order[] = { EX_OK, STATUS_WARNING, STATUS_ERROR, EX_TEMPFAIL,
				     EX_NOINPUT, EX_CANTCREAT, EX_USAGE };

	for (size_t i = COUNT_OF(order); i > 0; i--)
		if (order[i - 1] == a || order[i - 1] == b)
			return order[i - 1];
	return a;
}

static int
status_of(enum action action)
{
	switch (action) {
	case ACTION_NONE_YET:
	case ACTION_ACCEPT:
		return EX_OK;
	case ACTION_MARK:
	case ACTION_QUARANTINE:
		return STATUS_WARNING;
	case ACTION_TEMPFAIL:
		return EX_TEMPFAIL;
	case ACTION_REJECT:
	case ACTION_DISCARD:
		return STATUS_ERROR;
	}
	return EX_OK;
}

static void
flush_output(struct command *command)
{
	struct text text = textbuf_text(&command->out);

	(void)fwrite(text.bytes, 1, text.length, stdout);
	command->out.length = 0;
}

static void
complain_of(struct command *command, struct text file, const char *sentence, int status)
{
	message_complain(text_string(command->arena, file), sentence);
	command->status = severer(command->status, status);
}

static void
begin_message(void *context, struct text title, bool is_one_of_many)
{
	struct command *command = context;
	struct arena *arena = arena_new();
	struct judgement *judgement = arena_alloc(arena, sizeof(*judgement));

	command->title = title;
	command->judgement = judgement;
	command->number++;
	command->is_many |= is_one_of_many;
	command->refuses_many |= is_one_of_many && (command->options.record_path != NULL ||
						    command->options.replay_path != NULL);
	judgement->arena = arena;
	judgement->config = &command->settings.config;
	judgement->source = &command->source;
	judgement->envelope = command->options.envelope;
	judgement->settings_source = command->settings.source;
	judgement->clock = command->options.clock;
	if (!command->options.has_clock && command->settings.config.test_clock != 0)
		judgement->clock = command->settings.config.test_clock;
	else if (!command->options.has_clock)
		judgement->clock = clock_wall_seconds();
	judgement_begin(judgement, command->options.line_ends);
}

static bool
add_to_message(void *context, struct text chunk)
{
	struct command *command = context;

	if (command->refuses_many)
		return false;
	judgement_add(command->judgement, chunk);
	return command->judgement->parser.problem == MAIL_FINE;
}

static void
write_record(struct command *command)
{
	struct judgement *judgement = command->judgement;
	struct dns_recording recording = { .clock = 0 };
	struct textbuf text = textbuf_new(judgement->arena, DNS_RECORD_BYTES_MAX);
	const char *path = command->options.record_path;
	FILE *file;

	judgement_record(judgement, &recording);
	message_settings_record(judgement->arena, &command->settings, &recording);
	dns_recording_write(judgement->arena, &recording, &text);
	if (text.overflowed) {
		complain_of(command, text_from(path), "the record would be larger than 64 MiB",
			    EX_CANTCREAT);
		return;
	}
	file = fopen(path, "we");
	if (file == NULL || fwrite(text.bytes, 1, text.length, file) != text.length ||
	    fclose(file) != 0)
		complain_of(command, text_from(path), "the record cannot be written",
			    EX_CANTCREAT);
}

static void
report(struct command *command)
{
	struct judgement *judgement = command->judgement;
	bool is_verbose = command->options.is_verbose;
	struct steps steps = { .count = 0 };

	if (command->options.wants_json || !command->is_many || is_verbose)
		steps = steps_explain(judgement);
	if (command->options.wants_json) {
		message_json_write(&command->json, text_string(command->arena, command->title),
				   command->number, judgement, &steps);
	} else if (command->is_many) {
		message_report_row(&command->table, command->title, judgement);
	}
	if (!command->options.wants_json && (!command->is_many || is_verbose)) {
		if (command->is_many)
			textbuf_printf(&command->out, "%s== %.*s\n",
				       command->number > 1 ? "\n" : "",
				       TEXT_ARGUMENTS(terminal_safe(judgement->arena,
								    command->title)));
		message_report_write(&command->terminal, &command->out, judgement, &steps,
				     is_verbose);
	}
	if (command->options.record_path != NULL)
		write_record(command);
}

static void
report_unreadable(struct command *command, const char *clause)
{
	command->unreadable++;
	complain_of(command, command->title, clause, EX_NOINPUT);
	if (command->options.wants_json)
		message_json_write_problem(&command->json,
					   text_string(command->arena, command->title),
					   command->number, clause);
	else if (command->is_many)
		message_report_unreadable_row(&command->table, command->title);
}

static void
drop_message(struct command *command)
{
	struct arena *arena = command->judgement != NULL ? command->judgement->arena : NULL;

	command->judgement = NULL;
	if (arena != NULL)
		arena_free(&arena);
}

static void
end_message(void *context)
{
	struct command *command = context;
	struct judgement *judgement = command->judgement;
	enum action action;

	if (command->refuses_many) {
		drop_message(command);
		return;
	}
	if (judgement_end(judgement) == MAIL_FINE) {
		action = judgement->outcome.verdict.action;
		command->actions[action]++;
		command->status = severer(command->status, judgement_dns_is_dead(judgement) ?
					  EX_TEMPFAIL : status_of(action));
		report(command);
	} else {
		report_unreadable(command, mail_problem_clause(judgement->problem));
	}
	drop_message(command);
	flush_output(command);
}

static void
fail_message(void *context, struct text title, struct text clause)
{
	struct command *command = context;

	if (command->judgement == NULL)
		command->number++;
	drop_message(command);
	command->title = title;
	report_unreadable(command, text_string(command->arena, clause));
	flush_output(command);
}

static void
write_totals(struct command *command)
{
	const char *separator = "";

	if (command->options.wants_json) {
		json_begin_object(&command->json, "totals");
		json_number(&command->json, "messages", (int64_t)command->number);
		for (size_t i = ACTION_ACCEPT; i < ACTION_COUNT; i++)
			json_number(&command->json, action_keyword((enum action)i),
				    (int64_t)command->actions[i]);
		json_number(&command->json, "unreadable", (int64_t)command->unreadable);
		json_end_object(&command->json);
		return;
	}
	textbuf_printf(&command->out, "\n%zu message%s%s", command->number,
		       command->number == 1 ? "" : "s", command->number > 0 ||
		       command->unreadable > 0 ? ": " : "");
	for (size_t i = ACTION_ACCEPT; i < ACTION_COUNT; i++) {
		if (command->actions[i] == 0)
			continue;
		textbuf_printf(&command->out, "%s%zu %s", separator, command->actions[i],
			       action_keyword((enum action)i));
		separator = ", ";
	}
	if (command->unreadable > 0)
		textbuf_printf(&command->out, "%s%zu unreadable", separator, command->unreadable);
	textbuf_add_byte(&command->out, '\n');
}

static void
judge_all(struct command *command)
{
	struct message_reader reader = { command, begin_message, add_to_message, end_message,
					 fail_message };

	if (command->options.wants_json) {
		json_begin_object(&command->json, NULL);
		json_number(&command->json, "version", 1);
		json_begin_array(&command->json, "messages");
	}
	for (size_t i = 0; i < command->options.file_count; i++) {
		const char *path = command->options.files[i];
		struct text reason;

		if (!message_input_read(command->arena, path, &reader, &reason)) {
			drop_message(command);
			command->unreadable++;
			complain_of(command, text_from(path),
				    text_string(command->arena, reason), EX_NOINPUT);
		}
	}
	if (command->options.wants_json)
		json_end_array(&command->json);
	if (command->table.count > command->table.column_count) {
		if (command->options.is_verbose)
			textbuf_add_byte(&command->out, '\n');
		terminal_table_write(&command->table, &command->terminal, &command->out, 0);
	}
	if (command->options.wants_json || command->is_many)
		write_totals(command);
	if (command->options.wants_json) {
		json_end_object(&command->json);
		json_finish(&command->json);
	}
	if (command->refuses_many)
		complain_of(command, TEXT(""),
			    "--record and --replay take one message, not a mailbox", EX_USAGE);
	else
		flush_output(command);
}

/* EX_OK, or how the program has to end. */
static int
load_recording(struct command *command)
{
	const char *path = command->options.replay_path;
	struct file_content content;
	struct text reason;
	struct text value;

	if (path == NULL)
		return EX_OK;
	if (!file_read(command->arena, path, DNS_RECORD_BYTES_MAX, false, &content, &reason) ||
	    !dns_recording_parse(command->arena, content.text, &command->recording, &reason)) {
		message_complain(path, text_string(command->arena, reason));
		return EX_NOINPUT;
	}
	command->source.recording = &command->recording;
	command->source.is_zone = dns_record_find(&command->recording.facts, "zone", &value);
	judgement_read_facts(command->arena, &command->recording, &command->options.envelope);
	if (!command->options.has_clock)
		command->options.clock = command->recording.clock;
	command->options.has_clock = true;
	return EX_OK;
}

static int
load_settings(struct command *command)
{
	struct config_problems problems = { NULL, 0, 0, false };
	bool is_loaded = message_settings_load(command->arena, &command->options,
					       command->source.recording, &command->settings,
					       &problems);

	for (size_t i = 0; i < problems.count; i++) {
		const struct config_problem *problem = &problems.items[i];
		struct text sentence = text_join(command->arena, problem->is_warning ?
						 TEXT("warning: ") : TEXT(""), problem->sentence);

		message_complain(text_string(command->arena, problem->place),
				 text_string(command->arena, sentence));
	}
	return is_loaded ? EX_OK : EX_CONFIG;
}

static int
open_zone(struct command *command)
{
	const char *path = command->options.zone_path;
	struct file_content content;
	struct zone_text *zone = NULL;
	struct text reason;

	if (file_read(command->arena, path, ZONE_BYTES_MAX, false, &content, &reason))
		zone = zone_text_parse(command->arena, content.text, &reason);
	if (zone == NULL) {
		message_complain(path, text_string(command->arena, reason));
		return EX_NOINPUT;
	}
	command->source.backend = zone_text_backend(command->arena, zone);
	command->source.is_zone = true;
	return EX_OK;
}

static int
open_source(struct command *command)
{
	struct config config = command->settings.config;
	struct text reason;

	if (command->source.recording != NULL)
		return EX_OK;
	if (command->options.zone_path != NULL)
		return open_zone(command);
	config.sessions_max = RESOLVER_SESSIONS;
	if (!service_start_resolver(&command->service, &config, command->arena, &reason)) {
		message_complain("", text_string(command->arena, reason));
		return EX_TEMPFAIL;
	}
	command->source.backend = resolver_backend(command->service.resolver);
	return EX_OK;
}

static void
prepare_output(struct command *command)
{
	bool has_folder = false;

	command->terminal = terminal_look(STDOUT_FILENO);
	command->out = textbuf_new(command->arena, SIZE_MAX);
	command->json = json_new(&command->out);
	command->table = terminal_table_new(command->arena, 7);
	message_report_head(&command->table);
	for (size_t i = 0; i < command->options.file_count; i++)
		has_folder |= message_input_is_folder(command->options.files[i]);
	command->is_many = command->options.file_count > 1 || has_folder;
}

/* Only what stops the program is worth a line beside its output. */
static void
quieten_log(struct arena *arena)
{
	struct log_settings settings = {
		.target = LOG_TARGET_STDERR,
		.name = "dmarcmilter-check",
		.level = LOG_LEVEL_ERROR,
	};
	struct text reason;

	(void)log_open(&settings, arena, &reason);
}

static int
run(struct command *command)
{
	int status = load_recording(command);

	if (status == EX_OK)
		status = load_settings(command);
	if (status == EX_OK)
		status = open_source(command);
	if (status != EX_OK)
		return status;
	prepare_output(command);
	judge_all(command);
	if (command->service.resolver != NULL)
		resolver_stop(&command->service.resolver);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		message_complain("", "the output cannot be written");
		return EX_IOERR;
	}
	return command->status;
}

int
message_command(int count, char **arguments)
{
	struct arena *arena = arena_new();
	struct command *command = arena_alloc(arena, sizeof(*command));
	int status = EX_OK;

	(void)dkim_verify_guard_memory();
	(void)dkim_check_start();
	quieten_log(arena);
	command->arena = arena;
	if (message_options_read(arena, count, arguments, &command->options, &status))
		status = run(command);
	log_close();
	arena_free(&arena);
	return status;
}
