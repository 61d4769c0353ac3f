/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct terminal plain = { .width = 40 };
static const struct terminal coloured = { .is_terminal = true, .has_colour = true, .width = 40 };

static void
assert_text(struct text text, const char *expected)
{
	struct text wanted = text_from(expected);

	if (!text_equal(text, wanted))
		print_message("got:    %.*s\nwanted: %s\n", TEXT_ARGUMENTS(text), expected);
	assert_true(text_equal(text, wanted));
}

static void
makes_text_safe(void **state)
{
	static const struct {
		struct text text;
		const char *safe;
		size_t columns;
	} rows[] = {
		{ { "plain \\ \"text\"", 14 }, "plain \\ \"text\"", 14 },
		{ { "\033[31m\0", 6 }, "\\x1b[31m\\x00", 12 },
		{ { "a\tb\r\n", 5 }, "a\\x09b\\x0d\\x0a", 14 },
		{ { "\x7f\xc2\x9b", 3 }, "\\x7f\\xc2\\x9b", 12 },
		{ { "b\xc3\xbc" "cher", 7 }, "b\xc3\xbc" "cher", 6 },
		{ { "\xff\xc3", 2 }, "\\xff\\xc3", 8 },
		/* Right-to-left override, zero width space. */
		{ { "\xe2\x80\xae\xe2\x80\x8b", 6 }, "\\xe2\\x80\\xae\\xe2\\x80\\x8b", 24 },
		{ { "\xe4\xbe\x8b\xe3\x81\x88", 6 }, "\xe4\xbe\x8b\xe3\x81\x88", 4 },
		{ { "e\xcc\x81", 3 }, "e\xcc\x81", 1 },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text safe = terminal_safe(arena, rows[i].text);

		assert_text(safe, rows[i].safe);
		assert_int_equal(terminal_columns(safe), rows[i].columns);
	}
	arena_free(&arena);
}

static void
shows_domains_with_their_a_labels(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_text(terminal_domain(arena, TEXT("example.com")), "example.com");
	assert_text(terminal_domain(arena, TEXT("xn--bcher-kva.example")),
		    "b\xc3\xbc" "cher.example (xn--bcher-kva.example)");
	assert_text(terminal_domain(arena, TEXT("a\nb")), "a\\x0ab");
	arena_free(&arena);
}

static void
wraps_at_the_width(void **state)
{
	static const struct {
		const char *text;
		const char *wrapped;
	} rows[] = {
		{ "", "  \n" },
		{ "one", "  one\n" },
		/* 38 columns fit behind two blanks, 39 do not. */
		{ "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbb", "  aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbb\n" },
		{ "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb",
		  "  aaaaaaaaaaaaaaaaaaa\n  bbbbbbbbbbbbbbbbbbb\n" },
		{ "a 0123456789012345678901234567890123456789 b",
		  "  a\n  0123456789012345678901234567890123456789\n  b\n" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct textbuf out = textbuf_new(arena, SIZE_MAX);

		terminal_paragraph(&plain, &out, 2, text_from(rows[i].text));
		assert_text(textbuf_text(&out), rows[i].wrapped);
	}
	arena_free(&arena);
}

/* A colour goes from the start to the end of a line; blanks before it have none. */
static void
colours_whole_lines(void **state)
{
	struct arena *arena = arena_new();
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	(void)state;
	terminal_wrap(&coloured, &out, TERMINAL_BAD, 0, 2,
		      TEXT("aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbb [RFC\xc2\xa0" "1]"));
	assert_text(textbuf_text(&out),
		    "\033[1;31maaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbb\033[0m\n"
		    "  \033[1;31m[RFC 1]\033[0m\n");
	arena_free(&arena);
}

static void
aligns_columns(void **state)
{
	struct arena *arena = arena_new();
	struct terminal_table table = terminal_table_new(arena, 3);
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct textbuf in_colour = textbuf_new(arena, SIZE_MAX);

	(void)state;
	terminal_table_add(&table, TERMINAL_STRONG, TEXT("spf"));
	terminal_table_add(&table, TERMINAL_GOOD, TEXT("pass"));
	terminal_table_add(&table, TERMINAL_PLAIN, TEXT("a long sentence that has to be wrapped"));
	terminal_table_add(&table, TERMINAL_STRONG, TEXT("b\xc3\xbc" "cher"));
	terminal_table_add(&table, TERMINAL_BAD, TEXT("fail"));
	terminal_table_add(&table, TERMINAL_PLAIN, TEXT(""));
	terminal_table_write(&table, &plain, &out, 1);
	assert_text(textbuf_text(&out),
		    " spf     pass  a long sentence that has\n"
		    "               to be wrapped\n"
		    " b\xc3\xbc" "cher  fail\n");
	terminal_table_write(&table, &coloured, &in_colour, 0);
	assert_true(text_starts_with(textbuf_text(&in_colour),
				     TEXT("\033[1mspf\033[0m     \033[32mpass\033[0m  a long")));
	arena_free(&arena);
}

static void
draws_a_bar(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_text(terminal_progress_line(arena, 80, "reading", 0, 100),
		    "reading [..............................]   0 %");
	assert_text(terminal_progress_line(arena, 80, "reading", 50, 100),
		    "reading [###############...............]  50 %");
	assert_text(terminal_progress_line(arena, 80, "reading", 200, 100),
		    "reading [##############################] 100 %");
	assert_text(terminal_progress_line(arena, 80, "messages", 7, 0), "messages 7");
	assert_text(terminal_progress_line(arena, 10, "reading", 0, 1), "reading [.");
	arena_free(&arena);
}

static void
looks_at_the_surroundings(void **state)
{
	static const struct {
		const char *columns;
		size_t width;
	} rows[] = {
		{ NULL, TERMINAL_WIDTH_DEFAULT }, { "100", 100 }, { "10", TERMINAL_WIDTH_LEAST },
		{ "9999", TERMINAL_WIDTH_MOST }, { "wide", TERMINAL_WIDTH_DEFAULT },
	};
	int descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(descriptor >= 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct terminal terminal;

		if (rows[i].columns != NULL)
			assert_int_equal(setenv("COLUMNS", rows[i].columns, 1), 0);
		else
			assert_int_equal(unsetenv("COLUMNS"), 0);
		terminal = terminal_look(descriptor);
		assert_false(terminal.is_terminal);
		assert_false(terminal.has_colour);
		assert_int_equal(terminal.width, rows[i].width);
	}
	(void)close(descriptor);
}

/* A pseudo terminal: colours depend on the environment alone. */
static void
colours_only_where_they_are_wanted(void **state)
{
	static const struct {
		const char *term;
		const char *no_colour;
		bool has_colour;
	} rows[] = {
		{ "xterm", NULL, true }, { "xterm", "", true }, { "xterm", "1", false },
		{ "dumb", NULL, false }, { NULL, NULL, false },
	};
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int descriptor;

	(void)state;
	if (master < 0)
		skip();
	assert_int_equal(grantpt(master) + unlockpt(master), 0);
	descriptor = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(descriptor >= 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		(void)(rows[i].term != NULL ? setenv("TERM", rows[i].term, 1) : unsetenv("TERM"));
		(void)(rows[i].no_colour != NULL ? setenv("NO_COLOR", rows[i].no_colour, 1) :
		       unsetenv("NO_COLOR"));
		assert_true(terminal_look(descriptor).is_terminal);
		assert_int_equal(terminal_look(descriptor).has_colour, rows[i].has_colour);
	}
	(void)close(descriptor);
	(void)close(master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_text_safe),
		cmocka_unit_test(shows_domains_with_their_a_labels),
		cmocka_unit_test(wraps_at_the_width),
		cmocka_unit_test(colours_whole_lines),
		cmocka_unit_test(aligns_columns),
		cmocka_unit_test(draws_a_bar),
		cmocka_unit_test(looks_at_the_surroundings),
		cmocka_unit_test(colours_only_where_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
