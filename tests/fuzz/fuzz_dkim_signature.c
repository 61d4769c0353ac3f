/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "mail/dkim_signature.h"
#include "mail/domain_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
look_at(struct arena *arena, const struct dkim_signature *signature, struct text value)
{
	struct text name;

	must(signature->reason == NULL);
	must(domain_name_label_count(signature->domain) >= 2);
	must(domain_name_normalize(arena, dkim_signature_key_name(arena, signature), &name));
	must(text_equal(name, dkim_signature_key_name(arena, signature)));
	must(dkim_signature_covers(signature, TEXT("from")));
	must(signature->signed_name_count <= DKIM_SIGNED_NAMES_MAX);
	must(signature->signature.length > 0 &&
	     signature->signature.length <= DKIM_SIGNATURE_BYTES_MAX);
	must(signature->body_hash.length == (signature->algorithm == DKIM_RSA_SHA1 ? 20 : 32));
	must(signature->signature_start < signature->signature_end &&
	     signature->signature_end <= value.length);
	must(!signature->has_timestamp || !signature->has_expiration ||
	     signature->expiration > signature->timestamp);
	must(signature->timestamp >= 0 && signature->expiration >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text value = text_copy(arena, text_of((const char *)data, size));
	struct dkim_signature signature = dkim_signature_parse(arena, value);

	if (signature.status == DKIM_SIGNATURE_VALID)
		look_at(arena, &signature, value);
	else
		must(signature.reason != NULL);
	arena_free(&arena);
	return 0;
}
