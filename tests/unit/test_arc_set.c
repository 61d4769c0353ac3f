/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/arc_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/textbuf.h"
#include "dkim_sign.h"

#define HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define AAR(i) "ARC-Authentication-Results: i=" i "; a.example; none\r\n"
#define AMS_TAGS(i) "i=" i "; a=rsa-sha256; d=a.example; s=s; h=from; bh=" HASH "; b=YWJj"
#define AMS(i) "ARC-Message-Signature: " AMS_TAGS(i) "\r\n"
#define AS_TAGS(i, cv) "i=" i "; a=rsa-sha256; cv=" cv "; d=a.example; s=s; b=YWJj"
#define AS(i, cv) "ARC-Seal: " AS_TAGS(i, cv) "\r\n"
#define SET1 AAR("1") AMS("1") AS("1", "none")
#define SET2 AAR("2") AMS("2") AS("2", "pass")
#define SET3 AAR("3") AMS("3") AS("3", "pass")
#define FROM "From: a@a.example\r\n"

static struct arc_chain
collect(struct arena *arena, struct text header)
{
	struct message *message = arena_alloc(arena, sizeof(*message));
	struct text body;

	dkim_sign_split(arena, header, message, &body);
	return arc_chain_collect(arena, message->fields, message->field_count);
}

static const struct row {
	const char *name;
	const char *header;
	size_t count;           /* 0: broken or none */
	const char *reason;     /* NULL: sound, or none */
} rows[] = {
	{ "no field at all", "", 0, NULL },
	{ "no field of ARC", FROM, 0, NULL },
	{ "names that only begin so", FROM "ARC-Sealed: x\r\nARC: y\r\n", 0, NULL },
	{ "one set", SET1 FROM, 1, NULL },
	{ "two sets", SET2 SET1, 2, NULL },
	{ "three sets", SET3 SET2 SET1, 3, NULL },
	{ "the order of the fields does not matter", SET1 SET3 SET2, 3, NULL },
	{ "names in any case", "arc-seal: " AS_TAGS("1", "none") "\r\nARC-MESSAGE-SIGNATURE: "
	  AMS_TAGS("1") "\r\narc-authentication-results: i=1; x; none\r\n", 1, NULL },
	{ "leading zero", AAR("01") AMS("01") AS("01", "none"), 1, NULL },
	{ "cv in upper case", AAR("1") AMS("1") AS("1", "NONE"), 1, NULL },

	{ "a gap", SET3 SET1, 0, "a set is incomplete" },
	{ "no first set", SET2, 0, "a set is incomplete" },
	{ "results alone", AAR("1"), 0, "a set is incomplete" },
	{ "no results", AMS("1") AS("1", "none"), 0, "a set is incomplete" },
	{ "no message signature", AAR("1") AS("1", "none"), 0, "a set is incomplete" },
	{ "no seal", AAR("1") AMS("1"), 0, "a set is incomplete" },
	{ "an older set without seal", SET2 AAR("1") AMS("1"), 0, "a set is incomplete" },
	{ "results twice", SET1 AAR("1"), 0, "field occurs twice in a set" },
	{ "message signature twice", SET1 AMS("1"), 0, "field occurs twice in a set" },
	{ "seal twice", SET1 AS("1", "none"), 0, "field occurs twice in a set" },

	{ "first set cv=pass", AAR("1") AMS("1") AS("1", "pass"), 0,
	  "cv= does not fit its instance" },
	{ "second set cv=none", AAR("2") AMS("2") AS("2", "none") SET1, 0,
	  "cv= does not fit its instance" },
	{ "cv=fail", AAR("2") AMS("2") AS("2", "fail") SET1, 0,
	  "cv=fail: an earlier verifier found the chain broken" },
	{ "unknown cv", AAR("1") AMS("1") AS("1", "maybe"), 0, "cv= does not fit its instance" },
	{ "empty cv", AAR("1") AMS("1") AS("1", ""), 0, "cv= does not fit its instance" },
	{ "no cv", AAR("1") AMS("1") "ARC-Seal: i=1; a=rsa-sha256; d=a.example; s=s; b=YWJj\r\n",
	  0, "no cv=" },

	{ "instance 0", AAR("0") AMS("1") AS("1", "none"), 0, "bad i=" },
	{ "instance 0 of a signature", AAR("1") AMS("0") AS("1", "none"), 0, "bad i=" },
	{ "instance 0 of a seal", AAR("1") AMS("1") AS("0", "none"), 0, "bad i=" },
	{ "empty instance", AAR("1") AMS("") AS("1", "none"), 0, "bad i=" },
	{ "negative instance", AAR("1") AMS("-1") AS("1", "none"), 0, "bad i=" },
	{ "three digits", AAR("001") AMS("1") AS("1", "none"), 0, "bad i=" },
	{ "instance 51", SET1 AMS("51"), 0, "bad i=" },
	{ "instance 50 is allowed, but not by us", SET1 AMS("50"), 0, "too many sets" },
	{ "no instance", "ARC-Seal: a=rsa-sha256; cv=none; d=a.example; s=s; b=YWJj\r\n", 0,
	  "bad i=" },

	{ "h= in a seal", AAR("1") AMS("1") "ARC-Seal: h=from; " AS_TAGS("1", "none") "\r\n", 0,
	  "h= in a seal" },
	{ "an unknown tag in a seal", AAR("1") AMS("1") "ARC-Seal: zz=1; " AS_TAGS("1", "none")
	  "\r\n", 1, NULL },
	{ "t= in a seal", AAR("1") AMS("1") "ARC-Seal: t=12; " AS_TAGS("1", "none") "\r\n", 1,
	  NULL },
	{ "empty t= in a seal", AAR("1") AMS("1") "ARC-Seal: t=; " AS_TAGS("1", "none") "\r\n", 0,
	  "bad t=" },
	{ "a tag twice in a seal", AAR("1") AMS("1") "ARC-Seal: d=b.example; "
	  AS_TAGS("1", "none") "\r\n", 0, "duplicate tag" },
	{ "no tag list", AAR("1") AMS("1") "ARC-Seal: hello\r\n", 0, "tag without \"=\"" },
	{ "rsa-sha1 in a seal", AAR("1") AMS("1")
	  "ARC-Seal: i=1; a=rsa-sha1; cv=none; d=a.example; s=s; b=YWJj\r\n", 0,
	  "rsa-sha1 is not valid" },
	{ "no b= in a seal", AAR("1") AMS("1")
	  "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=s\r\n", 0, "no b=" },
	{ "unknown a=", AAR("1") "ARC-Message-Signature: i=1; a=rsa-md5; d=a.example; s=s; "
	  "h=from; bh=" HASH "; b=YWJj\r\n" AS("1", "none"), 0, "unknown a=" },
	{ "no From in h=", AAR("1") "ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; "
	  "s=s; h=to; bh=" HASH "; b=YWJj\r\n" AS("1", "none"), 1, NULL },
	{ "empty h=", AAR("1") "ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; s=s; "
	  "h=; bh=" HASH "; b=YWJj\r\n" AS("1", "none"), 1, NULL },
	{ "no h=", AAR("1") "ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; s=s; bh="
	  HASH "; b=YWJj\r\n" AS("1", "none"), 0, "no h=" },
	{ "h= names the results", AAR("1") "ARC-Message-Signature: i=1; a=rsa-sha256; "
	  "d=a.example; s=s; h=from:arc-authentication-results; bh=" HASH "; b=YWJj\r\n"
	  AS("1", "none"), 1, NULL },
	{ "h= names the seal", AAR("1") "ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; "
	  "s=s; h=from:arc-SEAL; bh=" HASH "; b=YWJj\r\n" AS("1", "none"), 0,
	  "h= names ARC-Seal" },
};

static void
sets_are_held_to_the_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena *arena = arena_new();
		struct arc_chain chain = collect(arena, text_from(rows[i].header));

		if (chain.count != rows[i].count ||
		    (chain.reason == NULL) != (rows[i].reason == NULL) ||
		    (chain.reason != NULL && strcmp(chain.reason, rows[i].reason) != 0))
			fail_msg("%s: %zu sets, %s", rows[i].name, chain.count,
				 chain.reason != NULL ? chain.reason : "no reason");
		if (chain.reason != NULL)
			assert_int_equal(chain.status, ARC_CHAIN_BROKEN);
		else
			assert_int_equal(chain.status,
					 chain.count > 0 ? ARC_CHAIN_SOUND : ARC_CHAIN_NONE);
		arena_free(&arena);
	}
}

static void
results_have_an_instance_in_front(void **state)
{
	static const struct {
		const char *value;
		unsigned instance;
		const char *rest;
	} values[] = {
		{ " i=1; a.example; none", 1, " a.example; none" },
		{ "i=50;x", 50, "x" },
		{ " (c) i (c) =\n (c) 7 (c) ; x", 7, " x" },
		{ "i=1;", 1, "" },
		{ "i=1", 0, NULL },
		{ "I=1; x", 0, NULL },
		{ "i=51; x", 0, NULL },
		{ "i=100; x", 0, NULL },
		{ "i=; x", 0, NULL },
		{ "i=1 x; y", 0, NULL },
		{ "a.example; i=1; none", 0, NULL },
		{ "(i=1; x", 0, NULL },
		{ "", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct text rest = TEXT("");

		assert_int_equal(arc_results_instance(text_from(values[i].value), &rest),
				 values[i].instance);
		if (values[i].rest != NULL)
			assert_true(text_equal(rest, text_from(values[i].rest)));
	}
}

static struct text
header_of_sets(struct arena *arena, unsigned count, size_t results_bytes)
{
	struct textbuf out = textbuf_new(arena, 10000000);

	for (unsigned i = 1; i <= count; i++) {
		textbuf_printf(&out, "ARC-Authentication-Results:i=%u;", i);
		for (size_t j = strlen(i < 10 ? "i=1;" : "i=10;"); j < results_bytes; j++)
			textbuf_add_byte(&out, 'x');
		textbuf_printf(&out, "\r\nARC-Message-Signature: i=%u; a=rsa-sha256; d=a.example; "
			       "s=s; h=from; bh=" HASH "; b=YWJj\r\n", i);
		textbuf_printf(&out, "ARC-Seal: i=%u; a=rsa-sha256; cv=%s; d=a.example; s=s; "
			       "b=YWJj\r\n", i, i == 1 ? "none" : "pass");
	}
	return textbuf_text(&out);
}

static void
limits_hold(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(collect(arena, header_of_sets(arena, ARC_SETS_MAX - 1, 10)).count,
			 ARC_SETS_MAX - 1);
	assert_int_equal(collect(arena, header_of_sets(arena, ARC_SETS_MAX, 10)).count,
			 ARC_SETS_MAX);
	assert_string_equal(collect(arena, header_of_sets(arena, ARC_SETS_MAX + 1, 10)).reason,
			    "too many sets");
	assert_string_equal(collect(arena, header_of_sets(arena, ARC_INSTANCE_MAX, 10)).reason,
			    "too many sets");
	assert_int_equal(collect(arena, header_of_sets(arena, 1, ARC_FIELD_BYTES_MAX - 1)).count,
			 1);
	assert_int_equal(collect(arena, header_of_sets(arena, 1, ARC_FIELD_BYTES_MAX)).count, 1);
	assert_string_equal(
		collect(arena, header_of_sets(arena, 1, ARC_FIELD_BYTES_MAX + 1)).reason,
		"field is too long");
	arena_free(&arena);
}

static void
a_set_holds_its_fields(void **state)
{
	struct arena *arena = arena_new();
	struct arc_chain chain = collect(arena, TEXT(SET2 FROM SET1));

	(void)state;
	assert_true(text_equal(chain.sets[1].results, TEXT(" a.example; none")));
	assert_true(text_equal(chain.sets[0].seal.domain, TEXT("a.example")));
	assert_int_equal(chain.sets[0].seal.header_form, DKIM_RELAXED);
	assert_int_equal(chain.sets[0].message_signature.header_form, DKIM_SIMPLE);
	assert_true(text_equal(chain.sets[1].seal_field->name, TEXT("ARC-Seal")));
	assert_int_equal(chain.sets[1].seal_field->instance, 1);
	assert_int_equal(chain.sets[0].seal_field->instance, 2);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_held_to_the_rules),
		cmocka_unit_test(results_have_an_instance_in_front),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_set_holds_its_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
