/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_BASE64_H
#define DMARCMILTER_MAIL_BASE64_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/* Base64 (RFC 4648 4), as the tags of DKIM hold binary data. Pure. */

/*
 * Decodes text without white space. False for any other character, an
 * impossible length, and padding in the wrong place. Padding may be missing
 * altogether, as the grammar of RFC 6376 2.10 has it. The empty text gives no bytes.
 */
bool base64_decode(struct arena *arena, struct text text, struct text *bytes_out)
	ATTRIBUTE_RESULT_MATTERS;

struct text base64_encode(struct arena *arena, struct text bytes);

#endif
