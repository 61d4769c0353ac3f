/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/textbuf.h"
#include "checks/public_suffix.h"
#include "dns/zone_text.h"

enum { FAR = 600000, BUDGET = 300, TEXT_BYTES_MAX = 65536, HEADER_BYTES_MAX = 65536 };

/* RFC 9989 B.1 and the like: a domain that rejects, another that does nothing. */
#define REJECT "_dmarc.example.com TXT v=DMARC1; p=reject\nexample.com A 192.0.2.1\n"

struct bench {
	struct arena *arena;
	struct config config;
	struct connection connection;
	struct message message;
	struct findings findings;
	struct check_run run;
};

static void
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

/*
 * Findings and facts from words: "spf=RESULT:DOMAIN", "bounce=RESULT:DOMAIN" (a
 * null sender), "helo=RESULT:DOMAIN", "dkim=RESULT:DOMAIN", and "broken=fail:DOMAIN"
 * for a signature whose key fits; "arcdmarc=", "arcspf=", "arcdkim=" and
 * "arcidentity=" are what a trusted sealer reports.
 */
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

static void
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

/* All From fields, one a line. */
static void
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

/* As the evaluation does it: a stage per fact, the answers in between. */
static void
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

static const char *
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

struct row {
	const char *name;
	const char *zone;
	const char *from;
	const char *words;
	const char *expected;
};

static void
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

/* Each row without prefetch, and with: the verdict must be the same. */
static void
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

static void
aligns_identifiers(void **state)
{
	static const struct row rows[] = {
		{ "rfc9989_4.4_spf_equal", REJECT, "a@example.com", "spf=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		{ "rfc9989_4.4_dkim_equal", REJECT, "a@example.com", "dkim=pass:example.com",
		  "pass at=example.com org=example.com p=reject dkim=example.com" },
		{ "rfc9989_4.4_both", REJECT, "a@example.com", "spf=pass:example.com dkim=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf dkim=example.com" },
		{ "rfc9989_4.4_case_and_trailing_dot", REJECT, "a@EXAMPLE.com.", "spf=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		{ "rfc9989_5.3.1_u_label_author",
		  "_dmarc.xn--bcher-kva.example TXT v=DMARC1; p=reject\n",
		  "a@b\xc3\xbc" "cher.example", "dkim=pass:xn--bcher-kva.example",
		  "pass at=xn--bcher-kva.example org=xn--bcher-kva.example p=reject dkim=xn--bcher-kva.example" },
		{ "rfc9989_b.1.1_relaxed_child", REJECT, "a@example.com", "spf=pass:child.example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		{ "rfc9989_b.1.1_relaxed_parent", REJECT, "a@child.example.com", "spf=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		{ "rfc9989_b.1.2_relaxed_sibling", REJECT, "a@one.example.com", "dkim=pass:two.example.com",
		  "pass at=example.com org=example.com p=reject dkim=two.example.com" },
		{ "rfc9989_b.1.1_other_domain", REJECT, "a@example.com", "spf=pass:example.net",
		  "fail at=example.com org=example.com p=reject" },
		{ "not_below_but_longer", REJECT, "a@example.com", "spf=pass:badexample.com",
		  "fail at=example.com org=example.com p=reject" },
		{ "nothing_passes", REJECT, "a@example.com", "", "fail at=example.com org=example.com p=reject" },
		{ "only_pass_counts_spf", REJECT, "a@example.com", "spf=softfail:example.com",
		  "fail at=example.com org=example.com p=reject" },
		{ "only_pass_counts_neutral", REJECT, "a@example.com",
		  "spf=neutral:example.com dkim=neutral:example.com dkim=policy:example.com "
		  "dkim=permerror:example.com", "fail at=example.com org=example.com p=reject" },
		{ "permerror_is_no_temperror", REJECT, "a@example.com",
		  "spf=permerror:example.com dkim=permerror:example.com",
		  "fail at=example.com org=example.com p=reject" },
		/* 4.4: strict (trap T4) */
		{ "rfc9989_4.4_strict_spf_child",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=s\n", "a@example.com",
		  "spf=pass:child.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.4_strict_spf_leaves_dkim_relaxed",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=s\n", "a@example.com",
		  "spf=pass:child.example.com dkim=pass:child.example.com",
		  "pass at=example.com org=example.com p=reject dkim=child.example.com" },
		{ "rfc8617_7.2.1_dmarc", REJECT, "a@example.com", "spf=pass:l.example arcdmarc=pass:example.com",
		  "fail at=example.com org=example.com p=reject sealer" },
		{ "rfc8617_7.2.1_dmarc_of_another", REJECT, "a@example.com", "arcdmarc=pass:child.example.com",
		  "fail at=example.com org=example.com p=reject" },
		{ "rfc8617_7.2.1_spf", REJECT, "a@example.com", "arcdkim=pass:l.example arcspf=pass:b.example.com",
		  "fail at=example.com org=example.com p=reject sealer" },
		{ "rfc8617_7.2.1_spf_of_another", REJECT, "a@example.com", "arcspf=pass:example.org",
		  "fail at=example.com org=example.com p=reject" },
		{ "rfc8617_7.2.1_dkim", REJECT, "a@example.com", "arcdkim=pass:example.com",
		  "fail at=example.com org=example.com p=reject sealer" },
		{ "rfc8617_7.2.1_identity", REJECT, "a@example.com", "arcidentity=pass:b.example.com",
		  "fail at=example.com org=example.com p=reject sealer" },
		{ "rfc8617_7.2.1_strict_identity", "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n",
		  "a@example.com", "arcidentity=pass:example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc8617_7.2.1_strict_dkim", "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n",
		  "a@example.com", "arcdkim=pass:b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc8617_7.2.1_strict_spf", "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=s\n",
		  "a@example.com", "arcspf=pass:b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc8617_7.2.1_a_pass_needs_no_sealer", REJECT, "a@example.com",
		  "dkim=pass:example.com arcdmarc=pass:example.com",
		  "pass at=example.com org=example.com p=reject dkim=example.com" },
		{ "rfc9989_4.4_strict_dkim_parent",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n", "a@child.example.com",
		  "dkim=pass:example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.4_strict_equal",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s; aspf=s\n", "a@child.example.com",
		  "dkim=pass:child.example.com", "pass at=example.com org=example.com p=reject "
		  "dkim=child.example.com" },
		{ "rfc9989_4.4_mode_is_that_of_the_applied_record",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n"
		  "_dmarc.a.example.com TXT v=DMARC1; p=none\n", "a@a.example.com",
		  "dkim=pass:example.com", "pass at=a.example.com org=example.com p=none dkim=example.com" },
		/* 4.4.2: which SPF identity */
		{ "rfc9989_4.4.2_helo_alone_never_counts", REJECT, "a@example.com",
		  "spf=none:example.net helo=pass:example.com",
		  "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.4.2_null_sender", REJECT, "a@example.com",
		  "bounce=pass:mail.example.com helo=pass:mail.example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		/* 4.4.1: any signature */
		{ "rfc9989_4.4.1_one_of_several", REJECT, "a@example.com",
		  "dkim=pass:example.net dkim=fail:example.com dkim=pass:mail.example.com",
		  "pass at=example.com org=example.com p=reject dkim=mail.example.com" },
		{ "exact_one_is_named", REJECT, "a@example.com",
		  "dkim=pass:mail.example.com dkim=pass:example.com",
		  "pass at=example.com org=example.com p=reject dkim=example.com" },
		/* a signature of the author's that is broken */
		{ "broken_signature", REJECT, "a@example.com", "broken=fail:example.com",
		  "fail at=example.com org=example.com p=reject broken" },
		{ "broken_signature_relaxed", REJECT, "a@example.com", "broken=fail:mail.example.com",
		  "fail at=example.com org=example.com p=reject broken" },
		{ "broken_signature_of_another", REJECT, "a@example.com", "broken=fail:example.net",
		  "fail at=example.com org=example.com p=reject" },
		{ "broken_signature_without_key", REJECT, "a@example.com", "dkim=fail:example.com",
		  "fail at=example.com org=example.com p=reject" },
		{ "broken_signature_strict",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n", "a@example.com",
		  "broken=fail:mail.example.com", "fail at=example.com org=example.com p=reject" },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

static void
applies_records(void **state)
{
	static const struct row rows[] = {
		{ "rfc9989_4.10.1_no_record", "example.com A 192.0.2.1\n", "a@example.com",
		  "spf=pass:example.com", "none org=example.com" },
		{ "rfc9989_4.10.1_own_record_before_the_organizations",
		  REJECT "_dmarc.mail.example.com TXT v=DMARC1; p=quarantine\n", "a@mail.example.com",
		  "spf=pass:example.com",
		  "pass at=mail.example.com org=example.com p=quarantine spf" },
		{ "rfc9989_4.10.1_records_between_do_not_apply",
		  REJECT "_dmarc.mail.example.com TXT v=DMARC1; p=none\n", "a@a.mail.example.com",
		  "dkim=pass:other.example.com",
		  "pass at=example.com org=example.com p=reject dkim=other.example.com" },
		{ "rfc9989_4.10.1_public_suffix_record",
		  "_dmarc.bank.example TXT v=DMARC1; p=reject; psd=y\n"
		  "_dmarc.giant.bank.example TXT v=DMARC1; p=quarantine\n", "a@mega.bank.example",
		  "dkim=pass:mail.mega.bank.example",
		  "pass at=bank.example org=mega.bank.example p=reject dkim=mail.mega.bank.example" },
		{ "rfc9989_b.4.3_spf_aligned",
		  "_dmarc.bank.example TXT v=DMARC1; p=reject; psd=y\n"
		  "_dmarc.giant.bank.example TXT v=DMARC1; p=quarantine\n", "a@giant.bank.example",
		  "spf=pass:mail.giant.bank.example dkim=pass:mail.mega.bank.example",
		  "pass at=giant.bank.example org=giant.bank.example p=quarantine spf" },
		{ "rfc9989_b.4.3_dkim_of_another_bank",
		  "_dmarc.bank.example TXT v=DMARC1; p=reject; psd=y\n"
		  "_dmarc.giant.bank.example TXT v=DMARC1; p=quarantine\n", "a@giant.bank.example",
		  "dkim=pass:mail.mega.bank.example",
		  "fail at=giant.bank.example org=giant.bank.example p=quarantine" },
		{ "rfc9989_b.4.1_record_at_the_signer",
		  REJECT "_dmarc.signing.example.com TXT v=DMARC1; p=reject\n", "a@example.com",
		  "dkim=pass:signing.example.com",
		  "pass at=example.com org=example.com p=reject dkim=signing.example.com" },
		{ "rfc9989_b.4.2_many_labels", REJECT "_dmarc.signing.example.com TXT v=DMARC1; p=reject\n",
		  "a@a.b.c.d.e.f.g.h.i.j.k.example.com", "dkim=pass:signing.example.com spf=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf dkim=signing.example.com" },
		{ "rfc9989_4.10.2_psd_n_is_organizational_domain",
		  REJECT "_dmarc.b.example.com TXT v=DMARC1; p=quarantine; psd=n\n", "a@a.b.example.com",
		  "dkim=pass:example.com", "fail at=b.example.com org=b.example.com p=quarantine" },
		{ "rfc9989_4.10.2_psd_n_aligned",
		  REJECT "_dmarc.b.example.com TXT v=DMARC1; p=quarantine; psd=n\n", "a@a.b.example.com",
		  "dkim=pass:c.b.example.com",
		  "pass at=b.example.com org=b.example.com p=quarantine dkim=c.b.example.com" },
		{ "rfc9989_4.10.2_identifier_below_its_own_psd_n",
		  REJECT "_dmarc.b.example.com TXT v=DMARC1; p=quarantine; psd=n\n", "a@example.com",
		  "dkim=pass:c.b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.10.2_author_is_the_public_suffix",
		  "_dmarc.gov.example TXT v=DMARC1; p=reject; sp=none; psd=y\n", "a@gov.example",
		  "spf=pass:mail.gov.example", "fail at=gov.example org=gov.example p=reject" },
		{ "rfc9989_4.10.2_psd_y_at_the_top", "_dmarc.com TXT v=DMARC1; p=reject; psd=y\n",
		  "a@mail.example.com", "dkim=pass:other.example.com",
		  "pass at=com org=example.com p=reject dkim=other.example.com" },
		{ "rfc9989_4.10.2_psd_y_at_the_top_other_organization",
		  "_dmarc.com TXT v=DMARC1; p=reject; psd=y\n", "a@mail.example.com",
		  "dkim=pass:other.example2.com", "fail at=com org=example.com p=reject" },
		{ "rfc9989_11.8_record_at_the_top_is_everyones",
		  "_dmarc.com TXT v=DMARC1; p=none\n" REJECT, "a@example.com", "spf=pass:example2.com",
		  "pass at=example.com org=com p=reject spf" },
		{ "rfc9989_record_only_below_the_signer", "_dmarc.mail.example.com TXT v=DMARC1; p=reject\n",
		  "a@mail.example.com", "dkim=pass:example.com",
		  "fail at=mail.example.com org=mail.example.com p=reject" },
		{ "rfc9989_4.10_several_records_are_discarded",
		  "_dmarc.a.example.com TXT v=DMARC1; p=none\n_dmarc.a.example.com TXT v=DMARC1; p=none\n"
		  REJECT, "a@a.example.com", "", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.10_several_records_and_no_other",
		  "_dmarc.example.com TXT v=DMARC1; p=none\n_dmarc.example.com TXT v=DMARC1; p=reject\n",
		  "a@example.com", "spf=pass:example.com", "none org=example.com" },
		{ "rfc9989_single_label_author", "_dmarc.test TXT v=DMARC1; p=reject\n", "a@test",
		  "spf=pass:test", "pass at=test org=test p=reject spf" },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

#define NP "_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=reject\n"

static void
selects_the_policy(void **state)
{
	static const struct row rows[] = {
		{ "rfc9989_4.7_sp_below", "_dmarc.example.com TXT v=DMARC1; p=reject; sp=quarantine\n"
		  "a.example.com A 192.0.2.1\n", "a@a.example.com", "",
		  "fail at=example.com org=example.com s=quarantine" },
		{ "rfc9989_4.7_sp_not_for_the_own_record",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; sp=none\n", "a@example.com", "",
		  "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.7_np_absent_name", NP "www.example.com A 192.0.2.1\n", "a@no.example.com", "",
		  "fail at=example.com org=example.com n=reject" },
		{ "rfc9989_4.7_np_existing_name", NP "a.example.com A 192.0.2.1\n", "a@a.example.com", "",
		  "fail at=example.com org=example.com s=quarantine" },
		{ "rfc9989_a.4_any_type_is_existence", NP "a.example.com MX 10 mx.example.net\n",
		  "a@a.example.com", "", "fail at=example.com org=example.com s=quarantine" },
		{ "rfc9989_a.4_empty_non_terminal_exists", NP "x.a.example.com TXT x\n",
		  "a@a.example.com", "", "fail at=example.com org=example.com s=quarantine" },
		{ "rfc9989_a.4_dangling_cname_exists", NP "a.example.com CNAME gone.example.net\n",
		  "a@a.example.com", "", "fail at=example.com org=example.com s=quarantine" },
		{ "rfc9989_4.7_np_not_for_the_own_record", NP, "a@example.com", "",
		  "fail at=example.com org=example.com p=none" },
		{ "rfc9989_4.7_np_falls_back_to_p", "_dmarc.example.com TXT v=DMARC1; p=quarantine\n",
		  "a@no.example.com", "", "fail at=example.com org=example.com p=quarantine" },
		{ "rfc9989_11_np_of_a_public_suffix",
		  "_dmarc.gov.example TXT v=DMARC1; p=reject; sp=none; np=reject; psd=y\n"
		  "real.gov.example A 192.0.2.1\n", "a@fake.gov.example", "",
		  "fail at=gov.example org=fake.gov.example n=reject" },
		{ "rfc9989_11_sp_of_a_public_suffix",
		  "_dmarc.gov.example TXT v=DMARC1; p=reject; sp=none; np=reject; psd=y\n"
		  "real.gov.example A 192.0.2.1\n", "a@real.gov.example", "",
		  "fail at=gov.example org=real.gov.example s=none" },
		/* 4.7: t=y */
		{ "rfc9989_4.7_test_mode_reject", "_dmarc.example.com TXT v=DMARC1; p=reject; t=y\n",
		  "a@example.com", "",
		  "fail at=example.com org=example.com p=reject effective=quarantine testing" },
		{ "rfc9989_4.7_test_mode_quarantine", "_dmarc.example.com TXT v=DMARC1; p=quarantine; t=Y\n",
		  "a@example.com", "",
		  "fail at=example.com org=example.com p=quarantine effective=none testing" },
		{ "rfc9989_4.7_test_mode_none", "_dmarc.example.com TXT v=DMARC1; p=none; t=y\n",
		  "a@example.com", "", "fail at=example.com org=example.com p=none testing" },
		{ "rfc9989_4.7_only_y_is_test_mode", "_dmarc.example.com TXT v=DMARC1; p=reject; t=yes\n",
		  "a@example.com", "", "fail at=example.com org=example.com p=reject" },
		/* 4.10.1: records without a valid policy */
		{ "rfc9989_4.10.1_bad_sp_without_rua", "_dmarc.example.com TXT v=DMARC1; p=reject; sp=nope\n",
		  "a@example.com", "spf=pass:example.com", "none org=example.com" },
		{ "rfc9989_4.10.1_bad_sp_with_rua",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; sp=nope; rua=mailto:x@y\n", "a@example.com",
		  "spf=pass:example.com", "pass at=example.com org=example.com p=none spf" },
		{ "rfc9989_4.10.1_no_p_with_rua", "_dmarc.example.com TXT v=DMARC1; rua=mailto:x@y\n",
		  "a@example.com", "", "fail at=example.com org=example.com p=none" },
		{ "rfc9989_4.10.1_no_p_without_rua_goes_no_further",
		  "_dmarc.a.example.com TXT v=DMARC1; sp=quarantine; np=reject\n" REJECT, "a@a.example.com",
		  "", "none org=example.com" },
		{ "rfc9989_4.7_pct_is_history", "_dmarc.example.com TXT v=DMARC1; p=reject; pct=0\n",
		  "a@example.com", "", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_4.8_stray_text", "_dmarc.example.com TXT v=DMARC1; p=none; reject\n",
		  "a@example.com", "", "fail at=example.com org=example.com p=none" },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

/* RFC 9989 5.3.6: temporary only where the missing answer could have made a pass (trap T5). */
static void
counts_errors_only_where_they_matter(void **state)
{
	static const struct row rows[] = {
		{ "rfc9989_5.3.6_error_at_the_author_domain", "_dmarc.example.com SERVFAIL\n",
		  "a@example.com", "spf=pass:example.com", "temperror org=example.com" },
		{ "rfc9989_5.3.6_error_at_the_author_domain_under_a_record",
		  "_dmarc.a.example.com REFUSED TXT\n" REJECT, "a@a.example.com", "",
		  "temperror at=example.com p=reject" },
		{ "rfc9989_5.3.6_error_in_the_middle",
		  "_dmarc.b.example.com SERVFAIL TXT\n" REJECT, "a@a.b.example.com", "dkim=pass:example.com",
		  "temperror at=example.com p=reject" },
		{ "rfc9989_5.3.6_error_at_the_top_own_record", REJECT "_dmarc.com SERVFAIL TXT\n",
		  "a@example.com", "dkim=pass:example.com", "pass at=example.com p=reject dkim=example.com" },
		{ "rfc9989_5.3.6_error_at_the_top_nothing_passes", REJECT "_dmarc.com SERVFAIL TXT\n",
		  "a@example.com", "", "fail at=example.com p=reject" },
		{ "rfc9989_5.3.6_error_at_the_top_could_align", REJECT "_dmarc.com SERVFAIL TXT\n",
		  "a@example.com", "dkim=pass:other.com", "temperror at=example.com p=reject" },
		{ "rfc9989_5.3.6_error_at_the_top_other_organization",
		  REJECT "_dmarc.com SERVFAIL TXT\n_dmarc.other.com TXT v=DMARC1; psd=n\n",
		  "a@example.com", "dkim=pass:a.other.com", "fail at=example.com p=reject" },
		{ "rfc9989_5.3.6_error_at_the_top_cannot_align", REJECT "_dmarc.com SERVFAIL TXT\n",
		  "a@example.com", "dkim=pass:example.org", "fail at=example.com p=reject" },
		{ "rfc9989_5.3.6_error_at_the_top_organizations_record", REJECT "_dmarc.com SERVFAIL TXT\n",
		  "a@a.example.com", "", "temperror at=example.com p=reject" },
		{ "rfc9989_5.3.6_pass_whatever_record_applies", REJECT "_dmarc.com SERVFAIL TXT\n",
		  "a@a.example.com", "spf=pass:a.example.com", "pass at=example.com p=reject spf" },
		{ "rfc9989_5.3.6_error_behind_psd_n",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; psd=n\n_dmarc.com SERVFAIL TXT\n",
		  "a@a.example.com", "dkim=pass:b.example.com",
		  "pass at=example.com org=example.com p=reject dkim=b.example.com" },
		{ "rfc9989_5.3.6_error_on_the_way_of_an_identifier",
		  REJECT "_dmarc.b.example.com SERVFAIL TXT\n", "a@example.com", "dkim=pass:b.example.com",
		  "temperror at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_error_on_the_way_beside_a_pass",
		  REJECT "_dmarc.b.example.com SERVFAIL TXT\n", "a@example.com",
		  "dkim=pass:b.example.com spf=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		{ "rfc9989_5.3.6_error_on_the_way_not_required",
		  REJECT "_dmarc.b.example.net SERVFAIL TXT\n_dmarc.example.net SERVFAIL\n",
		  "a@example.com", "dkim=pass:b.example.net", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_error_on_the_way_strict",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n_dmarc.b.example.com SERVFAIL TXT\n",
		  "a@example.com", "dkim=pass:b.example.com", "fail at=example.com org=example.com p=reject" },
		/* SPF and DKIM that could not be finished */
		{ "rfc9989_5.3.6_spf_temperror_equal", REJECT, "a@example.com", "spf=temperror:example.com",
		  "temperror at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_spf_temperror_below", REJECT, "a@example.com", "spf=temperror:b.example.com",
		  "temperror at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_spf_temperror_elsewhere", REJECT, "a@example.com",
		  "spf=temperror:evil.example", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_spf_temperror_strict",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=s\n", "a@example.com",
		  "spf=temperror:b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_helo_temperror", REJECT, "a@example.com",
		  "spf=fail:example.net helo=temperror:example.com",
		  "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_dkim_temperror_equal", REJECT, "a@example.com", "dkim=temperror:example.com",
		  "temperror at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_dkim_temperror_elsewhere", REJECT, "a@example.com",
		  "dkim=temperror:evil.example dkim=temperror:com",
		  "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_dkim_temperror_below_its_own_organization",
		  REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n", "a@example.com",
		  "dkim=temperror:b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_dkim_temperror_strict",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n", "a@example.com",
		  "dkim=temperror:b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc9989_5.3.6_dkim_temperror_beside_pass", REJECT, "a@example.com",
		  "dkim=temperror:example.com spf=pass:example.com",
		  "pass at=example.com org=example.com p=reject spf" },
		{ "rfc9989_5.3.6_temperror_without_record", "example.com A 192.0.2.1\n", "a@example.com",
		  "dkim=temperror:example.com spf=temperror:example.com", "none org=example.com" },
		/* the existence test */
		{ "rfc9989_5.3.6_existence_unknown", NP "a.example.com SERVFAIL\n", "a@a.example.com", "",
		  "temperror at=example.com org=example.com s=quarantine" },
		{ "rfc9989_5.3.6_existence_unknown_and_pass", NP "a.example.com SERVFAIL\n", "a@a.example.com",
		  "dkim=pass:example.com", "pass at=example.com org=example.com s=quarantine dkim=example.com" },
		{ "rfc9989_5.3.6_existence_unknown_weaker_np",
		  "_dmarc.example.com TXT v=DMARC1; p=reject; np=none\na.example.com SERVFAIL\n",
		  "a@a.example.com", "", "temperror at=example.com org=example.com n=none" },
		{ "rfc9989_1.7_existence_not_asked_when_equal",
		  "_dmarc.example.com TXT v=DMARC1; p=none; sp=reject; np=reject\na.example.com SERVFAIL\n",
		  "a@a.example.com", "", "fail at=example.com org=example.com s=reject" },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

/* RFC 9989 4.2, 5.3.1, 11.5: no author domain, no verdict, and no questions. */
static void
needs_one_author_domain(void **state)
{
	static const struct {
		const char *from;
		enum author_status status;
	} rows[] = {
		{ "", AUTHOR_NO_FIELD },
		{ "a@example.com\nb@example.com", AUTHOR_SEVERAL_FIELDS },
		{ "a@example.com, b@example.net", AUTHOR_SEVERAL_DOMAINS },
		{ "a@[192.0.2.1]", AUTHOR_NO_DOMAIN },
		{ "a@example.com>", AUTHOR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;

		bench_begin(&bench, TEXT(REJECT), BUDGET);
		set_findings(&bench, "spf=pass:example.com");
		add_authors(&bench, rows[i].from);
		dmarc_check.end(&bench.run);
		assert_int_equal(bench.findings.dmarc.result, RESULT_NONE);
		assert_int_equal(bench.findings.dmarc.author.status, rows[i].status);
		assert_non_null(bench.findings.dmarc.reason);
		assert_int_equal(bench.findings.dmarc.policy_tag, 0);
		assert_int_equal(dns_question_count(bench.run.dns), 0);
		arena_free(&bench.arena);
	}
}

static const char *
questions_of(const struct bench *bench)
{
	struct textbuf out = textbuf_new(bench->arena, TEXT_BYTES_MAX);
	const struct dns_answer *answer;
	struct text name;
	enum dns_type type;

	for (size_t i = 0; dns_question_at(bench->run.dns, i, &name, &type, &answer); i++) {
		assert_int_equal(type, DNS_TXT);
		if (out.length > 0)
			textbuf_add_byte(&out, ' ');
		textbuf_add(&out, text_starts_with(name, TEXT("_dmarc.")) ?
				  text_from_position(name, 6) : name);
	}
	return text_string(bench->arena, textbuf_text(&out));
}

/* What is asked: each name once, nothing that cannot matter, and all of it in advance. */
static void
asks_only_what_can_matter(void **state)
{
	static const struct {
		const char *name;
		const char *zone;
		const char *from;
		const char *words;
		const char *questions;
	} rows[] = {
		{ "rfc9989_b.4.1", REJECT "_dmarc.signing.example.com TXT v=DMARC1; p=reject\n",
		  "a@example.com", "dkim=pass:signing.example.com",
		  ".example.com .com .signing.example.com" },
		{ "other_tree", REJECT, "a@example.com", "spf=pass:example.net dkim=pass:com",
		  ".example.com .com" },
		{ "equal", REJECT, "a@example.com", "spf=pass:example.com", ".example.com .com" },
		{ "strict", "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n", "a@example.com",
		  "dkim=pass:a.example.com", ".example.com .com" },
		{ "no_record", "example.com A 192.0.2.1\n", "a@example.com", "dkim=pass:a.example.com",
		  ".example.com .com" },
		{ "psd_n", "_dmarc.b.example.com TXT v=DMARC1; p=reject; psd=n\n", "a@b.example.com",
		  "dkim=pass:a.example.com", ".b.example.com .example.com .com" },
		{ "existence", NP, "a@no.example.com", "", ".no.example.com .example.com .com no.example.com" },
		{ "existence_of_no_matter", "_dmarc.example.com TXT v=DMARC1; p=none; np=none\n",
		  "a@no.example.com", "", ".no.example.com .example.com .com" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		struct bench bench;
		size_t row = i / 2;
		const char *got;

		bench_begin(&bench, text_from(rows[row].zone), BUDGET);
		set_findings(&bench, rows[row].words);
		add_authors(&bench, rows[row].from);
		if (i % 2 == 1) {
			prefetch_all(&bench);
			got = questions_of(&bench);
			if (!text_equal(text_from(got), text_from(rows[row].questions)))
				fail_msg("%s, in advance: %s", rows[row].name, got);
		}
		dmarc_check.end(&bench.run);
		got = questions_of(&bench);
		if (!text_equal(text_from(got), text_from(rows[row].questions)))
			fail_msg("%s: %s, not %s", rows[row].name, got, rows[row].questions);
		arena_free(&bench.arena);
	}
}

/* Ten walks for identifiers: the aligned signature is the n-1st, nth, n+1st. */
static void
makes_ten_walks(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		size_t aligned = 9 + i / 2;
		bool has_prefetch = i % 2 == 1;
		struct bench bench;
		struct arena *arena = arena_new();
		struct textbuf zone = textbuf_new(arena, TEXT_BYTES_MAX);
		struct textbuf words = textbuf_new(arena, TEXT_BYTES_MAX);

		textbuf_add_string(&zone, REJECT);
		for (unsigned j = 1; j <= 12; j++) {
			if (j != aligned)
				textbuf_printf(&zone, "_dmarc.n%u.example.com TXT v=DMARC1; psd=n\n",
					       j);
			textbuf_printf(&words, "dkim=pass:n%u.example.com ", j);
			textbuf_printf(&words, "dkim=pass:n%u.example.com ", j);
		}
		bench_begin(&bench, textbuf_text(&zone), BUDGET);
		set_findings(&bench, text_string(arena, textbuf_text(&words)));
		add_authors(&bench, "a@example.com");
		if (has_prefetch)
			prefetch_all(&bench);
		dmarc_check.end(&bench.run);
		assert_int_equal(bench.findings.dmarc.result,
				 aligned <= 10 ? RESULT_PASS : RESULT_FAIL);
		if (aligned > 10)
			assert_non_null(bench.findings.dmarc.reason);
		arena_free(&bench.arena);
		arena_free(&arena);
	}
}

/* Our own limits never defer; the reserve serves the author domain, down to the existence test. */
static void
takes_a_limit_as_no_pass(void **state)
{
	static const struct {
		size_t budget;
		const char *expected;
	} rows[] = {
		{ 0, "permerror" },
		{ 2, "permerror at=example.com s=quarantine" },
		{ 3, "fail at=example.com org=example.com s=quarantine" },
		{ 4, "fail at=example.com org=example.com n=reject" },
		{ DNS_ESSENTIAL_RESERVE + 4, "fail at=example.com org=example.com n=reject" },
		{ DNS_ESSENTIAL_RESERVE + 5,
		  "pass at=example.com org=example.com n=reject dkim=x.example.com" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct row row = { "limit", "", "", "", rows[i].expected };
		struct bench bench;

		bench_begin(&bench, TEXT(NP), rows[i].budget);
		set_findings(&bench, "dkim=pass:x.example.com");
		add_authors(&bench, "a@no.example.com");
		dmarc_check.end(&bench.run);
		expect_row(&row, &bench);
		arena_free(&bench.arena);
	}
}

static void
takes_a_timeout_as_temporary(void **state)
{
	const struct row row = {
		"rfc9989_5.3.6_deadline", "", "", "", "temperror at=example.com p=reject"
	};
	struct bench bench;

	(void)state;
	bench_begin(&bench, TEXT(REJECT "_dmarc.a.example.com TIMEOUT\n"), BUDGET);
	set_findings(&bench, "");
	add_authors(&bench, "a@a.example.com");
	dmarc_check.prefetch(&bench.run, FACT_FIELD);
	dns_flush(bench.run.dns);
	dmarc_check.prefetch(&bench.run, FACT_ANSWER);
	dns_session_set_deadline(bench.run.dns, 0);
	dmarc_check.end(&bench.run);
	expect_row(&row, &bench);
	arena_free(&bench.arena);
}

static void
honors_test_mode_only_when_told(void **state)
{
	struct bench bench;

	(void)state;
	bench_begin(&bench, TEXT("_dmarc.example.com TXT v=DMARC1; p=reject; t=y\n"), BUDGET);
	bench.config.honor_test_mode = false;
	set_findings(&bench, "");
	add_authors(&bench, "a@example.com");
	assert_true(dmarc_check.enabled(&bench.config));
	dmarc_check.end(&bench.run);
	assert_int_equal(bench.findings.dmarc.effective, DMARC_POLICY_REJECT);
	assert_true(bench.findings.dmarc.is_testing);
	arena_free(&bench.arena);
}

/* A list of our own; the path is in the arena. */
static const char *
write_list(struct arena *arena)
{
	char *path = text_string(arena, TEXT("dmarc-suffixes-XXXXXX"));
	int descriptor = mkstemp(path);
	FILE *file;

	assert_true(descriptor >= 0);
	file = fdopen(descriptor, "w");
	assert_non_null(file);
	assert_true(fputs("com\nuk\nco.uk\nblog.com\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* DMARCDiscovery psl: RFC 7489 6.6.3 and 3.1. */
static void
follows_the_public_suffix_list(void **state)
{
	static const struct row rows[] = {
		{ "rfc7489_6.6.3_own_record", "_dmarc.a.example.com TXT v=DMARC1; p=none\n" REJECT,
		  "a@a.example.com", "spf=pass:b.example.com",
		  "pass at=a.example.com org=example.com p=none spf" },
		{ "rfc7489_6.6.3_registered_domain", REJECT, "a@a.b.example.com", "dkim=pass:c.example.com",
		  "pass at=example.com org=example.com p=reject dkim=c.example.com" },
		{ "rfc7489_6.6.3_nothing_between", "_dmarc.b.example.com TXT v=DMARC1; p=none\n",
		  "a@a.b.example.com", "", "none org=example.com" },
		{ "rfc7489_3.1_record_below_the_signer", "_dmarc.mail.example.com TXT v=DMARC1; p=reject\n",
		  "a@mail.example.com", "dkim=pass:example.com",
		  "pass at=mail.example.com org=example.com p=reject dkim=example.com" },
		{ "rfc7489_3.1_other_registrant", "_dmarc.a.co.uk TXT v=DMARC1; p=reject\n", "a@a.co.uk",
		  "dkim=pass:b.co.uk spf=pass:co.uk", "fail at=a.co.uk org=a.co.uk p=reject" },
		{ "rfc7489_3.1_strict", "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=s\n", "a@example.com",
		  "spf=pass:b.example.com", "fail at=example.com org=example.com p=reject" },
		{ "rfc7489_6.6.3_several_records_end_it",
		  "_dmarc.a.example.com TXT v=DMARC1; p=none\n_dmarc.a.example.com TXT v=DMARC1; p=none\n"
		  REJECT, "a@a.example.com", "", "none org=example.com" },
		{ "rfc7489_psd_is_not_asked_for", "_dmarc.com TXT v=DMARC1; p=reject; psd=y\n", "a@example.com",
		  "", "none org=example.com" },
		{ "np_as_rfc9989", NP, "a@no.example.com", "", "fail at=example.com org=example.com n=reject" },
		{ "error_at_the_author", "_dmarc.a.example.com SERVFAIL\n" REJECT, "a@a.example.com", "",
		  "temperror org=example.com" },
		{ "error_at_the_registered_domain", "_dmarc.example.com SERVFAIL\n", "a@a.example.com", "",
		  "temperror org=example.com" },
		{ "spf_temperror_elsewhere", REJECT, "a@example.com", "spf=temperror:example.net",
		  "fail at=example.com org=example.com p=reject" },
		{ "spf_temperror_within", REJECT, "a@example.com", "spf=temperror:a.example.com",
		  "temperror at=example.com org=example.com p=reject" },
	};
	struct arena *arena = arena_new();
	const char *path;

	(void)state;
	if (!public_suffix_available())
		skip();
	path = write_list(arena);
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		struct bench bench;

		bench_begin(&bench, text_from(rows[i / 2].zone), BUDGET);
		bench.config.dmarc_discovery = DISCOVERY_PUBLIC_SUFFIX_LIST;
		bench.config.public_suffix_list = text_from(path);
		set_findings(&bench, rows[i / 2].words);
		add_authors(&bench, rows[i / 2].from);
		if (i % 2 == 1)
			prefetch_all(&bench);
		dmarc_check.end(&bench.run);
		expect_row(&rows[i / 2], &bench);
		assert_true(bench.findings.dmarc.used_public_suffix_list);
		arena_free(&bench.arena);
	}
	assert_int_equal(unlink(path), 0);
	arena_free(&arena);
}

static void
does_not_guess_without_a_list(void **state)
{
	struct bench bench;

	(void)state;
	bench_begin(&bench, TEXT(REJECT), BUDGET);
	bench.config.dmarc_discovery = DISCOVERY_PUBLIC_SUFFIX_LIST;
	bench.config.public_suffix_list = TEXT("/nonexistent/list");
	set_findings(&bench, "spf=pass:example.com");
	add_authors(&bench, "a@example.com");
	prefetch_all(&bench);
	dmarc_check.end(&bench.run);
	assert_int_equal(bench.findings.dmarc.result, RESULT_PERMERROR);
	assert_non_null(bench.findings.dmarc.reason);
	arena_free(&bench.arena);
}

struct comparison_row {
	const char *name;
	const char *zone;
	const char *from;
	const char *words;
	const char *by_walk;
	const char *by_list;
};

/* Each by both discoveries; whichever decides, its finding is the same as when it is alone. */
static const struct comparison_row comparison_rows[] = {
	{ "same", REJECT, "a@example.com", "spf=pass:example.com",
	  "pass at=example.com org=example.com p=reject spf",
	  "pass at=example.com org=example.com p=reject spf" },
	{ "record_between", "_dmarc.b.example.com TXT v=DMARC1; p=reject\n", "a@a.b.example.com", "",
	  "fail at=b.example.com org=b.example.com p=reject", "none org=example.com" },
	{ "record_below_the_signer", "_dmarc.mail.example.com TXT v=DMARC1; p=reject\n",
	  "a@mail.example.com", "dkim=pass:example.com",
	  "fail at=mail.example.com org=mail.example.com p=reject",
	  "pass at=mail.example.com org=example.com p=reject dkim=example.com" },
	{ "private_suffix_tenants", "_dmarc.blog.com TXT v=DMARC1; p=reject\n", "a@one.blog.com",
	  "dkim=pass:two.blog.com", "pass at=blog.com org=blog.com p=reject dkim=two.blog.com",
	  "none org=one.blog.com" },
	{ "private_suffix_tenants_with_psd",
	  "_dmarc.blog.com TXT v=DMARC1; p=reject; psd=y\n_dmarc.one.blog.com TXT v=DMARC1; p=reject\n",
	  "a@one.blog.com", "dkim=pass:two.blog.com",
	  "fail at=one.blog.com org=one.blog.com p=reject",
	  "fail at=one.blog.com org=one.blog.com p=reject" },
	{ "record_at_the_top", "_dmarc.com TXT v=DMARC1; p=reject\n", "a@example.com",
	  "dkim=pass:example2.com", "pass at=com org=com p=reject dkim=example2.com",
	  "none org=example.com" },
	{ "several_records_at_the_author",
	  "_dmarc.a.example.com TXT v=DMARC1; p=none\n_dmarc.a.example.com TXT v=DMARC1; p=none\n" REJECT,
	  "a@a.example.com", "", "fail at=example.com org=example.com p=reject", "none org=example.com" },
	{ "psd_n_between", REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n", "a@a.b.example.com",
	  "dkim=pass:example.com", "fail at=b.example.com org=b.example.com p=none",
	  "pass at=example.com org=example.com p=reject dkim=example.com" },
	{ "no_record", "", "a@a.example.com", "spf=pass:a.example.com", "none org=a.example.com",
	  "none org=example.com" },
	{ "error_that_only_the_walk_meets", REJECT "_dmarc.b.example.com SERVFAIL TXT\n",
	  "a@a.b.example.com", "", "temperror at=example.com p=reject",
	  "fail at=example.com org=example.com p=reject" },
};

static void
compare_row(const struct comparison_row *row, const char *path, bool is_by_list, bool has_prefetch)
{
	const char *expected[2] = { row->by_walk, row->by_list };
	const struct dmarc_finding *other;
	struct bench bench;

	bench_begin(&bench, text_from(row->zone), BUDGET);
	bench.config.dmarc_discovery = is_by_list ? DISCOVERY_PUBLIC_SUFFIX_LIST :
						    DISCOVERY_TREE_WALK;
	bench.config.public_suffix_list = text_from(path);
	bench.config.dmarc_compare = true;
	set_findings(&bench, row->words);
	add_authors(&bench, row->from);
	if (has_prefetch)
		prefetch_all(&bench);
	dmarc_check.end(&bench.run);
	other = bench.findings.dmarc.other;
	assert_non_null(other);
	assert_null(other->other);
	assert_string_equal(describe(bench.arena, &bench.findings.dmarc), expected[is_by_list]);
	assert_string_equal(describe(bench.arena, other), expected[!is_by_list]);
	assert_int_equal(other->author.status, AUTHOR_ONE_DOMAIN);
	arena_free(&bench.arena);
}

static void
compares_both_discoveries(void **state)
{
	struct arena *arena = arena_new();
	const char *path;

	(void)state;
	if (!public_suffix_available())
		skip();
	path = write_list(arena);
	for (size_t i = 0; i < 4 * COUNT_OF(comparison_rows); i++) {
		print_message("%s\n", comparison_rows[i / 4].name);
		compare_row(&comparison_rows[i / 4], path, i % 2 == 1, i % 4 > 1);
	}
	assert_int_equal(unlink(path), 0);
	arena_free(&arena);
}

/* What the other cannot ask, or has no list for, is its own affair. */
static void
a_comparison_takes_nothing_away(void **state)
{
	/* The walk of a.b.example.com asks four questions, and nine are kept in reserve. */
	static const struct {
		size_t budget;
		const char *by_walk;
	} rows[] = {
		{ 2, "permerror at=example.com p=reject" },
		{ 10, "permerror at=example.com p=reject" },
		{ 12, "permerror at=example.com p=reject" },
		{ 13, "fail at=example.com org=example.com p=reject" },
	};
	struct arena *arena = arena_new();
	const char *path;

	(void)state;
	if (!public_suffix_available())
		skip();
	path = write_list(arena);
	for (size_t i = 0; i <= COUNT_OF(rows); i++) {
		bool has_list = i < COUNT_OF(rows);
		struct bench bench;

		bench_begin(&bench, TEXT(REJECT), has_list ? rows[i].budget : BUDGET);
		bench.config.dmarc_discovery = has_list ? DISCOVERY_PUBLIC_SUFFIX_LIST :
							  DISCOVERY_TREE_WALK;
		bench.config.public_suffix_list = text_from(has_list ? path : "/nonexistent/list");
		bench.config.dmarc_compare = true;
		set_findings(&bench, "");
		add_authors(&bench, "a@a.b.example.com");
		dmarc_check.end(&bench.run);
		assert_string_equal(describe(arena, &bench.findings.dmarc),
				    "fail at=example.com org=example.com p=reject");
		assert_string_equal(describe(arena, bench.findings.dmarc.other),
				    has_list ? rows[i].by_walk : "permerror");
		arena_free(&bench.arena);
	}
	assert_int_equal(unlink(path), 0);
	arena_free(&arena);
}

static void
compares_only_when_told(void **state)
{
	struct bench bench;

	(void)state;
	bench_begin(&bench, TEXT(REJECT), BUDGET);
	set_findings(&bench, "");
	add_authors(&bench, "a@example.com");
	dmarc_check.end(&bench.run);
	assert_null(bench.findings.dmarc.other);
	/* Without one author domain there is nothing to compare. */
	bench.config.dmarc_compare = true;
	add_authors(&bench, "a@example.net");
	dmarc_check.end(&bench.run);
	assert_null(bench.findings.dmarc.other);
	arena_free(&bench.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_identifiers),
		cmocka_unit_test(applies_records),
		cmocka_unit_test(selects_the_policy),
		cmocka_unit_test(counts_errors_only_where_they_matter),
		cmocka_unit_test(needs_one_author_domain),
		cmocka_unit_test(asks_only_what_can_matter),
		cmocka_unit_test(makes_ten_walks),
		cmocka_unit_test(takes_a_limit_as_no_pass),
		cmocka_unit_test(takes_a_timeout_as_temporary),
		cmocka_unit_test(honors_test_mode_only_when_told),
		cmocka_unit_test(follows_the_public_suffix_list),
		cmocka_unit_test(does_not_guess_without_a_list),
		cmocka_unit_test(compares_both_discoveries),
		cmocka_unit_test(a_comparison_takes_nothing_away),
		cmocka_unit_test(compares_only_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
