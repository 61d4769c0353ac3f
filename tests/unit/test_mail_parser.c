/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/mail_parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/textbuf.h"

/* What came out, as one text: "[name|value]" for fields, "{" at the end of the header, the body. */
struct heard {
	struct textbuf out;
};

static void
hear_field(void *context, struct text name, struct text value)
{
	struct heard *heard = context;

	textbuf_add_byte(&heard->out, '[');
	textbuf_add(&heard->out, name);
	textbuf_add_byte(&heard->out, '|');
	textbuf_add(&heard->out, value);
	textbuf_add_byte(&heard->out, ']');
}

static void
hear_header_end(void *context)
{
	struct heard *heard = context;

	textbuf_add_byte(&heard->out, '{');
}

static void
hear_body(void *context, struct text part)
{
	struct heard *heard = context;

	textbuf_add(&heard->out, part);
}

/* Feeds a text in pieces of `step` bytes. */
static enum mail_problem
parse(struct arena *arena, struct text text, size_t step, enum mail_line_ends ends,
      struct text *out, struct mail_parser *parser_out)
{
	struct heard heard = { textbuf_new(arena, SIZE_MAX) };
	const struct mail_sink sink = { &heard, hear_field, hear_header_end, hear_body };
	struct mail_parser parser = mail_parser_new(arena, sink, ends);
	enum mail_problem problem;

	for (size_t i = 0; i < text.length; i += step)
		mail_parser_add(&parser, text_cut(text, i, step));
	problem = mail_parser_end(&parser);
	*out = textbuf_text(&heard.out);
	*parser_out = parser;
	return problem;
}

#define ROW(text) { text, sizeof(text) - 1 }

static void
gives_what_an_mta_shows(void **state)
{
	static const struct {
		struct text text;
		struct text out;
	} rows[] = {
		{ ROW("A: b\n\nhi\n"), ROW("[A| b]{hi\r\n") },
		{ ROW("A: b\n\nhi"), ROW("[A| b]{hi\r\n") },
		{ ROW("A: b\n"), ROW("[A| b]{") },
		{ ROW("A: b"), ROW("[A| b]{") },
		{ ROW("A: b\n\n"), ROW("[A| b]{") },
		{ ROW("\nbody only\n"), ROW("{body only\r\n") },
		{ ROW("A: b\n\tc\n d\nE:f\n\n"), ROW("[A| b\n\tc\n d][E|f]{") },
		{ ROW("A : b\n\n"), ROW("[A | b]{") },
		/* Blanks alone are a fold, not the end of the header. */
		{ ROW("A: b\n \nC: d\n\n"), ROW("[A| b\n ][C| d]{") },
		/* A line that is no field ends the header and is body. */
		{ ROW("A: b\nno field\nC: d\n"), ROW("[A| b]{no field\r\nC: d\r\n") },
		/* CRLF in a file whose first line ends with LF. */
		{ ROW("A: b\nC: d\r\n\r\nx\r\ny\n"), ROW("[A| b][C| d]{x\r\ny\r\n") },
		/* A CR that is no line end. */
		{ ROW("A: b\n\nx\ry\r\r\nz\r"), ROW("[A| b]{x\ry\r\r\nz\r\r\n") },
		{ ROW("A: b\0c\n\nd\0e\n"), ROW("[A| b\0c]{d\0e\r\n") },
		/* As it was sent: only CRLF ends a line. */
		{ ROW("A: b\r\n c\nD: e\r\n\r\nx\ny\r\nz"), ROW("[A| b\n c\nD: e]{x\ny\r\nz") },
		{ ROW("A: b\r\n\r\n\rx\r"), ROW("[A| b]{\rx\r") },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t step = 1; step <= rows[i].text.length; step++) {
			struct mail_parser parser;
			struct text out;

			assert_int_equal(parse(arena, rows[i].text, step, MAIL_ENDS_UNKNOWN, &out, &parser),
					 MAIL_FINE);
			if (!text_equal(out, rows[i].out))
				print_message("row %zu, step %zu: %.*s\n", i, step, TEXT_ARGUMENTS(out));
			assert_true(text_equal(out, rows[i].out));
		}
	arena_free(&arena);
}

static void
takes_line_ends_as_told(void **state)
{
	struct arena *arena = arena_new();
	struct mail_parser parser;
	struct text out;

	(void)state;
	assert_int_equal(parse(arena, TEXT("A: b\nB: c\r\n\r\n"), 3, MAIL_ENDS_CRLF, &out, &parser), MAIL_FINE);
	assert_true(text_equal(out, TEXT("[A| b\nB: c]{")));
	arena_free(&arena);
}

static void
refuses_what_is_no_mail(void **state)
{
	static const struct {
		struct text text;
		enum mail_problem problem;
	} rows[] = {
		{ ROW(""), MAIL_EMPTY },
		{ ROW("hello world\n"), MAIL_NOT_MAIL },
		{ ROW("hello world"), MAIL_NOT_MAIL },
		{ ROW(" A: b\n"), MAIL_NOT_MAIL },
		{ ROW(": b\n"), MAIL_NOT_MAIL },
		{ ROW("\x7f" "ELF\x02\x01\x01\0\0\0\0\n"), MAIL_NOT_MAIL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mail_parser parser;
		struct text out;

		assert_int_equal(parse(arena, rows[i].text, 4, MAIL_ENDS_UNKNOWN, &out, &parser),
				 rows[i].problem);
		assert_true(text_is_empty(out));
	}
	arena_free(&arena);
}

static void
counts_what_is_odd(void **state)
{
	struct arena *arena = arena_new();
	struct mail_parser parser;
	struct text out;

	(void)state;
	(void)parse(arena, TEXT("A: b\nC: d\r\n\nx\0\r\ny"), 2, MAIL_ENDS_UNKNOWN, &out, &parser);
	assert_int_equal(parser.lf_ends, 2);
	assert_int_equal(parser.crlf_ends, 2);
	assert_int_equal(parser.nul_bytes, 1);
	assert_true(parser.has_no_last_end);
	assert_false(parser.has_no_separator);
	(void)parse(arena, TEXT("A: b\r\nx\r\n"), 2, MAIL_ENDS_UNKNOWN, &out, &parser);
	assert_true(parser.has_no_separator);
	assert_int_equal(parser.lf_ends, 0);
	arena_free(&arena);
}

/* The header at its limit, and a byte more. */
static void
limits_the_header(void **state)
{
	static const struct {
		size_t size;
		enum mail_problem problem;
	} rows[] = {
		{ MAIL_HEADER_BYTES_MAX, MAIL_FINE },
		{ MAIL_HEADER_BYTES_MAX + 1, MAIL_HEADER_TOO_LONG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		char *bytes = arena_alloc(arena, rows[i].size);
		struct mail_parser parser;
		struct text out;

		bytes[0] = 'A';
		bytes[1] = ':';
		for (size_t j = 2; j < rows[i].size; j++)
			bytes[j] = j % 2 == 0 ? '\n' : ' ';
		bytes[rows[i].size - 1] = 'x';
		assert_int_equal(parse(arena, text_of(bytes, rows[i].size), 65536, MAIL_ENDS_UNKNOWN, &out,
				       &parser), rows[i].problem);
		arena_free(&arena);
	}
}

static void
limits_the_fields(void **state)
{
	(void)state;
	for (size_t count = MAIL_FIELDS_MAX - 1; count <= MAIL_FIELDS_MAX + 1; count++) {
		struct arena *arena = arena_new();
		char *bytes = arena_alloc(arena, 3 * count);
		struct mail_parser parser;
		struct text out;

		for (size_t i = 0; i < count; i++) {
			bytes[3 * i] = 'A';
			bytes[3 * i + 1] = ':';
			bytes[3 * i + 2] = '\n';
		}
		assert_int_equal(parse(arena, text_of(bytes, 3 * count), 65536, MAIL_ENDS_UNKNOWN, &out, &parser),
				 count <= MAIL_FIELDS_MAX ? MAIL_FINE : MAIL_TOO_MANY_FIELDS);
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_an_mta_shows),
		cmocka_unit_test(takes_line_ends_as_told),
		cmocka_unit_test(refuses_what_is_no_mail),
		cmocka_unit_test(counts_what_is_odd),
		cmocka_unit_test(limits_the_header),
		cmocka_unit_test(limits_the_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
