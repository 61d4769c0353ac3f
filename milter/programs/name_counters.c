/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/name_counters.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct name_counter {
	_Atomic uint64_t value;
	size_t length;
	char name[];
};

/* FNV-1a. The names are the operator's own: nobody outside makes them collide. */
static size_t
first_slot(struct text name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (uint8_t)name.bytes[i]) * 16777619u;
	return hash % NAME_COUNTERS_SLOTS;
}

static struct text
name_of(const struct name_counter *counter)
{
	return text_of(counter->name, counter->length);
}

/* A place for one more name; NULL when there are as many as may be. */
static struct name_counter *
make(struct name_counters *counters, struct text name)
{
	struct name_counter *counter;

	if (atomic_fetch_add(&counters->count, 1) >= NAME_COUNTERS_MAX) {
		atomic_fetch_sub(&counters->count, 1);
		return NULL;
	}
	counter = memory_new(sizeof(*counter) + name.length + 1);
	counter->length = name.length;
	memcpy(counter->name, name.bytes, name.length);
	return counter;
}

/*
 * The counter of the name, made if need be. Whoever is first to put one into an
 * empty slot wins; the others look again at what is there now.
 */
static struct name_counter *
find_or_make(struct name_counters *counters, struct text name)
{
	struct name_counter *fresh = NULL;
	struct name_counter *found = NULL;
	size_t slot = first_slot(name);

	for (;; slot = (slot + 1) % NAME_COUNTERS_SLOTS) {
		found = atomic_load(&counters->slots[slot]);
		if (found == NULL) {
			if (fresh == NULL)
				fresh = make(counters, name);
			if (fresh == NULL)
				return NULL;
			if (atomic_compare_exchange_strong(&counters->slots[slot], &found, fresh))
				return fresh;
		}
		if (text_equal(name_of(found), name))
			break;
	}
	if (fresh != NULL) {
		free(fresh);
		atomic_fetch_sub(&counters->count, 1);
	}
	return found;
}

void
name_counters_add(struct name_counters *counters, struct text name)
{
	struct name_counter *counter = NULL;

	if (name.length > 0 && name.length <= NAME_COUNTERS_BYTES_MAX)
		counter = find_or_make(counters, name);
	atomic_fetch_add_explicit(counter != NULL ? &counter->value : &counters->other, 1,
				  memory_order_relaxed);
}

bool
name_counters_next(struct name_counters *counters, size_t *position, struct text *name_out,
		   uint64_t *value_out)
{
	while (*position < NAME_COUNTERS_SLOTS) {
		struct name_counter *counter = atomic_load(&counters->slots[(*position)++]);

		if (counter == NULL)
			continue;
		*name_out = name_of(counter);
		*value_out = atomic_load_explicit(&counter->value, memory_order_relaxed);
		return true;
	}
	return false;
}

uint64_t
name_counters_other(struct name_counters *counters)
{
	return atomic_load_explicit(&counters->other, memory_order_relaxed);
}

void
name_counters_clear(struct name_counters *counters)
{
	for (size_t i = 0; i < NAME_COUNTERS_SLOTS; i++)
		free(atomic_exchange(&counters->slots[i], NULL));
	atomic_store(&counters->count, 0);
	atomic_store(&counters->other, 0);
}
