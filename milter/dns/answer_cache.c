/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/answer_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/siphash.h"
#include "dns/packet.h"

enum {
	PARTS = 8,
	USUAL_BYTES = 512,      /* of an entry; sizes the table */
	BUCKETS_MIN = 64,       /* of a part */
	LARGEST_SHARE = 8       /* an entry may take this fraction of a part */
};

struct entry {
	struct entry *next_in_bucket;
	struct entry *newer;
	struct entry *older;
	uint64_t hash;
	int64_t since;          /* clock_milliseconds() */
	int64_t until;
	enum dns_type type;
	bool is_secure;
	size_t name_length;
	size_t length;
	uint8_t bytes[];        /* name, packet */
};

struct part {
	pthread_mutex_t lock;   /* guards the rest */
	struct entry **buckets;
	struct entry *newest;   /* in use */
	struct entry *oldest;
	size_t bytes;
	size_t bytes_max;
};

struct answer_cache {
	uint64_t key[SIPHASH_KEY_WORDS];
	size_t bucket_count;    /* of a part; a power of two */
	struct part parts[PARTS];
};

static size_t
entry_size(const struct entry *entry)
{
	return sizeof(*entry) + entry->name_length + entry->length;
}

struct answer_cache *
answer_cache_new(size_t bytes_max)
{
	struct answer_cache *cache = memory_new(sizeof(*cache));

	if (!siphash_new_key(cache->key)) {
		free(cache);
		return NULL;
	}
	cache->bucket_count = BUCKETS_MIN;
	while (cache->bucket_count < bytes_max / PARTS / USUAL_BYTES)
		cache->bucket_count *= 2;
	for (size_t i = 0; i < PARTS; i++) {
		(void)pthread_mutex_init(&cache->parts[i].lock, NULL);
		cache->parts[i].bytes_max = bytes_max / PARTS;
		cache->parts[i].buckets = memory_new_array(cache->bucket_count,
							   sizeof(struct entry *));
	}
	return cache;
}

static uint64_t
hash_of(const struct answer_cache *cache, struct text name, enum dns_type type)
{
	struct siphash hash;

	siphash_begin(&hash, cache->key);
	for (size_t i = 0; i < name.length; i++)
		siphash_add_byte(&hash, (uint8_t)name.bytes[i]);
	siphash_add_byte(&hash, (uint8_t)type);
	return siphash_end(&hash);
}

static struct part *
part_of(struct answer_cache *cache, uint64_t hash)
{
	return &cache->parts[hash % PARTS];
}

static struct entry **
bucket_of(const struct answer_cache *cache, struct part *part, uint64_t hash)
{
	return &part->buckets[hash / PARTS & (cache->bucket_count - 1)];
}

static void
unlink_entry(struct part *part, struct entry *entry)
{
	*(entry->newer != NULL ? &entry->newer->older : &part->newest) = entry->older;
	*(entry->older != NULL ? &entry->older->newer : &part->oldest) = entry->newer;
}

static void
link_newest(struct part *part, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = part->newest;
	*(part->newest != NULL ? &part->newest->newer : &part->oldest) = entry;
	part->newest = entry;
}

static void
remove_entry(const struct answer_cache *cache, struct part *part, struct entry *entry)
{
	struct entry **place = bucket_of(cache, part, entry->hash);

	while (*place != entry)
		place = &(*place)->next_in_bucket;
	*place = entry->next_in_bucket;
	unlink_entry(part, entry);
	part->bytes -= entry_size(entry);
	free(entry);
}

static struct entry *
find(const struct answer_cache *cache, struct part *part, uint64_t hash, struct text name,
     enum dns_type type)
{
	struct entry *entry = *bucket_of(cache, part, hash);

	for (; entry != NULL; entry = entry->next_in_bucket)
		if (entry->hash == hash && entry->type == type &&
		    entry->name_length == name.length &&
		    memcmp(entry->bytes, name.bytes, name.length) == 0)
			return entry;
	return NULL;
}

static struct entry *
entry_new(uint64_t hash, struct text name, enum dns_type type, const uint8_t *packet,
	  size_t length)
{
	struct entry *entry = memory_new(sizeof(*entry) + name.length + length);

	entry->hash = hash;
	entry->type = type;
	entry->name_length = name.length;
	entry->length = length;
	memcpy(entry->bytes, name.bytes, name.length);
	memcpy(entry->bytes + name.length, packet, length);
	return entry;
}

/* In place of what is there for the same question; the oldest make room. */
static void
insert(const struct answer_cache *cache, struct part *part, struct entry *entry)
{
	struct text name = text_of((const char *)entry->bytes, entry->name_length);
	struct entry *old = find(cache, part, entry->hash, name, entry->type);
	struct entry **bucket = bucket_of(cache, part, entry->hash);

	if (old != NULL)
		remove_entry(cache, part, old);
	while (part->oldest != NULL && part->bytes + entry_size(entry) > part->bytes_max)
		remove_entry(cache, part, part->oldest);
	entry->next_in_bucket = *bucket;
	*bucket = entry;
	link_newest(part, entry);
	part->bytes += entry_size(entry);
}

void
answer_cache_put(struct answer_cache *cache, struct text name, enum dns_type type,
		 const uint8_t *packet, size_t length, bool is_secure, int64_t now)
{
	uint64_t hash = hash_of(cache, name, type);
	struct part *part = part_of(cache, hash);
	uint32_t lifetime = packet_lifetime(packet, length);
	struct entry *entry;
	bool fits;

	if (lifetime == 0)
		return;
	entry = entry_new(hash, name, type, packet, length);
	entry->is_secure = is_secure;
	entry->since = now;
	entry->until = now + (int64_t)lifetime * 1000;
	(void)pthread_mutex_lock(&part->lock);
	fits = entry_size(entry) <= part->bytes_max / LARGEST_SHARE;
	if (fits)
		insert(cache, part, entry);
	(void)pthread_mutex_unlock(&part->lock);
	if (!fits)
		free(entry);
}

static struct cached_answer
copy_of(const struct entry *entry, int64_t now)
{
	struct cached_answer answer = {
		.packet = memory_new(entry->length),
		.length = entry->length,
		.is_secure = entry->is_secure,
		.age = (uint32_t)((now - entry->since) / 1000),
	};

	memcpy(answer.packet, entry->bytes + entry->name_length, entry->length);
	return answer;
}

bool
answer_cache_find(struct answer_cache *cache, struct text name, enum dns_type type, int64_t now,
		  struct cached_answer *answer_out)
{
	uint64_t hash = hash_of(cache, name, type);
	struct part *part = part_of(cache, hash);
	bool is_found = false;
	struct entry *entry;

	(void)pthread_mutex_lock(&part->lock);
	entry = find(cache, part, hash, name, type);
	if (entry != NULL && now >= entry->until) {
		remove_entry(cache, part, entry);
	} else if (entry != NULL) {
		unlink_entry(part, entry);
		link_newest(part, entry);
		*answer_out = copy_of(entry, now);
		is_found = true;
	}
	(void)pthread_mutex_unlock(&part->lock);
	return is_found;
}

static void
free_entries(struct part *part)
{
	struct entry *next;

	for (struct entry *entry = part->newest; entry != NULL; entry = next) {
		next = entry->older;
		free(entry);
	}
	part->newest = NULL;
	part->oldest = NULL;
	part->bytes = 0;
}

void
answer_cache_reset(struct answer_cache *cache, size_t bytes_max)
{
	for (size_t i = 0; i < PARTS; i++) {
		struct part *part = &cache->parts[i];

		(void)pthread_mutex_lock(&part->lock);
		free_entries(part);
		memset(part->buckets, 0, cache->bucket_count * sizeof(*part->buckets));
		part->bytes_max = bytes_max / PARTS;
		(void)pthread_mutex_unlock(&part->lock);
	}
}

void
answer_cache_free(struct answer_cache **cache)
{
	if (*cache == NULL)
		return;
	answer_cache_reset(*cache, 0);
	for (size_t i = 0; i < PARTS; i++) {
		(void)pthread_mutex_destroy(&(*cache)->parts[i].lock);
		free((*cache)->parts[i].buckets);
	}
	free(*cache);
	*cache = NULL;
}
