/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/rule_match.h"

#include "mail/domain_name.h"

/* Whether a condition holds for all recipients alike; other conditions are never mixed. */
enum holds { HOLDS_NOT, HOLDS, HOLDS_MIXED };

/* What conditions are held against. `findings` is NULL while only the envelope is known. */
struct subject {
	struct arena *arena;
	const struct message *message;
	const struct findings *findings;
	enum message_class message_class;
	bool has_helo;
	struct text helo;       /* for helo_of() */
};

/* The HELO name in normal form, empty when it is none; made for the first rule that asks. */
static struct text
helo_of(struct subject *subject)
{
	if (!subject->has_helo &&
	    !domain_name_normalize(subject->arena, subject->message->connection->helo,
				   &subject->helo))
		subject->helo = TEXT("");
	subject->has_helo = true;
	return subject->helo;
}

static bool
has_word(const struct rule_condition *condition, unsigned value)
{
	return (condition->words >> value & 1U) != 0;
}

/* Without memory: it is asked for each recipient times each rule. */
static bool
recipient_fits(const struct rule_condition *condition, const struct address *recipient)
{
	return domain_set_contains(condition->domains, recipient->domain) ||
	       text_set_contains(condition->names, recipient->mailbox);
}

/* A failed or doubted signature names nobody: only d= of one that passes counts. */
static bool
passing_signature_fits(const struct rule_condition *condition, const struct dkim_finding *dkim)
{
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->signatures[i].result == RESULT_PASS &&
		    domain_set_contains(condition->domains, dkim->signatures[i].domain))
			return true;
	return false;
}

/*
 * Without a record nobody asks for alignment, and no
 * walk has been made; the author domain itself is aligned with any record.
 */
static bool
needs_no_record(const struct dmarc_finding *dmarc, enum result result, struct text domain)
{
	return dmarc->result == RESULT_NONE && result == RESULT_PASS &&
	       dmarc->author.status == AUTHOR_ONE_DOMAIN &&
	       text_equal(domain, dmarc->author.domain);
}

static bool
spf_is_aligned(const struct findings *findings)
{
	return findings->dmarc.spf_aligned ||
	       needs_no_record(&findings->dmarc, findings->spf.mail_from.result,
			       findings->spf.mail_from.domain);
}

static bool
dkim_is_aligned(const struct findings *findings)
{
	const struct dkim_finding *dkim = &findings->dkim;

	for (size_t i = 0; i < dkim->count; i++)
		if (needs_no_record(&findings->dmarc, dkim->signatures[i].result,
				    dkim->signatures[i].domain))
			return true;
	return findings->dmarc.dkim_aligned;
}

static bool
alignment_fits(const struct rule_condition *condition, const struct findings *findings)
{
	bool is_spf = spf_is_aligned(findings);
	bool is_dkim = dkim_is_aligned(findings);

	return (is_spf && has_word(condition, RULE_ALIGNED_SPF)) ||
	       (is_dkim && has_word(condition, RULE_ALIGNED_DKIM)) ||
	       (!is_spf && !is_dkim && has_word(condition, RULE_ALIGNED_NONE));
}

/* Conditions on what is known after MAIL. *is_known_out: false for those of the findings. */
static bool
envelope_fits(const struct rule_condition *condition, struct subject *subject,
	      bool *is_known_out)
{
	const struct message *message = subject->message;
	const struct connection *connection = message->connection;

	*is_known_out = true;
	switch (condition->kind) {
	case CONDITION_ENVELOPE:
		return message->sender.is_null ? condition->has_null_sender :
			domain_set_contains(condition->domains, message->sender.domain);
	case CONDITION_HELO:
		return domain_set_contains(condition->domains, helo_of(subject));
	case CONDITION_CLIENT:
		return ip_set_contains(condition->networks, connection->client);
	case CONDITION_AUTHENTICATED:
		return has_word(condition, message->is_authenticated);
	case CONDITION_TLS:
		return has_word(condition, !text_is_empty(connection->tls_version));
	case CONDITION_DAEMON:
		return text_set_contains(condition->names, connection->daemon_name);
	default:
		*is_known_out = false;
		return false;
	}
}

static bool
message_fits(const struct rule_condition *condition, struct subject *subject)
{
	const struct message *message = subject->message;
	uint64_t size = (uint64_t)message->header_bytes + message->body_bytes;

	if (condition->kind == CONDITION_LIST_MAIL)
		return has_word(condition, message_is_list_mail(message));
	return size >= condition->size_minimum && size <= condition->size_maximum;
}

static bool
finding_fits(const struct rule_condition *condition, struct subject *subject)
{
	const struct findings *findings = subject->findings;
	const struct dmarc_finding *dmarc = &findings->dmarc;

	switch (condition->kind) {
	case CONDITION_AUTHOR:
		return dmarc->author.status == AUTHOR_ONE_DOMAIN &&
		       domain_set_contains(condition->domains, dmarc->author.domain);
	case CONDITION_FCRDNS:
		return findings->iprev.result == RESULT_PASS &&
		       domain_set_contains(condition->domains, findings->iprev.name);
	case CONDITION_DKIM_DOMAIN:
		return passing_signature_fits(condition, &findings->dkim);
	case CONDITION_CLASS:
		return has_word(condition, subject->message_class);
	case CONDITION_IPREV:
		return has_word(condition, findings->iprev.result);
	case CONDITION_SPF:
		return has_word(condition, findings->spf.mail_from.result);
	case CONDITION_SPF_HELO:
		return has_word(condition, findings->spf.helo.result);
	case CONDITION_DKIM:
		return has_word(condition, findings->dkim.result);
	case CONDITION_ARC:
		return has_word(condition, findings->arc.result);
	case CONDITION_DMARC:
		return has_word(condition, dmarc->result);
	case CONDITION_PUBLISHED:
		return has_word(condition, dmarc->published);
	case CONDITION_EFFECTIVE:
		return has_word(condition, dmarc->effective);
	case CONDITION_ALIGNED:
		return alignment_fits(condition, findings);
	default:
		return message_fits(condition, subject);
	}
}

/* All recipients meet it, none does, or the message has some of each. */
static enum holds
recipients_fit(const struct rule_condition *condition, struct subject *subject)
{
	const struct message *message = subject->message;
	size_t fitting = 0;

	for (size_t i = 0; i < message->recipient_count; i++)
		fitting += recipient_fits(condition, &message->recipients[i]);
	if (fitting == 0)
		return HOLDS_NOT;
	return fitting == message->recipient_count ? HOLDS : HOLDS_MIXED;
}

static enum holds
condition_holds(const struct rule_condition *condition, struct subject *subject)
{
	bool is_known;
	bool fits;

	if (condition->kind == CONDITION_RECIPIENT) {
		enum holds holds = recipients_fit(condition, subject);

		if (holds == HOLDS_MIXED || !condition->is_negated)
			return holds;
		return holds == HOLDS ? HOLDS_NOT : HOLDS;
	}
	fits = envelope_fits(condition, subject, &is_known);
	if (!is_known)
		fits = finding_fits(condition, subject);
	return fits != condition->is_negated ? HOLDS : HOLDS_NOT;
}

static enum holds
rule_holds(const struct rule *rule, struct subject *subject)
{
	enum holds all = HOLDS;

	for (size_t i = 0; i < rule->condition_count; i++) {
		enum holds one = condition_holds(&rule->conditions[i], subject);

		if (one == HOLDS_NOT)
			return HOLDS_NOT;
		if (one == HOLDS_MIXED)
			all = HOLDS_MIXED;
	}
	return all;
}

struct rules_matched
rules_match(struct arena *arena, const struct config *config, const struct message *message,
	    const struct findings *findings, enum message_class message_class)
{
	struct rules_matched matched = { NULL, NULL, 0, NULL, 0 };
	size_t shadow_capacity = 0;
	size_t skipped_capacity = 0;
	struct subject subject = { .arena = arena, .message = message, .findings = findings,
				   .message_class = message_class };

	for (size_t i = 0; i < config->rules.count && matched.decider == NULL; i++) {
		const struct rule *rule = &config->rules.items[i];
		enum holds holds = rule_holds(rule, &subject);

		if (holds == HOLDS_MIXED) {
			matched.skipped = arena_grow(arena, matched.skipped, matched.skipped_count,
						     &skipped_capacity, sizeof(*matched.skipped));
			matched.skipped[matched.skipped_count++] = rule;
		} else if (holds == HOLDS && rule->is_shadow) {
			matched.shadows = arena_grow(arena, matched.shadows, matched.shadow_count,
						     &shadow_capacity, sizeof(*matched.shadows));
			matched.shadows[matched.shadow_count++] = rule;
		} else if (holds == HOLDS) {
			matched.decider = rule;
		}
	}
	return matched;
}

bool
rules_ask_size(const struct config *config)
{
	for (size_t i = 0; i < config->rules.count; i++)
		for (size_t j = 0; j < config->rules.items[i].condition_count; j++)
			if (config->rules.items[i].conditions[j].kind == CONDITION_SIZE)
				return true;
	return false;
}

static bool
forwarder_serves_all(const struct trusted_forwarder *forwarder, const struct message *message)
{
	if (forwarder->recipient_domains == NULL)
		return true;
	for (size_t i = 0; i < message->recipient_count; i++)
		if (!domain_set_contains(forwarder->recipient_domains,
					 message->recipients[i].domain))
			return false;
	return message->recipient_count > 0;
}

const struct trusted_forwarder *
rules_find_forwarder(const struct config *config, const struct message *message,
		     const struct findings *findings)
{
	bool has_name = findings->iprev.result == RESULT_PASS;

	for (size_t i = 0; i < config->trusted_forwarders.count; i++) {
		const struct trusted_forwarder *forwarder = &config->trusted_forwarders.items[i];
		bool is_client =
			ip_set_contains(forwarder->networks, message->connection->client) ||
			(has_name && domain_set_contains(forwarder->names, findings->iprev.name));

		if (is_client && forwarder_serves_all(forwarder, message))
			return forwarder;
	}
	return NULL;
}

/* By what is known after MAIL: none of its other conditions is broken yet. */
static bool
may_still_match(const struct rule *rule, struct subject *subject)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct rule_condition *condition = &rule->conditions[i];
		bool is_known;
		bool fits = envelope_fits(condition, subject, &is_known);

		if (is_known && fits == condition->is_negated)
			return false;
	}
	return true;
}

static bool
rule_tells_apart(const struct rule *rule, const struct address *one, const struct address *other)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].kind == CONDITION_RECIPIENT &&
		    recipient_fits(&rule->conditions[i], one) !=
			    recipient_fits(&rule->conditions[i], other))
			return true;
	return false;
}

/* A host name is confirmed only later, so a forwarder by name may be any client. */
static bool
forwarder_tells_apart(const struct trusted_forwarder *forwarder, const struct message *message,
		      const struct address *one, const struct address *other)
{
	if (forwarder->recipient_domains == NULL ||
	    (forwarder->names == NULL &&
	     !ip_set_contains(forwarder->networks, message->connection->client)))
		return false;
	return domain_set_contains(forwarder->recipient_domains, one->domain) !=
	       domain_set_contains(forwarder->recipient_domains, other->domain);
}

bool
rules_recipient_fits_group(struct arena *arena, const struct config *config,
			   const struct message *message, const struct address *recipient)
{
	struct subject subject = { .arena = arena, .message = message };
	const struct address *first = message->recipients;

	if (message->recipient_count == 0)
		return true;
	for (size_t i = 0; i < config->rules.count; i++) {
		const struct rule *rule = &config->rules.items[i];

		/* A rule that is only tried must not put a recipient off. */
		if (rule->names_recipients && !rule->is_shadow &&
		    rule_tells_apart(rule, first, recipient) &&
		    may_still_match(rule, &subject))
			return false;
	}
	for (size_t i = 0; i < config->trusted_forwarders.count; i++)
		if (forwarder_tells_apart(&config->trusted_forwarders.items[i], message, first,
					  recipient))
			return false;
	return true;
}
