/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_dmarc.h"

#include "checks/tree_walk.h"
#include "mail/domain_name.h"

struct domain_dmarc_tag *
domain_dmarc_split(struct arena *arena, struct text record, size_t *count_out)
{
	struct domain_dmarc_tag *tags = NULL;
	size_t capacity = 0;
	size_t count = 0;
	struct text part;

	while (text_next_part(&record, ';', &part)) {
		size_t equal_sign = text_find(part, '=');
		struct text name = text_trim(text_cut(part, 0, equal_sign));

		if (text_is_empty(name))
			continue;
		tags = arena_grow(arena, tags, count, &capacity, sizeof(*tags));
		tags[count++] = (struct domain_dmarc_tag){
			.name = text_lower(arena, name),
			.value = equal_sign == TEXT_NOT_FOUND ? TEXT("") :
				 text_trim(text_from_position(part, equal_sign + 1)),
		};
	}
	*count_out = count;
	return tags;
}

const struct domain_dmarc_tag *
domain_dmarc_tag_find(const struct domain_dmarc *dmarc, const char *name)
{
	for (size_t i = 0; i < dmarc->tag_count; i++)
		if (text_equal(dmarc->tags[i].name, text_from(name)))
			return &dmarc->tags[i];
	return NULL;
}

struct text
domain_report_host(struct arena *arena, struct text uri)
{
	size_t end = text_find(uri, '?');
	struct text host;
	size_t at_sign;

	if (!text_starts_with_nocase(uri, TEXT("mailto:")))
		return TEXT("");
	uri = text_cut(uri, 0, end);
	uri = text_cut(uri, 0, text_find(uri, '!'));
	at_sign = text_find_last(uri, '@');
	if (at_sign == TEXT_NOT_FOUND || at_sign == sizeof("mailto:") - 1 ||
	    !domain_name_normalize(arena, text_from_position(uri, at_sign + 1), &host))
		return TEXT("");
	return host;
}

static const struct dmarc_discovery *
discover(const struct domain_run *run, enum discovery kind)
{
	struct config *config = arena_alloc(run->arena, sizeof(*config));
	struct dmarc_discovery *discovery;

	*config = *run->config;
	config->dmarc_discovery = kind;
	discovery = dmarc_discovery_start(run->arena, config, run->dns, run->wishes->domain,
					  DNS_ESSENTIAL);
	(void)dmarc_discovery_continue(discovery, TREE_WALK_PEEK);
	return discovery;
}

/* The text of the one record that was found at a name. */
static struct text
record_at(const struct domain_run *run, struct text name)
{
	const struct dns_answer *answer = domain_answer(run, tree_walk_question(run->arena, name),
							DNS_TXT);

	for (size_t i = 0; i < answer->count; i++)
		if (dmarc_record_is_one(answer->records[i].text))
			return answer->records[i].text;
	return TEXT("");
}

static struct text
organization_of(const struct domain_run *run, struct text domain)
{
	struct tree_walk walk = tree_walk_start(run->arena, run->dns, domain, DNS_ESSENTIAL);

	if (!tree_walk_continue(&walk, run->dns, TREE_WALK_PEEK))
		return TEXT("");
	return tree_walk_organizational_domain(&walk);
}

static bool
gives_permission(const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		if (dmarc_record_is_one(answer->records[i].text))
			return true;
	return false;
}

static void
read_destination(const struct domain_run *run, const struct domain_dmarc *dmarc,
		 struct domain_destination *destination)
{
	struct text host = domain_report_host(run->arena, destination->uri);
	struct text ours;
	struct text theirs;

	destination->host = host;
	if (text_is_empty(host))
		return;
	ours = organization_of(run, dmarc->policy_domain);
	theirs = organization_of(run, host);
	destination->is_external = text_is_empty(ours) || text_is_empty(theirs) ||
				   !text_equal(ours, theirs);
	destination->mx = domain_answer(run, host, DNS_MX);
	destination->permission_name = text_printf(run->arena, "%.*s._report._dmarc.%.*s",
						   TEXT_ARGUMENTS(dmarc->policy_domain),
						   TEXT_ARGUMENTS(host));
	destination->permission = domain_answer(run, destination->permission_name, DNS_TXT);
	destination->is_permitted = gives_permission(destination->permission);
}

static void
read_destinations(const struct domain_run *run, struct domain_dmarc *dmarc,
		  const struct domain_dmarc_tag *tag, bool is_failure)
{
	struct text rest = tag->value;
	struct text part;

	while (text_next_part(&rest, ',', &part)) {
		struct domain_destination destination = { .uri = text_trim(part),
							  .is_failure = is_failure };

		if (text_is_empty(destination.uri) ||
		    dmarc->destination_count == DOMAIN_DESTINATIONS_MAX)
			continue;
		read_destination(run, dmarc, &destination);
		dmarc->destinations[dmarc->destination_count++] = destination;
	}
}

void
domain_dmarc_gather(const struct domain_run *run, struct domain_dmarc *dmarc)
{
	*dmarc = (struct domain_dmarc){ .domain = run->wishes->domain };
	dmarc->own_name = text_join(run->arena, TEXT("_dmarc."), dmarc->domain);
	dmarc->own = domain_answer(run, dmarc->own_name, DNS_TXT);
	dmarc->base = domain_answer(run, dmarc->domain, DNS_TXT);
	dmarc->walk = discover(run, DISCOVERY_TREE_WALK);
	dmarc->list = discover(run, DISCOVERY_PUBLIC_SUFFIX_LIST);
	dmarc->destinations = arena_array(run->arena, DOMAIN_DESTINATIONS_MAX,
					  sizeof(*dmarc->destinations));
	if (!dmarc->walk->has_record)
		return;
	dmarc->policy_domain = dmarc->walk->policy_domain;
	dmarc->policy_name = text_join(run->arena, TEXT("_dmarc."), dmarc->policy_domain);
	dmarc->record = record_at(run, dmarc->policy_domain);
	dmarc->tags = domain_dmarc_split(run->arena, dmarc->record, &dmarc->tag_count);
	for (size_t i = 0; i < dmarc->tag_count; i++) {
		bool is_failure = text_equal(dmarc->tags[i].name, TEXT("ruf"));

		if (is_failure || text_equal(dmarc->tags[i].name, TEXT("rua")))
			read_destinations(run, dmarc, &dmarc->tags[i], is_failure);
	}
}

struct text
domain_dmarc_proposal(const struct domain_dmarc *dmarc, const struct domain_findings *findings)
{
	return domain_findings_proposal(findings, dmarc->policy_name, dmarc->record);
}

enum dmarc_request
domain_dmarc_request(const struct domain_dmarc *dmarc)
{
	return dmarc->walk->has_record ? dmarc->walk->selection.request : DMARC_REQUEST_ABSENT;
}

const char *
domain_dmarc_request_word(enum dmarc_request request)
{
	switch (request) {
	case DMARC_REQUEST_NONE:
		return "none";
	case DMARC_REQUEST_QUARANTINE:
		return "quarantine";
	case DMARC_REQUEST_REJECT:
		return "reject";
	case DMARC_REQUEST_ABSENT:
	case DMARC_REQUEST_INVALID:
		break;
	}
	return NULL;
}
