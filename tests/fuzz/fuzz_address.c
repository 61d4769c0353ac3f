/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/textbuf.h"
#include "mail/domain_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* The address in the most careful spelling. */
static struct text
spell_out(struct arena *arena, const struct address *address)
{
	struct textbuf text = textbuf_new(arena, 4096);

	textbuf_add_string(&text, "<\"");
	for (size_t i = 0; i < address->local_part.length; i++) {
		textbuf_add_byte(&text, '\\');
		textbuf_add_byte(&text, address->local_part.bytes[i]);
	}
	textbuf_add_string(&text, "\"@");
	textbuf_add(&text, address->domain);
	textbuf_add_byte(&text, '>');
	return textbuf_text(&text);
}

static bool
is_ascii(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.bytes[i] >= 0x80)
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct address address = address_parse(arena, text_of((const char *)data, size));
	struct address again;
	struct text domain;

	require(!(address.is_null && address.is_valid));
	require(address.is_valid == !text_is_empty(address.domain));
	if (address.is_null)
		require(text_is_empty(address.text) && text_is_empty(address.local_part));
	if (address.is_valid) {
		require(!text_is_empty(address.local_part));
		require(domain_name_normalize(arena, address.domain, &domain) &&
			text_equal(domain, address.domain));
		/* Escaping every byte doubles the length: stay below the limit. */
		if (is_ascii(address.local_part) && address.local_part.length < 300) {
			again = address_parse(arena, spell_out(arena, &address));
			require(again.is_valid && text_equal(again.domain, address.domain) &&
				text_equal(again.local_part, address.local_part));
		}
	}
	arena_free(&arena);
	return 0;
}
