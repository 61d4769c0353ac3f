/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_write.h"

#include "base/macros.h"
#include "config/options.h"
#include "config/reader.h"
#include "config/syntax.h"

enum {
	COLUMNS = 88,
	WORDS_MAX = 3000,       /* bytes of one comment; what is longer is cut, and says so */
	WORD_MAX = 1000,        /* bytes of a word that stands in one line */
	ITEMS_LINE_MAX = 72     /* bytes of a line of a list */
};

static const char *const fate_words[MIGRATE_FATE_COUNT] = {
	[MIGRATE_UNKNOWN] = "not known",
	[MIGRATE_KEPT] = "kept",
	[MIGRATE_CHANGED] = "changed",
	[MIGRATE_NOT_NEEDED] = "not needed",
	[MIGRATE_NOT_POSSIBLE] = "not possible",
	[MIGRATE_FOR_SIGNING] = "for signing",
};

/* Old files may hold any byte; ours are checked line by line. */
static struct text
printable(struct arena *arena, struct text words)
{
	struct text shown = text_cut(words, 0, WORDS_MAX);
	struct textbuf out = textbuf_new(arena, 4 * WORDS_MAX + 16);

	for (size_t i = 0; i < shown.length; i++) {
		if (shown.bytes[i] == '\t')
			textbuf_add_byte(&out, ' ');
		else if (byte_is_printable(shown.bytes[i]))
			textbuf_add_byte(&out, shown.bytes[i]);
		else
			textbuf_printf(&out, "\\x%02x", (unsigned)(unsigned char)shown.bytes[i]);
	}
	if (shown.length < words.length)
		textbuf_add_string(&out, " ... (and more)");
	return textbuf_text(&out);
}

static void
start_line(struct textbuf *out, size_t indent)
{
	textbuf_add_byte(out, '#');
	for (size_t i = 0; i <= indent; i++)
		textbuf_add_byte(out, ' ');
}

void
migrate_comment(struct migration *migration, size_t indent, struct text words)
{
	struct textbuf *out = migration->out;
	struct text rest = printable(migration->arena, words);
	struct text word;
	size_t column = 0;

	while (text_next_part(&rest, ' ', &word)) {
		if (word.length == 0)
			continue;
		/* Hardly a word, but a line of ours has a maximum too. */
		if (word.length > WORD_MAX) {
			rest = text_from_position(text_of(word.bytes, word.length +
				(rest.bytes != NULL ? rest.length + 1 : 0)), WORD_MAX);
			word.length = WORD_MAX;
		}
		if (column > 0 && column + 1 + word.length > COLUMNS) {
			textbuf_add_byte(out, '\n');
			column = 0;
		}
		if (column == 0) {
			start_line(out, indent);
			column = indent + 2;
		} else {
			textbuf_add_byte(out, ' ');
			column++;
		}
		textbuf_add(out, word);
		column += word.length;
	}
	textbuf_add_string(out, column > 0 ? "\n" : "#\n");
}

void
migrate_verbatim(struct migration *migration, size_t indent, struct text words)
{
	struct text shown = printable(migration->arena, words);

	if (shown.length > WORD_MAX) {
		migrate_comment(migration, indent, words);
		return;
	}
	start_line(migration->out, indent);
	textbuf_add(migration->out, shown);
	textbuf_add_byte(migration->out, '\n');
}

void
migrate_heading(struct migration *migration, const char *title)
{
	textbuf_printf(migration->out, "\n# --- %s ---\n", title);
}

void
migrate_say(struct migration *migration, enum migrate_fate fate, struct text sentence)
{
	migration->fates[fate]++;
	migrate_comment(migration, 2, text_printf(migration->arena, "%s%s%.*s", fate_words[fate],
						  sentence.length > 0 ? ": " : "",
						  TEXT_ARGUMENTS(sentence)));
}

const char *
migrate_line_error(struct migration *migration, const char *option, struct text rest)
{
	struct arena *arena = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_problems problems = { .count = 0 };
	struct textbuf line = textbuf_new(arena, SIZE_MAX);
	char *sentence = NULL;

	textbuf_printf(&line, "%s ", option);
	textbuf_add(&line, rest);
	textbuf_add_byte(&line, '\n');
	config_set_defaults(arena, config);
	config_read_text(arena, textbuf_text(&line), TEXT("line"), config, &problems);
	for (size_t i = 0; i < problems.count && sentence == NULL; i++)
		if (!problems.items[i].is_warning)
			sentence = text_string(migration->arena, problems.items[i].sentence);
	arena_free(&arena);
	return sentence;
}

static struct text
quoted(struct migration *migration, const char *option, struct text value)
{
	struct textbuf out = textbuf_new(migration->arena, SIZE_MAX);
	const struct option *row = option_find(text_from(option));

	syntax_write_text(&out, value, row != NULL && option_is_list(row));
	return textbuf_text(&out);
}

static void
write_line(struct migration *migration, const char *option, struct text rest)
{
	textbuf_printf(migration->out, "%s ", option);
	textbuf_add(migration->out, rest);
	textbuf_add_byte(migration->out, '\n');
}

void
migrate_offer(struct migration *migration, const char *option, struct text rest)
{
	struct text shown = printable(migration->arena, rest);

	if (shown.length > WORD_MAX) {
		migrate_comment(migration, 4, text_printf(migration->arena, "%s %.*s", option,
							  TEXT_ARGUMENTS(shown)));
		return;
	}
	textbuf_printf(migration->out, "#%s ", option);
	textbuf_add(migration->out, shown);
	textbuf_add_byte(migration->out, '\n');
}

static struct migrate_slot *
slot_of(const struct migration *migration, const char *option)
{
	return &migration->slots[option_index(option_find(text_from(option)))];
}

static void
fill_slot(struct migration *migration, const char *option, struct text value)
{
	struct migrate_slot *slot = slot_of(migration, option);
	const struct migrate_setting *setting = migration->setting;

	slot->value = value;
	slot->place = setting == NULL ? TEXT("the summary below") :
		      text_printf(migration->arena, "%.*s:%zu", TEXT_ARGUMENTS(setting->file),
				  setting->line);
}

/* The first file decides; later ones are told so. */
static void
say_conflict(struct migration *migration, const char *option, const struct migrate_slot *slot,
	     struct text value)
{
	if (text_equal(slot->value, value))
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    text_printf(migration->arena, "%.*s sets %s to the same",
					TEXT_ARGUMENTS(slot->place), option));
	else
		migrate_say(migration, MIGRATE_CHANGED,
			    text_printf(migration->arena,
					"not taken, for %.*s sets %s to \"%.*s\" and the file "
					"named first counts; here it would be \"%.*s\"",
					TEXT_ARGUMENTS(slot->place), option,
					TEXT_ARGUMENTS(slot->value), TEXT_ARGUMENTS(value)));
}

bool
migrate_set(struct migration *migration, enum migrate_fate fate, const char *option,
	    struct text value, struct text sentence)
{
	const struct migrate_slot *slot = slot_of(migration, option);
	struct text rest = quoted(migration, option, value);
	const char *error;

	if (slot->place.length > 0) {
		say_conflict(migration, option, slot, value);
		return text_equal(slot->value, value);
	}
	error = migrate_line_error(migration, option, rest);
	if (error != NULL) {
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, text_from(error));
		return false;
	}
	migrate_say(migration, fate, sentence);
	write_line(migration, option, rest);
	fill_slot(migration, option, value);
	return true;
}

void
migrate_decide(struct migration *migration, const char *option, const char *value,
	       const char *sentence)
{
	const struct migrate_slot *slot = slot_of(migration, option);

	migrate_comment(migration, 0, text_from(sentence));
	if (slot->place.length > 0) {
		migrate_comment(migration, 2,
				text_printf(migration->arena, "%s is set by %.*s already", option,
					    TEXT_ARGUMENTS(slot->place)));
		return;
	}
	write_line(migration, option, text_from(value));
	fill_slot(migration, option, text_from(value));
}

bool
migrate_add_line(struct migration *migration, const char *option, struct text rest)
{
	if (migrate_line_error(migration, option, rest) != NULL) {
		migrate_offer(migration, option, rest);
		return false;
	}
	write_line(migration, option, rest);
	return true;
}

void
migrate_add_items(struct migration *migration, const char *option, const struct text_list *items)
{
	struct textbuf line = textbuf_new(migration->arena, SIZE_MAX);

	for (size_t i = 0; i < items->count; i++) {
		struct text item = quoted(migration, option, items->items[i]);

		if (line.length > 0 && line.length + item.length >= ITEMS_LINE_MAX) {
			(void)migrate_add_line(migration, option, textbuf_text(&line));
			line.length = 0;
		}
		if (line.length > 0)
			textbuf_add_byte(&line, ',');
		textbuf_add(&line, item);
	}
	if (line.length > 0)
		(void)migrate_add_line(migration, option, textbuf_text(&line));
}

void
migrate_add_path(struct migration *migration, const char *option, struct text path)
{
	write_line(migration, option,
		   quoted(migration, option,
			  text_join(migration->arena, TEXT("file:"), path)));
}

struct text
migrate_value_of(const struct migration *migration, const char *option)
{
	const struct migrate_slot *slot = slot_of(migration, option);

	return slot->place.length > 0 ? slot->value :
	       text_from(option_find(text_from(option))->default_text);
}
