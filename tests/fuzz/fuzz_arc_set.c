/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "checks/arc_reported.h"
#include "dkim_sign.h"
#include "mail/arc_set.h"
#include "mail/domain_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
look_at_signature(const struct dkim_signature *signature, struct text value)
{
	must(signature->status == DKIM_SIGNATURE_VALID);
	must(signature->algorithm == DKIM_RSA_SHA256 ||
	     signature->algorithm == DKIM_ED25519_SHA256);
	must(domain_name_label_count(signature->domain) >= 2);
	must(!text_is_empty(signature->selector) && !text_is_empty(signature->signature));
	must(signature->signature_start < signature->signature_end &&
	     signature->signature_end <= value.length);
}

static void
look_at_set(struct arena *arena, const struct arc_set *set, unsigned instance)
{
	struct arc_finding finding = { .result = RESULT_PASS };
	struct text rest;

	must(set->message_field != set->seal_field && set->results_field != set->seal_field);
	must(arc_results_instance(set->results_field->value, &rest) == instance);
	must(text_equal(rest, set->results));
	look_at_signature(&set->message_signature, set->message_field->value);
	look_at_signature(&set->seal, set->seal_field->value);
	must(set->message_signature.body_hash.length == 32);
	must(set->seal.header_form == DKIM_RELAXED && set->seal.signed_name_count == 0);
	arc_reported_read(arena, set->results, &finding);
	must(finding.reported_count <= ARC_REPORTED_MAX);
	for (size_t i = 0; i < finding.reported_count; i++) {
		struct text name;

		must(domain_name_normalize(arena, finding.reported[i].domain, &name));
		must(text_equal(name, finding.reported[i].domain));
	}
}

/* A message header. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text header = text_copy(arena, text_of((const char *)data, size));
	struct message message = { 0 };
	struct text body;
	struct arc_chain chain;

	dkim_sign_split(arena, header, &message, &body);
	chain = arc_chain_collect(arena, message.fields, message.field_count);
	must((chain.status == ARC_CHAIN_BROKEN) == (chain.reason != NULL));
	must((chain.status == ARC_CHAIN_SOUND) == (chain.count > 0));
	must(chain.count <= ARC_SETS_MAX);
	for (size_t i = 0; i < chain.count; i++)
		look_at_set(arena, &chain.sets[i], (unsigned)i + 1);
	arena_free(&arena);
	return 0;
}
