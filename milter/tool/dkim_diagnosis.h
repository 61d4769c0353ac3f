/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DKIM_DIAGNOSIS_H
#define DMARCMILTER_TOOL_DKIM_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/dkim_verify.h"
#include "mail/dkim_key.h"
#include "mail/dkim_signature.h"
#include "mail/message.h"

/*
 * Why a signature does not verify: which of its two hashes differs, and whether
 * a simple change explains it: lines put at the end or at the start of the
 * body, a tag put before the subject, a field added. What is tried costs time,
 * so it is bounded. Pure but for the hashing.
 */
enum {
	DIAGNOSIS_LINES_MAX = 60,       /* of a footer or a banner */
	DIAGNOSIS_BANNER_LINES_MAX = 15,
	DIAGNOSIS_BYTES_MAX = 256 << 20,/* hashed in the search, in all */
	DIAGNOSIS_FIELDS_MAX = 60,      /* left out one at a time */
	DIAGNOSIS_TAIL_LINES_MAX = 3
};

struct dkim_diagnosis {
	bool body_is_known;             /* the body was kept whole */
	bool body_fits;
	struct text body_hash;          /* what it is; bh= says what it was */
	uint64_t body_length;           /* canonical bytes */
	size_t footer_lines;            /* without these last lines it fits; 0: no */
	size_t banner_lines;            /* without these first lines it fits; 0: no */
	struct text added_line;         /* the first of those lines */
	struct text *tail_lines;        /* the first canonical lines beyond l= */
	size_t tail_line_count;

	bool header_is_known;           /* there is a key */
	enum dkim_fit header_fit;
	struct text subject_tag;        /* without it before the subject it fits; or empty */
	const struct header_field *added_field; /* without it it fits; NULL: none */
};

/* `key` is NULL when there is none that could be used; `body_is_whole`: it was kept whole. */
struct dkim_diagnosis dkim_diagnose(struct arena *arena, const struct dkim_signature *signature,
				    const struct header_field *field,
				    const struct message *message, struct text body,
				    bool body_is_whole, const struct dkim_key *key);

#endif
