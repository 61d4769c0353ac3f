/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim_fence.h"

#include "checks/dkim_public_key.h"
#include "mail/base64.h"

enum {
	IDENTITY_MAX = 200,     /* the library's buffer has 257 bytes, and perhaps no NUL */
	NAMES_BYTES_MAX = 3500  /* of h=; the library cuts the list at 4096 */
};

/*
 * Bytes that libopendkim reads otherwise than the RFC does: it ends texts at
 * NUL, and takes CR, VT and FF for white space.
 */
static bool
value_is_plain(struct text value)
{
	for (size_t i = 0; i < value.length; i++) {
		unsigned char byte = (unsigned char)value.bytes[i];
		bool is_fold = byte == '\n' && i + 1 < value.length &&
			       (value.bytes[i + 1] == ' ' || value.bytes[i + 1] == '\t');

		if (byte == '\r' && i + 1 < value.length && value.bytes[i + 1] == '\n')
			continue;
		if (byte < 0x20 && byte != '\t' && !is_fold)
			return false;
	}
	return true;
}

bool
dkim_fence_header_is_plain(const struct message *message)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (!value_is_plain(message->fields[i].value))
			return false;
	return true;
}

bool
dkim_fence_name_is_valid(struct text name)
{
	for (size_t i = 0; i < name.length; i++)
		if (name.bytes[i] <= ' ' || name.bytes[i] > '~' || name.bytes[i] == ':')
			return false;
	return !text_is_empty(name);
}

bool
dkim_fence_allows(const struct dkim_signature *signature)
{
	size_t names_bytes = 0;

	for (size_t i = 0; i < signature->signed_name_count; i++)
		names_bytes += signature->signed_names[i].length + 1;
	return !signature->has_u_labels &&
	       !dkim_signature_covers(signature, TEXT("DKIM-Signature")) &&
	       signature->identity.length <= IDENTITY_MAX && names_bytes <= NAMES_BYTES_MAX;
}

struct text
dkim_fence_key_record(struct arena *arena, const struct dkim_key *key)
{
	struct text bytes = key->type == DKIM_KEY_RSA ? dkim_public_key_info(arena, key->public_key)
						      : key->public_key;

	return text_join(arena, key->type == DKIM_KEY_RSA ? TEXT("v=DKIM1; k=rsa; p=")
							  : TEXT("v=DKIM1; k=ed25519; p="),
			 base64_encode(arena, bytes));
}
