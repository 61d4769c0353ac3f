/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim.h"

#include <pthread.h>
#include <stdio.h>

#include "base/textbuf.h"
#include "checks/findings.h"
#include "dkim_fixture.h"

static const char *const forms[] = { "simple", "simple/relaxed", "relaxed/simple",
				      "relaxed/relaxed" };
static void
unsigned_mail_is_none(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_finding finding = check(fixture, TEXT(HEADER "\r\nHi.\r\n"));

	assert_int_equal(finding.result, RESULT_NONE);
	assert_int_equal(finding.count, 0);
	assert_null(finding.reason);
	assert_int_equal(check(fixture, TEXT("")).result, RESULT_NONE);
}

/* What stands in the DNS at the key's name, for an RSA key of 2048 bits; %K is its record. */
static void
keys_are_judged(void **state)
{
	static const struct {
		const char *zone;
		enum result result;
		const char *reason;
	} rows[] = {
		{ "s._domainkey.example.org TXT %K", RESULT_PASS, NULL },
		{ "s._domainkey.example.org TXT %K; t=y", RESULT_PASS, NULL },
		{ "s._domainkey.example.org TXT %K; h=sha1:sha256; s=email; n=x", RESULT_PASS, NULL },
		{ "s._domainkey.example.org TXT %K\ns._domainkey.example.org TXT v=spf1 -all",
		  RESULT_PASS, NULL },
		{ "s._domainkey.example.org CNAME k.example.net\nk.example.net TXT %K", RESULT_PASS,
		  NULL },
		{ "*.example.org TXT %K", RESULT_PASS, NULL },
		{ "s._domainkey.example.org TXT %K\ns._domainkey.example.org TXT %K; t=y",
		  RESULT_PERMERROR, "several key records" },
		{ "s._domainkey.example.org TXT v=spf1 -all\ns._domainkey.example.org TXT x",
		  RESULT_PERMERROR, "key record of unknown version" },
		{ "", RESULT_PERMERROR, "no key" },
		{ "s._domainkey.example.org A 192.0.2.1", RESULT_PERMERROR, "no key" },
		{ "s._domainkey.example.org SERVFAIL", RESULT_TEMPERROR, "key cannot be fetched now" },
		{ "s._domainkey.example.org REFUSED", RESULT_TEMPERROR, "key cannot be fetched now" },
		{ "s._domainkey.example.org TIMEOUT", RESULT_TEMPERROR, "key cannot be fetched now" },
		{ "s._domainkey.example.org TXT v=DKIM1; p=", RESULT_PERMERROR, "key is revoked" },
		{ "s._domainkey.example.org TXT v=DKIM1; p=YWJj", RESULT_PERMERROR,
		  "key cannot be read" },
		{ "s._domainkey.example.org TXT v=DKIM1; p=*", RESULT_PERMERROR, "key is not base64" },
		{ "s._domainkey.example.org TXT nonsense", RESULT_PERMERROR,
		  "key record is no tag list" },
		{ "s._domainkey.example.org TXT %K; h=sha1", RESULT_PERMERROR,
		  "key is not for this hash" },
		{ "s._domainkey.example.org TXT %K; s=other", RESULT_PERMERROR, "key is not for mail" },
		{ "s._domainkey.example.org TXT %K; p=%K", RESULT_PERMERROR,
		  "key record is no tag list" },
		{ "s._domainkey.example.org TXT %O", RESULT_FAIL, "signature did not verify" },
		{ "s._domainkey.example.org TXT %E", RESULT_PERMERROR,
		  "key is of another type than the signature" },
	};
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("rsa2048"));
	struct text message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
	static const char *const files[] = { KEY("rsa2048"), KEY("rsa2048-other"), KEY("ed25519") };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct textbuf zone = textbuf_new(fixture->arena, 100000);

		for (const char *next = rows[i].zone; *next != '\0'; next++) {
			struct text record;

			if (*next != '%') {
				textbuf_add_byte(&zone, *next);
				continue;
			}
			next++;
			assert_true(dkim_sign_key_record(
				fixture->arena, files[*next == 'K' ? 0 : *next == 'O' ? 1 : 2],
				&record));
			textbuf_add(&zone, record);
		}
		fixture->run.zone = textbuf_text(&zone);
		expect(fixture, message, rows[i].result, rows[i].reason);
	}
}

static void
testing_is_noted(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("ed25519"));
	struct text message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
	struct text record;

	assert_true(dkim_sign_key_record(fixture->arena, KEY("ed25519"), &record));
	fixture->run.zone = text_printf(fixture->arena, "s._domainkey.example.org TXT %.*s; t=y",
					TEXT_ARGUMENTS(record));
	assert_true(expect(fixture, message, RESULT_PASS, NULL).is_testing);
}

/* RFC 8301 3.2, 3.1 */
static void
weak_cryptography_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("rsa512"));
	struct dkim_signature_finding one;

	publish(fixture, "s._domainkey.example.org", KEY("rsa512"));
	one = expect(fixture, sign(fixture, &options, TEXT(HEADER "\r\n")), RESULT_PERMERROR,
		     "RSA key is shorter than 1024 bits");
	assert_int_equal(one.key_bits, 512);
	assert_false(one.key_fits);

	options = options_for(KEY("rsa2048"));
	options.algorithm = "rsa-sha1";
	expect(fixture, sign(fixture, &options, TEXT(HEADER "\r\n")), RESULT_PERMERROR,
	       "rsa-sha1 is not valid");
}

static void
local_minimum_of_key_bits_is_policy(void **state)
{
	static const struct {
		uint64_t minimum;
		enum result result;
	} rows[] = { { 2047, RESULT_PASS }, { 2048, RESULT_PASS }, { 2049, RESULT_POLICY } };
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("rsa2048"));
	struct text message = sign(fixture, &options, TEXT(HEADER "\r\n"));

	publish(fixture, "s._domainkey.example.org", KEY("rsa2048"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		fixture->config.dkim_minimum_key_bits = rows[i].minimum;
		expect(fixture, message, rows[i].result,
		       "RSA key is shorter than the local minimum");
	}
	/* It is a rule for RSA. */
	fixture->run.zone = TEXT("");
	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	options = options_for(KEY("ed25519"));
	expect(fixture, sign(fixture, &options, TEXT(HEADER "\r\n")), RESULT_PASS, NULL);
}

/* RFC 6376 3.5 x= and t=, with a drift of 300 seconds, and a day for t= */
static void
times_are_judged_by_the_clock_of_the_message(void **state)
{
	static const struct {
		int64_t timestamp;
		int64_t expiration;
		enum result result;
	} rows[] = {
		{ NOW - 1, NOW + 1, RESULT_PASS },
		{ NOW - 900, NOW - 299, RESULT_PASS },
		{ NOW - 900, NOW - 300, RESULT_PASS },
		{ NOW - 900, NOW - 301, RESULT_PERMERROR },
		{ 0, 1, RESULT_PERMERROR },
		{ 1, 0, RESULT_PASS },
		{ 100, NOW + 1, RESULT_PASS },
		{ NOW + 86699, 0, RESULT_PASS },
		{ NOW + 86700, 0, RESULT_PASS },
		{ NOW + 86701, 0, RESULT_PERMERROR },
		{ NOW - 1, 999999999999, RESULT_PASS },
		{ 999999999998, 999999999999, RESULT_PERMERROR },
	};
	struct fixture *fixture = *state;

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_sign_options options = options_for(KEY("ed25519"));

		options.timestamp = rows[i].timestamp;
		options.expiration = rows[i].expiration;
		expect(fixture, sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n")), rows[i].result,
		       NULL);
	}
	/* The machine's clock plays no part: the same in a far past. */
	fixture->run.received_at = 1000;
	for (int64_t expiration = 699; expiration <= 700; expiration++) {
		struct dkim_sign_options options = options_for(KEY("ed25519"));

		options.timestamp = 1;
		options.expiration = expiration;
		expect(fixture, sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n")),
		       expiration < 700 ? RESULT_PERMERROR : RESULT_PASS, "signature has expired");
	}
}

/* What libopendkim takes for white space or an end, an attacker could add to signed fields. */
static void
odd_bytes_in_fields_count(void **state)
{
	static const char *const values[] = { "hello\rthere", "hello\x0b", "hello\x0c x", "hel\x01lo" };
	struct fixture *fixture = *state;

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct dkim_sign_options options = options_for(KEY("ed25519"));
		struct text message;

		options.forms = forms[i];
		message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
		for (size_t j = 0; j < COUNT_OF(values); j++) {
			struct text other = replace(fixture->arena, TEXT(HEADER "\r\nHi.\r\n"),
						    "hello", values[j]);

			expect(fixture, replace(fixture->arena, message, "hello", values[j]),
			       RESULT_FAIL, "signature did not verify");
			expect(fixture, sign(fixture, &options, other), RESULT_PASS, NULL);
		}
	}
}

static void
nul_in_a_field_hides_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("ed25519"));
	struct text message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
	size_t at = text_find_text(message, TEXT("world")) + 5;

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	message = text_join(fixture->arena,
			    text_join(fixture->arena, text_cut(message, 0, at), TEXT("\0evil")),
			    text_from_position(message, at));
	expect(fixture, message, RESULT_FAIL, "signature did not verify");
}

/* RFC 8616 5 */
static void
u_labels_are_verified(void **state)
{
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("ed25519"));
	struct dkim_signature_finding one;
	struct text message;

	options.domain = TEXT("b\xc3\xbc" "cher.example");
	options.selector = TEXT("schl\xc3\xbcssel");
	options.extra = "i=j\xc3\xb6@mail.b\xc3\xbc" "cher.example;";
	publish(fixture, "xn--schlssel-95a._domainkey.xn--bcher-kva.example", KEY("ed25519"));
	message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
	one = expect(fixture, message, RESULT_PASS, NULL);
	assert_true(text_equal(one.domain, TEXT("xn--bcher-kva.example")));
	expect(fixture, replace(fixture->arena, message, "Hi.", "Ho."), RESULT_FAIL,
	       "body hash did not verify");
}

/* RFC 6376 3.6.1 t=s, 3.5 i= */
static void
strict_keys_bind_the_identity(void **state)
{
	static const struct {
		const char *extra;
		const char *flags;
		enum result result;
	} rows[] = {
		{ "i=a@example.org;", "; t=s", RESULT_PASS },
		{ "i=a@sub.example.org;", "; t=s", RESULT_PERMERROR },
		{ "i=a@sub.example.org;", "", RESULT_PASS },
		{ "", "; t=s", RESULT_PASS },
	};
	struct fixture *fixture = *state;
	struct text record;

	assert_true(dkim_sign_key_record(fixture->arena, KEY("rsa2048"), &record));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_sign_options options = options_for(KEY("rsa2048"));

		options.extra = rows[i].extra;
		fixture->run.zone = text_printf(fixture->arena,
						"s._domainkey.example.org TXT %.*s%s",
						TEXT_ARGUMENTS(record), rows[i].flags);
		expect(fixture, sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n")), rows[i].result,
		       "i= is below d=, which the key does not allow");
	}
}

/* RFC 6376 5.4.2: from the bottom up; a name more than there are fields forbids another. */
static void
fields_are_chosen_from_the_bottom(void **state)
{
	static const struct {
		const char *fields;
		const char *added;
		enum result result;
	} rows[] = {
		{ "From", "Subject: new\r\n", RESULT_PASS },
		{ "From:Subject", "Subject: new\r\n", RESULT_PASS },
		{ "From:Subject:Subject", "Subject: new\r\n", RESULT_FAIL },
		{ "From:From", "From: evil@example.com\r\n", RESULT_FAIL },
		{ "from:TO:x-none:x-none", "X-Other: x\r\n", RESULT_PASS },
		{ "from:x-none", "X-None: x\r\n", RESULT_FAIL },
		{ "From:DKIM-Signature", "X-Other: x\r\n", RESULT_PASS },
		{ "From:DKIM-Signature", "DKIM-Signature: x\r\n", RESULT_FAIL },
	};
	struct fixture *fixture = *state;

	publish(fixture, "s._domainkey.example.org", KEY("rsa1024"));
	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(forms); i++) {
		size_t row = i / COUNT_OF(forms);
		struct dkim_sign_options options = options_for(KEY("rsa1024"));
		struct text message;
		struct dkim_finding finding;

		options.fields = rows[row].fields;
		options.forms = forms[i % COUNT_OF(forms)];
		message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
		message = text_join(fixture->arena, text_from(rows[row].added), message);
		finding = check(fixture, message);
		assert_int_equal(finding.signatures[finding.count - 1].result, rows[row].result);
	}
}

/* From that nobody can parse, and none at all, must not stop verification. */
static void
signatures_do_not_depend_on_the_author(void **state)
{
	static const char *const headers[] = {
		"From: joe@\xff\xfe<\r\n", "From: <>\r\n", "From:\r\n", "From: undisclosed:;\r\n",
		"From: a@example.org, b@example.com\r\n", "From: a@x\r\nFrom: b@y\r\n", "Subject: x\r\n",
		"From : a@example.org\r\nSubject: x\r\n", "From: \"unclosed <a@example.org>\r\n",
	};
	struct fixture *fixture = *state;
	struct dkim_sign_options options = options_for(KEY("rsa1024"));

	publish(fixture, "s._domainkey.example.org", KEY("rsa1024"));
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		expect(fixture,
		       sign(fixture, &options,
			    text_printf(fixture->arena, "%s\r\nHi.\r\n", headers[i])),
		       RESULT_PASS, NULL);
}

/* What the threads of the next test do. They share libopendkim's settings and the keys. */
struct crowd {
	struct fixture *fixture;
	struct text messages[4];
};

static void *
check_often(void *context)
{
	const struct crowd *crowd = context;
	size_t passed = 0;

	for (size_t i = 0; i < 40; i++) {
		struct arena *arena = arena_new();

		passed += dkim_run(arena, &crowd->fixture->run, crowd->messages[i % 4]).result ==
			  RESULT_PASS;
		arena_free(&arena);
	}
	return passed == 40 ? context : NULL;
}

static void
threads_do_not_disturb_each_other(void **state)
{
	struct crowd crowd = { .fixture = *state };
	pthread_t threads[4];

	publish(crowd.fixture, "s._domainkey.example.org", KEY("rsa2048"));
	for (size_t i = 0; i < COUNT_OF(crowd.messages); i++) {
		struct dkim_sign_options options = options_for(KEY("rsa2048"));

		options.forms = forms[i];
		crowd.messages[i] = sign(crowd.fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
	}
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, check_often, &crowd), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *result;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unsigned_mail_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keys_are_judged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(testing_is_noted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(weak_cryptography_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(local_minimum_of_key_bits_is_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(times_are_judged_by_the_clock_of_the_message, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(odd_bytes_in_fields_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nul_in_a_field_hides_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(u_labels_are_verified, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strict_keys_bind_the_identity, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fields_are_chosen_from_the_bottom, set_up, tear_down),
		cmocka_unit_test_setup_teardown(threads_do_not_disturb_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(signatures_do_not_depend_on_the_author, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
