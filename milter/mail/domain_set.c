/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain_set.h"

#include "base/text_set.h"

struct domain_set {
	struct text_set *names;         /* with the dot in front where there is one */
	size_t longest_below;           /* bytes of the longest name with a dot; 0: none */
};

struct domain_set *
domain_set_new(struct arena *arena, size_t expected)
{
	struct domain_set *set = arena_alloc(arena, sizeof(*set));

	set->names = text_set_new(arena, expected);
	return set;
}

bool
domain_set_add(struct domain_set *set, struct text name)
{
	bool is_below = text_starts_with(name, TEXT("."));

	if (name.length == 0 || (is_below && name.length == 1))
		return false;
	if (is_below && name.length > set->longest_below)
		set->longest_below = name.length;
	return text_set_add(set->names, name);
}

/* The longest entry with a dot that `name` ends with, from its second byte on; 0 for none. */
static size_t
match_below(const struct domain_set *set, struct text name)
{
	/* ".example.com" is the end of each name below it, with the dot of its first label. */
	for (size_t i = 1; i < name.length; i++)
		if (name.bytes[i] == '.' && name.length - i <= set->longest_below &&
		    text_set_contains(set->names, text_from_position(name, i)))
			return name.length - i;
	return 0;
}

size_t
domain_set_match(const struct domain_set *set, struct text domain)
{
	if (set == NULL || domain.length == 0 || domain.bytes[0] == '.')
		return 0;
	return text_set_contains(set->names, domain) ? domain.length : match_below(set, domain);
}

bool
domain_set_contains(const struct domain_set *set, struct text domain)
{
	return domain_set_match(set, domain) > 0;
}

bool
domain_set_has_entry(const struct domain_set *set, struct text entry)
{
	return set != NULL && text_set_contains(set->names, entry);
}

bool
domain_set_covers(const struct domain_set *set, struct text entry)
{
	if (set == NULL || entry.length == 0)
		return false;
	return text_set_contains(set->names, entry) || match_below(set, entry) > 0;
}

size_t
domain_set_count(const struct domain_set *set)
{
	return set != NULL ? text_set_count(set->names) : 0;
}
