/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/deferrals.h"

#include "base/ip.h"
#include "base/memory.h"
#include "base/siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLACES = 8,             /* of one bucket; the hash names the bucket */
	BUCKETS = DEFERRALS_CAPACITY / PLACES,
	NETWORK_BYTES_V4 = 3,   /* a /24 */
	NETWORK_BYTES_V6 = 8    /* a /64 */
};

struct entry {
	uint64_t hash;
	int64_t since;          /* seconds since 1970; 0: a free place */
	int64_t last;
};

struct deferrals {
	uint64_t key[SIPHASH_KEY_WORDS];        /* never written after deferrals_new() */
	pthread_mutex_t lock;           /* guards entries */
	struct entry entries[BUCKETS][PLACES];
};

/* The length goes in first, so that no two lists of texts give the same bytes. */
static void
add_text(struct siphash *hash, struct text text)
{
	for (unsigned i = 0; i < 4; i++)
		siphash_add_byte(hash, (uint8_t)(text.length >> 8 * i));
	for (size_t i = 0; i < text.length; i++)
		siphash_add_byte(hash, (uint8_t)text.bytes[i]);
}

static void
add_network(struct siphash *hash, struct ip ip)
{
	size_t length = 0;

	if (ip.family == IP_V4)
		length = NETWORK_BYTES_V4;
	else if (ip.family == IP_V6)
		length = NETWORK_BYTES_V6;
	siphash_add_byte(hash, (uint8_t)ip.family);
	for (size_t i = 0; i < length; i++)
		siphash_add_byte(hash, ip.bytes[i]);
}

static uint64_t
hash_message(const struct deferrals *deferrals, const struct message *message)
{
	struct text recipient = { NULL, 0 };
	struct siphash hash;

	if (message->recipient_count > 0)
		recipient = message->recipients[0].text;
	siphash_begin(&hash, deferrals->key);
	add_network(&hash, message->connection->client);
	add_text(&hash, message->sender.text);
	add_text(&hash, recipient);
	return siphash_end(&hash);
}

struct deferrals *
deferrals_new(void)
{
	struct deferrals *deferrals = memory_new(sizeof(*deferrals));

	if (!siphash_new_key(deferrals->key)) {
		free(deferrals);
		return NULL;
	}
	pthread_mutex_init(&deferrals->lock, NULL);
	return deferrals;
}

void
deferrals_free(struct deferrals **deferrals)
{
	if (*deferrals == NULL)
		return;
	pthread_mutex_destroy(&(*deferrals)->lock);
	free(*deferrals);
	*deferrals = NULL;
}

/* The entry of this hash that is not too old, or NULL. The lock is held. */
static struct entry *
find_entry(struct entry *bucket, uint64_t hash, int64_t now, int64_t maximum_age)
{
	for (size_t i = 0; i < PLACES; i++) {
		if (bucket[i].since == 0 || bucket[i].hash != hash)
			continue;
		if (now - bucket[i].since > maximum_age)
			return NULL;
		return &bucket[i];
	}
	return NULL;
}

/* The place of this hash, else a free one, else the one not seen for longest. The lock is held. */
static struct entry *
choose_place(struct entry *bucket, uint64_t hash)
{
	struct entry *best = &bucket[0];

	for (size_t i = 0; i < PLACES; i++) {
		if (bucket[i].since != 0 && bucket[i].hash == hash)
			return &bucket[i];
		if (best->since != 0 && (bucket[i].since == 0 || bucket[i].last < best->last))
			best = &bucket[i];
	}
	return best;
}

int64_t
deferrals_find(struct deferrals *deferrals, const struct message *message, int64_t maximum_age)
{
	uint64_t hash = hash_message(deferrals, message);
	const struct entry *entry;
	int64_t since = 0;

	pthread_mutex_lock(&deferrals->lock);
	entry = find_entry(deferrals->entries[hash % BUCKETS], hash, message->received_at,
			   maximum_age);
	if (entry != NULL)
		since = entry->since;
	pthread_mutex_unlock(&deferrals->lock);
	return since;
}

void
deferrals_add(struct deferrals *deferrals, const struct message *message, int64_t maximum_age)
{
	uint64_t hash = hash_message(deferrals, message);
	struct entry *bucket = deferrals->entries[hash % BUCKETS];
	int64_t now = message->received_at;
	struct entry *entry;

	pthread_mutex_lock(&deferrals->lock);
	entry = find_entry(bucket, hash, now, maximum_age);
	if (entry == NULL) {
		entry = choose_place(bucket, hash);
		entry->hash = hash;
		entry->since = now;
	}
	entry->last = now;
	pthread_mutex_unlock(&deferrals->lock);
}

static size_t
count_bucket(const struct entry *bucket, int64_t now, int64_t maximum_age)
{
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++)
		if (bucket[i].since != 0 && now - bucket[i].since <= maximum_age)
			count++;
	return count;
}

size_t
deferrals_count(struct deferrals *deferrals, int64_t now, int64_t maximum_age)
{
	size_t count = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		pthread_mutex_lock(&deferrals->lock);
		count += count_bucket(deferrals->entries[i], now, maximum_age);
		pthread_mutex_unlock(&deferrals->lock);
	}
	return count;
}
