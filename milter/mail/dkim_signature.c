/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim_signature.h"

#include "mail/base64.h"
#include "mail/domain_name.h"
#include "mail/tag_list.h"
#include "mail/utf8.h"

enum {
	SHA1_BYTES = 20,
	SHA256_BYTES = 32,
	BODY_LENGTH_DIGITS_MAX = 76,    /* RFC 6376 3.5 l= */
	TIME_DIGITS_MAX = 12            /* RFC 6376 3.5 t=, x= */
};

/* What one parse works on. A rule that is broken is kept; only the first one. */
struct parse {
	struct arena *arena;
	struct tag_list tags;
	struct dkim_signature *signature;
};

static void
refuse(struct parse *parse, enum dkim_signature_status status, const char *reason)
{
	if (parse->signature->status != DKIM_SIGNATURE_VALID)
		return;
	parse->signature->status = status;
	parse->signature->reason = reason;
}

static void
malformed(struct parse *parse, const char *reason)
{
	refuse(parse, DKIM_SIGNATURE_MALFORMED, reason);
}

static void
not_supported(struct parse *parse, const char *reason)
{
	refuse(parse, DKIM_SIGNATURE_NOT_SUPPORTED, reason);
}

/* False when the tag is absent; *value_out may be empty. */
static bool
find_value(const struct parse *parse, struct text name, struct text *value_out)
{
	const struct tag *tag = tag_list_find(&parse->tags, name);

	if (tag == NULL)
		return false;
	*value_out = tag->value;
	return true;
}

/* RFC 6376 3.5 v=: must be 1, compared as text. */
static void
parse_version(struct parse *parse)
{
	struct text value;

	if (!find_value(parse, TEXT("v"), &value))
		malformed(parse, "no v=");
	else if (!text_equal(value, TEXT("1")))
		malformed(parse, "unknown v=");
}

static void
parse_algorithm(struct parse *parse)
{
	static const struct {
		struct text name;
		enum dkim_algorithm algorithm;
	} known[] = {
		{ { "rsa-sha256", 10 }, DKIM_RSA_SHA256 },
		{ { "ed25519-sha256", 14 }, DKIM_ED25519_SHA256 },
		{ { "rsa-sha1", 8 }, DKIM_RSA_SHA1 },
	};
	struct dkim_signature *signature = parse->signature;
	struct text value;

	if (!find_value(parse, TEXT("a"), &value) || text_is_empty(value)) {
		malformed(parse, "no a=");
		return;
	}
	signature->algorithm_text = text_lower(parse->arena, value);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (text_equal(signature->algorithm_text, known[i].name))
			signature->algorithm = known[i].algorithm;
	/* RFC 6376 3.3.4: verifiers ignore signatures of other algorithms. */
	if (signature->algorithm == DKIM_ALGORITHM_UNKNOWN)
		not_supported(parse, "unknown a=");
}

/* A name without trailing dot, which the grammar of d=, s= and i= does not have, in normal form. */
static bool
normalize_name(struct parse *parse, struct text name, struct text *normal_out)
{
	if (text_ends_with(name, TEXT(".")))
		return false;
	return domain_name_normalize(parse->arena, name, normal_out);
}

static void
parse_domain(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	struct text value;

	if (!find_value(parse, TEXT("d"), &value) || text_is_empty(value)) {
		malformed(parse, "no d=");
		return;
	}
	if (!normalize_name(parse, value, &signature->domain))
		malformed(parse, "d= is no domain name");
	else if (domain_name_label_count(signature->domain) < 2)
		malformed(parse, "d= has a single label");
	signature->has_u_labels |= !utf8_is_ascii(value);
}

static void
parse_selector(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	struct text value;
	struct text ignored;

	if (!find_value(parse, TEXT("s"), &value) || text_is_empty(value)) {
		malformed(parse, "no s=");
		return;
	}
	signature->has_u_labels |= !utf8_is_ascii(value);
	if (!normalize_name(parse, value, &signature->selector))
		malformed(parse, "bad s=");
	else if (!text_is_empty(signature->domain) &&
		 !domain_name_normalize(parse->arena,
					dkim_signature_key_name(parse->arena, signature),
					&ignored))
		malformed(parse, "s= and d= are too long for a name");
}

/* Base64 with white space; false also for nothing at all. */
static bool
decode(struct parse *parse, struct text value, struct text *bytes_out)
{
	struct text text = tag_value_without_blanks(parse->arena, value);

	return !text_is_empty(text) && base64_decode(parse->arena, text, bytes_out);
}

static void
parse_signature_bytes(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	const struct tag *tag = tag_list_find(&parse->tags, TEXT("b"));

	if (tag == NULL || text_is_empty(tag->value)) {
		malformed(parse, "no b=");
		return;
	}
	signature->signature_text = tag_value_without_blanks(parse->arena, tag->value);
	signature->signature_start = tag->value_start;
	signature->signature_end = tag->value_end;
	if (!decode(parse, tag->value, &signature->signature))
		malformed(parse, "b= is not base64");
	else if (signature->signature.length > DKIM_SIGNATURE_BYTES_MAX)
		not_supported(parse, "b= is too long");
}

static void
parse_body_hash(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	size_t wanted = signature->algorithm == DKIM_RSA_SHA1 ? SHA1_BYTES : SHA256_BYTES;
	struct text value;

	if (!find_value(parse, TEXT("bh"), &value) || text_is_empty(value))
		malformed(parse, "no bh=");
	else if (!decode(parse, value, &signature->body_hash))
		malformed(parse, "bh= is not base64");
	else if (signature->algorithm != DKIM_ALGORITHM_UNKNOWN &&
		 signature->body_hash.length != wanted)
		malformed(parse, "bh= has the wrong length");
}

static bool
read_form(struct text text, enum dkim_canonical_form *form_out)
{
	bool relaxed = text_equal_nocase(text, TEXT("relaxed"));

	if (!relaxed && !text_equal_nocase(text, TEXT("simple")))
		return false;
	*form_out = relaxed ? DKIM_RELAXED : DKIM_SIMPLE;
	return true;
}

/* RFC 6376 3.5 c=: header form, then optionally body form; both default to simple. */
static void
parse_forms(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	struct text value;
	size_t slash;

	if (!find_value(parse, TEXT("c"), &value))
		return;
	slash = text_find(value, '/');
	if (!read_form(text_cut(value, 0, slash), &signature->header_form) ||
	    (slash != TEXT_NOT_FOUND &&
	     !read_form(text_from_position(value, slash + 1), &signature->body_form)))
		not_supported(parse, "unknown c=");
}

/* RFC 5322 3.6.8: ftext; a ";" cannot occur in a tag's value anyway. */
static bool
is_field_name(struct text name)
{
	for (size_t i = 0; i < name.length; i++)
		if (name.bytes[i] <= ' ' || name.bytes[i] > '~')
			return false;
	return !text_is_empty(name);
}

static void
parse_signed_names(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	struct text rest;
	struct text name;
	size_t capacity = 0;

	if (!find_value(parse, TEXT("h"), &rest)) {
		malformed(parse, "no h=");
		return;
	}
	if (text_is_empty(rest))
		return;
	while (tag_value_next(&rest, &name)) {
		if (!is_field_name(name)) {
			malformed(parse, "bad field name in h=");
			return;
		}
		if (signature->signed_name_count == DKIM_SIGNED_NAMES_MAX) {
			not_supported(parse, "too many names in h=");
			return;
		}
		signature->signed_names = arena_grow(parse->arena, signature->signed_names,
						     signature->signed_name_count, &capacity,
						     sizeof(*signature->signed_names));
		signature->signed_names[signature->signed_name_count++] = name;
	}
}

/* RFC 6376 5.4. */
static void
check_signed_names(struct parse *parse)
{
	if (parse->signature->signed_name_count == 0)
		malformed(parse, "no h=");
	else if (!dkim_signature_covers(parse->signature, TEXT("From")))
		malformed(parse, "From is not signed");
}

/* RFC 6376 3.5 q=: methods that are not known are ignored; one has to be. */
static void
parse_query_methods(struct parse *parse)
{
	struct text rest;
	struct text method;

	if (!find_value(parse, TEXT("q"), &rest))
		return;
	while (tag_value_next(&rest, &method))
		if (text_equal_nocase(method, TEXT("dns/txt")))
			return;
	not_supported(parse, "unknown q=");
}

static bool
is_number(struct text text, size_t digits_max)
{
	for (size_t i = 0; i < text.length; i++)
		if (!byte_is_digit(text.bytes[i]))
			return false;
	return !text_is_empty(text) && text.length <= digits_max;
}

/* RFC 6376 3.5 l=. What does not fit into 63 bits is longer than any body. */
static void
parse_body_length(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	struct text value;

	if (!find_value(parse, TEXT("l"), &value))
		return;
	if (!is_number(value, BODY_LENGTH_DIGITS_MAX))
		malformed(parse, "bad l=");
	else if (!text_to_number(value, INT64_MAX, &signature->body_length))
		malformed(parse, "l= is longer than the body");
	signature->has_body_length = true;
}

static bool
parse_time(struct parse *parse, struct text name, int64_t *time_out)
{
	struct text value;
	uint64_t number = 0;

	if (!find_value(parse, name, &value))
		return false;
	if (!is_number(value, TIME_DIGITS_MAX) || !text_to_number(value, INT64_MAX, &number))
		malformed(parse, text_equal(name, TEXT("t")) ? "bad t=" : "bad x=");
	*time_out = (int64_t)number;
	return true;
}

static void
parse_times(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;

	signature->has_timestamp = parse_time(parse, TEXT("t"), &signature->timestamp);
	signature->has_expiration = parse_time(parse, TEXT("x"), &signature->expiration);
	if (signature->has_timestamp && signature->has_expiration &&
	    signature->expiration <= signature->timestamp)
		malformed(parse, "x= is not after t=");
}

static int
hexadecimal_value(char byte)
{
	byte = byte_lower(byte);
	if (byte_is_digit(byte))
		return byte - '0';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* RFC 6376 2.11: dkim-quoted-printable, white space already taken out. */
static bool
decode_quoted_printable(struct arena *arena, struct text text, struct text *decoded_out)
{
	char *bytes = arena_alloc(arena, text.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		int high;
		int low;

		if (text.bytes[i] != '=') {
			bytes[length++] = text.bytes[i];
			continue;
		}
		if (text.length - i < 3)
			return false;
		high = hexadecimal_value(text.bytes[i + 1]);
		low = hexadecimal_value(text.bytes[i + 2]);
		if (high < 0 || low < 0)
			return false;
		bytes[length++] = (char)(unsigned char)(high * 16 + low);
		i += 2;
	}
	*decoded_out = text_of(bytes, length);
	return true;
}

/* RFC 6376 3.5 i=: [local-part] "@" domain, the domain at or below d= (6.1.1). */
static void
parse_identity(struct parse *parse)
{
	struct dkim_signature *signature = parse->signature;
	struct text value;
	struct text decoded;
	struct text domain;
	size_t at;

	if (!find_value(parse, TEXT("i"), &value) || text_is_empty(signature->domain))
		return;
	value = tag_value_without_blanks(parse->arena, value);
	if (!decode_quoted_printable(parse->arena, value, &decoded)) {
		malformed(parse, "i= is not quoted-printable");
		return;
	}
	at = text_find_last(decoded, '@');
	if (at == TEXT_NOT_FOUND ||
	    !normalize_name(parse, text_from_position(decoded, at + 1), &domain)) {
		malformed(parse, "i= has no domain");
		return;
	}
	if (!domain_name_is_at_or_below(domain, signature->domain)) {
		malformed(parse, "i= is not at or below d=");
		return;
	}
	signature->identity = value;
	signature->identity_is_below = !text_equal(domain, signature->domain);
	signature->has_u_labels |= !utf8_is_ascii(decoded);
}

/* False when the text is no tag list at all. */
static bool
parse_tags(struct parse *parse, struct text value)
{
	const char *reason = tag_list_parse(parse->arena, value, &parse->tags);

	if (reason != NULL)
		malformed(parse, reason);
	return reason == NULL;
}

/* What says who signed, with which key, and the signature. */
static void
parse_signer(struct parse *parse)
{
	parse_algorithm(parse);
	parse_domain(parse);
	parse_selector(parse);
	parse_signature_bytes(parse);
}

static void
parse_message_tags(struct parse *parse)
{
	parse_forms(parse);
	parse_query_methods(parse);
	parse_body_length(parse);
	parse_times(parse);
}

struct dkim_signature
dkim_signature_parse(struct arena *arena, struct text value)
{
	struct dkim_signature signature = { .status = DKIM_SIGNATURE_VALID };
	struct parse parse = { .arena = arena, .signature = &signature };

	if (!parse_tags(&parse, value))
		return signature;
	parse_version(&parse);
	parse_signer(&parse);
	parse_body_hash(&parse);
	parse_signed_names(&parse);
	check_signed_names(&parse);
	parse_identity(&parse);
	parse_message_tags(&parse);
	return signature;
}

struct dkim_signature
dkim_signature_parse_arc_message(struct arena *arena, struct text value)
{
	struct dkim_signature signature = { .status = DKIM_SIGNATURE_VALID };
	struct parse parse = { .arena = arena, .signature = &signature };

	if (!parse_tags(&parse, value))
		return signature;
	parse_signer(&parse);
	parse_body_hash(&parse);
	parse_signed_names(&parse);
	parse_message_tags(&parse);
	return signature;
}

struct dkim_signature
dkim_signature_parse_arc_seal(struct arena *arena, struct text value)
{
	struct dkim_signature signature = {
		.status = DKIM_SIGNATURE_VALID,
		.header_form = DKIM_RELAXED,
	};
	struct parse parse = { .arena = arena, .signature = &signature };

	if (!parse_tags(&parse, value))
		return signature;
	parse_signer(&parse);
	if (tag_list_find(&parse.tags, TEXT("h")) != NULL)
		malformed(&parse, "h= in a seal");
	signature.has_timestamp = parse_time(&parse, TEXT("t"), &signature.timestamp);
	return signature;
}

struct text
dkim_signature_key_name(struct arena *arena, const struct dkim_signature *signature)
{
	return text_join(arena, text_join(arena, signature->selector, TEXT("._domainkey.")),
			 signature->domain);
}

bool
dkim_signature_covers(const struct dkim_signature *signature, struct text name)
{
	for (size_t i = 0; i < signature->signed_name_count; i++)
		if (text_equal_nocase(signature->signed_names[i], name))
			return true;
	return false;
}
