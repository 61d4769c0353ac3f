/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dmarc_alignment.h"

#include "base/macros.h"
#include "mail/domain_name.h"

/*
 * An organizational domain is the domain itself or an ancestor, so nothing
 * outside the author's can share it (RFC 9989 4.10.2).
 */
static bool
is_within_an_organization(const struct tree_walk *author, struct text domain)
{
	for (size_t i = 0; i < author->organizations.count; i++)
		if (domain_name_is_at_or_below(domain, author->organizations.names[i]))
			return true;
	return false;
}

static struct alignment_walk *
find_walk(struct dmarc_alignment *alignment, struct text domain)
{
	for (size_t i = 0; i < alignment->walk_count; i++)
		if (text_equal(alignment->walks[i]->walk.domain, domain))
			return alignment->walks[i];
	return NULL;
}

/* The walk for `domain`; NULL when it would be one too many. */
static struct tree_walk *
walk_for(struct dmarc_alignment *alignment, struct text domain, enum alignment_purpose purpose)
{
	struct alignment_walk *walk = find_walk(alignment, domain);
	bool counts = purpose != ALIGNMENT_AHEAD && (walk == NULL || !walk->is_counted);
	size_t ahead = alignment->walk_count - alignment->counted;

	if (counts && alignment->counted == ALIGNMENT_WALKS_MAX)
		return NULL;
	if (purpose == ALIGNMENT_AHEAD && walk == NULL && ahead >= ALIGNMENT_WALKS_AHEAD_MAX)
		return NULL;
	if (walk == NULL) {
		walk = arena_alloc(alignment->arena, sizeof(*walk));
		walk->walk = tree_walk_start(alignment->arena, alignment->dns, domain,
					     DNS_ORDINARY);
		alignment->walks[alignment->walk_count++] = walk;
	}
	if (counts) {
		walk->is_counted = true;
		alignment->counted++;
	}
	return &walk->walk;
}

/* What follows for the alignment of two walks from the answers that are possible. */
struct possibilities {
	bool may_align;
	bool may_differ;
};

/* The names that only one of the walks asks for can have any answers, each on its own. */
static void
add_possibilities(struct possibilities *possibilities, const struct tree_walk *author,
		  const struct tree_walk *walk, struct text name, enum tree_walk_outcome outcome)
{
	const struct tree_walk_assumption of_author = { walk, name, outcome };
	const struct tree_walk_assumption of_walk = { author, name, outcome };
	struct tree_walk_organizations a = tree_walk_possible_organizations(author, &of_author);
	struct tree_walk_organizations b = tree_walk_possible_organizations(walk, &of_walk);

	for (size_t i = 0; i < a.count; i++) {
		for (size_t j = 0; j < b.count; j++) {
			if (text_equal(a.names[i], b.names[j]))
				possibilities->may_align = true;
			else
				possibilities->may_differ = true;
		}
	}
}

static void
add_missing_of(struct possibilities *possibilities, const struct tree_walk *author,
	       const struct tree_walk *walk, const struct tree_walk *missing)
{
	static const enum tree_walk_outcome outcomes[] = {
		TREE_WALK_RECORD, TREE_WALK_PSD_NO, TREE_WALK_PSD_YES,
	};

	for (size_t i = 0; i < missing->next; i++) {
		if (missing->outcomes[i] != TREE_WALK_MISSING)
			continue;
		for (size_t j = 0; j < COUNT_OF(outcomes); j++)
			add_possibilities(possibilities, author, walk, missing->names[i],
					  outcomes[j]);
	}
}

/*
 * The names that both walks ask for are the last of each, so what their
 * missing answers can do to both is: nothing; to end them at one of these
 * names; or to be the record with the fewest labels.
 */
static struct possibilities
find_possibilities(const struct tree_walk *author, const struct tree_walk *walk)
{
	struct possibilities possibilities = { .may_align = false };

	add_possibilities(&possibilities, author, walk, TEXT(""), TREE_WALK_NOTHING);
	add_missing_of(&possibilities, author, walk, author);
	add_missing_of(&possibilities, author, walk, walk);
	return possibilities;
}

/*
 * Both walks are done, and at least one of them is incomplete. That leaves
 * the alignment open only if it depends on the answers that are missing:
 * whatever "com" says, example.com and its subdomain may have the same
 * organizational domain in every case.
 */
static enum alignment
decide_incomplete(struct dmarc_alignment *alignment, const struct tree_walk *author,
		  const struct tree_walk *walk)
{
	const struct tree_walk *missing = walk->is_incomplete ? walk : author;
	struct possibilities possibilities = find_possibilities(author, walk);

	if (!possibilities.may_align)
		return ALIGNMENT_NO;
	if (!possibilities.may_differ)
		return ALIGNMENT_YES;
	if (walk->is_over_limit || author->is_over_limit) {
		alignment->is_over_limit = true;
		return ALIGNMENT_NO;
	}
	alignment->missing_name = tree_walk_question(alignment->arena, missing->missing_name);
	alignment->missing_reason = missing->missing_reason;
	return ALIGNMENT_OPEN;
}

static enum alignment
decide_by_walk(struct dmarc_alignment *alignment, struct text domain,
	       enum alignment_purpose purpose)
{
	const struct tree_walk *author = &alignment->discovery->walk;
	struct tree_walk *walk;

	if (!is_within_an_organization(author, domain))
		return ALIGNMENT_NO;
	walk = walk_for(alignment, domain, purpose);
	if (walk == NULL) {
		alignment->is_over_limit |= purpose != ALIGNMENT_AHEAD;
		return ALIGNMENT_NO;
	}
	if (!tree_walk_continue(walk, alignment->dns, purpose == ALIGNMENT_VERDICT ?
						      TREE_WALK_WAIT : TREE_WALK_PEEK))
		return ALIGNMENT_PENDING;
	if (author->organizations.count > 1 || walk->organizations.count > 1)
		return decide_incomplete(alignment, author, walk);
	return text_equal(author->organizations.names[0], walk->organizations.names[0]) ?
	       ALIGNMENT_YES : ALIGNMENT_NO;
}

enum alignment
dmarc_alignment_decide(struct dmarc_alignment *alignment, struct text domain, bool is_strict,
		       enum alignment_purpose purpose)
{
	const struct dmarc_discovery *discovery = alignment->discovery;
	struct text registered;

	if (text_is_empty(domain))
		return ALIGNMENT_NO;
	if (text_equal(domain, discovery->domain))
		return ALIGNMENT_YES;
	if (is_strict)
		return ALIGNMENT_NO;
	if (alignment->assumes_record && domain_name_is_at_or_below(domain, discovery->domain))
		return ALIGNMENT_YES;
	if (discovery->list == NULL)
		return decide_by_walk(alignment, domain, purpose);
	/* RFC 7489 3.1: by the list, and without DNS */
	if (!domain_name_is_at_or_below(domain, discovery->registered_domain))
		return ALIGNMENT_NO;
	registered = public_suffix_registered_domain(alignment->arena, discovery->list, domain);
	return text_equal(registered, discovery->registered_domain) ? ALIGNMENT_YES : ALIGNMENT_NO;
}

static bool
report_is_aligned(struct dmarc_alignment *alignment, const struct dmarc_finding *dmarc,
		  const struct arc_reported_pass *reported)
{
	bool is_spf = reported->method == ARC_REPORTED_SPF;
	bool is_strict = is_spf ? dmarc->is_strict_spf : dmarc->is_strict_dkim;

	if (reported->method == ARC_REPORTED_DMARC)
		return text_equal(reported->domain, dmarc->author.domain);
	/* d= may be above the domain of i=, which only relaxed alignment forgives. */
	if (reported->method == ARC_REPORTED_DKIM_IDENTITY && is_strict)
		return false;
	return dmarc_alignment_decide(alignment, reported->domain, is_strict,
				      ALIGNMENT_VERDICT) == ALIGNMENT_YES;
}

bool
dmarc_alignment_is_reported(struct dmarc_alignment *alignment, const struct dmarc_finding *dmarc,
			    const struct arc_finding *arc)
{
	for (size_t i = 0; i < arc->reported_count; i++)
		if (report_is_aligned(alignment, dmarc, &arc->reported[i]))
			return true;
	return false;
}
