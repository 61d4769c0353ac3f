/* SPDX-License-Identifier: BSD-2-Clause */
/* The DKIM check against senders who mean harm, and at each of its limits. */
#include "checks/dkim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "checks/dkim_body.h"
#include "checks/dkim_candidate.h"
#include "checks/findings.h"
#include "dkim_run.h"
#include "dkim_sign.h"

#define KEY(name) KEYS_DIR "/" name ".pem"
#define HEADER "From: Joe <joe@example.org>\r\nTo: a@example.com\r\nSubject: hello\r\n"
#define HASH "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="

enum {
	NOW = 1750000000,
	MESSAGE_MAX = 64 * 1024 * 1024
};

struct fixture {
	struct arena *arena;
	struct config config;
	struct dkim_run run;
};

static int
set_up(void **state)
{
	static struct fixture fixture;
	struct text record;

	fixture = (struct fixture){ .arena = arena_new() };
	fixture.config.check_dkim = true;
	fixture.config.dkim_minimum_key_bits = 1024;
	fixture.config.dkim_signatures_max = 8;
	fixture.config.dkim_clock_drift = 300;
	fixture.run.config = &fixture.config;
	fixture.run.received_at = NOW;
	assert_true(dkim_sign_key_record(fixture.arena, KEY("rsa1024"), &record));
	fixture.run.zone = text_printf(fixture.arena, "*.example TXT %.*s\n*.example.org TXT %.*s\n",
				       TEXT_ARGUMENTS(record), TEXT_ARGUMENTS(record));
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

static struct text
sign_for(struct fixture *fixture, const char *domain, const char *fields, struct text message)
{
	struct dkim_sign_options options = {
		.domain = text_from(domain),
		.selector = TEXT("s"),
		.key_file = KEY("rsa1024"),
		.fields = fields,
	};
	struct text result;

	assert_true(dkim_sign(fixture->arena, &options, message, &result));
	return result;
}

static struct dkim_finding
check(struct fixture *fixture, struct text message)
{
	return dkim_run(fixture->arena, &fixture->run, message);
}

static struct text
repeat(struct arena *arena, const char *format, size_t count)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);

	for (size_t i = 0; i < count; i++) {
		textbuf_add_string(&out, format);
		textbuf_printf(&out, "%zu\r\n", i);
	}
	return textbuf_text(&out);
}

/*
 * The library's heap overflow: h= uses up every field and names one more. In
 * many sizes, because not each of them shows; the sentinel is what helps.
 */
static void
fields_may_be_used_up(void **state)
{
	struct fixture *fixture = *state;

	for (size_t extra = 0; extra < 12; extra++) {
		struct textbuf names = textbuf_new(fixture->arena, 10000);
		struct textbuf header = textbuf_new(fixture->arena, 10000);
		struct dkim_finding finding;

		textbuf_add_string(&names, "From:To");
		textbuf_add_string(&header, "From: a@example.org\r\nTo: b@example.org\r\n");
		for (size_t i = 0; i < extra; i++) {
			textbuf_add_string(&names, ":x");
			textbuf_add_string(&header, "X: y\r\n");
		}
		textbuf_add_string(&names, ":dkim-signature:x-a:x-b");
		textbuf_add_string(&header, "\r\nHi.\r\n");
		finding = check(fixture, sign_for(fixture, "example.org",
						  (const char *)textbuf_text(&names).bytes,
						  textbuf_text(&header)));
		assert_int_equal(finding.result, RESULT_PASS);
		/* Without naming DKIM-Signature it is the library that judges. */
		names = textbuf_new(fixture->arena, 10000);
		textbuf_add_string(&names, "From:To:x-a:x-b:x-c:x-d");
		for (size_t i = 0; i < extra; i++)
			textbuf_add_string(&names, ":x");
		finding = check(fixture, sign_for(fixture, "example.org",
						  (const char *)textbuf_text(&names).bytes,
						  textbuf_text(&header)));
		assert_int_equal(finding.result, RESULT_PASS);
	}
}

static struct text
unsigned_field(struct arena *arena, const char *tags)
{
	return text_printf(arena,
			   "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; %s h=from;\r\n"
			   "\tbh=" HASH "; b=AAAA%c%c%c%c\r\n",
			   tags, 'B', 'B', 'B', 'B');
}

/* The over-reads of its decoder of quoted-printable. */
static void
identities_may_be_long_or_cut_off(void **state)
{
	struct fixture *fixture = *state;

	for (size_t length = 1; length < 600; length += length < 240 || length > 280 ? 13 : 1) {
		struct textbuf tags = textbuf_new(fixture->arena, 10000);
		struct dkim_finding finding;
		struct text message;

		textbuf_add_string(&tags, "i=");
		for (size_t i = 0; i < length; i++)
			textbuf_add_byte(&tags, 'a');
		textbuf_add_string(&tags, "@example.org;");
		message = text_join(fixture->arena,
				    unsigned_field(fixture->arena,
						   (const char *)textbuf_text(&tags).bytes),
				    TEXT(HEADER "\r\nHi.\r\n"));
		finding = check(fixture, message);
		assert_int_equal(finding.result, RESULT_FAIL);
	}
	for (size_t i = 0; i < 4; i++) {
		static const char *const tags[] = { "i==;", "i=a@example.org=;",
						    "i=a@example.org=4;", "i=@=65xample.org==;" };
		struct text message = text_join(fixture->arena,
						unsigned_field(fixture->arena, tags[i]),
						TEXT(HEADER "\r\nHi.\r\n"));

		assert_int_equal(check(fixture, message).result, RESULT_PERMERROR);
	}
}

static struct text
sign_often(struct fixture *fixture, size_t count, const char *format)
{
	struct text message = TEXT(HEADER "\r\nHi.\r\n");

	for (size_t i = count; i > 0; i--)
		message = sign_for(fixture,
				   text_string(fixture->arena,
					       text_printf(fixture->arena, "d%zu.%s", i, format)),
				   "From", message);
	return message;
}

static void
signatures_are_limited(void **state)
{
	static const size_t counts[] = { 7, 8, 9, 120 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		size_t wanted = counts[i] < 8 ? counts[i] : 8;
		struct dkim_finding finding = check(fixture, sign_often(fixture, counts[i], "other.example"));

		assert_int_equal(finding.count, wanted);
		assert_int_equal(finding.skipped, counts[i] - wanted);
		assert_int_equal(finding.reason != NULL, finding.skipped > 0);
		assert_int_equal(finding.result, RESULT_PASS);
		assert_true(text_equal(finding.signatures[0].domain, TEXT("d1.other.example")));
		for (size_t j = 0; j < finding.count; j++)
			assert_int_equal(finding.signatures[j].result, RESULT_PASS);
	}
}

/* The author's own signature is judged, wherever it stands; findings keep the header's order. */
static void
the_author_comes_first(void **state)
{
	struct fixture *fixture = *state;
	struct text message = sign_for(fixture, "mail.example.org", "From", TEXT(HEADER "\r\nHi.\r\n"));
	struct text others = repeat(fixture->arena, "DKIM-Signature: broken", 20);
	struct dkim_finding finding;

	for (size_t i = 0; i < 12; i++)
		message = sign_for(fixture, "x.other.example", "From", message);
	message = text_join(fixture->arena, others, message);
	finding = check(fixture, message);
	assert_int_equal(finding.count, 8);
	assert_int_equal(finding.skipped, 25);
	assert_true(text_equal(finding.signatures[7].domain, TEXT("mail.example.org")));
	for (size_t i = 0; i < finding.count; i++)
		assert_int_equal(finding.signatures[i].result, RESULT_PASS);
}

/* RFC 6008 4 */
/* Of a hundred fields it is known whose they are; the author's is the last of so many. */
static void
a_hundred_fields_are_read(void **state)
{
	struct fixture *fixture = *state;

	for (size_t others = DKIM_FIELDS_PARSED_MAX - 2; others <= DKIM_FIELDS_PARSED_MAX; others++) {
		struct text message = sign_for(fixture, "mail.example.org", "From",
					       TEXT(HEADER "\r\nHi.\r\n"));
		struct dkim_finding finding;

		message = text_join(fixture->arena,
				    repeat(fixture->arena, "DKIM-Signature: broken", others), message);
		finding = check(fixture, message);
		assert_int_equal(finding.result == RESULT_PASS, others < DKIM_FIELDS_PARSED_MAX);
		assert_int_equal(finding.count + finding.skipped, others + 1);
	}
}

static void
signatures_can_be_told_apart(void **state)
{
	static const struct {
		const char *first;
		const char *second;
		size_t length;
	} rows[] = {
		{ "AAAABBBBCCCC", "DDDDBBBBCCCC", 8 },
		{ "AAAABBBBCCCC", "AAAABBBCCCCC", 8 },
		{ "AAAABBBBCCCC", "AAAABBBBDCCC", 9 },
		{ "AAAABBBBCCCC", "AAAABBBBCCCD", 12 },
		{ "AAAABBBBCCCC", "AAAABBBBCCCC", 12 },
		{ "AAAA", "AAAABBBB", 4 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text message = text_printf(
			fixture->arena,
			"DKIM-Signature: a=x; b=%s\r\nDKIM-Signature: a=x; b=%s\r\n" HEADER "\r\n",
			rows[i].first, rows[i].second);
		struct dkim_finding finding = check(fixture, message);

		assert_int_equal(finding.count, 2);
		assert_int_equal(finding.result, RESULT_PERMERROR);
		assert_true(text_equal(finding.signatures[0].signature_start,
				       text_of(rows[i].first, rows[i].length)));
	}
}

/* Each l= costs a hash over the whole body. */
static void
body_lengths_are_limited(void **state)
{
	struct fixture *fixture = *state;
	struct text message = TEXT(HEADER "\r\nHi.\r\n");
	struct dkim_finding finding;

	for (uint64_t length = 0; length < 6; length++) {
		struct dkim_sign_options options = {
			.domain = TEXT("example.org"),
			.selector = TEXT("s"),
			.key_file = KEY("rsa1024"),
			.has_length = true,
			.length = length / 2 + 3,
		};

		assert_true(dkim_sign(fixture->arena, &options, message, &message));
	}
	fixture->config.dkim_body_length = BODY_LENGTH_ALLOW;
	finding = check(fixture, message);
	assert_int_equal(finding.count, 6);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(finding.signatures[i].result, RESULT_PASS);
	for (size_t i = 4; i < 6; i++) {
		assert_int_equal(finding.signatures[i].result, RESULT_NEUTRAL);
		assert_string_equal(finding.signatures[i].reason,
				    "too many different l= in the message");
	}
}

static void
fields_are_limited(void **state)
{
	struct fixture *fixture = *state;

	for (size_t over = 0; over < 3; over++) {
		/* Three of HEADER and the signature, then as many as the limit allows, less one. */
		struct text others = repeat(fixture->arena, "X: y", FIELDS_MAX - 5 + over);
		struct text message = text_join(fixture->arena, others, TEXT(HEADER "\r\nHi.\r\n"));
		struct dkim_finding finding;

		message = sign_for(fixture, "example.org", "From:To:x:x:x", message);
		finding = check(fixture, message);
		assert_int_equal(finding.result, over < 2 ? RESULT_PASS : RESULT_NEUTRAL);
	}
}

static void
a_header_over_the_size_limit_is_neutral(void **state)
{
	struct fixture *fixture = *state;
	struct text message = sign_for(fixture, "example.org", "From", TEXT(HEADER "\r\nHi.\r\n"));
	struct dkim_finding finding;

	fixture->run.header_bytes_max = message.length - 30;
	finding = check(fixture, message);
	assert_int_equal(finding.result, RESULT_NEUTRAL);
	assert_string_equal(finding.signatures[0].reason, "header is over the limit");
}

/* Our own limits never defer mail. */
static void
a_used_up_budget_is_permanent(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_finding finding;

	fixture->run.questions_max = 1;
	finding = check(fixture, sign_for(fixture, "example.org", "From", TEXT(HEADER "\r\nHi.\r\n")));
	assert_int_equal(finding.result, RESULT_PERMERROR);
	assert_string_equal(finding.signatures[0].reason, "limit of DNS questions");
}

/* 70 KB fields, thousands of names, bodies of nothing but line ends. */
static void
large_things_are_judged(void **state)
{
	struct fixture *fixture = *state;
	struct textbuf header = textbuf_new(fixture->arena, MESSAGE_MAX);
	struct text message;

	textbuf_add_string(&header, HEADER "X-Long: ");
	for (size_t i = 0; i < 7000; i++)
		textbuf_add_string(&header, i % 8 == 7 ? "\r\n\t234567890" : "1234567890");
	textbuf_add_string(&header, "\r\n\r\nHi.\r\n");
	message = sign_for(fixture, "example.org", "From:X-Long", textbuf_text(&header));
	assert_int_equal(check(fixture, message).result, RESULT_PASS);

	header = textbuf_new(fixture->arena, MESSAGE_MAX);
	textbuf_add_string(&header, HEADER "\r\n");
	for (size_t i = 0; i < 100000; i++)
		textbuf_add_string(&header, "\r\n");
	textbuf_add_string(&header, "end");
	message = sign_for(fixture, "example.org", "From", textbuf_text(&header));
	fixture->run.chunk = 65535;
	assert_int_equal(check(fixture, message).result, RESULT_PASS);

	header = textbuf_new(fixture->arena, MESSAGE_MAX);
	textbuf_add_string(&header, "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; bh=" HASH
				    "; b=AAAA; h=from");
	for (size_t i = 0; i < 5000; i++)
		textbuf_add_string(&header, ":x");
	textbuf_add_string(&header, "\r\n" HEADER "\r\n");
	assert_int_equal(check(fixture, textbuf_text(&header)).result, RESULT_NEUTRAL);
}

/* Around the part of the body that is kept, for a key that only our own code can use. */
static void
long_keys_and_long_bodies_meet(void **state)
{
	struct fixture *fixture = *state;
	struct text record;

	assert_true(dkim_sign_key_record(fixture->arena, KEY("rsa8192"), &record));
	fixture->run.zone = text_printf(fixture->arena, "s._domainkey.example.org TXT %.*s\n",
					TEXT_ARGUMENTS(record));
	for (size_t i = 0; i < 3; i++) {
		struct dkim_sign_options options = {
			.domain = TEXT("example.org"),
			.selector = TEXT("s"),
			.key_file = KEY("rsa8192"),
		};
		char *body = arena_alloc(fixture->arena, DKIM_BODY_KEPT_MAX + 2);
		struct text message;
		struct dkim_finding finding;

		for (size_t j = 0; j < DKIM_BODY_KEPT_MAX + 2; j++)
			body[j] = 'x';
		message = text_join(fixture->arena, TEXT(HEADER "\r\n"),
				    text_of(body, DKIM_BODY_KEPT_MAX - 1 + i));
		assert_true(dkim_sign(fixture->arena, &options, message, &message));
		fixture->run.chunk = 4096;
		finding = check(fixture, message);
		assert_int_equal(finding.result, RESULT_PASS);
		assert_int_equal(finding.signatures[0].key_bits, 8192);
	}
}

/* The whole takes the best of its parts. */
static void
one_pass_is_enough(void **state)
{
	struct fixture *fixture = *state;
	struct text message = sign_for(fixture, "example.org", "From", TEXT(HEADER "\r\nHi.\r\n"));
	struct text bad = unsigned_field(fixture->arena, "");
	struct dkim_finding finding =
		check(fixture, text_join(fixture->arena, bad,
					 text_join(fixture->arena, TEXT("DKIM-Signature: x\r\n"),
						   message)));

	assert_int_equal(finding.count, 3);
	assert_int_equal(finding.signatures[0].result, RESULT_FAIL);
	assert_int_equal(finding.signatures[1].result, RESULT_PERMERROR);
	assert_int_equal(finding.signatures[2].result, RESULT_PASS);
	assert_int_equal(finding.result, RESULT_PASS);
}

static void
the_library_can_be_had(void **state)
{
	(void)state;
	assert_true(dkim_check_start());
	assert_true(dkim_check_start());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_can_be_had),
		cmocka_unit_test_setup_teardown(fields_may_be_used_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(identities_may_be_long_or_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(signatures_are_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_author_comes_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hundred_fields_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(signatures_can_be_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(body_lengths_are_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fields_are_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_header_over_the_size_limit_is_neutral, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_used_up_budget_is_permanent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_things_are_judged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_keys_and_long_bodies_meet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_pass_is_enough, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
