/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_table.h"

#include "config/config.h"
#include "config/word_distance.h"
#include "mail/result.h"

#define BIT(value) (UINT32_C(1) << (value))

/* Results that a method can have (RFC 8601, 2.7, as far as our checks give them). */
#define SPF_RESULTS (BIT(RESULT_NONE) | BIT(RESULT_PASS) | BIT(RESULT_FAIL) | \
		     BIT(RESULT_SOFTFAIL) | BIT(RESULT_NEUTRAL) | BIT(RESULT_TEMPERROR) | \
		     BIT(RESULT_PERMERROR))
#define DKIM_RESULTS (BIT(RESULT_NONE) | BIT(RESULT_PASS) | BIT(RESULT_FAIL) | \
		      BIT(RESULT_NEUTRAL) | BIT(RESULT_POLICY) | BIT(RESULT_TEMPERROR) | \
		      BIT(RESULT_PERMERROR))
#define IPREV_RESULTS (BIT(RESULT_PASS) | BIT(RESULT_FAIL) | BIT(RESULT_TEMPERROR) | \
		       BIT(RESULT_PERMERROR))
#define ARC_RESULTS (BIT(RESULT_NONE) | BIT(RESULT_PASS) | BIT(RESULT_FAIL))
#define DMARC_RESULTS (BIT(RESULT_NONE) | BIT(RESULT_PASS) | BIT(RESULT_FAIL) | \
		       BIT(RESULT_TEMPERROR) | BIT(RESULT_PERMERROR))
#define POLICIES (BIT(DMARC_POLICY_UNKNOWN) | BIT(DMARC_POLICY_NONE) | \
		  BIT(DMARC_POLICY_QUARANTINE) | BIT(DMARC_POLICY_REJECT))
#define ALIGNMENTS (BIT(RULE_ALIGNED_NONE) | BIT(RULE_ALIGNED_SPF) | BIT(RULE_ALIGNED_DKIM))
/* Trusted mail is not held against rules (core/policy.c). */
#define CLASSES (BIT(CLASS_MALFORMED) | BIT(CLASS_ERROR) | BIT(CLASS_PASS) | BIT(CLASS_NONE) | \
		 BIT(CLASS_FORWARDED) | BIT(CLASS_INDIRECT) | BIT(CLASS_MISALIGNED) | \
		 BIT(CLASS_SPOOF))
#define YES_AND_NO (BIT(0) | BIT(1))

static const struct option_word result_words[] = {
	{ "none", RESULT_NONE }, { "pass", RESULT_PASS }, { "fail", RESULT_FAIL },
	{ "softfail", RESULT_SOFTFAIL }, { "neutral", RESULT_NEUTRAL },
	{ "policy", RESULT_POLICY }, { "temperror", RESULT_TEMPERROR },
	{ "permerror", RESULT_PERMERROR }, { NULL, 0 },
};

static const struct option_word policy_words[] = {
	{ "unknown", DMARC_POLICY_UNKNOWN }, { "none", DMARC_POLICY_NONE },
	{ "quarantine", DMARC_POLICY_QUARANTINE }, { "reject", DMARC_POLICY_REJECT }, { NULL, 0 },
};

static const struct option_word class_words[] = {
	{ "trusted", CLASS_TRUSTED }, { "malformed", CLASS_MALFORMED }, { "error", CLASS_ERROR },
	{ "pass", CLASS_PASS }, { "none", CLASS_NONE }, { "forwarded", CLASS_FORWARDED },
	{ "indirect", CLASS_INDIRECT }, { "misaligned", CLASS_MISALIGNED },
	{ "spoof", CLASS_SPOOF }, { NULL, 0 },
};

static const struct option_word alignment_words[] = {
	{ "none", RULE_ALIGNED_NONE }, { "spf", RULE_ALIGNED_SPF }, { "dkim", RULE_ALIGNED_DKIM },
	{ NULL, 0 },
};

static const struct option_word action_words[] = {
	{ "none", ACTION_NONE_YET }, { "accept", ACTION_ACCEPT }, { "mark", ACTION_MARK },
	{ "quarantine", ACTION_QUARANTINE }, { "tempfail", ACTION_TEMPFAIL },
	{ "reject", ACTION_REJECT }, { "discard", ACTION_DISCARD }, { NULL, 0 },
};

/* The literals of core/policy.c; tests/style/rule_names.py holds the two together. */
static const char *const built_in_names[] = {
	"accept", "arc-trusted", "defer-expired", "dmarc-none", "dmarc-pass", "dmarc-permerror",
	"dmarc-quarantine", "dmarc-reject", "dmarc-reject-softened", "dmarc-temperror",
	"dmarc-temperror-unknown", "header-limit", "helo-fail", "internal-error", "iprev-fail",
	"iprev-temperror", "malformed-from", "missing-from", "multiple-domains", "multiple-from",
	"no-dmarc-record", "spf-fail", "trusted", "trusted-forwarder",
};

static const struct rule_condition_row rows[] = {
	{ .kind = CONDITION_AUTHOR, .word = "author", .type = RULE_VALUE_DOMAINS,
	  .needs = { "CheckDMARC" }, .chosen_by_sender = true, .known_at = RULE_KNOWN_AT_END,
	  .subject = "the author domain", .help = "domain of the From header field" },
	{ .kind = CONDITION_ENVELOPE, .word = "envelope", .type = RULE_VALUE_SENDERS,
	  .chosen_by_sender = true, .known_at = RULE_KNOWN_AT_RECIPIENT,
	  .subject = "the domain of the envelope sender",
	  .help = "domain of MAIL FROM; <> is the null sender" },
	{ .kind = CONDITION_HELO, .word = "helo", .type = RULE_VALUE_DOMAINS,
	  .chosen_by_sender = true, .known_at = RULE_KNOWN_AT_RECIPIENT,
	  .subject = "the HELO name", .help = "argument of HELO or EHLO" },
	{ .kind = CONDITION_RECIPIENT, .word = "recipient", .type = RULE_VALUE_RECIPIENTS,
	  .has_several = true, .known_at = RULE_KNOWN_AT_RECIPIENT, .subject = "the recipient",
	  .help = "address, or domain, of the recipients" },
	{ .kind = CONDITION_CLIENT, .word = "client", .type = RULE_VALUE_NETWORKS,
	  .known_at = RULE_KNOWN_AT_RECIPIENT, .subject = "the client",
	  .help = "address of the client" },
	{ .kind = CONDITION_FCRDNS, .word = "fcrdns", .type = RULE_VALUE_DOMAINS,
	  .needs = { "CheckIPRev" }, .known_at = RULE_KNOWN_AT_END,
	  .subject = "the client's confirmed name",
	  .help = "name of the client, when iprev passed" },
	{ .kind = CONDITION_DKIM_DOMAIN, .word = "dkim-domain", .type = RULE_VALUE_DOMAINS,
	  .needs = { "CheckDKIM" }, .has_several = true, .known_at = RULE_KNOWN_AT_END,
	  .subject = "the domain of a DKIM signature that passes",
	  .help = "domain (d=) of a signature that passes" },
	{ .kind = CONDITION_CLASS, .word = "class", .type = RULE_VALUE_WORDS,
	  .words = class_words, .possible = CLASSES, .needs = { "CheckDMARC" },
	  .without = BIT(CLASS_NONE) | BIT(CLASS_MALFORMED), .known_at = RULE_KNOWN_AT_END,
	  .subject = "the class of the message", .help = "kind of message, see CLASSES" },
	{ .kind = CONDITION_IPREV, .word = "iprev", .type = RULE_VALUE_WORDS,
	  .words = result_words, .possible = IPREV_RESULTS, .needs = { "CheckIPRev" },
	  .known_at = RULE_KNOWN_AT_END, .subject = "iprev", .help = "result of reverse DNS" },
	{ .kind = CONDITION_SPF, .word = "spf", .type = RULE_VALUE_WORDS, .words = result_words,
	  .possible = SPF_RESULTS, .needs = { "CheckSPF" }, .known_at = RULE_KNOWN_AT_END,
	  .subject = "SPF", .help = "result of SPF for MAIL FROM" },
	{ .kind = CONDITION_SPF_HELO, .word = "spf-helo", .type = RULE_VALUE_WORDS,
	  .words = result_words, .possible = SPF_RESULTS, .needs = { "CheckSPF", "SPFHelo" },
	  .known_at = RULE_KNOWN_AT_END, .subject = "SPF of the HELO name",
	  .help = "result of SPF for the HELO name" },
	{ .kind = CONDITION_DKIM, .word = "dkim", .type = RULE_VALUE_WORDS,
	  .words = result_words, .possible = DKIM_RESULTS, .needs = { "CheckDKIM" },
	  .known_at = RULE_KNOWN_AT_END, .subject = "DKIM",
	  .help = "result of DKIM; pass when any signature passes" },
	{ .kind = CONDITION_ARC, .word = "arc", .type = RULE_VALUE_WORDS, .words = result_words,
	  .possible = ARC_RESULTS, .needs = { "CheckARC" }, .known_at = RULE_KNOWN_AT_END,
	  .subject = "ARC", .help = "result of ARC" },
	{ .kind = CONDITION_DMARC, .word = "dmarc", .type = RULE_VALUE_WORDS,
	  .words = result_words, .possible = DMARC_RESULTS, .needs = { "CheckDMARC" },
	  .known_at = RULE_KNOWN_AT_END, .subject = "DMARC", .help = "result of DMARC" },
	{ .kind = CONDITION_PUBLISHED, .word = "published", .type = RULE_VALUE_WORDS,
	  .words = policy_words, .possible = POLICIES, .needs = { "CheckDMARC" },
	  .without = BIT(DMARC_POLICY_UNKNOWN), .known_at = RULE_KNOWN_AT_END,
	  .subject = "the published policy",
	  .help = "policy of the DMARC record; unknown without one" },
	{ .kind = CONDITION_EFFECTIVE, .word = "effective", .type = RULE_VALUE_WORDS,
	  .words = policy_words, .possible = POLICIES, .needs = { "CheckDMARC" },
	  .without = BIT(DMARC_POLICY_UNKNOWN), .known_at = RULE_KNOWN_AT_END,
	  .subject = "the effective policy", .help = "the same after t=y" },
	{ .kind = CONDITION_ALIGNED, .word = "aligned", .type = RULE_VALUE_WORDS,
	  .words = alignment_words, .possible = ALIGNMENTS, .needs = { "CheckDMARC" },
	  .without = BIT(RULE_ALIGNED_NONE), .has_several = true, .known_at = RULE_KNOWN_AT_END,
	  .subject = "what passes for the author domain",
	  .help = "what passes for the author domain" },
	{ .kind = CONDITION_LIST_MAIL, .word = "list-mail", .type = RULE_VALUE_WORDS,
	  .words = option_boolean_words, .possible = YES_AND_NO, .chosen_by_sender = true,
	  .known_at = RULE_KNOWN_AT_END, .subject = "the message looks like list mail",
	  .help = "List-Id, List-Post, or Precedence of a list" },
	{ .kind = CONDITION_AUTHENTICATED, .word = "authenticated", .type = RULE_VALUE_WORDS,
	  .words = option_boolean_words, .possible = YES_AND_NO,
	  .known_at = RULE_KNOWN_AT_RECIPIENT, .subject = "the client has logged in",
	  .help = "the client logged in (SMTP AUTH)" },
	{ .kind = CONDITION_TLS, .word = "tls", .type = RULE_VALUE_WORDS,
	  .words = option_boolean_words, .possible = YES_AND_NO,
	  .known_at = RULE_KNOWN_AT_RECIPIENT, .subject = "the session uses TLS",
	  .help = "the session is encrypted" },
	{ .kind = CONDITION_DAEMON, .word = "daemon", .type = RULE_VALUE_NAMES,
	  .known_at = RULE_KNOWN_AT_RECIPIENT, .subject = "the MTA's {daemon_name}",
	  .help = "the MTA's {daemon_name}" },
	{ .kind = CONDITION_SIZE, .word = "size", .type = RULE_VALUE_SIZE,
	  .known_at = RULE_KNOWN_AT_END, .subject = "the message",
	  .help = "bytes of header and body" },
};

_Static_assert(COUNT_OF(rows) == CONDITION_KIND_COUNT, "one row for each condition");

const struct rule_condition_row *
rule_condition_row(enum rule_condition_kind kind)
{
	return &rows[kind];
}

const char *
rule_condition_word(enum rule_condition_kind kind)
{
	return rows[kind].word;
}

const struct rule_condition_row *
rule_condition_find(struct text word)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (text_equal_nocase(word, text_from(rows[i].word)))
			return &rows[i];
	return NULL;
}

bool
rule_action_find(struct text word, enum action *action_out)
{
	for (size_t i = 0; action_words[i].word != NULL; i++) {
		if (!text_equal_nocase(word, text_from(action_words[i].word)))
			continue;
		*action_out = (enum action)action_words[i].value;
		return true;
	}
	return false;
}

const char *
rule_word_nearest(struct text word)
{
	struct nearest_word nearest = nearest_word_start(word);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		nearest_word_offer(&nearest, rows[i].word);
	for (size_t i = 0; action_words[i].word != NULL; i++)
		nearest_word_offer(&nearest, action_words[i].word);
	nearest_word_offer(&nearest, "shadow");
	nearest_word_offer(&nearest, "reply");
	return nearest.found;
}

bool
rule_name_is_taken(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(built_in_names); i++)
		if (text_equal_nocase(name, text_from(built_in_names[i])))
			return true;
	/* The word that takes all rules back. */
	return text_equal_nocase(name, TEXT("none"));
}
