/* SPDX-License-Identifier: BSD-2-Clause */
/* DMARC by the public suffix list, and both discoveries compared. */
#include "checks/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/textbuf.h"
#include "checks/public_suffix.h"
#include "dmarc_bench.h"

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
		cmocka_unit_test(follows_the_public_suffix_list),
		cmocka_unit_test(does_not_guess_without_a_list),
		cmocka_unit_test(compares_both_discoveries),
		cmocka_unit_test(a_comparison_takes_nothing_away),
		cmocka_unit_test(compares_only_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
