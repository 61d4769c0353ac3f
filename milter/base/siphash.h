/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_SIPHASH_H
#define DMARCMILTER_BASE_SIPHASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for tables whose
 * keys come from outside. Who does not know the key cannot make two keys fall
 * together. Fed byte by byte, no memory of its own. Pure but for the key;
 * safe from any thread.
 */
enum { SIPHASH_KEY_WORDS = 2 };

struct siphash {
	uint64_t v[4];
	uint64_t word;          /* bytes that do not fill a word yet */
	uint64_t length;
};

/* A random key. False when the system gives no random numbers. */
bool siphash_new_key(uint64_t key[SIPHASH_KEY_WORDS]) ATTRIBUTE_RESULT_MATTERS;

void siphash_begin(struct siphash *hash, const uint64_t key[SIPHASH_KEY_WORDS]);
void siphash_add_byte(struct siphash *hash, uint8_t byte);

/* The hash of all bytes that were added; begin anew after it. */
uint64_t siphash_end(struct siphash *hash);

#endif
