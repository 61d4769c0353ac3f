/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_TREE_WALK_H
#define DMARCMILTER_CHECKS_TREE_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "dns/dns.h"
#include "mail/dmarc_record.h"

/*
 * The DNS tree walk of DMARC and the organizational domain (RFC 9989 4.10,
 * 4.10.2). Domains are in normal form; the names in a walk are parts of the
 * domain that was walked, not copies.
 *
 * A walk goes on behind a question that was not answered, because what is
 * above may still prove something. What such a walk leaves open is kept as
 * the list of all organizational domains that fit to any answer.
 */
enum {
	TREE_WALK_QUESTIONS_MAX = 8,    /* RFC 9989 4.10 */
	TREE_WALK_ORGANIZATIONS_MAX = 3 * TREE_WALK_QUESTIONS_MAX
};

/*
 * The names that a walk for `domain` visits, longest first; the questions are
 * for TXT at "_dmarc." before them. Returns their number.
 */
size_t tree_walk_names(struct text domain, struct text names_out[TREE_WALK_QUESTIONS_MAX]);

/* The name to ask for the record of `name`; empty when it would be too long for the DNS. */
struct text tree_walk_question(struct arena *arena, struct text name);

enum tree_walk_wait {
	TREE_WALK_PEEK,         /* take the answers that are there; for prefetch */
	TREE_WALK_WAIT
};

/* What a walk met at one name. */
enum tree_walk_outcome {
	TREE_WALK_NOTHING,      /* no record, or several */
	TREE_WALK_RECORD,       /* one; the walk goes on */
	TREE_WALK_PSD_NO,       /* one with psd=n: the walk ends */
	TREE_WALK_PSD_YES,      /* one with psd=y: the walk ends */
	TREE_WALK_MISSING       /* not known: any of the above */
};

struct tree_walk_organizations {
	struct text names[TREE_WALK_ORGANIZATIONS_MAX];
	size_t count;
};

struct tree_walk {
	struct text domain;
	bool is_done;           /* what follows may be read */
	struct tree_walk_record {
		struct text name;
		struct dmarc_record record;
	} records[TREE_WALK_QUESTIONS_MAX];     /* longest name first; psd=y or n ends it */
	size_t record_count;

	bool is_incomplete;     /* a question was not answered (DNS_RETRY) or asked (DNS_LIMIT) */
	bool is_over_limit;     /* one of those was DNS_LIMIT */
	struct text missing_name;       /* the first of them */
	const char *missing_reason;     /* why: a literal */
	struct text repeated_name;      /* has several records, all discarded; or empty */

	struct tree_walk_organizations organizations;   /* the possible ones; one when complete */
	struct text likely_organization;/* the one if every missing answer were "no record" */

	/* tree_walk.c's own */
	enum dns_share share;
	struct text names[TREE_WALK_QUESTIONS_MAX];
	struct text questions[TREE_WALK_QUESTIONS_MAX]; /* empty: cannot be asked */
	size_t name_count;
	size_t next;            /* the first name whose answer was not taken yet */
	enum tree_walk_outcome outcomes[TREE_WALK_QUESTIONS_MAX];       /* of those before next */
};

/*
 * A walk from `domain` up. Starts all its questions at once; waits for none.
 * Those above a record that ends the walk are then asked for nothing, at most
 * seven: the price for one wait instead of one for each name.
 */
struct tree_walk tree_walk_start(struct arena *arena, struct dns_session *dns,
				 struct text domain, enum dns_share share);

/* Goes on as far as the answers allow, or to the end. Returns is_done; true after waiting. */
bool tree_walk_continue(struct tree_walk *walk, struct dns_session *dns,
			enum tree_walk_wait wait);

/* The organizational domain; empty when the walk is incomplete in a way that leaves it open. */
struct text tree_walk_organizational_domain(const struct tree_walk *walk);

/*
 * The organizational domains of a walk that is done, when of the missing
 * answers something is assumed. Two walks meet the same answer at a name that
 * both ask for, so what they have in common is the same in both.
 */
struct tree_walk_assumption {
	const struct tree_walk *other;  /* it is assumed of names that this walk asks for too: */
	struct text name;               /* at this one the answer is `outcome`, */
	enum tree_walk_outcome outcome; /* at all others of them there is nothing */
};

/* With NULL any answer is possible everywhere. Never empty. */
struct tree_walk_organizations
tree_walk_possible_organizations(const struct tree_walk *walk,
				 const struct tree_walk_assumption *assumption);

/* What one answer at _dmarc.<name> holds; RFC 9989 4.10 wants exactly one record. */
enum tree_walk_answer {
	TREE_WALK_NO_RECORD,
	TREE_WALK_ONE_RECORD,
	TREE_WALK_SEVERAL_RECORDS
};

enum tree_walk_answer tree_walk_read_answer(const struct dns_answer *answer,
					    struct dmarc_record *record_out);

#endif
