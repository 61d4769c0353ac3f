/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/wire_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
brings_presentation_form_into_normal_form(void **state)
{
	static const struct {
		struct text given;
		const char *normal;     /* NULL: no name */
	} rows[] = {
		{ { "Example.ORG", 11 }, "example.org" },
		{ { "example.org.", 12 }, "example.org" },
		{ { "_dmarc.example", 14 }, "_dmarc.example" },
		{ { ".", 1 }, "" },
		{ { "", 0 }, NULL },
		{ { "..", 2 }, NULL },
		{ { ".a", 2 }, NULL },
		{ { "a..b", 4 }, NULL },
		{ { "a\\046b", 6 }, "a\\046b" },
		{ { "a\\.b", 4 }, "a\\046b" },
		{ { "\\065", 4 }, "a" },
		{ { "a\0b", 3 }, "a\\000b" },
		{ { "a b", 3 }, "a\\032b" },
		{ { "\xff", 1 }, "\\255" },
		{ { "\\\\", 2 }, "\\092" },
		{ { "\\", 1 }, NULL },
		{ { "\\2", 2 }, NULL },
		{ { "\\25", 3 }, NULL },
		{ { "\\256", 4 }, NULL },
		{ { "\\2x5", 4 }, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct wire_name name;
		bool ok = wire_name_from_text(rows[i].given, &name);

		assert_int_equal(ok, rows[i].normal != NULL);
		if (ok)
			assert_true(text_equal(wire_name_to_text(arena, &name),
					       text_from(rows[i].normal)));
	}
	arena_free(&arena);
}

/* `count` labels of `length` bytes, joined by dots, and one more of `last` bytes. */
static struct text
long_name(struct arena *arena, size_t count, size_t length, size_t last)
{
	size_t total = count * (length + 1) + last;
	char *bytes = arena_alloc(arena, total + 1);

	memset(bytes, 'a', total);
	for (size_t i = 0; i < count; i++)
		bytes[i * (length + 1) + length] = '.';
	return text_of(bytes, total);
}

static void
keeps_the_limits_of_rfc_1035(void **state)
{
	struct arena *arena = arena_new();
	struct wire_name name;

	(void)state;
	assert_true(wire_name_from_text(long_name(arena, 0, 0, 62), &name));
	assert_true(wire_name_from_text(long_name(arena, 0, 0, 63), &name));
	assert_false(wire_name_from_text(long_name(arena, 0, 0, 64), &name));
	assert_true(wire_name_from_text(long_name(arena, 3, 63, 60), &name));
	assert_true(wire_name_from_text(long_name(arena, 3, 63, 61), &name));
	assert_int_equal(name.length, WIRE_NAME_MAX);
	assert_false(wire_name_from_text(long_name(arena, 3, 63, 62), &name));
	assert_true(wire_name_from_text(long_name(arena, 126, 1, 1), &name));
	assert_int_equal(name.length, WIRE_NAME_MAX);
	assert_false(wire_name_from_text(long_name(arena, 127, 1, 1), &name));
	assert_false(wire_name_from_text(long_name(arena, 1000, 1, 1), &name));
	arena_free(&arena);
}

static void
reads_names_of_messages(void **state)
{
	static const struct {
		const char *message;
		size_t length;
		size_t start;
		const char *name;       /* NULL: refused */
		size_t end;
	} rows[] = {
		{ "\1a\0", 3, 0, "a", 3 },
		{ "\1A\2bC\0", 6, 0, "a.bc", 6 },
		{ "\0", 1, 0, "", 1 },
		{ "\1a\0\1b\300\0", 7, 3, "b.a", 7 },
		{ "\1a\0\300\0\300\3", 7, 5, "a", 7 },
		{ "", 0, 0, NULL, 0 },
		{ "\1", 1, 0, NULL, 0 },
		{ "\1a", 2, 0, NULL, 0 },
		{ "\2a\0", 3, 0, NULL, 0 },
		{ "\300", 1, 0, NULL, 0 },
		{ "\300\0", 2, 0, NULL, 0 },            /* to itself */
		{ "\300\2\0", 3, 0, NULL, 0 },          /* forward */
		{ "\1a\300\0", 4, 0, NULL, 0 },         /* to its own start */
		{ "\1a\300\4\1b\300\0", 8, 4, NULL, 0 },/* back, then forward */
		{ "\100a\0", 3, 0, NULL, 0 },           /* label type 01 */
		{ "\200a\0", 3, 0, NULL, 0 },
		{ "\1a\0\300\377", 5, 3, NULL, 0 },     /* past the end */
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct wire_name name;
		size_t position = rows[i].start;
		bool ok = wire_name_read((const uint8_t *)rows[i].message, rows[i].length,
					 &position, &name);

		assert_int_equal(ok, rows[i].name != NULL);
		if (!ok) {
			assert_int_equal(position, rows[i].start);
			continue;
		}
		assert_int_equal(position, rows[i].end);
		assert_true(text_equal(wire_name_to_text(arena, &name), text_from(rows[i].name)));
	}
	arena_free(&arena);
}

/* Labels that are joined by pointers must not make a name longer than 255 bytes. */
static void
bounds_names_made_of_pointers(void **state)
{
	uint8_t message[4096] = { 0 };
	struct wire_name name;
	size_t position = 1;
	size_t last = 0;

	(void)state;
	for (int i = 0; i < 127; i++) {
		message[position] = 1;
		message[position + 1] = 'x';
		message[position + 2] = (uint8_t)(0xc0 | last >> 8);
		message[position + 3] = (uint8_t)last;
		last = position;
		position += 4;
	}
	position = last;
	assert_true(wire_name_read(message, sizeof(message), &position, &name));
	assert_int_equal(name.length, WIRE_NAME_MAX);
	position = last + 4;
	message[position] = 1;
	message[position + 1] = 'x';
	message[position + 2] = (uint8_t)(0xc0 | last >> 8);
	message[position + 3] = (uint8_t)last;
	assert_false(wire_name_read(message, sizeof(message), &position, &name));
}

/* A chain of pointers costs the reader time, never much of it. */
static void
bounds_pointers_to_pointers(void **state)
{
	uint8_t message[1024] = { 0 };
	struct wire_name name;
	size_t position;

	(void)state;
	for (size_t i = 1; i <= 128; i++) {
		size_t target = i == 1 ? 0 : 2 * (i - 1);

		message[2 * i] = (uint8_t)(0xc0 | target >> 8);
		message[2 * i + 1] = (uint8_t)target;
	}
	position = 2 * 127;
	assert_true(wire_name_read(message, sizeof(message), &position, &name));
	position = 2 * 128;
	assert_false(wire_name_read(message, sizeof(message), &position, &name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brings_presentation_form_into_normal_form),
		cmocka_unit_test(keeps_the_limits_of_rfc_1035),
		cmocka_unit_test(reads_names_of_messages),
		cmocka_unit_test(bounds_names_made_of_pointers),
		cmocka_unit_test(bounds_pointers_to_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
