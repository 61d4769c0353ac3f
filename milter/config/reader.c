/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

#include "base/log.h"
#include "config/file.h"
#include "config/option_rules.h"
#include "config/option_value.h"
#include "config/options.h"
#include "config/retired.h"
#include "config/syntax.h"

enum {
	CONFIG_BYTES_MAX = 1024 * 1024,
	LIST_FILE_BYTES_MAX = 4 * 1024 * 1024,
	SHOWN_MAX = 100         /* bytes of a value in a sentence */
};

/* What this text said about an option so far. */
struct seen {
	size_t line;            /* 0: nothing */
	size_t items;
	bool lone_word;
};

struct reader {
	struct arena *arena;
	struct config *config;
	struct config_problems *problems;
	struct seen *seen;      /* one per row of the table */
	struct text name;       /* of the text that is read */
	size_t line;
};

static struct text
place_at(const struct reader *reader, struct text name, size_t line)
{
	return text_printf(reader->arena, "%.*s:%zu", TEXT_ARGUMENTS(name), line);
}

static void
complain(struct reader *reader, struct text sentence, bool is_warning)
{
	config_problem_add(reader->arena, reader->problems,
			   place_at(reader, reader->name, reader->line), sentence, is_warning);
}

static void
refuse(struct reader *reader, const struct option *option, const char *reason)
{
	complain(reader, text_printf(reader->arena, "%s: %s", option->name, reason), false);
}

/* `Name "value": what is wanted`. */
static struct text
value_sentence(struct arena *arena, const struct option *option, struct text value,
	       struct text wanted)
{
	struct text shown = log_quote(arena, value, SHOWN_MAX);

	return text_printf(arena, "%s \"%.*s\": %.*s", option->name, TEXT_ARGUMENTS(shown),
			   TEXT_ARGUMENTS(wanted));
}

static void
refuse_value(struct reader *reader, const struct option *option, struct text value,
	     struct text wanted)
{
	complain(reader, value_sentence(reader->arena, option, value, wanted), false);
}

static void
read_scalar(struct reader *reader, const struct option *option, struct text rest)
{
	struct seen *seen = &reader->seen[option_index(option)];
	struct syntax_item item;
	struct text wanted;
	const char *reason;

	if (seen->line != 0) {
		complain(reader, text_printf(reader->arena,
					     "%s is set twice; it stands in line %zu already",
					     option->name, seen->line), false);
		return;
	}
	seen->line = reader->line;
	if (!syntax_scalar(reader->arena, rest, &item, &reason))
		refuse(reader, option, reason);
	else if (!option_set(reader->arena, option, item.text, reader->config, &wanted))
		refuse_value(reader, option, item.text, wanted);
}

/* One line of a list file: an item, a comment, or nothing. */
static void
read_list_line(struct reader *reader, const struct option *option, struct text line,
	       struct text place)
{
	const char *reason = syntax_line_error(line);
	struct text trimmed = text_trim(line);
	struct syntax_item item = { .is_quoted = false };
	struct text sentence = { NULL, 0 };
	struct text wanted;

	if (reason == NULL && (trimmed.length == 0 || trimmed.bytes[0] == '#'))
		return;
	if (reason != NULL || !syntax_scalar(reader->arena, line, &item, &reason))
		sentence = text_printf(reader->arena, "%s: %s", option->name, reason);
	else if (text_starts_with_nocase(item.text, TEXT("file:")))
		sentence = value_sentence(reader->arena, option, item.text,
					  TEXT("a list file may not name another file"));
	else if (!option_add(reader->arena, option, item.text, reader->config, &wanted))
		sentence = value_sentence(reader->arena, option, item.text, wanted);
	if (sentence.bytes != NULL)
		config_problem_add(reader->arena, reader->problems, place, sentence, false);
}

/* Takes the next line off the front of *rest, without LF or CR LF. */
static bool
next_line(struct text *rest, struct text *line_out)
{
	/* Nothing stands behind the last end of line. */
	if (rest->length == 0 || !text_next_part(rest, '\n', line_out))
		return false;
	if (text_ends_with(*line_out, TEXT("\r")))
		line_out->length--;
	return true;
}

static void
read_list_file(struct reader *reader, const struct option *option, struct text value)
{
	struct text path = text_from_position(value, TEXT("file:").length);
	struct text content;
	struct text reason;
	struct text line;

	if (!text_starts_with(path, TEXT("/")) || text_find(path, '\0') != TEXT_NOT_FOUND) {
		refuse_value(reader, option, value, TEXT("file: is followed by an absolute path"));
		return;
	}
	if (!file_read(reader->arena, text_string(reader->arena, path), LIST_FILE_BYTES_MAX, true,
		       &content, &reason)) {
		refuse_value(reader, option, value, reason);
		return;
	}
	for (size_t number = 1; next_line(&content, &line); number++)
		read_list_line(reader, option, line, place_at(reader, path, number));
}

/* Sockets, name servers and classes are few, and their rules refuse "file:". */
static bool
takes_files(const struct option *option)
{
	return option->type == OPTION_NETWORK_LIST ||
	       (option->type == OPTION_TEXT_LIST && option->rule != &rule_socket);
}

static void
read_item(struct reader *reader, const struct option *option, const struct syntax_item *item)
{
	struct seen *seen = &reader->seen[option_index(option)];
	bool is_lone = !item->is_quoted && option_is_lone_word(option, item->text);
	struct text wanted;

	if ((is_lone && seen->items > 0) || seen->lone_word) {
		refuse_value(reader, option, item->text,
			     is_lone ? TEXT("this word stands alone or not at all") :
				       TEXT("nothing may stand beside the word that was given "
					    "before"));
		return;
	}
	seen->items++;
	if (is_lone) {
		seen->lone_word = true;
		option_set_lone_word(option, item->text, reader->config);
		return;
	}
	if (takes_files(option) && text_starts_with_nocase(item->text, TEXT("file:")))
		read_list_file(reader, option, item->text);
	else if (!option_add(reader->arena, option, item->text, reader->config, &wanted))
		refuse_value(reader, option, item->text, wanted);
}

static void
read_list(struct reader *reader, const struct option *option, struct text rest)
{
	struct seen *seen = &reader->seen[option_index(option)];
	struct syntax_item item;
	const char *reason;
	size_t items = 0;

	/* The first line replaces the default, further ones add to it. */
	if (seen->line == 0)
		option_clear(option, reader->config);
	seen->line = reader->line;
	for (; syntax_next_item(reader->arena, &rest, &item, &reason); items++)
		read_item(reader, option, &item);
	if (reason != NULL)
		refuse(reader, option, reason);
	else if (items == 0)
		refuse(reader, option, option->type == OPTION_NAMESERVERS ?
		       "a value is missing; the default is written as system" :
		       "a value is missing; the empty list is written as none");
}

static void
read_option(struct reader *reader, const struct option *option, struct text rest)
{
	if (option_is_list(option))
		read_list(reader, option, rest);
	else
		read_scalar(reader, option, rest);
}

static void
refuse_unknown(struct reader *reader, struct text name)
{
	struct text shown = log_quote(reader->arena, name, SHOWN_MAX);
	const char *nearest = option_nearest(name);

	complain(reader, text_printf(reader->arena, "unknown option \"%.*s\"%s%s%s",
				     TEXT_ARGUMENTS(shown),
				     nearest != NULL ? "; did you mean " : "",
				     nearest != NULL ? nearest : "",
				     nearest != NULL ? "?" : ""), false);
}

static void
read_foreign(struct reader *reader, struct text name, struct text rest)
{
	const struct retired_name *retired = retired_find(name);

	if (retired == NULL) {
		refuse_unknown(reader, name);
		return;
	}
	switch (retired->kind) {
	case RETIRED_RENAMED:
		complain(reader, text_printf(reader->arena, "%s is called %s here", retired->name,
					     retired->replacement), true);
		read_option(reader, option_find(text_from(retired->replacement)), rest);
		return;
	case RETIRED_NEEDLESS:
		complain(reader, text_printf(reader->arena, "%s is not needed and ignored: %s",
					     retired->name, retired->sentence), true);
		return;
	case RETIRED_REFUSED:
		complain(reader, text_printf(reader->arena, "%s does not exist here: %s",
					     retired->name, retired->sentence), false);
		return;
	}
}

static void
read_line(struct reader *reader, struct text line)
{
	const char *reason = syntax_line_error(line);
	const struct option *option;
	struct text name;
	struct text rest;

	if (reason != NULL) {
		complain(reader, text_from(reason), false);
		return;
	}
	if (!syntax_split(line, &name, &rest))
		return;
	option = option_find(name);
	if (option != NULL)
		read_option(reader, option, rest);
	else
		read_foreign(reader, name, rest);
}

void
config_read_text(struct arena *arena, struct text source, struct text name,
		 struct config *config, struct config_problems *problems)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct reader reader = { arena, config, problems, NULL, name, 0 };
	struct text line;

	reader.seen = arena_array(arena, option_count(), sizeof(*reader.seen));
	if (text_starts_with(source, text_from(byte_order_mark)))
		source = text_from_position(source, sizeof(byte_order_mark) - 1);
	while (next_line(&source, &line)) {
		reader.line++;
		read_line(&reader, line);
	}
}

void
config_read_file(struct arena *arena, const char *path, struct config *config,
		 struct config_problems *problems)
{
	struct text name = text_copy(arena, text_from(path));
	struct text content;
	struct text reason;

	if (file_read(arena, path, CONFIG_BYTES_MAX, false, &content, &reason))
		config_read_text(arena, content, name, config, problems);
	else
		config_problem_add(arena, problems, name, reason, false);
}

void
config_set_defaults(struct arena *arena, struct config *config)
{
	*config = (struct config){ .mode = MODE_ENFORCE };
	for (size_t i = 0; i < option_count(); i++)
		option_set_default(arena, option_at(i), config);
}

const struct config *
config_load(struct arena *arena, const char *path, struct config_problems *problems)
{
	struct config *config = arena_alloc(arena, sizeof(*config));

	config_set_defaults(arena, config);
	config_read_file(arena, path, config, problems);
	config_finish(arena, config, problems);
	return problems->has_error ? NULL : config;
}
