/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_CANONICAL_H
#define DMARCMILTER_MAIL_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/dkim_signature.h"

/*
 * The canonical forms of RFC 6376 3.4, for DKIM and ARC. Only CRLF ends a
 * line: a bare CR or LF is a character like any other. Pure; the result does
 * not depend on where a body is cut into chunks.
 */

/* Takes the canonical bytes, in order, in pieces of any size. */
typedef void canonical_sink(void *context, struct text part);

/* A body on its way; begun with canonical_body_begin(). No memory is held. */
struct canonical_body {
	enum dkim_canonical_form form;
	canonical_sink *sink;
	void *context;
	uint64_t pending_lines; /* line ends that count only if something follows */
	bool has_pending_cr;
	bool has_pending_blank; /* relaxed: white space that counts unless the line ends */
	bool is_begun;          /* some byte was written */
};

void canonical_body_begin(struct canonical_body *body, enum dkim_canonical_form form,
			  canonical_sink *sink, void *context);
void canonical_body_add(struct canonical_body *body, struct text chunk);
void canonical_body_end(struct canonical_body *body);

/*
 * A header field without its line end (RFC 6376 3.4.1, 3.4.2), in `arena`.
 * `value` is what follows the colon, its folds LF or CRLF and a blank; they
 * become CRLF in the simple form.
 */
struct text canonical_field(struct arena *arena, enum dkim_canonical_form form,
			    struct text name, struct text value);

#endif
