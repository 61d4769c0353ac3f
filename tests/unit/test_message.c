/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PLENTY = 1 << 20 };

static void
numbers_fields_of_a_name(void **state)
{
	static const struct {
		const char *name;
		unsigned instance;
	} rows[] = {
		{ "Received", 1 },     { "From", 1 }, { "received", 2 }, { "X-A", 1 },
		{ "RECEIVED", 3 },     { "x-b", 1 },  { "X-a", 2 },	 { "FROM", 2 },
		{ "Received-SPF", 1 }, { "", 1 },     { "", 2 },	 { "X-A", 3 },
	};
	struct arena *arena = arena_new();
	struct message message = { .connection = NULL };
	size_t position = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		message_add_field(&message, arena, text_from(rows[i].name), TEXT(" v"), PLENTY);
	assert_int_equal(message.field_count, COUNT_OF(rows));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(text_equal(message.fields[i].name, text_from(rows[i].name)));
		assert_int_equal(message.fields[i].instance, rows[i].instance);
	}
	assert_int_equal(message_count_fields(&message, TEXT("received")), 3);
	assert_int_equal(message_count_fields(&message, TEXT("rec")), 0);
	assert_ptr_equal(message_next_field(&message, TEXT("X-A"), &position),
			 &message.fields[3]);
	assert_ptr_equal(message_next_field(&message, TEXT("X-A"), &position),
			 &message.fields[6]);
	assert_ptr_equal(message_next_field(&message, TEXT("X-A"), &position),
			 &message.fields[11]);
	assert_null(message_next_field(&message, TEXT("X-A"), &position));
	arena_free(&arena);
}

static void
finds_fields_inside_of_others(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		bool is_hidden;
	} rows[] = {
		{ "X-A", " y\rFrom: a@b.example", true },
		{ "X-A", " y\nfrom \t: a@b.example", true },
		{ "X-A", "\rFROM:", true },
		{ "X-A", " y\r\nFrom:a", true },
		{ "X-A", " y\r\r z\rFrom: a", true },
		{ "X-A", " y\rFrom\rFrom: a", true },
		{ "From", " a@b.example\rFrom: c@d.example", true },
		{ "X-A\rFrom", " a", true },
		{ "X-A\nB\rfrom", " a", true },
		{ "X-A", " y\n From: a", false },
		{ "X-A", " y\r\tFrom: a", false },
		{ "X-A", " y\rFrom", false },
		{ "X-A", " y\rFrom ", false },
		{ "X-A", " y\rFro", false },
		{ "X-A", " y\rFromage: a", false },
		{ "X-A", " y\rX-From: a", false },
		{ "X-A", " y\r", false },
		{ "X-A", "", false },
		{ "X-A", "From: a", false },
		{ "From", " a", false },
		{ "X-A\rX-From", " a", false },
		{ "From\rX-A", " a", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct message message = { .connection = NULL };

		message_add_field(&message, arena, TEXT("Subject"), TEXT(" hello"), PLENTY);
		message_add_field(&message, arena, text_from(rows[i].name),
				  text_from(rows[i].value), PLENTY);
		if (message_hides_field(&message, TEXT("From")) != rows[i].is_hidden)
			fail_msg("row %zu", i);
		arena_free(&arena);
	}
}

static void
drops_white_space_before_the_colon(void **state)
{
	static const char *const names[] = { "From ", "From", "FROM \t ", "From\t" };
	struct arena *arena = arena_new();
	struct message message = { .connection = NULL };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		message_add_field(&message, arena, text_from(names[i]), TEXT(" v"), PLENTY);
		assert_int_equal(message.fields[i].name.length, 4);
		assert_int_equal(message.fields[i].instance, i + 1);
	}
	message_add_field(&message, arena, TEXT("F rom"), TEXT(""), PLENTY);
	message_add_field(&message, arena, TEXT(" "), TEXT(""), PLENTY);
	assert_int_equal(message_count_fields(&message, TEXT("From")), COUNT_OF(names));
	assert_int_equal(message.fields[COUNT_OF(names)].name.length, 5);
	assert_int_equal(message.fields[COUNT_OF(names) + 1].name.length, 0);
	arena_free(&arena);
}

static void
keeps_copies(void **state)
{
	char name[] = "Subject";
	char value[] = " a\0b";
	struct arena *arena = arena_new();
	struct message message = { .connection = NULL };

	(void)state;
	message_add_field(&message, arena, text_of(name, 7), text_of(value, 4), PLENTY);
	memset(name, 'x', 7);
	memset(value, 'x', 4);
	assert_true(text_equal(message.fields[0].name, TEXT("Subject")));
	assert_true(text_equal(message.fields[0].value, TEXT(" a\0b")));
	assert_int_equal(message.header_bytes, 7 + 4 + 4);
	arena_free(&arena);
}

static void
limits_bytes(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	/* One field of 10 bytes, then one of 8. */
	for (size_t limit = 17; limit <= 19; limit++) {
		struct message message = { .connection = NULL };

		message_add_field(&message, arena, TEXT("abc"), TEXT("123"), limit);
		message_add_field(&message, arena, TEXT("ab"), TEXT("12"), limit);
		assert_int_equal(message.header_is_over_limit, limit < 18);
		assert_int_equal(message.field_count, limit < 18 ? 1 : 2);
		assert_int_equal(message.header_bytes, limit < 18 ? 10 : 18);
		/* What comes behind is not kept, even if it would fit. */
		message_add_field(&message, arena, TEXT(""), TEXT(""),
				  limit < 18 ? limit : 100);
		assert_int_equal(message.field_count, limit < 18 ? 1 : 3);
	}
	arena_free(&arena);
}

static void
survives_a_limit_below_what_it_holds(void **state)
{
	struct arena *arena = arena_new();
	struct message message = { .connection = NULL };

	(void)state;
	message_add_field(&message, arena, TEXT("abc"), TEXT("123"), 100);
	message_add_field(&message, arena, TEXT("abc"), TEXT("123"), 1);
	assert_true(message.header_is_over_limit);
	assert_int_equal(message.field_count, 1);
	arena_free(&arena);
}

static void
limits_the_number_of_fields(void **state)
{
	struct arena *arena = arena_new();
	struct message message = { .connection = NULL };

	(void)state;
	for (unsigned i = 0; i < FIELDS_MAX; i++) {
		/* Neither ascending nor descending, half of them twice. */
		struct text name = text_printf(arena, "X-%u", i * 7919U % (FIELDS_MAX / 2));

		message_add_field(&message, arena, name, TEXT(""), PLENTY);
		assert_false(message.header_is_over_limit);
		assert_int_equal(message.fields[i].instance, i < FIELDS_MAX / 2 ? 1 : 2);
	}
	assert_int_equal(message.name_count, FIELDS_MAX / 2);
	message_add_field(&message, arena, TEXT("X-1"), TEXT(""), PLENTY);
	assert_true(message.header_is_over_limit);
	assert_int_equal(message.field_count, FIELDS_MAX);
	arena_free(&arena);
}

static void
keeps_recipients(void **state)
{
	struct arena *arena = arena_new();
	struct message message = { .connection = NULL };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		message_add_recipient(
			&message, arena,
			address_parse(arena, text_printf(arena, "<u%u@example.org>", i)));
	assert_int_equal(message.recipient_count, 100);
	assert_true(text_equal(message.recipients[0].local_part, TEXT("u0")));
	assert_true(text_equal(message.recipients[99].local_part, TEXT("u99")));
	arena_free(&arena);
}

static void
knows_list_mail(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		bool is_list;
	} rows[] = {
		{ "List-Id", " <l.example.org>", true },
		{ "list-post", " NO", true },
		{ "Precedence", " List\n ", true },
		{ "Precedence", " bulk", false },
		{ "Precedence", " listing", false },
		{ "List-Unsubscribe", " <mailto:x@example.org>", false },
		{ "Subject", " list", false },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct message message = { .connection = NULL };

		message_add_field(&message, arena, TEXT("From"), TEXT(" a@example.org"),
				  PLENTY);
		message_add_field(&message, arena, text_from(rows[i].name),
				  text_from(rows[i].value), PLENTY);
		if (message_is_list_mail(&message) != rows[i].is_list)
			fail_msg("%s:%s", rows[i].name, rows[i].value);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_fields_of_a_name),
		cmocka_unit_test(finds_fields_inside_of_others),
		cmocka_unit_test(drops_white_space_before_the_colon),
		cmocka_unit_test(keeps_copies),
		cmocka_unit_test(limits_bytes),
		cmocka_unit_test(survives_a_limit_below_what_it_holds),
		cmocka_unit_test(limits_the_number_of_fields),
		cmocka_unit_test(keeps_recipients),
		cmocka_unit_test(knows_list_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
