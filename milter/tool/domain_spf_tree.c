/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_spf_tree.h"

#include "mail/spf_macro.h"

static struct domain_spf_node *read_node(const struct domain_run *run,
					 struct domain_spf_tree *tree,
					 struct domain_spf_node *parent, struct text domain);

/*
 * The name of a domain-spec. Without a message %{d} is known, and %{o}, which
 * is the domain that is examined when it sends.
 */
static bool
expand(const struct domain_run *run, struct text domain, struct text spec, struct text *name_out)
{
	struct spf_macro_values values = { .domain = spf_macro_plain_name(run->arena, domain),
					   .sender_domain = run->wishes->domain };

	if (text_is_empty(spec)) {
		*name_out = domain;
		return true;
	}
	if (spf_macro_uses(spec, TEXT("slivhpcrt")))
		return false;
	*name_out = spf_macro_expand_domain(run->arena, spec, &values);
	return true;
}

static void
note_open(struct domain_spf_term *term, const struct dns_answer *answer)
{
	if (term->open == NULL && !domain_answer_is_known(answer))
		term->open = answer;
}

static bool
is_void(const struct dns_answer *answer)
{
	return answer->status == DNS_NO_DATA || answer->status == DNS_NO_NAME;
}

static void
add_host(const struct domain_run *run, struct domain_spf_term *term, struct text name,
	 size_t *capacity)
{
	struct domain_host host = domain_host_look_up(run, name);

	note_open(term, host.a);
	note_open(term, host.aaaa);
	for (size_t i = 0; i < host.address_count; i++) {
		term->addresses = arena_grow(run->arena, term->addresses, term->address_count,
					     capacity, sizeof(*term->addresses));
		term->addresses[term->address_count++] = host.addresses[i];
	}
}

static void
follow_a(const struct domain_run *run, struct domain_spf_term *term)
{
	size_t capacity = 0;

	add_host(run, term, term->name, &capacity);
	term->voids4 = is_void(domain_answer(run, term->name, DNS_A));
	term->voids6 = is_void(domain_answer(run, term->name, DNS_AAAA));
}

static void
follow_mx(const struct domain_run *run, struct domain_spf_term *term)
{
	const struct dns_answer *names = domain_answer(run, term->name, DNS_MX);
	size_t capacity = 0;

	note_open(term, names);
	term->voids4 = is_void(names);
	term->voids6 = is_void(names);
	term->host_count = names->count;
	for (size_t i = 0; i < names->count && i < DOMAIN_SPF_HOSTS_MAX; i++)
		if (!text_is_empty(names->records[i].text))
			add_host(run, term, names->records[i].text, &capacity);
}

/* RFC 7208 5.7: an A question, whatever the client is. */
static void
follow_exists(const struct domain_run *run, struct domain_spf_term *term)
{
	const struct dns_answer *answer = domain_answer(run, term->name, DNS_A);

	note_open(term, answer);
	term->voids4 = is_void(answer);
	term->voids6 = is_void(answer);
}

/* The record that an include or a redirect names. */
static void
follow_record(const struct domain_run *run, struct domain_spf_tree *tree,
	      struct domain_spf_node *node, struct domain_spf_term *term)
{
	if (term->needs_message) {
		term->child = arena_alloc(run->arena, sizeof(*term->child));
		term->child->parent = node;
		term->child->depth = node->depth + 1;
		term->child->domain = term->text;
		term->child->state = DOMAIN_SPF_NEEDS_MESSAGE;
		return;
	}
	term->child = read_node(run, tree, node, term->name);
}

static void
follow(const struct domain_run *run, struct domain_spf_tree *tree, struct domain_spf_node *node,
       struct domain_spf_term *term)
{
	if (term->term == NULL || term->term->mechanism == SPF_MECHANISM_INCLUDE) {
		follow_record(run, tree, node, term);
		return;
	}
	if (term->needs_message || !spf_term_counts(term->term))
		return;
	if (tree->asking_count == DOMAIN_SPF_ASKING_MAX) {
		tree->unfollowed_count++;
		return;
	}
	tree->asking_count++;
	switch (term->term->mechanism) {
	case SPF_MECHANISM_A:
		follow_a(run, term);
		return;
	case SPF_MECHANISM_MX:
		follow_mx(run, term);
		return;
	case SPF_MECHANISM_EXISTS:
		follow_exists(run, term);
		return;
	case SPF_MECHANISM_ALL:
	case SPF_MECHANISM_INCLUDE:
	case SPF_MECHANISM_PTR:
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		return;
	}
}

/* What a term costs, with all below it. */
static void
count_term(struct domain_spf_node *node, const struct domain_spf_term *term)
{
	if (term->term == NULL || spf_term_counts(term->term))
		node->lookups++;
	node->voids4 += term->voids4;
	node->voids6 += term->voids6;
	if (term->child == NULL)
		return;
	node->lookups += term->child->lookups;
	node->voids4 += term->child->voids4;
	node->voids6 += term->child->voids6;
}

static void
add_term(const struct domain_run *run, struct domain_spf_tree *tree,
	 struct domain_spf_node *node, struct domain_spf_term term, struct text spec)
{
	bool asks = term.term == NULL || spf_term_counts(term.term);
	struct domain_spf_term *slot = &node->terms[node->term_count++];

	*slot = term;
	if (asks)
		slot->needs_message = !expand(run, node->domain, spec, &slot->name);
	if (slot->is_unreachable)
		return;
	follow(run, tree, node, slot);
	count_term(node, slot);
}

/* RFC 7208 5.1, 6.1: nothing behind "all" is looked at, and no redirect beside it. */
static void
read_terms(const struct domain_run *run, struct domain_spf_tree *tree,
	   struct domain_spf_node *node)
{
	bool was_all = false;

	node->terms = arena_array(run->arena, node->parsed.count + 1, sizeof(*node->terms));
	for (size_t i = 0; i < node->parsed.count; i++) {
		const struct spf_term *term = &node->parsed.terms[i];

		add_term(run, tree, node, (struct domain_spf_term){
			.term = term, .text = term->text, .is_unreachable = was_all,
		}, term->domain);
		was_all = was_all || term->mechanism == SPF_MECHANISM_ALL;
	}
	if (text_is_empty(node->parsed.redirect))
		return;
	add_term(run, tree, node, (struct domain_spf_term){
		.text = text_join(run->arena, TEXT("redirect="), node->parsed.redirect),
		.is_unreachable = was_all,
	}, node->parsed.redirect);
}

static void
read_record(const struct domain_run *run, struct domain_spf_tree *tree,
	    struct domain_spf_node *node)
{
	for (size_t i = 0; i < node->answer->count; i++) {
		struct text record = node->answer->records[i].text;

		if (spf_record_is_spf(record) && node->record_count++ == 0)
			node->record = record;
	}
	node->state = DOMAIN_SPF_NO_RECORD;
	if (node->record_count > 1)
		node->state = DOMAIN_SPF_SEVERAL;
	if (node->record_count != 1)
		return;
	node->state = DOMAIN_SPF_WRONG;
	if (!spf_record_parse(run->arena, node->record, &node->parsed, &node->reason))
		return;
	node->state = DOMAIN_SPF_USABLE;
	read_terms(run, tree, node);
}

static bool
leads_back(const struct domain_spf_node *parent, struct text domain)
{
	for (; parent != NULL; parent = parent->parent)
		if (text_equal_nocase(parent->domain, domain))
			return true;
	return false;
}

static struct domain_spf_node *
read_node(const struct domain_run *run, struct domain_spf_tree *tree,
	  struct domain_spf_node *parent, struct text domain)
{
	struct domain_spf_node *node = arena_alloc(run->arena, sizeof(*node));

	node->parent = parent;
	node->depth = parent != NULL ? parent->depth + 1 : 0;
	node->domain = domain;
	if (leads_back(parent, domain)) {
		node->state = DOMAIN_SPF_LOOP;
		tree->has_loop = true;
		return node;
	}
	if (node->depth > DOMAIN_SPF_DEPTH_MAX || tree->record_count == DOMAIN_SPF_RECORDS_MAX) {
		node->state = DOMAIN_SPF_NOT_FOLLOWED;
		tree->unfollowed_count++;
		return node;
	}
	tree->record_count++;
	node->answer = domain_answer(run, domain, DNS_TXT);
	if (domain_answer_is_known(node->answer))
		read_record(run, tree, node);
	else
		node->state = DOMAIN_SPF_UNANSWERED;
	return node;
}

void
domain_spf_tree_gather(const struct domain_run *run, struct text domain,
		       struct domain_spf_tree *tree)
{
	*tree = (struct domain_spf_tree){ .root = NULL };
	tree->root = read_node(run, tree, NULL, domain);
}

const struct domain_spf_term *
domain_spf_all(const struct domain_spf_node *node)
{
	for (size_t i = 0; i < node->term_count; i++)
		if (node->terms[i].term != NULL &&
		    node->terms[i].term->mechanism == SPF_MECHANISM_ALL)
			return &node->terms[i];
	return NULL;
}
