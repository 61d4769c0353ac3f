/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

#include "core/reply.h"

/* A decision on its way: the strongest action so far and the rule that asked for it. */
struct decision {
	enum action action;
	const char *rule;
	enum reply_kind reply;
	const char *override;
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
 * Signs of an honest detour: list mail that authenticates as somebody, or the author's
 * own broken signature.
 */
static bool
is_indirect(const struct message *message, const struct findings *findings)
{
	return findings->dmarc.author_signature_broken ||
	       (message_is_list_mail(message) && anything_passes(findings));
}

/*
 * The first that fits. By a trusted sealer's word before what the message shows
 * of a detour: it knows more.
 */
static enum message_class
classify_failure(const struct message *message, const struct findings *findings)
{
	if (findings->dmarc.sealer_reports_pass)
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
		return classify_failure(message, findings);
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
	struct decision decision = { ACTION_NONE_YET, NULL, REPLY_MALFORMED, NULL };

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
				     NULL };
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
	struct decision decision = { config->on_none, "dmarc-none", REPLY_DMARC, NULL };

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

/* RFC 8617 7.2.1: it passed when it came to those whom the operator trusts (TrustedARCSealers). */
static struct decision
decide_forwarded(const struct config *config, const struct findings *findings)
{
	struct decision decision = { ACTION_ACCEPT, "arc-trusted", REPLY_DMARC, "arc" };

	if (config->reject_class[CLASS_FORWARDED])
		return decide_failure(config, CLASS_FORWARDED, findings);
	return decision;
}

static struct decision
decide_by_class(const struct config *config, enum message_class message_class,
		const struct message *message, const struct findings *findings)
{
	struct decision accept = { ACTION_ACCEPT, "accept", REPLY_DMARC, NULL };

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

static struct decision
decide(const struct config *config, const struct message *message,
       const struct findings *findings, enum message_class message_class)
{
	struct decision decision = decide_by_class(config, message_class, message, findings);

	if (message_class != CLASS_TRUSTED)
		add_single_checks(&decision, config, findings);
	return decision;
}

static enum action
decide_by_other(const struct config *config, const struct message *message,
		const struct findings *findings)
{
	struct findings other = *findings;

	other.dmarc = *findings->dmarc.other;
	return decide(config, message, &other, classify(config, message, &other)).action;
}

struct verdict
policy_decide(struct arena *arena, const struct config *config, const struct message *message,
	      const struct findings *findings)
{
	struct verdict verdict = { .trust = policy_trust(config, message) };
	struct decision decision;

	verdict.message_class = verdict.trust != TRUST_NOT ? CLASS_TRUSTED
							   : classify(config, message, findings);
	decision = decide(config, message, findings, verdict.message_class);
	verdict.decided = decision.action;
	verdict.decided_by_other = decision.action;
	if (verdict.trust == TRUST_NOT && findings->dmarc.other != NULL)
		verdict.decided_by_other = decide_by_other(config, message, findings);
	verdict.action = config->mode == MODE_MONITOR ? ACTION_ACCEPT : decision.action;
	verdict.rule = decision.rule;
	verdict.override = decision.override;
	reply_write(arena, config, message, findings, decision.reply, &verdict);
	return verdict;
}
