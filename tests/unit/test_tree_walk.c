/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/tree_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/textbuf.h"
#include "dns/zone_text.h"

enum { FAR = 600000, BUDGET = 100, LIST_BYTES_MAX = 4096 };

static struct dns_session *
session_for(struct arena *arena, const char *zone_source, size_t budget)
{
	struct text reason = TEXT("");
	struct zone_text *zone = zone_text_parse(arena, text_from(zone_source), &reason);

	if (zone == NULL)
		fail_msg("%.*s", TEXT_ARGUMENTS(reason));
	return dns_session_new(arena, zone_text_backend(arena, zone), budget,
			       clock_milliseconds() + FAR);
}

static void
add_word(struct textbuf *list, struct text word)
{
	if (list->length > 0)
		textbuf_add_byte(list, ' ');
	textbuf_add(list, word);
}

/* The questions of a session, in order, without "_dmarc.". */
static const char *
questions_of(struct arena *arena, const struct dns_session *dns)
{
	struct textbuf list = textbuf_new(arena, LIST_BYTES_MAX);
	const struct dns_answer *answer;
	struct text name;
	enum dns_type type;

	for (size_t i = 0; dns_question_at(dns, i, &name, &type, &answer); i++) {
		assert_int_equal(type, DNS_TXT);
		assert_true(text_starts_with(name, TEXT("_dmarc.")));
		add_word(&list, text_from_position(name, 7));
	}
	return text_string(arena, textbuf_text(&list));
}

static const char *
records_of(struct arena *arena, const struct tree_walk *walk)
{
	struct textbuf list = textbuf_new(arena, LIST_BYTES_MAX);

	for (size_t i = 0; i < walk->record_count; i++)
		add_word(&list, walk->records[i].name);
	return text_string(arena, textbuf_text(&list));
}

static const char *
organizations_of(struct arena *arena, const struct tree_walk *walk)
{
	struct textbuf list = textbuf_new(arena, LIST_BYTES_MAX);

	for (size_t i = 0; i < walk->organizations.count; i++)
		add_word(&list, walk->organizations.names[i]);
	return text_string(arena, textbuf_text(&list));
}

static void
expect_text(const char *row, const char *what, const char *got, const char *expected)
{
	if (!text_equal(text_from(got), text_from(expected)))
		fail_msg("%s: %s is \"%s\", not \"%s\"", row, what, got, expected);
}

/* RFC 9989 4.10, steps 1 to 8: the names. */
static void
visits_at_most_eight_names(void **state)
{
	static const struct {
		const char *name;
		const char *domain;
		const char *questions;
	} rows[] = {
		{ "one_label", "com", "com" },
		{ "two_labels", "example.com", "example.com com" },
		{ "seven_labels", "a.b.c.d.e.example.com",
		  "a.b.c.d.e.example.com b.c.d.e.example.com c.d.e.example.com d.e.example.com "
		  "e.example.com example.com com" },
		{ "eight_labels", "a.b.c.d.e.f.example.com",
		  "a.b.c.d.e.f.example.com b.c.d.e.f.example.com c.d.e.f.example.com "
		  "d.e.f.example.com e.f.example.com f.example.com example.com com" },
		{ "nine_labels", "mail.a.b.c.d.e.f.example.com",
		  "mail.a.b.c.d.e.f.example.com b.c.d.e.f.example.com c.d.e.f.example.com "
		  "d.e.f.example.com e.f.example.com f.example.com example.com com" },
		{ "rfc9989_5.1.8_skips_the_window", "mail.a.b.c.d.e.f.g.example.com",
		  "mail.a.b.c.d.e.f.g.example.com c.d.e.f.g.example.com d.e.f.g.example.com "
		  "e.f.g.example.com f.g.example.com g.example.com example.com com" },
		{ "rfc9989_b.4.2", "a.b.c.d.e.f.g.h.i.j.k.example.com",
		  "a.b.c.d.e.f.g.h.i.j.k.example.com g.h.i.j.k.example.com h.i.j.k.example.com "
		  "i.j.k.example.com j.k.example.com k.example.com example.com com" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dns_session *dns = session_for(arena, "", BUDGET);
		struct text domain = text_from(rows[i].domain);
		struct tree_walk walk = tree_walk_start(arena, dns, domain, DNS_ORDINARY);

		assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
		expect_text(rows[i].name, "list of questions", questions_of(arena, dns),
			    rows[i].questions);
		expect_text(rows[i].name, "organization", organizations_of(arena, &walk),
			    rows[i].domain);
		assert_int_equal(walk.record_count, 0);
		arena_free(&arena);
	}
}

/* RFC 9989 4.10 and 4.10.2: what is collected, where the walk stops, and whose it is. */
static void
finds_records_and_the_organizational_domain(void **state)
{
	static const struct {
		const char *name;
		const char *zone;
		const char *domain;
		const char *records;
		const char *organization;
		const char *repeated;
	} rows[] = {
		{ "rfc9989_4.10.2_no_record_is_its_own", "example.com TXT nothing\n",
		  "a.example.com", "", "a.example.com", "" },
		{ "rfc9989_4.10.2_fewest_labels",
		  "_dmarc.example.com TXT v=DMARC1; p=reject\n"
		  "_dmarc.mail.example.com TXT v=DMARC1; p=none\n",
		  "a.mail.example.com", "mail.example.com example.com", "example.com", "" },
		{ "rfc9989_4.10.2_psd_n_stops_below",
		  "_dmarc.example.com TXT v=DMARC1; p=reject\n"
		  "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n",
		  "a.b.example.com", "b.example.com", "b.example.com", "" },
		{ "rfc9989_4.10.2_psd_n_at_the_domain",
		  "_dmarc.example.com TXT v=DMARC1; p=reject\n"
		  "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n",
		  "b.example.com", "b.example.com", "b.example.com", "" },
		{ "rfc9989_4.10.2_psd_y_is_one_below",
		  "_dmarc.bank.example TXT v=DMARC1; p=reject; psd=y\n",
		  "mail.mega.bank.example", "bank.example", "mega.bank.example", "" },
		{ "rfc9989_4.10.2_psd_y_over_a_record",
		  "_dmarc.bank.example TXT v=DMARC1; p=reject; psd=y\n"
		  "_dmarc.giant.bank.example TXT v=DMARC1; p=quarantine\n"
		  "_dmarc.example TXT v=DMARC1; p=none\n",
		  "mail.giant.bank.example", "giant.bank.example bank.example",
		  "giant.bank.example", "" },
		{ "rfc9989_4.10.2_psd_y_at_the_domain",
		  "_dmarc.gov.example TXT v=DMARC1; p=reject; psd=y\n"
		  "_dmarc.example TXT v=DMARC1; p=none\n",
		  "gov.example", "gov.example", "gov.example", "" },
		{ "rfc9989_4.10.2_psd_y_at_the_top",
		  "_dmarc.com TXT v=DMARC1; p=reject; psd=y\n",
		  "a.mail.example.com", "com", "example.com", "" },
		{ "rfc9989_4.10.2_psd_y_under_the_shortcut",
		  "_dmarc.g.h.i.j.k.example.com TXT v=DMARC1; psd=y\n",
		  "a.b.c.d.e.f.g.h.i.j.k.example.com", "g.h.i.j.k.example.com",
		  "f.g.h.i.j.k.example.com", "" },
		{ "rfc9989_11.8_top_level_record_without_psd",
		  "_dmarc.com TXT v=DMARC1; p=none\n_dmarc.example.com TXT v=DMARC1; p=reject\n",
		  "example.com", "example.com com", "com", "" },
		{ "rfc9989_4.10.2_record_of_psd_only", "_dmarc.example TXT v=DMARC1; psd=y\n",
		  "a.b.example", "example", "b.example", "" },
		{ "rfc9989_4.10_step_2_several_are_discarded",
		  "_dmarc.a.example.com TXT v=DMARC1; p=reject\n"
		  "_dmarc.a.example.com TXT v=DMARC1; p=none; psd=n\n"
		  "_dmarc.example.com TXT v=DMARC1; p=none\n",
		  "a.example.com", "example.com", "example.com", "a.example.com" },
		{ "rfc9989_4.10_other_text_beside_a_record",
		  "_dmarc.example.com TXT v=spf1 -all\n"
		  "_dmarc.example.com TXT v=DMARC1; p=none\n"
		  "_dmarc.example.com TXT v=dmarc1; p=reject\n",
		  "example.com", "example.com", "example.com", "" },
		{ "rfc9989_4.5_strings_are_joined",
		  "_dmarc.example.com TXT \"v=DM\" \"ARC1; p=no\" \"ne; psd=n\"\n",
		  "example.com", "example.com", "example.com", "" },
		{ "record_in_the_skipped_window_is_not_seen",
		  "_dmarc.b.c.d.e.f.g.example.com TXT v=DMARC1; p=none\n",
		  "mail.a.b.c.d.e.f.g.example.com", "", "mail.a.b.c.d.e.f.g.example.com", "" },
		{ "record_behind_a_cname",
		  "_dmarc.example.com CNAME policy.example.net\n"
		  "policy.example.net TXT v=DMARC1; p=reject\n",
		  "example.com", "example.com", "example.com", "" },
		{ "dangling_cname_is_no_record",
		  "_dmarc.a.example.com CNAME nowhere.example.net\n"
		  "_dmarc.example.com TXT v=DMARC1; p=reject\n",
		  "a.example.com", "example.com", "example.com", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dns_session *dns = session_for(arena, rows[i].zone, BUDGET);
		struct text domain = text_from(rows[i].domain);
		struct tree_walk walk = tree_walk_start(arena, dns, domain, DNS_ORDINARY);

		assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
		assert_false(walk.is_incomplete);
		expect_text(rows[i].name, "list of records", records_of(arena, &walk),
			    rows[i].records);
		expect_text(rows[i].name, "organization",
			    text_string(arena, tree_walk_organizational_domain(&walk)),
			    rows[i].organization);
		expect_text(rows[i].name, "repeated", text_string(arena, walk.repeated_name),
			    rows[i].repeated);
		arena_free(&arena);
	}
}

/* RFC 9989 5.3.6: an answer that is missing, at each name in turn, and what that leaves open. */
static void
keeps_open_what_a_missing_answer_leaves_open(void **state)
{
	static const struct {
		const char *name;
		const char *zone;
		const char *organizations;      /* in any order that the code has; all of them */
		const char *likely;
		const char *missing;
	} rows[] = {
		{ "nothing_known", "_dmarc.a.b.example SERVFAIL\n", "a.b.example", "a.b.example",
		  "a.b.example" },
		{ "middle", "_dmarc.b.example REFUSED TXT\n", "b.example a.b.example",
		  "a.b.example", "b.example" },
		{ "top", "_dmarc.example FORMERR TXT\n", "example b.example a.b.example",
		  "a.b.example", "example" },
		{ "record_above_the_first",
		  "_dmarc.a.b.example SERVFAIL\n_dmarc.b.example TXT v=DMARC1; p=none\n",
		  "a.b.example b.example", "b.example", "a.b.example" },
		{ "record_above_the_second",
		  "_dmarc.b.example SERVFAIL\n_dmarc.example TXT v=DMARC1; p=none\n",
		  "b.example a.b.example example", "example", "b.example" },
		{ "psd_n_above", "_dmarc.a.b.example SERVFAIL\n_dmarc.b.example TXT v=DMARC1; psd=n\n",
		  "a.b.example b.example", "b.example", "a.b.example" },
		{ "psd_y_above", "_dmarc.b.example SERVFAIL\n_dmarc.example TXT v=DMARC1; psd=y\n",
		  "b.example a.b.example", "b.example", "b.example" },
		{ "record_below", "_dmarc.a.b.example TXT v=DMARC1; p=none\n_dmarc.example SERVFAIL\n",
		  "example b.example a.b.example", "a.b.example", "example" },
		{ "psd_n_below_ends_it", "_dmarc.b.example TXT v=DMARC1; psd=n\n_dmarc.example SERVFAIL\n",
		  "b.example", "b.example", "" },
		{ "all", "_dmarc.a.b.example SERVFAIL\n_dmarc.b.example SERVFAIL\n_dmarc.example SERVFAIL\n",
		  "a.b.example b.example example", "a.b.example", "a.b.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dns_session *dns = session_for(arena, rows[i].zone, BUDGET);
		struct tree_walk walk =
			tree_walk_start(arena, dns, TEXT("a.b.example"), DNS_ORDINARY);

		assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
		expect_text(rows[i].name, "list of organizations", organizations_of(arena, &walk),
			    rows[i].organizations);
		expect_text(rows[i].name, "likely", text_string(arena, walk.likely_organization),
			    rows[i].likely);
		expect_text(rows[i].name, "missing", text_string(arena, walk.missing_name),
			    rows[i].missing);
		assert_int_equal(walk.is_incomplete, rows[i].missing[0] != '\0');
		assert_int_equal(walk.missing_reason != NULL, walk.is_incomplete);
		assert_false(walk.is_over_limit);
		assert_int_equal(text_is_empty(tree_walk_organizational_domain(&walk)),
				 walk.organizations.count > 1);
		arena_free(&arena);
	}
}

static void
has_room_for_every_missing_answer(void **state)
{
	struct arena *arena = arena_new();
	struct dns_session *dns = session_for(arena, "", 0);
	struct tree_walk walk = tree_walk_start(arena, dns, TEXT("x.y.a.b.c.d.e.f.g.example.com"),
						DNS_ORDINARY);

	(void)state;
	assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
	assert_true(walk.is_incomplete);
	assert_true(walk.is_over_limit);
	/* each name of the walk, and the one that is skipped right below the window */
	assert_int_equal(walk.organizations.count, TREE_WALK_QUESTIONS_MAX + 1);
	arena_free(&arena);
}

/* The reserve is for the author domain: an ordinary walk ends at budget - reserve, n-1, n, n+1. */
static void
leaves_the_reserve_alone(void **state)
{
	static const struct {
		size_t budget;
		enum dns_share share;
		bool is_over_limit;
	} rows[] = {
		{ DNS_ESSENTIAL_RESERVE + 2, DNS_ORDINARY, true },
		{ DNS_ESSENTIAL_RESERVE + 3, DNS_ORDINARY, false },
		{ DNS_ESSENTIAL_RESERVE + 4, DNS_ORDINARY, false },
		{ 2, DNS_ESSENTIAL, true },
		{ 3, DNS_ESSENTIAL, false },
		{ 4, DNS_ESSENTIAL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct dns_session *dns = session_for(arena, "", rows[i].budget);
		struct tree_walk walk =
			tree_walk_start(arena, dns, TEXT("a.b.example"), rows[i].share);

		assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
		assert_int_equal(walk.is_over_limit, rows[i].is_over_limit);
		arena_free(&arena);
	}
}

/* RFC 9989 4.10: with "_dmarc." a long name does not fit; that is no record and no question. */
static void
does_not_ask_for_names_that_are_too_long(void **state)
{
	struct arena *arena = arena_new();
	struct text label = TEXT("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff");
	struct text longest = text_join(arena, label, TEXT("abc"));
	struct text tail = text_printf(arena, "%.*s.%.*s.%.*s.co", TEXT_ARGUMENTS(label),
				       TEXT_ARGUMENTS(label), TEXT_ARGUMENTS(label));
	const size_t fits = 253 - 7;

	(void)state;
	for (size_t length = fits - 1; length <= fits + 1; length++) {
		struct dns_session *dns =
			session_for(arena, "_dmarc.co TXT v=DMARC1; psd=y\n", BUDGET);
		struct text first = text_cut(longest, 0, length - tail.length - 1);
		struct text domain = text_printf(arena, "%.*s.%.*s", TEXT_ARGUMENTS(first),
						 TEXT_ARGUMENTS(tail));
		struct tree_walk walk = tree_walk_start(arena, dns, domain, DNS_ORDINARY);

		assert_int_equal(domain.length, length);
		assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
		assert_int_equal(dns_question_count(dns), length <= fits ? 5 : 4);
		assert_false(walk.is_incomplete);
		assert_true(text_equal(tree_walk_organizational_domain(&walk),
				       text_from_position(tail, 2 * (label.length + 1))));
	}
	arena_free(&arena);
}

/* Peeking never waits, goes as far as the answers allow, and a walk can be taken up again. */
static void
peeks_before_it_waits(void **state)
{
	struct arena *arena = arena_new();
	struct dns_session *dns = session_for(arena, "_dmarc.b.example TXT v=DMARC1; p=none\n"
						     "_dmarc.example TIMEOUT\n", BUDGET);
	struct tree_walk walk = tree_walk_start(arena, dns, TEXT("a.b.example"), DNS_ORDINARY);

	(void)state;
	assert_false(tree_walk_continue(&walk, dns, TREE_WALK_PEEK));
	assert_int_equal(walk.next, 0);
	dns_flush(dns);
	assert_false(tree_walk_continue(&walk, dns, TREE_WALK_PEEK));
	assert_int_equal(walk.next, 2);
	assert_int_equal(walk.record_count, 1);
	dns_session_set_deadline(dns, 0);
	assert_true(tree_walk_continue(&walk, dns, TREE_WALK_WAIT));
	assert_true(walk.is_incomplete);
	assert_true(text_equal(text_from(walk.missing_reason), TEXT("deadline")));
	assert_true(text_equal(walk.likely_organization, TEXT("b.example")));
	assert_int_equal(dns_question_count(dns), 3);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visits_at_most_eight_names),
		cmocka_unit_test(finds_records_and_the_organizational_domain),
		cmocka_unit_test(keeps_open_what_a_missing_answer_leaves_open),
		cmocka_unit_test(has_room_for_every_missing_answer),
		cmocka_unit_test(leaves_the_reserve_alone),
		cmocka_unit_test(does_not_ask_for_names_that_are_too_long),
		cmocka_unit_test(peeks_before_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
