/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"

#include <stdio.h>

#include "base/textbuf.h"
#include "dmarc_bench.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
