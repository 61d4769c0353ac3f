/* SPDX-License-Identifier: BSD-2-Clause */
/* First line: local-part. Second: HELO. The rest: a macro string. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "mail/spf_macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EXPLANATION_MAX = 450 };

static void
check_domain(struct arena *arena, struct text spec, const struct spf_macro_values *values)
{
	struct text name = spf_macro_expand_domain(arena, spec, values);

	for (size_t i = 0; i < name.length; i++) {
		if (!byte_is_printable(name.bytes[i]))
			abort();
	}
}

static void
check_explanation(struct arena *arena, struct text string, const struct spf_macro_values *values)
{
	struct text expanded;

	if (!spf_macro_expand_explanation(arena, string, values, EXPLANATION_MAX, &expanded))
		return;
	if (expanded.length > EXPLANATION_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text rest = text_of((const char *)data, size);
	struct spf_macro_values values = {
		.sender_domain = TEXT("sender.example"),
		.domain = TEXT("a.b.example"),
		.client = { .family = size % 2 == 0 ? IP_V4 : IP_V6, .bytes = { 192, 0, 2, 1 } },
	};

	(void)text_next_part(&rest, '\n', &values.local_part);
	(void)text_next_part(&rest, '\n', &values.helo);
	if (spf_macro_domain_is_valid(rest))
		check_domain(arena, rest, &values);
	if (spf_macro_string_is_valid(rest, SPF_MACRO_IN_EXPLANATION))
		check_explanation(arena, rest, &values);
	(void)spf_macro_uses(rest, TEXT("slp"));
	arena_free(&arena);
	return 0;
}
