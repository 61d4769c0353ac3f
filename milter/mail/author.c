/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/author.h"

#include "base/textbuf.h"
#include "mail/domain_name.h"
#include "mail/field_cursor.h"
#include "mail/utf8.h"

/*
 * RFC 5322 3.4 and 4.4, and what real mail has beside it: display names with
 * unquoted dots, brackets, commas, colons, "@" and bytes of any character set.
 * The rule for those: a reader of mail may split such a display name in another
 * way than we do, so it is accepted only where every split leads to the same
 * domain. An "@" that is not quoted must therefore stand in front of the
 * mailbox's own domain. Comments, quoted-strings and encoded-words are text.
 */
enum {
	/* Of domains that are looked at: more than any author list has. */
	DOMAINS_MAX = 50
};

struct author_parser {
	struct arena *arena;
	struct field_cursor cursor;
	const char *reason; /* of the first error; NULL while all is well */
	struct text domain; /* of the first mailbox that has one */
	bool has_several;   /* another mailbox has another one */
	bool has_literal;   /* a mailbox at an address literal */
	bool has_group;
	bool is_in_group;
	bool is_behind_group;
	/* words without an address, so far: "Smith, John <j@example.com>" */
	bool has_loose_words;
	size_t mailboxes_in_group;
	unsigned domain_count;
};

/* What stands in front of "<", ",", ";", ":" or the end. */
struct words {
	bool has_at_sign;
	bool has_odd_at_sign; /* one that no single domain follows */
	struct text domain;   /* that follows each "@" */
};

static bool
fail(struct author_parser *parser, const char *reason)
{
	if (parser->reason == NULL)
		parser->reason = reason;
	return false;
}

static bool
skip_comments(struct author_parser *parser)
{
	if (field_cursor_skip_comments(&parser->cursor))
		return true;
	return fail(parser, "comment without end, NUL, or line break that is no fold");
}

static bool
skip_quoted(struct author_parser *parser)
{
	struct text ignored;

	if (field_cursor_take_quoted(&parser->cursor, parser->arena, &ignored))
		return true;
	return fail(parser, "quoted string without end, NUL, or line break that is no fold");
}

/*
 * obs-domain (RFC 5322 4.4): atoms and dots with comments around the dots, which are
 * dropped.
 */
static bool
take_domain_text(struct author_parser *parser, struct text *text_out, size_t *end_out)
{
	struct field_cursor *cursor = &parser->cursor;
	struct textbuf text = textbuf_new(parser->arena, cursor->text.length);
	bool atom_may_follow = true;

	if (++parser->domain_count > DOMAINS_MAX)
		return fail(parser, "too many addresses");
	for (;;) {
		struct text atom;

		if (!skip_comments(parser))
			return false;
		if (field_cursor_take(cursor, '.')) {
			textbuf_add_byte(&text, '.');
			atom_may_follow = true;
		} else {
			atom = atom_may_follow ? field_cursor_take_run(cursor, byte_is_atext)
					       : TEXT("");
			if (text_is_empty(atom))
				break;
			textbuf_add(&text, atom);
			atom_may_follow = false;
		}
		*end_out = cursor->position;
	}
	*text_out = textbuf_text(&text);
	return true;
}

/* RFC 5322 3.4.1, domain-literal; the cursor is at "[". */
static bool
skip_literal(struct author_parser *parser)
{
	struct field_cursor *cursor = &parser->cursor;

	for (cursor->position++; !field_cursor_take(cursor, ']'); cursor->position++) {
		char byte = field_cursor_peek(cursor);

		if (!byte_is_printable(byte) || byte == '[' || byte == '\\')
			return fail(parser, "address literal that is none");
	}
	return true;
}

/*
 * "[": some read up to the next "]" as one word (the literal of RFC 822 3.3),
 * others do not. Both come to the same end when nothing between is special.
 */
static bool
check_bracket(struct author_parser *parser)
{
	struct text rest = text_from_position(parser->cursor.text, parser->cursor.position + 1);

	for (size_t i = 0; i < rest.length; i++) {
		if (rest.bytes[i] == ']')
			return true;
		if (text_find(TEXT("[<>()\"\\"), rest.bytes[i]) != TEXT_NOT_FOUND)
			break;
	}
	return fail(parser, "square bracket in a display name that is not closed");
}

/*
 * An "@" outside quotes: notes the domain behind it. In a display name that may be in
 * an encoded-word.
 */
static bool
read_at_sign(struct author_parser *parser, struct words *words)
{
	struct field_cursor start;
	struct text name;
	struct text domain;
	size_t end;

	parser->cursor.position++;
	start = parser->cursor;
	if (!skip_comments(parser))
		return false;
	if (field_cursor_peek(&parser->cursor) == '[') {
		words->has_at_sign = true;
		words->has_odd_at_sign = true;
		return skip_literal(parser);
	}
	if (!take_domain_text(parser, &name, &end))
		return false;
	name = text_cut(name, 0, text_find_text(name, TEXT("?=")));
	if (!domain_name_normalize(parser->arena, name, &domain) ||
	    (words->has_at_sign && !text_equal(domain, words->domain)))
		words->has_odd_at_sign = true;
	else
		words->domain = domain;
	words->has_at_sign = true;
	parser->cursor = start;
	return true;
}

/* One step in a display name or an address; false with a reason for what neither may hold. */
static bool
take_word(struct author_parser *parser, struct words *words)
{
	struct field_cursor *cursor = &parser->cursor;

	switch (field_cursor_peek(cursor)) {
	case '"':
		return skip_quoted(parser);
	case '@':
		return read_at_sign(parser, words);
	case '[':
		if (!check_bracket(parser))
			return false;
		cursor->position++;
		return true;
	case '.':
	case ']':
	case ':':
		cursor->position++;
		return true;
	default:
		if (field_cursor_take_encoded_word(cursor) ||
		    !text_is_empty(field_cursor_take_run(cursor, byte_is_atext)))
			return true;
		return fail(parser, "unbalanced bracket, backslash or control character");
	}
}

/* Goes on to the end of the words. A colon ends them where a group may start. */
static bool
take_words(struct author_parser *parser, struct words *words)
{
	for (;;) {
		char byte;

		if (!skip_comments(parser))
			return false;
		byte = field_cursor_peek(&parser->cursor);
		if (field_cursor_at_end(&parser->cursor) || byte == ',' || byte == ';' ||
		    byte == '<' || (byte == ':' && !parser->is_in_group))
			return true;
		if (!take_word(parser, words))
			return false;
	}
}

/*
 * Characters that make an address read as another one: marks of writing direction,
 * other forms of "@".
 */
static bool
is_misleading(uint32_t code_point)
{
	return code_point == 0x061c || code_point == 0x200e || code_point == 0x200f ||
	       (code_point >= 0x202a && code_point <= 0x202e) ||
	       (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xfe6b ||
	       code_point == 0xff20;
}

/* What must not be in an address as it stands, whatever the grammar says. */
static bool
check_address_bytes(struct author_parser *parser, struct text address)
{
	uint32_t code_point;
	size_t position = 0;

	/* Some readers decode it, and show another address (RFC 2047 5 forbids it here). */
	if (text_find_text(address, TEXT("=?")) != TEXT_NOT_FOUND)
		return fail(parser, "encoded-word in an address");
	while (position < address.length) {
		if (!utf8_next(address, &position, &code_point))
			return fail(parser, "address that is not UTF-8");
		if (is_misleading(code_point))
			return fail(parser, "misleading character in an address");
	}
	return true;
}

/* RFC 5322 3.4.1 and 4.4, local-part: words and dots. */
static bool
skip_local_part(struct author_parser *parser)
{
	struct field_cursor *cursor = &parser->cursor;
	bool word_may_follow = true;
	bool has_word = false;

	for (;;) {
		if (!skip_comments(parser))
			return false;
		if (field_cursor_take(cursor, '.')) {
			word_may_follow = true;
			continue;
		}
		if (!word_may_follow)
			break;
		if (field_cursor_peek(cursor) == '"') {
			if (!skip_quoted(parser))
				return false;
		} else if (text_is_empty(field_cursor_take_run(cursor, byte_is_atext))) {
			break;
		}
		word_may_follow = false;
		has_word = true;
	}
	return has_word || fail(parser, "address without local-part");
}

/* RFC 5322 3.4.1, addr-spec. An empty domain stands for an address literal. */
static bool
take_address(struct author_parser *parser, struct text *domain_out)
{
	struct field_cursor *cursor = &parser->cursor;
	struct text domain = { NULL, 0 };
	size_t start;
	size_t end;

	if (!skip_comments(parser))
		return false;
	start = end = cursor->position;
	if (!skip_local_part(parser))
		return false;
	if (!field_cursor_take(cursor, '@'))
		return fail(parser, "address without \"@\"");
	if (!skip_comments(parser))
		return false;
	if (field_cursor_peek(cursor) == '[') {
		if (!skip_literal(parser))
			return false;
		end = cursor->position;
	} else if (!take_domain_text(parser, &domain, &end)) {
		return false;
	} else if (!domain_name_normalize(parser->arena, domain, &domain)) {
		return fail(parser, "domain of the address is no domain name");
	}
	*domain_out = domain;
	return check_address_bytes(parser, text_cut(cursor->text, start, end - start)) &&
	       skip_comments(parser);
}

/* RFC 5322 4.4, obs-route: "@one,@two:" goes before the mailbox and does not count. */
static bool
skip_route(struct author_parser *parser)
{
	struct field_cursor *cursor = &parser->cursor;
	struct text ignored;
	size_t end;

	if (!skip_comments(parser))
		return false;
	if (field_cursor_peek(cursor) != '@')
		return true;
	while (field_cursor_take(cursor, '@') || field_cursor_take(cursor, ','))
		if (!take_domain_text(parser, &ignored, &end))
			return false;
	return field_cursor_take(cursor, ':') || fail(parser, "source route without end");
}

static void
add_mailbox(struct author_parser *parser, struct text domain)
{
	parser->mailboxes_in_group++;
	if (text_is_empty(domain))
		parser->has_literal = true;
	else if (text_is_empty(parser->domain))
		parser->domain = domain;
	else if (!text_equal(domain, parser->domain))
		parser->has_several = true;
}

/* RFC 5322 3.4, angle-addr, with what may stand behind it. */
static bool
read_angle_address(struct author_parser *parser, const struct words *words)
{
	struct field_cursor *cursor = &parser->cursor;
	struct text domain;

	cursor->position++;
	if (!skip_route(parser) || !take_address(parser, &domain))
		return false;
	if (!field_cursor_take(cursor, '>'))
		return fail(parser, "\"<\" without \">\", or more than one address inside");
	if (words->has_at_sign &&
	    (words->has_odd_at_sign || !text_equal(domain, words->domain)))
		return fail(parser, "display name that reads as another address");
	parser->has_loose_words = false;
	add_mailbox(parser, domain);
	return skip_comments(parser);
}

static bool
open_group(struct author_parser *parser, const struct words *words, bool has_name)
{
	if (!has_name || words->has_at_sign || parser->has_loose_words)
		return fail(parser, "colon that starts no group");
	parser->cursor.position++;
	parser->has_group = true;
	parser->is_in_group = true;
	parser->mailboxes_in_group = 0;
	return true;
}

/* A mailbox, the name of a group, or words that belong to the display name behind the comma. */
static bool
read_element(struct author_parser *parser)
{
	struct field_cursor *cursor = &parser->cursor;
	struct words words = { .has_at_sign = false };
	size_t start = cursor->position;
	struct text domain;
	char byte;

	if (!take_words(parser, &words))
		return false;
	byte = field_cursor_peek(cursor);
	if (byte == ':')
		return open_group(parser, &words, cursor->position > start);
	if (byte == '<') {
		if (!read_angle_address(parser, &words))
			return false;
	} else if (!words.has_at_sign) {
		parser->has_loose_words = true;
		return true;
	} else {
		if (parser->has_loose_words)
			return fail(parser, "words in front of an address without brackets");
		cursor->position = start;
		if (!take_address(parser, &domain))
			return false;
		add_mailbox(parser, domain);
	}
	byte = field_cursor_peek(cursor);
	if (!field_cursor_at_end(cursor) && byte != ',' && byte != ';')
		return fail(parser, "text behind an address");
	return true;
}

static bool
close_group(struct author_parser *parser)
{
	if (parser->has_loose_words)
		return fail(parser, "words without an address in a group");
	parser->is_behind_group = parser->is_in_group;
	parser->is_in_group = false;
	return true;
}

/* RFC 5322 4.4, obs-mbox-list and obs-addr-list: elements may be empty. */
static bool
read_list(struct author_parser *parser)
{
	struct field_cursor *cursor = &parser->cursor;

	for (;;) {
		if (!skip_comments(parser))
			return false;
		if (field_cursor_at_end(cursor))
			break;
		if (field_cursor_take(cursor, ',')) {
			parser->is_behind_group = false;
			continue;
		}
		if (parser->is_behind_group)
			return fail(parser, "text behind a group");
		/* Outside of a group ";" is a comma to some, and nothing to the others. */
		if (field_cursor_take(cursor, ';')) {
			if (parser->is_in_group && !close_group(parser))
				return false;
			continue;
		}
		if (!read_element(parser))
			return false;
	}
	if (parser->has_loose_words)
		return fail(parser, "words without an address");
	if (parser->is_in_group && parser->mailboxes_in_group == 0)
		return fail(parser, "group without end");
	return true;
}

static struct author
author_without_domain(enum author_status status, const char *reason)
{
	return (struct author){ .status = status, .reason = reason };
}

struct author
author_from_fields(struct arena *arena, const struct text *values, size_t count)
{
	struct author_parser parser = { .arena = arena };

	if (count == 0)
		return author_without_domain(AUTHOR_NO_FIELD, "no From field");
	if (count > 1)
		return author_without_domain(AUTHOR_SEVERAL_FIELDS, "several From fields");
	parser.cursor = field_cursor_start(values[0]);
	if (!read_list(&parser))
		return author_without_domain(AUTHOR_MALFORMED, parser.reason);
	if (text_is_empty(parser.domain) && !parser.has_literal && !parser.has_group)
		return author_without_domain(AUTHOR_MALFORMED, "From field without an address");
	if (text_is_empty(parser.domain))
		return author_without_domain(AUTHOR_NO_DOMAIN, "no mailbox with a domain");
	if (parser.has_several || parser.has_literal)
		return author_without_domain(AUTHOR_SEVERAL_DOMAINS,
					     "mailboxes of several domains");
	return (struct author){ .status = AUTHOR_ONE_DOMAIN, .domain = parser.domain };
}
