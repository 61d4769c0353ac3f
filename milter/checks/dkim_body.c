/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim_body.h"

#include <string.h>

size_t
dkim_body_want(struct dkim_body *body, enum dkim_canonical_form form, uint64_t length_max)
{
	struct dkim_body_variant *variant;

	for (size_t i = 0; i < body->variant_count; i++)
		if (body->variants[i].form == form && body->variants[i].length_max == length_max)
			return i;
	body->variants = arena_grow(body->arena, body->variants, body->variant_count,
				    &body->variant_capacity, sizeof(*body->variants));
	variant = &body->variants[body->variant_count];
	variant->form = form;
	variant->length_max = length_max;
	return body->variant_count++;
}

bool
dkim_body_is_plain(struct text body)
{
	bool had_cr = false;

	for (size_t i = 0; i < body.length; i++) {
		if ((body.bytes[i] == '\n') != had_cr)
			return false;
		had_cr = body.bytes[i] == '\r';
	}
	return !had_cr;
}

static void
start_variant(struct dkim_body *body, struct dkim_body_variant *variant)
{
	variant->hash = dkim_body_hash_begin(body->arena, variant->form, variant->length_max);
	if (variant->hash != NULL)
		dkim_body_hash_add(variant->hash, text_of(body->kept, body->kept_length));
}

static bool
keep(struct dkim_body *body, struct text chunk)
{
	size_t needed = body->kept_length + chunk.length;
	char *larger;

	if (body->is_hashing || needed > DKIM_BODY_KEPT_MAX)
		return false;
	if (needed > body->kept_capacity) {
		/* A short body comes in one piece and needs no room to grow. */
		body->kept_capacity = body->kept_length == 0 ? needed : needed * 2;
		if (body->kept_capacity > DKIM_BODY_KEPT_MAX)
			body->kept_capacity = DKIM_BODY_KEPT_MAX;
		larger = arena_alloc(body->arena, body->kept_capacity);
		if (body->kept_length > 0)
			memcpy(larger, body->kept, body->kept_length);
		body->kept = larger;
	}
	memcpy(body->kept + body->kept_length, chunk.bytes, chunk.length);
	body->kept_length = needed;
	return true;
}

void
dkim_body_add(struct dkim_body *body, struct text chunk)
{
	if (text_is_empty(chunk) || keep(body, chunk))
		return;
	for (size_t i = 0; i < body->variant_count; i++) {
		struct dkim_body_variant *variant = &body->variants[i];

		if (!body->is_hashing)
			start_variant(body, variant);
		if (variant->hash != NULL)
			dkim_body_hash_add(variant->hash, chunk);
	}
	body->is_hashing = true;
}

bool
dkim_body_kept(const struct dkim_body *body, struct text *kept_out)
{
	*kept_out = text_of(body->kept, body->kept_length);
	return !body->is_hashing;
}

struct text
dkim_body_find_hash(struct dkim_body *body, size_t number, uint64_t *length_out)
{
	struct dkim_body_variant *variant = &body->variants[number];

	if (!variant->is_finished) {
		if (!body->is_hashing)
			start_variant(body, variant);
		if (variant->hash != NULL)
			variant->result = dkim_body_hash_end(variant->hash, &variant->length);
		variant->is_finished = true;
	}
	*length_out = variant->length;
	return variant->result;
}
