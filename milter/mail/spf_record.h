/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_SPF_RECORD_H
#define DMARCMILTER_MAIL_SPF_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"

/*
 * SPF records (RFC 7208, 4.5, 4.6.1, 5, 6 and 12): the text of one TXT record
 * to a list of terms. Strict: what does not fit the grammar is an error, and
 * one error makes the whole record unusable (4.6). Pure. Texts of a parsed
 * record are parts of the record's text, which has to live as long.
 */
enum {
	SPF_TERMS_MAX = 2000    /* of one record, ours: more is an error, not a cut */
};

enum spf_mechanism {
	SPF_MECHANISM_ALL,
	SPF_MECHANISM_INCLUDE,
	SPF_MECHANISM_A,
	SPF_MECHANISM_MX,
	SPF_MECHANISM_PTR,
	SPF_MECHANISM_IP4,
	SPF_MECHANISM_IP6,
	SPF_MECHANISM_EXISTS
};

enum spf_qualifier {
	SPF_QUALIFIER_PASS,
	SPF_QUALIFIER_FAIL,
	SPF_QUALIFIER_SOFTFAIL,
	SPF_QUALIFIER_NEUTRAL
};

struct spf_term {
	enum spf_mechanism mechanism;
	enum spf_qualifier qualifier;
	struct text text;       /* as written, qualifier included */
	struct text domain;     /* the domain-spec; empty when there is none: a, mx, ptr */
	struct ip network;      /* ip4, ip6. Mapped addresses stay IPv6 and never match IPv4 */
	unsigned prefix4;       /* ip4, a, mx: bits; 32 when not written */
	unsigned prefix6;       /* ip6, a, mx: bits; 128 when not written */
};

struct spf_record {
	struct spf_term *terms; /* the mechanisms in their order */
	size_t count;
	struct text redirect;   /* domain-specs; empty: no such modifier */
	struct text explanation;
};

/* True when a TXT record is an SPF record: "v=spf1", any case, then a blank or the end (4.5). */
bool spf_record_is_spf(struct text txt);

/*
 * Parses an SPF record. False on an error, with a short text of printable
 * ASCII that says what is wrong in *reason_out.
 */
bool spf_record_parse(struct arena *arena, struct text txt, struct spf_record *record_out,
		      struct text *reason_out) ATTRIBUTE_RESULT_MATTERS;

/* True when the term or modifier asks DNS and so counts to the limit (RFC 7208, 4.6.4). */
bool spf_term_counts(const struct spf_term *term);

#endif
