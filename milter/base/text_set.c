/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text_set.h"

#include <stdint.h>

#include "base/siphash.h"

enum {
	SLOTS_MIN = 16,
	SHARE = 2               /* at most one slot in two is taken */
};

struct slot {
	bool is_taken;
	uint64_t hash;
	struct text text;
};

struct text_set {
	struct arena *arena;
	uint64_t key[SIPHASH_KEY_WORDS];
	struct slot *slots;
	size_t slot_count;      /* a power of two */
	size_t count;
};

static void
make_slots(struct text_set *set, size_t slot_count)
{
	set->slots = arena_array(set->arena, slot_count, sizeof(*set->slots));
	set->slot_count = slot_count;
}

struct text_set *
text_set_new(struct arena *arena, size_t expected)
{
	struct text_set *set = arena_alloc(arena, sizeof(*set));
	size_t slot_count = SLOTS_MIN;

	set->arena = arena;
	/*
	 * The daemon does not start without random numbers (programs/deferrals.c);
	 * anything else is served by what differs from run to run.
	 */
	if (!siphash_new_key(set->key))
		set->key[0] = (uint64_t)(uintptr_t)set;
	while (slot_count / SHARE < expected)
		slot_count *= 2;
	make_slots(set, slot_count);
	return set;
}

static uint64_t
hash_text(const struct text_set *set, struct text text)
{
	struct siphash hash;

	siphash_begin(&hash, set->key);
	for (size_t i = 0; i < text.length; i++)
		siphash_add_byte(&hash, (uint8_t)byte_lower(text.bytes[i]));
	return siphash_end(&hash);
}

/* The slot that holds the text, or the free one where it belongs. */
static struct slot *
find_slot(const struct text_set *set, struct text text, uint64_t hash)
{
	size_t mask = set->slot_count - 1;
	size_t i = (size_t)hash & mask;

	while (set->slots[i].is_taken &&
	       (set->slots[i].hash != hash || !text_equal_nocase(set->slots[i].text, text)))
		i = (i + 1) & mask;
	return &set->slots[i];
}

static void
grow(struct text_set *set)
{
	struct slot *old = set->slots;
	size_t old_count = set->slot_count;

	make_slots(set, old_count * 2);
	for (size_t i = 0; i < old_count; i++)
		if (old[i].is_taken)
			*find_slot(set, old[i].text, old[i].hash) = old[i];
}

bool
text_set_add(struct text_set *set, struct text text)
{
	uint64_t hash = hash_text(set, text);

	if (find_slot(set, text, hash)->is_taken)
		return false;
	if (set->count >= set->slot_count / SHARE)
		grow(set);
	*find_slot(set, text, hash) = (struct slot){ true, hash, text };
	set->count++;
	return true;
}

bool
text_set_contains(const struct text_set *set, struct text text)
{
	if (set == NULL || set->count == 0)
		return false;
	return find_slot(set, text, hash_text(set, text))->is_taken;
}

size_t
text_set_count(const struct text_set *set)
{
	return set != NULL ? set->count : 0;
}
