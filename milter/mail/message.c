/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/message.h"

enum { BYTES_BESIDE_FIELD = 4 };        /* colon, blank, CR, LF */

void
message_add_recipient(struct message *message, struct arena *arena, struct address recipient)
{
	message->recipients = arena_grow(arena, message->recipients, message->recipient_count,
					 &message->recipient_capacity,
					 sizeof(*message->recipients));
	message->recipients[message->recipient_count++] = recipient;
}

void
message_add_field(struct message *message, struct arena *arena, struct text name,
		  struct text value, size_t bytes_max)
{
	size_t bytes = name.length + value.length + BYTES_BESIDE_FIELD;
	unsigned instance = 1;
	struct header_field *field;

	if (message->header_is_over_limit || bytes > bytes_max - message->header_bytes) {
		message->header_is_over_limit = true;
		return;
	}
	/* Backwards: the newest field of that name knows the count. */
	for (size_t i = message->field_count; i > 0; i--) {
		if (text_equal_nocase(message->fields[i - 1].name, name)) {
			instance = message->fields[i - 1].instance + 1;
			break;
		}
	}
	message->fields = arena_grow(arena, message->fields, message->field_count,
				     &message->field_capacity, sizeof(*message->fields));
	field = &message->fields[message->field_count++];
	field->name = text_copy(arena, name);
	field->value = text_copy(arena, value);
	field->instance = instance;
	message->header_bytes += bytes;
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
	while ((precedence = message_next_field(message, TEXT("Precedence"), &position)) != NULL)
		if (text_equal_nocase(text_trim(precedence->value), TEXT("list")))
			return true;
	return false;
}
