/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario through "dmarcmilter-check message": third way beside core and daemon. */
#include "scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/textbuf.h"

enum { OUTPUT_MAX = 64 << 20 };

/* The files and the command line of one run. */
struct bench {
	struct arena *arena;
	char folder[32];        /* of our own making: /tmp/scenario.XXXXXX */
	char **arguments;
	size_t count;
	size_t capacity;
};

static const char *
path_of(const struct bench *bench, const char *name)
{
	return text_printf(bench->arena, "%s/%s", bench->folder, name).bytes;
}

static bool
write_file(const struct bench *bench, const char *name, struct text content)
{
	FILE *file = fopen(path_of(bench, name), "w");

	if (file == NULL)
		return false;
	(void)fwrite(content.bytes, 1, content.length, file);
	return fclose(file) == 0;
}

/* As it was sent: folds with CRLF; a bare LF stays one. */
static struct text
write_message(struct arena *arena, const struct scenario *scenario)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < scenario->message.field_count; i++) {
		const struct header_field *field = &scenario->message.fields[i];

		textbuf_add(&out, field->name);
		textbuf_add_byte(&out, ':');
		for (size_t j = 0; j < field->value.length; j++) {
			char byte = field->value.bytes[j];
			char next = j + 1 < field->value.length ? field->value.bytes[j + 1] : 'x';

			if (byte == '\n' && (next == ' ' || next == '\t'))
				textbuf_add_byte(&out, '\r');
			textbuf_add_byte(&out, byte);
		}
		textbuf_add_string(&out, "\r\n");
	}
	textbuf_add_string(&out, "\r\n");
	textbuf_add(&out, scenario->body);
	return textbuf_text(&out);
}

static void
add(struct bench *bench, struct text argument)
{
	bench->arguments = arena_grow(bench->arena, bench->arguments, bench->count,
				      &bench->capacity, sizeof(*bench->arguments));
	bench->arguments[bench->count++] = argument.bytes == NULL ? NULL :
					   text_string(bench->arena, argument);
}

static void
add_option(struct bench *bench, const char *name, struct text value)
{
	add(bench, text_printf(bench->arena, "--%s=%.*s", name, TEXT_ARGUMENTS(value)));
}

static void
add_sender(struct bench *bench, struct text sender)
{
	size_t end = text_find_text(sender, TEXT("> "));

	add_option(bench, "from", end != TEXT_NOT_FOUND ? text_cut(sender, 0, end + 1) : sender);
	if (text_find_text(sender, TEXT(" SMTPUTF8")) != TEXT_NOT_FOUND)
		add(bench, TEXT("--smtputf8"));
}

static void
add_macros(struct bench *bench, const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->macros.count; i++) {
		struct text key = scenario->macros.items[i].key;
		struct text value = scenario->macros.items[i].value;

		if (text_equal(key, TEXT("daemon_name")))
			add_option(bench, "daemon-name", value);
		else if (text_equal(key, TEXT("tls_version")))
			add_option(bench, "tls", value);
		else if (text_starts_with(key, TEXT("auth_")) && value.length > 0)
			add(bench, TEXT("--authenticated"));
	}
}

static void
make_command(struct bench *bench, const struct scenario *scenario, const char *tool_path)
{
	add(bench, text_from(tool_path));
	add(bench, TEXT("message"));
	add(bench, TEXT("--json"));
	add(bench, TEXT("--wire"));
	add(bench, text_printf(bench->arena, "-c%s", path_of(bench, "conf")));
	add_option(bench, "zone", text_from(path_of(bench, "zone")));
	add_option(bench, "client", scenario->client);
	add_option(bench, "helo", scenario->helo);
	add_sender(bench, scenario->sender);
	for (size_t i = 0; i < scenario->recipients.count; i++)
		add_option(bench, "rcpt", scenario->recipients.items[i]);
	add_option(bench, "queue-id", TEXT("4SCENARIO"));
	add_option(bench, "host-name", TEXT("mx.receiver.example"));
	add_option(bench, "clock", text_printf(bench->arena, "%lld", (long long)scenario->clock));
	add_macros(bench, scenario);
	add(bench, text_from(path_of(bench, "message")));
	add(bench, (struct text){ NULL, 0 });
}

/* The exit status; -1 when it did not end by itself. */
static int
run_command(const struct bench *bench)
{
	const char *output = path_of(bench, "output");
	const char *errors = path_of(bench, "errors");
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (freopen(output, "w", stdout) == NULL || freopen(errors, "w", stderr) == NULL)
			_exit(127);
		execv(bench->arguments[0], bench->arguments);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static struct text
read_back(const struct bench *bench, const char *name)
{
	FILE *file = fopen(path_of(bench, name), "r");
	struct textbuf out = textbuf_new(bench->arena, OUTPUT_MAX);
	char part[4096];
	size_t length;

	while (file != NULL && (length = fread(part, 1, sizeof(part), file)) > 0)
		textbuf_add(&out, text_of(part, length));
	if (file != NULL)
		(void)fclose(file);
	return textbuf_text(&out);
}

static unsigned
hex_value(char byte)
{
	return (unsigned)(byte_is_digit(byte) ? byte - '0' : byte_lower(byte) - 'a' + 10);
}

/* What our writer makes of a string; code points below U+0100 are all that it escapes so. */
static struct text
unescape(struct arena *arena, struct text text)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < text.length; i++) {
		char byte = text.bytes[i];

		if (byte != '\\') {
			textbuf_add_byte(&out, byte);
			continue;
		}
		byte = text.bytes[++i];
		if (byte == 'u') {
			unsigned code = hex_value(text.bytes[i + 3]) << 4 | hex_value(text.bytes[i + 4]);

			if (code >= 0x80)
				textbuf_add_byte(&out, (char)(0xc0 | code >> 6));
			textbuf_add_byte(&out, (char)(code >= 0x80 ? 0x80 | (code & 0x3f) : code));
			i += 4;
		} else {
			textbuf_add_byte(&out, byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte == 't' ? '\t' : byte);
		}
	}
	return textbuf_text(&out);
}

/* A line `"key": value,` of our writer, which puts every member on a line of its own. */
static bool
read_member(struct arena *arena, struct text line, struct text *key_out, struct text *value_out)
{
	struct text rest = text_trim(line);
	size_t end;

	if (text_ends_with(rest, TEXT(",")))
		rest = text_cut(rest, 0, rest.length - 1);
	end = text_find_text(rest, TEXT("\": "));
	if (!text_starts_with(rest, TEXT("\"")))
		return false;
	*key_out = TEXT("");
	if (end != TEXT_NOT_FOUND && text_find(text_cut(rest, 1, end - 1), '"') == TEXT_NOT_FOUND) {
		*key_out = text_cut(rest, 1, end - 1);
		rest = text_from_position(rest, end + 3);
	}
	if (text_starts_with(rest, TEXT("\"")))
		rest = unescape(arena, text_cut(rest, 1, rest.length - 2));
	*value_out = text_equal(rest, TEXT("null")) ? TEXT("") : rest;
	return true;
}

struct reading {
	struct arena *arena;
	struct scenario_result *result;
	struct text section;    /* the key of the array or object of the message at work */
	struct text code;       /* of the reply */
	struct text status;
	struct text name;       /* of an edit */
	struct text value;
	struct text number;
	bool is_deletion;
};

static void
end_edit(struct reading *reading)
{
	struct arena *arena = reading->arena;
	unsigned long position = strtoul(text_string(arena, reading->number), NULL, 10);

	if (reading->is_deletion)
		scenario_add_line(arena, &reading->result->removed,
				  text_printf(arena, "%.*s #%lu", TEXT_ARGUMENTS(reading->name), position));
	else
		scenario_add_insertion(arena, reading->result, (unsigned)position, reading->name,
				       reading->value);
}

static void
take_verdict(struct reading *reading, struct text key, struct text value)
{
	struct scenario_result *result = reading->result;

	if (text_equal(key, TEXT("action")))
		result->action = value;
	else if (text_equal(key, TEXT("class")))
		result->class_word = value;
	else if (text_equal(key, TEXT("rule")))
		result->rule = value;
	else if (text_equal(key, TEXT("code")))
		reading->code = value;
	else if (text_equal(key, TEXT("status")))
		reading->status = value;
	else if (text_equal(key, TEXT("text")))
		result->reply = text_printf(reading->arena, "%.*s %.*s %.*s", TEXT_ARGUMENTS(reading->code),
					    TEXT_ARGUMENTS(reading->status), TEXT_ARGUMENTS(value));
}

static void
take_edit(struct reading *reading, struct text key, struct text value)
{
	if (text_equal(key, TEXT("do")))
		reading->is_deletion = text_equal(value, TEXT("remove"));
	else if (text_equal(key, TEXT("name")))
		reading->name = value;
	else if (text_equal(key, TEXT("value")))
		reading->value = value;
	else
		reading->number = value;
	/* The last member of each kind. */
	if (text_equal(key, TEXT("value")) || text_equal(key, TEXT("instance")))
		end_edit(reading);
}

static void
take_line(struct reading *reading, struct text line)
{
	const struct text indent = TEXT("      ");
	bool is_member_of_message = text_starts_with(line, indent) &&
				    !text_starts_with(line, TEXT("       "));
	struct text key;
	struct text value;

	if (!read_member(reading->arena, line, &key, &value))
		return;
	if (is_member_of_message)
		reading->section = key;
	if (is_member_of_message && text_equal(key, TEXT("log")))
		reading->result->log = text_from_position(value, text_find_text(value, TEXT("action=")));
	else if (text_equal(reading->section, TEXT("verdict")))
		take_verdict(reading, key, value);
	else if (text_equal(reading->section, TEXT("edits")) && !is_member_of_message)
		take_edit(reading, key, value);
	else if (text_equal(key, TEXT("refused_recipients")))
		reading->section = key;
	else if (text_equal(reading->section, TEXT("refused_recipients")) && text_is_empty(key))
		scenario_add_line(reading->arena, &reading->result->refused, value);
	else if (text_equal(reading->section, TEXT("refused_recipients")))
		reading->section = TEXT("");
}

static int
status_of(struct text action)
{
	if (text_equal(action, TEXT("accept")))
		return 0;
	if (text_equal(action, TEXT("mark")) || text_equal(action, TEXT("quarantine")))
		return 1;
	return text_equal(action, TEXT("tempfail")) ? 75 : 2;
}

static void
clean_up(const struct bench *bench)
{
	static const char *const names[] = { "conf", "zone", "message", "output", "errors" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(path_of(bench, names[i]));
	(void)rmdir(bench->folder);
}

static bool
run_in(struct bench *bench, const struct scenario *scenario, const char *tool_path,
       struct scenario_result *result_out, struct text *reason_out)
{
	struct reading reading = { .arena = bench->arena, .result = result_out };
	struct text rest;
	struct text line;
	int status;

	*reason_out = TEXT("no files for the tool");
	if (!write_file(bench, "conf", scenario->settings) ||
	    !write_file(bench, "zone", scenario->zone) ||
	    !write_file(bench, "message", write_message(bench->arena, scenario)))
		return false;
	make_command(bench, scenario, tool_path);
	status = run_command(bench);
	rest = read_back(bench, "output");
	while (text_next_part(&rest, '\n', &line))
		take_line(&reading, line);
	result_out->would = scenario_log_value(result_out->log, "would");
	if (status >= 0 && status == status_of(result_out->action))
		return true;
	*reason_out = text_printf(bench->arena, "the tool ends with %d: %.*s", status,
				  TEXT_ARGUMENTS(read_back(bench, "errors")));
	return false;
}

bool
scenario_run_tool(struct arena *arena, const struct scenario *scenario, const char *tool_path,
		  struct scenario_result *result_out, struct text *reason_out)
{
	struct bench bench = { .arena = arena, .folder = "/tmp/scenario.XXXXXX" };
	bool ok;

	*result_out = (struct scenario_result){ .action = TEXT("") };
	if (mkdtemp(bench.folder) == NULL) {
		*reason_out = TEXT("no temporary folder");
		return false;
	}
	ok = run_in(&bench, scenario, tool_path, result_out, reason_out);
	clean_up(&bench);
	return ok;
}
