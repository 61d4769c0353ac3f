/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dkim_diagnosis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "dkim_fixture.h"

#define KEY_FILE KEY("rsa2048")
#define LETTER "From: a@example.org\r\nTo: b@example.org\r\nSubject: hello\r\n\r\nHi.\r\n\r\nText.\r\n"

/* Signs the letter, changes `old` into `new`, and asks why it fails. */
static struct dkim_diagnosis
diagnose(struct arena *arena, const char *forms, bool has_length, uint64_t length, const char *old,
	 const char *new)
{
	struct dkim_sign_options options = {
		.domain = TEXT("example.org"), .selector = TEXT("s"), .key_file = KEY_FILE,
		.algorithm = "rsa-sha256", .forms = forms, .fields = "From:To:Subject:Subject",
		.has_length = has_length, .length = length,
	};
	struct message *message = arena_alloc(arena, sizeof(*message));
	struct dkim_signature signature;
	const struct header_field *field;
	struct text record;
	struct text letter;
	struct text body;
	struct dkim_key key;
	size_t position = 0;

	assert_true(dkim_sign(arena, &options, TEXT(LETTER), &letter));
	dkim_sign_split(arena, replace(arena, letter, old, new), message, &body);
	field = message_next_field(message, TEXT("DKIM-Signature"), &position);
	assert_non_null(field);
	signature = dkim_signature_parse(arena, field->value);
	assert_true(dkim_sign_key_record(arena, KEY_FILE, &record));
	assert_null(dkim_key_parse(arena, record, &key));
	return dkim_diagnose(arena, &signature, field, message, body, true,
			     &key);
}

static void
tells_header_from_body(void **state)
{
	static const struct {
		const char *old;
		const char *new;
		bool body_fits;
		enum dkim_fit header_fit;
		size_t footer;
		size_t banner;
		const char *tag;
		const char *added;      /* name of the field; NULL: none */
	} rows[] = {
		{ "Text.", "Text.", true, DKIM_FIT_YES, 0, 0, "", NULL },
		{ "Text.", "Test.", false, DKIM_FIT_YES, 0, 0, "", NULL },
		{ "Text.\r\n", "Text.\r\n--\r\nfooter\r\n", false, DKIM_FIT_YES, 2, 0, "", NULL },
		{ "Text.\r\n", "Text.\r\nno line end", false, DKIM_FIT_YES, 1, 0, "", NULL },
		{ "Hi.\r\n", "[EXTERNAL]\r\nHi.\r\n", false, DKIM_FIT_YES, 0, 1, "", NULL },
		{ "Subject: hello", "Subject: [list] hello", true, DKIM_FIT_NO, 0, 0, "[list] ", NULL },
		{ "Subject: hello", "Subject: hallo", true, DKIM_FIT_NO, 0, 0, "", NULL },
		/* Subject is signed once more than it is there. */
		{ "Subject: hello", "Subject: x\r\nSubject: hello", true, DKIM_FIT_NO, 0, 0, "", "Subject" },
		{ "To: b@", "To: c@", true, DKIM_FIT_NO, 0, 0, "", NULL },
	};
	static const char *const forms[] = { "relaxed/relaxed", "simple/simple" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t j = 0; j < COUNT_OF(forms); j++) {
			struct dkim_diagnosis found = diagnose(arena, forms[j], false, 0, rows[i].old, rows[i].new);

			assert_true(found.body_is_known);
			assert_int_equal(found.body_fits, rows[i].body_fits);
			assert_int_equal(found.header_fit, rows[i].header_fit);
			assert_int_equal(found.footer_lines, rows[i].footer);
			assert_int_equal(found.banner_lines, rows[i].banner);
			assert_true(text_equal(found.subject_tag, text_from(rows[i].tag)));
			assert_int_equal(found.added_field != NULL, rows[i].added != NULL);
			if (found.added_field != NULL)
				assert_true(text_equal(found.added_field->name, text_from(rows[i].added)));
		}
	arena_free(&arena);
}

static void
shows_what_a_length_leaves_out(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_diagnosis found = diagnose(arena, "simple/simple", true, 14, "Text.\r\n",
					       "Text.\r\nadded\r\nmore\r\n3\r\n4\r\n");

	(void)state;
	assert_true(found.body_fits);
	assert_int_equal(found.body_length, 33);
	assert_int_equal(found.tail_line_count, DIAGNOSIS_TAIL_LINES_MAX);
	assert_true(text_equal(found.tail_lines[0], TEXT("added")));
	assert_true(text_equal(found.tail_lines[2], TEXT("3")));
	arena_free(&arena);
}

/* As many lines as are tried, and one more. */
static void
limits_the_search(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t lines = DIAGNOSIS_LINES_MAX - 1; lines <= DIAGNOSIS_LINES_MAX + 1; lines++) {
		struct textbuf added = textbuf_new(arena, SIZE_MAX);
		struct dkim_diagnosis found;

		textbuf_add_string(&added, "Text.\r\n");
		for (size_t i = 0; i < lines; i++)
			textbuf_add_string(&added, "x\r\n");
		found = diagnose(arena, "relaxed/simple", false, 0, "Text.\r\n",
				 text_string(arena, textbuf_text(&added)));
		assert_int_equal(found.footer_lines, lines <= DIAGNOSIS_LINES_MAX ? lines : 0);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_header_from_body),
		cmocka_unit_test(shows_what_a_length_leaves_out),
		cmocka_unit_test(limits_the_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
