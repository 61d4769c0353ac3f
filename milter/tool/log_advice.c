/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_explain.h"

#include "mail/domain_name.h"

/* The class that failed DMARC, for whatever reason. */
static bool
has_failed(const struct log_record *record)
{
	switch (record->message_class) {
	case CLASS_FORWARDED:
	case CLASS_INDIRECT:
	case CLASS_MISALIGNED:
	case CLASS_SPOOF:
		return true;
	case CLASS_NONE_YET:
	case CLASS_TRUSTED:
	case CLASS_MALFORMED:
	case CLASS_ERROR:
	case CLASS_PASS:
	case CLASS_NONE:
	case CLASS_COUNT:
		return false;
	}
	return false;
}

static void
tell_sender(struct log_explanation *explanation, const struct log_record *record,
	    const char *sentence)
{
	log_explanation_add(explanation, LOG_TOPIC_SENDER_ADVICE, LOG_TONE_PLAIN,
			    log_fill(explanation->arena, record, sentence));
}

static void
tell_operator(struct log_explanation *explanation, const struct log_record *record,
	      const char *sentence)
{
	log_explanation_add(explanation, LOG_TOPIC_OPERATOR_ADVICE, LOG_TONE_PLAIN,
			    log_fill(explanation->arena, record, sentence));
}

/* ip4:192.0.2.1 or ip6:2001:db8::1, ready for a record. */
static void
advise_spf(struct log_explanation *explanation, const struct log_record *record)
{
	if (log_is(record, LOG_KEY_SPF, "fail") || log_is(record, LOG_KEY_SPF, "softfail") ||
	    log_is(record, LOG_KEY_SPF, "neutral"))
		tell_sender(explanation, record,
			    record->client.family == IP_V6
				    ? "add ip6:{client} to the SPF record of {spfdom}, if this is "
				      "its own server"
				    : "add ip4:{client} to the SPF record of {spfdom}, if this is "
				      "its own server");
	else if (log_is(record, LOG_KEY_SPF, "none") &&
		 log_record_has(record, LOG_KEY_SPF_DOMAIN))
		tell_sender(explanation, record,
			    "publish an SPF record for {spfdom} that names its servers");
	else if (log_is(record, LOG_KEY_SPF, "permerror") &&
		 log_record_has(record, LOG_KEY_SPF_DOMAIN))
		tell_sender(explanation, record,
			    "repair the SPF record of {spfdom}; \"dmarcmilter-check domain "
			    "{=spfdom}\" shows what is wrong");
	else if (log_is(record, LOG_KEY_SPF, "pass"))
		tell_sender(explanation, record,
			    log_is(record, LOG_KEY_MAIL_FROM, "<>")
				    ? "sign bounces with DKIM for {from}, or say HELO with a name "
				      "of {from}, for SPF of {spfdom} says nothing about {from}"
				    : "take an envelope sender (Return-Path) of {from}, for SPF "
				      "of {spfdom} says nothing about {from}");
}

/* "domain:selector:fail" of the author's own, whatever others have signed. */
static bool
has_broken_author_signature(const struct log_record *record)
{
	struct text from = log_record_value(record, LOG_KEY_FROM);
	struct text rest = log_record_value(record, LOG_KEY_DKIM_DOMAINS);
	struct text signature;

	while (!text_is_empty(rest) && text_next_part(&rest, ',', &signature)) {
		struct text domain = text_cut(signature, 0, text_find(signature, ':'));

		if (text_ends_with(signature, TEXT(":fail")) &&
		    (domain_name_is_at_or_below(domain, from) ||
		     domain_name_is_at_or_below(from, domain)))
			return true;
	}
	return false;
}

static void
advise_dkim(struct log_explanation *explanation, const struct log_record *record)
{
	if (log_is(record, LOG_KEY_DKIM, "none"))
		tell_sender(explanation, record,
			    "sign with DKIM for {from}: that also survives forwarding");
	else if (log_is(record, LOG_KEY_DKIM, "pass") && !has_broken_author_signature(record))
		tell_sender(explanation, record,
			    "sign with d={=from}, not only for another domain");
	else if (log_is(record, LOG_KEY_DKIM, "fail") || has_broken_author_signature(record))
		tell_sender(explanation, record,
			    "look for what changes the message behind the signer: footers, "
			    "rewritten links, converted text; or for an old key in DNS");
	else if (log_is(record, LOG_KEY_DKIM, "permerror"))
		tell_sender(explanation, record,
			    "publish the key of the selector in DNS, as the signer uses it");
}

static void
advise_failure(struct log_explanation *explanation, const struct log_record *record)
{
	advise_spf(explanation, record);
	advise_dkim(explanation, record);
	switch (record->message_class) {
	case CLASS_SPOOF:
		tell_operator(explanation, record,
			      "do nothing when it is a forgery; when {client} may send for "
			      "{from}, let it in: \"Rule NAME author={=from} client={client} "
			      "accept\"");
		break;
	case CLASS_INDIRECT:
		tell_operator(explanation, record,
			      "name {client} in TrustedForwarders when it forwards for your "
			      "users, or let a list in: \"Rule NAME client={client} "
			      "class=indirect,misaligned accept\"");
		if (log_is(record, LOG_KEY_ARC, "pass"))
			tell_operator(explanation, record,
				      "name {=arcdom} in TrustedARCSealers when you trust what it "
				      "says about mail that it forwards");
		break;
	case CLASS_MISALIGNED:
		tell_operator(explanation, record,
			      "ask {from} to sign its mail, or let this sender in: \"Rule NAME "
			      "author={=from} client={client} accept\"");
		break;
	case CLASS_NONE_YET:
	case CLASS_TRUSTED:
	case CLASS_MALFORMED:
	case CLASS_ERROR:
	case CLASS_PASS:
	case CLASS_NONE:
	case CLASS_FORWARDED:
	case CLASS_COUNT:
		break;
	}
}

static const struct log_meaning sender_advice[] = {
	{ "header-limit", LOG_TONE_PLAIN, "send a smaller header" },
	{ "helo-fail", LOG_TONE_PLAIN,
	  "say HELO with a name whose SPF record allows {client}" },
	{ "iprev-fail", LOG_TONE_PLAIN,
	  "give {client} a PTR record, and that name an address record that leads back" },
	{ "malformed-from", LOG_TONE_PLAIN,
	  "write one From field with one address, as RFC 5322 has it" },
	{ "missing-from", LOG_TONE_PLAIN, "write a From field" },
	{ "multiple-domains", LOG_TONE_PLAIN, "write addresses of one domain only into From" },
	{ "multiple-from", LOG_TONE_PLAIN, "write one From field only" },
	{ "dmarc-temperror", LOG_TONE_PLAIN,
	  "look whether the name servers of its domains answer; a later attempt may do" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning operator_advice[] = {
	{ "edit-refused", LOG_TONE_PLAIN,
	  "look into the log of the mail server for what it did not let the milter do" },
	{ "internal-error", LOG_TONE_PLAIN,
	  "look for errors of dmarcmilter in the log, and restart it" },
	{ "dmarc-temperror-unknown", LOG_TONE_PLAIN,
	  "look whether the name servers of this host (Nameservers) answer, when this is "
	  "frequent" },
	{ "dmarc-temperror", LOG_TONE_PLAIN,
	  "look whether the name servers of this host (Nameservers) answer, when this is "
	  "frequent" },
	{ "defer-expired", LOG_TONE_PLAIN,
	  "look whether the name servers of this host (Nameservers) answer, when this is "
	  "frequent" },
	{ "trusted", LOG_TONE_PLAIN,
	  "look at IgnoreHosts, IgnoreAuthenticatedClients and IgnoreDaemonNames, when it should "
	  "have been checked" },
	{ "header-limit", LOG_TONE_PLAIN, "raise MaxHeaders, when such mail is wanted" },
	{ "dmarc-permerror", LOG_TONE_PLAIN,
	  "look at the reason: DNSMaxQueriesPerMessage, or a PublicSuffixList that cannot be "
	  "read" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

void
log_explain_advice(struct log_explanation *explanation, const struct log_record *record)
{
	if (has_failed(record) && log_record_has(record, LOG_KEY_FROM))
		advise_failure(explanation, record);
	else if (log_is(record, LOG_KEY_RULE, "spf-fail"))
		advise_spf(explanation, record);
	log_add_meaning(explanation, record, LOG_TOPIC_SENDER_ADVICE, LOG_KEY_RULE,
			sender_advice);
	log_add_meaning(explanation, record, LOG_TOPIC_OPERATOR_ADVICE, LOG_KEY_RULE,
			operator_advice);
	if (log_is(record, LOG_KEY_OVERRIDE, "local-policy"))
		tell_operator(explanation, record,
			      "read what rule {rule} does with \"dmarcmilter --explain-rules\"");
}
