/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NO_TAG DMARC_REQUEST_ABSENT
#define BAD DMARC_REQUEST_INVALID
#define NONE DMARC_REQUEST_NONE
#define QUARANTINE DMARC_REQUEST_QUARANTINE
#define REJECT DMARC_REQUEST_REJECT

#define ROW_TEXT(literal) { "" literal "", sizeof(literal) - 1 }

/* RFC 9989 4.7, 4.8: what is a record at all. */
static void
knows_a_record_by_its_version(void **state)
{
	static const struct {
		struct text record;
		bool is_one;
	} rows[] = {
		{ ROW_TEXT("v=DMARC1"), true },
		{ ROW_TEXT("v=DMARC1;"), true },
		{ ROW_TEXT("v=DMARC1; p=none"), true },
		{ ROW_TEXT("v=DMARC1;p=none"), true },
		{ ROW_TEXT("v = DMARC1 ; p=none"), true },
		{ ROW_TEXT("v\t=\tDMARC1\t;"), true },
		{ ROW_TEXT("V=DMARC1; p=none"), true },
		{ ROW_TEXT("v=DMARC1; \xff\x00 = \n"), true },
		{ ROW_TEXT(""), false },
		{ ROW_TEXT(";"), false },
		{ ROW_TEXT("v"), false },
		{ ROW_TEXT("v="), false },
		{ ROW_TEXT("v=DMARC"), false },
		{ ROW_TEXT("v=dmarc1; p=none"), false },
		{ ROW_TEXT("v=Dmarc1; p=none"), false },
		{ ROW_TEXT("v=DMARC1x; p=none"), false },
		{ ROW_TEXT("v=DMARC11; p=none"), false },
		{ ROW_TEXT("v=DMARC2; p=none"), false },
		{ ROW_TEXT("v=DMARC1 p=none"), false },
		{ ROW_TEXT("v=DMARC1, p=none"), false },
		{ ROW_TEXT("v=DMARC1\n; p=none"), false },
		{ ROW_TEXT("v=DMARC1\0; p=none"), false },
		{ ROW_TEXT(" v=DMARC1; p=none"), false },
		{ ROW_TEXT("; v=DMARC1; p=none"), false },
		{ ROW_TEXT("p=none; v=DMARC1"), false },
		{ ROW_TEXT("\"v=DMARC1; p=none\""), false },
		{ ROW_TEXT("v=spf1 -all"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dmarc_record record = { .policy = REJECT };
		bool is_parsed = dmarc_record_parse(rows[i].record, &record);

		assert_int_equal(dmarc_record_is_one(rows[i].record), rows[i].is_one);
		assert_int_equal(is_parsed, rows[i].is_one);
		if (!is_parsed)
			assert_int_equal(record.policy, REJECT);
	}
}

/* RFC 9989 4.7: the three policy tags. */
static void
reads_policies(void **state)
{
	static const struct {
		const char *record;
		enum dmarc_request policy;
		enum dmarc_request subdomain;
		enum dmarc_request absent_name;
	} rows[] = {
		{ "v=DMARC1", NO_TAG, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=none", NONE, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=quarantine", QUARANTINE, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=reject", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=Reject", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1; P=REJECT", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1;\tp \t=\t reject\t", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1;p=reject;;;", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1; sp=none; p=reject", REJECT, NONE, NO_TAG },
		{ "v=DMARC1; np=reject; sp=quarantine; p=none", NONE, QUARANTINE, REJECT },
		{ "v=DMARC1; p=", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; p", NO_TAG, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=rejected", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=rej ect", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=\"reject\"", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=reject\n", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=reject, sp=none", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; p==reject", BAD, NO_TAG, NO_TAG },
		{ "v=DMARC1; sp=nope; np=", NO_TAG, BAD, BAD },
		{ "v=DMARC1; pp=reject; =reject; p1=reject", NO_TAG, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=none; reject", NONE, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=reject; pct=0; rf=x; ri=-1; foo=bar", REJECT, NO_TAG, NO_TAG },
		/* not defined by RFC 9989: the strictest counts */
		{ "v=DMARC1; p=none; p=reject", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=reject; p=none", REJECT, NO_TAG, NO_TAG },
		{ "v=DMARC1; p=quarantine; p=nope", QUARANTINE, NO_TAG, NO_TAG },
		{ "v=DMARC1; sp=none; sp=quarantine; np=reject; np=none", NO_TAG, QUARANTINE, REJECT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dmarc_record record;

		assert_true(dmarc_record_parse(text_from(rows[i].record), &record));
		assert_int_equal(record.policy, rows[i].policy);
		assert_int_equal(record.subdomain_policy, rows[i].subdomain);
		assert_int_equal(record.absent_name_policy, rows[i].absent_name);
	}
}

/* RFC 9989 4.7: adkim, aspf, t, psd. */
static void
reads_switches(void **state)
{
	static const struct {
		const char *tags;
		bool strict_dkim;
		bool strict_spf;
		bool testing;
		enum dmarc_psd psd;
		bool repeated;
	} rows[] = {
		{ "", false, false, false, DMARC_PSD_UNKNOWN, false },
		{ "adkim=s", true, false, false, DMARC_PSD_UNKNOWN, false },
		{ "aspf=S", false, true, false, DMARC_PSD_UNKNOWN, false },
		{ "adkim=r; aspf=r; t=n; psd=u", false, false, false, DMARC_PSD_UNKNOWN, false },
		{ "adkim=strict; aspf=x; t=yes; psd=yes", false, false, false, DMARC_PSD_UNKNOWN, false },
		{ "t=y", false, false, true, DMARC_PSD_UNKNOWN, false },
		{ "T=Y", false, false, true, DMARC_PSD_UNKNOWN, false },
		{ "psd=y", false, false, false, DMARC_PSD_YES, false },
		{ "psd = N", false, false, false, DMARC_PSD_NO, false },
		{ "adkim=s; adkim=r", true, false, false, DMARC_PSD_UNKNOWN, true },
		{ "aspf=r; aspf=s", false, true, false, DMARC_PSD_UNKNOWN, true },
		{ "t=y; t=n", false, false, false, DMARC_PSD_UNKNOWN, true },
		{ "t=n; t=y", false, false, false, DMARC_PSD_UNKNOWN, true },
		{ "t=y; t=y", false, false, true, DMARC_PSD_UNKNOWN, true },
		{ "psd=y; psd=n", false, false, false, DMARC_PSD_UNKNOWN, true },
		{ "psd=y; psd=n; psd=n", false, false, false, DMARC_PSD_UNKNOWN, true },
		{ "psd=n; psd=n", false, false, false, DMARC_PSD_NO, true },
		{ "p=none; p=none", false, false, false, DMARC_PSD_UNKNOWN, true },
		{ "rua=mailto:a@b; rua=x", false, false, false, DMARC_PSD_UNKNOWN, true },
		{ "foo=1; foo=2; pct=1; pct=2", false, false, false, DMARC_PSD_UNKNOWN, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dmarc_record record;

		assert_true(dmarc_record_parse(text_printf(arena, "v=DMARC1; %s", rows[i].tags),
					       &record));
		assert_int_equal(record.is_strict_dkim, rows[i].strict_dkim);
		assert_int_equal(record.is_strict_spf, rows[i].strict_spf);
		assert_int_equal(record.is_testing, rows[i].testing);
		assert_int_equal(record.psd, rows[i].psd);
		assert_int_equal(record.has_repeated_tag, rows[i].repeated);
		arena_free(&arena);
	}
}

/* RFC 9989 4.8: dmarc-urilist; 4.10.1 asks whether one of them is valid. */
static void
finds_a_valid_report_address(void **state)
{
	static const struct {
		const char *addresses;
		bool is_valid;
	} rows[] = {
		{ "mailto:reports@example.com", true },
		{ " mailto:reports@example.com!10m ", true },
		{ "MAILTO:a@b", true },
		{ "mailto:a%40b@c", true },
		{ "mailto:a@b?subject=x", true },
		{ "https://example.com/report", true },
		{ "nonsense, mailto:a@b", true },
		{ ",,mailto:a@b,", true },
		{ "", false },
		{ "reports@example.com", false },
		{ "mailto:", false },
		{ "mailto:!10m", false },
		{ "mailto:@b", false },
		{ "mailto:a@", false },
		{ "mailto:a", false },
		{ "mailto:?to=a@b", false },
		{ ":a@b", false },
		{ "1a:b", false },
		{ "ma ilto:a@b", false },
		{ "mailto:a b@c", false },
		{ "mailto:a%4@b", false },
		{ "mailto:a@b%", false },
		{ "mailto:a%zz@b", false },
		{ "mailto:a\"@b", false },
		{ "mailto:a@b\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dmarc_record record;

		assert_true(dmarc_record_parse(text_printf(arena, "v=DMARC1; rua=%s",
							   rows[i].addresses), &record));
		assert_int_equal(record.has_report_address, rows[i].is_valid);
		arena_free(&arena);
	}
}

/* RFC 9989 4.7 and 4.10.1: the policy for each relation; '-' where DMARC does not apply. */
static void
selects_a_policy(void **state)
{
	static const struct {
		const char *tags;
		struct {
			char tag;
			enum dmarc_request request;
		} own, below, absent;
		bool was_repaired;
		bool absence_matters;
	} rows[] = {
		{ "p=reject", { 'p', REJECT }, { 'p', REJECT }, { 'p', REJECT }, false, false },
		{ "p=reject; sp=none", { 'p', REJECT }, { 's', NONE }, { 's', NONE }, false, false },
		{ "p=none; np=reject", { 'p', NONE }, { 'p', NONE }, { 'n', REJECT }, false, true },
		{ "p=none; sp=quarantine; np=reject",
		  { 'p', NONE }, { 's', QUARANTINE }, { 'n', REJECT }, false, true },
		{ "p=none; sp=reject; np=reject",
		  { 'p', NONE }, { 's', REJECT }, { 'n', REJECT }, false, false },
		{ "p=reject; np=reject", { 'p', REJECT }, { 'p', REJECT }, { 'n', REJECT }, false, false },
		/* 4.10.1: no valid p, or sp or np not valid, with and without somewhere to report to */
		{ "", { '-', BAD }, { '-', BAD }, { '-', BAD }, false, false },
		{ "rua=mailto:x@y", { 'p', NONE }, { 'p', NONE }, { 'p', NONE }, true, false },
		{ "p=nope", { '-', BAD }, { '-', BAD }, { '-', BAD }, false, false },
		{ "p=nope; rua=mailto:x@y", { 'p', NONE }, { 'p', NONE }, { 'p', NONE }, true, false },
		{ "p=nope; rua=x", { '-', BAD }, { '-', BAD }, { '-', BAD }, false, false },
		{ "p=reject; sp=nope", { '-', BAD }, { '-', BAD }, { '-', BAD }, false, false },
		{ "p=reject; sp=nope; rua=mailto:x@y",
		  { 'p', NONE }, { 'p', NONE }, { 'p', NONE }, true, false },
		{ "p=reject; np=; rua=mailto:x@y",
		  { 'p', NONE }, { 'p', NONE }, { 'p', NONE }, true, false },
		{ "p=reject; np=nope", { '-', BAD }, { '-', BAD }, { '-', BAD }, false, false },
		{ "sp=reject; rua=mailto:x@y",
		  { 'p', NONE }, { 's', REJECT }, { 's', REJECT }, true, false },
		{ "sp=quarantine; np=reject", { '-', BAD }, { '-', BAD }, { '-', BAD }, false, false },
	};
	static const enum dmarc_relation relations[] = {
		DMARC_RELATION_OWN, DMARC_RELATION_BELOW, DMARC_RELATION_BELOW_ABSENT
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dmarc_record record;

		assert_true(dmarc_record_parse(text_printf(arena, "v=DMARC1; %s", rows[i].tags),
					       &record));
		assert_int_equal(dmarc_record_tells_absent_names_apart(&record),
				 rows[i].absence_matters);
		for (size_t j = 0; j < COUNT_OF(relations); j++) {
			char tag = j == 0 ? rows[i].own.tag :
				   j == 1 ? rows[i].below.tag : rows[i].absent.tag;
			enum dmarc_request request = j == 0 ? rows[i].own.request :
						     j == 1 ? rows[i].below.request :
							      rows[i].absent.request;
			struct dmarc_selection selection = { .tag = '?' };
			bool applies = dmarc_record_select(&record, relations[j], &selection);

			assert_int_equal(applies, tag != '-');
			assert_int_equal(selection.tag, applies ? tag : '?');
			if (applies) {
				assert_int_equal(selection.request, request);
				assert_int_equal(selection.was_repaired, rows[i].was_repaired);
			}
		}
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_a_record_by_its_version),
		cmocka_unit_test(reads_policies),
		cmocka_unit_test(reads_switches),
		cmocka_unit_test(finds_a_valid_report_address),
		cmocka_unit_test(selects_a_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
