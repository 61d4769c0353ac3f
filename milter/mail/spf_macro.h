/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_SPF_MACRO_H
#define DMARCMILTER_MAIL_SPF_MACRO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"

/*
 * SPF macros (RFC 7208, 7): their syntax and their expansion. Pure: whatever a
 * macro stands for is passed in. Nothing here is ever cut except as RFC 7208
 * 7.3 orders it: whole labels at the left of a name that is too long.
 */
enum {
	SPF_DOMAIN_SPEC_MAX = 1024      /* bytes of a domain-spec as written; our own limit */
};

struct spf_macro_values {
	struct text local_part;         /* l; s is local_part "@" sender_domain */
	struct text sender_domain;      /* o */
	struct text domain;             /* d: the domain whose record is evaluated */
	struct text helo;               /* h */
	struct text validated_name;     /* p: "unknown" when empty */
	struct text receiver;           /* r: only in explanations; "unknown" when empty */
	struct ip client;               /* i, v; c only in explanations */
	int64_t now;                    /* t: only in explanations; seconds since 1970 */
};

/* Where a macro string stands: the letters c, r and t are for explanations only (RFC 7208, 7.2). */
enum spf_macro_place {
	SPF_MACRO_IN_DOMAIN,
	SPF_MACRO_IN_EXPLANATION,       /* the text behind exp=, with blanks */
	SPF_MACRO_IN_UNKNOWN_MODIFIER   /* any letter: the value is ignored */
};

/* True when `string` fits macro-string (explain-string for explanations). Empty fits. */
bool spf_macro_string_is_valid(struct text string, enum spf_macro_place place);

/*
 * True when `spec` fits domain-spec: a macro string with a top label or a macro
 * at its end, of at most SPF_DOMAIN_SPEC_MAX bytes.
 */
bool spf_macro_domain_is_valid(struct text spec);

/* True when one of `letters` (lower case) is used, in either case. `string` must be valid. */
bool spf_macro_uses(struct text string, struct text letters);

/*
 * Expands a valid domain-spec to a name in presentation form for dns/dns.h:
 * lower case, no trailing dot, unusual bytes as \DDD. A name over 253 bytes
 * loses labels at the left; what is still no possible name after that (an
 * empty or too long label) is returned as it is, it does not exist.
 */
struct text spf_macro_expand_domain(struct arena *arena, struct text spec,
				    const struct spf_macro_values *values);

/* The bytes of a name in presentation form: what %{d} stands for in the record of that name. */
struct text spf_macro_plain_name(struct arena *arena, struct text name);

/*
 * Expands a valid explanation. False when the result has more than `maximum`
 * bytes or others than printable ASCII: it is then not shown at all.
 */
bool spf_macro_expand_explanation(struct arena *arena, struct text string,
				  const struct spf_macro_values *values, size_t maximum,
				  struct text *explanation_out) ATTRIBUTE_RESULT_MATTERS;

#endif
