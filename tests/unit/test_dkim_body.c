/* SPDX-License-Identifier: BSD-2-Clause */
/* The DKIM check and the body: l=, chunks, line ends. */
#include "checks/dkim.h"

#include <stdio.h>
#include <string.h>

#include "base/textbuf.h"
#include "checks/dkim_body.h"
#include "checks/findings.h"
#include "dkim_fixture.h"

static const char *const forms[] = { "simple", "simple/relaxed", "relaxed/simple",
				      "relaxed/relaxed" };
/* RFC 6376 8.2 */
static void
body_length_leaves_tails(void **state)
{
	static const struct {
		enum body_length setting;
		uint64_t length;
		const char *added;
		enum result result;
		const char *reason;
		bool has_tail;
	} rows[] = {
		{ BODY_LENGTH_REFUSE_TAIL, 5, "", RESULT_PASS, NULL, false },
		{ BODY_LENGTH_REFUSE_TAIL, 5, "x", RESULT_POLICY,
		  "l= leaves a part of the body unsigned", true },
		{ BODY_LENGTH_REFUSE_TAIL, 4, "", RESULT_POLICY,
		  "l= leaves a part of the body unsigned", true },
		{ BODY_LENGTH_REFUSE_TAIL, 0, "", RESULT_POLICY,
		  "l= leaves a part of the body unsigned", true },
		{ BODY_LENGTH_REFUSE_TAIL, 6, "", RESULT_PERMERROR, "l= is longer than the body", false },
		{ BODY_LENGTH_REFUSE_TAIL, 5, "\r\n\r\n", RESULT_PASS, NULL, false },
		{ BODY_LENGTH_ALLOW, 5, "x", RESULT_PASS, NULL, true },
		{ BODY_LENGTH_ALLOW, 6, "", RESULT_PERMERROR, "l= is longer than the body", false },
		{ BODY_LENGTH_REFUSE, 5, "", RESULT_POLICY, "l= is used", false },
		{ BODY_LENGTH_REFUSE, 5, "x", RESULT_POLICY, "l= is used", true },
	};
	struct fixture *fixture = *state;

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(forms); i++) {
		size_t row = i / COUNT_OF(forms);
		struct dkim_sign_options options = options_for(KEY("ed25519"));
		struct text message;

		options.forms = forms[i % COUNT_OF(forms)];
		options.has_length = true;
		options.length = rows[row].length;
		fixture->config.dkim_body_length = rows[row].setting;
		message = sign(fixture, &options, TEXT(HEADER "\r\nHi.\r\n"));
		message = text_join(fixture->arena, message, text_from(rows[row].added));
		assert_int_equal(expect(fixture, message, rows[row].result, rows[row].reason)
					 .has_unsigned_tail,
				 rows[row].has_tail);
	}
}

/* Every boundary of chunks, around line ends most of all. */
static void
chunks_do_not_matter(void **state)
{
	struct fixture *fixture = *state;
	struct text body = TEXT("a \r\n\r\n b\t\tc\r\n \r\n\r\nlast \r\n\r\n");

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct dkim_sign_options options = options_for(KEY("ed25519"));
		struct text message;

		options.forms = forms[i];
		message = sign(fixture, &options,
			       text_join(fixture->arena, TEXT(HEADER "\r\n"), body));
		for (size_t chunk = 1; chunk <= body.length; chunk++) {
			fixture->run.chunk = chunk;
			expect(fixture, message, RESULT_PASS, NULL);
		}
	}
}

static struct text
large_body(struct arena *arena, size_t lines, const char *end)
{
	struct textbuf out = textbuf_new(arena, 10000000);

	for (size_t i = 0; i < lines; i++)
		textbuf_printf(&out, "line  %zu of the body \r\n", i);
	textbuf_add_string(&out, end);
	return textbuf_text(&out);
}

/* libopendkim drops a bare CR from a relaxed body; the RFC does not. */
static void
bare_cr_is_a_character(void **state)
{
	struct fixture *fixture = *state;
	static const size_t sizes[] = { 1, 2400, 2700, 20000 };         /* around what is kept */

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	for (size_t i = 0; i < COUNT_OF(forms) * COUNT_OF(sizes); i++) {
		struct dkim_sign_options options = options_for(KEY("ed25519"));
		struct text body = large_body(fixture->arena, sizes[i / COUNT_OF(forms)], "e\rnd\r\n");
		struct text message;

		options.forms = forms[i % COUNT_OF(forms)];
		message = sign(fixture, &options, text_join(fixture->arena, TEXT(HEADER "\r\n"), body));
		fixture->run.chunk = 60000;
		expect(fixture, message, RESULT_PASS, NULL);
		expect(fixture, replace(fixture->arena, message, "e\rnd", "end"), RESULT_FAIL,
		       "body hash did not verify");
		expect(fixture, replace(fixture->arena, message, "e\rnd", "e\rn\rd"), RESULT_FAIL,
		       "body hash did not verify");
	}
}

/* libopendkim keeps a whole line: it is spared long ones, and nothing else changes. */
static void
long_lines_are_judged(void **state)
{
	struct fixture *fixture = *state;
	static const size_t lengths[] = { DKIM_BODY_KEPT_MAX - 1, DKIM_BODY_KEPT_MAX,
					  DKIM_BODY_KEPT_MAX + 1, 5 * DKIM_BODY_KEPT_MAX };

	publish(fixture, "s._domainkey.example.org", KEY("ed25519"));
	for (size_t i = 0; i < COUNT_OF(forms) * COUNT_OF(lengths); i++) {
		struct dkim_sign_options options = options_for(KEY("ed25519"));
		size_t length = lengths[i / COUNT_OF(forms)];
		char *line = arena_alloc(fixture->arena, length);
		struct text message;

		memset(line, 'x', length);
		options.forms = forms[i % COUNT_OF(forms)];
		message = text_printf(fixture->arena, HEADER "\r\nshort\r\n%.*s end\r\nshort\r\n",
				      (int)length, line);
		message = sign(fixture, &options, message);
		fixture->run.chunk = 30000;
		expect(fixture, message, RESULT_PASS, NULL);
		expect(fixture, replace(fixture->arena, message, "x end", "y end"), RESULT_FAIL,
		       "body hash did not verify");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(body_length_leaves_tails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(chunks_do_not_matter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bare_cr_is_a_character, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_judged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
