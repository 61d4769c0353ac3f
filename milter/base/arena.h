/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_ARENA_H
#define DMARCMILTER_BASE_ARENA_H

#include <stddef.h>

#include "base/macros.h"

/*
 * Memory that is given back all at once: one arena per connection and one per
 * message. Single pieces are never freed. Handles of foreign libraries are
 * registered with arena_on_empty() on the line after they are made, so that
 * success, error and abort clean up by the same path.
 * An arena belongs to one thread at a time. Running out of memory ends the
 * process (base/memory.h).
 */
struct arena;

struct arena *arena_new(void) ATTRIBUTE_RESULT_MATTERS;

/* Empties the arena, frees it and clears the caller's pointer; *arena may be NULL. */
void arena_free(struct arena **arena);

/* `size` zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) ATTRIBUTE_RESULT_MATTERS;

/* `count` zeroed objects of `size` bytes; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size) ATTRIBUTE_RESULT_MATTERS;

/*
 * Room for `new_count` objects where `*count`-sized growth doubles: returns
 * `old` when `capacity` suffices, else a larger zeroed copy; writes the new
 * capacity. The old array stays in the arena.
 */
void *arena_grow(struct arena *arena, void *old, size_t used, size_t *capacity, size_t size)
	ATTRIBUTE_RESULT_MATTERS;

/* Calls release(object) when the arena is emptied or freed; last registered, first released. */
void arena_on_empty(struct arena *arena, void (*release)(void *object), void *object);

/* Runs the registered releases and takes all memory back; the arena can be used again. */
void arena_empty(struct arena *arena);

/* Bytes handed out since the arena was last empty. */
size_t arena_used(const struct arena *arena);

#endif
