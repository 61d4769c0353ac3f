/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/mail_parser.h"

enum { FIRST_LINE_MAX = 1 << 20 };      /* who has no line end until here is no mail */

struct mail_parser
mail_parser_new(struct arena *arena, struct mail_sink sink, enum mail_line_ends line_ends)
{
	return (struct mail_parser){
		.arena = arena,
		.sink = sink,
		.line_ends = line_ends,
		.line = textbuf_new(arena, MAIL_HEADER_BYTES_MAX),
		.field = textbuf_new(arena, MAIL_HEADER_BYTES_MAX),
		.body_ends_line = true,
	};
}

const char *
mail_problem_clause(enum mail_problem problem)
{
	switch (problem) {
	case MAIL_FINE:
		return "is fine";
	case MAIL_EMPTY:
		return "is empty";
	case MAIL_NOT_MAIL:
		return "is no mail: its first line is no header field";
	case MAIL_HEADER_TOO_LONG:
		return "is no mail: its header has more than 16 MiB";
	case MAIL_TOO_MANY_FIELDS:
		return "is no mail: its header has more than 100000 fields";
	}
	return "is no mail";
}

/* RFC 5322 2.2; blanks before the colon are obsolete but real (4.5). */
static bool
is_field(struct text line, size_t *colon_out)
{
	size_t end = 0;
	size_t colon;

	while (end < line.length && line.bytes[end] != ':' && line.bytes[end] != ' ' &&
	       line.bytes[end] != '\t' && line.bytes[end] != '\n')
		end++;
	colon = end;
	while (colon < line.length && (line.bytes[colon] == ' ' || line.bytes[colon] == '\t'))
		colon++;
	if (end == 0 || colon == line.length || line.bytes[colon] != ':')
		return false;
	*colon_out = colon;
	return true;
}

static void
finish_field(struct mail_parser *parser)
{
	struct text field = textbuf_text(&parser->field);
	size_t colon;

	if (parser->has_field && is_field(field, &colon))
		parser->sink.field(parser->sink.context, text_cut(field, 0, colon),
				   text_from_position(field, colon + 1));
	parser->has_field = false;
	parser->field.length = 0;
}

static void
finish_header(struct mail_parser *parser)
{
	finish_field(parser);
	parser->is_in_body = true;
	parser->sink.header_end(parser->sink.context);
}

/* All bytes as they are, but the line ends. */
static void
add_lines_to_body(struct mail_parser *parser, struct text chunk)
{
	size_t start = 0;

	for (size_t i = 0; i < chunk.length; i++) {
		bool was_cr = parser->has_pending_cr;

		parser->has_pending_cr = false;
		if (chunk.bytes[i] == '\r') {
			parser->sink.body(parser->sink.context, text_cut(chunk, start, i - start));
			start = i + 1;
			if (was_cr)
				parser->sink.body(parser->sink.context, TEXT("\r"));
			parser->has_pending_cr = true;
		} else if (chunk.bytes[i] == '\n') {
			parser->sink.body(parser->sink.context, text_cut(chunk, start, i - start));
			start = i + 1;
			parser->sink.body(parser->sink.context, TEXT("\r\n"));
			parser->crlf_ends += was_cr ? 1 : 0;
			parser->lf_ends += was_cr ? 0 : 1;
		} else if (was_cr) {
			parser->sink.body(parser->sink.context, TEXT("\r"));
		}
	}
	parser->sink.body(parser->sink.context, text_from_position(chunk, start));
}

static void
add_to_body(struct mail_parser *parser, struct text chunk)
{
	if (chunk.length == 0)
		return;
	parser->body_ends_line = chunk.bytes[chunk.length - 1] == '\n';
	if (parser->line_ends != MAIL_ENDS_CRLF) {
		add_lines_to_body(parser, chunk);
		return;
	}
	for (size_t i = 0; i < chunk.length; i++) {
		bool ends = chunk.bytes[i] == '\n';

		if (ends && parser->has_pending_cr)
			parser->crlf_ends++;
		else if (ends)
			parser->lf_ends++;
		parser->has_pending_cr = chunk.bytes[i] == '\r';
	}
	parser->sink.body(parser->sink.context, chunk);
}

/* One whole line of the header; `end_length` of its bytes are the line end. */
static void
take_line(struct mail_parser *parser, size_t end_length)
{
	struct text whole = textbuf_text(&parser->line);
	struct text line = text_cut(whole, 0, whole.length - end_length);
	bool is_fold = parser->has_field && line.length > 0 &&
		       (line.bytes[0] == ' ' || line.bytes[0] == '\t');
	size_t colon;

	if (is_fold) {
		textbuf_add_byte(&parser->field, '\n');
		textbuf_add(&parser->field, line);
	} else if (line.length == 0) {
		finish_header(parser);
	} else if (is_field(line, &colon)) {
		finish_field(parser);
		textbuf_add(&parser->field, line);
		parser->has_field = true;
		if (++parser->field_count > MAIL_FIELDS_MAX)
			parser->problem = MAIL_TOO_MANY_FIELDS;
	} else if (!parser->has_field) {
		parser->problem = MAIL_NOT_MAIL;
	} else {
		/* What MTAs do: the line belongs to the body. */
		parser->has_no_separator = true;
		finish_header(parser);
		add_to_body(parser, whole);
	}
	parser->line.length = 0;
}

/* How many bytes at the end of the line so far are a line end; 0: it goes on. */
static size_t
line_end_length(struct mail_parser *parser)
{
	struct text line = textbuf_text(&parser->line);
	bool has_cr = text_ends_with(line, TEXT("\r\n"));

	if (!text_ends_with(line, TEXT("\n")))
		return 0;
	if (parser->line_ends == MAIL_ENDS_UNKNOWN)
		parser->line_ends = has_cr ? MAIL_ENDS_CRLF : MAIL_ENDS_LF;
	if (parser->line_ends == MAIL_ENDS_CRLF && !has_cr) {
		parser->lf_ends++;
		return 0;
	}
	parser->crlf_ends += has_cr ? 1 : 0;
	parser->lf_ends += has_cr ? 0 : 1;
	return has_cr ? 2 : 1;
}

static bool
is_over_limit(const struct mail_parser *parser)
{
	return parser->header_bytes > MAIL_HEADER_BYTES_MAX;
}

void
mail_parser_add(struct mail_parser *parser, struct text chunk)
{
	struct text rest = chunk;

	for (size_t i = 0; i < chunk.length; i++)
		parser->nul_bytes += chunk.bytes[i] == '\0' ? 1 : 0;
	while (rest.length > 0 && !parser->is_in_body && parser->problem == MAIL_FINE) {
		size_t end = text_find(rest, '\n');
		struct text part = text_cut(rest, 0, end == TEXT_NOT_FOUND ? end : end + 1);
		size_t end_length;

		rest = text_from_position(rest, part.length);
		parser->header_bytes += part.length;
		if (is_over_limit(parser)) {
			parser->problem = MAIL_HEADER_TOO_LONG;
			return;
		}
		textbuf_add(&parser->line, part);
		if (!parser->has_field && parser->line.length > FIRST_LINE_MAX) {
			parser->problem = MAIL_NOT_MAIL;
			return;
		}
		end_length = line_end_length(parser);
		if (end_length > 0)
			take_line(parser, end_length);
	}
	if (parser->is_in_body)
		add_to_body(parser, rest);
}

enum mail_problem
mail_parser_end(struct mail_parser *parser)
{
	if (parser->problem != MAIL_FINE)
		return parser->problem;
	if (!parser->is_in_body && parser->line.length > 0) {
		parser->has_no_last_end = true;
		take_line(parser, 0);
	}
	if (parser->problem == MAIL_FINE && parser->header_bytes == 0)
		parser->problem = MAIL_EMPTY;
	if (parser->problem != MAIL_FINE)
		return parser->problem;
	if (!parser->is_in_body)
		finish_header(parser);
	if (parser->line_ends != MAIL_ENDS_CRLF && parser->has_pending_cr)
		parser->sink.body(parser->sink.context, TEXT("\r"));
	if (parser->line_ends != MAIL_ENDS_CRLF && !parser->body_ends_line) {
		parser->has_no_last_end = true;
		parser->sink.body(parser->sink.context, TEXT("\r\n"));
	}
	return MAIL_FINE;
}
