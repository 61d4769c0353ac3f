/* SPDX-License-Identifier: BSD-2-Clause */
/* What an SPF tree says of addresses, without a message. */
#include "tool/domain_spf.h"

/* Each is held against all others; the largest providers have some hundred. */
enum { NETWORKS_MAX = 5000 };

static unsigned
prefix_for(const struct spf_term *term, enum ip_family family)
{
	return family == IP_V6 ? term->prefix6 : term->prefix4;
}

static struct ip
masked(struct ip ip, unsigned prefix)
{
	size_t size = ip.family == IP_V6 ? 16 : 4;

	for (size_t i = 0; i < size; i++) {
		unsigned kept = prefix > 8 * i ? prefix - 8 * (unsigned)i : 0;

		if (kept < 8)
			ip.bytes[i] &= (uint8_t)(0xff00u >> kept & 0xff);
	}
	return ip;
}

static bool
is_inside(const struct ip_network *inner, const struct ip_network *outer)
{
	return inner->prefix >= outer->prefix &&
	       ip_same_prefix(inner->address, outer->address, outer->prefix);
}

static void
add_network(struct arena *arena, struct domain_spf_networks *networks,
	    const struct domain_spf_node *node, const struct domain_spf_term *term, struct ip ip)
{
	unsigned prefix = prefix_for(term->term, ip.family);
	struct ip_network network = { .address = masked(ip, prefix), .prefix = prefix };
	size_t kept = 0;

	if (networks->count == NETWORKS_MAX) {
		networks->is_incomplete = true;
		return;
	}
	for (size_t i = 0; i < networks->count; i++)
		if (is_inside(&network, &networks->items[i].network))
			return;
	for (size_t i = 0; i < networks->count; i++)
		if (!is_inside(&networks->items[i].network, &network))
			networks->items[kept++] = networks->items[i];
	networks->count = kept;
	networks->items = arena_grow(arena, networks->items, networks->count,
				     &networks->capacity, sizeof(*networks->items));
	networks->items[networks->count++] = (struct domain_spf_network){
		.network = network, .node = node, .term = term,
	};
}

static void add_record(struct arena *arena, struct domain_spf_networks *networks,
		       const struct domain_spf_node *node);

static void
add_term(struct arena *arena, struct domain_spf_networks *networks,
	 const struct domain_spf_node *node, const struct domain_spf_term *term)
{
	networks->is_incomplete |= term->needs_message || term->open != NULL;
	switch (term->term->mechanism) {
	case SPF_MECHANISM_ALL:
		networks->is_everything = true;
		return;
	case SPF_MECHANISM_INCLUDE:
		add_record(arena, networks, term->child);
		return;
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		add_network(arena, networks, node, term, term->term->network);
		return;
	case SPF_MECHANISM_A:
	case SPF_MECHANISM_MX:
		for (size_t i = 0; i < term->address_count; i++)
			add_network(arena, networks, node, term, term->addresses[i]);
		return;
	case SPF_MECHANISM_PTR:
	case SPF_MECHANISM_EXISTS:
		networks->is_incomplete = true;
		return;
	}
}

static void
add_record(struct arena *arena, struct domain_spf_networks *networks,
	   const struct domain_spf_node *node)
{
	if (node->state == DOMAIN_SPF_UNANSWERED || node->state == DOMAIN_SPF_NEEDS_MESSAGE ||
	    node->state == DOMAIN_SPF_NOT_FOLLOWED)
		networks->is_incomplete = true;
	for (size_t i = 0; i < node->term_count; i++) {
		const struct domain_spf_term *term = &node->terms[i];

		if (term->is_unreachable)
			continue;
		if (term->term == NULL)
			add_record(arena, networks, term->child);
		else if (term->term->qualifier == SPF_QUALIFIER_PASS)
			add_term(arena, networks, node, term);
	}
}

struct domain_spf_networks
domain_spf_networks(struct arena *arena, const struct domain_spf_tree *tree)
{
	struct domain_spf_networks networks = { .is_incomplete = tree->unfollowed_count > 0 };

	add_record(arena, &networks, tree->root);
	return networks;
}

static enum domain_spf_result
result_of(enum spf_qualifier qualifier)
{
	switch (qualifier) {
	case SPF_QUALIFIER_PASS:
		return DOMAIN_SPF_PASS;
	case SPF_QUALIFIER_FAIL:
		return DOMAIN_SPF_FAIL;
	case SPF_QUALIFIER_SOFTFAIL:
		return DOMAIN_SPF_SOFTFAIL;
	case SPF_QUALIFIER_NEUTRAL:
		return DOMAIN_SPF_NEUTRAL;
	}
	return DOMAIN_SPF_NEUTRAL;
}

/* One client on its way through the tree. */
struct evaluation {
	struct ip client;
	unsigned lookups;
};

static enum domain_spf_result check_record(struct evaluation *evaluation,
					   const struct domain_spf_node *node,
					   const struct domain_spf_term **term_out);

static bool
has_address(const struct domain_spf_term *term, struct ip client)
{
	for (size_t i = 0; i < term->address_count; i++)
		if (ip_same_prefix(client, term->addresses[i],
				   prefix_for(term->term, client.family)))
			return true;
	return false;
}

/* PASS: it matches; NONE: it does not; else why that cannot be said (RFC 7208 5.2 for include). */
static enum domain_spf_result
match_term(struct evaluation *evaluation, const struct domain_spf_term *term)
{
	const struct domain_spf_term *ignored;
	struct ip client = evaluation->client;
	enum domain_spf_result included;
	bool matches = false;

	if (term->needs_message || term->open != NULL)
		return DOMAIN_SPF_OPEN;
	switch (term->term->mechanism) {
	case SPF_MECHANISM_ALL:
		return DOMAIN_SPF_PASS;
	case SPF_MECHANISM_INCLUDE:
		included = check_record(evaluation, term->child, &ignored);
		if (included == DOMAIN_SPF_NONE)
			return DOMAIN_SPF_ERROR;
		if (included == DOMAIN_SPF_FAIL || included == DOMAIN_SPF_SOFTFAIL ||
		    included == DOMAIN_SPF_NEUTRAL)
			return DOMAIN_SPF_NONE;
		return included;
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		matches = ip_same_prefix(client, term->term->network,
					 prefix_for(term->term, client.family));
		break;
	case SPF_MECHANISM_A:
	case SPF_MECHANISM_MX:
		if (term->host_count > DOMAIN_SPF_HOSTS_MAX)
			return DOMAIN_SPF_ERROR;
		matches = has_address(term, client);
		break;
	case SPF_MECHANISM_EXISTS:
		matches = term->voids4 == 0;
		break;
	case SPF_MECHANISM_PTR:
		return DOMAIN_SPF_OPEN;
	}
	return matches ? DOMAIN_SPF_PASS : DOMAIN_SPF_NONE;
}

static enum domain_spf_result
result_without_record(const struct domain_spf_node *node)
{
	switch (node->state) {
	case DOMAIN_SPF_NO_RECORD:
		return DOMAIN_SPF_NONE;
	case DOMAIN_SPF_USABLE:
	case DOMAIN_SPF_SEVERAL:
	case DOMAIN_SPF_WRONG:
	case DOMAIN_SPF_LOOP:
		return DOMAIN_SPF_ERROR;
	case DOMAIN_SPF_UNANSWERED:
	case DOMAIN_SPF_NOT_FOLLOWED:
	case DOMAIN_SPF_NEEDS_MESSAGE:
		break;
	}
	return DOMAIN_SPF_OPEN;
}

/* RFC 7208 4.6.4: a receiver stops at the limit, and never sees what stands behind it. */
static bool
is_within_limit(struct evaluation *evaluation, const struct domain_spf_term *term)
{
	if (term->term == NULL || spf_term_counts(term->term))
		evaluation->lookups++;
	return evaluation->lookups <= DOMAIN_SPF_LOOKUPS_MAX;
}

static enum domain_spf_result
check_record(struct evaluation *evaluation, const struct domain_spf_node *node,
	     const struct domain_spf_term **term_out)
{
	*term_out = NULL;
	if (node->state != DOMAIN_SPF_USABLE)
		return result_without_record(node);
	for (size_t i = 0; i < node->term_count; i++) {
		const struct domain_spf_term *term = &node->terms[i];
		enum domain_spf_result result;

		if (term->is_unreachable)
			continue;
		*term_out = term;
		if (!is_within_limit(evaluation, term))
			return DOMAIN_SPF_ERROR;
		if (term->term == NULL) {
			const struct domain_spf_term *ignored;

			result = check_record(evaluation, term->child, &ignored);
			/* RFC 7208 6.1 */
			return result == DOMAIN_SPF_NONE ? DOMAIN_SPF_ERROR : result;
		}
		result = match_term(evaluation, term);
		if (result == DOMAIN_SPF_PASS)
			return result_of(term->term->qualifier);
		if (result != DOMAIN_SPF_NONE)
			return result;
	}
	*term_out = NULL;
	return DOMAIN_SPF_NEUTRAL;
}

enum domain_spf_result
domain_spf_check(const struct domain_spf_tree *tree, struct ip client,
		 const struct domain_spf_term **term_out)
{
	struct evaluation evaluation = { .client = client };

	return check_record(&evaluation, tree->root, term_out);
}

const char *
domain_spf_result_word(enum domain_spf_result result)
{
	switch (result) {
	case DOMAIN_SPF_PASS:
		return "pass";
	case DOMAIN_SPF_FAIL:
		return "fail";
	case DOMAIN_SPF_SOFTFAIL:
		return "softfail";
	case DOMAIN_SPF_NEUTRAL:
		return "neutral";
	case DOMAIN_SPF_NONE:
		return "none";
	case DOMAIN_SPF_ERROR:
		return "permerror";
	case DOMAIN_SPF_OPEN:
		return "open";
	}
	return "open";
}
