/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_explain.h"

static const struct log_meaning class_meanings[] = {
	{ "trusted", LOG_TONE_PLAIN, "trusted: not checked" },
	{ "malformed", LOG_TONE_BAD,
	  "malformed: the message has no author domain that could be judged" },
	{ "error", LOG_TONE_WARNING, "error: an answer of DNS is missing" },
	{ "pass", LOG_TONE_GOOD, "pass: the author domain is confirmed" },
	{ "none", LOG_TONE_PLAIN, "none: no DMARC record applies" },
	{ "forwarded", LOG_TONE_PLAIN,
	  "forwarded: DMARC fails, but a forwarder or sealer whom you trust stands in between" },
	{ "indirect", LOG_TONE_WARNING,
	  "indirect: DMARC fails, with the signs of an honest detour, as of a mailing list" },
	{ "misaligned", LOG_TONE_WARNING, "misaligned: DMARC fails; something passes or could not "
	  "be asked, but not for the author domain" },
	{ "spoof", LOG_TONE_BAD, "spoof: DMARC fails, and nothing at all passes" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning trust_meanings[] = {
	{ "ignored-host", LOG_TONE_PLAIN, "{client} is one of IgnoreHosts" },
	{ "authenticated", LOG_TONE_PLAIN,
	  "the client has logged in (IgnoreAuthenticatedClients)" },
	{ "daemon-name", LOG_TONE_PLAIN,
	  "it came to a service of the mail server that is one of IgnoreDaemonNames" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

/* The built-in rules, by their names in the log; tests hold them to those of the policy. */
static const struct log_meaning rule_meanings[] = {
	{ "accept", LOG_TONE_PLAIN, "nothing speaks against it" },
	{ "arc-trusted", LOG_TONE_PLAIN,
	  "a sealer of TrustedARCSealers reports that it passed there" },
	{ "defer-expired", LOG_TONE_WARNING,
	  "it was deferred for DeferMaximum, and DNS has still not answered" },
	{ "dmarc-none", LOG_TONE_PLAIN,
	  "DMARC fails, and none is the policy that applies (OnNone)" },
	{ "dmarc-pass", LOG_TONE_GOOD, "DMARC passes" },
	{ "dmarc-permerror", LOG_TONE_WARNING, "DMARC could not be evaluated (OnPermError)" },
	{ "dmarc-quarantine", LOG_TONE_WARNING,
	  "DMARC fails, and quarantine is the policy that applies (OnQuarantine)" },
	{ "dmarc-reject", LOG_TONE_BAD,
	  "DMARC fails, and reject is the policy that applies (OnReject)" },
	{ "dmarc-reject-softened", LOG_TONE_WARNING, "DMARC fails under the policy reject, but "
	  "mail of class {class} is treated as under quarantine (RejectClasses)" },
	{ "dmarc-temperror", LOG_TONE_WARNING,
	  "DNS gave no answer, and the policy that is known would not let a failure pass" },
	{ "dmarc-temperror-unknown", LOG_TONE_WARNING,
	  "DNS gave no answer, and no strict policy is known" },
	{ "edit-refused", LOG_TONE_BAD,
	  "the mail server did not let the message be changed as it has to be" },
	{ "header-limit", LOG_TONE_BAD, "the header is larger than MaxHeaders (OnHeaderLimit)" },
	{ "helo-fail", LOG_TONE_BAD, "SPF fails for the HELO name (OnHeloFail)" },
	{ "internal-error", LOG_TONE_BAD,
	  "the program's own resolver was gone (OnInternalError)" },
	{ "iprev-fail", LOG_TONE_BAD, "the client has no confirmed name (OnIPRevFail)" },
	{ "iprev-temperror", LOG_TONE_WARNING,
	  "DNS gave no answer about the client's name (OnIPRevTempError)" },
	{ "malformed-from", LOG_TONE_BAD, "the From field cannot be read (OnMalformedFrom)" },
	{ "missing-from", LOG_TONE_BAD, "there is no From field (OnMissingFrom)" },
	{ "multiple-domains", LOG_TONE_BAD, "From names several domains (OnMultipleDomains)" },
	{ "multiple-from", LOG_TONE_BAD, "there are several From fields (OnMultipleFrom)" },
	{ "no-dmarc-record", LOG_TONE_PLAIN, "no DMARC record asks for anything" },
	{ "spf-fail", LOG_TONE_BAD, "SPF fails (OnSPFFail)" },
	{ "trusted", LOG_TONE_PLAIN, "mail that is not checked is accepted" },
	{ "trusted-forwarder", LOG_TONE_PLAIN,
	  "the client is one of TrustedForwarders, and the message fails as forwarded mail "
	  "does" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning override_meanings[] = {
	{ "test-mode", LOG_TONE_PLAIN, "the author domain only tests its policy (t=y)" },
	{ "indirect", LOG_TONE_PLAIN,
	  "a policy of reject was softened: the message shows signs of a detour" },
	{ "misaligned", LOG_TONE_PLAIN,
	  "a policy of reject was softened: something else passes" },
	{ "spoof", LOG_TONE_PLAIN,
	  "a policy of reject was softened: RejectClasses has no spoof" },
	{ "forwarded", LOG_TONE_PLAIN, "a policy of reject was softened: a trusted forwarder" },
	{ "arc", LOG_TONE_PLAIN, "not applied: a trusted sealer saw it pass" },
	{ "forwarder", LOG_TONE_PLAIN, "not applied: a trusted forwarder sent it" },
	{ "own-domain", LOG_TONE_PLAIN,
	  "{from} is one of OwnDomains: judged as if it published reject" },
	{ "domain-policy", LOG_TONE_PLAIN,
	  "judged by your DomainPolicy, not by what {from} publishes" },
	{ "local-policy", LOG_TONE_PLAIN, "your rule comes before what {from} publishes" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static enum log_tone
action_tone(enum action action)
{
	if (action <= ACTION_ACCEPT)
		return LOG_TONE_GOOD;
	return action >= ACTION_REJECT ? LOG_TONE_BAD : LOG_TONE_WARNING;
}

/* Rules about From have their options; but of a bounce another one chooses the action. */
static bool
is_malformed_bounce(const struct log_record *record)
{
	static const char *const rules[] = { "malformed-from", "missing-from", "multiple-domains",
					     "multiple-from" };

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (log_is(record, LOG_KEY_RULE, rules[i]))
			return log_is(record, LOG_KEY_MAIL_FROM, "<>");
	return false;
}

/* "refused (550 5.7.26) by rule dmarc-reject: ..." */
static void
explain_action(struct log_explanation *explanation, const struct log_record *record)
{
	struct arena *arena = explanation->arena;
	struct text rule = record->values[LOG_KEY_RULE];
	const struct log_meaning *meaning = log_find_meaning(rule_meanings, rule);
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	textbuf_add_string(&out, log_action_word(record->action));
	if (record->would != record->action)
		textbuf_add_string(&out, ", for Mode is monitor; it was decided");
	if (log_record_has(record, LOG_KEY_REPLY))
		textbuf_add(&out, log_fill(arena, record, " ({reply})"));
	if (rule.bytes != NULL && meaning == NULL)
		textbuf_add(&out, log_fill(arena, record, " by your rule {rule}"));
	if (meaning != NULL) {
		textbuf_add(&out, log_fill(arena, record, " by {rule}: "));
		textbuf_add(&out, log_fill(arena, record, meaning->sentence));
	}
	if (is_malformed_bounce(record))
		textbuf_add_string(&out, "; for a bounce OnMalformedBounce says what is done");
	log_explanation_add(explanation, LOG_TOPIC_DECISION, action_tone(record->action),
			    textbuf_text(&out));
}

static void
explain_monitor(struct log_explanation *explanation, const struct log_record *record)
{
	if (record->would == record->action)
		return;
	log_explanation_add(explanation, LOG_TOPIC_MONITOR, action_tone(record->would),
			    text_printf(explanation->arena,
					"nothing is done about it; with Mode enforce it would "
					"have been %s", log_action_word(record->would)));
}

/* "NAME:ACTION,..."; "+N" at the end counts what is not named. */
static void
explain_shadows(struct log_explanation *explanation, const struct log_record *record)
{
	struct arena *arena = explanation->arena;
	struct text rest = log_record_value(record, LOG_KEY_SHADOW);
	struct text part;

	while (!text_is_empty(rest) && text_next_part(&rest, ',', &part)) {
		size_t colon = text_find_last(part, ':');
		enum action action = ACTION_NONE_YET;

		if (colon == TEXT_NOT_FOUND) {
			log_explanation_add(explanation, LOG_TOPIC_SHADOW, LOG_TONE_PLAIN,
					    text_join(arena, part, TEXT(" more that match")));
			continue;
		}
		if (log_record_action(text_from_position(part, colon + 1), &action))
			log_explanation_add(explanation, LOG_TOPIC_SHADOW, action_tone(action),
					    text_printf(arena,
							"%.*s matches; it would have been %s",
							TEXT_ARGUMENTS(text_cut(part, 0, colon)),
							log_action_word(action)));
		else
			log_explanation_add(explanation, LOG_TOPIC_SHADOW, LOG_TONE_PLAIN,
					    text_printf(arena, "%.*s matches; it would leave the "
							"decision to the built-in policy",
							TEXT_ARGUMENTS(text_cut(part, 0, colon))));
	}
}

/* discovery:result/policy/policy domain/organizational domain/action */
static void
explain_comparison(struct log_explanation *explanation, const struct log_record *record)
{
	struct arena *arena = explanation->arena;
	struct text value = log_record_value(record, LOG_KEY_COMPARE);
	size_t colon = text_find(value, ':');
	struct text rest;
	struct text parts[5];
	enum action action;

	if (colon == TEXT_NOT_FOUND)
		return;
	rest = text_from_position(value, colon + 1);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (!text_next_part(&rest, '/', &parts[i]))
			return;
	if (!log_record_action(parts[4], &action))
		return;
	log_explanation_add(
		explanation, LOG_TOPIC_COMPARE,
		action == record->would ? LOG_TONE_PLAIN : LOG_TONE_WARNING,
		text_printf(arena, "discovery by %s comes to %.*s, policy %.*s of %.*s, "
			    "organization %.*s; it would have been %s",
			    text_starts_with(value, TEXT("psl:")) ? "the public suffix list" :
								    "the tree walk",
			    TEXT_ARGUMENTS(parts[0]), TEXT_ARGUMENTS(parts[1]),
			    TEXT_ARGUMENTS(parts[2]), TEXT_ARGUMENTS(parts[3]),
			    log_action_word(action)));
}

static void
explain_class(struct log_explanation *explanation, const struct log_record *record)
{
	if (record->message_class == CLASS_NONE && log_is(record, LOG_KEY_DMARC, "-"))
		log_explanation_add(explanation, LOG_TOPIC_CLASS, LOG_TONE_PLAIN,
				    TEXT("none: DMARC is not checked (CheckDMARC)"));
	else
		log_add_meaning(explanation, record, LOG_TOPIC_CLASS, LOG_KEY_CLASS,
				class_meanings);
}

void
log_explain_decision(struct log_explanation *explanation, const struct log_record *record)
{
	struct arena *arena = explanation->arena;

	explain_class(explanation, record);
	log_add_meaning(explanation, record, LOG_TOPIC_CLASS, LOG_KEY_TRUST, trust_meanings);
	explain_action(explanation, record);
	log_add_meaning(explanation, record, LOG_TOPIC_OVERRIDE, LOG_KEY_OVERRIDE,
			override_meanings);
	explain_monitor(explanation, record);
	explain_shadows(explanation, record);
	if (log_record_has(record, LOG_KEY_SKIPPED))
		log_explanation_add(explanation, LOG_TOPIC_SKIPPED, LOG_TONE_WARNING,
				    log_fill(arena, record, "{skipped}: rules that are for some of "
					     "the recipients only"));
	explain_comparison(explanation, record);
	if (log_record_has(record, LOG_KEY_REMOVED))
		log_explanation_add(explanation, LOG_TOPIC_REMOVED, LOG_TONE_WARNING,
				    log_fill(arena, record, "{removed} that claimed to be of this "
					     "host were taken out of the header"));
	if (log_record_has(record, LOG_KEY_REASON))
		log_explanation_add(explanation, LOG_TOPIC_REASON, LOG_TONE_PLAIN,
				    log_fill(arena, record, "{reason}"));
}
