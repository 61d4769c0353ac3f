/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/deferrals.h"

#include "base/ip.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	PLACES = 8,             /* of one bucket; the hash names the bucket */
	BUCKETS = DEFERRALS_CAPACITY / PLACES,
	KEY_WORDS = 2,
	NETWORK_BYTES_V4 = 3,   /* a /24 */
	NETWORK_BYTES_V6 = 8    /* a /64 */
};

struct entry {
	uint64_t hash;
	int64_t since;          /* seconds since 1970; 0: a free place */
	int64_t last;
};

struct deferrals {
	uint64_t key[KEY_WORDS];        /* never written after deferrals_new() */
	pthread_mutex_t lock;           /* guards entries */
	struct entry entries[BUCKETS][PLACES];
};

/* SipHash-2-4 of Aumasson and Bernstein, fed byte by byte. */
struct siphash {
	uint64_t v[4];
	uint64_t word;
	uint64_t length;
};

static uint64_t
rotate_left(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static void
siphash_rounds(uint64_t v[4], unsigned rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] = rotate_left(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[2] = rotate_left(v[2], 32);
	}
}

static void
siphash_begin(struct siphash *hash, const uint64_t key[KEY_WORDS])
{
	hash->v[0] = key[0] ^ UINT64_C(0x736f6d6570736575);
	hash->v[1] = key[1] ^ UINT64_C(0x646f72616e646f6d);
	hash->v[2] = key[0] ^ UINT64_C(0x6c7967656e657261);
	hash->v[3] = key[1] ^ UINT64_C(0x7465646279746573);
	hash->word = 0;
	hash->length = 0;
}

static void
siphash_word(struct siphash *hash, uint64_t word)
{
	hash->v[3] ^= word;
	siphash_rounds(hash->v, 2);
	hash->v[0] ^= word;
}

static void
siphash_byte(struct siphash *hash, uint8_t byte)
{
	hash->word |= (uint64_t)byte << 8 * (hash->length % 8);
	hash->length++;
	if (hash->length % 8 != 0)
		return;
	siphash_word(hash, hash->word);
	hash->word = 0;
}

static uint64_t
siphash_end(struct siphash *hash)
{
	siphash_word(hash, hash->word | hash->length << 56);
	hash->v[2] ^= 0xff;
	siphash_rounds(hash->v, 4);
	return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}

/* The length goes in first, so that no two lists of texts give the same bytes. */
static void
siphash_text(struct siphash *hash, struct text text)
{
	for (unsigned i = 0; i < 4; i++)
		siphash_byte(hash, (uint8_t)(text.length >> 8 * i));
	for (size_t i = 0; i < text.length; i++)
		siphash_byte(hash, (uint8_t)text.bytes[i]);
}

static void
siphash_network(struct siphash *hash, struct ip ip)
{
	size_t length = 0;

	if (ip.family == IP_V4)
		length = NETWORK_BYTES_V4;
	else if (ip.family == IP_V6)
		length = NETWORK_BYTES_V6;
	siphash_byte(hash, (uint8_t)ip.family);
	for (size_t i = 0; i < length; i++)
		siphash_byte(hash, ip.bytes[i]);
}

static uint64_t
hash_message(const struct deferrals *deferrals, const struct message *message)
{
	struct text recipient = { NULL, 0 };
	struct siphash hash;

	if (message->recipient_count > 0)
		recipient = message->recipients[0].text;
	siphash_begin(&hash, deferrals->key);
	siphash_network(&hash, message->connection->client);
	siphash_text(&hash, message->sender.text);
	siphash_text(&hash, recipient);
	return siphash_end(&hash);
}

struct deferrals *
deferrals_new(void)
{
	struct deferrals *deferrals = memory_new(sizeof(*deferrals));

	if (getrandom(deferrals->key, sizeof(deferrals->key), 0) !=
	    (ssize_t)sizeof(deferrals->key)) {
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
