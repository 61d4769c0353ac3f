/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as an SPF record. What is accepted must keep what the header promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "mail/spf_macro.h"
#include "mail/spf_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_term(const struct spf_term *term)
{
	if (term->prefix4 > 32 || term->prefix6 > 128 || text_is_empty(term->text))
		abort();
	if (!text_is_empty(term->domain) && !spf_macro_domain_is_valid(term->domain))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text reason = { NULL, 0 };
	struct spf_record record;

	if (!spf_record_parse(arena, text_of((const char *)data, size), &record, &reason)) {
		if (text_is_empty(reason))
			abort();
		for (size_t i = 0; i < reason.length; i++) {
			if (!byte_is_printable(reason.bytes[i]))
				abort();
		}
	} else {
		for (size_t i = 0; i < record.count; i++)
			check_term(&record.terms[i]);
	}
	arena_free(&arena);
	return 0;
}
