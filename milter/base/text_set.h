/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_TEXT_SET_H
#define DMARCMILTER_BASE_TEXT_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * A set of texts that answers quickly however large it is: an open hash table.
 * ASCII case does not count. The hash has a random key of the set's own, so
 * nobody can choose texts that fall together. Lives in its arena; the bytes of
 * the texts are not copied and have to live as long. One thread builds it;
 * afterwards it is only read, and safe from any thread.
 */
struct text_set;

/* An empty set with room for `expected` texts; it grows when there are more. */
struct text_set *text_set_new(struct arena *arena, size_t expected) ATTRIBUTE_RESULT_MATTERS;

/* False when it was there already. */
bool text_set_add(struct text_set *set, struct text text);

/* False for any text when `set` is NULL. */
bool text_set_contains(const struct text_set *set, struct text text);

size_t text_set_count(const struct text_set *set);

#endif
