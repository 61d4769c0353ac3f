/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf_record.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/textbuf.h"
#include "mail/spf_macro.h"

enum {
	SHOWN_MAX = 60,         /* bytes of a wrong term that a reason shows */
	BITS_V4 = 32,
	BITS_V6 = 128
};

struct parser {
	struct arena *arena;
	struct spf_record record;
	size_t capacity;
	struct text term;       /* the one at hand */
	struct text reason;
};

bool
spf_record_is_spf(struct text txt)
{
	static const struct text version = { "v=spf1", 6 };

	return text_starts_with_nocase(txt, version) &&
	       (txt.length == version.length || txt.bytes[version.length] == ' ');
}

/* Sets the reason, with the start of the wrong term. Always false. */
static bool
complain(struct parser *parser, const char *what)
{
	struct textbuf buffer = textbuf_new(parser->arena, 4 * SHOWN_MAX + 200);
	struct text shown = text_cut(parser->term, 0, SHOWN_MAX);

	textbuf_printf(&buffer, "%s in '", what);
	for (size_t i = 0; i < shown.length; i++) {
		if (byte_is_printable(shown.bytes[i]) && shown.bytes[i] != '\'')
			textbuf_add_byte(&buffer, shown.bytes[i]);
		else
			textbuf_printf(&buffer, "\\%03u",
				       (unsigned)(unsigned char)shown.bytes[i]);
	}
	textbuf_add_string(&buffer, shown.length < parser->term.length ? "...'" : "'");
	parser->reason = textbuf_text(&buffer);
	return false;
}

/* RFC 7208, 5.6: "0" or a number without leading zero, at most `maximum`. */
static bool
parse_prefix(struct text digits, unsigned maximum, unsigned *prefix_out)
{
	uint64_t number;

	if (digits.length > 1 && digits.bytes[0] == '0')
		return false;
	if (!text_to_number(digits, maximum, &number))
		return false;
	*prefix_out = (unsigned)number;
	return true;
}

/* Takes "/" and digits off the end of *rest, when they are there. */
static bool
take_slash_digits(struct text *rest, struct text *digits_out)
{
	size_t start = rest->length;

	while (start > 0 && byte_is_digit(rest->bytes[start - 1]))
		start--;
	if (start == 0 || start == rest->length || rest->bytes[start - 1] != '/')
		return false;
	*digits_out = text_from_position(*rest, start);
	rest->length = start - 1;
	return true;
}

/*
 * RFC 7208, 5: dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ],
 * so "/24", "//64" or "/24//64". A domain-spec may hold slashes too, but it
 * never ends in one and digits: the length is taken from the end.
 */
static bool
take_dual_prefix(struct text *rest, struct spf_term *term)
{
	struct text digits;

	if (!take_slash_digits(rest, &digits))
		return true;
	if (text_ends_with(*rest, TEXT("/"))) {
		rest->length--;
		if (!parse_prefix(digits, BITS_V6, &term->prefix6))
			return false;
		if (!take_slash_digits(rest, &digits))
			return true;
	}
	return parse_prefix(digits, BITS_V4, &term->prefix4);
}

/* RFC 7208, 5.6: a network with an optional length. */
static bool
parse_ip(struct parser *parser, struct text rest, struct spf_term *term)
{
	bool is_v4 = term->mechanism == SPF_MECHANISM_IP4;
	size_t slash;
	char *string;

	if (rest.length < 2 || rest.bytes[0] != ':')
		return complain(parser, "missing address");
	rest = text_from_position(rest, 1);
	slash = text_find(rest, '/');
	if (slash != TEXT_NOT_FOUND &&
	    !parse_prefix(text_from_position(rest, slash + 1), is_v4 ? BITS_V4 : BITS_V6,
			  is_v4 ? &term->prefix4 : &term->prefix6))
		return complain(parser, "wrong prefix length");
	rest = text_cut(rest, 0, slash);
	if (text_find(rest, '\0') != TEXT_NOT_FOUND)
		return complain(parser, "wrong address");
	/* Not ip_parse(): it makes IPv4 of a mapped address, which ip6 must not match. */
	string = text_string(parser->arena, rest);
	term->network.family = is_v4 ? IP_V4 : IP_V6;
	if (inet_pton(is_v4 ? AF_INET : AF_INET6, string, term->network.bytes) != 1)
		return complain(parser, "wrong address");
	return true;
}

static bool
parse_domain(struct parser *parser, struct text spec, struct text *domain_out)
{
	if (spec.length > SPF_DOMAIN_SPEC_MAX)
		return complain(parser, "too long domain");
	if (!spf_macro_domain_is_valid(spec))
		return complain(parser, text_is_empty(spec) ? "missing domain" : "wrong domain");
	*domain_out = spec;
	return true;
}

/*
 * include, exists: ":" domain-spec. ptr: [ ":" domain-spec ].
 * a, mx: [ ":" domain-spec ] [ dual-cidr-length ].
 */
static bool
parse_name_arguments(struct parser *parser, struct text rest, struct spf_term *term)
{
	bool has_prefix = term->mechanism == SPF_MECHANISM_A ||
			  term->mechanism == SPF_MECHANISM_MX;
	bool needs_domain = term->mechanism == SPF_MECHANISM_INCLUDE ||
			    term->mechanism == SPF_MECHANISM_EXISTS;

	if (has_prefix && !take_dual_prefix(&rest, term))
		return complain(parser, "wrong prefix length");
	if (text_is_empty(rest) && !needs_domain)
		return true;
	if (text_is_empty(rest) || rest.bytes[0] != ':')
		return complain(parser, needs_domain ? "missing domain" : "wrong argument");
	return parse_domain(parser, text_from_position(rest, 1), &term->domain);
}

static bool
find_mechanism(struct text name, enum spf_mechanism *mechanism_out)
{
	static const char *const names[] = {
		[SPF_MECHANISM_ALL] = "all",
		[SPF_MECHANISM_INCLUDE] = "include",
		[SPF_MECHANISM_A] = "a",
		[SPF_MECHANISM_MX] = "mx",
		[SPF_MECHANISM_PTR] = "ptr",
		[SPF_MECHANISM_IP4] = "ip4",
		[SPF_MECHANISM_IP6] = "ip6",
		[SPF_MECHANISM_EXISTS] = "exists",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (text_equal_nocase(name, text_from(names[i]))) {
			*mechanism_out = (enum spf_mechanism)i;
			return true;
		}
	}
	return false;
}

static bool
take_qualifier(struct text *rest, enum spf_qualifier *qualifier_out)
{
	static const char qualifiers[] = {
		[SPF_QUALIFIER_PASS] = '+',
		[SPF_QUALIFIER_FAIL] = '-',
		[SPF_QUALIFIER_SOFTFAIL] = '~',
		[SPF_QUALIFIER_NEUTRAL] = '?',
	};

	for (size_t i = 0; i < COUNT_OF(qualifiers); i++) {
		if (rest->length > 0 && rest->bytes[0] == qualifiers[i]) {
			*qualifier_out = (enum spf_qualifier)i;
			*rest = text_from_position(*rest, 1);
			return true;
		}
	}
	return false;
}

/* RFC 7208, 4.6.1: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); its length, or 0. */
static size_t
name_length(struct text term)
{
	size_t length = 0;

	while (length < term.length &&
	       (byte_is_alnum(term.bytes[length]) || term.bytes[length] == '-' ||
		term.bytes[length] == '_' || term.bytes[length] == '.'))
		length++;
	return length > 0 && byte_is_alpha(term.bytes[0]) ? length : 0;
}

/* RFC 7208, 4.6.1: directive = [ qualifier ] mechanism */
static bool
parse_directive(struct parser *parser)
{
	struct spf_term term = { .text = parser->term, .prefix4 = BITS_V4, .prefix6 = BITS_V6 };
	struct text rest = parser->term;
	size_t length = 0;
	struct spf_term *slot;

	(void)take_qualifier(&rest, &term.qualifier);
	while (length < rest.length && byte_is_alnum(rest.bytes[length]))
		length++;
	if (!find_mechanism(text_cut(rest, 0, length), &term.mechanism))
		return complain(parser, "unknown mechanism");
	rest = text_from_position(rest, length);
	if (term.mechanism == SPF_MECHANISM_ALL && !text_is_empty(rest))
		return complain(parser, "wrong argument");
	if (term.mechanism == SPF_MECHANISM_IP4 || term.mechanism == SPF_MECHANISM_IP6) {
		if (!parse_ip(parser, rest, &term))
			return false;
	} else if (term.mechanism != SPF_MECHANISM_ALL &&
		   !parse_name_arguments(parser, rest, &term)) {
		return false;
	}
	if (parser->record.count == SPF_TERMS_MAX)
		return complain(parser, "too many terms, the first too much");
	parser->record.terms = arena_grow(parser->arena, parser->record.terms,
					  parser->record.count, &parser->capacity,
					  sizeof(*parser->record.terms));
	slot = &parser->record.terms[parser->record.count++];
	*slot = term;
	return true;
}

/* RFC 7208, 6: redirect and exp at most once each; of unknown ones only the syntax counts. */
static bool
parse_modifier(struct parser *parser, struct text name, struct text value)
{
	struct text *target;

	if (text_equal_nocase(name, TEXT("redirect")))
		target = &parser->record.redirect;
	else if (text_equal_nocase(name, TEXT("exp")))
		target = &parser->record.explanation;
	else if (spf_macro_string_is_valid(value, SPF_MACRO_IN_UNKNOWN_MODIFIER))
		return true;
	else
		return complain(parser, "wrong value");
	if (!text_is_empty(*target))
		return complain(parser, "repeated modifier");
	return parse_domain(parser, value, target);
}

static bool
parse_term(struct parser *parser)
{
	size_t length = name_length(parser->term);

	if (length > 0 && length < parser->term.length && parser->term.bytes[length] == '=')
		return parse_modifier(parser, text_cut(parser->term, 0, length),
				      text_from_position(parser->term, length + 1));
	return parse_directive(parser);
}

bool
spf_record_parse(struct arena *arena, struct text txt, struct spf_record *record_out,
		 struct text *reason_out)
{
	struct parser parser = { .arena = arena };
	struct text rest = txt;

	if (!spf_record_is_spf(txt)) {
		*reason_out = TEXT("no v=spf1 at the start");
		return false;
	}
	(void)text_next_part(&rest, ' ', &parser.term);
	/* RFC 7208, 4.6.1 and 12: only SP separates, any number of them, also at the end. */
	while (text_next_part(&rest, ' ', &parser.term)) {
		if (text_is_empty(parser.term))
			continue;
		if (!parse_term(&parser)) {
			*reason_out = parser.reason;
			return false;
		}
	}
	*record_out = parser.record;
	return true;
}

bool
spf_term_counts(const struct spf_term *term)
{
	switch (term->mechanism) {
	case SPF_MECHANISM_ALL:
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		return false;
	case SPF_MECHANISM_INCLUDE:
	case SPF_MECHANISM_A:
	case SPF_MECHANISM_MX:
	case SPF_MECHANISM_PTR:
	case SPF_MECHANISM_EXISTS:
		return true;
	}
	return true;
}
