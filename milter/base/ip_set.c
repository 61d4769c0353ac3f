/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip_set.h"

#include <stdlib.h>
#include <string.h>

struct ip_set {
	struct ip_network *items;       /* ordered, and apart from each other */
	size_t count;
};

static int
compare_addresses(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	/* Bytes that a family does not use are zero. */
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* By family and first address; a network stands before those within it. */
static int
compare_networks(const void *first, const void *second)
{
	const struct ip_network *a = first;
	const struct ip_network *b = second;
	int order = compare_addresses(&a->address, &b->address);

	if (order != 0 || a->prefix == b->prefix)
		return order;
	return a->prefix < b->prefix ? -1 : 1;
}

struct ip_set *
ip_set_build(struct arena *arena, const struct ip_network *items, size_t count)
{
	struct ip_set *set = arena_alloc(arena, sizeof(*set));
	size_t kept = 0;

	if (count == 0)
		return set;
	set->items = arena_array(arena, count, sizeof(*set->items));
	memcpy(set->items, items, count * sizeof(*items));
	qsort(set->items, count, sizeof(*set->items), compare_networks);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 ||
		    !ip_in_network(set->items[i].address, &set->items[kept - 1]))
			set->items[kept++] = set->items[i];
	set->count = kept;
	return set;
}

/* The only network that can hold the address: the last that does not begin behind it. */
static const struct ip_network *
find_candidate(const struct ip_set *set, const struct ip *ip)
{
	size_t low = 0;
	size_t high = set != NULL ? set->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_addresses(&set->items[middle].address, ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &set->items[low - 1] : NULL;
}

bool
ip_set_contains(const struct ip_set *set, struct ip ip)
{
	const struct ip_network *candidate = find_candidate(set, &ip);

	return candidate != NULL && ip_in_network(ip, candidate);
}

bool
ip_set_covers(const struct ip_set *set, const struct ip_network *network)
{
	const struct ip_network *candidate = find_candidate(set, &network->address);

	return candidate != NULL && candidate->prefix <= network->prefix &&
	       ip_in_network(network->address, candidate);
}
