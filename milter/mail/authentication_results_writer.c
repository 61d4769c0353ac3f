/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authentication_results.h"

#include "mail/domain_name.h"
#include "mail/field_cursor.h"
#include "mail/utf8.h"

enum {
	FIELD_NAME_COLUMNS = sizeof("Authentication-Results:") - 1,
	LINE_MAX_WISHED = 77, /* RFC 5322 2.1.1: lines should have no more than 78 */
	/* cannot be folded, so a line with it has less than 998 (RFC 5322 2.1.1) */
	PIECE_MAX = 900,
	TAB_COLUMN = 8
};

/* RFC 2045 5.1, token. */
static bool
is_token(struct text text)
{
	if (text_is_empty(text))
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (text.bytes[i] <= ' ' || text.bytes[i] >= 0x7f ||
		    text_find(TEXT("()<>@,;:\\\"/[]?="), text.bytes[i]) != TEXT_NOT_FOUND)
			return false;
	return true;
}

/* What a quoted-string can hold: no control characters, and UTF-8 where that is allowed. */
static bool
can_be_carried(struct text text, bool allows_utf8)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.bytes[i] < ' ' || text.bytes[i] == 0x7f)
			return false;
	return utf8_is_ascii(text) || (allows_utf8 && utf8_is_valid(text));
}

/*
 * A remote text inside quotes. Quoted-pairs are left to the id: readers in use
 * (Mail::AuthenticationResults, authres) know none, so a sender with a quote in
 * his HELO would make our whole field unreadable to them, "fail" and all.
 */
static bool
is_fit_for_quotes(struct text text, bool allows_utf8)
{
	return can_be_carried(text, allows_utf8) && text_find(text, '"') == TEXT_NOT_FOUND &&
	       text_find(text, '\\') == TEXT_NOT_FOUND;
}

/* RFC 5322 3.2.3, dot-atom-text. */
static bool
is_dot_atom(struct text text)
{
	struct text rest = text;
	struct text atom;

	if (text_is_empty(text))
		return false;
	while (text_next_part(&rest, '.', &atom)) {
		if (text_is_empty(atom))
			return false;
		for (size_t i = 0; i < atom.length; i++)
			if (!byte_is_atext(atom.bytes[i]))
				return false;
	}
	return true;
}

/* RFC 6376 3.5, domain-name; underscores are no part of it, but of names in use. */
static bool
is_domain(struct text text)
{
	struct text rest = text;
	struct text label;

	if (text_is_empty(text))
		return false;
	while (text_next_part(&rest, '.', &label)) {
		if (text_is_empty(label))
			return false;
		for (size_t i = 0; i < label.length; i++)
			if (!byte_is_alnum(label.bytes[i]) && label.bytes[i] != '-' &&
			    label.bytes[i] != '_' && (unsigned char)label.bytes[i] < 0x80)
				return false;
	}
	return true;
}

/* Writes `piece` behind a blank, or on a line of its own when it would pass the margin. */
static void
add_piece(struct authentication_results_writer *writer, struct text piece)
{
	/* One more column for the ";" that may follow. */
	if (writer->column + 1 + piece.length + 1 > LINE_MAX_WISHED) {
		textbuf_add_string(&writer->out, "\n\t");
		writer->column = TAB_COLUMN;
	} else {
		textbuf_add_byte(&writer->out, ' ');
		writer->column++;
	}
	textbuf_add(&writer->out, piece);
	writer->column += piece.length;
}

/* " start" and what was made of a value, unless that came out too long for a line. */
static void
add_value(struct authentication_results_writer *writer, struct text start,
	  struct textbuf *value)
{
	struct text piece = text_join(writer->out.arena, start, textbuf_text(value));

	if (!value->overflowed && piece.length <= PIECE_MAX)
		add_piece(writer, piece);
}

static struct textbuf
value_buffer(struct authentication_results_writer *writer)
{
	return textbuf_new(writer->out.arena, PIECE_MAX);
}

static struct text
property_start(struct authentication_results_writer *writer, const char *ptype,
	       const char *property)
{
	return text_printf(writer->out.arena, "%s.%s=", ptype, property);
}

/*
 * An id that can be written: in A-labels if it has to be, with "?" for what nothing can
 * carry.
 */
static struct text
writable_id(struct arena *arena, struct text id, bool allows_utf8)
{
	struct text domain;
	char *bytes;

	if (text_is_empty(id))
		return TEXT("unknown");
	if (can_be_carried(id, allows_utf8))
		return id;
	if (domain_name_normalize(arena, id, &domain))
		return domain;
	bytes = text_string(arena, id);
	for (size_t i = 0; i < id.length; i++)
		if (!byte_is_printable(bytes[i]))
			bytes[i] = '?';
	return text_of(bytes, id.length);
}

struct authentication_results_writer
authentication_results_begin(struct arena *arena, struct text authserv_id, struct text job_id,
			     bool allows_utf8)
{
	struct authentication_results_writer writer = {
		.out = textbuf_new(arena, AUTHENTICATION_RESULTS_MAX),
		.column = FIELD_NAME_COLUMNS,
		.allows_utf8 = allows_utf8,
	};
	struct text id = writable_id(arena, authserv_id, allows_utf8);
	struct textbuf value = value_buffer(&writer);

	/* "/" is no part of a token, so an id with a job is a quoted-string (RFC 8601 2.2). */
	if (!text_is_empty(job_id) && can_be_carried(job_id, allows_utf8))
		id = text_join(arena, text_join(arena, id, TEXT("/")), job_id);
	if (is_token(id))
		textbuf_add(&value, id);
	else
		textbuf_add_quoted(&value, id);
	if (value.overflowed) {
		value = value_buffer(&writer);
		textbuf_add_string(&value, "unknown");
	}
	textbuf_add_byte(&writer.out, ' ');
	textbuf_add(&writer.out, textbuf_text(&value));
	writer.id_length = writer.out.length;
	writer.column += writer.id_length;
	return writer;
}

void
authentication_results_method(struct authentication_results_writer *writer, const char *method,
			      const char *result)
{
	if (!writer->out.overflowed)
		writer->whole_length = writer->out.length;
	textbuf_add_byte(&writer->out, ';');
	writer->column++;
	add_piece(writer, text_printf(writer->out.arena, "%s=%s", method, result));
	writer->method_count++;
}

/*
 * Parentheses and backslashes could be escaped, but a reader that takes the
 * first ")" for the end would then read a remote party's words as results.
 */
static struct text
comment_text(struct arena *arena, struct text comment, bool allows_utf8)
{
	bool keeps_utf8 = allows_utf8 && utf8_is_valid(comment);
	char *bytes = text_string(arena, comment);

	for (size_t i = 0; i < comment.length; i++) {
		bool is_utf8 = (unsigned char)bytes[i] >= 0x80 && keeps_utf8;

		if ((!byte_is_printable(bytes[i]) && !is_utf8) ||
		    text_find(TEXT("()\\"), bytes[i]) != TEXT_NOT_FOUND)
			bytes[i] = '?';
	}
	return text_of(bytes, comment.length);
}

void
authentication_results_comment(struct authentication_results_writer *writer,
			       struct text comment)
{
	struct arena *arena = writer->out.arena;
	struct text rest = comment_text(arena, comment, writer->allows_utf8);
	const char *open = "(";
	struct text word;

	if (text_is_empty(comment) || comment.length > AUTHENTICATION_RESULTS_VALUE_MAX)
		return;
	/* Word by word: a comment can be folded at its blanks. */
	while (text_next_part(&rest, ' ', &word)) {
		bool is_last = rest.bytes == NULL;

		if (text_is_empty(word) && !is_last)
			continue;
		add_piece(writer, text_join(arena, text_join(arena, text_from(open), word),
					    is_last ? TEXT(")") : TEXT("")));
		open = "";
	}
}

void
authentication_results_reason(struct authentication_results_writer *writer, struct text reason)
{
	struct textbuf value = value_buffer(writer);

	if (text_is_empty(reason) || reason.length > AUTHENTICATION_RESULTS_VALUE_MAX ||
	    !is_fit_for_quotes(reason, writer->allows_utf8))
		return;
	textbuf_add_quoted(&value, reason);
	add_value(writer, TEXT("reason="), &value);
}

/*
 * What may stand in front of "@": quotes and "=" there are allowed (RFC 8601 2.2, RFC 5322
 * 3.2.3), but make readers in use lose their place.
 */
static bool
is_plain_local_part(struct text local_part)
{
	return is_token(local_part) && is_dot_atom(local_part);
}

/* RFC 8601 2.2, the right-hand form of pvalue: an address that needs no quotes. */
static bool
is_plain_address(struct text value)
{
	size_t at = text_find_last(value, '@');

	return at != TEXT_NOT_FOUND && is_domain(text_from_position(value, at + 1)) &&
	       (at == 0 || is_plain_local_part(text_cut(value, 0, at)));
}

void
authentication_results_property(struct authentication_results_writer *writer, const char *ptype,
				const char *property, struct text value)
{
	struct textbuf written = value_buffer(writer);

	if (text_is_empty(value) || value.length > AUTHENTICATION_RESULTS_VALUE_MAX ||
	    !is_fit_for_quotes(value, writer->allows_utf8))
		return;
	if (is_token(value) || is_plain_address(value))
		textbuf_add(&written, value);
	else
		textbuf_add_quoted(&written, value);
	add_value(writer, property_start(writer, ptype, property), &written);
}

void
authentication_results_address(struct authentication_results_writer *writer, const char *ptype,
			       const char *property, struct text local_part, struct text domain)
{
	struct text address = domain;

	/* RFC 8601 2.7.2: better without the local part than not at all. */
	if (is_plain_local_part(local_part) && !text_is_empty(domain))
		address = text_join(writer->out.arena,
				    text_join(writer->out.arena, local_part, TEXT("@")), domain);
	authentication_results_property(writer, ptype, property, address);
}

struct text
authentication_results_end(struct authentication_results_writer *writer)
{
	struct text value = textbuf_text(&writer->out);

	if (writer->out.overflowed)
		value = text_cut(value, 0, writer->whole_length);
	if (writer->method_count > 0 && value.length > writer->id_length)
		return value;
	return text_join(writer->out.arena, text_cut(value, 0, writer->id_length),
			 TEXT("; none"));
}
