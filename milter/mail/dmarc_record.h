/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_DMARC_RECORD_H
#define DMARCMILTER_MAIL_DMARC_RECORD_H

#include <stdbool.h>

#include "base/text.h"

/*
 * DMARC policy records (RFC 9989 4.7, 4.8): the text of one TXT record in, a
 * struct out. Nothing but a wrong version makes a text no record; every other
 * fault costs the tag that has it. Tag names and keywords are read in any
 * case, the version is not (RFC 9989 4.7). Pure; nothing is allocated.
 *
 * RFC 9989 is silent on a tag that is given twice. We take what protects the
 * domain best: the strictest policy, strict alignment, no test mode; psd tags
 * that contradict each other are as none.
 */
enum dmarc_request {            /* the value of p, sp or np, from weak to strong */
	DMARC_REQUEST_ABSENT,
	DMARC_REQUEST_INVALID,
	DMARC_REQUEST_NONE,
	DMARC_REQUEST_QUARANTINE,
	DMARC_REQUEST_REJECT
};

enum dmarc_psd {
	DMARC_PSD_UNKNOWN,      /* psd=u, absent or not readable */
	DMARC_PSD_YES,
	DMARC_PSD_NO
};

struct dmarc_record {
	enum dmarc_request policy;      /* p= */
	enum dmarc_request subdomain_policy;    /* sp= */
	enum dmarc_request absent_name_policy;  /* np=: for subdomains that do not exist */
	enum dmarc_psd psd;
	bool is_strict_dkim;    /* adkim=s */
	bool is_strict_spf;     /* aspf=s */
	bool is_testing;        /* t=y */
	bool has_report_address;/* rua= holds at least one URI of valid syntax */
	bool has_repeated_tag;  /* a tag that we know is there twice */
};

/* True when `record` starts with v=DMARC1: only such a text counts at all (RFC 9989 4.7, 4.10). */
bool dmarc_record_is_one(struct text record);

/* Reads a record. False, with *record_out untouched, when dmarc_record_is_one() is false. */
bool dmarc_record_parse(struct text record, struct dmarc_record *record_out);

/* In which way a record meets the author domain (RFC 9989 4.10.1). */
enum dmarc_relation {
	DMARC_RELATION_OWN,             /* the record was found at the author domain itself */
	DMARC_RELATION_BELOW,           /* found above it, and the author domain exists */
	DMARC_RELATION_BELOW_ABSENT     /* found above it, and the author domain does not exist */
};

struct dmarc_selection {
	enum dmarc_request request;     /* NONE, QUARANTINE or REJECT */
	char tag;               /* 'p', 's' or 'n': which tag gave it */
	bool was_repaired;      /* taken as p=none because p, sp or np is missing or not valid */
};

/*
 * Which policy a record asks for. A missing or invalid p, or an invalid sp or
 * np, makes it p=none when there is somewhere to report to; without that the
 * record asks for nothing: false, and DMARC does not apply (RFC 9989 4.10.1).
 */
bool dmarc_record_select(const struct dmarc_record *record, enum dmarc_relation relation,
			 struct dmarc_selection *selection_out);

/* True when it matters whether the author domain exists: np differs from sp (or p). */
bool dmarc_record_tells_absent_names_apart(const struct dmarc_record *record);

#endif
