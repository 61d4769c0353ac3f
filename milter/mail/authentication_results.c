/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authentication_results.h"

#include <limits.h>

#include "mail/domain_name.h"
#include "mail/field_cursor.h"
#include "mail/utf8.h"

struct results_parser {
	struct arena *arena;
	struct field_cursor cursor;
	bool allows_plain_properties;   /* "action=none", as Microsoft writes it */
};

static bool
skip_comments(struct results_parser *parser)
{
	return field_cursor_skip_comments(&parser->cursor);
}

static bool
take(struct results_parser *parser, char byte)
{
	return field_cursor_take(&parser->cursor, byte);
}

/* RFC 2045 5.1. */
static bool
is_token_byte(char byte)
{
	return byte > ' ' && byte < 0x7f &&
	       text_find(TEXT("()<>@,;:\\\"/[]?="), byte) == TEXT_NOT_FOUND;
}

/* What an id may consist of when it is not quoted: a U-label stands there in real mail. */
static bool
is_id_byte(char byte)
{
	return is_token_byte(byte) || byte == '/' || (unsigned char)byte >= 0x80;
}

/* Keyword of RFC 5321 4.1.2: Ldh-str. */
static bool
is_keyword_byte(char byte)
{
	return byte_is_alnum(byte) || byte == '-';
}

/* domain-name of RFC 6376 3.5, with U-labels (RFC 8601 2.2) and underscores. */
static bool
is_domain_byte(char byte)
{
	return byte_is_alnum(byte) || byte == '-' || byte == '_' || byte == '.' ||
	       (unsigned char)byte >= 0x80;
}

/*
 * What an unquoted value or local-part may consist of; which of them it is shows in
 * what follows.
 */
static bool
is_value_byte(char byte)
{
	return byte_is_atext(byte) || byte == '.';
}

static bool
all_bytes(struct text text, bool (*belongs)(char byte))
{
	for (size_t i = 0; i < text.length; i++)
		if (!belongs(text.bytes[i]))
			return false;
	return true;
}

/*
 * Line ends are gone; what else is not text must not be in a quoted-string (RFC 5322
 * 3.2.4, RFC 6532 3.2).
 */
static bool
take_quoted(struct results_parser *parser, struct text *value_out)
{
	if (!field_cursor_take_quoted(&parser->cursor, parser->arena, value_out))
		return false;
	for (size_t i = 0; i < value_out->length; i++) {
		unsigned char byte = (unsigned char)value_out->bytes[i];

		if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			return false;
	}
	return utf8_is_valid(*value_out);
}

static bool
take_keyword(struct results_parser *parser, struct text *keyword_out)
{
	struct text keyword = field_cursor_take_run(&parser->cursor, is_keyword_byte);

	if (text_is_empty(keyword) || text_ends_with(keyword, TEXT("-")))
		return false;
	*keyword_out = text_copy(parser->arena, keyword);
	return true;
}

/* value of RFC 2045 5.1: token or quoted-string. */
static bool
take_value(struct results_parser *parser, struct text *value_out)
{
	struct text token;

	if (field_cursor_peek(&parser->cursor) == '"')
		return take_quoted(parser, value_out);
	token = field_cursor_take_run(&parser->cursor, is_token_byte);
	if (text_is_empty(token))
		return false;
	*value_out = text_copy(parser->arena, token);
	return true;
}

/* authserv-id, and the job that some put behind it. False also for an empty one. */
static bool
take_id(struct results_parser *parser, struct text *whole_out, struct text *id_out,
	struct text *job_id_out)
{
	struct text whole;
	size_t slash;

	if (field_cursor_peek(&parser->cursor) == '"') {
		if (!take_quoted(parser, &whole))
			return false;
	} else {
		whole = field_cursor_take_run(&parser->cursor, is_id_byte);
		if (!utf8_is_valid(whole))
			return false;
		whole = text_copy(parser->arena, whole);
	}
	slash = text_find(whole, '/');
	if (text_is_empty(whole) || slash == 0)
		return false;
	*whole_out = whole;
	*id_out = text_cut(whole, 0, slash);
	*job_id_out =
		text_from_position(whole, slash == TEXT_NOT_FOUND ? whole.length : slash + 1);
	return true;
}

/* [CFWS] authserv-id [ CFWS version ] [CFWS], which ";" or the end must follow. */
static bool
take_head(struct results_parser *parser, struct text *whole_out,
	  struct authentication_results *results)
{
	struct text version;
	uint64_t number = 1;
	size_t end;

	if (!skip_comments(parser) ||
	    !take_id(parser, whole_out, &results->authserv_id, &results->job_id))
		return false;
	end = parser->cursor.position;
	if (!skip_comments(parser))
		return false;
	version = field_cursor_take_run(&parser->cursor, byte_is_digit);
	if (!text_is_empty(version) && (end == parser->cursor.position - version.length ||
					!text_to_number(version, UINT_MAX, &number)))
		return false;
	results->version = (unsigned)number;
	return skip_comments(parser) && (field_cursor_at_end(&parser->cursor) ||
					 field_cursor_peek(&parser->cursor) == ';');
}

/* "@domain" behind a local-part. */
static bool
take_address_end(struct results_parser *parser, struct text local_part, struct text *value_out)
{
	struct text domain;

	if (!take(parser, '@'))
		return false;
	domain = field_cursor_take_run(&parser->cursor, is_domain_byte);
	if (text_is_empty(domain) || !utf8_is_valid(domain))
		return false;
	*value_out = text_join(parser->arena, text_join(parser->arena, local_part, TEXT("@")),
			       domain);
	return true;
}

/* RFC 8601 2.2, pvalue: value, domain, or address. */
static bool
take_pvalue(struct results_parser *parser, struct text *value_out)
{
	struct text value;

	if (field_cursor_peek(&parser->cursor) == '"') {
		if (!take_quoted(parser, &value))
			return false;
	} else {
		value = field_cursor_take_run(&parser->cursor, is_value_byte);
		if (!utf8_is_valid(value))
			return false;
		if (field_cursor_peek(&parser->cursor) != '@' &&
		    (text_is_empty(value) ||
		     (!all_bytes(value, is_token_byte) && !all_bytes(value, is_domain_byte))))
			return false;
		value = text_copy(parser->arena, value);
	}
	if (field_cursor_peek(&parser->cursor) == '@')
		return take_address_end(parser, value, value_out);
	*value_out = value;
	return true;
}

/* method [ "/" version ] "=" result */
static bool
take_method(struct results_parser *parser, struct authentication_result *result)
{
	if (!skip_comments(parser) || !take_keyword(parser, &result->method) ||
	    !skip_comments(parser))
		return false;
	if (take(parser, '/')) {
		if (!skip_comments(parser) ||
		    text_is_empty(field_cursor_take_run(&parser->cursor, byte_is_digit)) ||
		    !skip_comments(parser))
			return false;
	}
	if (!take(parser, '=') || !skip_comments(parser) ||
	    !take_keyword(parser, &result->result))
		return false;
	result->method = text_lower(parser->arena, result->method);
	result->result = text_lower(parser->arena, result->result);
	return true;
}

/* "reason=value" or "ptype.property=pvalue"; the first word tells which. */
static bool
take_reason_or_property(struct results_parser *parser, struct authentication_result *result,
			size_t *capacity)
{
	struct authentication_result_property found = { .ptype = { NULL, 0 } };
	bool may_be_reason = result->property_count == 0 && result->reason.bytes == NULL;

	if (!take_keyword(parser, &found.ptype) || !skip_comments(parser))
		return false;
	if (may_be_reason && text_equal_nocase(found.ptype, TEXT("reason")) &&
	    take(parser, '='))
		return skip_comments(parser) && take_value(parser, &result->reason);
	if (parser->allows_plain_properties && take(parser, '='))
		return skip_comments(parser) && take_pvalue(parser, &found.value);
	if (!take(parser, '.') || !skip_comments(parser) ||
	    !take_keyword(parser, &found.property) || !skip_comments(parser) ||
	    !take(parser, '=') || !skip_comments(parser) || !take_pvalue(parser, &found.value))
		return false;
	result->properties =
		arena_grow(parser->arena, result->properties, result->property_count, capacity,
			   sizeof(*result->properties));
	result->properties[result->property_count++] = found;
	return true;
}

/* methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ], up to ";" or the end. */
static bool
take_result(struct results_parser *parser, struct authentication_result *result)
{
	size_t capacity = 0;

	if (!take_method(parser, result))
		return false;
	for (;;) {
		size_t end = parser->cursor.position;

		if (!skip_comments(parser))
			return false;
		if (field_cursor_at_end(&parser->cursor) ||
		    field_cursor_peek(&parser->cursor) == ';')
			return true;
		if (end == parser->cursor.position ||
		    !take_reason_or_property(parser, result, &capacity))
			return false;
	}
}

/* [CFWS] ";" [CFWS] "none": nothing else may follow. */
static bool
take_no_result(struct results_parser *parser)
{
	struct field_cursor start = parser->cursor;
	struct text word;

	if (take(parser, ';') && skip_comments(parser) && take_keyword(parser, &word) &&
	    text_equal_nocase(word, TEXT("none")) && skip_comments(parser) &&
	    field_cursor_at_end(&parser->cursor))
		return true;
	parser->cursor = start;
	return false;
}

static bool
parse_results(struct arena *arena, struct text value, bool allows_plain_properties,
	      struct authentication_results *results_out)
{
	struct results_parser parser = { arena, field_cursor_start(value),
					 allows_plain_properties };
	struct authentication_results results = { .results = NULL };
	struct text whole;
	size_t capacity = 0;

	if (!take_head(&parser, &whole, &results) || field_cursor_at_end(&parser.cursor))
		return false;
	if (take_no_result(&parser)) {
		*results_out = results;
		return true;
	}
	while (take(&parser, ';')) {
		struct authentication_result result = { .properties = NULL };

		if (!take_result(&parser, &result))
			return false;
		results.results = arena_grow(arena, results.results, results.count, &capacity,
					     sizeof(*results.results));
		results.results[results.count++] = result;
	}
	*results_out = results;
	return true;
}

bool
authentication_results_parse(struct arena *arena, struct text value,
			     struct authentication_results *results_out)
{
	return parse_results(arena, value, false, results_out);
}

bool
authentication_results_parse_foreign(struct arena *arena, struct text value,
				     struct authentication_results *results_out)
{
	return parse_results(arena, value, true, results_out);
}

/* RFC 8601 5: without case, and a U-label is the same as its A-label. */
static bool
is_same_id(struct arena *arena, struct text a, struct text b)
{
	struct text normal_a;
	struct text normal_b;

	a = text_trim(a);
	b = text_trim(b);
	if (text_equal_nocase(a, b))
		return true;
	return domain_name_normalize(arena, a, &normal_a) &&
	       domain_name_normalize(arena, b, &normal_b) && text_equal(normal_a, normal_b);
}

bool
authentication_results_is_claimed(struct arena *arena, struct text value,
				  const struct text *ids, size_t id_count)
{
	struct results_parser parser = { arena, field_cursor_start(value), false };
	struct authentication_results results = { .results = NULL };
	struct text whole;

	if (!take_head(&parser, &whole, &results) || results.version != 1)
		return true;
	for (size_t i = 0; i < id_count; i++)
		if (is_same_id(arena, results.authserv_id, ids[i]) ||
		    is_same_id(arena, whole, ids[i]))
			return true;
	return false;
}
