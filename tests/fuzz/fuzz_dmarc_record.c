/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc_record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
require_sound_selections(const struct dmarc_record *record)
{
	for (enum dmarc_relation relation = DMARC_RELATION_OWN;
	     relation <= DMARC_RELATION_BELOW_ABSENT; relation++) {
		struct dmarc_selection selection;

		if (!dmarc_record_select(record, relation, &selection)) {
			require(!record->has_report_address);
			continue;
		}
		require(selection.request >= DMARC_REQUEST_NONE);
		require(selection.tag == 'p' || relation != DMARC_RELATION_OWN);
		require(selection.tag != 'n' || relation == DMARC_RELATION_BELOW_ABSENT);
		require(selection.was_repaired || record->policy >= DMARC_REQUEST_NONE);
	}
}

/* Adding a tag never makes the record less strict than it was. */
static void
require_monotonous(struct arena *arena, struct text text, const struct dmarc_record *record)
{
	struct dmarc_record more;

	require(dmarc_record_parse(text_join(arena, text, TEXT(";p=reject;adkim=s;aspf=s;t=n")), &more));
	require(more.policy == DMARC_REQUEST_REJECT);
	require(more.is_strict_dkim && more.is_strict_spf && !more.is_testing);
	require(more.subdomain_policy == record->subdomain_policy);
	require(dmarc_record_parse(text_join(arena, text, TEXT(";p=none;x=y;pct=0")), &more));
	require(more.policy >= record->policy);
	require(more.psd == record->psd && more.is_testing == record->is_testing);
	require(more.has_report_address == record->has_report_address);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text text = text_of((const char *)data, size);
	struct dmarc_record record;
	struct dmarc_record untouched;

	memset(&record, 0x55, sizeof(record));
	memcpy(&untouched, &record, sizeof(record));
	if (dmarc_record_parse(text, &record)) {
		require(dmarc_record_is_one(text));
		require(size >= 8 && text_find_text(text, TEXT("DMARC1")) != TEXT_NOT_FOUND);
		require_sound_selections(&record);
		require_monotonous(arena, text, &record);
	} else {
		require(!dmarc_record_is_one(text));
		require(memcmp(&untouched, &record, sizeof(record)) == 0);
	}
	arena_free(&arena);
	return 0;
}
