/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Under AddressSanitizer unused parts of a block are poisoned, so that overruns are seen. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
enum { RED_ZONE = 0 };
#endif

enum {
	BLOCK_SIZE = 8192,      /* of a usual block: a small message fits into a few */
	FIRST_SIZE = 960,       /* of an arena's first: malloc keeps small ones at hand */
	SPARE_MAX = 128,        /* blocks that are kept: 1 MiB */
	ALIGNMENT = alignof(max_align_t),
	FIRST_CAPACITY = 8      /* of an array that grows */
};

struct block {
	struct block *next;
	size_t size;            /* of bytes[] */
	size_t used;
	alignas(max_align_t) char bytes[];
};

struct release {
	struct release *next;
	void (*function)(void *object);
	void *object;
};

struct arena {
	struct block *blocks;   /* the newest first; memory comes from it */
	struct release *releases;
	size_t used;
};

/*
 * Usual blocks that no arena has. malloc would merge and cut them anew, under locks
 * that all threads share, for each message. Guarded by the lock.
 */
static pthread_mutex_t spare_lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *spare;
static size_t spare_count;

static struct block *
take_spare(void)
{
	struct block *block;

	pthread_mutex_lock(&spare_lock);
	block = spare;
	if (block != NULL) {
		spare = block->next;
		spare_count--;
	}
	pthread_mutex_unlock(&spare_lock);
	return block;
}

static bool
make_spare(struct block *block)
{
	bool has_room;

	pthread_mutex_lock(&spare_lock);
	has_room = spare_count < SPARE_MAX;
	if (has_room) {
		block->next = spare;
		spare = block;
		spare_count++;
	}
	pthread_mutex_unlock(&spare_lock);
	return has_room;
}

static struct block *
block_new(size_t wanted, bool is_first)
{
	size_t usual = is_first ? FIRST_SIZE : BLOCK_SIZE;
	size_t size = wanted <= usual ? usual : wanted <= BLOCK_SIZE ? BLOCK_SIZE : wanted;
	struct block *block = size == BLOCK_SIZE ? take_spare() : NULL;

	if (size > SIZE_MAX - sizeof(*block))
		memory_exhausted();
	if (block == NULL)
		block = malloc(sizeof(*block) + size);
	if (block == NULL)
		memory_exhausted();
	block->next = NULL;
	block->size = size;
	block->used = 0;
	ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
	return block;
}

static void
block_free(struct block *block)
{
	if (block->size == BLOCK_SIZE) {
		ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
		if (make_spare(block))
			return;
	}
	ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
	free(block);
}

struct arena *
arena_new(void)
{
	return memory_new(sizeof(struct arena));
}

void
arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	arena_empty(*arena);
	if ((*arena)->blocks != NULL)
		block_free((*arena)->blocks);
	free(*arena);
	*arena = NULL;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	size_t rounded;
	char *bytes;

	if (size > SIZE_MAX - ALIGNMENT - RED_ZONE)
		memory_exhausted();
	rounded = (size + RED_ZONE + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (block == NULL || block->size - block->used < rounded) {
		block = block_new(rounded, block == NULL);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	bytes = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	ASAN_UNPOISON_MEMORY_REGION(bytes, size);
	memset(bytes, 0, size);
	return bytes;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size)
		memory_exhausted();
	return arena_alloc(arena, count * size);
}

void *
arena_grow(struct arena *arena, void *old, size_t used, size_t *capacity, size_t size)
{
	size_t larger = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
	void *array;

	if (used < *capacity)
		return old;
	if (larger < *capacity)
		memory_exhausted();
	array = arena_array(arena, larger, size);
	if (used > 0)
		memcpy(array, old, used * size);
	*capacity = larger;
	return array;
}

void
arena_on_empty(struct arena *arena, void (*release)(void *object), void *object)
{
	struct release *entry = arena_alloc(arena, sizeof(*entry));

	entry->next = arena->releases;
	entry->function = release;
	entry->object = object;
	arena->releases = entry;
}

void
arena_empty(struct arena *arena)
{
	struct block *block;

	while (arena->releases != NULL) {
		struct release *entry = arena->releases;

		arena->releases = entry->next;
		entry->function(entry->object);
	}
	/* One block of the usual size stays for the next message. */
	block = arena->blocks;
	arena->blocks = NULL;
	while (block != NULL) {
		struct block *next = block->next;

		if (arena->blocks == NULL && block->size == BLOCK_SIZE) {
			block->next = NULL;
			block->used = 0;
			ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
			arena->blocks = block;
		} else {
			block_free(block);
		}
		block = next;
	}
	arena->used = 0;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}
