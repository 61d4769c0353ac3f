/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_settings.h"

#include <unistd.h>

#include "tool/settings.h"

enum { PRINTED_MAX = 32 << 20 };        /* bytes of the settings in a record */

static bool
load_recorded(struct arena *arena, const struct dns_recording *recording, struct config *config,
	      struct config_problems *problems)
{
	struct textbuf text = textbuf_new(arena, DNS_RECORD_BYTES_MAX);

	for (size_t i = 0; i < recording->settings.count; i++) {
		const struct dns_record_line *line = &recording->settings.items[i];

		textbuf_add(&text, line->word);
		textbuf_add_byte(&text, ' ');
		textbuf_add(&text, line->value);
		textbuf_add_byte(&text, '\n');
	}
	config_set_defaults(arena, config);
	config_read_text(arena, textbuf_text(&text), TEXT("record"), config, problems);
	return settings_finish(arena, config, problems);
}

bool
message_settings_load(struct arena *arena, const struct message_options *options,
		      const struct dns_recording *recording,
		      struct message_settings *settings_out, struct config_problems *problems)
{
	struct message_settings *settings = settings_out;
	const char *path = options->config_path != NULL ? options->config_path :
							  settings_default_path;
	bool is_loaded;

	if (options->config_path == NULL && recording != NULL) {
		is_loaded = load_recorded(arena, recording, &settings->config, problems);
		if (!dns_record_find(&recording->facts, "settings", &settings->source))
			settings->source = TEXT("the record");
	} else if (options->config_path == NULL && access(path, F_OK) != 0) {
		is_loaded = settings_load_defaults(arena, &settings->config, problems);
		settings->source = text_printf(arena, "the defaults (there is no %s)", path);
	} else {
		is_loaded = settings_load_file(arena, path, &settings->config, problems);
		settings->source = text_from(path);
	}
	if (!is_loaded)
		return false;
	if (!text_is_empty(options->authserv_id))
		settings->config.authserv_id = options->authserv_id;
	return true;
}

void
message_settings_record(struct arena *arena, const struct message_settings *settings,
			struct dns_recording *recording)
{
	struct textbuf printed = textbuf_new(arena, PRINTED_MAX);
	bool has_authserv_id = false;
	struct text rest;
	struct text line;

	config_print(arena, &settings->config, &printed);
	rest = textbuf_text(&printed);
	while (text_next_part(&rest, '\n', &line)) {
		size_t blank = text_find(line, ' ');

		if (blank == TEXT_NOT_FOUND || line.bytes[0] == '#')
			continue;
		has_authserv_id |= text_starts_with(line, TEXT("AuthservID "));
		dns_record_add(arena, &recording->settings, text_cut(line, 0, blank),
			       text_from_position(line, blank + 1));
	}
	/* The name of the host is a default, and another one on another machine. */
	if (!has_authserv_id)
		dns_record_add(arena, &recording->settings, TEXT("AuthservID"),
			       settings->config.authserv_id);
	dns_record_add(arena, &recording->facts, TEXT("settings"), settings->source);
}
