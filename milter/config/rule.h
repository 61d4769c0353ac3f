/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_H
#define DMARCMILTER_CONFIG_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip_set.h"
#include "base/text.h"
#include "base/text_set.h"
#include "config/action.h"
#include "mail/domain_set.h"

/*
 * The operator's rules as data: read by config/rule_reader.c, matched by
 * core/rule_match.c. Part of the configuration: immutable once it is read.
 *
 *     Rule NAME CONDITION... ACTION [shadow] [reply="550 5.7.26 text"]
 *
 * All conditions of a rule must hold; the first rule that matches decides. A
 * condition is WORD=VALUE[,VALUE...] or WORD!=VALUE[,VALUE...]: one of the
 * values fits, or none of them does. A fact that is not there fits no value.
 */
enum {
	RULE_NAME_MAX = 32,     /* bytes; it stands in log, field comment and counters */
	RULES_MAX = 1000,
	RULE_CONDITIONS_MAX = 32
};

enum rule_condition_kind {
	CONDITION_AUTHOR,       /* author=: author domain */
	CONDITION_ENVELOPE,     /* envelope=: domain of the envelope sender; <> the null sender */
	CONDITION_HELO,         /* helo=: argument of HELO, where it is a domain name */
	CONDITION_RECIPIENT,    /* recipient=: address, or domain of the recipients */
	CONDITION_CLIENT,       /* client=: networks */
	CONDITION_FCRDNS,       /* fcrdns=: forward-confirmed name of the client */
	CONDITION_DKIM_DOMAIN,  /* dkim-domain=: d= of a signature that passes */
	CONDITION_CLASS,        /* class=: words of enum message_class */
	CONDITION_IPREV,        /* iprev=, spf=, ...: words of enum result */
	CONDITION_SPF,
	CONDITION_SPF_HELO,     /* spf-helo=: SPF result of the HELO name */
	CONDITION_DKIM,         /* the message's: pass if any signature passes */
	CONDITION_ARC,
	CONDITION_DMARC,
	CONDITION_PUBLISHED,    /* published=: words of enum dmarc_policy; unknown without record */
	CONDITION_EFFECTIVE,    /* effective=: the same after t=y */
	CONDITION_ALIGNED,      /* aligned=: words of enum rule_alignment */
	CONDITION_LIST_MAIL,    /* list-mail=yes|no; chosen by the sender */
	CONDITION_AUTHENTICATED,/* authenticated=yes|no */
	CONDITION_TLS,          /* tls=yes|no */
	CONDITION_DAEMON,       /* daemon=: {daemon_name}, any case */
	CONDITION_SIZE,         /* size>10M, size<1k: bytes of header and body */
	CONDITION_KIND_COUNT
};

/* More than one can be true of a message; `none` is when neither of the others is. */
enum rule_alignment {
	RULE_ALIGNED_NONE,
	RULE_ALIGNED_SPF,
	RULE_ALIGNED_DKIM
};

struct rule_condition {
	enum rule_condition_kind kind;
	bool is_negated;                /* != */
	bool has_null_sender;           /* envelope: "<>" is among the values */
	/* author, envelope, helo, recipient, fcrdns, dkim-domain; NULL: none among the values */
	const struct domain_set *domains;
	const struct text_set *names;   /* recipient: addresses, local-part@domain; daemon: names */
	const struct ip_set *networks;  /* client */
	/* words: bit n is set for the value n of the enum; yes is bit 1, no is bit 0 */
	uint32_t words;
	uint64_t size_minimum;          /* size: from this many bytes ... */
	uint64_t size_maximum;          /* ... to this many, both included */
	struct text source;             /* "author=.example.com", as it was written */
	/* For checks and explanations: the values as they were written, file:/path as such, ... */
	const struct text *values;
	size_t value_count;
	/* ... and all that they stand for: of domains and names, and of networks */
	const struct text *entries;
	size_t entry_count;
	const struct ip_network *network_entries;
	size_t network_count;
};

struct rule {
	struct text name;
	struct text place;              /* "/etc/dmarcmilter.conf:12" */
	struct rule_condition *conditions;
	size_t condition_count;
	/* ACTION_NONE_YET is the action none: the built-in policy decides */
	enum action action;
	bool is_shadow;                 /* says what it would do, and does nothing */
	bool names_recipients;          /* has a recipient condition */
	struct text reply_code;         /* of reply=; empty: the general text of local policy */
	struct text reply_status;
	struct text reply_text;         /* with the placeholders of RejectText */
	struct text source;             /* the line behind "Rule", blanks trimmed */
};

struct rule_list {
	struct rule *items;
	size_t count;
	size_t capacity;
};

/* One line TrustedForwarders CLIENT... [for=RECIPIENTDOMAIN,...]. */
struct trusted_forwarder {
	const struct ip_set *networks;          /* NULL: none */
	const struct domain_set *names;         /* forward-confirmed names; NULL: none */
	const struct domain_set *recipient_domains;     /* NULL: for every recipient */
	struct text source;                     /* the line behind "TrustedForwarders" */
};

struct trusted_forwarder_list {
	struct trusted_forwarder *items;
	size_t count;
	size_t capacity;
};

/*
 * DomainPolicy POLICY DOMAIN...: what an author domain is taken to publish. A
 * set per policy; of several that fit a name the longest entry decides.
 */
struct domain_policies {
	struct domain_set *none;        /* NULL: no domain */
	struct domain_set *quarantine;
	struct domain_set *reject;
	struct text *sources;           /* the lines behind "DomainPolicy" */
	size_t source_count;
	size_t source_capacity;
};

/* The word of a condition, as it stands in a rule: "author". In config/rule_table.c. */
const char *rule_condition_word(enum rule_condition_kind kind);

#endif
