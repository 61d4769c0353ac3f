/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/reader.h"

static void
assert_text(struct text text, const char *expected)
{
	if (!text_equal(text, text_from(expected)))
		print_message("got \"%.*s\", not \"%s\"\n", TEXT_ARGUMENTS(text), expected);
	assert_true(text_equal(text, text_from(expected)));
}

static void
reads_what_mtas_write(void **state)
{
	static const struct {
		const char *value;
		const char *client;
		const char *helo;
		const char *sender;
		const char *recipient;
		const char *queue_id;
		const char *tls;
		bool is_authenticated;
	} rows[] = {
		/* Postfix */
		{ " from helo.example (ptr.example [192.0.2.1])\n\t(using TLSv1.3 with cipher X (256/256 bits))\n"
		  "\tby mx.example (Postfix) with ESMTPS id 4Xyz\n\tfor <bob@mx.example>; Fri, 21 Nov 2025",
		  "192.0.2.1", "helo.example", "", "<bob@mx.example>", "4Xyz", "TLSv1.3", false },
		{ " from h (unknown [IPv6:2001:db8::1]) by mx.example (Postfix) with ESMTPSA id A1; x",
		  "2001:db8::1", "h", "", "", "A1", "unknown", true },
		{ " from h (p [192.0.2.9]) by mx (Postfix) with ESMTPA id A; x",
		  "192.0.2.9", "h", "", "", "A", "", true },
		/* Sendmail */
		{ " from helo.example (ptr.example [192.0.2.2])\n\tby mx (8.17/8.17) with ESMTPS id 4A "
		  "(version=TLSv1.3 cipher=X bits=256 verify=NO);\n\tFri", "192.0.2.2", "helo.example", "", "",
		  "4A", "TLSv1.3", false },
		{ " from h ([192.0.2.3]) by mx with SMTP id 5; x", "192.0.2.3", "h", "", "", "5", "", false },
		/* Exim */
		{ " from ptr.example ([192.0.2.4] helo=helo.example)\n\tby mx with esmtps  (TLS1.3) tls X\n"
		  "\t(Exim 4.96)\n\t(envelope-from <a@b.example>)\n\tid 1tE-00\n\tfor c@d.example; Fri",
		  "192.0.2.4", "helo.example", "<a@b.example>", "c@d.example", "1tE-00", "unknown", false },
		/* qmail, Exchange */
		{ " from unknown (HELO q.example) (192.0.2.5) by mx with SMTP; x", "192.0.2.5", "q.example", "",
		  "", "", "", false },
		{ " from e.example (2001:db8::5) by mx with Microsoft SMTP Server id 15.1; x", "2001:db8::5",
		  "e.example", "", "", "15.1", "", false },
		/* A client that calls itself by an address, and one that lies about it. */
		{ " from [192.0.2.99] (p [192.0.2.6]) by mx with ESMTP id 6; x", "192.0.2.6", "[192.0.2.99]", "",
		  "", "6", "", false },
		{ " from p ([192.0.2.7] helo=[192.0.2.99]) by mx with esmtp id 7; x", "192.0.2.7", "[192.0.2.99]", "",
		  "", "7", "", false },
		{ " from [192.0.2.8] (helo=[192.0.2.99]) by mx with esmtp id 8; x", "192.0.2.8", "[192.0.2.99]", "",
		  "", "8", "", false },
		{ " from unknown (HELO [192.0.2.99]) (192.0.2.9) by mx with SMTP; x", "192.0.2.9",
		  "[192.0.2.99]", "", "", "", "", false },
		/* None of it. */
		{ " by mx (Postfix, from userid 0) id 7; x", "-", "", "", "", "", "", false },
		{ "", "-", "", "", "", "", "", false },
		{ " from", "-", "", "", "", "", "", false },
		{ " from h ([", "-", "h", "", "", "", "", false },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct received received = received_read(arena, text_from(rows[i].value));

		assert_text(ip_text(arena, received.client), rows[i].client);
		assert_text(received.helo, rows[i].helo);
		assert_text(received.sender, rows[i].sender);
		assert_text(received.recipient, rows[i].recipient);
		assert_text(received.queue_id, rows[i].queue_id);
		assert_text(received.tls_version, rows[i].tls);
		assert_int_equal(received.is_authenticated, rows[i].is_authenticated);
	}
	arena_free(&arena);
}

static const struct header_field fields[] = {
	{ { "Return-Path", 11 }, { " <a@example.com>", 16 }, 1 },
	{ { "Received", 8 }, { " from localhost (localhost [127.0.0.1]) by mx with LMTP id 1; x", 63 }, 1 },
	{ { "Authentication-Results", 22 }, { " mx; none", 9 }, 1 },
	{ { "received", 8 }, { " from h.example (p [192.0.2.1]) by mx with ESMTP id 2 for <b@c>; x", 66 }, 2 },
	{ { "Received", 8 }, { " from x.example (p [192.0.2.2]) by h with ESMTP id 3; x", 55 }, 3 },
	{ { "From", 4 }, { " a@example.com", 14 }, 1 },
};

static const struct config *
defaults(struct arena *arena)
{
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_problems problems = { NULL, 0, 0, false };

	config_set_defaults(arena, config);
	config_finish(arena, config, &problems);
	assert_false(problems.has_error);
	return config;
}

static void
derives_what_is_missing(void **state)
{
	struct arena *arena = arena_new();
	struct envelope envelope = { .is_smtputf8 = false };

	(void)state;
	envelope_derive(arena, &envelope, fields, COUNT_OF(fields), defaults(arena));
	assert_text(envelope.client.value, "192.0.2.1");
	assert_int_equal(envelope.client.source, FACT_RECEIVED);
	assert_text(envelope.helo.value, "h.example");
	assert_text(envelope.sender.value, "<a@example.com>");
	assert_int_equal(envelope.sender.source, FACT_RETURN_PATH);
	assert_int_equal(envelope.recipient_count, 1);
	assert_text(envelope.recipients[0], "<b@c>");
	assert_text(envelope.queue_id.value, "2");
	assert_int_equal(envelope.arrival_fields, 4);
	arena_free(&arena);
}

static void
believes_no_return_path_of_the_sender(void **state)
{
	const struct header_field forged[] = { fields[1], fields[3], fields[0], fields[5] };
	struct arena *arena = arena_new();
	struct envelope envelope = { .is_smtputf8 = false };

	(void)state;
	envelope_derive(arena, &envelope, forged, COUNT_OF(forged), defaults(arena));
	assert_text(envelope.client.value, "192.0.2.1");
	assert_int_equal(envelope.sender.source, FACT_UNKNOWN);
	arena_free(&arena);
}

static void
leaves_what_is_given(void **state)
{
	static const struct {
		const char *client;
		const char *helo;       /* what follows for it; NULL: nothing */
	} rows[] = {
		{ "192.0.2.2", "x.example" }, { "::ffff:192.0.2.2", "x.example" }, { "192.0.2.1", "h.example" },
		{ "198.51.100.1", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct envelope envelope = {
			.client = { text_from(rows[i].client), FACT_GIVEN },
			.sender = { TEXT("<>"), FACT_GIVEN },
		};

		envelope_derive(arena, &envelope, fields, COUNT_OF(fields), defaults(arena));
		assert_text(envelope.client.value, rows[i].client);
		assert_text(envelope.sender.value, "<>");
		assert_int_equal(envelope.helo.source, rows[i].helo != NULL ? FACT_RECEIVED : FACT_UNKNOWN);
		assert_text(envelope.helo.value, rows[i].helo != NULL ? rows[i].helo : "");
		/* Who says where it came from says what the message is. */
		assert_int_equal(envelope.arrival_fields, 0);
	}
	arena_free(&arena);
}

static void
knows_when_nothing_is_known(void **state)
{
	struct arena *arena = arena_new();
	struct envelope envelope = { .is_smtputf8 = false };

	(void)state;
	envelope_derive(arena, &envelope, &fields[5], 1, defaults(arena));
	assert_int_equal(envelope.client.source, FACT_UNKNOWN);
	assert_int_equal(envelope.sender.source, FACT_UNKNOWN);
	assert_int_equal(envelope.recipient_count, 0);
	assert_int_equal(envelope.arrival_fields, 0);
	/* All clients are our own. */
	envelope_derive(arena, &envelope, &fields[1], 1, defaults(arena));
	assert_int_equal(envelope.client.source, FACT_UNKNOWN);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_mtas_write),
		cmocka_unit_test(derives_what_is_missing),
		cmocka_unit_test(believes_no_return_path_of_the_sender),
		cmocka_unit_test(leaves_what_is_given),
		cmocka_unit_test(knows_when_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
