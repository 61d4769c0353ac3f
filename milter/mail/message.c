/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/message.h"

#include <string.h>

enum { BYTES_BESIDE_FIELD = 4 }; /* colon, blank, CR, LF */

void
message_add_recipient(struct message *message, struct arena *arena, struct address recipient)
{
	message->recipients =
		arena_grow(arena, message->recipients, message->recipient_count,
			   &message->recipient_capacity, sizeof(*message->recipients));
	message->recipients[message->recipient_count++] = recipient;
}

/* Some order of names without case, by length first: most comparisons end there. */
static int
compare_names(struct text a, struct text b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	for (size_t i = 0; i < a.length; i++) {
		char byte_a = byte_lower(a.bytes[i]);
		char byte_b = byte_lower(b.bytes[i]);

		if (byte_a != byte_b)
			return byte_a < byte_b ? -1 : 1;
	}
	return 0;
}

/*
 * The place of `name` in `newest`, or where it belongs. A search, not a hash: nobody
 * can make names collide.
 */
static size_t
find_name(const struct message *message, struct text name, bool *is_there_out)
{
	size_t low = 0;
	size_t high = message->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_names(name, message->fields[message->newest[middle]].name);

		if (order == 0) {
			*is_there_out = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*is_there_out = false;
	return low;
}

/* Notes the field at `position` as the newest of its name, and returns its instance number. */
static unsigned
note_name(struct message *message, struct arena *arena, struct text name, size_t position)
{
	bool is_there;
	size_t place = find_name(message, name, &is_there);

	if (is_there) {
		unsigned instance = message->fields[message->newest[place]].instance;

		message->newest[place] = position;
		return instance + 1;
	}
	message->newest = arena_grow(arena, message->newest, message->name_count,
				     &message->name_capacity, sizeof(*message->newest));
	memmove(message->newest + place + 1, message->newest + place,
		(message->name_count - place) * sizeof(*message->newest));
	message->newest[place] = position;
	message->name_count++;
	return 1;
}

/* True when a field of that size may still be kept. */
static bool
has_room(const struct message *message, struct text name, struct text value, size_t bytes_max)
{
	size_t room = bytes_max > message->header_bytes ? bytes_max - message->header_bytes : 0;

	return !message->header_is_over_limit && message->field_count < FIELDS_MAX &&
	       name.length <= room && value.length <= room - name.length &&
	       BYTES_BESIDE_FIELD <= room - name.length - value.length;
}

/*
 * RFC 5322 4.5: obsolete fields have white space before the colon. Postfix and
 * Sendmail drop it; where an MTA does not, "From " must not pass by as no From.
 */
static struct text
without_white_space_behind(struct text name)
{
	while (name.length > 0 && byte_is_blank(name.bytes[name.length - 1]))
		name.length--;
	return name;
}

void
message_add_field(struct message *message, struct arena *arena, struct text name,
		  struct text value, size_t bytes_max)
{
	struct header_field *field;
	unsigned instance;

	name = without_white_space_behind(name);
	if (!has_room(message, name, value, bytes_max)) {
		message->header_is_over_limit = true;
		if (text_equal_nocase(name, TEXT("Authentication-Results")))
			message->results_not_kept++;
		else if (!text_is_empty(name) && text_equal_nocase(name, message->own_field_name))
			message->own_fields_not_kept++;
		return;
	}
	instance = note_name(message, arena, name, message->field_count);
	message->fields = arena_grow(arena, message->fields, message->field_count,
				     &message->field_capacity, sizeof(*message->fields));
	field = &message->fields[message->field_count++];
	field->name = text_copy(arena, name);
	field->value = text_copy(arena, value);
	field->instance = instance;
	message->header_bytes += name.length + value.length + BYTES_BESIDE_FIELD;
}

/* Goes to the next CR or LF, and leaves what is behind it; false when there is none. */
static bool
next_line(struct text *rest)
{
	for (size_t i = 0; i < rest->length; i++)
		if (rest->bytes[i] == '\r' || rest->bytes[i] == '\n') {
			*rest = text_from_position(*rest, i + 1);
			return true;
		}
	return false;
}

static bool
value_hides_field(struct text value, struct text name)
{
	while (next_line(&value)) {
		struct text behind;

		if (!text_starts_with_nocase(value, name))
			continue;
		behind = text_from_position(value, name.length);
		while (behind.length > 0 && byte_is_blank(behind.bytes[0]))
			behind = text_from_position(behind, 1);
		if (text_starts_with(behind, TEXT(":")))
			return true;
	}
	return false;
}

/* The colon that ended the field's name is that of the hidden one, too. */
static bool
name_hides_field(struct text field_name, struct text name)
{
	while (next_line(&field_name))
		if (text_equal_nocase(field_name, name))
			return true;
	return false;
}

bool
message_hides_field(const struct message *message, struct text name)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (value_hides_field(message->fields[i].value, name) ||
		    name_hides_field(message->fields[i].name, name))
			return true;
	return false;
}

const struct header_field *
message_next_field(const struct message *message, struct text name, size_t *position)
{
	while (*position < message->field_count) {
		const struct header_field *field = &message->fields[(*position)++];

		if (text_equal_nocase(field->name, name))
			return field;
	}
	return NULL;
}

size_t
message_count_fields(const struct message *message, struct text name)
{
	size_t position = 0;
	size_t count = 0;

	while (message_next_field(message, name, &position) != NULL)
		count++;
	return count;
}

bool
message_is_list_mail(const struct message *message)
{
	const struct header_field *precedence;
	size_t position = 0;

	if (message_count_fields(message, TEXT("List-Id")) > 0 ||
	    message_count_fields(message, TEXT("List-Post")) > 0)
		return true;
	while ((precedence = message_next_field(message, TEXT("Precedence"), &position)) !=
	       NULL)
		if (text_equal_nocase(text_trim(precedence->value), TEXT("list")))
			return true;
	return false;
}
