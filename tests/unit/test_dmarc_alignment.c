/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dmarc_alignment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/textbuf.h"
#include "dns/zone_text.h"

/*
 * All answers that a name can have, and then those that are missing one after
 * the other by each answer that they could have been: the alignment may be
 * decided only when all of these agree, and open only when they do not.
 */
enum {
	FAR = 600000,
	BUDGET = 100,
	ZONE_BYTES_MAX = 4096,
	NAMES_MAX = 8,
	ANSWERS_KNOWN = 4,      /* the answers before MISSING */
	MISSING = ANSWERS_KNOWN,
	ANSWERS
};

static const char *const answers[ANSWERS] = {
	"", "TXT v=DMARC1; p=none", "TXT v=DMARC1; p=none; psd=n", "TXT v=DMARC1; p=none; psd=y",
	"SERVFAIL",
};

struct names {
	const char *author;
	const char *identifier;
	const char *asked[NAMES_MAX];   /* whatever either walk asks for; rest NULL */
	size_t count;
};

static size_t
power(size_t base, size_t exponent)
{
	return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/* The digits of `code` are the answers of the names. */
static struct text
zone_of(struct arena *arena, const struct names *names, size_t code, size_t base)
{
	struct textbuf zone = textbuf_new(arena, ZONE_BYTES_MAX);

	for (size_t i = 0; i < names->count; i++, code /= base) {
		if (answers[code % base][0] == '\0')
			continue;
		textbuf_printf(&zone, "_dmarc.%s %s\n", names->asked[i], answers[code % base]);
	}
	return textbuf_text(&zone);
}

static enum alignment
decide(const struct names *names, size_t code, size_t base)
{
	struct arena *arena = arena_new();
	struct text reason = TEXT("");
	struct zone_text *zone =
		zone_text_parse(arena, zone_of(arena, names, code, base), &reason);
	struct config config = { .dmarc_discovery = DISCOVERY_TREE_WALK };
	struct dmarc_alignment alignment = { .arena = arena };
	struct dmarc_discovery *discovery;
	enum alignment decided;

	assert_non_null(zone);
	alignment.dns = dns_session_new(arena, zone_text_backend(arena, zone), BUDGET,
					clock_milliseconds() + FAR);
	discovery = dmarc_discovery_start(arena, &config, alignment.dns,
					  text_from(names->author), DNS_ORDINARY);
	(void)dmarc_discovery_continue(discovery, TREE_WALK_WAIT);
	alignment.discovery = discovery;
	decided = dmarc_alignment_decide(&alignment, text_from(names->identifier), false,
					 ALIGNMENT_VERDICT);
	assert_int_equal(decided == ALIGNMENT_OPEN, alignment.missing_reason != NULL);
	arena_free(&arena);
	return decided;
}

/* What all completions of `code` say: *may_align and *may_differ are only ever set. */
static void
complete(const struct names *names, const enum alignment *truth, size_t code, size_t index,
	 size_t known_code, bool *may_align, bool *may_differ)
{
	size_t answer = code % ANSWERS;
	size_t place = power(ANSWERS_KNOWN, index);

	if (index == names->count) {
		*(truth[known_code] == ALIGNMENT_YES ? may_align : may_differ) = true;
		return;
	}
	for (size_t i = 0; i < ANSWERS_KNOWN; i++)
		if (answer == MISSING || answer == i)
			complete(names, truth, code / ANSWERS, index + 1, known_code + i * place,
				 may_align, may_differ);
}

static void
decides_when_every_answer_says_the_same(void **state)
{
	static const struct names rows[] = {
		{ "example.com", "a.example.com", { "a.example.com", "example.com", "com" }, 3 },
		{ "a.example.com", "example.com", { "a.example.com", "example.com", "com" }, 3 },
		{ "a.b.com", "c.b.com", { "a.b.com", "c.b.com", "b.com", "com" }, 4 },
		{ "com", "a.b.com", { "a.b.com", "b.com", "com" }, 3 },
		{ "a.b.c.com", "d.c.com", { "a.b.c.com", "b.c.com", "d.c.com", "c.com", "com" },
		  5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct names *names = &rows[i];
		size_t known_count = power(ANSWERS_KNOWN, names->count);
		enum alignment *truth = test_calloc(known_count, sizeof(*truth));

		for (size_t code = 0; code < known_count; code++) {
			truth[code] = decide(names, code, ANSWERS_KNOWN);
			assert_int_not_equal(truth[code], ALIGNMENT_OPEN);
		}
		for (size_t code = 0; code < power(ANSWERS, names->count); code++) {
			bool may_align = false;
			bool may_differ = false;
			enum alignment expected;
			enum alignment decided = decide(names, code, ANSWERS);

			complete(names, truth, code, 0, 0, &may_align, &may_differ);
			expected = !may_differ ? ALIGNMENT_YES : may_align ? ALIGNMENT_OPEN :
									     ALIGNMENT_NO;
			if (decided != expected)
				fail_msg("%s with %s, answers %zu: %d, not %d", names->author,
					 names->identifier, code, (int)decided, (int)expected);
		}
		test_free(truth);
	}
}

/* The window of 4.10 step 4: an eight-label author is not asked for by a name below it. */
static void
knows_that_long_names_skip_some(void **state)
{
	static const struct names names = {
		"a.b.c.d.e.f.g.com", "x.a.b.c.d.e.f.g.com",
		{ "a.b.c.d.e.f.g.com", "x.a.b.c.d.e.f.g.com", "b.c.d.e.f.g.com" }, 3,
	};
	static const struct {
		size_t author, identifier, above;       /* indices of answers */
		enum alignment expected;
	} rows[] = {
		{ 0, 0, 0, ALIGNMENT_NO },
		{ 0, 0, 1, ALIGNMENT_YES },
		{ 2, 0, 3, ALIGNMENT_YES },     /* psd=n; one below psd=y */
		{ MISSING, 0, 3, ALIGNMENT_YES },
		{ 2, 0, MISSING, ALIGNMENT_OPEN },
		{ 0, 0, MISSING, ALIGNMENT_OPEN },
		{ 0, 2, MISSING, ALIGNMENT_NO },
		{ 0, MISSING, 1, ALIGNMENT_OPEN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t code = rows[i].author + ANSWERS * (rows[i].identifier +
							  ANSWERS * rows[i].above);

		if (decide(&names, code, ANSWERS) != rows[i].expected)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_when_every_answer_says_the_same),
		cmocka_unit_test(knows_that_long_names_skip_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
