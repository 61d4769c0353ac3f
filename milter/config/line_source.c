/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/line_source.h"

#include "base/log.h"
#include "config/syntax.h"
#include "mail/domain_name.h"

enum { SHOWN_MAX = 100 };       /* bytes of a value in a sentence */

void
line_refuse(const struct line_source *source, struct text subject, struct text sentence)
{
	config_problem_add(source->arena, source->problems, source->place,
			   text_printf(source->arena, "%.*s: %.*s", TEXT_ARGUMENTS(subject),
				       TEXT_ARGUMENTS(sentence)), false);
}

struct text
line_value_sentence(struct arena *arena, struct text subject, struct text value,
		    struct text wanted)
{
	struct text shown = log_quote(arena, value, SHOWN_MAX);

	return text_printf(arena, "%.*s \"%.*s\": %.*s", TEXT_ARGUMENTS(subject),
			   TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(wanted));
}

void
line_refuse_value(const struct line_source *source, struct text subject, struct text value,
		  struct text wanted)
{
	config_problem_add(source->arena, source->problems, source->place,
			   line_value_sentence(source->arena, subject, value, wanted), false);
}

bool
line_names_file(struct text value)
{
	return text_starts_with_nocase(value, TEXT("file:"));
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* The position behind the text in quotes whose first quote is at `start`; the end without one. */
static size_t
skip_quoted(struct text text, size_t start)
{
	size_t i = start + 1;

	while (i < text.length && text.bytes[i] != '"')
		i += text.bytes[i] == '\\' && i + 1 < text.length ? 2 : 1;
	return i < text.length ? i + 1 : i;
}

bool
line_next_word(struct text *rest, struct text *word_out)
{
	struct text text = *rest;
	size_t start = 0;
	size_t end;

	while (start < text.length && is_blank(text.bytes[start]))
		start++;
	if (start == text.length || text.bytes[start] == '#')
		return false;
	for (end = start; end < text.length && !is_blank(text.bytes[end]);)
		end = text.bytes[end] == '"' ? skip_quoted(text, end) : end + 1;
	*word_out = text_cut(text, start, end - start);
	*rest = text_from_position(text, end);
	return true;
}

struct text
line_without_comment(struct text line)
{
	struct text rest = line;
	struct text word = text_cut(line, 0, 0);
	struct text first = { NULL, 0 };

	while (line_next_word(&rest, &word))
		if (first.bytes == NULL)
			first = word;
	if (first.bytes == NULL)
		return TEXT("");
	return text_of(first.bytes, (size_t)(word.bytes + word.length - first.bytes));
}

/* Takes what stands before the next comma outside of quotes off the front. */
static struct text
next_value(struct text *rest)
{
	size_t end = 0;
	struct text value;

	while (end < rest->length && rest->bytes[end] != ',')
		end = rest->bytes[end] == '"' ? skip_quoted(*rest, end) : end + 1;
	value = text_cut(*rest, 0, end);
	*rest = end < rest->length ? text_from_position(*rest, end + 1) : (struct text){ NULL, 0 };
	return value;
}

bool
line_take_value(const struct line_source *source, struct text value,
		const struct value_taker *taker, struct text_pile *written)
{
	struct text wanted;

	if (written != NULL)
		text_pile_add(source->arena, written, text_copy(source->arena, value));
	if (taker->takes_files && line_names_file(value)) {
		source->read_file(source->reader, value, taker);
		return true;
	}
	if (taker->take(taker->object, value, &wanted))
		return true;
	line_refuse_value(source, taker->subject, value, wanted);
	return false;
}

static bool
take_raw_value(const struct line_source *source, struct text raw, const struct value_taker *taker,
	       struct text_pile *written)
{
	struct syntax_item item;
	const char *reason;

	if (raw.length == 0) {
		line_refuse(source, taker->subject,
			    TEXT("a value is missing; values are separated by a comma, without "
				 "blanks"));
		return false;
	}
	if (!syntax_scalar(source->arena, raw, &item, &reason)) {
		line_refuse(source, taker->subject, text_from(reason));
		return false;
	}
	return line_take_value(source, item.text, taker, written);
}

bool
line_take_values(const struct line_source *source, struct text list,
		 const struct value_taker *taker, struct text_pile *written)
{
	bool all_taken = true;

	do {
		struct text value = next_value(&list);

		all_taken = take_raw_value(source, value, taker, written) && all_taken;
	} while (list.bytes != NULL);
	return all_taken;
}

void
text_pile_add(struct arena *arena, struct text_pile *pile, struct text text)
{
	pile->items = arena_grow(arena, pile->items, pile->count, &pile->capacity,
				 sizeof(*pile->items));
	pile->items[pile->count++] = text;
}

bool
domain_entry_read(struct arena *arena, struct text value, struct text *entry_out,
		  struct text *wanted_out)
{
	bool is_below = text_starts_with(value, TEXT("."));
	struct text name;

	if (text_starts_with(value, TEXT("*"))) {
		*wanted_out = TEXT("everything below a domain is written with a dot in front, "
				   "such as .example.com");
		return false;
	}
	if (text_find(value, '@') != TEXT_NOT_FOUND) {
		*wanted_out = TEXT("a domain such as example.com is wanted, no address");
		return false;
	}
	if (!domain_name_normalize(arena, text_from_position(value, is_below ? 1 : 0), &name)) {
		*wanted_out = TEXT("a domain such as example.com is wanted, or .example.com for "
				   "everything below it");
		return false;
	}
	*entry_out = is_below ? text_join(arena, TEXT("."), name) : name;
	return true;
}
