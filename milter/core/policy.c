/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

#include "base/textbuf.h"
#include "core/reply.h"
#include "core/rule_match.h"
#include "mail/domain_name.h"

enum {
	LISTED_RULES_MAX = 20,  /* named in shadows and skipped_rules; "+N" for the rest */
	LISTED_BYTES_MAX = LISTED_RULES_MAX * (RULE_NAME_MAX + 16) + 32
};

/* A decision on its way: the strongest action so far and the rule that asked for it. */
struct decision {
	enum action action;
	const char *rule;
	enum reply_kind reply;
	const char *override;
	const struct rule *operator_rule;
};

enum trust
policy_trust(const struct config *config, const struct message *message)
{
	const struct connection *connection = message->connection;

	if (network_list_contains(&config->ignore_hosts, connection->client))
		return TRUST_HOST;
	if (config->ignore_authenticated && message->is_authenticated)
		return TRUST_AUTHENTICATED;
	if (text_list_contains(&config->ignore_daemon_names, connection->daemon_name))
		return TRUST_DAEMON_NAME;
	return TRUST_NOT;
}

const char *
trust_keyword(enum trust trust)
{
	switch (trust) {
	case TRUST_NOT:
		return "-";
	case TRUST_HOST:
		return "ignored-host";
	case TRUST_AUTHENTICATED:
		return "authenticated";
	case TRUST_DAEMON_NAME:
		return "daemon-name";
	}
	return "-";
}

/*
 * Mail that is not checked meets no rule, so all its recipients belong together;
 * and who only watches puts nobody off.
 */
bool
policy_takes_recipient(struct arena *arena, const struct config *config,
		       const struct message *message, const struct address *recipient)
{
	return !config->split_recipients || config->mode == MODE_MONITOR ||
	       message->recipient_count == 0 ||
	       policy_trust(config, message) != TRUST_NOT ||
	       rules_recipient_fits_group(arena, config, message, recipient);
}

static bool
any_signature_passes(const struct dkim_finding *dkim)
{
	return dkim->result == RESULT_PASS;
}

static bool
anything_passes(const struct findings *findings)
{
	return findings->spf.mail_from.result == RESULT_PASS ||
	       findings->spf.helo.result == RESULT_PASS || any_signature_passes(&findings->dkim);
}

/* Something that did not pass might have, had its answer come. Then nobody is called a spoofer. */
static bool
anything_is_unknown(const struct findings *findings)
{
	if (findings->spf.mail_from.result == RESULT_TEMPERROR ||
	    findings->spf.helo.result == RESULT_TEMPERROR)
		return true;
	for (size_t i = 0; i < findings->dkim.count; i++)
		if (findings->dkim.signatures[i].result == RESULT_TEMPERROR)
			return true;
	return false;
}

/*
 * Signs of an honest detour: the author's own broken signature, or list mail that
 * authenticates as somebody, or would perhaps if an answer about the list came:
 * want of an answer is no reason to refuse for good, and a forger who writes
 * List-Id has no use for a missing answer where any pass of his own does.
 */
static bool
is_indirect(const struct message *message, const struct findings *findings)
{
	return findings->dmarc.author_signature_broken ||
	       (message_is_list_mail(message) &&
		(anything_passes(findings) || anything_is_unknown(findings)));
}

/*
 * What forwarding does to a message that was in order: the author's own envelope
 * sender comes from an address that its SPF does not know, or the forwarder put
 * its own in its place, or a bounce has none, or the author's signature is
 * broken. A stranger's envelope sender that does not pass was wrong before.
 */
static bool
is_forwarding_shaped(const struct message *message, const struct findings *findings)
{
	const struct dmarc_finding *dmarc = &findings->dmarc;
	struct text organization = text_is_empty(dmarc->organizational_domain)
					   ? dmarc->author.domain
					   : dmarc->organizational_domain;

	return message->sender.is_null || dmarc->author_signature_broken ||
	       findings->spf.mail_from.result == RESULT_PASS ||
	       domain_name_is_at_or_below(message->sender.domain, organization);
}

/*
 * The first that fits. By the word of a trusted forwarder or sealer before what
 * the message shows of a detour: they know more.
 */
static enum message_class
classify_failure(const struct config *config, const struct message *message,
		 const struct findings *findings)
{
	if (findings->dmarc.sealer_reports_pass ||
	    (is_forwarding_shaped(message, findings) &&
	     rules_find_forwarder(config, message, findings) != NULL))
		return CLASS_FORWARDED;
	if (is_indirect(message, findings))
		return CLASS_INDIRECT;
	if (anything_passes(findings) || anything_is_unknown(findings))
		return CLASS_MISALIGNED;
	return CLASS_SPOOF;
}

static enum message_class
classify(const struct config *config, const struct message *message,
	 const struct findings *findings)
{
	const struct dmarc_finding *dmarc = &findings->dmarc;

	if (message->header_is_over_limit)
		return CLASS_MALFORMED;
	if (!config->check_dmarc)
		return CLASS_NONE;
	if (dmarc->author.status != AUTHOR_ONE_DOMAIN)
		return CLASS_MALFORMED;
	switch (dmarc->result) {
	case RESULT_TEMPERROR:
		return CLASS_ERROR;
	case RESULT_PASS:
		return CLASS_PASS;
	case RESULT_FAIL:
		return classify_failure(config, message, findings);
	case RESULT_NOT_CHECKED:
	case RESULT_NONE:
	case RESULT_SOFTFAIL:
	case RESULT_NEUTRAL:
	case RESULT_POLICY:
	case RESULT_PERMERROR:
		return CLASS_NONE;
	}
	return CLASS_ERROR;
}

/* No usable author domain: never a guessed one, never a silent skip (RFC 9989 4.4, 11.5). */
static struct decision
decide_malformed(const struct config *config, const struct message *message,
		 const struct findings *findings)
{
	struct decision decision = { ACTION_NONE_YET, NULL, REPLY_MALFORMED, NULL, NULL };

	if (message->header_is_over_limit) {
		decision.action = config->on_header_limit;
		decision.rule = "header-limit";
		return decision;
	}
	switch (findings->dmarc.author.status) {
	case AUTHOR_NO_FIELD:
		decision.action = config->on_missing_from;
		decision.rule = "missing-from";
		break;
	case AUTHOR_SEVERAL_FIELDS:
		decision.action = config->on_multiple_from;
		decision.rule = "multiple-from";
		break;
	case AUTHOR_SEVERAL_DOMAINS:
		decision.action = config->on_multiple_domains;
		decision.rule = "multiple-domains";
		break;
	case AUTHOR_NOT_KNOWN:
	case AUTHOR_ONE_DOMAIN:
	case AUTHOR_NO_DOMAIN:
	case AUTHOR_MALFORMED:
		decision.action = config->on_malformed_from;
		decision.rule = "malformed-from";
		break;
	}
	if (message->sender.is_null)
		decision.action = config->on_malformed_bounce;
	return decision;
}

/*
 * RFC 9989 5.3.6: without a required answer the published policy cannot be
 * applied. Deferring makes sense only where the answer could lead to a
 * refusal, and not for ever.
 */
static struct decision
decide_error(const struct config *config, const struct message *message,
	     const struct findings *findings)
{
	struct decision decision = { config->on_temperror, "dmarc-temperror", REPLY_TEMPERROR,
				     NULL, NULL };
	enum dmarc_policy policy = findings->dmarc.effective;

	/* Our trouble, not the sender's: without it the policy might have been found. */
	if (findings->resolver_is_gone) {
		decision.action = config->on_internal_error;
		decision.rule = "internal-error";
	} else if (policy != DMARC_POLICY_QUARANTINE && policy != DMARC_POLICY_REJECT) {
		decision.action = config->on_temperror_unknown;
		decision.rule = "dmarc-temperror-unknown";
	} else if (decision.action == ACTION_TEMPFAIL && message->deferred_since != 0 &&
		   message->received_at - message->deferred_since >=
			   (int64_t)config->defer_maximum) {
		decision.action = config->on_quarantine;
		decision.rule = "defer-expired";
	}
	return decision;
}

/*
 * RFC 9989 7.4: p=reject alone is no reason to reject. The other knowledge is
 * the class: where every sign of a detour is missing the policy is applied,
 * elsewhere the message is treated as under p=quarantine.
 */
static struct decision
decide_failure(const struct config *config, enum message_class message_class,
	       const struct findings *findings)
{
	struct decision decision = { config->on_none, "dmarc-none", REPLY_DMARC, NULL,
				     NULL };

	switch (findings->dmarc.effective) {
	case DMARC_POLICY_UNKNOWN:
	case DMARC_POLICY_NONE:
		break;
	case DMARC_POLICY_QUARANTINE:
		decision.action = config->on_quarantine;
		decision.rule = "dmarc-quarantine";
		break;
	case DMARC_POLICY_REJECT:
		decision.action = config->on_reject;
		decision.rule = "dmarc-reject";
		if (!config->reject_class[message_class]) {
			decision.action = config->on_quarantine;
			decision.rule = "dmarc-reject-softened";
			decision.override = message_class_keyword(message_class);
		}
		break;
	}
	if (findings->dmarc.effective != findings->dmarc.published && decision.override == NULL)
		decision.override = "test-mode";
	return decision;
}

/*
 * By TrustedForwarders, or RFC 8617 7.2.1: it passed when it came to those whom the operator
 * trusts (TrustedARCSealers).
 */
static struct decision
decide_forwarded(const struct config *config, const struct findings *findings)
{
	struct decision decision = { ACTION_ACCEPT, "arc-trusted", REPLY_DMARC, "arc",
				     NULL };

	if (config->reject_class[CLASS_FORWARDED])
		return decide_failure(config, CLASS_FORWARDED, findings);
	if (!findings->dmarc.sealer_reports_pass) {
		decision.rule = "trusted-forwarder";
		decision.override = "forwarder";
	}
	return decision;
}

static struct decision
decide_by_class(const struct config *config, enum message_class message_class,
		const struct message *message, const struct findings *findings)
{
	struct decision accept = { ACTION_ACCEPT, "accept", REPLY_DMARC, NULL, NULL };

	switch (message_class) {
	case CLASS_MALFORMED:
		return decide_malformed(config, message, findings);
	case CLASS_ERROR:
		return decide_error(config, message, findings);
	case CLASS_INDIRECT:
	case CLASS_MISALIGNED:
	case CLASS_SPOOF:
		return decide_failure(config, message_class, findings);
	case CLASS_PASS:
		accept.rule = "dmarc-pass";
		return accept;
	case CLASS_TRUSTED:
		accept.rule = "trusted";
		return accept;
	case CLASS_NONE:
		if (findings->dmarc.result == RESULT_PERMERROR) {
			accept.action = config->on_permerror;
			accept.rule = "dmarc-permerror";
			return accept;
		}
		accept.rule = "no-dmarc-record";
		return accept;
	case CLASS_FORWARDED:
		return decide_forwarded(config, findings);
	case CLASS_NONE_YET:
	case CLASS_COUNT:
		return accept;
	}
	return accept;
}

static void
strengthen(struct decision *decision, enum action action, const char *rule, enum reply_kind reply)
{
	if (action <= decision->action)
		return;
	decision->action = action;
	decision->rule = rule;
	decision->reply = reply;
	decision->override = NULL;
}

/* What SPF and iprev ask for by themselves: nothing, unless the operator says so (RFC 9989 7.1). */
static void
add_single_checks(struct decision *decision, const struct config *config,
		  const struct findings *findings)
{
	if (findings->spf.mail_from.result == RESULT_FAIL)
		strengthen(decision, config->on_spf_fail, "spf-fail", REPLY_SPF);
	if (findings->spf.helo.result == RESULT_FAIL)
		strengthen(decision, config->on_helo_fail, "helo-fail", REPLY_HELO);
	if (findings->iprev.result == RESULT_FAIL || findings->iprev.result == RESULT_PERMERROR)
		strengthen(decision, config->on_iprev_fail, "iprev-fail", REPLY_IPREV);
	if (findings->iprev.result == RESULT_TEMPERROR)
		strengthen(decision, config->on_iprev_temperror, "iprev-temperror", REPLY_IPREV);
}

/* Why the real record was not followed: the operator knows better what is published. */
static const char *
name_assumption(const struct findings *findings, enum message_class message_class)
{
	const struct dmarc_finding *assumed = findings->dmarc.assumed;

	if (assumed == NULL || message_class == CLASS_FORWARDED ||
	    findings->dmarc.result == RESULT_PASS)
		return NULL;
	return assumed->is_own_domain ? "own-domain" : "domain-policy";
}

/* The findings as the policy has to take them: with what the operator says is published. */
static struct findings
apply_assumption(const struct findings *findings)
{
	struct findings applied = *findings;

	if (findings->dmarc.assumed != NULL)
		applied.dmarc = *findings->dmarc.assumed;
	return applied;
}

/* What the built-in policy says; `applied` is what apply_assumption() makes of the findings. */
static struct decision
decide_built_in(const struct config *config, const struct message *message,
		const struct findings *findings, const struct findings *applied,
		enum message_class message_class)
{
	struct decision decision = decide_by_class(config, message_class, message, applied);
	const char *assumption = name_assumption(findings, message_class);

	if (assumption != NULL)
		decision.override = assumption;
	if (message_class != CLASS_TRUSTED)
		add_single_checks(&decision, config, findings);
	return decision;
}

static struct text
list_rules(struct arena *arena, const struct rule *const *rules, size_t count, bool with_action)
{
	struct textbuf out = textbuf_new(arena, LISTED_BYTES_MAX);

	for (size_t i = 0; i < count && i < LISTED_RULES_MAX; i++) {
		textbuf_add_string(&out, i > 0 ? "," : "");
		textbuf_add(&out, rules[i]->name);
		if (with_action)
			textbuf_printf(&out, ":%s", action_keyword(rules[i]->action));
	}
	if (count > LISTED_RULES_MAX)
		textbuf_printf(&out, ",+%zu", count - LISTED_RULES_MAX);
	return textbuf_text(&out);
}

/*
 * The operator's rules come first. They see the results as they are reported,
 * and the class with what OwnDomains and DomainPolicy make of it. Mail that is
 * not checked meets none.
 */
static struct decision
decide(struct arena *arena, const struct config *config, const struct message *message,
       const struct findings *findings, struct verdict *verdict)
{
	struct findings applied = apply_assumption(findings);
	struct rules_matched matched;

	verdict->message_class = verdict->trust != TRUST_NOT
					 ? CLASS_TRUSTED
					 : classify(config, message, &applied);
	/* Nor may a rule read our own trouble as the sender's fault. */
	if (verdict->trust != TRUST_NOT ||
	    (findings->resolver_is_gone && findings->dmarc.result == RESULT_TEMPERROR))
		return decide_built_in(config, message, findings, &applied,
				       verdict->message_class);
	matched = rules_match(arena, config, message, findings, verdict->message_class);
	verdict->shadow_rules = matched.shadows;
	verdict->shadow_count = matched.shadow_count;
	verdict->shadows = list_rules(arena, matched.shadows, matched.shadow_count, true);
	verdict->skipped_rules = list_rules(arena, matched.skipped, matched.skipped_count, false);
	if (matched.decider == NULL || matched.decider->action == ACTION_NONE_YET)
		return decide_built_in(config, message, findings, &applied,
				       verdict->message_class);
	return (struct decision){
		.action = matched.decider->action,
		.rule = text_string(arena, matched.decider->name),
		.reply = REPLY_RULE,
		.override = "local-policy",
		.operator_rule = matched.decider,
	};
}

/* The same message by the other discovery. */
static enum action
decide_by_other(struct arena *arena, const struct config *config, const struct message *message,
		const struct findings *findings)
{
	struct findings other = *findings;
	struct verdict verdict = { .trust = TRUST_NOT };

	other.dmarc = *findings->dmarc.other;
	return decide(arena, config, message, &other, &verdict).action;
}

struct verdict
policy_decide(struct arena *arena, const struct config *config, const struct message *message,
	      const struct findings *findings)
{
	struct verdict verdict = { .trust = policy_trust(config, message) };
	struct decision decision = decide(arena, config, message, findings, &verdict);

	verdict.decided = decision.action;
	verdict.decided_by_other = decision.action;
	if (verdict.trust == TRUST_NOT && findings->dmarc.other != NULL)
		verdict.decided_by_other = decide_by_other(arena, config, message, findings);
	verdict.action = config->mode == MODE_MONITOR ? ACTION_ACCEPT : decision.action;
	verdict.rule = decision.rule;
	verdict.operator_rule = decision.operator_rule;
	verdict.override = decision.override;
	reply_write(arena, config, message, findings, decision.reply, &verdict);
	return verdict;
}
