/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "mail/tag_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text text = text_copy(arena, text_of((const char *)data, size));
	struct tag_list list = { 0 };

	if (tag_list_parse(arena, text, &list) == NULL) {
		must(list.count > 0 && list.count <= TAG_LIST_TAGS_MAX);
		for (size_t i = 0; i < list.count; i++) {
			const struct tag *tag = &list.tags[i];

			must(tag_list_find(&list, tag->name) == tag);
			must(tag->value_start <= tag->value_end && tag->value_end <= size);
			must(text.bytes[tag->value_start - 1] == '=');
			must(tag->value_end == size || text.bytes[tag->value_end] == ';');
			must(text_find(tag->value, ';') == TEXT_NOT_FOUND);
			must(text_equal(text_trim(tag->value), tag->value));
		}
	}
	arena_free(&arena);
	return 0;
}
