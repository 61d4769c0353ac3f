/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_values.h"

#include "base/ip.h"
#include "config/option_rules.h"
#include "config/option_value.h"
#include "config/units.h"
#include "mail/address.h"

/* A condition whose values come in. */
struct builder {
	struct arena *arena;
	const struct rule_condition_row *row;
	struct domain_set *domains;
	struct text_set *names;
	bool has_null_sender;
	uint32_t words;
	struct text_pile entries;
	struct ip_network *networks;
	size_t network_count;
	size_t network_capacity;
};

static bool
take_domain(struct builder *builder, struct text value, struct text *wanted_out)
{
	struct text entry;

	if (!domain_entry_read(builder->arena, value, &entry, wanted_out))
		return false;
	if (builder->domains == NULL)
		builder->domains = domain_set_new(builder->arena, 1);
	if (domain_set_add(builder->domains, entry))
		text_pile_add(builder->arena, &builder->entries, entry);
	return true;
}

static bool
take_name(struct builder *builder, struct text name)
{
	name = text_copy(builder->arena, name);
	if (builder->names == NULL)
		builder->names = text_set_new(builder->arena, 1);
	if (text_set_add(builder->names, name))
		text_pile_add(builder->arena, &builder->entries, name);
	return true;
}

/*
 * A local part is told from another without regard to case, as nearly every
 * system does that receives mail, and without its quotes: "a"@x is a@x (RFC
 * 5321, 4.1.2). Nothing else is read into it, no + and no dots.
 */
static bool
take_recipient(struct builder *builder, struct text value, struct text *wanted_out)
{
	struct address address;

	if (text_find(value, '@') == TEXT_NOT_FOUND)
		return take_domain(builder, value, wanted_out);
	address = address_parse(builder->arena, value);
	/* Brackets and a source route are syntax of the envelope. */
	if (!address.is_valid || address.is_null || text_is_empty(address.domain) ||
	    text_is_empty(address.local_part) || !text_equal(address.text, value)) {
		*wanted_out = TEXT("an address such as user@example.org is wanted, or a domain "
				   "such as example.org or .example.org");
		return false;
	}
	return take_name(builder, address.mailbox);
}

static bool
take_network(struct builder *builder, struct text value, struct text *wanted_out)
{
	struct ip_network network;

	if (!ip_network_parse(value, &network)) {
		*wanted_out = TEXT("a network such as 192.0.2.0/24 without bits behind the prefix, "
				   "or an address, is wanted");
		return false;
	}
	builder->networks = arena_grow(builder->arena, builder->networks, builder->network_count,
				       &builder->network_capacity, sizeof(*builder->networks));
	builder->networks[builder->network_count++] = network;
	return true;
}

static bool
take_word(struct builder *builder, struct text value, struct text *wanted_out)
{
	for (const struct option_word *word = builder->row->words; word->word != NULL; word++) {
		if (!text_equal_nocase(value, text_from(word->word)))
			continue;
		builder->words |= UINT32_C(1) << (unsigned)word->value;
		return true;
	}
	*wanted_out = option_words_wanted(builder->arena, builder->row->words);
	return false;
}

static bool
take(void *object, struct text value, struct text *wanted_out)
{
	struct builder *builder = object;

	switch (builder->row->type) {
	case RULE_VALUE_SENDERS:
		if (text_equal(value, TEXT("<>"))) {
			builder->has_null_sender = true;
			return true;
		}
		return take_domain(builder, value, wanted_out);
	case RULE_VALUE_DOMAINS:
		return take_domain(builder, value, wanted_out);
	case RULE_VALUE_RECIPIENTS:
		return take_recipient(builder, value, wanted_out);
	case RULE_VALUE_NETWORKS:
		return take_network(builder, value, wanted_out);
	case RULE_VALUE_WORDS:
		return take_word(builder, value, wanted_out);
	case RULE_VALUE_NAMES:
		if (rule_daemon_name.holds(value))
			return take_name(builder, value);
		*wanted_out = text_from(rule_daemon_name.wanted);
		return false;
	case RULE_VALUE_NONE_YET:
	case RULE_VALUE_SIZE:
		break;
	}
	return false;
}

/* Takes an operator off the front of *rest. */
static bool
take_operator(struct text *rest, struct text operator)
{
	if (!text_starts_with(*rest, operator))
		return false;
	*rest = text_from_position(*rest, operator.length);
	return true;
}

/* size>N: from N + 1 bytes; size<N: to N - 1 bytes. */
static void
read_size(const struct line_source *source, struct text subject, struct text rest,
	  struct rule_condition *condition)
{
	bool is_minimum = text_starts_with(rest, TEXT(">"));
	bool includes = take_operator(&rest, TEXT(">=")) || take_operator(&rest, TEXT("<="));
	uint64_t bytes;

	if (!includes && !take_operator(&rest, TEXT(">")) && !take_operator(&rest, TEXT("<"))) {
		line_refuse(source, subject, TEXT("a comparison such as size>10M, size>=10M, "
						  "size<1k or size<=1k is wanted"));
		return;
	}
	if (!units_read_size(rest, &bytes)) {
		line_refuse_value(source, subject, rest, TEXT("a size such as 64k, 10M or 1G is "
							      "wanted"));
		return;
	}
	condition->size_maximum = UINT64_MAX;
	if (!includes && bytes == (is_minimum ? UINT64_MAX : 0))
		line_refuse_value(source, subject, rest, TEXT("no message has such a size"));
	else if (is_minimum)
		condition->size_minimum = includes ? bytes : bytes + 1;
	else
		condition->size_maximum = includes ? bytes : bytes - 1;
}

static void
finish(const struct builder *builder, const struct text_pile *written,
       struct rule_condition *condition)
{
	condition->has_null_sender = builder->has_null_sender;
	condition->domains = builder->domains;
	condition->names = builder->names;
	condition->words = builder->words;
	if (builder->row->type == RULE_VALUE_NETWORKS)
		condition->networks = ip_set_build(builder->arena, builder->networks,
						   builder->network_count);
	condition->values = written->items;
	condition->value_count = written->count;
	condition->entries = builder->entries.items;
	condition->entry_count = builder->entries.count;
	condition->network_entries = builder->networks;
	condition->network_count = builder->network_count;
}

void
rule_values_read(const struct line_source *source, struct text subject,
		 const struct rule_condition_row *row, struct text operator_and_values,
		 struct rule_condition *condition_out)
{
	struct builder builder = { .arena = source->arena, .row = row };
	struct text_pile written = { .count = 0 };
	struct value_taker taker = { .takes_files = row->type != RULE_VALUE_WORDS,
				     .object = &builder, .take = take };
	struct text rest = operator_and_values;

	*condition_out = (struct rule_condition){ .kind = row->kind };
	taker.subject = text_printf(source->arena, "%.*s, %s", TEXT_ARGUMENTS(subject), row->word);
	if (row->type == RULE_VALUE_SIZE) {
		read_size(source, taker.subject, rest, condition_out);
		return;
	}
	condition_out->is_negated = take_operator(&rest, TEXT("!="));
	if (!condition_out->is_negated && !take_operator(&rest, TEXT("="))) {
		line_refuse(source, taker.subject,
			    text_printf(source->arena, "%s= or %s!= with a value is wanted",
					row->word, row->word));
		return;
	}
	(void)line_take_values(source, rest, &taker, &written);
	finish(&builder, &written, condition_out);
}
