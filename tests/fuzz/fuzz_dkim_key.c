/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "checks/dkim_public_key.h"
#include "checks/dkim_verify.h"
#include "mail/dkim_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* The record, its key's bits, and the key wrapped as libopendkim gets it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct dkim_key key = { 0 };

	if (dkim_key_parse(arena, text_copy(arena, text_of((const char *)data, size)), &key) ==
		    NULL &&
	    !key.is_revoked) {
		unsigned bits = dkim_key_bits(&key);

		must(key.public_key.length <= DKIM_PUBLIC_KEY_BYTES_MAX);
		must(bits <= DKIM_RSA_BITS_MAX);
		if (key.type == DKIM_KEY_RSA && bits > 0) {
			key.public_key = dkim_public_key_info(arena, key.public_key);
			must(dkim_key_bits(&key) == bits);
		}
	}
	arena_free(&arena);
	return 0;
}
