/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_FINDINGS_H
#define DMARCMILTER_CHECKS_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "mail/author.h"
#include "mail/result.h"

/*
 * The findings: what each check found out about a message. Written by the
 * checks, each its own part, once; read by DMARC, by the policy and by all
 * that is said about a message. Texts are in the message's arena. A `reason`
 * is a short plain text for the log and the field's comment: a literal where
 * possible; remote text in it is printable ASCII only.
 */

/* iprev: RFC 8601 2.7.3 and 3. */
struct iprev_finding {
	enum result result;     /* pass, fail, temperror, permerror; never none */
	/* the confirmed name for pass, else the first PTR name or empty; normal form */
	struct text name;
	const char *reason;
};

/* SPF: RFC 7208. One identity each. */
struct spf_identity {
	enum result result;
	struct text domain;     /* the checked domain, normal form; empty when there was none */
	struct text reason;     /* for errors: what is wrong with which record */
	/* the term that matched, as written in the record; "default" without a match */
	struct text mechanism;
	/* expanded exp= text of a fail when SPFExplanation is on; printable ASCII */
	struct text explanation;
	bool used_local_part;   /* %{l} or %{s} was expanded */
};

struct spf_finding {
	struct spf_identity helo;
	struct spf_identity mail_from;  /* for a null sender: postmaster@HELO (RFC 7208 2.4) */
	bool sender_is_null;    /* then mail_from.domain is the HELO domain */
};

/* DKIM: RFC 6376, 8301, 8463, 8616. One per DKIM-Signature field, in header order. */
struct dkim_signature_finding {
	enum result result;     /* pass fail neutral policy temperror permerror */
	const char *reason;     /* NULL for pass */
	struct text domain;     /* d=, normal form; empty when not readable */
	struct text selector;   /* s=, lower case as written; empty when not readable */
	struct text algorithm;  /* a= as written, lower case; empty when not readable */
	struct text identity;   /* i= as written, validated; empty when absent */
	/* first bytes of b= without blanks, enough to be unique (RFC 6008 4) */
	struct text signature_start;
	unsigned key_bits;      /* 0 when no key was read */
	bool is_testing;        /* t=y in the key record */
	bool has_unsigned_tail; /* l= leaves body bytes unsigned */
	/*
	 * well formed, key fetched and of the right kind: only the hash or signature
	 * differs
	 */
	bool key_fits;
};

struct dkim_finding {
	enum result result;     /* none; pass if any passes; else the best of the others */
	struct dkim_signature_finding *signatures;
	size_t count;
	size_t skipped;         /* signatures over the limit, not evaluated */
	const char *reason;     /* why something was not evaluated; NULL otherwise */
};

/* ARC: RFC 8617. */
struct arc_instance_finding {
	struct text domain;     /* d= of the seal, normal form */
	struct text selector;   /* s= of the seal, normal form */
	bool is_trusted;        /* the sealer is in TrustedARCSealers */
};

/* An identifier that passed, by the word of a sealer. */
struct arc_reported_pass {
	enum arc_reported_method {
		ARC_REPORTED_DMARC,     /* header.from */
		ARC_REPORTED_SPF,       /* domain of smtp.mailfrom */
		ARC_REPORTED_DKIM,      /* header.d */
		ARC_REPORTED_DKIM_IDENTITY      /* domain of header.i, where header.d is missing */
	} method;
	struct text domain;     /* normal form */
};

struct arc_finding {
	enum result result;     /* none, pass, fail (RFC 8617 10.1); errors are fail (5.2.1) */
	const char *reason;     /* of a fail */
	struct arc_instance_finding *instances; /* of a pass: instance i is instances[i - 1] */
	size_t count;
	/* of a pass: the lowest instance whose message signature verifies as all above it do; 0
	 * when all do */
	unsigned oldest_pass;
	/*
	 * Of a pass: the lowest instance such that its sealer and those of all above
	 * it are trusted; 0 when the newest is not, or does not vouch for From.
	 */
	unsigned oldest_trusted;
	/* What that instance reports as passed; nothing when its report cannot be read. */
	struct arc_reported_pass *reported;
	size_t reported_count;
};

/* DMARC: RFC 9989. */
struct dmarc_finding {
	enum result result;     /* none pass fail temperror permerror */
	const char *reason;
	struct author author;
	/* With temperror, what follows is as far as it is known: as if the missing answers were
	 * "no record". UNKNOWN when no record was found. */
	struct text policy_domain;      /* where the applied record was found */
	struct text organizational_domain;      /* of the author domain; empty if not determined */
	/* 'p', 's' (sp) or 'n' (np): which tag gave the policy; 0 without record */
	char policy_tag;
	enum dmarc_policy published;    /* p, sp or np as selected (RFC 9989 4.10.1) */
	enum dmarc_policy effective;    /* after t=y (RFC 9989 4.7) */
	bool is_testing;        /* t=y */
	bool is_strict_dkim;    /* adkim=s */
	bool is_strict_spf;     /* aspf=s */
	bool spf_aligned;       /* an aligned SPF pass */
	bool dkim_aligned;      /* an aligned DKIM pass */
	struct text aligned_dkim_domain;
	bool author_signature_broken;   /* an aligned signature with key_fits that does not verify;
					 * looked for only when there is a record and no pass */
	bool used_public_suffix_list;   /* DMARCDiscovery psl */
	/* DMARCCompare: what the discovery that does not decide comes to; NULL: not compared */
	const struct dmarc_finding *other;
	/* with fail: trusted ARC sealers report a pass that is aligned */
	bool sealer_reports_pass;
	/*
	 * OwnDomains, DomainPolicy: what it comes to when the author domain is taken to
	 * publish what the operator says; NULL: he says nothing of it. The results that
	 * we report stay those of the real record.
	 */
	const struct dmarc_finding *assumed;
	bool is_own_domain;     /* of an assumed finding: by OwnDomains */
};

struct findings {
	bool resolver_is_gone;  /* answers are missing because nobody is there to be asked */
	struct iprev_finding iprev;
	struct spf_finding spf;
	struct dkim_finding dkim;
	struct arc_finding arc;
	struct dmarc_finding dmarc;
};

#endif
