/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

#include "base/log.h"
#include "config/line_source.h"
#include "config/list_file.h"
#include "config/option_rules.h"
#include "config/option_value.h"
#include "config/options.h"
#include "config/origin.h"
#include "config/retired.h"
#include "config/rule_lists.h"
#include "config/syntax.h"

enum {
	SHOWN_MAX = 100,        /* bytes of a value in a sentence */
	INCLUDE_DEPTH_MAX = 10,
	INCLUDES_MAX = 1000     /* in all: files that include one another twice grow quickly */
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
	size_t line;            /* 0: the text has no lines */
	const struct reader *outer;     /* of the text that includes this one */
	unsigned depth;
};

static struct text
place_of(const struct reader *reader)
{
	if (reader->line == 0)
		return reader->name;
	return text_printf(reader->arena, "%.*s:%zu", TEXT_ARGUMENTS(reader->name), reader->line);
}

/* Notes where the option got its value. */
static void
keep_place(const struct reader *reader, const struct option *option)
{
	if (reader->config->origin != NULL)
		reader->config->origin->places[option_index(option)] = place_of(reader);
}

static void
complain(struct reader *reader, struct text sentence, bool is_warning)
{
	config_problem_add(reader->arena, reader->problems, place_of(reader), sentence,
			   is_warning);
}

static void
refuse(struct reader *reader, const struct option *option, const char *reason)
{
	complain(reader, text_printf(reader->arena, "%s: %s", option->name, reason), false);
}

static void
refuse_value(struct reader *reader, const struct option *option, struct text value,
	     struct text wanted)
{
	complain(reader, line_value_sentence(reader->arena, text_from(option->name), value, wanted),
		 false);
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
	else
		keep_place(reader, option);
}

/* For line_source.read_file. */
static void
read_list_file(void *object, struct text value, const struct value_taker *taker)
{
	struct reader *reader = object;
	struct arena *arena = reader->arena;
	struct list_file file;
	struct text wanted;
	struct text item;
	const char *reason;

	if (!list_file_open(arena, reader->config->origin, value, &file, &wanted)) {
		complain(reader, line_value_sentence(arena, taker->subject, value, wanted), false);
		return;
	}
	if (file.is_writable_by_all)
		config_problem_add_exposed(arena, reader->problems, file.path);
	while (!config_problems_are_full(reader->problems) &&
	       list_file_next(&file, &item, &reason)) {
		struct text sentence;

		if (reason != NULL)
			sentence = text_printf(arena, "%.*s: %s", TEXT_ARGUMENTS(taker->subject),
					       reason);
		else if (!taker->take(taker->object, item, &wanted))
			sentence = line_value_sentence(arena, taker->subject, item, wanted);
		else
			continue;
		config_problem_add(arena, reader->problems, list_file_place(arena, &file),
				   sentence, false);
	}
	list_file_close(&file);
}

/* A list option as the taker of a file's lines. */
struct option_taker {
	struct reader *reader;
	const struct option *option;
};

static bool
take_item(void *object, struct text item, struct text *wanted_out)
{
	const struct option_taker *taker = object;

	return option_add(taker->reader->arena, taker->option, item, taker->reader->config,
			  wanted_out);
}

static void
read_option_file(struct reader *reader, const struct option *option, struct text value)
{
	struct option_taker object = { reader, option };
	struct value_taker taker = { text_from(option->name), true, &object, take_item };

	read_list_file(reader, value, &taker);
}

/* Sockets, name servers and classes are few, and their rules refuse "file:". */
static bool
takes_files(const struct option *option)
{
	return option->type == OPTION_NETWORK_LIST || option->type == OPTION_DOMAINS ||
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
	if (option->type == OPTION_DOMAINS && !is_lone)
		own_domain_note(reader->arena, item->text, reader->config);
	if (is_lone) {
		seen->lone_word = true;
		option_set_lone_word(option, item->text, reader->config);
		return;
	}
	if (takes_files(option) && line_names_file(item->text))
		read_option_file(reader, option, item->text);
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

	/* The first line replaces what was there before this text, further ones add to it. */
	if (seen->line == 0) {
		option_clear(option, reader->config);
		keep_place(reader, option);
	}
	seen->line = reader->line > 0 ? reader->line : 1;
	for (; syntax_next_item(reader->arena, &rest, &item, &reason); items++)
		read_item(reader, option, &item);
	if (reason != NULL)
		refuse(reader, option, reason);
	else if (items == 0)
		refuse(reader, option, option->type == OPTION_NAMESERVERS ?
		       "a value is missing; the default is written as system" :
		       "a value is missing; the empty list is written as none");
}

/* Lines of rules and their like add up, over all texts. */
static void
read_entry(struct reader *reader, const struct option *option, struct text rest)
{
	struct line_source source = { reader->arena, place_of(reader), reader->problems, reader,
				      read_list_file };

	rule_line_read(&source, option, rest, reader->config);
}

static void
read_option(struct reader *reader, const struct option *option, struct text rest)
{
	if (option_takes_lines(option))
		read_entry(reader, option, rest);
	else if (option_is_list(option))
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
refuse_include(struct reader *reader, struct text path, struct text reason)
{
	struct text shown = log_quote(reader->arena, path, SHOWN_MAX);

	complain(reader, text_printf(reader->arena, "Include \"%.*s\": %.*s",
				     TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(reason)), false);
}

static bool
is_being_read(const struct reader *reader, struct text path)
{
	for (; reader != NULL; reader = reader->outer)
		if (text_equal(reader->name, path))
			return true;
	return false;
}

static void read_lines(struct reader *reader, struct text source);

static void
include_file(struct reader *reader, struct text path)
{
	struct config_origin *origin = reader->config->origin;
	struct reader inner = *reader;
	struct text content;
	struct text reason;
	bool is_exposed;

	if (is_being_read(reader, path)) {
		refuse_include(reader, path, TEXT("this file is being read already; they include "
						  "one another in a circle"));
		return;
	}
	if (origin->include_count >= INCLUDES_MAX) {
		refuse_include(reader, path, TEXT("more than 1000 files are included"));
		return;
	}
	origin->include_count++;
	if (!origin_read_text(origin, path, true, &content, &is_exposed, &reason)) {
		refuse_include(reader, path, reason);
		return;
	}
	if (is_exposed)
		config_problem_add_exposed(reader->arena, reader->problems, path);
	inner.name = text_copy(reader->arena, path);
	inner.outer = reader;
	inner.depth++;
	inner.seen = arena_array(reader->arena, option_count(), sizeof(*inner.seen));
	read_lines(&inner, content);
}

/* What stands behind an Include is a later text: its lists begin anew. */
static void
forget_lists(struct reader *reader)
{
	for (size_t i = 0; i < option_count(); i++)
		if (option_is_list(option_at(i)))
			reader->seen[i] = (struct seen){ .line = 0 };
}

static void
read_include(struct reader *reader, struct text rest)
{
	struct text_list paths = { .count = 0 };
	struct syntax_item item;
	const char *fault;
	struct text reason;

	if (!syntax_scalar(reader->arena, rest, &item, &fault)) {
		complain(reader, text_printf(reader->arena, "Include: %s", fault), false);
	} else if (!text_starts_with(item.text, TEXT("/")) ||
		   text_find(item.text, '\0') != TEXT_NOT_FOUND) {
		refuse_include(reader, item.text, TEXT("an absolute path is wanted, or a pattern "
						       "such as /etc/mail/*.conf"));
	} else if (reader->config->origin == NULL) {
		refuse_include(reader, item.text, TEXT("this text is no file and can include "
						       "none"));
	} else if (reader->depth >= INCLUDE_DEPTH_MAX) {
		refuse_include(reader, item.text, TEXT("this would be the eleventh file within "
						       "another; ten is the most"));
	} else if (!origin_is_pattern(item.text)) {
		include_file(reader, item.text);
	} else if (!origin_find_files(reader->config->origin, item.text, &paths, &reason)) {
		refuse_include(reader, item.text, reason);
	}
	for (size_t i = 0; i < paths.count; i++)
		include_file(reader, paths.items[i]);
	forget_lists(reader);
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
	if (text_equal_nocase(name, TEXT("Include")))
		read_include(reader, rest);
	else if (option != NULL)
		read_option(reader, option, rest);
	else
		read_foreign(reader, name, rest);
}

static void
read_lines(struct reader *reader, struct text source)
{
	struct text line;

	source = syntax_skip_mark(source);
	for (reader->line = 1; !config_problems_are_full(reader->problems) &&
			       syntax_next_line(&source, &line); reader->line++)
		read_line(reader, line);
}

static struct reader
new_reader(struct arena *arena, struct text name, struct config *config,
	   struct config_problems *problems)
{
	return (struct reader){
		.arena = arena,
		.config = config,
		.problems = problems,
		.seen = arena_array(arena, option_count(), sizeof(struct seen)),
		.name = name,
	};
}

void
config_read_text(struct arena *arena, struct text source, struct text name,
		 struct config *config, struct config_problems *problems)
{
	struct reader reader = new_reader(arena, name, config, problems);

	read_lines(&reader, source);
}

void
config_read_setting(struct arena *arena, struct text option_name, struct text value,
		    struct text name, struct config *config, struct config_problems *problems)
{
	struct reader reader = new_reader(arena, name, config, problems);
	const struct option *option = option_find(option_name);
	const char *reason = syntax_line_error(value);

	if (option == NULL)
		refuse_unknown(&reader, option_name);
	else if (reason != NULL)
		refuse(&reader, option, reason);
	else
		read_option(&reader, option, value);
}
