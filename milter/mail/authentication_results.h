/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_AUTHENTICATION_RESULTS_H
#define DMARCMILTER_MAIL_AUTHENTICATION_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"

/*
 * The Authentication-Results field (RFC 8601 2.2): one writer and one parser.
 * Pure. The writer lets nothing out of its value: what is no token is written
 * as a quoted-string, what not even that can carry (control characters, NUL,
 * bytes over 0x7e unless UTF-8 is allowed) is left out together with its
 * property, and so is what other readers misread: values with a quote or a
 * backslash. Lines are folded ("\n\t") before 78 columns where possible.
 */
enum {
	/* Of a field that we write; the results that do not fit are left out, the last first. */
	AUTHENTICATION_RESULTS_MAX = 16384,
	/*
	 * Of one remote value; a longer one, or one that is too long for a line when
	 * escaped, is left out.
	 */
	AUTHENTICATION_RESULTS_VALUE_MAX = 512
};

struct authentication_results_writer {
	struct textbuf out;
	size_t column;
	size_t id_length;       /* of what `out` starts with: blank and id */
	size_t whole_length;    /* as far as results are complete */
	size_t method_count;
	bool allows_utf8;       /* internationalized mail (RFC 8601 2.7) */
};

/*
 * `job_id` empty: none. The field name is counted for folding, not written. The value
 * starts with a blank.
 */
struct authentication_results_writer authentication_results_begin(struct arena *arena,
								  struct text authserv_id,
								  struct text job_id,
								  bool allows_utf8);

/*
 * "; method=result". Both are our own literals. Parts that belong to it follow:
 * comment, reason, properties.
 */
void authentication_results_method(struct authentication_results_writer *writer,
				   const char *method, const char *result);

/* " (text)": bytes that a comment cannot carry are replaced with "?". */
void authentication_results_comment(struct authentication_results_writer *writer,
				    struct text comment);

/* " reason="text""; must come before the properties. */
void authentication_results_reason(struct authentication_results_writer *writer,
				   struct text reason);

/* " ptype.property=value", value as token or quoted-string. An empty value is left out. */
void authentication_results_property(struct authentication_results_writer *writer,
				     const char *ptype, const char *property,
				     struct text value);

/*
 * " ptype.property=domain" or "local@domain" when `local_part` is not empty and needs no
 * quotes (RFC 8601 2.2 pvalue).
 */
void authentication_results_address(struct authentication_results_writer *writer,
				    const char *ptype, const char *property,
				    struct text local_part, struct text domain);

/*
 * The value. Without any method it ends in "; none" (RFC 8601 2.2). On overflow only
 * "id; none".
 */
struct text authentication_results_end(struct authentication_results_writer *writer);

/* What the parser finds. Texts are unquoted, comments dropped. */
struct authentication_result {
	struct text method;     /* lower case */
	struct text result;     /* lower case */
	struct text reason;
	struct authentication_result_property {
		struct text ptype;
		struct text property;
		struct text value;
	} *properties;
	size_t property_count;
};

struct authentication_results {
	struct text authserv_id;        /* unquoted */
	struct text job_id;     /* what followed a "/" in the id, as some write it */
	unsigned version;       /* 1 when absent */
	struct authentication_result *results;
	size_t count;
};

/*
 * Parses a field's value. False for anything that RFC 8601 2.2 does not allow;
 * *results_out is then untouched.
 */
bool authentication_results_parse(struct arena *arena, struct text value,
				  struct authentication_results *results_out);

/*
 * The same for what others wrote: properties without a type ("action=none",
 * which a large mail host writes) are read over. Nothing else is forgiven.
 */
bool authentication_results_parse_foreign(struct arena *arena, struct text value,
					  struct authentication_results *results_out);

/*
 * RFC 8601 5: whether a field of this value claims one of `ids` (compared
 * without case, "id/job" and U-labels of an A-label id included), is of a
 * version that we do not know, or cannot be parsed as far as its id: such
 * fields are to be removed at the border.
 */
bool authentication_results_is_claimed(struct arena *arena, struct text value,
				       const struct text *ids, size_t id_count);

#endif
