/* SPDX-License-Identifier: BSD-2-Clause */
/* libopendkim and our own verifier must come to the same verdict. */
#include "checks/dkim.h"

#include "base/textbuf.h"
#include "checks/dkim_verify.h"
#include "checks/findings.h"
#include "dkim_fixture.h"

/* The second opinion: our own verifier on the only signature of a message. */
static bool
verifies_with_own_code(struct arena *arena, struct text text, const char *key_file)
{
	struct message message = { 0 };
	struct dkim_signature signature;
	struct dkim_body_hash *hash;
	struct dkim_key key;
	struct text record;
	struct text body;
	uint64_t length;

	dkim_sign_split(arena, text, &message, &body);
	signature = dkim_signature_parse(arena, message.fields[0].value);
	assert_int_equal(signature.status, DKIM_SIGNATURE_VALID);
	assert_true(dkim_sign_key_record(arena, key_file, &record));
	assert_null(dkim_key_parse(arena, record, &key));
	hash = dkim_body_hash_begin(arena, signature.body_form,
				    signature.has_body_length ? signature.body_length : UINT64_MAX);
	dkim_body_hash_add(hash, body);
	return text_equal(dkim_body_hash_end(hash, &length), signature.body_hash) &&
	       dkim_signature_fits(&key,
				   dkim_signed_hash(arena, &signature, &message.fields[0],
						    message.fields, message.field_count),
				   signature.signature) == DKIM_FIT_YES;
}

static const char *const forms[] = { "simple", "simple/relaxed", "relaxed/simple",
				      "relaxed/relaxed" };
static const char *const bodies[] = {
	"", "\r\n", "x", "Hi.\r\n", "Hi  there \t.\r\n\r\n\r\n", " \r\n", "a\r\n\r\nb", "\r\n\r\nx\r\n",
	"a\nb\r\n",
};

/* Every form with every kind of key, by libopendkim and by our own code. */
static void
both_verifiers_agree(void **state)
{
	static const char *const keys[] = { KEY("rsa1024"), KEY("rsa2048"), KEY("rsa4096"),
					    KEY("rsa8192"), KEY("ed25519") };

	for (size_t k = 0; k < COUNT_OF(keys); k++) {
		for (size_t i = 0; i < COUNT_OF(forms) * COUNT_OF(bodies); i++) {
			struct fixture *fixture;
			struct dkim_sign_options options = options_for(keys[k]);
			struct text message;
			struct text changed;

			set_up(state);
			fixture = *state;
			publish(fixture, "s._domainkey.example.org", keys[k]);
			options.forms = forms[i / COUNT_OF(bodies)];
			message = text_printf(fixture->arena, HEADER "\r\n%s",
					      bodies[i % COUNT_OF(bodies)]);
			message = sign(fixture, &options, message);
			fixture->run.chunk = i % 5;
			assert_true(verifies_with_own_code(fixture->arena, message, keys[k]));
			expect(fixture, message, RESULT_PASS, NULL);

			changed = replace(fixture->arena, message, "hello", "hallo");
			assert_false(verifies_with_own_code(fixture->arena, changed, keys[k]));
			assert_true(expect(fixture, changed, RESULT_FAIL,
					   "signature did not verify").key_fits);

			changed = text_join(fixture->arena, message, TEXT("more"));
			assert_false(verifies_with_own_code(fixture->arena, changed, keys[k]));
			assert_true(expect(fixture, changed, RESULT_FAIL,
					   "body hash did not verify").key_fits);
			tear_down(state);
		}
	}
}

/* A fixed sequence: the test is the same each time. */
static unsigned
next_number(unsigned *seed, unsigned limit)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % limit;
}

static void
add_pieces(struct textbuf *out, unsigned *seed, const char *const *pieces, unsigned piece_count)
{
	for (unsigned count = next_number(seed, 12); count > 0; count--)
		textbuf_add_string(out, pieces[next_number(seed, piece_count)]);
}

/* Blanks, folds and empty lines in all places where mail may have them. */
static struct text
odd_message(struct arena *arena, unsigned seed)
{
	static const char *const in_fields[] = { " ", "\t", "a", "bc", "\r\n ", "\r\n\t", ":", ";",
						 "=", "\xc3\xbc", "  ", "\"" };
	static const char *const in_bodies[] = { " ", "\t", "a", "bc", "\r\n", "\r\n\r\n", " \r\n",
						 ".", "\xff", "  ", "\t \r\n", "x y" };
	struct textbuf out = textbuf_new(arena, 100000);

	textbuf_add_string(&out, "fRoM: a@example.org\r\n");
	for (unsigned count = next_number(&seed, 6); count > 0; count--) {
		textbuf_add_string(&out, next_number(&seed, 2) == 0 ? "X:" : "Subject:");
		add_pieces(&out, &seed, in_fields, COUNT_OF(in_fields));
		textbuf_add_string(&out, "\r\n");
	}
	textbuf_add_string(&out, "\r\n");
	add_pieces(&out, &seed, in_bodies, COUNT_OF(in_bodies));
	return textbuf_text(&out);
}

static void
both_verifiers_agree_on_odd_messages(void **state)
{
	for (unsigned seed = 1; seed <= 2000; seed++) {
		struct dkim_sign_options options = options_for(KEY("rsa1024"));
		struct fixture *fixture;
		struct text message;

		set_up(state);
		fixture = *state;
		publish(fixture, "s._domainkey.example.org", KEY("rsa1024"));
		options.fields = "From:Subject:X:Subject:x:X:subject:Subject";
		options.forms = forms[seed % COUNT_OF(forms)];
		message = sign(fixture, &options, odd_message(fixture->arena, seed));
		fixture->run.chunk = seed % 7;
		assert_true(verifies_with_own_code(fixture->arena, message, KEY("rsa1024")));
		expect(fixture, message, RESULT_PASS, NULL);
		tear_down(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_verifiers_agree),
		cmocka_unit_test(both_verifiers_agree_on_odd_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
