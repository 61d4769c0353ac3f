/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim_sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/textbuf.h"
#include "mail/arc_set.h"
#include "mail/base64.h"
#include "mail/canonical.h"
#include "mail/tag_list.h"

enum {
	MESSAGE_MAX = 64 * 1024 * 1024,
	LINE_BYTES = 70
};

static EVP_PKEY *
read_key(const char *path)
{
	FILE *file = path != NULL ? fopen(path, "r") : NULL;
	EVP_PKEY *key = NULL;

	if (file != NULL) {
		key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
		(void)fclose(file);
	}
	if (key == NULL)
		fprintf(stderr, "dkim_sign: cannot read the key %s\n", path != NULL ? path : "");
	return key;
}

/* Takes one field, folds included, off the front; false at the empty line. */
static bool
take_field(struct text *rest, struct text *field_out)
{
	size_t end = 0;

	if (text_is_empty(*rest))
		return false;
	if (text_starts_with(*rest, TEXT("\r\n"))) {
		*rest = text_from_position(*rest, 2);
		return false;
	}
	do {
		size_t line_end = text_find_text(text_from_position(*rest, end), TEXT("\r\n"));

		if (line_end == TEXT_NOT_FOUND) {
			*field_out = *rest;
			*rest = TEXT("");
			return true;
		}
		end += line_end + 2;
	} while (end < rest->length && (rest->bytes[end] == ' ' || rest->bytes[end] == '\t'));
	*field_out = text_cut(*rest, 0, end - 2);
	*rest = text_from_position(*rest, end);
	return true;
}

static struct text
without_cr_of_folds(struct arena *arena, struct text value)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);

	for (size_t i = 0; i < value.length; i++)
		if (value.bytes[i] != '\r' || i + 1 == value.length || value.bytes[i + 1] != '\n')
			textbuf_add_byte(&out, value.bytes[i]);
	return textbuf_text(&out);
}

void
dkim_sign_split(struct arena *arena, struct text text, struct message *message,
		struct text *body_out)
{
	struct text field;

	while (take_field(&text, &field)) {
		size_t colon = text_find(field, ':');

		if (colon == TEXT_NOT_FOUND)
			continue;
		message_add_field(message, arena, text_cut(field, 0, colon),
				  without_cr_of_folds(arena, text_from_position(field, colon + 1)),
				  MESSAGE_MAX);
	}
	*body_out = text;
}

static void
add_part(void *context, struct text part)
{
	textbuf_add(context, part);
}

static struct text
canonical_body(struct arena *arena, enum dkim_canonical_form form, struct text body)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);
	struct canonical_body canonical;

	canonical_body_begin(&canonical, form, add_part, &out);
	canonical_body_add(&canonical, body);
	canonical_body_end(&canonical);
	return textbuf_text(&out);
}

static struct text
digest(struct arena *arena, const EVP_MD *type, struct text text)
{
	unsigned char *bytes = arena_alloc(arena, EVP_MAX_MD_SIZE);
	unsigned length = 0;

	(void)EVP_Digest(text.bytes, text.length, bytes, &length, type, NULL);
	return text_of((const char *)bytes, length);
}

static enum dkim_canonical_form
read_form(struct text text)
{
	return text_equal(text, TEXT("relaxed")) ? DKIM_RELAXED : DKIM_SIMPLE;
}

/* The fields that `names` selects (RFC 6376 5.4.2), canonical, with line ends. */
static struct text
signed_fields(struct arena *arena, enum dkim_canonical_form form, const struct message *message,
	      struct text names)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);
	bool *used = arena_array(arena, message->field_count + 1, sizeof(*used));
	struct text name;

	while (tag_value_next(&names, &name)) {
		for (size_t i = message->field_count; i > 0; i--) {
			const struct header_field *field = &message->fields[i - 1];

			if (used[i - 1] || !text_equal_nocase(field->name, name))
				continue;
			used[i - 1] = true;
			textbuf_add(&out, canonical_field(arena, form, field->name, field->value));
			textbuf_add_string(&out, "\r\n");
			break;
		}
	}
	return textbuf_text(&out);
}

/* Ed25519 signs the hash (RFC 8463 3), RSA the text by way of it. */
static bool
make_signature(struct arena *arena, EVP_PKEY *key, const EVP_MD *type, struct text text,
	       struct text *signature_out)
{
	bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *bytes = arena_alloc(arena, (size_t)EVP_PKEY_get_size(key));
	size_t length = (size_t)EVP_PKEY_get_size(key);
	bool ok;

	if (!is_rsa)
		text = digest(arena, type, text);
	ok = context != NULL &&
	     EVP_DigestSignInit(context, NULL, is_rsa ? type : NULL, NULL, key) == 1 &&
	     EVP_DigestSign(context, bytes, &length, (const unsigned char *)text.bytes,
			    text.length) == 1;
	EVP_MD_CTX_free(context);
	*signature_out = text_of((const char *)bytes, length);
	return ok;
}

static const char *
or_default(const char *value, const char *otherwise)
{
	return value != NULL ? value : otherwise;
}

/* The field's value up to "b=". */
static struct text
unsigned_value(struct arena *arena, const struct dkim_sign_options *options,
	       const char *algorithm, struct text body_hash)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);

	textbuf_printf(&out, " v=1; a=%s; c=%s;\n\td=", algorithm,
		       or_default(options->forms, "relaxed/relaxed"));
	textbuf_add(&out, options->domain);
	textbuf_add_string(&out, "; s=");
	textbuf_add(&out, options->selector);
	textbuf_add_string(&out, ";");
	if (options->timestamp != 0)
		textbuf_printf(&out, " t=%" PRId64 ";", options->timestamp);
	if (options->expiration != 0)
		textbuf_printf(&out, " x=%" PRId64 ";", options->expiration);
	if (options->has_length)
		textbuf_printf(&out, " l=%" PRIu64 ";", options->length);
	if (options->extra != NULL) {
		textbuf_add_string(&out, "\n\t");
		textbuf_add_string(&out, options->extra);
	}
	textbuf_printf(&out, "\n\th=%s;\n\tbh=", or_default(options->fields, "From"));
	textbuf_add(&out, base64_encode(arena, body_hash));
	textbuf_add_string(&out, ";\n\tb=");
	return textbuf_text(&out);
}

static struct text
field_text(struct arena *arena, struct text name, struct text value, struct text signature)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);
	struct text encoded = base64_encode(arena, signature);

	textbuf_add(&out, canonical_field(arena, DKIM_SIMPLE, name, value));
	for (size_t i = 0; i < encoded.length; i += LINE_BYTES) {
		if (i > 0)
			textbuf_add_string(&out, "\r\n\t");
		textbuf_add(&out, text_cut(encoded, i, LINE_BYTES));
	}
	textbuf_add_string(&out, "\r\n");
	return textbuf_text(&out);
}

static const char *
algorithm_for(EVP_PKEY *key, const char *wanted)
{
	bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;

	return or_default(wanted, is_rsa ? "rsa-sha256" : "ed25519-sha256");
}

static const EVP_MD *
hash_of(const char *algorithm)
{
	return strcmp(algorithm, "rsa-sha1") == 0 ? EVP_sha1() : EVP_sha256();
}

static bool
sign_with(struct arena *arena, EVP_PKEY *key, const struct dkim_sign_options *options,
	  struct text text, struct text *signed_out)
{
	const char *algorithm = algorithm_for(key, options->algorithm);
	const EVP_MD *type = hash_of(algorithm);
	struct text forms = text_from(or_default(options->forms, "relaxed/relaxed"));
	size_t slash = text_find(forms, '/');
	enum dkim_canonical_form header_form = read_form(text_cut(forms, 0, slash));
	struct message message = { 0 };
	struct text body;
	struct text value;
	struct text input;
	struct text signature;

	dkim_sign_split(arena, text, &message, &body);
	body = canonical_body(arena,
			      slash == TEXT_NOT_FOUND
				      ? DKIM_SIMPLE
				      : read_form(text_from_position(forms, slash + 1)),
			      body);
	if (options->has_length && options->length < body.length)
		body = text_cut(body, 0, (size_t)options->length);
	value = unsigned_value(arena, options, algorithm, digest(arena, type, body));
	input = text_join(arena,
			  signed_fields(arena, header_form, &message,
					text_from(or_default(options->fields, "From"))),
			  canonical_field(arena, header_form, TEXT("DKIM-Signature"), value));
	if (!make_signature(arena, key, type, input, &signature))
		return false;
	*signed_out = text_join(
		arena, field_text(arena, TEXT("DKIM-Signature"), value, signature), text);
	return true;
}

bool
dkim_sign(struct arena *arena, const struct dkim_sign_options *options, struct text message,
	  struct text *signed_out)
{
	EVP_PKEY *key = read_key(options->key_file);
	bool ok;

	if (key == NULL)
		return false;
	ok = sign_with(arena, key, options, message, signed_out);
	if (!ok)
		fprintf(stderr, "dkim_sign: the key cannot sign\n");
	EVP_PKEY_free(key);
	return ok;
}

/* RFC 8617 4.1.2: the field's value up to "b=". */
static struct text
arc_message_value(struct arena *arena, const struct arc_seal_options *options,
		  const char *algorithm, struct text body_hash)
{
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);

	textbuf_printf(&out, " i=%u; a=%s; c=%s; %s\n\td=", options->instance, algorithm,
		       or_default(options->forms, "relaxed/relaxed"),
		       or_default(options->message_extra, ""));
	textbuf_add(&out, options->domain);
	textbuf_add_string(&out, "; s=");
	textbuf_add(&out, options->selector);
	textbuf_printf(&out, ";\n\th=%s;\n\tbh=",
		       or_default(options->fields, "from:to:subject"));
	textbuf_add(&out, base64_encode(arena, body_hash));
	textbuf_add_string(&out, ";\n\tb=");
	return textbuf_text(&out);
}

static bool
add_arc_message_signature(struct arena *arena, EVP_PKEY *key,
			  const struct arc_seal_options *options, struct text *text)
{
	const struct text name = TEXT("ARC-Message-Signature");
	const char *algorithm = algorithm_for(key, options->algorithm);
	struct text forms = text_from(or_default(options->forms, "relaxed/relaxed"));
	size_t slash = text_find(forms, '/');
	enum dkim_canonical_form form = read_form(text_cut(forms, 0, slash));
	struct message message = { 0 };
	struct text fields = text_from(or_default(options->fields, "from:to:subject"));
	struct text body;
	struct text value;
	struct text signature;

	dkim_sign_split(arena, *text, &message, &body);
	body = canonical_body(arena, read_form(text_from_position(forms, slash + 1)), body);
	value = arc_message_value(arena, options, algorithm,
				  digest(arena, hash_of(algorithm), body));
	if (!make_signature(arena, key, hash_of(algorithm),
			    text_join(arena, signed_fields(arena, form, &message, fields),
				      canonical_field(arena, form, name, value)),
			    &signature))
		return false;
	*text = text_join(arena, field_text(arena, name, value, signature), *text);
	return true;
}

/* The instance that a field of ARC says it belongs to; 0 for other fields. */
static unsigned
instance_of(struct arena *arena, const struct header_field *field)
{
	struct tag_list tags;
	struct text rest;
	uint64_t number = 0;

	if (!text_starts_with_nocase(field->name, TEXT("ARC-")))
		return 0;
	if (text_equal_nocase(field->name, TEXT("ARC-Authentication-Results")))
		return arc_results_instance(field->value, &rest);
	if (tag_list_parse(arena, field->value, &tags) == NULL &&
	    tag_list_find(&tags, TEXT("i")) != NULL)
		(void)text_to_number(tag_list_find(&tags, TEXT("i"))->value, 99, &number);
	return (unsigned)number;
}

/* RFC 8617 5.1.1: the sets up to this one, each AAR, AMS, AS; without the seal to come. */
static struct text
sealed_fields(struct arena *arena, const struct message *message, unsigned instance)
{
	static const struct text names[] = {
		{ "ARC-Authentication-Results", 26 },
		{ "ARC-Message-Signature", 21 },
		{ "ARC-Seal", 8 },
	};
	struct textbuf out = textbuf_new(arena, MESSAGE_MAX);

	for (size_t i = 0; i < instance * COUNT_OF(names); i++) {
		for (size_t j = 0; j < message->field_count; j++) {
			const struct header_field *field = &message->fields[j];

			if (!text_equal_nocase(field->name, names[i % COUNT_OF(names)]) ||
			    instance_of(arena, field) != i / COUNT_OF(names) + 1)
				continue;
			textbuf_add(&out, canonical_field(arena, DKIM_RELAXED, field->name,
							  field->value));
			textbuf_add_string(&out, "\r\n");
		}
	}
	return textbuf_text(&out);
}

static bool
add_arc_seal(struct arena *arena, EVP_PKEY *key, const struct arc_seal_options *options,
	     struct text *text)
{
	const struct text name = TEXT("ARC-Seal");
	const char *algorithm =
		algorithm_for(key, or_default(options->seal_algorithm, options->algorithm));
	struct message message = { 0 };
	struct text body;
	struct text value;
	struct text signature;

	dkim_sign_split(arena, *text, &message, &body);
	value = text_printf(
		arena, " i=%u; a=%s; cv=%s; %s\n\td=%.*s; s=%.*s;\n\tb=", options->instance,
		algorithm,
		or_default(options->chain_validation, options->instance == 1 ? "none" : "pass"),
		or_default(options->seal_extra, ""), TEXT_ARGUMENTS(options->domain),
		TEXT_ARGUMENTS(options->selector));
	if (!make_signature(
		    arena, key, hash_of(algorithm),
		    text_join(arena, sealed_fields(arena, &message, options->instance),
			      canonical_field(arena, DKIM_RELAXED, name, value)),
		    &signature))
		return false;
	*text = text_join(arena, field_text(arena, name, value, signature), *text);
	return true;
}

bool
arc_seal(struct arena *arena, const struct arc_seal_options *options, struct text message,
	 struct text *sealed_out)
{
	EVP_PKEY *key = read_key(options->key_file);
	struct text text;
	bool ok;

	if (key == NULL)
		return false;
	text = text_printf(arena, "ARC-Authentication-Results: i=%u; %s\r\n", options->instance,
			   or_default(options->results, "relay.example; none"));
	text = text_join(arena, text, message);
	ok = add_arc_message_signature(arena, key, options, &text) &&
	     add_arc_seal(arena, key, options, &text);
	if (ok)
		*sealed_out = text;
	else
		fprintf(stderr, "arc_seal: the key cannot sign\n");
	EVP_PKEY_free(key);
	return ok;
}

bool
dkim_sign_key_record(struct arena *arena, const char *key_file, struct text *record_out)
{
	EVP_PKEY *key = read_key(key_file);
	unsigned char raw[64];
	unsigned char *der = NULL;
	size_t length = sizeof(raw);
	int der_length;
	struct text encoded;

	if (key == NULL)
		return false;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		der_length = i2d_PUBKEY(key, &der);
		encoded = base64_encode(arena, text_of((const char *)der,
						       der_length > 0 ? (size_t)der_length : 0));
		*record_out = text_join(arena, TEXT("v=DKIM1; k=rsa; p="), encoded);
	} else {
		(void)EVP_PKEY_get_raw_public_key(key, raw, &length);
		encoded = base64_encode(arena, text_of((const char *)raw, length));
		*record_out = text_join(arena, TEXT("v=DKIM1; k=ed25519; p="), encoded);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return true;
}
