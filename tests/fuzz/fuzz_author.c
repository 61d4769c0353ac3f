/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/author.h"

#include <stdint.h>
#include <stdlib.h>

#include "mail/domain_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* Adding another mailbox never changes which domain is taken for the author's. */
static void
require_stable(struct arena *arena, struct text value, struct text domain)
{
	struct text more = text_join(arena, value, TEXT(", <other@other.example>"));
	struct author author = author_from_fields(arena, &more, 1);

	if (author.status == AUTHOR_ONE_DOMAIN)
		require(text_equal(author.domain, TEXT("other.example")) &&
			text_equal(author.domain, domain));
	more = text_join(arena, text_join(arena, value, TEXT(", x@")), domain);
	author = author_from_fields(arena, &more, 1);
	if (author.status == AUTHOR_ONE_DOMAIN)
		require(text_equal(author.domain, domain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text value = text_of((const char *)data, size);
	struct text two[2] = { value, value };
	struct author author = author_from_fields(arena, &value, 1);
	struct text domain;

	require(author.status != AUTHOR_NOT_KNOWN && author.status != AUTHOR_NO_FIELD &&
		author.status != AUTHOR_SEVERAL_FIELDS);
	require((author.status == AUTHOR_ONE_DOMAIN) == !text_is_empty(author.domain));
	require((author.status == AUTHOR_ONE_DOMAIN) == (author.reason == NULL));
	require(author_from_fields(arena, two, 2).status == AUTHOR_SEVERAL_FIELDS);
	if (author.status == AUTHOR_ONE_DOMAIN) {
		require(domain_name_normalize(arena, author.domain, &domain) &&
			text_equal(domain, author.domain));
		require(text_find(value, '@') != TEXT_NOT_FOUND);
		require(text_find(value, '\0') == TEXT_NOT_FOUND);
		require_stable(arena, value, author.domain);
	}
	arena_free(&arena);
	return 0;
}
