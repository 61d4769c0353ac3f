/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain_name.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
require_normal_form(struct text name)
{
	struct text rest = name;
	struct text label;
	size_t count = 0;

	require(name.length > 0 && name.length <= DOMAIN_NAME_MAX);
	while (text_next_part(&rest, '.', &label)) {
		count++;
		require(label.length > 0 && label.length <= DOMAIN_LABEL_MAX);
		for (size_t i = 0; i < label.length; i++)
			require((byte_is_alnum(label.bytes[i]) &&
				 byte_lower(label.bytes[i]) == label.bytes[i]) ||
				label.bytes[i] == '-' || label.bytes[i] == '_');
	}
	require(count == domain_name_label_count(name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text untouched = TEXT("untouched");
	struct text normal = untouched;
	struct text again;

	if (!domain_name_normalize(arena, text_of((const char *)data, size), &normal)) {
		require(text_equal(normal, untouched));
		arena_free(&arena);
		return 0;
	}
	require_normal_form(normal);
	require(domain_name_normalize(arena, normal, &again) && text_equal(normal, again));
	require(domain_name_normalize(arena, text_join(arena, normal, TEXT(".")), &again) &&
		text_equal(normal, again));
	require(domain_name_is_at_or_below(normal, normal));
	for (struct text parent = normal; !text_is_empty(parent);
	     parent = domain_name_parent(parent)) {
		require(domain_name_is_at_or_below(normal, parent));
		require(text_equal(parent, domain_name_last_labels(
						   normal, domain_name_label_count(parent))));
	}
	arena_free(&arena);
	return 0;
}
