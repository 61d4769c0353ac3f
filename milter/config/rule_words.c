/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_explain.h"

#include "config/line_source.h"
#include "config/rule_table.h"
#include "mail/result.h"

/* Conditions as clauses of English sentences. */

#define BIT(value) (UINT32_C(1) << (value))

struct text
rule_words_join(struct arena *arena, const struct text *items, size_t count, const char *last)
{
	struct textbuf list = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && i + 1 == count)
			textbuf_printf(&list, " %s ", last);
		else if (i > 0)
			textbuf_add_string(&list, ", ");
		textbuf_add(&list, items[i]);
	}
	return textbuf_text(&list);
}

static const char *
preposition(enum rule_condition_kind kind, bool is_below)
{
	if (kind == CONDITION_RECIPIENT)
		return is_below ? "at a domain below " : "at ";
	return is_below ? "below " : "";
}

struct text
rule_value_explain(struct arena *arena, enum rule_condition_kind kind, struct text value)
{
	bool is_below = text_starts_with(value, TEXT("."));
	bool is_network = kind == CONDITION_CLIENT && text_find(value, '/') != TEXT_NOT_FOUND;

	if (line_names_file(value))
		return text_join(arena, TEXT("listed in "),
				 text_from_position(value, TEXT("file:").length));
	if (kind == CONDITION_ENVELOPE && text_equal(value, TEXT("<>")))
		return TEXT("empty, as of a bounce,");
	if (kind == CONDITION_CLIENT)
		return text_join(arena, is_network ? TEXT("in ") : TEXT(""), value);
	if (kind == CONDITION_DAEMON || text_find(value, '@') != TEXT_NOT_FOUND)
		return value;
	return text_join(arena, text_from(preposition(kind, is_below)),
			 text_from_position(value, is_below ? 1 : 0));
}

/* ".example.com" behind "example.com" is "below it". */
static bool
is_below_last(const struct rule_condition *condition, size_t index)
{
	struct text value = condition->values[index];

	return index > 0 && text_starts_with(value, TEXT(".")) &&
	       text_equal_nocase(text_from_position(value, 1), condition->values[index - 1]);
}

static struct text
values_text(struct arena *arena, const struct rule_condition *condition, const char *last)
{
	struct text *items = arena_array(arena, condition->value_count + 1, sizeof(*items));

	for (size_t i = 0; i < condition->value_count; i++)
		items[i] = is_below_last(condition, i) ?
				   TEXT("below it") :
				   rule_value_explain(arena, condition->kind,
						      condition->values[i]);
	return rule_words_join(arena, items, condition->value_count, last);
}

/* The words of a condition by their canonical names, each once. */
static struct text
words_text(struct arena *arena, const struct rule_condition *condition, const char *last,
	   size_t *count_out)
{
	struct text items[sizeof(condition->words) * 8];
	uint32_t words = condition->words;
	size_t count = 0;

	for (const struct option_word *word = rule_condition_row(condition->kind)->words;
	     word->word != NULL; word++) {
		if ((words & BIT((unsigned)word->value)) == 0)
			continue;
		words &= ~BIT((unsigned)word->value);
		items[count++] = text_from(word->word);
	}
	*count_out = count;
	return rule_words_join(arena, items, count, last);
}

/* "is A or B", "is not A", "is neither A nor B". */
static struct text
is_or_is_not(struct arena *arena, const char *subject, const char *verb,
	     const struct rule_condition *condition, struct text alternatives, size_t count)
{
	const char *negation = !condition->is_negated ? "" : count > 1 ? "neither " : "not ";

	return text_printf(arena, "%s %s %s%.*s", subject, verb, negation,
			   TEXT_ARGUMENTS(alternatives));
}

static struct text
explain_values(struct arena *arena, const struct rule_condition *condition)
{
	const char *last = condition->is_negated ? "nor" : "or";
	struct text values = values_text(arena, condition, last);

	if (condition->kind == CONDITION_DKIM_DOMAIN)
		return text_printf(arena, "%s DKIM signature passes whose domain is %.*s",
				   condition->is_negated ? "no" : "a",
				   TEXT_ARGUMENTS(values_text(arena, condition, "or")));
	return is_or_is_not(arena, rule_condition_row(condition->kind)->subject, "is", condition,
			    values, condition->value_count);
}

/* "DMARC passes", "SPF does not fail", "SPF gives softfail or neutral". */
static struct text
explain_result(struct arena *arena, const struct rule_condition *condition)
{
	const char *subject = rule_condition_row(condition->kind)->subject;
	struct text words;
	size_t count;

	if (condition->words == BIT(RESULT_PASS))
		return text_printf(arena, "%s %s", subject,
				   condition->is_negated ? "does not pass" : "passes");
	if (condition->words == BIT(RESULT_FAIL))
		return text_printf(arena, "%s %s", subject,
				   condition->is_negated ? "does not fail" : "fails");
	words = words_text(arena, condition, condition->is_negated ? "nor" : "or", &count);
	if (!condition->is_negated)
		return text_printf(arena, "%s gives %.*s", subject, TEXT_ARGUMENTS(words));
	return text_printf(arena, "%s %s %.*s", subject,
			   count > 1 ? "gives neither" : "does not give", TEXT_ARGUMENTS(words));
}

static struct text
explain_words(struct arena *arena, const struct rule_condition *condition)
{
	size_t count;
	struct text words = words_text(arena, condition, condition->is_negated ? "nor" : "or",
				       &count);

	return is_or_is_not(arena, rule_condition_row(condition->kind)->subject, "is", condition,
			    words, count);
}

static struct text
explain_alignment(struct arena *arena, const struct rule_condition *condition)
{
	static const char *const names[] = { "nothing", "SPF", "DKIM" };
	struct text items[COUNT_OF(names)];
	struct text list;
	size_t count = 0;

	if (condition->is_negated && condition->words == BIT(RULE_ALIGNED_NONE))
		return TEXT("something passes for the author domain");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if ((condition->words & BIT(i)) != 0)
			items[count++] = text_from(names[i]);
	list = rule_words_join(arena, items, count, condition->is_negated ? "nor" : "or");
	return text_printf(arena, "%s%.*s %s for the author domain",
			   condition->is_negated && count > 1 ? "neither " : "",
			   TEXT_ARGUMENTS(list),
			   condition->is_negated && count == 1 ? "does not pass" : "passes");
}

static struct text
explain_yes_or_no(struct arena *arena, const struct rule_condition *condition)
{
	bool is_yes = ((condition->words & BIT(1)) != 0) != condition->is_negated;

	/* yes,no is true of everything, and its opposite of nothing: then as it is written. */
	if (condition->words == (BIT(0) | BIT(1)))
		return text_printf(arena, "%.*s", TEXT_ARGUMENTS(condition->source));
	if (condition->kind == CONDITION_LIST_MAIL)
		return is_yes ? TEXT("the message looks like list mail") :
				TEXT("the message does not look like list mail");
	if (condition->kind == CONDITION_AUTHENTICATED)
		return is_yes ? TEXT("the client has logged in") :
				TEXT("the client has not logged in");
	return is_yes ? TEXT("the session uses TLS") : TEXT("the session does not use TLS");
}

static struct text
explain_size(struct arena *arena, const struct rule_condition *condition)
{
	static const struct {
		struct text operator;
		const char *words;
	} forms[] = {
		{ { ">=", 2 }, "has at least" },
		{ { "<=", 2 }, "has at most" },
		{ { ">", 1 }, "has more than" },
		{ { "<", 1 }, "has less than" },
	};
	struct text rest = text_from_position(condition->source, TEXT("size").length);

	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (text_starts_with(rest, forms[i].operator))
			return text_printf(arena, "the message %s %.*s bytes", forms[i].words,
					   TEXT_ARGUMENTS(text_from_position(
						   rest, forms[i].operator.length)));
	return condition->source;
}

struct text
rule_condition_explain(struct arena *arena, const struct rule_condition *condition)
{
	switch (condition->kind) {
	case CONDITION_AUTHOR:
	case CONDITION_ENVELOPE:
	case CONDITION_HELO:
	case CONDITION_RECIPIENT:
	case CONDITION_CLIENT:
	case CONDITION_FCRDNS:
	case CONDITION_DKIM_DOMAIN:
	case CONDITION_DAEMON:
		return explain_values(arena, condition);
	case CONDITION_IPREV:
	case CONDITION_SPF:
	case CONDITION_SPF_HELO:
	case CONDITION_DKIM:
	case CONDITION_ARC:
	case CONDITION_DMARC:
		return explain_result(arena, condition);
	case CONDITION_CLASS:
	case CONDITION_PUBLISHED:
	case CONDITION_EFFECTIVE:
		return explain_words(arena, condition);
	case CONDITION_ALIGNED:
		return explain_alignment(arena, condition);
	case CONDITION_LIST_MAIL:
	case CONDITION_AUTHENTICATED:
	case CONDITION_TLS:
		return explain_yes_or_no(arena, condition);
	case CONDITION_SIZE:
		return explain_size(arena, condition);
	case CONDITION_KIND_COUNT:
		break;
	}
	return condition->source;
}
