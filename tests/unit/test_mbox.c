/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/mbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/textbuf.h"

static void
begin(void *context)
{
	textbuf_add_byte(context, '<');
}

static void
content(void *context, struct text part)
{
	textbuf_add(context, part);
}

static void
end(void *context)
{
	textbuf_add_byte(context, '>');
}

static struct text
split(struct arena *arena, struct text text, size_t step)
{
	struct textbuf *out = arena_alloc(arena, sizeof(*out));
	struct mbox mbox = mbox_new((struct mbox_sink){ out, begin, content, end });

	*out = textbuf_new(arena, SIZE_MAX);
	for (size_t i = 0; i < text.length; i += step)
		mbox_add(&mbox, text_cut(text, i, step));
	mbox_end(&mbox);
	return textbuf_text(out);
}

#define ROW(text) { text, sizeof(text) - 1 }

static void
splits_at_from_lines(void **state)
{
	static const struct {
		struct text text;
		struct text out;
	} rows[] = {
		{ ROW("From a@b Fri\nA: b\n\nx\n"), ROW("<A: b\n\nx\n>") },
		{ ROW("From a\nA: b\n\nx\n\nFrom b\nC: d\n\ny\n\n"), ROW("<A: b\n\nx\n><C: d\n\ny\n>") },
		/* Only one of several empty lines belongs to the separator. */
		{ ROW("From a\nA: b\n\nx\n\n\nFrom b\n\n"), ROW("<A: b\n\nx\n\n><>") },
		/* "From " without an empty line before it is text. */
		{ ROW("From a\nA: b\n\nx\nFrom here\n"), ROW("<A: b\n\nx\nFrom here\n>") },
		{ ROW("From a\nFrom b\n"), ROW("<From b\n>") },
		{ ROW("From a\nA: b\n\n>From c\n>>From d\n>Fro\n> From\n"),
		  ROW("<A: b\n\nFrom c\n>From d\n>Fro\n> From\n>") },
		{ ROW("From a\nA: b\n\nFromage\nFrom\n"), ROW("<A: b\n\nFromage\nFrom\n>") },
		{ ROW("From a\r\nA: b\r\n\r\nx\r\n\r\nFrom b\r\nC: d\r\n"),
		  ROW("<A: b\r\n\r\nx\r\n><C: d\r\n>") },
		/* Cut off anywhere. */
		{ ROW("From a"), ROW("<>") },
		{ ROW("From a\nA: b\n\nx\n\nFro"), ROW("<A: b\n\nx\n\nFro>") },
		{ ROW("From a\nA: b\n\nx\r"), ROW("<A: b\n\nx\r>") },
		{ ROW("From a\nA\0b\n"), ROW("<A\0b\n>") },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t step = 1; step <= rows[i].text.length; step++) {
			struct text out = split(arena, rows[i].text, step);

			if (!text_equal(out, rows[i].out))
				print_message("row %zu, step %zu: %.*s\n", i, step, TEXT_ARGUMENTS(out));
			assert_true(text_equal(out, rows[i].out));
		}
	arena_free(&arena);
}

/* ">" before "From " up to the limit are quotes; more are text. */
static void
limits_quotes(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = MBOX_QUOTES_MAX - 1; count <= MBOX_QUOTES_MAX + 1; count++) {
		struct textbuf in = textbuf_new(arena, SIZE_MAX);
		size_t taken = count <= MBOX_QUOTES_MAX ? 1 : 0;
		struct text out;

		textbuf_add_string(&in, "From a\n");
		for (size_t i = 0; i < count; i++)
			textbuf_add_byte(&in, '>');
		textbuf_add_string(&in, "From x\n");
		out = split(arena, textbuf_text(&in), 7);
		assert_int_equal(out.length, 2 + count - taken + 7);
	}
	arena_free(&arena);
}

static void
knows_an_mbox(void **state)
{
	(void)state;
	assert_true(mbox_begins(TEXT("From a@b Fri")));
	assert_false(mbox_begins(TEXT("From: a@b")));
	assert_false(mbox_begins(TEXT(">From a")));
	assert_false(mbox_begins(TEXT("From")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_at_from_lines),
		cmocka_unit_test(limits_quotes),
		cmocka_unit_test(knows_an_mbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
