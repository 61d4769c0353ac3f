/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/textbuf.h"
#include "checks/arc_reported.h"
#include "dkim_sign.h"
#include "dns/zone_text.h"
#include "mail/arc_set.h"

#define KEY(name) KEYS_DIR "/" name ".pem"
#define MESSAGE "From: Joe <joe@a.example>\r\nTo: l@l.example\r\nSubject: hi\r\n\r\nHello.\r\n\r\n"

enum { NOW = 1750000000, DEADLINE_MILLISECONDS = 200, BYTES_MAX = 1000000 };

struct fixture {
	struct arena *arena;
	struct config config;
	struct textbuf zone;
	size_t questions_max;
	size_t chunk;
	struct text message;    /* grows on top with each seal */
	unsigned sets;
};

static void
publish(struct fixture *fixture, const char *name, const char *key_file)
{
	struct text record;

	assert_true(dkim_sign_key_record(fixture->arena, key_file, &record));
	textbuf_printf(&fixture->zone, "%s TXT %.*s\n", name, TEXT_ARGUMENTS(record));
}

static int
set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new() };
	fixture.config.check_arc = true;
	fixture.config.dkim_minimum_key_bits = 1024;
	fixture.config.dkim_clock_drift = 300;
	fixture.questions_max = 100;
	fixture.zone = textbuf_new(fixture.arena, BYTES_MAX);
	fixture.message = TEXT(MESSAGE);
	publish(&fixture, "s._domainkey.one.example", KEY("rsa2048"));
	publish(&fixture, "s._domainkey.two.example", KEY("ed25519"));
	publish(&fixture, "s._domainkey.three.example", KEY("rsa1024"));
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_free(&fixture->arena);
	return 0;
}

static struct arc_seal_options
sealer(const char *domain, const char *key_file)
{
	return (struct arc_seal_options){
		.domain = text_from(domain), .selector = TEXT("s"), .key_file = key_file };
}

static void
seal(struct fixture *fixture, struct arc_seal_options options)
{
	if (options.instance == 0)
		options.instance = ++fixture->sets;
	assert_true(arc_seal(fixture->arena, &options, fixture->message, &fixture->message));
}

static void
seal_one(struct fixture *fixture)
{
	seal(fixture, sealer("one.example", KEY("rsa2048")));
}

static void
seal_two(struct fixture *fixture)
{
	seal(fixture, sealer("two.example", KEY("ed25519")));
}

static void
replace(struct fixture *fixture, const char *old, const char *new)
{
	size_t place = text_find_text(fixture->message, text_from(old));
	struct text head = text_cut(fixture->message, 0, place);
	struct text tail = text_from_position(fixture->message, place + strlen(old));

	assert_int_not_equal(place, TEXT_NOT_FOUND);
	fixture->message = text_join(
		fixture->arena, text_join(fixture->arena, head, text_from(new)), tail);
}

static void
feed(struct check_run *run, struct message *message, const struct message *whole,
     struct text body, size_t chunk)
{
	for (size_t i = 0; i < whole->field_count; i++) {
		message_add_field(message, run->arena, whole->fields[i].name,
				  whole->fields[i].value, BYTES_MAX);
		arc_check.prefetch(run, FACT_FIELD);
	}
	arc_check.prefetch(run, FACT_HEADER_END);
	dns_flush(run->dns);
	arc_check.begin(run);
	for (size_t i = 0; i < body.length; i += chunk)
		arc_check.body(run, text_copy(run->arena, text_cut(body, i, chunk)));
	arc_check.end(run);
}

static struct arc_finding
verify(struct fixture *fixture)
{
	struct text reason;
	struct zone_text *zone =
		zone_text_parse(fixture->arena, textbuf_text(&fixture->zone), &reason);
	struct message whole = { 0 };
	struct message message = { .received_at = NOW };
	struct findings findings = { 0 };
	struct text body;
	struct check_run run = { .arena = fixture->arena, .config = &fixture->config,
				 .message = &message, .findings = &findings };

	assert_non_null(zone);
	run.dns = dns_session_new(fixture->arena, zone_text_backend(fixture->arena, zone),
				  fixture->questions_max + DNS_ESSENTIAL_RESERVE,
				  clock_milliseconds() + DEADLINE_MILLISECONDS);
	dkim_sign_split(fixture->arena, fixture->message, &whole, &body);
	feed(&run, &message, &whole, body,
	     fixture->chunk > 0 ? fixture->chunk : body.length + 1);
	return findings.arc;
}

static void
expect_pass(struct fixture *fixture, size_t count, unsigned oldest_pass)
{
	struct arc_finding finding = verify(fixture);

	if (finding.reason != NULL)
		fail_msg("%s", finding.reason);
	assert_int_equal(finding.result, RESULT_PASS);
	assert_int_equal(finding.count, count);
	assert_int_equal(finding.oldest_pass, oldest_pass);
}

static void
expect_fail(struct fixture *fixture, const char *reason)
{
	struct arc_finding finding = verify(fixture);

	assert_int_equal(finding.result, RESULT_FAIL);
	assert_string_equal(finding.reason, reason);
	assert_int_equal(finding.count, 0);
	assert_int_equal(finding.oldest_trusted, 0);
	assert_int_equal(finding.reported_count, 0);
}

static void
no_sets_are_none(void **state)
{
	assert_int_equal(verify(*state).result, RESULT_NONE);
	assert_null(verify(*state).reason);
}

static void
chains_pass(void **state)
{
	static const char *const forms[] = { "relaxed/relaxed", "simple/simple",
					     "relaxed/simple", "simple/relaxed" };
	struct fixture *fixture = *state;
	struct arc_seal_options options = sealer("three.example", KEY("rsa1024"));

	seal_one(fixture);
	expect_pass(fixture, 1, 0);
	seal_two(fixture);
	expect_pass(fixture, 2, 0);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct text before = fixture->message;

		options.forms = forms[i];
		options.instance = 3;
		seal(fixture, options);
		for (fixture->chunk = 0; fixture->chunk < 5; fixture->chunk++)
			expect_pass(fixture, 3, 0);
		fixture->message = before;
		fixture->chunk = 0;
	}
}

static void
changes_between_instances_show_as_oldest_pass(void **state)
{
	struct fixture *fixture = *state;

	seal_one(fixture);
	replace(fixture, "Hello.", "Hello. (footer)");
	seal_two(fixture);
	expect_pass(fixture, 2, 2);
	seal_one(fixture);
	expect_pass(fixture, 3, 2);
	replace(fixture, "Subject: hi", "Subject: [list] hi");
	seal_two(fixture);
	expect_pass(fixture, 4, 4);
}

static void
what_changed_fails(void **state)
{
	static const struct {
		const char *old;
		const char *new;
		const char *reason;
	} rows[] = {
		{ "Hello.", "Hallo.", "message signature 2: body hash did not verify" },
		{ "Subject: hi", "Subject: ho", "message signature 2: signature did not verify" },
		{ "i=2; relay", "i=2; relax", "seal 2: signature did not verify" },
		{ "i=1; relay", "i=1; relax", "seal 2: signature did not verify" },
		{ "cv=pass; ", "cv=pass; zz=1;", "seal 2: signature did not verify" },
		{ "cv=none; ", "cv=none; zz=1;", "seal 2: signature did not verify" },
		{ "cv=pass", "cv=fail", "cv=fail: an earlier verifier found the chain broken" },
		{ "From: Joe", "From: Jim", "message signature 2: signature did not verify" },
	};
	struct fixture *fixture = *state;
	struct text before;

	seal_one(fixture);
	seal_two(fixture);
	before = fixture->message;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		replace(fixture, rows[i].old, rows[i].new);
		expect_fail(fixture, rows[i].reason);
		fixture->message = before;
	}
	/* What no instance signs may change, and the folds of what the seals cover. */
	replace(fixture, "To: l@", "X-Spam: no\r\nTo: l@");
	replace(fixture, "; cv=pass; ", "; cv=pass;\r\n ");
	expect_pass(fixture, 2, 0);
}

/* RFC 8617 5.1.1: a seal made over a broken chain does not mend it. */
static void
an_older_seal_that_fails_fails_the_chain(void **state)
{
	struct fixture *fixture = *state;

	seal_one(fixture);
	replace(fixture, "i=1; relay", "i=1; relax");
	seal_two(fixture);
	expect_fail(fixture, "seal 1: signature did not verify");
}

static void
every_key_error_is_fail(void **state)
{
	static const struct {
		const char *zone;
		const char *reason;
	} rows[] = {
		{ "", "message signature 1: no key" },
		{ "s._domainkey.four.example A 192.0.2.1\n", "message signature 1: no key" },
		{ "s._domainkey.four.example SERVFAIL\n",
		  "message signature 1: key cannot be fetched now" },
		{ "s._domainkey.four.example TXT v=DKIM1; p=\n",
		  "message signature 1: key is revoked" },
	};
	struct fixture *fixture = *state;
	struct textbuf zone;

	seal(fixture, sealer("four.example", KEY("rsa2048")));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		zone = fixture->zone;
		fixture->zone = textbuf_new(fixture->arena, BYTES_MAX);
		textbuf_add(&fixture->zone, textbuf_text(&zone));
		textbuf_add_string(&fixture->zone, rows[i].zone);
		expect_fail(fixture, rows[i].reason);
		fixture->zone = zone;
	}
	publish(fixture, "s._domainkey.four.example", KEY("rsa2048"));
	expect_pass(fixture, 1, 0);
}

/* A key of an older seal counts, one of an older message signature does not. */
static void
keys_of_older_instances(void **state)
{
	struct fixture *fixture = *state;

	seal(fixture, sealer("four.example", KEY("rsa2048")));
	seal_two(fixture);
	expect_fail(fixture, "seal 1: no key");
	replace(fixture, "\td=four.example; s=s;\r\n\th=", "\td=gone.example; s=s;\r\n\th=");
	expect_fail(fixture, "seal 2: signature did not verify");
}

static void
weak_signatures_fail(void **state)
{
	struct fixture *fixture = *state;
	struct arc_seal_options options = sealer("weak.example", KEY("rsa512"));
	struct text before = fixture->message;

	publish(fixture, "s._domainkey.weak.example", KEY("rsa512"));
	options.instance = 1;
	seal(fixture, options);
	expect_fail(fixture, "message signature 1: RSA key is shorter than 1024 bits");

	fixture->message = before;
	options = sealer("one.example", KEY("rsa2048"));
	options.instance = 1;
	options.algorithm = "rsa-sha1";
	seal(fixture, options);
	expect_fail(fixture, "rsa-sha1 is not valid");

	fixture->message = before;
	options.algorithm = NULL;
	options.seal_algorithm = "rsa-sha1";
	seal(fixture, options);
	expect_fail(fixture, "rsa-sha1 is not valid");

	fixture->message = before;
	seal(fixture, sealer("three.example", KEY("rsa1024")));
	expect_pass(fixture, 1, 0);
	fixture->config.dkim_minimum_key_bits = 2048;
	expect_fail(fixture,
		    "message signature 1: RSA key is shorter than the local minimum");

	fixture->message = before;
	fixture->sets = 0;
	seal(fixture, sealer("one.example", KEY("rsa2048-other")));
	expect_fail(fixture, "message signature 1: signature did not verify");
}

static void
tags_of_the_message_signature(void **state)
{
	static const struct {
		const char *extra;
		const char *reason;     /* NULL: pass */
	} rows[] = {
		{ "l=7;", "message signature 1: l= leaves a part of the body unsigned" },
		{ "l=9;", "message signature 1: l= is longer than the body" },
		{ "x=1749999699;", "message signature 1: signature has expired" },
		{ "x=1749999700;", NULL },
		{ "t=1;", NULL },
		{ "q=dns/txt;", NULL },
		{ "v=1;", NULL },
		{ "q=other;", "unknown q=" },
	};
	struct fixture *fixture = *state;
	struct text before = fixture->message;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arc_seal_options options = sealer("one.example", KEY("rsa2048"));

		options.instance = 1;
		options.message_extra = rows[i].extra;
		fixture->message = before;
		seal(fixture, options);
		if (rows[i].reason != NULL)
			expect_fail(fixture, rows[i].reason);
		else
			expect_pass(fixture, 1, 0);
	}
}

static void
limits_hold(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned i = 1; i <= ARC_SETS_MAX; i++)
		seal_two(fixture);
	expect_pass(fixture, ARC_SETS_MAX, 0);
	seal_two(fixture);
	expect_fail(fixture, "too many sets");
}

static void
questions_over_the_budget_fail(void **state)
{
	struct fixture *fixture = *state;

	seal_one(fixture);
	seal_two(fixture);
	fixture->questions_max = 2;
	expect_pass(fixture, 2, 0);
	fixture->questions_max = 1;
	expect_fail(fixture, "seal 1: limit of DNS questions");
}

static void
trust(struct fixture *fixture, const char *first, const char *second)
{
	static struct text items[2];

	items[0] = text_from(first);
	items[1] = text_from(second);
	fixture->config.trusted_arc_sealers = (struct text_list){ .items = items, .count = 2 };
}

static void
only_an_unbroken_row_of_trusted_sealers_counts(void **state)
{
	static const struct {
		const char *first;
		const char *second;
		unsigned oldest_trusted;
		const char *reported;
	} rows[] = {
		{ "x.example", "y.example", 0, NULL },
		{ "one.example", "y.example", 0, NULL },
		{ "one.example", "two.example", 0, NULL },
		{ "three.example", "y.example", 3, "r3.example" },
		{ "three.example", "one.example", 3, "r3.example" },
		{ "TWO.example", "Three.Example", 2, "r2.example" },
		{ "example", "sub.three.example", 0, NULL },
	};
	struct fixture *fixture = *state;
	struct arc_seal_options options = sealer("one.example", KEY("rsa2048"));

	options.results = "x; dmarc=pass header.from=r1.example";
	seal(fixture, options);
	options = sealer("two.example", KEY("ed25519"));
	options.results = "x; dmarc=pass header.from=r2.example";
	seal(fixture, options);
	options = sealer("three.example", KEY("rsa1024"));
	options.results = "x; dmarc=pass header.from=r3.example";
	seal(fixture, options);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arc_finding finding;

		trust(fixture, rows[i].first, rows[i].second);
		finding = verify(fixture);
		assert_int_equal(finding.result, RESULT_PASS);
		assert_int_equal(finding.oldest_trusted, rows[i].oldest_trusted);
		assert_int_equal(finding.reported_count, rows[i].reported != NULL ? 1 : 0);
		if (rows[i].reported != NULL)
			assert_true(text_equal(finding.reported[0].domain,
					       text_from(rows[i].reported)));
	}
	replace(fixture, "Hello.", "Hallo.");
	expect_fail(fixture, "message signature 3: body hash did not verify");
}

static void
a_sealer_that_did_not_sign_from_vouches_for_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct arc_seal_options options = sealer("one.example", KEY("rsa2048"));

	options.results = "x; dmarc=pass header.from=a.example";
	options.fields = "to:subject";
	seal(fixture, options);
	trust(fixture, "one.example", "two.example");
	expect_pass(fixture, 1, 0);
	assert_int_equal(verify(fixture).oldest_trusted, 0);
	assert_int_equal(verify(fixture).reported_count, 0);
}

/* As words: the method and the domain of each pass. */
static struct text
describe(struct arena *arena, const struct arc_finding *finding)
{
	static const char *const words[] = {
		[ARC_REPORTED_DMARC] = "dmarc",
		[ARC_REPORTED_SPF] = "spf",
		[ARC_REPORTED_DKIM] = "dkim",
		[ARC_REPORTED_DKIM_IDENTITY] = "identity",
	};
	struct textbuf out = textbuf_new(arena, BYTES_MAX);

	for (size_t i = 0; i < finding->reported_count; i++)
		textbuf_printf(&out, "%s%s:%.*s", i > 0 ? " " : "",
			       words[finding->reported[i].method],
			       TEXT_ARGUMENTS(finding->reported[i].domain));
	return textbuf_text(&out);
}

static void
reports_are_read(void **state)
{
	static const struct {
		const char *value;
		const char *reported;
	} rows[] = {
		{ " mx.example; dkim=pass header.i=@a.example header.s=x header.b=abc;\n"
		  "\tspf=pass (mx: domain of x@B.example designates 192.0.2.1) "
		  "smtp.mailfrom=x@B.example; dmarc=pass (p=NONE) header.from=a.example",
		  "identity:a.example spf:b.example dmarc:a.example" },
		{ " mx.example 1; spf=pass (x) smtp.mailfrom=a.example; dmarc=pass action=none "
		  "header.from=a.example; dkim=pass (x) header.d=a.example; arc=none",
		  "spf:a.example dmarc:a.example dkim:a.example" },
		{ "x; spf=pass smtp.helo=a.example", "" },
		{ "x; spf=fail smtp.mailfrom=a.example; dkim=neutral header.d=a.example", "" },
		{ "x; dmarc=pass", "" },
		{ "x; dmarc=none; dkim=pass header.d=a.example", "dkim:a.example" },
		{ "x; dmarc=fail header.from=a.example; dkim=pass header.d=a.example", "" },
		{ "x; dkim=pass header.d=a.example; dmarc=temperror", "" },
		{ "x; dkim=pass header.d=a.example header.i=@b.example", "dkim:a.example" },
		{ "x; dkim=pass header.d=a.example header.d=b.example header.i=c.example",
		  "identity:c.example" },
		{ "x; dmarc=pass header.from=\"a b\"", "" },
		{ "x; dmarc=pass header.from=a.example.", "dmarc:a.example" },
		{ "x 2; dmarc=pass header.from=a.example", "" },
		{ "x; dmarc=pass header.from=a.example; spf", "" },
		{ "x; none", "" },
		{ "", "" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arc_finding finding = { .result = RESULT_PASS };
		struct text found;

		arc_reported_read(fixture->arena, text_from(rows[i].value), &finding);
		found = describe(fixture->arena, &finding);
		if (!text_equal(found, text_from(rows[i].reported)))
			fail_msg("%s: %.*s", rows[i].value, TEXT_ARGUMENTS(found));
	}
}

static void
reports_are_bounded(void **state)
{
	struct fixture *fixture = *state;

	for (size_t count = ARC_REPORTED_MAX - 1; count <= ARC_REPORTED_MAX + 1; count++) {
		struct textbuf value = textbuf_new(fixture->arena, BYTES_MAX);
		struct arc_finding finding = { .result = RESULT_PASS };

		textbuf_add_string(&value, "x");
		for (size_t i = 0; i < count; i++)
			textbuf_printf(&value, "; dkim=pass header.d=d%zu.example", i);
		arc_reported_read(fixture->arena, textbuf_text(&value), &finding);
		assert_int_equal(finding.reported_count,
				 count < ARC_REPORTED_MAX ? count : ARC_REPORTED_MAX);
	}
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_sets_are_none),
		CASE(chains_pass),
		CASE(changes_between_instances_show_as_oldest_pass),
		CASE(what_changed_fails),
		CASE(an_older_seal_that_fails_fails_the_chain),
		CASE(every_key_error_is_fail),
		CASE(keys_of_older_instances),
		CASE(weak_signatures_fail),
		CASE(tags_of_the_message_signature),
		CASE(limits_hold),
		CASE(questions_over_the_budget_fail),
		CASE(only_an_unbroken_row_of_trusted_sealers_counts),
		CASE(a_sealer_that_did_not_sign_from_vouches_for_nothing),
		CASE(reports_are_read),
		CASE(reports_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
