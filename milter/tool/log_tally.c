/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_tally.h"

#include <stdlib.h>

#include "base/siphash.h"

enum {
	SLOTS_MIN = 64,
	SHARE = 2               /* at most one slot in two is taken */
};

struct log_tally_slots {
	uint64_t key[SIPHASH_KEY_WORDS];
	struct log_count **items;       /* NULL: free */
	size_t count;                   /* a power of two */
};

static void
make_slots(struct log_tally *tally, size_t count)
{
	tally->slots->items = arena_array(tally->arena, count, sizeof(struct log_count *));
	tally->slots->count = count;
}

struct log_tally
log_tally_new(struct arena *arena, size_t maximum)
{
	struct log_tally tally = {
		.arena = arena,
		.slots = arena_alloc(arena, sizeof(*tally.slots)),
		.maximum = maximum,
	};

	/* Without random numbers: what differs from run to run. */
	if (!siphash_new_key(tally.slots->key))
		tally.slots->key[0] = (uint64_t)(uintptr_t)tally.slots;
	make_slots(&tally, SLOTS_MIN);
	return tally;
}

/* The slot of the name, or the free one where it belongs. */
static struct log_count **
find_slot(const struct log_tally *tally, struct text name)
{
	const struct log_tally_slots *slots = tally->slots;
	struct siphash hash;
	size_t i;

	siphash_begin(&hash, slots->key);
	for (i = 0; i < name.length; i++)
		siphash_add_byte(&hash, (uint8_t)name.bytes[i]);
	i = (size_t)siphash_end(&hash) & (slots->count - 1);
	while (slots->items[i] != NULL && !text_equal(slots->items[i]->name, name))
		i = (i + 1) & (slots->count - 1);
	return &slots->items[i];
}

static void
grow(struct log_tally *tally)
{
	struct log_count **old = tally->slots->items;
	size_t old_count = tally->slots->count;

	make_slots(tally, old_count * 2);
	for (size_t i = 0; i < old_count; i++)
		if (old[i] != NULL)
			*find_slot(tally, old[i]->name) = old[i];
}

/* The count of a name; NULL when it is one too many. */
static struct log_count *
find_or_make(struct log_tally *tally, struct text name)
{
	struct log_count **slot = find_slot(tally, name);

	if (*slot != NULL)
		return *slot;
	if (tally->count >= tally->maximum || name.length > LOG_TALLY_NAME_BYTES_MAX)
		return NULL;
	if (tally->count >= tally->slots->count / SHARE) {
		grow(tally);
		slot = find_slot(tally, name);
	}
	*slot = arena_alloc(tally->arena, sizeof(**slot));
	(*slot)->name = text_copy(tally->arena, name);
	tally->count++;
	return *slot;
}

void
log_count_add(struct log_count *count, const struct log_record *record)
{
	count->messages++;
	count->by_class[record->message_class]++;
	count->by_action[record->action]++;
	count->by_would[record->would]++;
}

struct log_count *
log_tally_add(struct log_tally *tally, struct text name, const struct log_record *record)
{
	struct log_count *count = find_or_make(tally, name);

	if (count == NULL)
		count = &tally->other;
	log_count_add(count, record);
	return count;
}

uint64_t
log_count_failed(const struct log_count *count)
{
	return count->by_class[CLASS_INDIRECT] + count->by_class[CLASS_MISALIGNED] +
	       count->by_class[CLASS_SPOOF];
}

uint64_t
log_count_stopped(const struct log_count *count)
{
	return count->messages - count->by_would[ACTION_ACCEPT];
}

uint64_t
log_weigh_messages(const struct log_count *count)
{
	return count->messages;
}

uint64_t
log_weigh_trouble(const struct log_count *count)
{
	uint64_t stopped = log_count_stopped(count);
	uint64_t failed = log_count_failed(count);

	return stopped > failed ? stopped : failed;
}

/* qsort() takes no argument for its comparison: the weight is beside the count. */
struct weighed {
	const struct log_count *count;
	uint64_t weight;
};

static int
compare(const void *one, const void *other)
{
	const struct weighed *a = one;
	const struct weighed *b = other;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->count->messages != b->count->messages)
		return a->count->messages > b->count->messages ? -1 : 1;
	return text_compare(a->count->name, b->count->name);
}

const struct log_count **
log_tally_sorted(const struct log_tally *tally, uint64_t (*weigh)(const struct log_count *count))
{
	struct weighed *weighed = arena_array(tally->arena, tally->count + 1, sizeof(*weighed));
	const struct log_count **sorted =
		arena_array(tally->arena, tally->count + 1, sizeof(struct log_count *));
	size_t used = 0;

	for (size_t i = 0; i < tally->slots->count; i++)
		if (tally->slots->items[i] != NULL)
			weighed[used++] = (struct weighed){ tally->slots->items[i],
							    weigh(tally->slots->items[i]) };
	qsort(weighed, used, sizeof(*weighed), compare);
	for (size_t i = 0; i < used; i++)
		sorted[i] = weighed[i].count;
	return sorted;
}
