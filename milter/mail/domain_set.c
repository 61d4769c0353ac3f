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

bool
domain_set_contains(const struct domain_set *set, struct text domain)
{
	if (set == NULL || domain.length == 0 || domain.bytes[0] == '.')
		return false;
	if (text_set_contains(set->names, domain))
		return true;
	/* ".example.com" is the end of each name below it, with the dot of its first label. */
	for (size_t i = 1; i < domain.length; i++)
		if (domain.bytes[i] == '.' && domain.length - i <= set->longest_below &&
		    text_set_contains(set->names, text_from_position(domain, i)))
			return true;
	return false;
}

size_t
domain_set_count(const struct domain_set *set)
{
	return set != NULL ? text_set_count(set->names) : 0;
}
