/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of SPF records as a table: terms, look-ups, and what they come to. */
#include "tool/domain_print.h"

#include <inttypes.h>

enum { TREE_INDENT = 2, BITS_V4 = 32 };

static bool
is_plain_network(const struct domain_spf_term *term)
{
	return term->term != NULL && !term->is_unreachable &&
	       term->term->qualifier == SPF_QUALIFIER_PASS &&
	       (term->term->mechanism == SPF_MECHANISM_IP4 ||
		term->term->mechanism == SPF_MECHANISM_IP6);
}

static struct text
indented(struct arena *arena, size_t depth, struct text text)
{
	return text_join(arena, text_printf(arena, "%*s", (int)(TREE_INDENT * depth), ""), text);
}

static void
add_row(struct terminal_table *table, size_t depth, struct text term, struct text cost,
	enum terminal_colour colour, struct text outcome)
{
	terminal_table_add(table, TERMINAL_PLAIN, indented(table->arena, depth, term));
	terminal_table_add(table, TERMINAL_PLAIN, cost);
	terminal_table_add(table, colour, outcome);
}

static const char *
state_phrase(enum domain_spf_state state)
{
	switch (state) {
	case DOMAIN_SPF_USABLE:
		return "";
	case DOMAIN_SPF_NO_RECORD:
		return "no SPF record";
	case DOMAIN_SPF_SEVERAL:
		return "several SPF records";
	case DOMAIN_SPF_WRONG:
		return "wrong syntax";
	case DOMAIN_SPF_UNANSWERED:
		return "no answer";
	case DOMAIN_SPF_LOOP:
		return "a loop";
	case DOMAIN_SPF_NOT_FOLLOWED:
		return "not followed: too deep";
	case DOMAIN_SPF_NEEDS_MESSAGE:
		return "depends on the message";
	}
	return "";
}

static struct text
addresses_of(struct arena *arena, const struct domain_spf_term *term)
{
	struct domain_host host = { .addresses = term->addresses,
				    .address_count = term->address_count };

	return domain_host_addresses(arena, &host);
}

static struct text
outcome_of(struct arena *arena, const struct domain_spf_term *term, enum terminal_colour *colour)
{
	*colour = TERMINAL_FAINT;
	if (term->is_unreachable)
		return TEXT("never reached");
	if (term->child != NULL) {
		if (term->child->state != DOMAIN_SPF_NEEDS_MESSAGE)
			*colour = TERMINAL_BAD;
		return text_from(state_phrase(term->child->state));
	}
	if (term->needs_message)
		return TEXT("depends on the message");
	if (term->open != NULL) {
		*colour = TERMINAL_BAD;
		return text_from(domain_answer_trouble(term->open));
	}
	if (term->voids4 > 0 && term->voids6 > 0) {
		*colour = TERMINAL_WARNING;
		return TEXT("leads to nothing");
	}
	return addresses_of(arena, term);
}

static struct text
cost_of(struct arena *arena, const struct domain_spf_term *term)
{
	unsigned cost = term->child != NULL ? 1 + term->child->lookups : 1;

	if (term->is_unreachable || (term->term != NULL && !spf_term_counts(term->term)))
		return TEXT("");
	return text_printf(arena, "%2u", cost);
}

/* Networks that stand side by side share a row. */
static size_t
add_networks(struct terminal_table *table, const struct domain_spf_node *node, size_t start)
{
	struct text list = TEXT("");
	size_t i = start;

	for (; i < node->term_count && is_plain_network(&node->terms[i]); i++)
		list = text_printf(table->arena, "%.*s%s%.*s", TEXT_ARGUMENTS(list),
				   i > start ? " " : "",
				   TEXT_ARGUMENTS(text_from_position(
					   node->terms[i].text,
					   text_find(node->terms[i].text, ':') + 1)));
	add_row(table, node->depth + 1, TEXT("networks"), TEXT(""), TERMINAL_FAINT, list);
	return i;
}

static void
add_node(struct terminal_table *table, const struct domain_spf_node *node)
{
	for (size_t i = 0; i < node->term_count;) {
		const struct domain_spf_term *term = &node->terms[i];
		enum terminal_colour colour;
		struct text outcome;

		if (is_plain_network(term)) {
			i = add_networks(table, node, i);
			continue;
		}
		outcome = outcome_of(table->arena, term, &colour);
		add_row(table, node->depth + 1, term->text, cost_of(table->arena, term), colour,
			outcome);
		if (term->child != NULL)
			add_node(table, term->child);
		i++;
	}
}

/* 65536 as "65,536". */
static struct text
grouped(struct arena *arena, uint64_t number)
{
	if (number < 1000)
		return text_printf(arena, "%" PRIu64, number);
	return text_printf(arena, "%.*s,%03" PRIu64, TEXT_ARGUMENTS(grouped(arena, number / 1000)),
			   number % 1000);
}

static void
print_total(const struct terminal *terminal, const struct domain_spf_tree *tree,
	    struct textbuf *out)
{
	struct domain_spf_networks networks = domain_spf_networks(out->arena, tree);
	struct textbuf total = textbuf_new(out->arena, SIZE_MAX);
	uint64_t addresses = 0;
	size_t count4 = 0;
	size_t count6;

	for (size_t i = 0; i < networks.count; i++) {
		const struct ip_network *network = &networks.items[i].network;

		if (network->address.family != IP_V4)
			continue;
		count4++;
		addresses += (uint64_t)1 << (BITS_V4 - network->prefix);
	}
	count6 = networks.count - count4;
	textbuf_add_string(&total, "In all:");
	if (networks.is_everything || networks.count == 0)
		return;
	if (count4 > 0)
		textbuf_printf(&total, " %.*s IPv4 address%s in %zu network%s%s",
			       TEXT_ARGUMENTS(grouped(out->arena, addresses)),
			       addresses == 1 ? "" : "es", count4, count4 == 1 ? "" : "s",
			       count6 > 0 ? "," : "");
	if (count6 > 0)
		textbuf_printf(&total, " %zu IPv6 network%s", count6, count6 == 1 ? "" : "s");
	if (networks.is_incomplete)
		textbuf_add_string(&total, ", and what depends on the message or gave no answer");
	terminal_paragraph(terminal, out, TREE_INDENT, textbuf_text(&total));
}

void
domain_print_spf(const struct terminal *terminal, const struct domain_spf *spf,
		 struct textbuf *out)
{
	const struct domain_spf_node *root = spf->tree.root;
	struct terminal_table table = terminal_table_new(out->arena, 3);

	if (text_is_empty(root->record))
		return;
	if (root->state != DOMAIN_SPF_USABLE) {
		terminal_paragraph(terminal, out, TREE_INDENT, root->record);
		return;
	}
	add_row(&table, 0, root->domain, text_printf(out->arena, "%2u", root->lookups),
		TERMINAL_FAINT, root->lookups == 1 ? TEXT("look-up") : TEXT("look-ups"));
	add_node(&table, root);
	terminal_table_write(&table, terminal, out, TREE_INDENT);
	print_total(terminal, &spf->tree, out);
}
