/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_DOMAIN_NAME_H
#define DMARCMILTER_MAIL_DOMAIN_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Domain names as mail uses them. Everywhere behind the parsers a domain is
 * held in its normal form: A-labels, lower case, no trailing dot, only
 * letters, digits, hyphen and underscore in labels of 1 to 63 bytes, at most
 * 253 bytes (RFC 1035 2.3.4, RFC 5890 2.3.2.1, RFC 9989 5.3.1). Pure.
 */
enum {
	DOMAIN_NAME_MAX = 253,
	DOMAIN_LABEL_MAX = 63
};

/*
 * Brings `name` (U-labels or A-labels, one trailing dot allowed) into normal
 * form. False when it cannot be one: empty, empty label, too long, other
 * characters, UTF-8 that IDNA 2008 (with UTS 46 mapping) refuses, an xn--
 * label that does not decode or decodes to plain ASCII. An address literal
 * ("[192.0.2.1]") is not a domain name.
 */
bool domain_name_normalize(struct arena *arena, struct text name, struct text *normal_out)
	ATTRIBUTE_RESULT_MATTERS;

/*
 * A name in normal form as its owner writes it: with U-labels, in UTF-8. False
 * when there is no A-label in it, or one that does not decode. To show it, never
 * to compare it.
 */
bool domain_name_to_unicode(struct arena *arena, struct text name, struct text *unicode_out)
	ATTRIBUTE_RESULT_MATTERS;

/* The functions below expect normal form. */

size_t domain_name_label_count(struct text name);

/* The last `count` labels; all of the name when it has no more. */
struct text domain_name_last_labels(struct text name, size_t count);

/* The name without its first label; empty for a single label. */
struct text domain_name_parent(struct text name);

/* True when `name` equals `ancestor` or is below it. */
bool domain_name_is_at_or_below(struct text name, struct text ancestor);

#endif
