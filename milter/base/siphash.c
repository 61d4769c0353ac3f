/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/siphash.h"

#include <stddef.h>
#include <sys/random.h>
#include <sys/types.h>

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

bool
siphash_new_key(uint64_t key[SIPHASH_KEY_WORDS])
{
	size_t size = SIPHASH_KEY_WORDS * sizeof(key[0]);

	return getrandom(key, size, 0) == (ssize_t)size;
}

void
siphash_begin(struct siphash *hash, const uint64_t key[SIPHASH_KEY_WORDS])
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

void
siphash_add_byte(struct siphash *hash, uint8_t byte)
{
	hash->word |= (uint64_t)byte << 8 * (hash->length % 8);
	hash->length++;
	if (hash->length % 8 != 0)
		return;
	siphash_word(hash, hash->word);
	hash->word = 0;
}

uint64_t
siphash_end(struct siphash *hash)
{
	siphash_word(hash, hash->word | hash->length << 56);
	hash->v[2] ^= 0xff;
	siphash_rounds(hash->v, 4);
	return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}
