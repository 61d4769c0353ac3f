/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole SPF evaluation, through libspf2, against a zone text. The first line
 * is the sender, the second the HELO name, the rest the zone. With and without
 * looking ahead the result has to be the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "checks/check.h"
#include "dns/zone_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	/* Two identities, ten terms with ten names each, ten names of PTR, and guesses. */
	QUESTIONS_EXPECTED = 2 * (10 + 10 * 10 + 12 + 10),
	QUESTIONS_MAX = 1000,
	DEADLINE = 60000        /* milliseconds: must not pass, so no zone with TIMEOUT */
};

static void
look_ahead(struct check_run *run)
{
	spf_check.prefetch(run, FACT_RECIPIENT);
	dns_flush(run->dns);
	while (dns_has_news(run->dns)) {
		spf_check.prefetch(run, FACT_ANSWER);
		dns_flush(run->dns);
	}
}

static enum result
evaluate(const struct zone_text *zone, const struct message *message, bool is_ahead)
{
	static const struct config config = { .check_spf = true, .spf_helo = true,
					      .spf_lookup_limit = 10, .spf_void_limit = 2,
					      .spf_explanation = true };
	struct arena *arena = arena_new();
	struct findings findings = { .spf = { .sender_is_null = false } };
	struct check_run run = { .arena = arena, .config = &config, .message = message,
				 .findings = &findings };
	enum result result;

	run.dns = dns_session_new(arena, zone_text_backend(arena, zone), QUESTIONS_MAX,
				  clock_milliseconds() + DEADLINE);
	if (is_ahead)
		look_ahead(&run);
	spf_check.end(&run);
	result = findings.spf.mail_from.result;
	for (size_t i = 0; i < findings.spf.mail_from.reason.length; i++) {
		if (!byte_is_printable(findings.spf.mail_from.reason.bytes[i]))
			abort();
	}
	if (result == RESULT_NOT_CHECKED || dns_question_count(run.dns) > QUESTIONS_EXPECTED ||
	    (result == RESULT_TEMPERROR &&
	     text_starts_with(findings.spf.mail_from.reason, TEXT("libspf2"))))
		abort();
	arena_free(&arena);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text rest = text_of((const char *)data, size);
	struct connection connection = { .client = { .family = IP_V4, .bytes = { 192, 0, 2, 1 } },
					 .host_name = TEXT("receiver.example") };
	struct message message = { .connection = &connection, .received_at = 1700000000 };
	struct text sender = { NULL, 0 };
	struct text reason;
	struct zone_text *zone;

	(void)text_next_part(&rest, '\n', &sender);
	(void)text_next_part(&rest, '\n', &connection.helo);
	message.sender = address_parse(arena, sender);
	zone = zone_text_parse(arena, rest, &reason);
	if (zone != NULL &&
	    text_find_text(text_lower(arena, rest), TEXT("timeout")) == TEXT_NOT_FOUND &&
	    evaluate(zone, &message, false) != evaluate(zone, &message, true))
		abort();
	arena_free(&arena);
	return 0;
}
