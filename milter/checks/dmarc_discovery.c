/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dmarc_discovery.h"

/* RFC 7489 6.6.3: the author domain, then the registered domain. Both are asked at once. */
static void
start_by_list(struct dmarc_discovery *discovery, struct text path)
{
	struct arena *arena = discovery->arena;

	discovery->list = public_suffix_acquire(arena, path, &discovery->note);
	if (discovery->list == NULL) {
		discovery->state = DMARC_DISCOVERY_NO_LIST;
		return;
	}
	discovery->registered_domain =
		public_suffix_registered_domain(arena, discovery->list, discovery->domain);
	discovery->listed_names[discovery->listed_count++] = discovery->domain;
	if (!text_equal(discovery->registered_domain, discovery->domain))
		discovery->listed_names[discovery->listed_count++] = discovery->registered_domain;
	for (size_t i = 0; i < discovery->listed_count; i++) {
		struct text question = tree_walk_question(arena, discovery->listed_names[i]);

		discovery->listed_questions[i] = question;
		if (!text_is_empty(question))
			dns_ask(discovery->dns, question, DNS_TXT, discovery->share);
	}
}

struct dmarc_discovery *
dmarc_discovery_start(struct arena *arena, const struct config *config, struct dns_session *dns,
		      struct text domain, enum dns_share share)
{
	struct dmarc_discovery *discovery = arena_alloc(arena, sizeof(*discovery));

	discovery->arena = arena;
	discovery->dns = dns;
	discovery->share = share;
	discovery->domain = domain;
	switch (config->dmarc_discovery) {
	case DISCOVERY_TREE_WALK:
		discovery->walk = tree_walk_start(arena, dns, domain, share);
		break;
	case DISCOVERY_PUBLIC_SUFFIX_LIST:
		start_by_list(discovery, config->public_suffix_list);
		break;
	}
	return discovery;
}

static void
add_note(struct dmarc_discovery *discovery, const char *what, struct text name)
{
	struct text separator = text_is_empty(discovery->note) ? TEXT("") : TEXT("; ");

	discovery->note = text_printf(discovery->arena, "%.*s%.*s%s %.*s",
				      TEXT_ARGUMENTS(discovery->note), TEXT_ARGUMENTS(separator),
				      what, TEXT_ARGUMENTS(name));
}

static void
note_missing(struct dmarc_discovery *discovery, struct text name, const char *reason,
	     bool is_over_limit)
{
	discovery->missing_name = name;
	discovery->missing_reason = reason;
	discovery->is_over_limit = is_over_limit;
}

static void
use_record(struct dmarc_discovery *discovery, const struct dmarc_record *record,
	   struct text name)
{
	discovery->has_record = true;
	discovery->record = *record;
	discovery->policy_domain = name;
}

/*
 * RFC 9989 4.10.1: the author domain's own record, else that of the
 * organizational domain, else that of the public suffix domain above it.
 */
static void
choose_from_walk(struct dmarc_discovery *discovery)
{
	const struct tree_walk *walk = &discovery->walk;
	const struct tree_walk_record *suffix = NULL;

	if (walk->record_count == 0)
		return;
	if (text_equal(walk->records[0].name, walk->domain)) {
		use_record(discovery, &walk->records[0].record, walk->records[0].name);
		return;
	}
	for (size_t i = 0; i < walk->record_count; i++) {
		const struct tree_walk_record *found = &walk->records[i];

		if (text_equal(found->name, walk->likely_organization)) {
			use_record(discovery, &found->record, found->name);
			return;
		}
		if (found->record.psd == DMARC_PSD_YES)
			suffix = found;
	}
	if (suffix != NULL)
		use_record(discovery, &suffix->record, suffix->name);
}

static enum dmarc_discovery_state
look_up_by_walk(struct dmarc_discovery *discovery, enum tree_walk_wait wait)
{
	struct tree_walk *walk = &discovery->walk;

	if (!tree_walk_continue(walk, discovery->dns, wait))
		return DMARC_DISCOVERY_PENDING;
	choose_from_walk(discovery);
	if (!text_is_empty(walk->repeated_name))
		add_note(discovery, "several records, all discarded, at",
			 tree_walk_question(discovery->arena, walk->repeated_name));
	if (walk->is_incomplete)
		note_missing(discovery, tree_walk_question(discovery->arena, walk->missing_name),
			     walk->missing_reason, walk->is_over_limit);
	/* What is missing above the author domain's own record cannot take it away. */
	if (discovery->has_record && text_equal(discovery->policy_domain, discovery->domain))
		return DMARC_DISCOVERY_FOUND;
	if (walk->is_incomplete)
		return DMARC_DISCOVERY_MISSING;
	return discovery->has_record ? DMARC_DISCOVERY_FOUND : DMARC_DISCOVERY_NO_RECORD;
}

static const struct dns_answer *
ask(struct dmarc_discovery *discovery, struct text name, enum tree_walk_wait wait)
{
	if (wait == TREE_WALK_WAIT)
		return dns_look_up(discovery->dns, name, DNS_TXT, discovery->share);
	return dns_peek(discovery->dns, name, DNS_TXT, discovery->share);
}

/* RFC 7489 6.6.3: two records at a name are none, and nothing else is asked after that. */
static enum dmarc_discovery_state
look_up_by_list(struct dmarc_discovery *discovery, enum tree_walk_wait wait)
{
	for (size_t i = 0; i < discovery->listed_count; i++) {
		struct text question = discovery->listed_questions[i];
		const struct dns_answer *answer;
		struct dmarc_record record;

		if (text_is_empty(question))
			continue;
		answer = ask(discovery, question, wait);
		if (answer->status == DNS_PENDING)
			return DMARC_DISCOVERY_PENDING;
		if (answer->status == DNS_RETRY || answer->status == DNS_LIMIT) {
			note_missing(discovery, question, answer->reason,
				     answer->status == DNS_LIMIT);
			return DMARC_DISCOVERY_MISSING;
		}
		switch (tree_walk_read_answer(answer, &record)) {
		case TREE_WALK_NO_RECORD:
			continue;
		case TREE_WALK_SEVERAL_RECORDS:
			add_note(discovery, "several records at", question);
			return DMARC_DISCOVERY_NO_RECORD;
		case TREE_WALK_ONE_RECORD:
			use_record(discovery, &record, discovery->listed_names[i]);
			return DMARC_DISCOVERY_FOUND;
		}
	}
	return DMARC_DISCOVERY_NO_RECORD;
}

static bool
select_policy(struct dmarc_discovery *discovery, enum dmarc_relation relation)
{
	return dmarc_record_select(&discovery->record, relation, &discovery->selection);
}

/* Both answers are possible: at least the weaker of the two policies is known. */
static void
select_weaker(struct dmarc_discovery *discovery)
{
	struct dmarc_selection absent;

	(void)select_policy(discovery, DMARC_RELATION_BELOW_ABSENT);
	absent = discovery->selection;
	(void)select_policy(discovery, DMARC_RELATION_BELOW);
	if (absent.request < discovery->selection.request)
		discovery->selection = absent;
	discovery->is_selection_open = true;
}

/* RFC 9989 3.2.13, A.4: only NXDOMAIN for the name itself, not for a CNAME's target, is absence. */
static bool
select_by_existence(struct dmarc_discovery *discovery, enum tree_walk_wait wait)
{
	const struct dns_answer *answer = ask(discovery, discovery->domain, wait);

	switch (answer->status) {
	case DNS_PENDING:
		return false;
	case DNS_RETRY:
		select_weaker(discovery);
		if (discovery->missing_reason == NULL)
			note_missing(discovery, discovery->domain, answer->reason, false);
		return true;
	case DNS_NO_NAME:
		(void)select_policy(discovery, answer->has_cname ? DMARC_RELATION_BELOW :
								   DMARC_RELATION_BELOW_ABSENT);
		return true;
	case DNS_LIMIT:         /* a name is there unless the DNS denies it */
	case DNS_FOUND:
	case DNS_NO_DATA:
		break;
	}
	(void)select_policy(discovery, DMARC_RELATION_BELOW);
	return true;
}

/* A record is there: which of its policies is meant? False while an answer is out. */
static bool
select_from_record(struct dmarc_discovery *discovery, enum tree_walk_wait wait)
{
	bool is_own = text_equal(discovery->policy_domain, discovery->domain);
	bool applies = select_policy(discovery, is_own ? DMARC_RELATION_OWN :
							 DMARC_RELATION_BELOW);

	if (!applies) {
		discovery->has_record = false;
		if (discovery->records_state == DMARC_DISCOVERY_FOUND)
			discovery->records_state = DMARC_DISCOVERY_NO_RECORD;
		add_note(discovery, "no valid policy in the record of", discovery->policy_domain);
		return true;
	}
	if (!is_own && dmarc_record_tells_absent_names_apart(&discovery->record) &&
	    !select_by_existence(discovery, wait))
		return false;
	if (discovery->selection.was_repaired)
		add_note(discovery, "taken as p=none: no valid policy in the record of",
			 discovery->policy_domain);
	if (discovery->record.has_repeated_tag)
		add_note(discovery, "repeated tag in the record of", discovery->policy_domain);
	return true;
}

enum dmarc_discovery_state
dmarc_discovery_continue(struct dmarc_discovery *discovery, enum tree_walk_wait wait)
{
	if (discovery->state != DMARC_DISCOVERY_PENDING)
		return discovery->state;
	if (discovery->records_state == DMARC_DISCOVERY_PENDING)
		discovery->records_state = discovery->list != NULL ?
					   look_up_by_list(discovery, wait) :
					   look_up_by_walk(discovery, wait);
	if (discovery->records_state == DMARC_DISCOVERY_PENDING)
		return DMARC_DISCOVERY_PENDING;
	if (discovery->has_record && !select_from_record(discovery, wait))
		return DMARC_DISCOVERY_PENDING;
	discovery->state = discovery->records_state;
	return discovery->state;
}

struct text
dmarc_discovery_organizational_domain(const struct dmarc_discovery *discovery)
{
	if (discovery->list != NULL)
		return discovery->registered_domain;
	return tree_walk_organizational_domain(&discovery->walk);
}
