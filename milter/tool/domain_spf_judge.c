/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_spf_judge.h"

#include "tool/domain_spf_fix.h"

enum {
	OWN_PREFIX4_LEAST = 16,         /* of networks in the domain's own record */
	OWN_PREFIX6_LEAST = 29,
	ANY_PREFIX4_LEAST = 9,          /* of any record: nobody sends from half the internet */
	ANY_PREFIX6_LEAST = 17
};

/* " in the record of example.net" for what is not in the domain's own. */
static struct text
place_of(struct arena *arena, const struct domain_spf_node *node)
{
	if (node->depth == 0)
		return TEXT("");
	return text_printf(arena, " (in the record of %.*s)", TEXT_ARGUMENTS(node->domain));
}

/*
 * A term of the domain's own record can be taken out; those of others are others' business.
 * Without its last sender a record would refuse all mail of the domain: that mends nothing.
 */
static void
offer_without(struct domain_findings *findings, const struct domain_spf_node *node,
	      const struct domain_spf_term *term)
{
	struct text record;

	if (node->depth > 0)
		return;
	record = domain_spf_replace(findings->arena,
				    domain_findings_proposal(findings, node->domain, node->record),
				    term->text, TEXT(""));
	if (domain_spf_names_senders(record))
		domain_finding_replace(findings, node->domain, record);
}

static void
judge_child(const struct domain_spf_node *node, const struct domain_spf_term *term,
	    struct domain_findings *findings)
{
	const struct domain_spf_node *child = term->child;
	struct text place = place_of(findings->arena, node);

	switch (child->state) {
	case DOMAIN_SPF_USABLE:
	case DOMAIN_SPF_NOT_FOLLOWED:
		return;
	case DOMAIN_SPF_NO_RECORD:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-include-missing", child->domain,
				   "%.*s%.*s leads to no SPF record: receivers answer permerror.",
				   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place));
		offer_without(findings, node, term);
		return;
	case DOMAIN_SPF_SEVERAL:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-include-several", child->domain,
				   "%.*s%.*s leads to %zu SPF records in place of one: receivers "
				   "answer permerror.", TEXT_ARGUMENTS(term->text),
				   TEXT_ARGUMENTS(place), child->record_count);
		return;
	case DOMAIN_SPF_WRONG:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-include-syntax", child->domain,
				   "The record that %.*s%.*s leads to is wrong: %.*s. Receivers "
				   "answer permerror.", TEXT_ARGUMENTS(term->text),
				   TEXT_ARGUMENTS(place), TEXT_ARGUMENTS(child->reason));
		return;
	case DOMAIN_SPF_UNANSWERED:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-include-unanswered", child->domain,
				   "The record that %.*s%.*s leads to cannot be looked up: %s.",
				   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place),
				   domain_answer_trouble(child->answer));
		return;
	case DOMAIN_SPF_LOOP:
		domain_finding_add(findings, DOMAIN_ERROR, "spf-loop", child->domain,
				   "%.*s%.*s leads back to a record that led there, without end: "
				   "receivers answer permerror.", TEXT_ARGUMENTS(term->text),
				   TEXT_ARGUMENTS(place));
		offer_without(findings, node, term);
		return;
	case DOMAIN_SPF_NEEDS_MESSAGE:
		domain_finding_add(findings, DOMAIN_NOTE, "spf-macro", term->text,
				   "%.*s%.*s depends on the message (macros), and was counted "
				   "but not followed.", TEXT_ARGUMENTS(term->text),
				   TEXT_ARGUMENTS(place));
		return;
	}
}

static void
judge_void(const struct domain_spf_node *node, const struct domain_spf_term *term,
	   struct domain_findings *findings)
{
	struct text place = place_of(findings->arena, node);
	bool is_for_all = term->voids4 > 0 && term->voids6 > 0;

	if (term->term == NULL || term->term->mechanism == SPF_MECHANISM_EXISTS || !is_for_all)
		return;
	domain_finding_add(findings, DOMAIN_WARNING, "spf-void", term->name,
			   "%.*s%.*s leads to nothing: %.*s has no %s.",
			   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place),
			   TEXT_ARGUMENTS(term->name),
			   term->term->mechanism == SPF_MECHANISM_MX ? "MX record" : "address");
	offer_without(findings, node, term);
}

static bool
is_too_wide(const struct domain_spf_node *node, const struct spf_term *term)
{
	bool is_own = node->depth == 0;

	if (term->mechanism == SPF_MECHANISM_IP4)
		return term->prefix4 < (is_own ? OWN_PREFIX4_LEAST : ANY_PREFIX4_LEAST);
	return term->mechanism == SPF_MECHANISM_IP6 &&
	       term->prefix6 < (is_own ? OWN_PREFIX6_LEAST : ANY_PREFIX6_LEAST);
}

static void
judge_network(const struct domain_spf_node *node, const struct domain_spf_term *term,
	      struct domain_findings *findings)
{
	struct text place = place_of(findings->arena, node);

	if (is_too_wide(node, term->term))
		domain_finding_add(findings, DOMAIN_WARNING, "spf-wide-network", term->text,
				   "%.*s%.*s lets a very large network send.",
				   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place));
	else if (node->depth == 0 && domain_address_is_private(term->term->network))
		domain_finding_add(findings, DOMAIN_NOTE, "spf-private-network", term->text,
				   "%.*s names a private network, which no receiver ever sees.",
				   TEXT_ARGUMENTS(term->text));
}

static void
judge_mechanism(const struct domain_spf_node *node, const struct domain_spf_term *term,
		struct domain_findings *findings)
{
	struct text place = place_of(findings->arena, node);

	if (term->term->mechanism == SPF_MECHANISM_PTR) {
		domain_finding_add(findings, DOMAIN_WARNING, "spf-ptr", term->text,
				   "%.*s%.*s is slow and not to be used (RFC 7208 5.5); some "
				   "receivers skip it.", TEXT_ARGUMENTS(term->text),
				   TEXT_ARGUMENTS(place));
		offer_without(findings, node, term);
	}
	if (term->term->mechanism == SPF_MECHANISM_ALL && node->depth > 0 &&
	    term->term->qualifier == SPF_QUALIFIER_PASS)
		domain_finding_add(findings, DOMAIN_ERROR, "spf-plus-all", term->text,
				   "\"%.*s\"%.*s lets the whole world send.",
				   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place));
	if (term->host_count > DOMAIN_SPF_HOSTS_MAX)
		domain_finding_add(findings, DOMAIN_ERROR, "spf-mx-limit", term->text,
				   "%.*s%.*s leads to %zu mail servers, and %d are allowed "
				   "(RFC 7208 4.6.4): receivers answer permerror.",
				   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place),
				   term->host_count, DOMAIN_SPF_HOSTS_MAX);
	judge_network(node, term, findings);
}

static void
judge_unreachable(const struct domain_spf_node *node, const struct domain_spf_term *term,
		  struct domain_findings *findings)
{
	struct text place = place_of(findings->arena, node);

	if (node->depth > 0)
		return;
	domain_finding_add(findings, DOMAIN_WARNING, "spf-unreachable", term->text,
			   "%.*s%.*s has no effect, because \"all\" comes first.",
			   TEXT_ARGUMENTS(term->text), TEXT_ARGUMENTS(place));
}

static void
judge_term(const struct domain_spf_node *node, const struct domain_spf_term *term,
	   struct domain_findings *findings)
{
	if (term->is_unreachable) {
		judge_unreachable(node, term, findings);
		return;
	}
	if (term->child != NULL)
		judge_child(node, term, findings);
	else if (term->open != NULL)
		domain_finding_add(findings, DOMAIN_ERROR, "spf-term-unanswered", term->name,
				   "What %.*s%.*s names cannot be looked up: %s.",
				   TEXT_ARGUMENTS(term->text),
				   TEXT_ARGUMENTS(place_of(findings->arena, node)),
				   domain_answer_trouble(term->open));
	judge_void(node, term, findings);
	if (term->term != NULL)
		judge_mechanism(node, term, findings);
}

static void
judge_node(const struct domain_spf_node *node, struct domain_findings *findings)
{
	for (size_t i = 0; i < node->term_count; i++) {
		judge_term(node, &node->terms[i], findings);
		if (node->terms[i].child != NULL)
			judge_node(node->terms[i].child, findings);
	}
}

void
domain_spf_judge_terms(const struct domain_spf_tree *tree, struct domain_findings *findings)
{
	judge_node(tree->root, findings);
}

/* The record with an address, which stands where nothing before it can refuse it. */
static struct text
with_sender(struct arena *arena, struct text record, const struct domain_spf_term *refusing,
	    struct ip ip)
{
	struct text term = domain_spf_address_term(arena, ip);
	struct text both;

	if (refusing == NULL || refusing->term == NULL ||
	    refusing->term->mechanism == SPF_MECHANISM_ALL)
		return domain_spf_extend(arena, record, term);
	both = text_join(arena, term, text_join(arena, TEXT(" "), refusing->text));
	return domain_spf_replace(arena, record, refusing->text, both);
}

/* An address that sends for the domain has to pass. */
static void
judge_sender(const struct domain_spf_tree *tree, struct ip ip, struct domain_findings *findings)
{
	const struct domain_spf_term *term;
	enum domain_spf_result result = domain_spf_check(tree, ip, &term);
	struct text shown = ip_text(findings->arena, ip);
	const struct domain_spf_node *root = tree->root;

	if (result == DOMAIN_SPF_PASS) {
		domain_finding_add(findings, DOMAIN_OK, "spf-sender", shown,
				   "%.*s may send, by %.*s", TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(term->text));
		return;
	}
	if (result == DOMAIN_SPF_OPEN) {
		domain_finding_add(findings, DOMAIN_NOTE, "spf-sender-open", shown,
				   "Whether %.*s may send depends on %.*s, which cannot be told "
				   "without a message.", TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(term != NULL ? term->text : root->record));
		return;
	}
	if (result == DOMAIN_SPF_ERROR)
		return;
	domain_finding_add(findings, DOMAIN_ERROR, "spf-sender-refused", shown,
			   "%.*s sends for the domain, and SPF says %s%s%.*s.",
			   TEXT_ARGUMENTS(shown), domain_spf_result_word(result),
			   term != NULL ? " by " : "",
			   TEXT_ARGUMENTS(term != NULL ? term->text : TEXT("")));
	domain_finding_replace(findings, root->domain, with_sender(
		findings->arena, domain_findings_proposal(findings, root->domain, root->record),
		term, ip));
}

static void
judge_mx_host(const struct domain_spf_tree *tree, const struct domain_host *host,
	      struct domain_findings *findings)
{
	for (size_t i = 0; i < host->address_count; i++) {
		const struct domain_spf_term *term;
		enum domain_spf_result result = domain_spf_check(tree, host->addresses[i], &term);
		struct text shown = ip_text(findings->arena, host->addresses[i]);

		if (result != DOMAIN_SPF_FAIL && result != DOMAIN_SPF_SOFTFAIL &&
		    result != DOMAIN_SPF_NEUTRAL)
			continue;
		domain_finding_add(findings, DOMAIN_NOTE, "spf-mx-host", shown,
				   "The MX host %.*s (%.*s) may not send for the domain (SPF says "
				   "%s); that is right when it only receives.",
				   TEXT_ARGUMENTS(host->name), TEXT_ARGUMENTS(shown),
				   domain_spf_result_word(result));
	}
}

void
domain_spf_judge_senders(const struct domain_spf_tree *tree, const struct domain_wishes *wishes,
			 const struct domain_mx *mx, struct domain_findings *findings)
{
	for (size_t i = 0; i < wishes->address_count; i++)
		judge_sender(tree, wishes->addresses[i], findings);
	/* Who names the senders does not ask about the others. */
	for (size_t i = 0; wishes->address_count == 0 && i < mx->count; i++)
		judge_mx_host(tree, &mx->hosts[i].host, findings);
}
