/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/canonical.h"

#include <string.h>

enum { LOOK_AHEAD = 256 };      /* bytes: a line or three */

static bool
is_wsp(char byte)
{
	return byte == ' ' || byte == '\t';
}

static void
write_part(struct canonical_body *body, struct text part)
{
	if (text_is_empty(part))
		return;
	body->is_begun = true;
	body->sink(body->context, part);
}

/* What was held back turns out to count. */
static void
write_pending(struct canonical_body *body)
{
	static const struct text lines = { "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", 16 };

	/* In blocks: a body may be megabytes of empty lines. */
	while (body->pending_lines > 0) {
		struct text part = text_cut(lines, 0, body->pending_lines < 8
							      ? (size_t)body->pending_lines * 2
							      : lines.length);

		write_part(body, part);
		body->pending_lines -= part.length / 2;
	}
	if (body->has_pending_blank)
		write_part(body, TEXT(" "));
	body->has_pending_blank = false;
}

/* The CR that was held back was a bare one. */
static void
write_bare_cr(struct canonical_body *body)
{
	write_pending(body);
	write_part(body, TEXT("\r"));
	body->has_pending_cr = false;
}

static void
end_line(struct canonical_body *body)
{
	body->has_pending_cr = false;
	body->has_pending_blank = false;        /* RFC 6376 3.4.4: not at the end of a line */
	body->pending_lines++;
}

/*
 * Where the bytes from `from` on stop standing for themselves: a CR, or for the
 * relaxed form a blank that is not a single space between two other bytes. It
 * looks ahead a little only, so that a long line of many blanks is not searched
 * anew behind each of them.
 */
static const char *
find_line_end(const struct canonical_body *body, const char *from, const char *end)
{
	const char *found;
	const char *blank;

	if ((size_t)(end - from) > LOOK_AHEAD)
		end = from + LOOK_AHEAD;
	found = memchr(from, '\r', (size_t)(end - from));
	if (found != NULL)
		end = found;
	if (body->form == DKIM_SIMPLE)
		return end;
	found = memchr(from, '\t', (size_t)(end - from));
	if (found != NULL)
		end = found;
	blank = from;
	while ((blank = memchr(blank, ' ', (size_t)(end - blank))) != NULL) {
		if (blank + 1 == end || blank[1] == ' ')
			return blank;
		blank++;
	}
	return end;
}

/*
 * How many bytes from `start` on stand for themselves; the first one does. Lines
 * are taken together where the next one begins with such a byte too.
 */
static size_t
span_plain(const struct canonical_body *body, struct text chunk, size_t start)
{
	const char *end = chunk.bytes + chunk.length;
	const char *from = chunk.bytes + start;
	const char *stop;

	for (;;) {
		stop = find_line_end(body, from, end);
		if (end - stop < 3 || stop[0] != '\r' || stop[1] != '\n' || stop[2] == '\r' ||
		    (body->form == DKIM_RELAXED && is_wsp(stop[2])))
			return (size_t)(stop - chunk.bytes) - start;
		from = stop + 2;
	}
}

void
canonical_body_begin(struct canonical_body *body, enum dkim_canonical_form form,
		     canonical_sink *sink, void *context)
{
	*body = (struct canonical_body){ .form = form, .sink = sink, .context = context };
}

void
canonical_body_add(struct canonical_body *body, struct text chunk)
{
	size_t i = 0;

	while (i < chunk.length) {
		char byte = chunk.bytes[i];
		size_t span;

		if (body->has_pending_cr && byte == '\n') {
			end_line(body);
			i++;
			continue;
		}
		if (body->has_pending_cr)
			write_bare_cr(body);
		if (byte == '\r') {
			body->has_pending_cr = true;
			i++;
			continue;
		}
		if (body->form == DKIM_RELAXED && is_wsp(byte)) {
			body->has_pending_blank = true;
			i++;
			continue;
		}
		write_pending(body);
		span = span_plain(body, chunk, i);
		write_part(body, text_cut(chunk, i, span));
		i += span;
	}
}

void
canonical_body_end(struct canonical_body *body)
{
	if (body->has_pending_cr)
		write_bare_cr(body);
	/*
	 * RFC 6376 3.4.3 and 3.4.4: empty lines at the end do not count, a last
	 * line without CRLF gets one, and an empty body is CRLF in the simple
	 * form and nothing in the relaxed one.
	 */
	if (body->is_begun || body->form == DKIM_SIMPLE)
		write_part(body, TEXT("\r\n"));
}

/* RFC 6376 3.4.1: as it is; the folds, which a milter gets as LF, are CRLF on the wire. */
static struct text
simple_field(struct arena *arena, struct text name, struct text value)
{
	char *bytes = arena_alloc(arena, name.length + 1 + 2 * value.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < name.length; i++)
		bytes[length++] = name.bytes[i];
	bytes[length++] = ':';
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] == '\n' && (i == 0 || value.bytes[i - 1] != '\r'))
			bytes[length++] = '\r';
		bytes[length++] = value.bytes[i];
	}
	return text_of(bytes, length);
}

/* True for a byte of a line end: LF, or CR right before LF. */
static bool
is_line_end(struct text value, size_t i)
{
	return value.bytes[i] == '\n' ||
	       (value.bytes[i] == '\r' && i + 1 < value.length && value.bytes[i + 1] == '\n');
}

/* RFC 6376 3.4.2 */
static struct text
relaxed_field(struct arena *arena, struct text name, struct text value)
{
	char *bytes = arena_alloc(arena, name.length + 1 + value.length + 1);
	bool has_pending_blank = false;
	size_t length = 0;
	size_t start;

	while (name.length > 0 && is_wsp(name.bytes[name.length - 1]))
		name.length--;
	for (size_t i = 0; i < name.length; i++)
		bytes[length++] = byte_lower(name.bytes[i]);
	bytes[length++] = ':';
	start = length;
	for (size_t i = 0; i < value.length; i++) {
		if (is_line_end(value, i))
			continue;
		if (is_wsp(value.bytes[i])) {
			has_pending_blank = true;
			continue;
		}
		if (has_pending_blank && length > start)
			bytes[length++] = ' ';
		has_pending_blank = false;
		bytes[length++] = value.bytes[i];
	}
	return text_of(bytes, length);
}

struct text
canonical_field(struct arena *arena, enum dkim_canonical_form form, struct text name,
		struct text value)
{
	return form == DKIM_SIMPLE ? simple_field(arena, name, value)
				   : relaxed_field(arena, name, value);
}
