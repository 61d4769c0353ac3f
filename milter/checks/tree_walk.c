/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/tree_walk.h"

#include "mail/domain_name.h"

enum {
	SHORTCUT_LABELS = 8,    /* RFC 9989 4.10 step 4: from here on labels are skipped */
	LABELS_AFTER_SHORTCUT = 7
};

static const struct text prefix = { "_dmarc.", 7 };

size_t
tree_walk_names(struct text domain, struct text names_out[TREE_WALK_QUESTIONS_MAX])
{
	size_t labels = domain_name_label_count(domain);
	size_t count = 0;

	if (text_is_empty(domain))
		return 0;
	names_out[count++] = domain;
	labels = labels >= SHORTCUT_LABELS ? LABELS_AFTER_SHORTCUT : labels - 1;
	for (; labels > 0; labels--)
		names_out[count++] = domain_name_last_labels(domain, labels);
	return count;
}

struct text
tree_walk_question(struct arena *arena, struct text name)
{
	if (name.length + prefix.length > DOMAIN_NAME_MAX)
		return TEXT("");
	return text_join(arena, prefix, name);
}

enum tree_walk_answer
tree_walk_read_answer(const struct dns_answer *answer, struct dmarc_record *record_out)
{
	struct text found = TEXT("");
	size_t count = 0;

	if (answer->status != DNS_FOUND)
		return TREE_WALK_NO_RECORD;
	for (size_t i = 0; i < answer->count; i++) {
		if (!dmarc_record_is_one(answer->records[i].text))
			continue;
		found = answer->records[i].text;
		count++;
	}
	if (count == 1 && dmarc_record_parse(found, record_out))
		return TREE_WALK_ONE_RECORD;
	return count > 1 ? TREE_WALK_SEVERAL_RECORDS : TREE_WALK_NO_RECORD;
}

static void
add_organization(struct tree_walk_organizations *organizations, struct text name)
{
	for (size_t i = 0; i < organizations->count; i++)
		if (text_equal(organizations->names[i], name))
			return;
	organizations->names[organizations->count++] = name;
}

/* RFC 9989 4.10.2 rule 2: one label below a public suffix domain, toward the domain. */
static struct text
name_below(struct text domain, struct text suffix)
{
	return domain_name_last_labels(domain, domain_name_label_count(suffix) + 1);
}

static bool
asks_for(const struct tree_walk *walk, struct text name)
{
	for (size_t i = 0; i < walk->name_count; i++)
		if (text_equal(walk->names[i], name))
			return true;
	return false;
}

static enum tree_walk_outcome
outcome_under(const struct tree_walk *walk, size_t index,
	      const struct tree_walk_assumption *assumption)
{
	enum tree_walk_outcome outcome = walk->outcomes[index];
	struct text name = walk->names[index];

	if (outcome != TREE_WALK_MISSING || assumption == NULL ||
	    !asks_for(assumption->other, name))
		return outcome;
	return text_equal(name, assumption->name) ? assumption->outcome : TREE_WALK_NOTHING;
}

struct tree_walk_organizations
tree_walk_possible_organizations(const struct tree_walk *walk,
				 const struct tree_walk_assumption *assumption)
{
	struct tree_walk_organizations possible = { .count = 0 };
	/* Those that an end without psd= leaves; RFC 9989 4.10.2 rule 4: at least the domain. */
	struct tree_walk_organizations shortest = { .names = { walk->domain }, .count = 1 };
	bool goes_on = true;

	for (size_t i = 0; goes_on && i < walk->next; i++) {
		enum tree_walk_outcome outcome = outcome_under(walk, i, assumption);
		struct text name = walk->names[i];

		switch (outcome) {
		case TREE_WALK_NOTHING:
			break;
		case TREE_WALK_MISSING: /* nothing, a record, or one that ends the walk */
			add_organization(&possible, name);
			add_organization(&possible, name_below(walk->domain, name));
			add_organization(&shortest, name);
			break;
		case TREE_WALK_RECORD:
		case TREE_WALK_PSD_NO:
		case TREE_WALK_PSD_YES:
			shortest.names[0] = outcome == TREE_WALK_PSD_YES ?
					    name_below(walk->domain, name) : name;
			shortest.count = 1;
			goes_on = outcome == TREE_WALK_RECORD;
			break;
		}
	}
	for (size_t i = 0; i < shortest.count; i++)
		add_organization(&possible, shortest.names[i]);
	return possible;
}

static enum tree_walk_outcome
outcome_of_record(const struct dmarc_record *record)
{
	switch (record->psd) {
	case DMARC_PSD_YES:
		return TREE_WALK_PSD_YES;
	case DMARC_PSD_NO:
		return TREE_WALK_PSD_NO;
	case DMARC_PSD_UNKNOWN:
		break;
	}
	return TREE_WALK_RECORD;
}

static void
note_missing(struct tree_walk *walk, struct text name, const struct dns_answer *answer)
{
	if (!walk->is_incomplete) {
		walk->missing_name = name;
		walk->missing_reason = answer->reason;
	}
	walk->is_incomplete = true;
	walk->is_over_limit |= answer->status == DNS_LIMIT;
}

/* One step of the walk. */
static enum tree_walk_outcome
take_answer(struct tree_walk *walk, struct text name, const struct dns_answer *answer)
{
	struct dmarc_record record;

	switch (answer->status) {
	case DNS_PENDING:       /* the caller looks for that */
	case DNS_RETRY:
	case DNS_LIMIT:
		note_missing(walk, name, answer);
		return TREE_WALK_MISSING;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return TREE_WALK_NOTHING;
	case DNS_FOUND:
		break;
	}
	switch (tree_walk_read_answer(answer, &record)) {
	case TREE_WALK_NO_RECORD:
		return TREE_WALK_NOTHING;
	case TREE_WALK_SEVERAL_RECORDS:
		if (text_is_empty(walk->repeated_name))
			walk->repeated_name = name;
		return TREE_WALK_NOTHING;
	case TREE_WALK_ONE_RECORD:
		break;
	}
	walk->records[walk->record_count++] =
		(struct tree_walk_record){ .name = name, .record = record };
	return outcome_of_record(&record);
}

struct tree_walk
tree_walk_start(struct arena *arena, struct dns_session *dns, struct text domain,
		enum dns_share share)
{
	struct tree_walk walk = { .domain = domain, .share = share };

	walk.name_count = tree_walk_names(domain, walk.names);
	for (size_t i = 0; i < walk.name_count; i++) {
		walk.questions[i] = tree_walk_question(arena, walk.names[i]);
		if (!text_is_empty(walk.questions[i]))
			dns_ask(dns, walk.questions[i], DNS_TXT, share);
	}
	return walk;
}

static void
finish(struct tree_walk *walk)
{
	/* Every missing answer is one that it asks for itself: taken as "no record". */
	struct tree_walk_assumption none = { .other = walk, .outcome = TREE_WALK_NOTHING };

	walk->is_done = true;
	walk->organizations = tree_walk_possible_organizations(walk, NULL);
	walk->likely_organization = tree_walk_possible_organizations(walk, &none).names[0];
}

bool
tree_walk_continue(struct tree_walk *walk, struct dns_session *dns, enum tree_walk_wait wait)
{
	bool goes_on = true;

	while (!walk->is_done && goes_on && walk->next < walk->name_count) {
		struct text question = walk->questions[walk->next];
		const struct dns_answer *answer;
		enum tree_walk_outcome outcome;

		/* RFC 9989 4.10: a name that cannot exist has no record, and that is no error. */
		if (text_is_empty(question)) {
			walk->outcomes[walk->next++] = TREE_WALK_NOTHING;
			continue;
		}
		answer = wait == TREE_WALK_WAIT ?
			 dns_look_up(dns, question, DNS_TXT, walk->share) :
			 dns_peek(dns, question, DNS_TXT, walk->share);
		if (answer->status == DNS_PENDING)
			return false;
		outcome = take_answer(walk, walk->names[walk->next], answer);
		walk->outcomes[walk->next++] = outcome;
		goes_on = outcome != TREE_WALK_PSD_NO && outcome != TREE_WALK_PSD_YES;
	}
	if (!walk->is_done)
		finish(walk);
	return true;
}

struct text
tree_walk_organizational_domain(const struct tree_walk *walk)
{
	if (!walk->is_done || walk->organizations.count != 1)
		return TEXT("");
	return walk->organizations.names[0];
}
