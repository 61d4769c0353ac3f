/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/canonical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/textbuf.h"

static void
add_part(void *context, struct text part)
{
	assert_false(text_is_empty(part));
	textbuf_add(context, part);
}

static struct text
canonical(struct arena *arena, enum dkim_canonical_form form, struct text body, size_t chunk)
{
	struct textbuf out = textbuf_new(arena, 1 << 20);
	struct canonical_body canonical_body;

	canonical_body_begin(&canonical_body, form, add_part, &out);
	for (size_t i = 0; i < body.length; i += chunk)
		canonical_body_add(&canonical_body, text_cut(body, i, chunk));
	canonical_body_end(&canonical_body);
	return textbuf_text(&out);
}

/* RFC 6376 3.4.3, 3.4.4; each at every size of chunk. */
static void
makes_bodies_canonical(void **state)
{
	static const struct {
		const char *body;
		const char *simple;
		const char *relaxed;
	} rows[] = {
		{ "", "\r\n", "" },
		{ "\r\n", "\r\n", "" },
		{ "\r\n\r\n\r\n", "\r\n", "" },
		{ "a", "a\r\n", "a\r\n" },
		{ "a\r\n", "a\r\n", "a\r\n" },
		{ "a\r\n\r\n\r\n", "a\r\n", "a\r\n" },
		{ "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n" },
		{ "\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n" },
		{ " \r\n", " \r\n", "" },
		{ " ", " \r\n", "" },
		{ " a\t b  c \t\r\n\t\r\n", " a\t b  c \t\r\n\t\r\n", " a b c\r\n" },
		{ "a b c", "a b c\r\n", "a b c\r\n" },
		{ "a \r\n b", "a \r\n b\r\n", "a\r\n b\r\n" },
		{ "a\r", "a\r\r\n", "a\r\r\n" },
		{ "a\rb\r\n", "a\rb\r\n", "a\rb\r\n" },
		{ "a \rb\r\r\n", "a \rb\r\r\n", "a \rb\r\r\n" },
		{ "a\n\nb\n", "a\n\nb\n\r\n", "a\n\nb\n\r\n" },
		{ "a\r\n\r", "a\r\n\r\r\n", "a\r\n\r\r\n" },
		{ "a \n b\r\n", "a \n b\r\n", "a \n b\r\n" },
		{ "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nb\r\n",
		  "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nb\r\n",
		  "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nb\r\n" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text body = text_from(rows[i].body);

		for (size_t chunk = 1; chunk <= body.length + 1; chunk++) {
			assert_true(text_equal(canonical(arena, DKIM_SIMPLE, body, chunk),
					       text_from(rows[i].simple)));
			assert_true(text_equal(canonical(arena, DKIM_RELAXED, body, chunk),
					       text_from(rows[i].relaxed)));
		}
	}
	arena_free(&arena);
}

/* However a body is cut: a byte at a time nothing can be taken together. */
static void
takes_no_notice_of_chunks(void **state)
{
	static const char alphabet[] = "aaaaaaab  \t\r\n";
	static char bytes[1500];
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct arena *arena = arena_new();
		struct text body = { bytes, round % 8 == 0 ? sizeof(bytes) : round % 61 };
		size_t plain = round % 8 == 0 ? 40 : 3;

		for (size_t i = 0; i < body.length; i++) {
			random = random * 1103515245U + 12345U;
			bytes[i] = (random >> 16) % plain > 2 ? 'a' :
				alphabet[(random >> 8) % (sizeof(alphabet) - 1)];
			/* Mostly whole line ends. */
			if (i > 0 && bytes[i - 1] == '\r' && (random >> 28) > 1)
				bytes[i] = '\n';
		}
		for (int form = DKIM_SIMPLE; form <= DKIM_RELAXED; form++) {
			struct text bytewise = canonical(arena, (enum dkim_canonical_form)form,
							 body, 1);

			assert_true(text_equal(canonical(arena, (enum dkim_canonical_form)form,
							 body, sizeof(bytes)), bytewise));
			assert_true(text_equal(canonical(arena, (enum dkim_canonical_form)form,
							 body, 7), bytewise));
		}
		arena_free(&arena);
	}
}

static void
keeps_nul_in_bodies(void **state)
{
	struct arena *arena = arena_new();
	struct text body = TEXT("a\0b\r\n");

	(void)state;
	assert_true(text_equal(canonical(arena, DKIM_SIMPLE, body, 99), body));
	assert_true(text_equal(canonical(arena, DKIM_RELAXED, body, 2), body));
	arena_free(&arena);
}

/* RFC 6376 3.4.1, 3.4.2 */
static void
makes_fields_canonical(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		const char *simple;
		const char *relaxed;
	} rows[] = {
		{ "From", " a@b", "From: a@b", "from:a@b" },
		{ "From", "a@b", "From:a@b", "from:a@b" },
		{ "FROM", "  a  b\t ", "FROM:  a  b\t ", "from:a b" },
		{ "X", " a\n\tb", "X: a\r\n\tb", "x:a b" },
		{ "X", " a\r\n\tb", "X: a\r\n\tb", "x:a b" },
		{ "X", "\n a\n ", "X:\r\n a\r\n ", "x:a" },
		{ "X", "", "X:", "x:" },
		{ "X", " \t ", "X: \t ", "x:" },
		{ "X", " a\rb", "X: a\rb", "x:a\rb" },
		{ "X \t", " a", "X \t: a", "x:a" },
		{ "X", " a\x0b" "b", "X: a\x0b" "b", "x:a\x0b" "b" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text name = text_from(rows[i].name);
		struct text value = text_from(rows[i].value);

		assert_true(text_equal(canonical_field(arena, DKIM_SIMPLE, name, value),
				       text_from(rows[i].simple)));
		assert_true(text_equal(canonical_field(arena, DKIM_RELAXED, name, value),
				       text_from(rows[i].relaxed)));
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_bodies_canonical),
		cmocka_unit_test(takes_no_notice_of_chunks),
		cmocka_unit_test(keeps_nul_in_bodies),
		cmocka_unit_test(makes_fields_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
