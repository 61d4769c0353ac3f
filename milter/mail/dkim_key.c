/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim_key.h"

#include "mail/base64.h"
#include "mail/tag_list.h"

/* True when the colon-separated value names `wanted`. */
static bool
names(struct text value, struct text wanted)
{
	struct text element;

	while (tag_value_next(&value, &element))
		if (text_equal_nocase(element, wanted))
			return true;
	return false;
}

/* RFC 6376 3.6.1 v=: optional, but if present, first and exactly this. */
static bool
version_is_right(const struct tag_list *tags)
{
	const struct tag *version = tag_list_find(tags, TEXT("v"));

	return version == NULL ||
	       (version == &tags->tags[0] && text_equal(version->value, TEXT("DKIM1")));
}

static enum dkim_key_type
key_type(const struct tag_list *tags)
{
	const struct tag *tag = tag_list_find(tags, TEXT("k"));

	if (tag == NULL || text_equal_nocase(tag->value, TEXT("rsa")))
		return DKIM_KEY_RSA;
	if (text_equal_nocase(tag->value, TEXT("ed25519")))
		return DKIM_KEY_ED25519;
	return DKIM_KEY_UNKNOWN;
}

static const char *
parse_public_key(struct arena *arena, const struct tag_list *tags, struct dkim_key *key)
{
	const struct tag *tag = tag_list_find(tags, TEXT("p"));

	if (tag == NULL)
		return "key record without p=";
	if (text_is_empty(tag->value)) {
		key->is_revoked = true;
		return NULL;
	}
	if (!base64_decode(arena, tag_value_without_blanks(arena, tag->value), &key->public_key))
		return "key is not base64";
	if (key->public_key.length > DKIM_PUBLIC_KEY_BYTES_MAX)
		return "key is too long";
	/* RFC 8463 4.2 */
	if (key->type == DKIM_KEY_ED25519 && key->public_key.length != DKIM_ED25519_KEY_BYTES)
		return "Ed25519 key is not of 32 bytes";
	return NULL;
}

const char *
dkim_key_parse(struct arena *arena, struct text record, struct dkim_key *key_out)
{
	struct dkim_key key = { 0 };
	struct tag_list tags;
	const struct tag *hashes;
	const struct tag *services;
	const struct tag *flags;
	const char *reason = tag_list_parse(arena, record, &tags);

	if (reason != NULL)
		return "key record is no tag list";
	if (!version_is_right(&tags))
		return "key record of unknown version";
	key.type = key_type(&tags);
	if (key.type == DKIM_KEY_UNKNOWN)
		return "unknown key type";
	reason = parse_public_key(arena, &tags, &key);
	if (reason != NULL)
		return reason;
	hashes = tag_list_find(&tags, TEXT("h"));
	services = tag_list_find(&tags, TEXT("s"));
	flags = tag_list_find(&tags, TEXT("t"));
	key.allows_sha256 = hashes == NULL || names(hashes->value, TEXT("sha256"));
	key.is_for_mail = services == NULL || names(services->value, TEXT("*")) ||
			  names(services->value, TEXT("email"));
	key.is_testing = flags != NULL && names(flags->value, TEXT("y"));
	key.is_strict = flags != NULL && names(flags->value, TEXT("s"));
	*key_out = key;
	return NULL;
}
