/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/zone_node.h"

#include <string.h>

enum { FIRST_BUCKETS = 64 };

static size_t
bucket_of(const struct zone_text *zone, const uint8_t *name, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ name[i]) * 16777619u;
	return hash & (zone->bucket_count - 1);
}

static struct zone_node *
find_node(const struct zone_text *zone, const uint8_t *name, size_t length)
{
	struct zone_node *node = zone->buckets[bucket_of(zone, name, length)];

	while (node != NULL &&
	       (node->name.length != length || memcmp(node->name.bytes, name, length) != 0))
		node = node->next_in_bucket;
	return node;
}

const struct zone_node *
zone_node_find(const struct zone_text *zone, const uint8_t *name, size_t length)
{
	return find_node(zone, name, length);
}

static void
insert(struct zone_text *zone, struct zone_node *node)
{
	size_t bucket = bucket_of(zone, node->name.bytes, node->name.length);

	node->next_in_bucket = zone->buckets[bucket];
	zone->buckets[bucket] = node;
}

/* Twice the buckets when there are as many nodes. */
static void
grow(struct arena *arena, struct zone_text *zone)
{
	struct zone_node **old = zone->buckets;
	size_t old_count = zone->bucket_count;
	struct zone_node *next;

	if (zone->node_count < old_count)
		return;
	zone->bucket_count = old_count * 2;
	zone->buckets = arena_array(arena, zone->bucket_count, sizeof(struct zone_node *));
	for (size_t i = 0; i < old_count; i++) {
		for (struct zone_node *node = old[i]; node != NULL; node = next) {
			next = node->next_in_bucket;
			insert(zone, node);
		}
	}
}

struct zone_node *
zone_node_make(struct arena *arena, struct zone_text *zone, const struct wire_name *name)
{
	size_t start = 0;

	for (;;) {
		const uint8_t *tail = name->bytes + start;
		struct zone_node *node;

		if (find_node(zone, tail, name->length - start) != NULL)
			break;
		grow(arena, zone);
		node = arena_alloc(arena, sizeof(*node));
		node->name.length = name->length - start;
		memcpy(node->name.bytes, tail, node->name.length);
		insert(zone, node);
		zone->node_count++;
		if (tail[0] == 0)
			break;
		start += 1 + (size_t)tail[0];
	}
	return find_node(zone, name->bytes, name->length);
}

struct zone_text *
zone_node_table(struct arena *arena)
{
	struct zone_text *zone = arena_alloc(arena, sizeof(*zone));
	const struct wire_name root = { .bytes = { 0 }, .length = 1 };

	zone->bucket_count = FIRST_BUCKETS;
	zone->buckets = arena_array(arena, zone->bucket_count, sizeof(struct zone_node *));
	(void)zone_node_make(arena, zone, &root);
	return zone;
}
