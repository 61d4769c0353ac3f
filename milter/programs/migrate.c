/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate.h"

#include <config.h>

#include "base/log.h"
#include "config/options.h"
#include "programs/migrate_policy.h"
#include "programs/migrate_values.h"

enum { SHOWN_MAX = 100 };       /* bytes of a name in a sentence */

static void
add_problem(struct arena *arena, struct migrate_problems *problems, struct text place,
	    struct text sentence)
{
	problems->items = arena_grow(arena, problems->items, problems->count, &problems->capacity,
				     sizeof(*problems->items));
	problems->items[problems->count++] = (struct migrate_problem){ place, sentence };
}

static void
note_unknown(struct migration *migration, const struct migrate_setting *setting)
{
	struct text place = text_printf(migration->arena, "%.*s:%zu", TEXT_ARGUMENTS(setting->file),
					setting->line);
	const char *program = migrate_program_name(migration->file->program);

	migrate_say(migration, MIGRATE_UNKNOWN,
		    text_printf(migration->arena, "%s has no such option", program));
	add_problem(migration->arena, migration->problems, place,
		    text_printf(migration->arena, "\"%.*s\" is not known as an option of %s",
				TEXT_ARGUMENTS(log_quote(migration->arena, setting->name,
							 SHOWN_MAX)), program));
}

static void
migrate_setting(struct migration *migration, const struct migrate_setting *setting)
{
	const struct migrate_row *row = setting->row;
	bool is_boolean;
	bool is_true;

	migration->setting = setting;
	textbuf_add_byte(migration->out, '\n');
	migrate_verbatim(migration, 0,
			 text_printf(migration->arena, "%.*s:%zu: %.*s",
				     TEXT_ARGUMENTS(setting->file), setting->line,
				     TEXT_ARGUMENTS(setting->source)));
	if (row == NULL) {
		note_unknown(migration, setting);
		return;
	}
	if (setting->overridden_by != 0) {
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    text_printf(migration->arena, "line %zu sets it again, and the last "
							  "line "
					"is taken", setting->overridden_by));
		return;
	}
	if (row->translate != NULL) {
		row->translate(migration, setting);
		return;
	}
	if (row->fate == MIGRATE_FOR_SIGNING) {
		migrate_say(migration, row->fate,
			    migration->file->signs ? TEXT("stays where it is") :
			    TEXT("and nothing is signed, for no key is named"));
		return;
	}
	is_true = migrate_is_true(setting->value, &is_boolean);
	if (row->value == MIGRATE_BOOLEAN && is_boolean && !is_true)
		migrate_say(migration, MIGRATE_NOT_NEEDED, TEXT("it is switched off"));
	else
		migrate_say(migration, row->fate, text_from(row->sentence));
}

/* What the old program does without a line, where it matters. */
static void
note_defaults(struct migration *migration)
{
	const struct migrate_file *file = migration->file;

	migration->setting = NULL;
	switch (file->program) {
	case MIGRATE_OPENDMARC:
		if (migrate_file_find(file, TEXT("IgnoreAuthenticatedClients")) == NULL) {
			textbuf_add_byte(migration->out, '\n');
			migrate_comment(migration, 0,
					TEXT("IgnoreAuthenticatedClients is not set: opendmarc "
					     "judges the mail "
					     "of your own users too; here it is left alone by "
					     "default."));
		}
		return;
	case MIGRATE_POLICYD_SPF:
	case MIGRATE_PYSPF_MILTER:
		textbuf_add_byte(migration->out, '\n');
		migrate_spf_defaults(migration);
		return;
	case MIGRATE_OPENDKIM:
	case MIGRATE_DKIMPY_MILTER:
	case MIGRATE_NOTHING_YET:
	case MIGRATE_PROGRAM_COUNT:
		return;
	}
}

static void
migrate_file(struct migration *migration, const struct migrate_file *file)
{
	migration->file = file;
	textbuf_add_string(migration->out, "\n# --- ");
	textbuf_add_string(migration->out, migrate_program_name(file->program));
	textbuf_add_string(migration->out, " ---\n");
	migrate_comment(migration, 0,
			text_printf(migration->arena, "%.*s is taken for a file of %s, %s (%zu "
						      "of its "
				    "%zu settings are known).",
				    TEXT_ARGUMENTS(file->path), migrate_program_name(file->program),
				    file->is_by_name ? "as its name says" : "because of its "
									    "options",
				    file->known, file->count));
	for (size_t i = 0; i < file->count; i++)
		migrate_setting(migration, &file->settings[i]);
	for (size_t i = 0; i < file->unread.count; i++) {
		const struct migrate_problem *unread = &file->unread.items[i];

		textbuf_add_byte(migration->out, '\n');
		migrate_comment(migration, 0,
				text_printf(migration->arena, "not included: %.*s: %.*s",
					    TEXT_ARGUMENTS(unread->place),
					    TEXT_ARGUMENTS(unread->sentence)));
		add_problem(migration->arena, migration->problems, unread->place,
			    text_printf(migration->arena, "not included: %.*s",
					TEXT_ARGUMENTS(unread->sentence)));
	}
	note_defaults(migration);
}

static void
summarize(struct migration *migration)
{
	const size_t *fates = migration->fates;

	migrate_heading(migration, "Summary");
	migrate_comment(migration, 0,
			text_printf(migration->arena, "kept %zu, changed %zu, not needed %zu, "
						      "not "
				    "possible %zu, for signing %zu, not known %zu",
				    fates[MIGRATE_KEPT], fates[MIGRATE_CHANGED],
				    fates[MIGRATE_NOT_NEEDED], fates[MIGRATE_NOT_POSSIBLE],
				    fates[MIGRATE_FOR_SIGNING], fates[MIGRATE_UNKNOWN]));
	migrate_comment(migration, 0, TEXT("Check it with: dmarcmilter -n -c FILE"));
}

static bool
read_sources(struct migration *migration, const struct migrate_source *sources,
	     struct migrate_file *files)
{
	struct text sentence;

	for (size_t i = 0; i < migration->file_count; i++)
		if (!migrate_source_read(migration->arena, &sources[i], migration->read, &files[i],
					 &sentence)) {
			add_problem(migration->arena, migration->problems, sources[i].path,
				    sentence);
			return false;
		}
	return true;
}

bool
migrate(struct arena *arena, const struct migrate_source *sources, size_t count,
	migrate_read_file *read, struct textbuf *out, struct migrate_problems *problems)
{
	struct migrate_file *files = arena_array(arena, count + 1, sizeof(*files));
	struct migration migration = {
		.arena = arena, .read = read, .out = out, .files = files, .file_count = count,
		.problems = problems,
	};

	if (!read_sources(&migration, sources, files))
		return false;
	migration.slots = arena_array(arena, option_count(), sizeof(*migration.slots));
	migrate_comment(&migration, 0, TEXT("Made by dmarcmilter --migrate, " PACKAGE_VERSION
					    ". Read it before use: each old setting is followed "
					    "by "
					    "what became of it."));
	for (size_t i = 0; i < count; i++)
		migrate_file(&migration, &files[i]);
	migration.setting = NULL;
	migrate_policy(&migration);
	migrate_surroundings(&migration);
	summarize(&migration);
	return true;
}
