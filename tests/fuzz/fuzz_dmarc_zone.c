/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "dns/zone_text.h"
#include "mail/domain_name.h"

/*
 * The first line is a From value, the second the SPF domain and d= of
 * signatures, each behind a letter for its result; the rest is a zone.
 */
enum { FAR = 600000, BUDGET = 1000, SIGNATURES_MAX = 40, HEADER_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

struct input {
	struct text from;
	struct text identifiers;
	struct dns_backend *backend;
};

static enum result
result_of(char letter)
{
	switch (letter) {
	case 'p':
		return RESULT_PASS;
	case 'f':
		return RESULT_FAIL;
	case 't':
		return RESULT_TEMPERROR;
	default:
		return RESULT_NEUTRAL;
	}
}

static void
set_identifiers(struct arena *arena, struct message *message, struct findings *findings,
		struct text words)
{
	struct dkim_finding *dkim = &findings->dkim;
	struct text word;
	struct text domain;

	dkim->signatures = arena_array(arena, SIGNATURES_MAX, sizeof(*dkim->signatures));
	for (size_t i = 0; i <= SIGNATURES_MAX && text_next_part(&words, ' ', &word); i++) {
		if (word.length < 2 ||
		    !domain_name_normalize(arena, text_from_position(word, 1), &domain))
			continue;
		if (i == 0) {
			findings->spf.mail_from = (struct spf_identity){
				.result = result_of(word.bytes[0]), .domain = domain
			};
			message->sender = (struct address){ .is_valid = true, .domain = domain };
			continue;
		}
		dkim->signatures[dkim->count++] = (struct dkim_signature_finding){
			.result = result_of(word.bytes[0]), .domain = domain, .key_fits = true
		};
		message_add_field(message, arena, TEXT("DKIM-Signature"),
				  text_printf(arena, "v=1; a=rsa-sha256; s=s; h=from; b=AAAA; d=%.*s; bh="
					      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
					      TEXT_ARGUMENTS(domain)), HEADER_BYTES_MAX);
	}
}

static void
prefetch_all(struct check_run *run, struct message *message)
{
	size_t count = message->field_count;

	dmarc_check.prefetch(run, FACT_RECIPIENT);
	for (message->field_count = 1; message->field_count <= count; message->field_count++) {
		dmarc_check.prefetch(run, FACT_FIELD);
		dns_flush(run->dns);
	}
	message->field_count = count;
	dmarc_check.prefetch(run, FACT_HEADER_END);
	while (dns_wait(run->dns))
		dmarc_check.prefetch(run, FACT_ANSWER);
}

static bool
has_pass(const struct dkim_finding *dkim, struct text domain)
{
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->signatures[i].result == RESULT_PASS &&
		    text_equal(dkim->signatures[i].domain, domain))
			return true;
	return false;
}

static void
require_sound(const struct findings *findings)
{
	const struct dmarc_finding *finding = &findings->dmarc;
	struct text author = finding->author.domain;
	bool is_aligned = finding->spf_aligned || finding->dkim_aligned;

	require(finding->result == RESULT_NONE || finding->result == RESULT_PASS ||
		finding->result == RESULT_FAIL || finding->result == RESULT_TEMPERROR);
	require((finding->result == RESULT_PASS) == is_aligned);
	require(!is_aligned || !text_is_empty(finding->policy_domain));
	require(!finding->spf_aligned || findings->spf.mail_from.result == RESULT_PASS);
	require(!finding->dkim_aligned ||
		has_pass(&findings->dkim, finding->aligned_dkim_domain));
	require(!finding->dkim_aligned || !finding->is_strict_dkim ||
		text_equal(finding->aligned_dkim_domain, author));
	require(!finding->spf_aligned || !finding->is_strict_spf ||
		text_equal(findings->spf.mail_from.domain, author));
	require(text_is_empty(finding->policy_domain) ||
		domain_name_is_at_or_below(author, finding->policy_domain));
	require(text_is_empty(finding->organizational_domain) ||
		domain_name_is_at_or_below(author, finding->organizational_domain));
	if (finding->dkim_aligned && !text_is_empty(finding->organizational_domain))
		require(domain_name_is_at_or_below(finding->aligned_dkim_domain,
						   finding->organizational_domain));
	require(finding->effective <= finding->published);
	require(finding->result != RESULT_TEMPERROR || finding->reason != NULL);
	for (const char *c = finding->reason; c != NULL && *c != '\0'; c++)
		require(byte_is_printable(*c));
}

static struct findings
run_check(struct arena *arena, const struct input *input, bool has_prefetch)
{
	struct config config = { .check_dmarc = true, .check_spf = true, .check_dkim = true,
				 .honor_test_mode = true, .dkim_signatures_max = 20 };
	struct connection connection = { .helo = TEXT("example.com") };
	struct message message = { .connection = &connection };
	struct findings findings = { 0 };
	struct check_run run = { .arena = arena, .config = &config, .message = &message,
				 .findings = &findings };

	run.dns = dns_session_new(arena, input->backend, BUDGET, clock_milliseconds() + FAR);
	set_identifiers(arena, &message, &findings, input->identifiers);
	message_add_field(&message, arena, TEXT("From"), input->from, HEADER_BYTES_MAX);
	if (has_prefetch)
		prefetch_all(&run, &message);
	dmarc_check.end(&run);
	require_sound(&findings);
	/* the author's walk and existence test, ten walks, and ten in advance */
	require(dns_question_count(run.dns) <= 9 + (has_prefetch ? 20 : 10) * 8);
	return findings;
}

static void
require_same(const struct dmarc_finding *a, const struct dmarc_finding *b)
{
	require(a->result == b->result);
	require(a->published == b->published && a->effective == b->effective);
	require(a->policy_tag == b->policy_tag);
	require(text_equal(a->policy_domain, b->policy_domain));
	require(text_equal(a->organizational_domain, b->organizational_domain));
	require(a->spf_aligned == b->spf_aligned && a->dkim_aligned == b->dkim_aligned);
	require(text_equal(a->aligned_dkim_domain, b->aligned_dkim_domain));
	require(a->author_signature_broken == b->author_signature_broken);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text rest = text_of((const char *)data, size);
	struct input input = { .backend = NULL };
	struct text reason;
	struct zone_text *zone;

	/* A name server that is silent only takes time here. */
	if (size > 0 && text_next_part(&rest, '\n', &input.from) &&
	    text_next_part(&rest, '\n', &input.identifiers) &&
	    text_find_text(rest, TEXT("TIMEOUT")) == TEXT_NOT_FOUND) {
		zone = zone_text_parse(arena, rest, &reason);
		if (zone != NULL) {
			struct findings plain;
			struct findings ahead;

			input.backend = zone_text_backend(arena, zone);
			plain = run_check(arena, &input, false);
			ahead = run_check(arena, &input, true);
			require_same(&plain.dmarc, &ahead.dmarc);
		}
	}
	arena_free(&arena);
	return 0;
}
