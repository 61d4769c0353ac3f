/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_FINDING_H
#define DMARCMILTER_TOOL_DOMAIN_FINDING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

/*
 * What `dmarcmilter-check domain` has to say of a domain: a list of findings,
 * each one sentence with its weight and, where there is one, the zone line
 * that mends it. Everything lives in the list's arena. One thread.
 */
enum domain_level {
	DOMAIN_OK,
	DOMAIN_NOTE,            /* good to know; nothing has to be done */
	DOMAIN_WARNING,         /* some receivers will mind */
	DOMAIN_ERROR            /* mail is lost or refused, or a record has no effect */
};

enum { DOMAIN_LEVEL_COUNT = DOMAIN_ERROR + 1 };

enum domain_section {
	DOMAIN_SECTION_MX,
	DOMAIN_SECTION_REVERSE,
	DOMAIN_SECTION_SPF,
	DOMAIN_SECTION_DKIM,
	DOMAIN_SECTION_DMARC,
	DOMAIN_SECTION_MORE,
	DOMAIN_SECTION_COUNT
};

struct domain_finding {
	enum domain_section section;
	enum domain_level level;
	const char *code;       /* a stable word for programs: "spf-lookup-limit" */
	struct text subject;    /* the name or address it is about */
	struct text sentence;
	struct text *fixes;     /* zone lines, ready to paste */
	size_t fix_count;
	size_t fix_capacity;
	struct text replaced;   /* owner of a record that a fix takes the place of; or empty */
	struct text replacement;        /* what is to stand there */
	size_t replacement_index;       /* of its line in fixes */
};

struct domain_findings {
	struct arena *arena;
	enum domain_section section;    /* of those that are added next */
	struct domain_finding *items;
	size_t count;
	size_t capacity;
};

/* The words of the output: "ok", "note", "warning", "error". */
const char *domain_level_word(enum domain_level level);

/* The title of a section, and its word in JSON. */
const char *domain_section_title(enum domain_section section);
const char *domain_section_word(enum domain_section section);

/* Adds a finding to the section at hand; `code` is a literal. */
void domain_finding_add(struct domain_findings *findings, enum domain_level level,
			const char *code, struct text subject, const char *format, ...)
	ATTRIBUTE_PRINTF(5, 6);

/* A zone line that mends what was added last. */
void domain_finding_fix(struct domain_findings *findings, struct text line);

/*
 * A TXT record in place of the one at `owner`, which mends what was added last. Two lines for
 * one record would be two records: all findings about it show the latest line, which has to
 * mend them all. So `content` is made of domain_findings_proposal().
 */
void domain_finding_replace(struct domain_findings *findings, struct text owner,
			    struct text content);

/* What was last proposed for the record at `owner`, else `published`. */
struct text domain_findings_proposal(const struct domain_findings *findings, struct text owner,
				     struct text published);

/* Takes away the lines of a finding; the sentence says why there is none. */
void domain_finding_withdraw(struct domain_findings *findings, struct domain_finding *finding,
			     struct text why);

/* The number of findings of that level. */
size_t domain_findings_of_level(const struct domain_findings *findings, enum domain_level level);

/* The worst level of the list; OK when it is empty. */
enum domain_level domain_findings_worst(const struct domain_findings *findings);

#endif
