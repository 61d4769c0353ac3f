/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_cover.h"

#include "config/rule_table.h"

static bool
may_work(size_t *work)
{
	if (*work == 0)
		return false;
	(*work)--;
	return true;
}

/* `set` has the entry, or an entry that holds it. */
static bool
holds_entry(const struct rule_condition *set, struct text entry)
{
	size_t at = text_find_last(entry, '@');

	if (text_set_contains(set->names, entry))
		return true;
	if (set->kind == CONDITION_DAEMON)
		return false;
	/* An address is within the domain behind its at sign. */
	return at == TEXT_NOT_FOUND ? domain_set_covers(set->domains, entry) :
				      domain_set_contains(set->domains,
							  text_from_position(entry, at + 1));
}

/* Every value of `part` is one of `whole`. */
static bool
is_subset(const struct rule_condition *part, const struct rule_condition *whole, size_t *work)
{
	if ((part->words & ~whole->words) != 0 ||
	    (part->has_null_sender && !whole->has_null_sender))
		return false;
	for (size_t i = 0; i < part->entry_count; i++)
		if (!may_work(work) || !holds_entry(whole, part->entries[i]))
			return false;
	for (size_t i = 0; i < part->network_count; i++)
		if (!may_work(work) || !ip_set_covers(whole->networks, &part->network_entries[i]))
			return false;
	return true;
}

/* No value of `one` lies within a value of `other`. */
static bool
none_within(const struct rule_condition *one, const struct rule_condition *other, size_t *work)
{
	for (size_t i = 0; i < one->entry_count; i++)
		if (!may_work(work) || holds_entry(other, one->entries[i]))
			return false;
	for (size_t i = 0; i < one->network_count; i++)
		if (!may_work(work) || ip_set_covers(other->networks, &one->network_entries[i]))
			return false;
	return true;
}

/* Two domains, or two networks, are apart, or one is within the other. */
static bool
are_apart(const struct rule_condition *a, const struct rule_condition *b, size_t *work)
{
	return (a->words & b->words) == 0 && !(a->has_null_sender && b->has_null_sender) &&
	       none_within(a, b, work) && none_within(b, a, work);
}

bool
rule_condition_implies(const struct rule_condition *stronger, const struct rule_condition *weaker,
		       size_t *work)
{
	if (!may_work(work) || stronger->kind != weaker->kind)
		return false;
	if (stronger->kind == CONDITION_SIZE)
		return stronger->size_minimum >= weaker->size_minimum &&
		       stronger->size_maximum <= weaker->size_maximum;
	if (stronger->is_negated && weaker->is_negated)
		return is_subset(weaker, stronger, work);
	if (!stronger->is_negated && !weaker->is_negated)
		return is_subset(stronger, weaker, work);
	/* With one value only: it is among these, so it is not among those. */
	return !stronger->is_negated && !rule_condition_row(stronger->kind)->has_several &&
	       are_apart(stronger, weaker, work);
}

bool
rule_conditions_exclude(const struct rule_condition *a, const struct rule_condition *b,
			size_t *work)
{
	if (!may_work(work) || a->kind != b->kind)
		return false;
	if (a->kind == CONDITION_SIZE)
		return a->size_minimum > b->size_maximum || b->size_minimum > a->size_maximum;
	if (a->is_negated && b->is_negated)
		return false;
	if (a->is_negated)
		return is_subset(b, a, work);
	if (b->is_negated)
		return is_subset(a, b, work);
	return !rule_condition_row(a->kind)->has_several && are_apart(a, b, work);
}

static bool
is_implied(const struct rule *rule, const struct rule_condition *condition, size_t *work)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (rule_condition_implies(&rule->conditions[i], condition, work))
			return true;
	return false;
}

bool
rule_covers(const struct rule *earlier, const struct rule *later, size_t *work)
{
	for (size_t i = 0; i < earlier->condition_count; i++)
		if (!is_implied(later, &earlier->conditions[i], work))
			return false;
	return true;
}
