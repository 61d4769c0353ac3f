/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps of iprev and ARC, and the decision. */
#include "tool/steps.h"

#include "config/rule_explain.h"

static struct text
answer_to(const struct judgement *judgement, struct text name, enum dns_type type)
{
	const struct dns_exchange *exchange = judgement_find_answer(judgement, name, type);
	struct dns_answer answer;

	return exchange == NULL ? TEXT("") :
				  dns_exchange_answer(judgement->arena, exchange, &answer);
}

void
explain_iprev(struct steps *steps, const struct judgement *judgement)
{
	const struct iprev_finding *iprev = &judgement->outcome.findings.iprev;
	struct ip client = judgement->connection.client;
	struct text reverse = ip_reverse_name(steps->arena, client);
	enum dns_type type = client.family == IP_V6 ? DNS_AAAA : DNS_A;
	struct text names = answer_to(judgement, reverse, DNS_PTR);

	if (iprev->result == RESULT_NOT_CHECKED)
		return;
	steps_add(steps, 0, step_mood_of(iprev->result), "RFC 8601 2.7.3", "%s: %s%.*s%s%s",
		  result_keyword(iprev->result),
		  iprev->result == RESULT_PASS ? "the client is " : "",
		  TEXT_ARGUMENTS(iprev->name), iprev->reason != NULL && iprev->name.length > 0 ?
		  ": " : "", iprev->reason != NULL ? iprev->reason : "");
	if (!text_is_empty(names))
		steps_add_detail(steps, 1, STEP_PLAIN, NULL, "%.*s PTR: %.*s",
				 TEXT_ARGUMENTS(reverse), STEP_TEXT(steps, names));
	if (!text_is_empty(iprev->name))
		steps_add_detail(steps, 1, STEP_PLAIN, NULL, "%.*s %s: %.*s",
				 TEXT_ARGUMENTS(iprev->name), dns_type_name(type),
				 STEP_TEXT(steps, answer_to(judgement, iprev->name, type)));
}

void
explain_arc(struct steps *steps, const struct judgement *judgement)
{
	const struct arc_finding *arc = &judgement->outcome.findings.arc;

	if (arc->result == RESULT_NOT_CHECKED || arc->result == RESULT_NONE)
		return;
	if (arc->result != RESULT_PASS) {
		steps_add(steps, 0, step_mood_of(arc->result), "RFC 8617 5.2", "%s: %s",
			  result_keyword(arc->result), arc->reason != NULL ? arc->reason : "");
		return;
	}
	steps_add(steps, 0, STEP_GOOD, "RFC 8617 5.2", "pass: %zu set%s", arc->count,
		  arc->count == 1 ? "" : "s");
	for (size_t i = 0; i < arc->count; i++)
		steps_add(steps, 1, arc->instances[i].is_trusted ? STEP_GOOD : STEP_PLAIN, NULL,
			  "set %zu sealed by %.*s%s", i + 1,
			  TEXT_ARGUMENTS(arc->instances[i].domain),
			  arc->instances[i].is_trusted ? ", in TrustedARCSealers" :
							 ", not in TrustedARCSealers");
	if (arc->oldest_trusted > 0)
		steps_add(steps, 1, STEP_PLAIN, "RFC 8617 7.2.1",
			  "what set %u reports counts: all sealers from there on are trusted",
			  arc->oldest_trusted);
}

/* The built-in rules: what they mean, and where they are written down. */
static const struct {
	const char *rule;
	const char *sentence;
	const char *clause;
	const char *option;             /* that chooses the action; NULL: none */
} built_in_rules[] = {
	{ "dmarc-pass", "an identifier that passes is aligned with the author domain",
	  "RFC 9989 5.3.5", NULL },
	{ "no-dmarc-record", "no DMARC record that can be used applies to the author domain",
	  "RFC 9989 4.10.1", NULL },
	{ "dmarc-none", "DMARC fails, and the policy that applies is none", "RFC 9989 5.4",
	  "OnNone" },
	{ "dmarc-quarantine", "DMARC fails, and the policy that applies is quarantine",
	  "RFC 9989 5.4", "OnQuarantine" },
	{ "dmarc-reject", "DMARC fails, the policy that applies is reject, and the class is in "
	  "RejectClasses", "RFC 9989 7.4", "OnReject" },
	{ "dmarc-reject-softened", "DMARC fails and the policy that applies is reject, but the "
	  "class is not in RejectClasses", "RFC 9989 7.4", "OnQuarantine" },
	{ "dmarc-temperror", "an answer is missing without which there is no verdict, and the "
	  "policy is strict", "RFC 9989 5.3.6", "OnTempError" },
	{ "dmarc-temperror-unknown", "an answer is missing, and no strict policy is known",
	  "RFC 9989 5.3.6", "OnTempErrorUnknown" },
	{ "defer-expired", "the answer is missing for longer than DeferMaximum",
	  "RFC 9989 5.3.6", "OnQuarantine" },
	{ "dmarc-permerror", "DMARC cannot be evaluated", "RFC 9989 9.2", "OnPermError" },
	{ "missing-from", "there is no From field", "RFC 9989 11.5", "OnMissingFrom" },
	{ "multiple-from", "there is more than one From field", "RFC 9989 11.5", "OnMultipleFrom" },
	{ "multiple-domains", "the From field names authors of different domains",
	  "RFC 9989 11.5", "OnMultipleDomains" },
	{ "malformed-from", "the From field has no usable domain", "RFC 9989 11.5",
	  "OnMalformedFrom" },
	{ "header-limit", "the header is larger than MaxHeaders", NULL, "OnHeaderLimit" },
	{ "internal-error", "our own resolver is gone", NULL, "OnInternalError" },
	{ "arc-trusted", "it passed when it came to those in TrustedARCSealers",
	  "RFC 8617 7.2.1", NULL },
	{ "trusted-forwarder", "it comes from one of TrustedForwarders", NULL,
	  "TrustedForwarders" },
	{ "spf-fail", "SPF fails, which alone decides here", "RFC 7208 8.4", "OnSPFFail" },
	{ "helo-fail", "SPF of the HELO name fails, which alone decides here", "RFC 7208 8.4",
	  "OnHeloFail" },
	{ "iprev-fail", "the client has no confirmed name, which alone decides here",
	  "RFC 8601 2.7.3", "OnIPRevFail" },
	{ "iprev-temperror", "the name of the client cannot be confirmed now", "RFC 8601 2.7.3",
	  "OnIPRevTempError" },
	{ "accept", "no check that is on says anything against it", NULL, NULL },
	{ "trusted", "it is trusted, so nothing is checked", NULL, NULL },
};

static void
explain_operator_rule(struct steps *steps, const struct rule *rule)
{
	steps_add(steps, 0, STEP_PLAIN, NULL, "rule %.*s of %.*s decides: all its conditions hold",
		  TEXT_ARGUMENTS(rule->name), TEXT_ARGUMENTS(rule->place));
	for (size_t i = 0; i < rule->condition_count; i++)
		steps_add(steps, 1, STEP_PLAIN, NULL, "%.*s",
			  TEXT_ARGUMENTS(rule_condition_explain(steps->arena,
								&rule->conditions[i])));
}

/* The option that chose the action; for a bounce there is one for all that is wrong with From. */
static const char *
option_of(const struct judgement *judgement, const char *option)
{
	static const char *const of_from[] = { "OnMissingFrom", "OnMultipleFrom",
					       "OnMultipleDomains", "OnMalformedFrom" };

	for (size_t i = 0; i < COUNT_OF(of_from) && option != NULL; i++)
		if (judgement->message->sender.is_null &&
		    text_equal(text_from(option), text_from(of_from[i])))
			return "OnMalformedBounce";
	return option;
}

static void
explain_built_in_rule(struct steps *steps, const struct judgement *judgement)
{
	const char *rule = judgement->outcome.verdict.rule;

	if (judgement->outcome.findings.dmarc.result == RESULT_NOT_CHECKED &&
	    text_equal(text_from(rule), TEXT("no-dmarc-record"))) {
		steps_add(steps, 0, STEP_PLAIN, NULL, "rule %s decides: DMARC is not checked "
			  "(CheckDMARC)", rule);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(built_in_rules); i++) {
		const char *option = option_of(judgement, built_in_rules[i].option);

		if (!text_equal(text_from(built_in_rules[i].rule), text_from(rule)))
			continue;
		steps_add(steps, 0, STEP_PLAIN, built_in_rules[i].clause,
			  "rule %s decides: %s%s%s%s", rule, built_in_rules[i].sentence,
			  option != NULL ? " (" : "", option != NULL ? option : "",
			  option != NULL ? ")" : "");
		return;
	}
	steps_add(steps, 0, STEP_PLAIN, NULL, "rule %s decides", rule);
}

/* What the policy went by: what OwnDomains or DomainPolicy say is published comes first. */
static const struct dmarc_finding *
decisive_dmarc(const struct findings *findings)
{
	return findings->dmarc.assumed != NULL ? findings->dmarc.assumed : &findings->dmarc;
}

static bool
anything_passes(const struct findings *findings)
{
	return findings->spf.mail_from.result == RESULT_PASS ||
	       findings->spf.helo.result == RESULT_PASS || findings->dkim.result == RESULT_PASS;
}

static const char *
class_sentence(enum message_class message_class, const struct findings *findings)
{
	switch (message_class) {
	case CLASS_TRUSTED:
		return "not checked at all";
	case CLASS_MALFORMED:
		return findings->dmarc.author.status == AUTHOR_NOT_KNOWN
			       ? "its header was not judged"
			       : "no usable author domain";
	case CLASS_ERROR:
		return "an answer is missing without which there is no verdict";
	case CLASS_PASS:
		return "DMARC passes";
	case CLASS_NONE:
		if (findings->dmarc.result == RESULT_NOT_CHECKED)
			return "DMARC is not checked";
		return findings->dmarc.result == RESULT_PERMERROR ? "DMARC has no result"
								  : "no DMARC record applies";
	case CLASS_FORWARDED:
		return "DMARC fails, but a forwarder or sealer that is trusted stands in for it";
	case CLASS_INDIRECT:
		return "DMARC fails, with signs of an honest detour";
	case CLASS_MISALIGNED:
		return anything_passes(findings)
			       ? "DMARC fails; something passes, but not for the author domain"
			       : "DMARC fails; something might pass, had its answer come, but not "
				 "for the author domain";
	case CLASS_SPOOF:
		return "DMARC fails and nothing passes";
	case CLASS_NONE_YET:
	case CLASS_COUNT:
		break;
	}
	return "not known";
}

static void
explain_trust(struct steps *steps, const struct judgement *judgement)
{
	switch (judgement->outcome.verdict.trust) {
	case TRUST_NOT:
		return;
	case TRUST_HOST:
		steps_add(steps, 0, STEP_PLAIN, NULL, "the client is in IgnoreHosts");
		return;
	case TRUST_AUTHENTICATED:
		steps_add(steps, 0, STEP_PLAIN, NULL,
			  "the client has logged in (IgnoreAuthenticatedClients)");
		return;
	case TRUST_DAEMON_NAME:
		steps_add(steps, 0, STEP_PLAIN, NULL, "{daemon_name} %.*s is in IgnoreDaemonNames",
			  STEP_TEXT(steps, judgement->connection.daemon_name));
		return;
	}
}

/* The short of it; the checks say the rest. */
static void
explain_failure(struct steps *steps, const struct findings *findings)
{
	const struct spf_identity *spf = &findings->spf.mail_from;

	steps_add(steps, 1, STEP_PLAIN, NULL, "author domain %.*s; SPF %s for %.*s%s%s",
		  STEP_DOMAIN(steps, findings->dmarc.author.domain), result_keyword(spf->result),
		  TEXT_ARGUMENTS(text_is_empty(spf->domain) ? TEXT("nobody") : spf->domain),
		  findings->dkim.count == 0 ? "; DKIM " : "",
		  findings->dkim.count == 0 ? result_keyword(findings->dkim.result) : "");
	for (size_t i = 0; i < findings->dkim.count; i++)
		steps_add(steps, 1, STEP_PLAIN, NULL, "DKIM %s for %.*s%s%s",
			  result_keyword(findings->dkim.signatures[i].result),
			  STEP_DOMAIN(steps, findings->dkim.signatures[i].domain),
			  findings->dkim.signatures[i].reason != NULL ? ": " : "",
			  findings->dkim.signatures[i].reason != NULL ?
			  findings->dkim.signatures[i].reason : "");
}

static void
explain_detour(struct steps *steps, const struct judgement *judgement)
{
	if (decisive_dmarc(&judgement->outcome.findings)->author_signature_broken)
		steps_add(steps, 1, STEP_PLAIN, NULL,
			  "the author domain signed it, and something was changed since");
	if (message_is_list_mail(judgement->message))
		steps_add(steps, 1, STEP_PLAIN, NULL,
			  "it is list mail (List-Id, List-Post or Precedence), and authenticates "
			  "as somebody, or might");
}

void
explain_decision(struct steps *steps, const struct judgement *judgement)
{
	const struct verdict *verdict = &judgement->outcome.verdict;
	const struct findings *findings = &judgement->outcome.findings;
	const struct dmarc_finding *dmarc = decisive_dmarc(findings);

	explain_trust(steps, judgement);
	steps_add(steps, 0, STEP_PLAIN, NULL, "class %s: %s",
		  message_class_keyword(verdict->message_class),
		  class_sentence(verdict->message_class, findings));
	if (dmarc != &findings->dmarc)
		steps_add(steps, 1, STEP_PLAIN, NULL,
			  "%s: judged as if %.*s published the policy %s",
			  dmarc->is_own_domain ? "OwnDomains" : "DomainPolicy",
			  STEP_DOMAIN(steps, findings->dmarc.author.domain),
			  dmarc_policy_keyword(dmarc->published));
	if (dmarc->result == RESULT_FAIL)
		explain_failure(steps, findings);
	if (verdict->message_class == CLASS_INDIRECT)
		explain_detour(steps, judgement);
	if (verdict->operator_rule != NULL)
		explain_operator_rule(steps, verdict->operator_rule);
	else
		explain_built_in_rule(steps, judgement);
	if (verdict->override != NULL)
		steps_add(steps, 1, STEP_PLAIN, NULL,
			  "override=%s: the published policy was not applied as such",
			  verdict->override);
	if (!text_is_empty(verdict->shadows))
		steps_add(steps, 1, STEP_PLAIN, NULL, "shadow rules that match: %.*s",
			  TEXT_ARGUMENTS(verdict->shadows));
	if (!text_is_empty(verdict->skipped_rules))
		steps_add(steps, 1, STEP_PLAIN, NULL,
			  "rules left out, because they fit only some of the recipients: %.*s",
			  TEXT_ARGUMENTS(verdict->skipped_rules));
	if (verdict->decided != verdict->action)
		steps_add(steps, 1, STEP_DOUBTFUL, NULL,
			  "Mode monitor: in Mode enforce the action would be %s",
			  action_keyword(verdict->decided));
}
