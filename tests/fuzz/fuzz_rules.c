/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/reader.h"
#include "config/rule_checks.h"
#include "config/rule_cover.h"
#include "config/rule_explain.h"
#include "config/rule_lists.h"
#include "config/rule_table.h"

/*
 * Lines of Rule, or of another option around the rules when they begin with
 * T, D or O. What is read is printed as lines that are read to the same; a rule
 * keeps every limit, covers itself, and can be explained; a problem always has
 * a place and a sentence. No files.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORK_MAX = 100000, TEXT_MAX = 1 << 24 };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct text
printed(struct arena *arena, const struct config *config)
{
	struct textbuf out = textbuf_new(arena, TEXT_MAX);

	config_print(arena, config, &out);
	must(!out.overflowed);
	return textbuf_text(&out);
}

/* "T..." is a line of TrustedForwarders, and so on; any other one is a rule. */
static const char *
option_of(struct text *line)
{
	static const char *const names[] = { "TrustedForwarders ", "DomainPolicy ",
					     "OwnDomains " };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (line->length == 0 || line->bytes[0] != names[i][0])
			continue;
		*line = text_from_position(*line, 1);
		return names[i];
	}
	return "Rule ";
}

static struct text
source_of(struct arena *arena, struct text data)
{
	struct textbuf source = textbuf_new(arena, TEXT_MAX);
	struct text line;

	while (text_next_part(&data, '\n', &line)) {
		textbuf_add_string(&source, option_of(&line));
		textbuf_add(&source, line);
		textbuf_add_byte(&source, '\n');
	}
	return textbuf_text(&source);
}

static void
check_condition(struct arena *arena, const struct rule_condition *condition)
{
	const struct rule_condition_row *row = rule_condition_row(condition->kind);
	size_t work = WORK_MAX;

	must(condition->source.length > 0);
	must(rule_condition_explain(arena, condition).length > 0);
	must(row->type == RULE_VALUE_SIZE || condition->value_count > 0);
	must((row->type == RULE_VALUE_WORDS) == (condition->words != 0));
	must(condition->kind != CONDITION_SIZE ||
	     condition->size_minimum <= condition->size_maximum);
	must(rule_condition_implies(condition, condition, &work));
	for (size_t i = 0; i < condition->entry_count; i++)
		must(domain_set_has_entry(condition->domains, condition->entries[i]) ||
		     text_set_contains(condition->names, condition->entries[i]));
	for (size_t i = 0; i < condition->network_count; i++)
		must(ip_set_covers(condition->networks, &condition->network_entries[i]));
}

static void
check_rule(struct arena *arena, const struct rule *rule)
{
	size_t work = WORK_MAX;

	must(rule->name.length > 0 && rule->name.length <= RULE_NAME_MAX);
	must(rule->condition_count <= RULE_CONDITIONS_MAX);
	must(rule->source.length > 0 && rule->place.length > 0);
	must(rule->reply_code.length == 0 ||
	     ((rule->action == ACTION_REJECT && rule->reply_code.bytes[0] == '5') ||
	      (rule->action == ACTION_TEMPFAIL && rule->reply_code.bytes[0] == '4')));
	must(rule_covers(rule, rule, &work));
	for (size_t i = 0; i < rule->condition_count; i++)
		check_condition(arena, &rule->conditions[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct config_problems problems = { .count = 0 };
	struct config_problems again = { .count = 0 };
	struct config_problems warnings = { .count = 0 };
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config *reread = arena_alloc(arena, sizeof(*reread));
	struct text source = source_of(arena, text_of((const char *)data, size));
	struct textbuf explained = textbuf_new(arena, TEXT_MAX);
	struct text first;

	/* Files of this machine are none of the fuzzer's business. */
	if (text_find_text(text_lower(arena, source), TEXT("file:/")) != TEXT_NOT_FOUND) {
		arena_free(&arena);
		return 0;
	}
	config_set_defaults(arena, config);
	config_set_defaults(arena, reread);
	config_read_text(arena, source, TEXT("fuzz"), config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		must(problems.items[i].place.length > 0 && problems.items[i].sentence.length > 0);
	must(config->rules.count <= RULES_MAX);
	for (size_t i = 0; i < config->rules.count; i++)
		check_rule(arena, &config->rules.items[i]);
	rule_checks(arena, config, &warnings);
	must(!warnings.has_error);
	rules_explain(arena, config, &explained);
	must(!explained.overflowed && explained.length > 0);
	/* Of a line of the other options with an error a part may be kept. */
	if (!problems.has_error) {
		first = printed(arena, config);
		config_read_text(arena, first, TEXT("printed"), reread, &again);
		must(again.count == 0);
		must(text_equal(first, printed(arena, reread)));
	}
	arena_free(&arena);
	return 0;
}
