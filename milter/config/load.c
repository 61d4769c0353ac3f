/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

#include <unistd.h>

#include "base/macros.h"
#include "config/option_value.h"
#include "config/options.h"
#include "config/origin.h"

/* The order in which texts override each other, and where they come from. */
static const char variable_prefix[] = "DMARCMILTER_";

extern char **environ;

void
config_set_defaults(struct arena *arena, struct config *config)
{
	*config = (struct config){ .mode = MODE_ENFORCE };
	for (size_t i = 0; i < option_count(); i++)
		option_set_default(arena, option_at(i), config);
}

static void
read_file(struct arena *arena, struct text path, bool regular_only, struct config *config,
	  struct config_problems *problems)
{
	struct text content;
	struct text reason;
	bool is_exposed;

	if (config->origin == NULL)
		config->origin = origin_new(arena, NULL);
	if (!origin_read_text(config->origin, path, regular_only, &content, &is_exposed, &reason)) {
		config_problem_add(arena, problems, path, reason, false);
		return;
	}
	if (is_exposed)
		config_problem_add_exposed(arena, problems, path);
	config_read_text(arena, content, path, config, problems);
}

void
config_read_file(struct arena *arena, const char *path, struct config *config,
		 struct config_problems *problems)
{
	read_file(arena, text_copy(arena, text_from(path)), false, config, problems);
}

static void
read_drop_in(struct arena *arena, struct text path, struct config *config,
	     struct config_problems *problems)
{
	if (origin_find_text(config->origin, path) == NULL)
		read_file(arena, path, true, config, problems);
	else
		config_problem_add(arena, problems, path,
				   TEXT("an Include has read this file already; its folder is "
					"read without one"), true);
}

void
config_read_drop_ins(struct arena *arena, const char *path, struct config *config,
		     struct config_problems *problems)
{
	struct text folder = text_join(arena, text_from(path), TEXT(".d"));
	struct text pattern = text_join(arena, origin_escape_pattern(arena, folder),
					TEXT("/*.conf"));
	struct text_list paths;
	struct text reason;

	if (config->origin == NULL)
		config->origin = origin_new(arena, NULL);
	if (!origin_find_files(config->origin, pattern, &paths, &reason)) {
		config_problem_add(arena, problems, folder, TEXT("the folder cannot be read"),
				   false);
		return;
	}
	for (size_t i = 0; i < paths.count; i++)
		read_drop_in(arena, paths.items[i], config, problems);
}

/* DMARCMILTER_IGNOREHOSTS for IgnoreHosts. */
static struct text
variable_of(struct arena *arena, const struct option *option)
{
	struct text name = text_from(option->name);
	struct textbuf variable = textbuf_new(arena, SIZE_MAX);

	textbuf_add_string(&variable, variable_prefix);
	for (size_t i = 0; i < name.length; i++) {
		char byte = name.bytes[i];

		textbuf_add_byte(&variable, byte >= 'a' && byte <= 'z' ?
				 (char)(byte - 'a' + 'A') : byte);
	}
	return textbuf_text(&variable);
}

/* Takes "NAME=value" apart. */
static bool
split_variable(const char *entry, struct text *name_out, struct text *value_out)
{
	struct text rest = text_from(entry);
	size_t end = text_find(rest, '=');

	if (end == TEXT_NOT_FOUND || !text_starts_with(rest, text_from(variable_prefix)))
		return false;
	*name_out = text_cut(rest, 0, end);
	*value_out = text_from_position(rest, end + 1);
	return true;
}

/* In the order of the environment; where a name stands twice, the first counts as for getenv(). */
static bool
is_repeated(char *const *environment, size_t index, struct text name)
{
	struct text earlier;
	struct text value;

	for (size_t i = 0; i < index; i++)
		if (split_variable(environment[i], &earlier, &value) && text_equal(earlier, name))
			return true;
	return false;
}

void
config_read_environment(struct arena *arena, char *const *environment, struct config *config,
			struct config_problems *problems)
{
	for (size_t i = 0; environment[i] != NULL; i++) {
		const struct option *option;
		struct text name;
		struct text value;

		if (!split_variable(environment[i], &name, &value) ||
		    is_repeated(environment, i, name))
			continue;
		name = text_copy(arena, name);
		option = option_find(text_from_position(name, sizeof(variable_prefix) - 1));
		if (option != NULL && text_equal(name, variable_of(arena, option)))
			config_read_setting(arena, text_from(option->name), value, name, config,
					    problems);
		else
			config_problem_add(arena, problems, name,
					   TEXT("no option has this name in capitals; the "
						"variable is ignored"), true);
	}
}

static const struct config *
load(struct arena *arena, const char *path, const struct config *earlier,
     struct config_problems *problems)
{
	struct config *config = arena_alloc(arena, sizeof(*config));

	config_set_defaults(arena, config);
	config->origin = origin_new(arena, earlier != NULL ? earlier->origin : NULL);
	config_read_file(arena, path, config, problems);
	config_read_drop_ins(arena, path, config, problems);
	config_read_environment(arena, environ, config, problems);
	/* HOSTNAME too stays as it was found. */
	if (earlier != NULL)
		config->authserv_id = text_copy(arena, earlier->authserv_id);
	config_finish(arena, config, problems);
	config->origin->earlier = NULL;
	return problems->has_error ? NULL : config;
}

const struct config *
config_load(struct arena *arena, const char *path, struct config_problems *problems)
{
	return load(arena, path, NULL, problems);
}

const struct config *
config_load_lists(struct arena *arena, const char *path, const struct config *earlier,
		  struct config_problems *problems)
{
	return load(arena, path, earlier, problems);
}
