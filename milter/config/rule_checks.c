/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_checks.h"

#include <string.h>

#include "base/ip_set.h"
#include "config/options.h"
#include "config/rule_cover.h"
#include "config/rule_table.h"
#include "mail/result.h"

/* Values and pairs of conditions that are looked at: some tenths of a second at most. */
enum { WORK_MAX = 5000000 };

#define BIT(value) (UINT32_C(1) << (value))

struct review {
	struct arena *arena;
	const struct config *config;
	struct config_problems *problems;
	const struct rule *rule;
	bool never_matches;     /* said already; then nothing more needs to be said */
	size_t work;
};

/* "Rule bank ..." at the place of the rule. */
static void
warn(const struct review *review, struct text sentence)
{
	config_problem_add(review->arena, review->problems, review->rule->place,
			   text_printf(review->arena, "Rule %.*s%.*s",
				       TEXT_ARGUMENTS(review->rule->name),
				       TEXT_ARGUMENTS(sentence)), true);
}

static void
warn_never(struct review *review, struct text reason)
{
	if (!review->never_matches)
		warn(review, text_join(review->arena, TEXT(" never matches: "), reason));
	review->never_matches = true;
}

/* The first switch that the fact needs and that is off; NULL when all are on. */
static const char *
missing_switch(const struct config *config, const struct rule_condition_row *row)
{
	for (size_t i = 0; i < RULE_NEEDS_MAX && row->needs[i] != NULL; i++) {
		const struct option *option = option_find(text_from(row->needs[i]));
		bool is_on;

		memcpy(&is_on, (const char *)config + option->offset, sizeof(is_on));
		if (!is_on)
			return row->needs[i];
	}
	return NULL;
}

/* A check that is switched off: its fact fits nothing, or what it is without the check. */
static void
check_switch(struct review *review, const struct rule_condition *condition)
{
	const struct rule_condition_row *row = rule_condition_row(condition->kind);
	const char *missing = missing_switch(review->config, row);
	struct text source = condition->source;

	if (missing == NULL || (condition->words & row->without) != 0)
		return;
	if (!condition->is_negated)
		warn_never(review, text_printf(review->arena, "%.*s cannot hold with %s no",
					       TEXT_ARGUMENTS(source), missing));
	else
		warn(review, text_printf(review->arena, ": %.*s always holds with %s no",
					 TEXT_ARGUMENTS(source), missing));
}

/* The words among `words` as "softfail or neutral". */
static struct text
words_text(struct arena *arena, const struct rule_condition_row *row, uint32_t words)
{
	struct text list = TEXT("");

	for (const struct option_word *word = row->words; word->word != NULL; word++) {
		if ((words & BIT((unsigned)word->value)) == 0)
			continue;
		list = text_printf(arena, "%.*s%s%s", TEXT_ARGUMENTS(list),
				   list.length > 0 ? " or " : "", word->word);
		/* Of several words with one value the first is enough. */
		words &= ~BIT((unsigned)word->value);
	}
	return list;
}

static void
check_words(struct review *review, const struct rule_condition *condition)
{
	const struct rule_condition_row *row = rule_condition_row(condition->kind);
	uint32_t impossible = condition->words & ~row->possible;
	struct text words;

	if (row->type != RULE_VALUE_WORDS || impossible == 0)
		return;
	if (condition->kind == CONDITION_CLASS)
		words = TEXT("rules are not asked about mail of the class trusted");
	else
		words = text_printf(review->arena, "%s is never %.*s", row->word,
				    TEXT_ARGUMENTS(words_text(review->arena, row, impossible)));
	if (!condition->is_negated && impossible == condition->words)
		warn_never(review, words);
	else
		warn(review, text_join(review->arena, TEXT(": "), words));
}

/* The word of somebody trusted is needed for this class. */
static void
check_forwarded(struct review *review, const struct rule_condition *condition)
{
	const struct config *config = review->config;

	if (condition->kind != CONDITION_CLASS || condition->is_negated ||
	    condition->words != BIT(CLASS_FORWARDED) || config->trusted_forwarders.count > 0 ||
	    config->trusted_arc_sealers.count > 0)
		return;
	warn_never(review, TEXT("no mail has the class forwarded without TrustedForwarders and "
				"TrustedARCSealers"));
}

static bool
has_no_value(const struct rule_condition *condition)
{
	return condition->kind != CONDITION_SIZE && condition->words == 0 &&
	       !condition->has_null_sender && condition->entry_count == 0 &&
	       condition->network_count == 0;
}

static bool
is_all_ignored(const struct review *review, const struct rule_condition *condition)
{
	if (condition->kind != CONDITION_CLIENT || condition->network_count == 0)
		return false;
	for (size_t i = 0; i < condition->network_count; i++)
		if (!ip_set_covers(review->config->ignore_hosts.set,
				   &condition->network_entries[i]))
			return false;
	return true;
}

static bool
is_all_ignored_daemons(const struct review *review, const struct rule_condition *condition)
{
	if (condition->kind != CONDITION_DAEMON || condition->entry_count == 0)
		return false;
	for (size_t i = 0; i < condition->entry_count; i++)
		if (!text_list_contains(&review->config->ignore_daemon_names,
					condition->entries[i]))
			return false;
	return true;
}

/* "authenticated=yes", also written as "!=no". */
static bool
says(const struct rule_condition *condition, bool value)
{
	uint32_t words = condition->is_negated ? ~condition->words : condition->words;

	return (words & (BIT(0) | BIT(1))) == BIT(value);
}

/* Mail that is trusted (core/policy.c) does not come to the rules. */
static void
check_trusted(struct review *review, const struct rule_condition *condition)
{
	struct text source = condition->source;
	const char *option = NULL;

	if (condition->kind == CONDITION_AUTHENTICATED && review->config->ignore_authenticated &&
	    says(condition, true))
		option = "IgnoreAuthenticatedClients";
	else if (!condition->is_negated && is_all_ignored(review, condition))
		option = "IgnoreHosts";
	else if (!condition->is_negated && is_all_ignored_daemons(review, condition))
		option = "IgnoreDaemonNames";
	if (option != NULL)
		warn_never(review, text_printf(review->arena,
					       "rules are not asked about the mail of %.*s, by %s",
					       TEXT_ARGUMENTS(source), option));
}

static void
check_exclusion(struct review *review, const struct rule_condition *a,
		const struct rule_condition *b)
{
	if (rule_conditions_exclude(a, b, &review->work))
		warn_never(review, text_printf(review->arena, "%.*s and %.*s exclude each other",
					       TEXT_ARGUMENTS(a->source),
					       TEXT_ARGUMENTS(b->source)));
}

static void
check_conditions(struct review *review)
{
	const struct rule *rule = review->rule;

	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct rule_condition *condition = &rule->conditions[i];

		if (has_no_value(condition) && !condition->is_negated)
			warn_never(review, text_printf(review->arena, "%.*s has no value",
						       TEXT_ARGUMENTS(condition->source)));
		check_switch(review, condition);
		check_words(review, condition);
		check_forwarded(review, condition);
		check_trusted(review, condition);
		for (size_t j = 0; j < i; j++)
			check_exclusion(review, &rule->conditions[j], condition);
	}
}

/* False, and said, when an earlier rule takes all that this one could have. */
static bool
is_reached(struct review *review)
{
	for (const struct rule *earlier = review->config->rules.items; earlier != review->rule;
	     earlier++) {
		if (earlier->is_shadow || !rule_covers(earlier, review->rule, &review->work))
			continue;
		warn(review, text_printf(review->arena, " is never reached: rule %.*s (%.*s) "
							"matches first whenever it would",
					 TEXT_ARGUMENTS(earlier->name),
					 TEXT_ARGUMENTS(earlier->place)));
		return false;
	}
	return true;
}

static bool
is_exactly(const struct rule_condition *condition, enum result result)
{
	return !condition->is_negated && condition->words == BIT(result);
}

static bool
has_result(const struct rule *rule, enum rule_condition_kind kind, enum result result)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].kind == kind && is_exactly(&rule->conditions[i], result))
			return true;
	return false;
}

/*
 * Something that the sender cannot choose, or has proved. spf=pass alone is no
 * proof: anybody has a domain of his own that passes; nor are dkim, iprev, arc.
 */
static bool
is_proof(const struct rule *rule, const struct rule_condition *condition)
{
	uint32_t words = condition->words;

	if (condition->kind == CONDITION_AUTHENTICATED)
		return says(condition, true);
	if (condition->is_negated)
		return false;
	if (condition->kind == CONDITION_CLIENT || condition->kind == CONDITION_FCRDNS ||
	    condition->kind == CONDITION_DKIM_DOMAIN || condition->kind == CONDITION_DAEMON)
		return true;
	if (condition->kind == CONDITION_DMARC)
		return is_exactly(condition, RESULT_PASS);
	if (condition->kind == CONDITION_CLASS)
		return (words & ~(BIT(CLASS_PASS) | BIT(CLASS_FORWARDED))) == 0;
	if (condition->kind == CONDITION_ALIGNED)
		return (words & BIT(RULE_ALIGNED_NONE)) == 0;
	if (condition->kind == CONDITION_ENVELOPE)
		return !condition->has_null_sender &&
		       has_result(rule, CONDITION_SPF, RESULT_PASS);
	return condition->kind == CONDITION_HELO &&
	       has_result(rule, CONDITION_SPF_HELO, RESULT_PASS);
}

/* What anybody can write who wants to be let in. */
static bool
is_sender_s_word(const struct rule_condition *condition)
{
	if (condition->kind == CONDITION_LIST_MAIL)
		return says(condition, true);
	return !condition->is_negated && rule_condition_row(condition->kind)->chosen_by_sender;
}

static void
check_sender_s_word(struct review *review)
{
	const struct rule *rule = review->rule;
	const struct rule_condition *word = NULL;

	if (rule->action != ACTION_ACCEPT || rule->is_shadow)
		return;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct rule_condition *condition = &rule->conditions[i];

		if (is_proof(rule, condition))
			return;
		if (word == NULL && is_sender_s_word(condition))
			word = condition;
	}
	if (word != NULL)
		warn(review, text_printf(review->arena,
					 " lets mail in on its sender's word: %.*s can be written "
					 "by anybody; add what is proved, such as client=, "
					 "fcrdns=, dkim-domain= or aligned=",
					 TEXT_ARGUMENTS(word->source)));
}

static void
check_action(struct review *review)
{
	const struct rule *rule = review->rule;

	if (rule->is_shadow && rule->action == ACTION_NONE_YET)
		warn(review, TEXT(": shadow has no effect on none: it does nothing but be logged"));
	if (rule->action == ACTION_DISCARD && !rule->is_shadow && rule->names_recipients)
		warn(review, TEXT(" discards the message for all recipients that meet its "
				  "conditions, and neither they nor the sender are told"));
}

static bool
is_result_of_dns(enum rule_condition_kind kind)
{
	return kind == CONDITION_IPREV || kind == CONDITION_SPF || kind == CONDITION_SPF_HELO ||
	       kind == CONDITION_DKIM || kind == CONDITION_DMARC;
}

/* The condition does not hold when what it asks for, or DMARC, could not be found out. */
static bool
wants_answer(const struct rule_condition *condition, enum rule_condition_kind kind)
{
	uint32_t words = condition->is_negated ? ~condition->words : condition->words;

	if (condition->kind == CONDITION_CLASS)
		return (words & BIT(CLASS_ERROR)) == 0;
	return (condition->kind == kind || condition->kind == CONDITION_DMARC) &&
	       (words & BIT(RESULT_TEMPERROR)) == 0;
}

static bool
rule_wants_answer(const struct rule *rule, enum rule_condition_kind kind)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (wants_answer(&rule->conditions[i], kind))
			return true;
	return false;
}

/* dmarc!=pass also holds while DNS gives no answer: then honest mail is refused for good. */
static void
check_missing_answers(const struct review *review)
{
	const struct rule *rule = review->rule;

	if (rule->action != ACTION_REJECT && rule->action != ACTION_DISCARD)
		return;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct rule_condition *condition = &rule->conditions[i];

		if (!condition->is_negated || !is_result_of_dns(condition->kind) ||
		    rule_wants_answer(rule, condition->kind) ||
		    missing_switch(review->config, rule_condition_row(condition->kind)) != NULL)
			continue;
		warn(review, text_printf(review->arena,
					 ": %.*s also holds when DNS gives no answer, and good "
					 "mail would be lost; write %.*s,temperror",
					 TEXT_ARGUMENTS(condition->source),
					 TEXT_ARGUMENTS(condition->source)));
		return;
	}
}

static void
check_rule(struct review *review)
{
	review->never_matches = false;
	check_conditions(review);
	if (review->never_matches || !is_reached(review))
		return;
	check_sender_s_word(review);
	check_missing_answers(review);
	check_action(review);
}

static void
warn_of_options(struct arena *arena, struct config_problems *problems, struct text sentence)
{
	config_problem_add(arena, problems, TEXT("configuration"), sentence, true);
}

static void
check_options(struct arena *arena, const struct config *config, struct config_problems *problems)
{
	const struct trusted_forwarder_list *forwarders = &config->trusted_forwarders;
	bool has_names = false;

	for (size_t i = 0; i < forwarders->count; i++)
		has_names = has_names || forwarders->items[i].names != NULL;
	if (has_names && !config->check_iprev)
		warn_of_options(arena, problems, TEXT("TrustedForwarders by host name are not "
						      "recognized without CheckIPRev"));
	if (config->check_dmarc)
		return;
	if (config->own_domains != NULL)
		warn_of_options(arena, problems, TEXT("OwnDomains is not used without CheckDMARC"));
	if (forwarders->count > 0)
		warn_of_options(arena, problems, TEXT("TrustedForwarders is not used without "
						      "CheckDMARC"));
	if (config->domain_policies.source_count > 0)
		warn_of_options(arena, problems, TEXT("DomainPolicy is not used without "
						      "CheckDMARC"));
}

void
rule_checks(struct arena *arena, const struct config *config, struct config_problems *problems)
{
	struct review review = { arena, config, problems, NULL, false, WORK_MAX };

	for (size_t i = 0; i < config->rules.count; i++) {
		review.rule = &config->rules.items[i];
		check_rule(&review);
	}
	check_options(arena, config, problems);
}
