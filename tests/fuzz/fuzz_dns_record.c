/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "tool/dns_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
check_exchanges(struct arena *arena, const struct dns_recording *recording)
{
	must(recording->exchanges.count <= DNS_RECORD_EXCHANGES_MAX);
	for (size_t i = 0; i < recording->exchanges.count; i++) {
		const struct dns_exchange *exchange = &recording->exchanges.items[i];
		struct dns_answer answer;

		must((exchange->reason == NULL) == (exchange->length > 0));
		must(exchange->milliseconds >= 0 && exchange->milliseconds <= DNS_RECORD_MILLISECONDS_MAX);
		(void)dns_exchange_answer(arena, exchange, &answer);
		must(answer.status != DNS_PENDING && answer.status != DNS_LIMIT);
	}
}

/* What is read is written, and read to the same. */
static void
check_round(struct arena *arena, const struct dns_recording *recording)
{
	struct textbuf first = textbuf_new(arena, SIZE_MAX);
	struct textbuf second = textbuf_new(arena, SIZE_MAX);
	struct dns_recording again;
	struct text reason;

	dns_recording_write(arena, recording, &first);
	for (size_t i = 0; i < first.length; i++)
		must(byte_is_printable(first.bytes[i]) || first.bytes[i] == '\n');
	/* What people are told makes it longer: the limits may be passed. */
	if (!dns_recording_parse(arena, textbuf_text(&first), &again, &reason)) {
		must(first.length > DNS_RECORD_LINES_MAX);
		return;
	}
	must(again.clock == recording->clock && again.elapsed == recording->elapsed);
	must(again.facts.count == recording->facts.count);
	for (size_t i = 0; i < again.facts.count; i++)
		must(text_equal(again.facts.items[i].value, recording->facts.items[i].value));
	dns_recording_write(arena, &again, &second);
	must(text_equal(textbuf_text(&first), textbuf_text(&second)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text source = text_copy(arena, text_of((const char *)data, size));
	struct dns_recording recording;
	struct text reason = TEXT("");

	if (dns_recording_parse(arena, source, &recording, &reason)) {
		check_exchanges(arena, &recording);
		check_round(arena, &recording);
	} else {
		must(!text_is_empty(reason));
	}
	arena_free(&arena);
	return 0;
}
