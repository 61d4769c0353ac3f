/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_source.h"

#include "base/macros.h"

enum {
	INCLUDE_DEPTH_MAX = 5,  /* opendkim.conf(5), Include */
	NAME_BONUS = 3          /* settings that a telling file name weighs */
};

static const char *const program_names[MIGRATE_PROGRAM_COUNT] = {
	[MIGRATE_OPENDKIM] = "opendkim",
	[MIGRATE_OPENDMARC] = "opendmarc",
	[MIGRATE_POLICYD_SPF] = "policyd-spf",
	[MIGRATE_PYSPF_MILTER] = "pyspf-milter",
	[MIGRATE_DKIMPY_MILTER] = "dkimpy-milter",
};

const char *
migrate_program_name(enum migrate_program program)
{
	return program_names[program] != NULL ? program_names[program] : "";
}

static bool
is_separator(char byte)
{
	return byte_is_blank(byte) || byte == '=';
}

/* "Name value" of the milters and "Name = value" of policyd-spf; # ends all of them. */
static bool
split_line(struct text line, struct migrate_setting *setting)
{
	size_t end = 0;

	line = text_trim(text_cut(line, 0, text_find(line, '#')));
	while (end < line.length && !is_separator(line.bytes[end]))
		end++;
	setting->source = line;
	setting->name = text_cut(line, 0, end);
	line = text_trim(text_from_position(line, end));
	if (text_starts_with(line, TEXT("=")))
		line = text_trim(text_from_position(line, 1));
	setting->value = line;
	return setting->name.length > 0;
}

struct reading {
	struct arena *arena;
	migrate_read_file *read;
	struct migrate_file *file;
	bool is_full;
};

static void read_lines(struct reading *reading, struct text name, struct text content,
		       unsigned depth);

static void
add_setting(struct reading *reading, const struct migrate_setting *setting)
{
	struct migrate_file *file = reading->file;

	if (file->count >= MIGRATE_SETTINGS_MAX) {
		reading->is_full = true;
		return;
	}
	file->settings = arena_grow(reading->arena, file->settings, file->count,
				    &file->capacity, sizeof(*file->settings));
	file->settings[file->count++] = *setting;
}

static void
add_unread(struct reading *reading, struct text path, struct text reason)
{
	struct migrate_problems *unread = &reading->file->unread;

	unread->items = arena_grow(reading->arena, unread->items, unread->count,
				   &unread->capacity, sizeof(*unread->items));
	unread->items[unread->count++] = (struct migrate_problem){ path, reason };
}

static void
include(struct reading *reading, struct text path, unsigned depth)
{
	struct text content;
	struct text reason;

	if (depth >= INCLUDE_DEPTH_MAX)
		add_unread(reading, path, TEXT("it is included more than five files deep"));
	else if (!text_starts_with(path, TEXT("/")))
		add_unread(reading, path, TEXT("its path is not absolute"));
	else if (!reading->read(reading->arena, path, &content, &reason))
		add_unread(reading, path, reason);
	else if (text_find(content, '\0') != TEXT_NOT_FOUND)
		add_unread(reading, path, TEXT("it is not a text file"));
	else
		read_lines(reading, path, content, depth + 1);
}

static void
read_lines(struct reading *reading, struct text name, struct text content, unsigned depth)
{
	struct migrate_setting setting = { .file = name };
	struct text line;

	while (!reading->is_full && text_next_part(&content, '\n', &line)) {
		setting.line++;
		if (!split_line(line, &setting))
			continue;
		add_setting(reading, &setting);
		if (text_equal_nocase(setting.name, TEXT("Include")))
			include(reading, setting.value, depth);
	}
}

static size_t
count_known(const struct migrate_file *file, enum migrate_program program)
{
	size_t known = 0;

	for (size_t i = 0; i < file->count; i++)
		known += migrate_row_find(program, file->settings[i].name) != NULL;
	return known;
}

static bool
name_tells(struct arena *arena, struct text path, enum migrate_program program)
{
	size_t slash = text_find_last(path, '/');
	struct text base = text_lower(arena, slash == TEXT_NOT_FOUND ? path :
				      text_from_position(path, slash + 1));

	/* Both SPF programs read such a file, and an administrator may have only one of them. */
	if (program == MIGRATE_PYSPF_MILTER &&
	    text_find_text(base, TEXT("policyd-spf")) != TEXT_NOT_FOUND)
		return true;
	return text_find_text(base, text_from(program_names[program])) != TEXT_NOT_FOUND;
}

/*
 * The program that has the most of the file's options; the name of the file
 * weighs a few. Of equals the first: opendkim before dkimpy-milter, which
 * took its options over, and policyd-spf before its milter. False when
 * opendkim and opendmarc are equal, or when half of the options are strange.
 */
static bool
find_program(struct arena *arena, struct migrate_file *file)
{
	size_t scores[MIGRATE_PROGRAM_COUNT] = { 0 };
	enum migrate_program best = MIGRATE_NOTHING_YET;

	for (int i = MIGRATE_OPENDKIM; i < MIGRATE_PROGRAM_COUNT; i++) {
		enum migrate_program program = (enum migrate_program)i;

		scores[i] = count_known(file, program) +
			    (name_tells(arena, file->path, program) ? NAME_BONUS : 0);
		if (scores[i] > scores[best])
			best = program;
	}
	if (best == MIGRATE_NOTHING_YET ||
	    (best == MIGRATE_OPENDKIM && scores[MIGRATE_OPENDMARC] == scores[best]))
		return false;
	file->known = count_known(file, best);
	file->program = best;
	file->is_by_name = name_tells(arena, file->path, best);
	return file->known * 2 >= file->count;
}

/* Of several lines with one name the last is taken. */
static void
note_overridden(struct migrate_file *file)
{
	for (size_t i = 0; i < file->count; i++) {
		struct migrate_setting *setting = &file->settings[i];

		setting->row = migrate_row_find(file->program, setting->name);
		/* Every Include counts. */
		if (text_equal_nocase(setting->name, TEXT("Include")))
			continue;
		for (size_t j = file->count - 1; setting->row != NULL && j > i; j--)
			if (text_equal_nocase(file->settings[j].name, setting->name)) {
				setting->overridden_by = file->settings[j].line;
				break;
			}
	}
}

static bool
file_signs(struct arena *arena, const struct migrate_file *file)
{
	static const char *const keys[] = {
		"KeyFile", "KeyTable", "KeyFileEd25519", "KeyTableEd25519", "SetupPolicyScript",
	};
	const struct migrate_setting *mode = migrate_file_find(file, TEXT("Mode"));

	if (file->program != MIGRATE_OPENDKIM && file->program != MIGRATE_DKIMPY_MILTER)
		return false;
	if (mode != NULL && text_find(text_lower(arena, mode->value), 's') == TEXT_NOT_FOUND)
		return false;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (migrate_file_find(file, text_from(keys[i])) != NULL)
			return true;
	return false;
}

bool
migrate_source_read(struct arena *arena, const struct migrate_source *source,
		    migrate_read_file *read, struct migrate_file *file_out,
		    struct text *sentence_out)
{
	struct migrate_file file = { .path = source->path };
	struct reading reading = { arena, read, &file, false };

	if (text_find(source->content, '\0') != TEXT_NOT_FOUND) {
		*sentence_out = TEXT("it is not a text file");
		return false;
	}
	if (source->content.length > MIGRATE_FILE_MAX) {
		*sentence_out = TEXT("it is larger than 262144 bytes; no configuration is");
		return false;
	}
	read_lines(&reading, source->path, source->content, 0);
	if (reading.is_full) {
		*sentence_out = TEXT("it has more than 2000 settings; no configuration has");
		return false;
	}
	if (!find_program(arena, &file)) {
		*sentence_out = TEXT("it is of none of the programs opendkim, opendmarc, "
				     "policyd-spf, pyspf-milter and dkimpy-milter, by its name "
				     "and by its options");
		return false;
	}
	note_overridden(&file);
	file.signs = file_signs(arena, &file);
	*file_out = file;
	return true;
}

const struct migrate_setting *
migrate_file_find(const struct migrate_file *file, struct text name)
{
	for (size_t i = file->count; i > 0; i--)
		if (text_equal_nocase(file->settings[i - 1].name, name))
			return &file->settings[i - 1];
	return NULL;
}
