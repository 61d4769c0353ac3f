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
add_organization(struct tree_walk *walk, struct text name)
{
	for (size_t i = 0; i < walk->organization_count; i++)
		if (text_equal(walk->organizations[i], name))
			return;
	walk->organizations[walk->organization_count++] = name;
}

/* RFC 9989 4.10.2 rule 2: one label below a public suffix domain, toward the domain. */
static struct text
name_below(struct text domain, struct text suffix)
{
	return domain_name_last_labels(domain, domain_name_label_count(suffix) + 1);
}

/* Takes a record into the walk. False when the walk stops here. */
static bool
take_record(struct tree_walk *walk, struct text name, const struct dmarc_record *record)
{
	walk->records[walk->record_count++] =
		(struct tree_walk_record){ .name = name, .record = *record };
	/* At the domain itself there is nothing below: rule 3 then says the same. */
	walk->shortest[0] = record->psd == DMARC_PSD_YES ? name_below(walk->domain, name) : name;
	walk->shortest_count = 1;
	return record->psd == DMARC_PSD_UNKNOWN;
}

/* The answer could have been anything: no record, a record, or one that ends the walk. */
static void
take_missing(struct tree_walk *walk, struct text name, const struct dns_answer *answer)
{
	bool is_at_domain = text_equal(name, walk->domain);

	if (!walk->is_incomplete) {
		walk->missing_name = name;
		walk->missing_reason = answer->reason;
	}
	walk->is_incomplete = true;
	walk->is_over_limit |= answer->status == DNS_LIMIT;
	add_organization(walk, name);
	if (!is_at_domain) {
		add_organization(walk, name_below(walk->domain, name));
		walk->shortest[walk->shortest_count++] = name;
	}
}

/* One step of the walk. False when it stops here. */
static bool
take_answer(struct tree_walk *walk, struct text name, const struct dns_answer *answer)
{
	struct dmarc_record record;

	switch (answer->status) {
	case DNS_PENDING:       /* the caller looks for that */
	case DNS_RETRY:
	case DNS_LIMIT:
		take_missing(walk, name, answer);
		return true;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return true;
	case DNS_FOUND:
		break;
	}
	switch (tree_walk_read_answer(answer, &record)) {
	case TREE_WALK_NO_RECORD:
		return true;
	case TREE_WALK_SEVERAL_RECORDS:
		if (text_is_empty(walk->repeated_name))
			walk->repeated_name = name;
		return true;
	case TREE_WALK_ONE_RECORD:
		break;
	}
	return take_record(walk, name, &record);
}

struct tree_walk
tree_walk_start(struct arena *arena, struct dns_session *dns, struct text domain,
		enum dns_share share)
{
	struct tree_walk walk = { .domain = domain, .share = share };

	/* RFC 9989 4.10.2 rule 4: without any record the domain is its own. */
	walk.shortest[walk.shortest_count++] = domain;
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
	walk->is_done = true;
	walk->likely_organization = walk->shortest[0];
	for (size_t i = 0; i < walk->shortest_count; i++)
		add_organization(walk, walk->shortest[i]);
}

bool
tree_walk_continue(struct tree_walk *walk, struct dns_session *dns, enum tree_walk_wait wait)
{
	bool goes_on = true;

	while (!walk->is_done && goes_on && walk->next < walk->name_count) {
		struct text question = walk->questions[walk->next];
		const struct dns_answer *answer;

		/* RFC 9989 4.10: a name that cannot exist has no record, and that is no error. */
		if (text_is_empty(question)) {
			walk->next++;
			continue;
		}
		answer = wait == TREE_WALK_WAIT ?
			 dns_look_up(dns, question, DNS_TXT, walk->share) :
			 dns_peek(dns, question, DNS_TXT, walk->share);
		if (answer->status == DNS_PENDING)
			return false;
		goes_on = take_answer(walk, walk->names[walk->next++], answer);
	}
	if (!walk->is_done)
		finish(walk);
	return true;
}

struct text
tree_walk_organizational_domain(const struct tree_walk *walk)
{
	if (!walk->is_done || walk->organization_count != 1)
		return TEXT("");
	return walk->organizations[0];
}
