/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/failure_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { PLACES = 2048 };

struct place {
	char *name;             /* NULL: free */
	size_t length;
	enum dns_type type;
	struct failure failure;
};

struct failure_memory {
	struct place places[PLACES];
};

struct failure_memory *
failure_memory_new(void)
{
	return memory_new(sizeof(struct failure_memory));
}

static void
empty(struct place *place)
{
	free(place->name);
	*place = (struct place){ .name = NULL };
}

void
failure_memory_clear(struct failure_memory *memory)
{
	for (size_t i = 0; i < PLACES; i++)
		empty(&memory->places[i]);
}

void
failure_memory_free(struct failure_memory **memory)
{
	if (*memory == NULL)
		return;
	failure_memory_clear(*memory);
	free(*memory);
	*memory = NULL;
}

static size_t
place_of(struct text name, enum dns_type type)
{
	uint32_t hash = 2166136261u ^ (uint32_t)type;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (uint8_t)name.bytes[i]) * 16777619u;
	return hash % PLACES;
}

static bool
holds(const struct place *place, struct text name, enum dns_type type)
{
	return place->name != NULL && place->type == type &&
	       text_equal(text_of(place->name, place->length), name);
}

void
failure_memory_put(struct failure_memory *memory, struct text name, enum dns_type type,
		   struct failure failure)
{
	struct place *place = &memory->places[place_of(name, type)];

	if (!holds(place, name, type)) {
		empty(place);
		place->name = memory_new(name.length + 1);
		memcpy(place->name, name.bytes, name.length);
		place->length = name.length;
		place->type = type;
	}
	place->failure = failure;
}

const struct failure *
failure_memory_find(const struct failure_memory *memory, struct text name, enum dns_type type)
{
	const struct place *place = &memory->places[place_of(name, type)];

	return holds(place, name, type) ? &place->failure : NULL;
}

void
failure_memory_remove(struct failure_memory *memory, struct text name, enum dns_type type)
{
	struct place *place = &memory->places[place_of(name, type)];

	if (holds(place, name, type))
		empty(place);
}
