/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"

#include "base/textbuf.h"
#include "mail/domain_name.h"
#include "mail/field_cursor.h"
#include "mail/utf8.h"

enum {
	/*
	 * RFC 5321 4.5.3.1 allows 256 bytes for a path, and more where both sides
	 * can do more; senders with long return paths do use that.
	 */
	ADDRESS_BYTES_MAX = 1000
};

/*
 * Brackets come in pairs or not at all; sendmail(1) input comes without (and "" is the
 * null sender).
 */
static bool
take_brackets_off(struct text *path)
{
	bool opens = text_starts_with(*path, TEXT("<"));
	bool closes = text_ends_with(*path, TEXT(">"));

	if (!opens && !closes)
		return true;
	if (!opens || !closes || path->length < 2)
		return false;
	*path = text_cut(*path, 1, path->length - 2);
	return true;
}

static bool
is_route_byte(char byte)
{
	return byte_is_atext(byte) || byte == '.' || byte == '@' || byte == ',';
}

/* RFC 5321 4.1.2, A-d-l: "@one,@two:" in front of the mailbox is to be ignored. */
static bool
take_route_off(struct text *path)
{
	struct field_cursor cursor = field_cursor_start(*path);

	if (field_cursor_peek(&cursor) != '@')
		return true;
	(void)field_cursor_take_run(&cursor, is_route_byte);
	if (!field_cursor_take(&cursor, ':'))
		return false;
	*path = text_from_position(*path, cursor.position);
	return true;
}

/*
 * RFC 5321 4.1.2, Local-part, in the wider form that is in use: dots may stand
 * anywhere. The cursor stops behind it; the text is unquoted.
 */
static bool
take_local_part(struct field_cursor *cursor, struct arena *arena, struct text *local_part_out)
{
	struct textbuf local_part = textbuf_new(arena, ADDRESS_BYTES_MAX);
	bool word_may_follow = true;

	for (;;) {
		char byte = field_cursor_peek(cursor);
		struct text piece;

		if (byte == '.') {
			cursor->position++;
			piece = TEXT(".");
			word_may_follow = true;
		} else if (!word_may_follow) {
			break;
		} else if (byte == '"') {
			if (!field_cursor_take_quoted(cursor, arena, &piece))
				return false;
			word_may_follow = false;
		} else {
			piece = field_cursor_take_run(cursor, byte_is_atext);
			if (text_is_empty(piece))
				break;
			word_may_follow = false;
		}
		textbuf_add(&local_part, piece);
	}
	*local_part_out = textbuf_text(&local_part);
	return true;
}

/* Control characters have no place in a path, not even quoted (RFC 5321 4.1.2). */
static bool
has_control_byte(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7f)
			return true;
	return false;
}

/* "local@domain": false, with nothing written, when it is anything else. */
static bool
read_mailbox(struct arena *arena, struct text path, struct address *address)
{
	struct field_cursor cursor = field_cursor_start(path);
	struct text local_part;
	struct text domain;

	if (path.length > ADDRESS_BYTES_MAX || has_control_byte(path) || !utf8_is_valid(path) ||
	    !take_local_part(&cursor, arena, &local_part))
		return false;
	if (field_cursor_at_end(&cursor)) {
		/* "postmaster": a local-part alone. */
		address->local_part = local_part;
		return false;
	}
	if (text_is_empty(local_part) || !field_cursor_take(&cursor, '@'))
		return false;
	/* Blanks around the domain come from MTAs that accept them. */
	domain = text_trim(text_from_position(path, cursor.position));
	if (!domain_name_normalize(arena, domain, &domain))
		return false;
	address->local_part = local_part;
	address->domain = domain;
	address->mailbox = text_join(arena, local_part, text_join(arena, TEXT("@"), domain));
	return true;
}

struct address
address_parse(struct arena *arena, struct text argument)
{
	struct text path = text_trim(argument);
	struct address address = { .is_null = false };

	if (text_is_empty(path) || text_equal(path, TEXT("<>"))) {
		address.is_null = true;
		return address;
	}
	if (!take_brackets_off(&path) || !take_route_off(&path)) {
		address.text = text_copy(arena, path);
		return address;
	}
	address.text = text_copy(arena, path);
	address.is_valid = read_mailbox(arena, address.text, &address);
	return address;
}
