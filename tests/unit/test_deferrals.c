/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/deferrals.h"

enum { AGE = 1000, START = 1700000000 };

/* A message whose facts are a client, a sender, a recipient and a time. */
struct facts {
	struct connection connection;
	struct message message;
	struct address recipient;
};

static const struct message *
fill(struct facts *facts, const char *client, const char *sender, const char *recipient,
	int64_t at)
{
	*facts = (struct facts){ .message = { .received_at = at } };
	if (client != NULL)
		assert_true(ip_parse(text_from(client), &facts->connection.client));
	facts->recipient.text = text_from(recipient);
	facts->message.connection = &facts->connection;
	facts->message.sender.text = text_from(sender);
	facts->message.recipients = &facts->recipient;
	facts->message.recipient_count = recipient[0] != '\0' ? 1 : 0;
	return &facts->message;
}

static void
tells_messages_apart(void **state)
{
	static const struct {
		const char *client;
		const char *sender;
		const char *recipient;
		bool is_same;
	} rows[] = {
		{ "192.0.2.1", "a@x.test", "b@y.test", true },
		{ "192.0.2.254", "a@x.test", "b@y.test", true },
		{ "192.0.3.1", "a@x.test", "b@y.test", false },
		{ "2001:db8::1", "a@x.test", "b@y.test", false },
		{ NULL, "a@x.test", "b@y.test", false },
		{ "192.0.2.1", "", "b@y.test", false },
		{ "192.0.2.1", "a@x.testb", "@y.test", false },
		{ "192.0.2.1", "a@x.test", "c@y.test", false },
		{ "192.0.2.1", "a@x.test", "", false },
	};
	struct deferrals *deferrals = deferrals_new();
	struct facts facts;

	(void)state;
	assert_non_null(deferrals);
	deferrals_add(deferrals, fill(&facts, "192.0.2.1", "a@x.test", "b@y.test", START), AGE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct message *message = fill(&facts, rows[i].client, rows[i].sender,
							   rows[i].recipient, START + 5);
		int64_t since = deferrals_find(deferrals, message, AGE);

		assert_int_equal(since, rows[i].is_same ? START : 0);
	}
	deferrals_free(&deferrals);
	assert_null(deferrals);
	deferrals_free(&deferrals);
}

static void
knows_networks_of_ipv6(void **state)
{
	struct deferrals *deferrals = deferrals_new();
	struct facts facts;

	(void)state;
	deferrals_add(deferrals, fill(&facts, "2001:db8::1", "", "b@y.test", START), AGE);
	assert_int_equal(deferrals_find(deferrals, fill(&facts, "2001:db8::ffff:1", "", "b@y.test",
							START), AGE), START);
	assert_int_equal(deferrals_find(deferrals, fill(&facts, "2001:db8:0:1::1", "", "b@y.test",
							START), AGE), 0);
	deferrals_free(&deferrals);
}

static void
keeps_the_first_time_until_it_is_too_old(void **state)
{
	struct deferrals *deferrals = deferrals_new();
	struct facts facts;

	(void)state;
	for (int64_t at = START; at <= START + AGE; at += 100)
		deferrals_add(deferrals, fill(&facts, "192.0.2.1", "", "b@y.test", at), AGE);
	assert_int_equal(deferrals_find(deferrals, fill(&facts, "192.0.2.1", "", "b@y.test",
							START + AGE), AGE), START);
	assert_int_equal(deferrals_find(deferrals, fill(&facts, "192.0.2.1", "", "b@y.test",
							START + AGE + 1), AGE), 0);
	assert_int_equal(deferrals_count(deferrals, START + AGE, AGE), 1);
	assert_int_equal(deferrals_count(deferrals, START + AGE + 1, AGE), 0);
	/* What was forgotten begins anew. */
	deferrals_add(deferrals, fill(&facts, "192.0.2.1", "", "b@y.test", START + AGE + 1), AGE);
	assert_int_equal(deferrals_find(deferrals, fill(&facts, "192.0.2.1", "", "b@y.test",
							START + AGE + 2), AGE), START + AGE + 1);
	deferrals_free(&deferrals);
}

/* However many come, the table does not grow, and the youngest is always known. */
static void
forgets_the_oldest_when_full(void **state)
{
	struct deferrals *deferrals = deferrals_new();
	struct arena *arena = arena_new();
	struct facts facts;
	size_t known = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * DEFERRALS_CAPACITY; i++) {
		const char *sender = text_printf(arena, "%u@x.test", i).bytes;

		deferrals_add(deferrals, fill(&facts, "192.0.2.1", sender, "b@y.test", START + i),
			      1000 * AGE);
		assert_int_equal(deferrals_find(deferrals, &facts.message, 1000 * AGE), START + i);
	}
	for (unsigned i = 0; i < 3 * DEFERRALS_CAPACITY; i++) {
		const char *sender = text_printf(arena, "%u@x.test", i).bytes;

		if (deferrals_find(deferrals, fill(&facts, "192.0.2.1", sender, "b@y.test",
						   START + 3 * DEFERRALS_CAPACITY),
				   1000 * AGE) != 0)
			known++;
	}
	assert_int_equal(deferrals_count(deferrals, START + 3 * DEFERRALS_CAPACITY, 1000 * AGE), known);
	assert_in_range(known, DEFERRALS_CAPACITY / 2, DEFERRALS_CAPACITY);
	deferrals_free(&deferrals);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_messages_apart),
		cmocka_unit_test(knows_networks_of_ipv6),
		cmocka_unit_test(keeps_the_first_time_until_it_is_too_old),
		cmocka_unit_test(forgets_the_oldest_when_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
