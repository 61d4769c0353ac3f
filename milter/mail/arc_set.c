/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/arc_set.h"

#include "mail/field_cursor.h"
#include "mail/tag_list.h"

enum {
	INSTANCE_DIGITS_MAX = 2,        /* RFC 8617 4.2.1 */
	FIELDS_OF_A_SET = 3,
	ARC_FIELDS_MAX = FIELDS_OF_A_SET * ARC_SETS_MAX
};

/* What one walk over the header works on. A rule that is broken is kept; only the first one. */
struct collection {
	struct arena *arena;
	struct arc_chain chain;
	struct arc_set sets[ARC_SETS_MAX];
	size_t field_count;
	unsigned newest;        /* the highest instance */
};

static void
refuse(struct collection *collection, const char *reason)
{
	if (collection->chain.status == ARC_CHAIN_BROKEN)
		return;
	collection->chain.status = ARC_CHAIN_BROKEN;
	collection->chain.reason = reason;
}

/* RFC 8617 4.2.1, instance-value: 1 to 50 in one or two digits; 0 for anything else. */
static unsigned
read_instance(struct text digits)
{
	uint64_t number = 0;

	if (digits.length > INSTANCE_DIGITS_MAX ||
	    !text_to_number(digits, ARC_INSTANCE_MAX, &number))
		return 0;
	return (unsigned)number;
}

/* RFC 8617 4.1.1 and 4.2.1: arc-info = instance [CFWS] ";" authres-payload */
unsigned
arc_results_instance(struct text value, struct text *rest_out)
{
	struct field_cursor cursor = field_cursor_start(value);
	struct text digits;

	if (!field_cursor_skip_comments(&cursor) || !field_cursor_take(&cursor, 'i') ||
	    !field_cursor_skip_comments(&cursor) || !field_cursor_take(&cursor, '=') ||
	    !field_cursor_skip_comments(&cursor))
		return 0;
	digits = field_cursor_take_run(&cursor, byte_is_digit);
	if (!field_cursor_skip_comments(&cursor) || !field_cursor_take(&cursor, ';'))
		return 0;
	*rest_out = text_from_position(value, cursor.position);
	return read_instance(digits);
}

static unsigned
tag_instance(const struct tag_list *tags)
{
	const struct tag *tag = tag_list_find(tags, TEXT("i"));

	return tag != NULL ? read_instance(tag->value) : 0;
}

/* The set to which a field of this instance belongs; NULL when it cannot be one. */
static struct arc_set *
find_set(struct collection *collection, unsigned instance)
{
	if (instance == 0) {
		refuse(collection, "bad i=");
		return NULL;
	}
	if (instance > ARC_SETS_MAX) {
		refuse(collection, "too many sets");
		return NULL;
	}
	if (instance > collection->newest)
		collection->newest = instance;
	return &collection->sets[instance - 1];
}

static void
place(struct collection *collection, const struct header_field **place,
      const struct header_field *field)
{
	if (*place != NULL)
		refuse(collection, "field occurs twice in a set");
	*place = field;
}

static void
add_results(struct collection *collection, const struct header_field *field)
{
	struct text rest = TEXT("");
	struct arc_set *set = find_set(collection, arc_results_instance(field->value, &rest));

	if (set == NULL)
		return;
	place(collection, &set->results_field, field);
	set->results = rest;
}

/* What is signed with rsa-sha1 counts as unsigned (RFC 8301 3.1), here as everywhere. */
static void
check_signature(struct collection *collection, const struct dkim_signature *signature)
{
	if (signature->status != DKIM_SIGNATURE_VALID)
		refuse(collection, signature->reason);
	else if (signature->algorithm == DKIM_RSA_SHA1)
		refuse(collection, "rsa-sha1 is not valid");
}

static void
add_message_signature(struct collection *collection, const struct header_field *field,
		      const struct tag_list *tags)
{
	struct arc_set *set = find_set(collection, tag_instance(tags));

	if (set == NULL)
		return;
	place(collection, &set->message_field, field);
	set->message_signature =
		dkim_signature_parse_arc_message(collection->arena, field->value);
	check_signature(collection, &set->message_signature);
	/*
	 * RFC 8617 4.1.2. The other fields that h= should not name are left to
	 * themselves: sealers name ARC-Authentication-Results, and what is then
	 * removed on the way breaks the signature anyway.
	 */
	if (dkim_signature_covers(&set->message_signature, TEXT("ARC-Seal")))
		refuse(collection, "h= names ARC-Seal");
}

/* RFC 8617 4.1.3 and 5.2: cv= is none in the first set and pass in all others. */
static void
check_chain_validation(struct collection *collection, unsigned instance,
		       const struct tag_list *tags)
{
	const struct tag *tag = tag_list_find(tags, TEXT("cv"));
	struct text wanted = instance == 1 ? TEXT("none") : TEXT("pass");

	if (tag == NULL)
		refuse(collection, "no cv=");
	else if (text_equal_nocase(tag->value, TEXT("fail")))
		refuse(collection, "cv=fail: an earlier verifier found the chain broken");
	else if (!text_equal_nocase(tag->value, wanted))
		refuse(collection, "cv= does not fit its instance");
}

static void
add_seal(struct collection *collection, const struct header_field *field,
	 const struct tag_list *tags)
{
	unsigned instance = tag_instance(tags);
	struct arc_set *set = find_set(collection, instance);

	if (set == NULL)
		return;
	place(collection, &set->seal_field, field);
	check_chain_validation(collection, instance, tags);
	set->seal = dkim_signature_parse_arc_seal(collection->arena, field->value);
	check_signature(collection, &set->seal);
}

static void
add_field(struct collection *collection, const struct header_field *field)
{
	bool is_results = text_equal_nocase(field->name, TEXT("ARC-Authentication-Results"));
	bool is_seal = text_equal_nocase(field->name, TEXT("ARC-Seal"));
	struct tag_list tags;
	const char *reason;

	if (!is_results && !is_seal &&
	    !text_equal_nocase(field->name, TEXT("ARC-Message-Signature")))
		return;
	if (collection->chain.status == ARC_CHAIN_NONE)
		collection->chain.status = ARC_CHAIN_SOUND;
	if (collection->field_count++ == ARC_FIELDS_MAX) {
		refuse(collection, "too many sets");
		return;
	}
	if (field->value.length > ARC_FIELD_BYTES_MAX) {
		refuse(collection, "field is too long");
		return;
	}
	if (is_results) {
		add_results(collection, field);
		return;
	}
	reason = tag_list_parse(collection->arena, field->value, &tags);
	if (reason != NULL)
		refuse(collection, reason);
	else if (is_seal)
		add_seal(collection, field, &tags);
	else
		add_message_signature(collection, field, &tags);
}

static bool
is_complete(const struct arc_set *set)
{
	return set->results_field != NULL && set->message_field != NULL &&
	       set->seal_field != NULL;
}

struct arc_chain
arc_chain_collect(struct arena *arena, const struct header_field *fields, size_t field_count)
{
	struct collection *collection = arena_alloc(arena, sizeof(*collection));

	collection->arena = arena;
	for (size_t i = 0; i < field_count && collection->chain.status != ARC_CHAIN_BROKEN; i++)
		add_field(collection, &fields[i]);
	for (unsigned i = 0; i < collection->newest; i++)
		if (!is_complete(&collection->sets[i]))
			refuse(collection, "a set is incomplete");
	if (collection->chain.status == ARC_CHAIN_SOUND) {
		collection->chain.count = collection->newest;
		collection->chain.sets = collection->sets;
	}
	return collection->chain;
}
