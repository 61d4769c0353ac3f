/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc_bench.h"

#include "base/clock.h"
#include "base/textbuf.h"
#include "dns/zone_text.h"

void
bench_begin(struct bench *bench, struct text zone_source, size_t budget)
{
	struct arena *arena = arena_new();
	struct text reason = TEXT("");
	struct zone_text *zone = zone_text_parse(arena, zone_source, &reason);

	if (zone == NULL)
		fail_msg("%.*s", TEXT_ARGUMENTS(reason));
	*bench = (struct bench){ .arena = arena };
	bench->config.check_dmarc = true;
	bench->config.check_spf = true;
	bench->config.check_dkim = true;
	bench->config.honor_test_mode = true;
	bench->config.dkim_signatures_max = 20;
	bench->message.connection = &bench->connection;
	bench->run = (struct check_run){
		.arena = arena,
		.config = &bench->config,
		.message = &bench->message,
		.dns = dns_session_new(arena, zone_text_backend(arena, zone), budget,
				       clock_milliseconds() + FAR),
		.findings = &bench->findings,
	};
}

static enum result
result_from(struct text keyword)
{
	for (enum result result = RESULT_NONE; result <= RESULT_PERMERROR; result++)
		if (text_equal(keyword, text_from(result_keyword(result))))
			return result;
	fail_msg("no such result: %.*s", TEXT_ARGUMENTS(keyword));
	return RESULT_NOT_CHECKED;
}

static bool
add_reported(struct bench *bench, struct text kind, struct text domain)
{
	static const char *const kinds[] = {
		[ARC_REPORTED_DMARC] = "arcdmarc",
		[ARC_REPORTED_SPF] = "arcspf",
		[ARC_REPORTED_DKIM] = "arcdkim",
		[ARC_REPORTED_DKIM_IDENTITY] = "arcidentity",
	};
	struct arc_finding *arc = &bench->findings.arc;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (!text_equal(kind, text_from(kinds[i])))
			continue;
		arc->reported[arc->reported_count++] = (struct arc_reported_pass){
			.method = (enum arc_reported_method)i, .domain = domain };
		return true;
	}
	return false;
}

static void
add_word(struct bench *bench, struct text word)
{
	size_t equal_sign = text_find(word, '=');
	size_t colon = text_find(word, ':');
	struct text kind = text_cut(word, 0, equal_sign);
	enum result result = result_from(text_cut(word, equal_sign + 1, colon - equal_sign - 1));
	struct text domain = text_from_position(word, colon + 1);
	struct dkim_finding *dkim = &bench->findings.dkim;
	struct spf_finding *spf = &bench->findings.spf;

	if (add_reported(bench, kind, domain))
		return;
	if (text_equal(kind, TEXT("helo"))) {
		spf->helo = (struct spf_identity){ .result = result, .domain = domain };
		return;
	}
	if (text_equal(kind, TEXT("spf")) || text_equal(kind, TEXT("bounce"))) {
		spf->mail_from = (struct spf_identity){ .result = result, .domain = domain };
		spf->sender_is_null = text_equal(kind, TEXT("bounce"));
		bench->message.sender = (struct address){
			.is_null = spf->sender_is_null, .is_valid = true, .domain = domain
		};
		bench->connection.helo = domain;
		return;
	}
	dkim->signatures[dkim->count++] = (struct dkim_signature_finding){
		.result = result, .domain = domain,
		.key_fits = text_equal(kind, TEXT("broken")) || result == RESULT_PASS,
	};
	message_add_field(&bench->message, bench->arena, TEXT("DKIM-Signature"),
			  text_printf(bench->arena, " v=1; a=rsa-sha256; s=s; d=%.*s; h=from; bh="
				      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=AAAA",
				      TEXT_ARGUMENTS(domain)), HEADER_BYTES_MAX);
}

void
set_findings(struct bench *bench, const char *words)
{
	struct text rest = text_from(words);
	struct text word;

	bench->findings.dkim.signatures =
		arena_array(bench->arena, rest.length + 1, sizeof(struct dkim_signature_finding));
	bench->findings.arc.reported =
		arena_array(bench->arena, rest.length + 1, sizeof(struct arc_reported_pass));
	while (text_next_part(&rest, ' ', &word))
		if (word.length > 0)
			add_word(bench, word);
}

void
add_authors(struct bench *bench, const char *from)
{
	struct text rest = text_from(from);
	struct text value;

	while (text_next_part(&rest, '\n', &value)) {
		if (text_is_empty(value))
			continue;
		message_add_field(&bench->message, bench->arena, TEXT("From"), value,
				  HEADER_BYTES_MAX);
	}
}

void
prefetch_all(struct bench *bench)
{
	struct message *message = &bench->message;
	size_t count = message->field_count;

	dmarc_check.prefetch(&bench->run, FACT_RECIPIENT);
	for (message->field_count = 1; message->field_count <= count; message->field_count++) {
		dmarc_check.prefetch(&bench->run, FACT_FIELD);
		dns_flush(bench->run.dns);
	}
	message->field_count = count;
	dmarc_check.prefetch(&bench->run, FACT_HEADER_END);
	while (dns_wait(bench->run.dns))
		dmarc_check.prefetch(&bench->run, FACT_ANSWER);
}

const char *
describe(struct arena *arena, const struct dmarc_finding *finding)
{
	struct textbuf out = textbuf_new(arena, TEXT_BYTES_MAX);

	textbuf_add_string(&out, result_keyword(finding->result));
	if (finding->policy_domain.length > 0)
		textbuf_printf(&out, " at=%.*s", TEXT_ARGUMENTS(finding->policy_domain));
	if (finding->organizational_domain.length > 0)
		textbuf_printf(&out, " org=%.*s", TEXT_ARGUMENTS(finding->organizational_domain));
	if (finding->policy_tag != 0)
		textbuf_printf(&out, " %c=%s", finding->policy_tag,
			       dmarc_policy_keyword(finding->published));
	if (finding->effective != finding->published)
		textbuf_printf(&out, " effective=%s", dmarc_policy_keyword(finding->effective));
	if (finding->is_testing)
		textbuf_add_string(&out, " testing");
	if (finding->spf_aligned)
		textbuf_add_string(&out, " spf");
	if (finding->dkim_aligned)
		textbuf_printf(&out, " dkim=%.*s", TEXT_ARGUMENTS(finding->aligned_dkim_domain));
	if (finding->author_signature_broken)
		textbuf_add_string(&out, " broken");
	if (finding->sealer_reports_pass)
		textbuf_add_string(&out, " sealer");
	return text_string(arena, textbuf_text(&out));
}

void
expect_row(const struct row *row, const struct bench *bench)
{
	const struct dmarc_finding *finding = &bench->findings.dmarc;
	const char *got = describe(bench->arena, finding);

	if (!text_equal(text_from(got), text_from(row->expected)))
		fail_msg("%s: \"%s\", not \"%s\" (%s)", row->name, got, row->expected,
			 finding->reason != NULL ? finding->reason : "no reason");
	if (finding->result == RESULT_TEMPERROR || finding->result == RESULT_PERMERROR)
		assert_non_null(finding->reason);
	for (size_t i = 0; finding->reason != NULL && finding->reason[i] != '\0'; i++)
		assert_true(byte_is_printable(finding->reason[i]));
}

void
run_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < 2 * count; i++) {
		const struct row *row = &rows[i / 2];
		struct bench bench;

		bench_begin(&bench, text_from(row->zone), BUDGET);
		set_findings(&bench, row->words);
		add_authors(&bench, row->from);
		if (i % 2 == 1)
			prefetch_all(&bench);
		dmarc_check.end(&bench.run);
		expect_row(row, &bench);
		arena_free(&bench.arena);
	}
}
