/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_reader.h"

#include "base/log.h"
#include "config/config.h"
#include "config/option_rules.h"
#include "config/rule_table.h"
#include "config/rule_values.h"
#include "config/syntax.h"

/* A rule whose words come in. */
struct draft {
	const struct line_source *source;
	struct text subject;            /* "Rule bank" */
	struct rule rule;
	size_t condition_capacity;
	bool has_action;
	struct text reply;              /* as given; bytes are NULL without one */
};

static void
refuse(const struct draft *draft, const char *sentence)
{
	line_refuse(draft->source, draft->subject, text_from(sentence));
}

static bool
is_name(struct text name)
{
	if (name.length == 0 || name.length > RULE_NAME_MAX || !byte_is_alnum(name.bytes[0]))
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!byte_is_alnum(name.bytes[i]) &&
		    text_find(TEXT("-_."), name.bytes[i]) == TEXT_NOT_FOUND)
			return false;
	return true;
}

static const struct rule *
find_rule(const struct rule_list *rules, struct text name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (text_equal_nocase(rules->items[i].name, name))
			return &rules->items[i];
	return NULL;
}

/* The first word. Without a name that can be one, nothing else of the line is looked at. */
static bool
read_name(struct draft *draft, struct text *rest, const struct rule_list *rules)
{
	const struct line_source *source = draft->source;
	const struct rule *other;
	struct text name;

	if (!line_next_word(rest, &name)) {
		refuse(draft, "a name, conditions and an action are wanted, such as Rule bank "
			      "author=bank.example dmarc!=pass,temperror reject");
		return false;
	}
	if (!is_name(name)) {
		line_refuse_value(source, draft->subject, name,
				  TEXT("first stands a name of 1 to 32 letters, digits, dashes, "
				       "underscores and dots, that begins with a letter or a "
				       "digit"));
		return false;
	}
	draft->rule.name = text_copy(source->arena, name);
	draft->subject = text_printf(source->arena, "Rule %.*s", TEXT_ARGUMENTS(name));
	other = find_rule(rules, name);
	if (other != NULL)
		line_refuse(source, draft->subject,
			    text_printf(source->arena, "the name is taken; it stands at %.*s "
						       "already", TEXT_ARGUMENTS(other->place)));
	if (rule_name_is_taken(name))
		refuse(draft, "this name has a meaning of its own; choose another");
	return true;
}

/* Letters and dashes at the front, as words of conditions have them. */
static size_t
word_length(struct text word)
{
	size_t length = 0;

	while (length < word.length &&
	       (byte_is_alpha(word.bytes[length]) || word.bytes[length] == '-'))
		length++;
	return length;
}

static void
refuse_unknown(const struct draft *draft, struct text word, struct text whole)
{
	const char *nearest = rule_word_nearest(word);

	if (nearest == NULL) {
		line_refuse_value(draft->source, draft->subject, whole,
				  TEXT("this is no condition and no action"));
		return;
	}
	line_refuse_value(draft->source, draft->subject, whole,
			  text_printf(draft->source->arena,
				      "this is no condition and no action; did you mean %s?",
				      nearest));
}

static void
read_condition(struct draft *draft, const struct rule_condition_row *row, struct text word)
{
	struct rule *rule = &draft->rule;
	struct rule_condition condition;
	struct arena *arena = draft->source->arena;

	if (draft->has_action)
		line_refuse(draft->source, draft->subject,
			    text_printf(arena, "%s stands behind the action; conditions stand "
					       "before it", row->word));
	if (rule->condition_count == RULE_CONDITIONS_MAX) {
		refuse(draft, "a rule has at most 32 conditions");
		return;
	}
	rule_values_read(draft->source, draft->subject, row,
			 text_from_position(word, text_from(row->word).length), &condition);
	condition.source = text_copy(arena, word);
	rule->names_recipients = rule->names_recipients || row->kind == CONDITION_RECIPIENT;
	rule->conditions = arena_grow(arena, rule->conditions, rule->condition_count,
				      &draft->condition_capacity, sizeof(*rule->conditions));
	rule->conditions[rule->condition_count++] = condition;
}

static void
read_action(struct draft *draft, enum action action)
{
	if (draft->has_action)
		refuse(draft, "a rule has one action only");
	draft->has_action = true;
	draft->rule.action = action;
}

static void
read_reply(struct draft *draft, struct text value)
{
	struct syntax_item item;
	const char *reason;

	if (draft->reply.bytes != NULL)
		refuse(draft, "reply= stands once only");
	if (!draft->has_action)
		refuse(draft, "reply= stands behind the action");
	draft->reply = TEXT("");
	if (!text_starts_with(value, TEXT("="))) {
		refuse(draft, "reply=\"550 5.7.26 text\" is wanted");
		return;
	}
	if (syntax_scalar(draft->source->arena, text_from_position(value, 1), &item, &reason))
		draft->reply = item.text.length > 0 ? item.text : TEXT("");
	else
		line_refuse(draft->source, draft->subject,
			    text_printf(draft->source->arena, "reply: %s", reason));
}

static void
read_shadow(struct draft *draft)
{
	if (draft->rule.is_shadow)
		refuse(draft, "shadow stands once only");
	if (!draft->has_action)
		refuse(draft, "shadow stands behind the action");
	draft->rule.is_shadow = true;
}

static void
read_word(struct draft *draft, struct text whole)
{
	struct text word = text_cut(whole, 0, word_length(whole));
	struct text behind = text_from_position(whole, word.length);
	const struct rule_condition_row *row = rule_condition_find(word);
	enum action action;

	if (row != NULL)
		read_condition(draft, row, whole);
	else if (text_equal_nocase(word, TEXT("reply")))
		read_reply(draft, behind);
	else if (behind.length == 0 && rule_action_find(word, &action))
		read_action(draft, action);
	else if (behind.length == 0 && text_equal_nocase(word, TEXT("shadow")))
		read_shadow(draft);
	else
		refuse_unknown(draft, word, whole);
}

/* Takes "550", then "5.7.26", off the front of the text of reply=. */
static struct text
take_part(struct text *reply)
{
	struct text part;

	*reply = text_trim(*reply);
	if (!text_next_part(reply, ' ', &part))
		return TEXT("");
	return part;
}

static void
check_part(const struct draft *draft, const struct option_rule *option_rule, struct text part)
{
	if (option_rule->holds(part))
		return;
	line_refuse_value(draft->source,
			  text_printf(draft->source->arena, "%.*s, reply",
				      TEXT_ARGUMENTS(draft->subject)),
			  part, text_from(option_rule->wanted));
}

/* RFC 3463, 2: reply code and status are of one class, that of the action. */
static void
check_reply(struct draft *draft)
{
	bool defers = draft->rule.action == ACTION_TEMPFAIL;
	struct arena *arena = draft->source->arena;
	struct text rest = draft->reply;
	struct rule *rule = &draft->rule;

	if (draft->reply.bytes == NULL || !draft->has_action)
		return;
	if (!defers && rule->action != ACTION_REJECT) {
		refuse(draft, "reply= goes with reject or tempfail only");
		return;
	}
	rule->reply_code = text_copy(arena, take_part(&rest));
	rule->reply_status = text_copy(arena, take_part(&rest));
	rule->reply_text = text_copy(arena, text_trim(rest));
	check_part(draft, defers ? &rule_deferral_code : &rule_reply_code, rule->reply_code);
	check_part(draft, defers ? &rule_deferral_status : &rule_reply_status,
		   rule->reply_status);
	check_part(draft, &rule_reply_text, rule->reply_text);
}

static void
add_rule(struct arena *arena, struct rule_list *rules, const struct rule *rule)
{
	rules->items = arena_grow(arena, rules->items, rules->count, &rules->capacity,
				  sizeof(*rules->items));
	rules->items[rules->count++] = *rule;
}

void
rule_read(const struct line_source *source, struct text line, struct rule_list *rules)
{
	struct draft draft = { .source = source, .subject = TEXT("Rule") };
	bool had_error = source->problems->has_error;
	struct text rest = line;
	struct text word;

	draft.rule.place = source->place;
	draft.rule.source = text_copy(source->arena, line_without_comment(line));
	if (rules->count == RULES_MAX) {
		refuse(&draft, "there are more than 1000 rules; values of one condition can be "
			       "read with file:/path");
		return;
	}
	/* What was wrong before this line does not count against it. */
	source->problems->has_error = false;
	if (!read_name(&draft, &rest, rules))
		return;
	while (line_next_word(&rest, &word))
		read_word(&draft, word);
	if (!draft.has_action)
		refuse(&draft, "the action is missing: accept, mark, quarantine, tempfail, "
			       "reject, discard or none");
	check_reply(&draft);
	if (!source->problems->has_error)
		add_rule(source->arena, rules, &draft.rule);
	source->problems->has_error = source->problems->has_error || had_error;
}
