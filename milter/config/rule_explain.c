/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_explain.h"

#include "config/line_source.h"
#include "config/syntax.h"

enum { COLUMNS = 80 };

/* What an action does to a message: "refuses it", "would refuse it". */
struct action_verb {
	const char *does;
	const char *would;
	const char *is_done;    /* "is refused" */
};

static struct action_verb
verb_of(enum action action)
{
	switch (action) {
	case ACTION_NONE_YET:
		return (struct action_verb){ "leaves the message to the built-in policy",
					     "leave the message to the built-in policy",
					     "is left alone" };
	case ACTION_ACCEPT:
		return (struct action_verb){ "accepts the message", "accept the message",
					     "is accepted" };
	case ACTION_MARK:
		return (struct action_verb){ "accepts the message and marks it",
					     "accept the message and mark it", "is marked" };
	case ACTION_QUARANTINE:
		return (struct action_verb){ "holds the message in quarantine",
					     "hold the message in quarantine",
					     "is held in quarantine" };
	case ACTION_TEMPFAIL:
		return (struct action_verb){ "defers the message", "defer the message",
					     "is deferred" };
	case ACTION_REJECT:
		return (struct action_verb){ "refuses the message", "refuse the message",
					     "is refused" };
	case ACTION_DISCARD:
		return (struct action_verb){ "discards the message, and tells nobody,",
					     "discard the message, and tell nobody,",
					     "is discarded" };
	}
	return (struct action_verb){ "does nothing", "do nothing", "is left alone" };
}

/* Columns that a text takes: bytes that begin a character of UTF-8. */
static size_t
columns_of(struct text text)
{
	size_t columns = 0;

	for (size_t i = 0; i < text.length; i++)
		columns += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
	return columns;
}

/* What quotes let in as \xHH does not go to a terminal as it is. */
static void
add_harmless(struct textbuf *out, struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		bool is_harmless = byte_is_printable(text.bytes[i]) ||
				   (unsigned char)text.bytes[i] >= 0x80;

		textbuf_add_byte(out, is_harmless ? text.bytes[i] : '?');
	}
}

/* A paragraph; all lines but the first begin with `indent` blanks. */
static void
add_paragraph(struct textbuf *out, struct text paragraph, int indent)
{
	size_t column = 0;
	struct text word;

	while (text_next_part(&paragraph, ' ', &word)) {
		size_t width = columns_of(word);

		if (word.length == 0)
			continue;
		if (column > 0 && column + 1 + width > COLUMNS) {
			textbuf_printf(out, "\n%*s", indent, "");
			column = (size_t)indent;
		} else if (column > 0) {
			textbuf_add_byte(out, ' ');
			column++;
		}
		add_harmless(out, word);
		column += width;
	}
	textbuf_add_byte(out, '\n');
}

static void
add_reply(const struct rule *rule, struct textbuf *sentence)
{
	if (rule->reply_code.length == 0)
		return;
	textbuf_printf(sentence, " with %.*s %.*s \"%.*s\"", TEXT_ARGUMENTS(rule->reply_code),
		       TEXT_ARGUMENTS(rule->reply_status), TEXT_ARGUMENTS(rule->reply_text));
}

static void
explain_rule(struct arena *arena, const struct rule *rule, size_t number, struct textbuf *out)
{
	struct textbuf sentence = textbuf_new(arena, SIZE_MAX);
	struct action_verb verb = verb_of(rule->action);

	textbuf_printf(&sentence, "%zu. %.*s (%.*s): %s", number, TEXT_ARGUMENTS(rule->name),
		       TEXT_ARGUMENTS(rule->place),
		       rule->is_shadow ? "only logs that it would " : "");
	textbuf_add_string(&sentence, rule->is_shadow ? verb.would : verb.does);
	add_reply(rule, &sentence);
	if (rule->condition_count == 0)
		textbuf_add_string(&sentence, ", whatever it is");
	for (size_t i = 0; i < rule->condition_count; i++) {
		textbuf_add_string(&sentence, i > 0 ? ", and " : " when ");
		textbuf_add(&sentence, rule_condition_explain(arena, &rule->conditions[i]));
	}
	textbuf_add_byte(&sentence, '.');
	add_paragraph(out, textbuf_text(&sentence), 4);
}

static void
explain_rules(struct arena *arena, const struct config *config, struct textbuf *out)
{
	const struct rule_list *rules = &config->rules;

	if (rules->count == 0) {
		add_paragraph(out, TEXT("There are no rules: the built-in policy decides."), 0);
		return;
	}
	add_paragraph(out, TEXT("For each message that is checked the first of these rules that "
				"matches decides; rules that only log do not end the search."), 0);
	textbuf_add_byte(out, '\n');
	for (size_t i = 0; i < rules->count; i++)
		explain_rule(arena, &rules->items[i], i + 1, out);
}

static bool
is_last_for_all(const struct rule_list *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (!rules->items[i].is_shadow && rules->items[i].condition_count == 0 &&
		    rules->items[i].action != ACTION_NONE_YET)
			return true;
	return false;
}

static void
explain_recipients(const struct config *config, struct textbuf *out)
{
	bool matters = false;

	for (size_t i = 0; i < config->rules.count; i++)
		matters = matters || config->rules.items[i].names_recipients;
	for (size_t i = 0; i < config->trusted_forwarders.count; i++)
		matters = matters ||
			  config->trusted_forwarders.items[i].recipient_domains != NULL;
	if (!matters)
		return;
	textbuf_add_byte(out, '\n');
	add_paragraph(out, config->split_recipients ?
		      TEXT("SplitRecipients yes: recipients for whom other rules apply than for "
			   "the first of a message get 452 4.5.3, and the client sends to them "
			   "separately.") :
		      TEXT("SplitRecipients no: a rule that names recipients is skipped for "
			   "messages of which only some recipients meet it."), 0);
}

/* The classes of a list option, or of its opposite, that fail DMARC. */
static struct text
refused_classes(struct arena *arena, const struct config *config)
{
	struct text items[CLASS_COUNT];
	size_t count = 0;

	for (enum message_class i = CLASS_NONE_YET; i < CLASS_COUNT; i++)
		if (config->reject_class[i])
			items[count++] = text_from(message_class_keyword(i));
	return rule_words_join(arena, items, count, "or");
}

static void
explain_failures(struct arena *arena, const struct config *config, struct textbuf *out)
{
	struct text classes = refused_classes(arena, config);
	struct text strict;

	if (!config->check_dmarc) {
		add_paragraph(out, TEXT("- DMARC is not checked (CheckDMARC no)."), 2);
		return;
	}
	strict = classes.length == 0 ?
		 text_printf(arena, "%s, since RejectClasses is none",
			     verb_of(config->on_quarantine).is_done) :
		 text_printf(arena, "%s when its class is %.*s; another %s",
			     verb_of(config->on_reject).is_done, TEXT_ARGUMENTS(classes),
			     verb_of(config->on_quarantine).is_done);
	add_paragraph(out, text_printf(arena, "- A message that fails DMARC under p=reject %.*s. "
					      "Under p=quarantine it %s, under p=none it %s. "
					      "Through a trusted forwarder or sealer it %s.",
				       TEXT_ARGUMENTS(strict),
				       verb_of(config->on_quarantine).is_done,
				       verb_of(config->on_none).is_done,
				       config->reject_class[CLASS_FORWARDED] ?
				       "is treated so as well" : "is accepted"), 2);
	add_paragraph(out, text_printf(arena, "- While an answer is missing that a policy of "
					      "quarantine or reject needs, it %s; under another "
					      "policy, or an unknown one, it %s.",
				       verb_of(config->on_temperror).is_done,
				       verb_of(config->on_temperror_unknown).is_done), 2);
	add_paragraph(out, text_printf(arena, "- With no From field it %s; with several it %s; "
					      "with authors of several domains it %s; with "
					      "one that cannot be read it %s. A bounce with any "
					      "of these %s.",
				       verb_of(config->on_missing_from).is_done,
				       verb_of(config->on_multiple_from).is_done,
				       verb_of(config->on_multiple_domains).is_done,
				       verb_of(config->on_malformed_from).is_done,
				       verb_of(config->on_malformed_bounce).is_done), 2);
}

/* Actions that single results ask for; accept is their default and asks for nothing. */
static void
explain_single(struct arena *arena, enum action action, const char *what, struct textbuf *out)
{
	if (action != ACTION_ACCEPT)
		add_paragraph(out, text_printf(arena, "- A message %s %s at least.", what,
					       verb_of((int)action).is_done), 2);
}

static void
explain_policy(struct arena *arena, const struct config *config, struct textbuf *out)
{
	textbuf_add_byte(out, '\n');
	if (is_last_for_all(&config->rules))
		add_paragraph(out, TEXT("One of these rules takes every message, so the built-in "
					"policy decides only where a rule leaves it to it:"), 0);
	else
		add_paragraph(out, config->rules.count > 0 ?
			      TEXT("When no rule matches, the built-in policy decides:") :
			      TEXT("The built-in policy:"), 0);
	explain_failures(arena, config, out);
	explain_single(arena, config->on_spf_fail, "whose SPF fails", out);
	explain_single(arena, config->on_helo_fail, "whose HELO name fails SPF", out);
	explain_single(arena, config->on_iprev_fail, "of a client without valid reverse DNS", out);
	explain_single(arena, config->on_iprev_temperror,
		       "of a client whose reverse DNS gives no answer", out);
	add_paragraph(out, TEXT("- Any other message is accepted."), 2);
	if (config->mode == MODE_MONITOR)
		add_paragraph(out, TEXT("Mode monitor: all of this is logged only; every message "
					"is accepted."), 0);
}

/*
 * The values of a line as a phrase: with `behind_for` those behind for=, else
 * those before it. The line has been read before; nothing is wrong with it.
 */
static struct text
list_values(struct arena *arena, struct text line, bool is_clients, bool behind_for)
{
	struct text_pile values = { .count = 0 };
	struct syntax_item item;
	const char *reason;
	bool is_behind = false;

	while (syntax_next_item(arena, &line, &item, &reason)) {
		bool is_network = is_clients && text_find(item.text, '/') != TEXT_NOT_FOUND;

		if (is_clients && !is_behind && text_starts_with_nocase(item.text, TEXT("for="))) {
			is_behind = true;
			item.text = text_from_position(item.text, TEXT("for=").length);
			is_network = false;
		}
		if (is_behind == behind_for)
			text_pile_add(arena, &values,
				      rule_value_explain(arena, is_network && !is_behind ?
								CONDITION_CLIENT : CONDITION_HELO,
							 item.text));
	}
	return rule_words_join(arena, values.items, values.count, "or");
}

static void
explain_forwarders(struct arena *arena, const struct config *config, struct textbuf *out)
{
	for (size_t i = 0; i < config->trusted_forwarders.count; i++) {
		struct text line = config->trusted_forwarders.items[i].source;
		struct text clients = list_values(arena, line, true, false);
		struct text domains = list_values(arena, line, true, true);

		textbuf_add_byte(out, '\n');
		add_paragraph(out, text_printf(arena, "TrustedForwarders: mail from a client that "
						      "is %.*s%s%.*s, and that fails DMARC as "
						      "forwarding makes it fail, has the class "
						      "forwarded.", TEXT_ARGUMENTS(clients),
					       domains.length > 0 ?
					       ", to recipients whose domain is " : "",
					       TEXT_ARGUMENTS(domains)), 0);
	}
}

static void
explain_own_domains(struct arena *arena, const struct config *config, struct textbuf *out)
{
	const struct text_list *list = &config->own_domains_source;
	struct text *items;

	if (list->count == 0)
		return;
	items = arena_array(arena, list->count, sizeof(*items));
	for (size_t i = 0; i < list->count; i++)
		items[i] = rule_value_explain(arena, CONDITION_AUTHOR, list->items[i]);
	textbuf_add_byte(out, '\n');
	add_paragraph(out, text_printf(arena, "OwnDomains: mail whose author domain is %.*s is "
					      "judged as if that domain published p=reject.",
				       TEXT_ARGUMENTS(rule_words_join(arena, items, list->count,
								      "or"))), 0);
}

static void
explain_domain_policies(struct arena *arena, const struct config *config, struct textbuf *out)
{
	for (size_t i = 0; i < config->domain_policies.source_count; i++) {
		struct text rest = config->domain_policies.sources[i];
		struct syntax_item policy;
		const char *reason;

		if (!syntax_next_item(arena, &rest, &policy, &reason))
			continue;
		textbuf_add_byte(out, '\n');
		add_paragraph(out, text_printf(arena, "DomainPolicy: an author domain that is %.*s "
						      "is taken to publish p=%.*s.",
					       TEXT_ARGUMENTS(list_values(arena, rest, false,
									  false)),
					       TEXT_ARGUMENTS(text_lower(arena, policy.text))), 0);
	}
}

void
rules_explain(struct arena *arena, const struct config *config, struct textbuf *out)
{
	explain_rules(arena, config, out);
	explain_recipients(config, out);
	explain_policy(arena, config, out);
	explain_own_domains(arena, config, out);
	explain_forwarders(arena, config, out);
	explain_domain_policies(arena, config, out);
}
