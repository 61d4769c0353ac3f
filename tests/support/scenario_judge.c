/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"

#include <string.h>

#include "base/textbuf.h"

enum { UNFOLDED_MAX = 1 << 20 };

struct text
scenario_unfold(struct arena *arena, struct text value)
{
	struct textbuf out = textbuf_new(arena, UNFOLDED_MAX);

	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] != '\n' && value.bytes[i] != '\r') {
			textbuf_add_byte(&out, value.bytes[i]);
			continue;
		}
		while (i + 1 < value.length && byte_is_blank(value.bytes[i + 1]))
			i++;
		textbuf_add_byte(&out, ' ');
	}
	return text_trim(textbuf_text(&out));
}

struct text
scenario_log_value(struct text log, const char *key)
{
	struct text rest = log;
	struct text part;
	size_t length = strlen(key);

	while (text_next_part(&rest, ' ', &part))
		if (part.length > length && part.bytes[length] == '=' &&
		    text_equal(text_cut(part, 0, length), text_from(key)))
			return text_from_position(part, length + 1);
	return TEXT("");
}

void
scenario_add_insertion(struct arena *arena, struct scenario_result *result, unsigned position,
		       struct text name, struct text value)
{
	scenario_add_line(arena, &result->added,
			  text_printf(arena, "%.*s: %.*s", TEXT_ARGUMENTS(name),
				      TEXT_ARGUMENTS(scenario_unfold(arena, value))));
	scenario_add_line(arena, &result->places,
			  text_printf(arena, "%u %.*s", position, TEXT_ARGUMENTS(name)));
}

static bool
has_line(const struct scenario_lines *lines, struct text wanted)
{
	for (size_t i = 0; i < lines->count; i++)
		if (text_equal(lines->items[i], wanted))
			return true;
	return false;
}

static bool
is_results_field(struct text line)
{
	return text_starts_with(line, TEXT("Authentication-Results: "));
}

/* Whether any added field holds `part` (results_only: any Authentication-Results), or starts with it. */
static bool
any_added(const struct scenario_result *result, struct text part, bool results_only)
{
	for (size_t i = 0; i < result->added.count; i++) {
		struct text line = result->added.items[i];

		if (results_only ? is_results_field(line) &&
					   text_find_text(line, part) != TEXT_NOT_FOUND
				 : text_starts_with(line, part))
			return true;
	}
	return false;
}

static struct text
refused_recipients(struct arena *arena, const struct scenario_result *result)
{
	struct text all = result->refused.count == 0 ? TEXT("none") : TEXT("");

	for (size_t i = 0; i < result->refused.count; i++)
		all = text_printf(arena, "%.*s%s%.*s", TEXT_ARGUMENTS(all), i > 0 ? " " : "",
				  TEXT_ARGUMENTS(result->refused.items[i]));
	return all;
}

static bool
fits(struct arena *arena, const struct scenario_result *result, struct text key,
     struct text value, struct text *got_out)
{
	*got_out = TEXT("");
	if (text_equal(key, TEXT("class")))
		return text_equal(*got_out = result->class_word, value);
	if (text_equal(key, TEXT("action")))
		return text_equal(*got_out = result->action, value);
	if (text_equal(key, TEXT("rule")))
		return text_equal(*got_out = result->rule, value);
	if (text_equal(key, TEXT("would")))
		return text_equal(*got_out = result->would, value);
	if (text_equal(key, TEXT("reply")))
		return text_starts_with(*got_out = result->reply, value);
	if (text_equal(key, TEXT("removed"))) {
		*got_out = text_printf(arena, "%zu", result->removed.count);
		return text_equal(*got_out, value);
	}
	if (text_equal(key, TEXT("field")))
		return any_added(result, value, true);
	if (text_equal(key, TEXT("no-field")))
		return !any_added(result, value, true);
	if (text_equal(key, TEXT("added")))
		return any_added(result, value, false);
	if (text_equal(key, TEXT("no-added")))
		return !any_added(result, value, false);
	if (text_equal(key, TEXT("refused"))) {
		*got_out = refused_recipients(arena, result);
		return text_equal(*got_out, value);
	}
	if (text_equal(key, TEXT("place")))
		return has_line(&result->places, value);
	if (text_equal(key, TEXT("edits")))
		return result->added.count + result->removed.count == 0;
	*got_out = result->log;
	if (text_equal(key, TEXT("log")))
		return text_find_text(result->log, value) != TEXT_NOT_FOUND;
	if (text_equal(key, TEXT("no-log")))
		return text_find_text(result->log, value) == TEXT_NOT_FOUND;
	*got_out = TEXT("unknown key");
	return false;
}

void
scenario_judge(struct arena *arena, const struct scenario *scenario,
	       const struct scenario_result *result, struct scenario_lines *differences)
{
	bool expects_refusal = false;

	for (size_t i = 0; i < scenario->expect.count; i++) {
		struct scenario_pair *pair = &scenario->expect.items[i];
		struct text got;

		expects_refusal |= text_equal(pair->key, TEXT("refused"));
		if (fits(arena, result, pair->key, pair->value, &got))
			continue;
		scenario_add_line(arena, differences,
				  text_printf(arena, "want %.*s: %.*s, got %.*s",
					      TEXT_ARGUMENTS(pair->key),
					      TEXT_ARGUMENTS(pair->value), TEXT_ARGUMENTS(got)));
	}
	if (result->refused.count > 0 && !expects_refusal)
		scenario_add_line(arena, differences,
				  text_join(arena, TEXT("refused without being expected: "),
					    refused_recipients(arena, result)));
}
