/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_lists.h"

#include "base/ip.h"
#include "config/option_value.h"
#include "config/rule_reader.h"
#include "config/syntax.h"

bool
option_takes_lines(const struct option *option)
{
	return option->type == OPTION_RULES || option->type == OPTION_FORWARDERS ||
	       option->type == OPTION_DOMAIN_POLICIES;
}

/* A line of TrustedForwarders whose values come in. */
struct forwarder_draft {
	struct arena *arena;
	struct domain_set *names;
	struct domain_set *recipient_domains;
	struct ip_network *networks;
	size_t network_count;
	size_t network_capacity;
};

static bool
add_domain(struct arena *arena, struct domain_set **set, struct text value,
	   struct text *wanted_out)
{
	struct text entry;

	if (!domain_entry_read(arena, value, &entry, wanted_out))
		return false;
	if (*set == NULL)
		*set = domain_set_new(arena, 1);
	(void)domain_set_add(*set, entry);
	return true;
}

/* Digits, dots, colons and a slash only: a network, be it a wrong one. */
static bool
looks_like_network(struct text value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.bytes[i] == '/' || value.bytes[i] == ':')
			return true;
	return value.length > 0 && byte_is_digit(value.bytes[value.length - 1]);
}

static bool
take_forwarder(void *object, struct text value, struct text *wanted_out)
{
	struct forwarder_draft *draft = object;
	struct ip_network network;

	if (!looks_like_network(value))
		return add_domain(draft->arena, &draft->names, value, wanted_out);
	if (!ip_network_parse(value, &network)) {
		*wanted_out = TEXT("a network such as 192.0.2.0/24 without bits behind the prefix, "
				   "an address, or a host name such as .example.com is wanted");
		return false;
	}
	draft->networks = arena_grow(draft->arena, draft->networks, draft->network_count,
				     &draft->network_capacity, sizeof(*draft->networks));
	draft->networks[draft->network_count++] = network;
	return true;
}

static bool
take_recipient_domain(void *object, struct text value, struct text *wanted_out)
{
	struct forwarder_draft *draft = object;

	if (looks_like_network(value)) {
		*wanted_out = TEXT("clients stand before for=, domains of recipients behind it");
		return false;
	}
	return add_domain(draft->arena, &draft->recipient_domains, value, wanted_out);
}

static void
add_forwarder(const struct line_source *source, const struct forwarder_draft *draft,
	      struct text line, bool names_recipients, struct trusted_forwarder_list *list)
{
	struct trusted_forwarder forwarder = { .names = draft->names };

	forwarder.source = text_copy(source->arena, line_without_comment(line));
	if (draft->network_count > 0)
		forwarder.networks = ip_set_build(source->arena, draft->networks,
						  draft->network_count);
	forwarder.recipient_domains = draft->recipient_domains;
	/* A list of recipient domains that is empty is not the same as none. */
	if (names_recipients && draft->recipient_domains == NULL)
		forwarder.recipient_domains = domain_set_new(source->arena, 1);
	list->items = arena_grow(source->arena, list->items, list->count, &list->capacity,
				 sizeof(*list->items));
	list->items[list->count++] = forwarder;
}

static void
read_forwarder(const struct line_source *source, struct text line,
	       struct trusted_forwarder_list *list)
{
	struct forwarder_draft draft = { .arena = source->arena };
	struct value_taker clients = { TEXT("TrustedForwarders"), true, &draft, take_forwarder };
	struct value_taker recipients = { TEXT("TrustedForwarders, for"), true, &draft,
					  take_recipient_domain };
	const struct value_taker *taker = &clients;
	struct text rest = line;
	struct syntax_item item;
	const char *reason;
	size_t count = 0;

	for (; syntax_next_item(source->arena, &rest, &item, &reason); count++) {
		if (taker == &clients && text_starts_with_nocase(item.text, TEXT("for="))) {
			if (count == 0)
				break;
			taker = &recipients;
			item.text = text_from_position(item.text, TEXT("for=").length);
		}
		(void)line_take_value(source, item.text, taker, NULL);
	}
	if (reason != NULL)
		line_refuse(source, clients.subject, text_from(reason));
	else if (count == 0)
		line_refuse(source, clients.subject,
			    TEXT("first stands a client: a network, an address, a host name, or "
				 "file:/path"));
	else
		add_forwarder(source, &draft, line, taker == &recipients, list);
}

/* A line of DomainPolicy whose domains come in. */
struct policy_draft {
	struct arena *arena;
	struct domain_policies *policies;
	struct domain_set *set;         /* the one of the three that this line is for */
};

static bool
take_policy_domain(void *object, struct text value, struct text *wanted_out)
{
	struct policy_draft *draft = object;
	const struct domain_policies *policies = draft->policies;
	struct text entry;

	if (!domain_entry_read(draft->arena, value, &entry, wanted_out))
		return false;
	if ((policies->none != draft->set && domain_set_has_entry(policies->none, entry)) ||
	    (policies->quarantine != draft->set &&
	     domain_set_has_entry(policies->quarantine, entry)) ||
	    (policies->reject != draft->set && domain_set_has_entry(policies->reject, entry))) {
		*wanted_out = TEXT("it stands with another policy already");
		return false;
	}
	(void)domain_set_add(draft->set, entry);
	return true;
}

static struct domain_set **
set_of_policy(struct domain_policies *policies, struct text word)
{
	if (text_equal_nocase(word, TEXT("none")))
		return &policies->none;
	if (text_equal_nocase(word, TEXT("quarantine")))
		return &policies->quarantine;
	return text_equal_nocase(word, TEXT("reject")) ? &policies->reject : NULL;
}

static void
note_policy_source(struct arena *arena, struct domain_policies *policies, struct text line)
{
	policies->sources = arena_grow(arena, policies->sources, policies->source_count,
				       &policies->source_capacity, sizeof(*policies->sources));
	policies->sources[policies->source_count++] = text_copy(arena, line_without_comment(line));
}

static void
read_domain_policy(const struct line_source *source, struct text line,
		   struct domain_policies *policies)
{
	struct policy_draft draft = { source->arena, policies, NULL };
	struct value_taker taker = { TEXT("DomainPolicy"), true, &draft, take_policy_domain };
	struct domain_set **set = NULL;
	struct text rest = line;
	struct syntax_item item;
	const char *reason;
	size_t count = 0;

	if (syntax_next_item(source->arena, &rest, &item, &reason))
		set = set_of_policy(policies, item.text);
	if (set == NULL) {
		line_refuse(source, taker.subject,
			    TEXT("first stands a policy: none, quarantine or reject"));
		return;
	}
	if (*set == NULL)
		*set = domain_set_new(source->arena, 1);
	draft.set = *set;
	for (; syntax_next_item(source->arena, &rest, &item, &reason); count++)
		(void)line_take_value(source, item.text, &taker, NULL);
	if (reason != NULL)
		line_refuse(source, taker.subject, text_from(reason));
	else if (count == 0)
		line_refuse(source, taker.subject,
			    TEXT("a domain is missing behind the policy, or file:/path"));
	else
		note_policy_source(source->arena, policies, line);
}

static void
take_back(const struct option *option, struct config *config)
{
	if (option->type == OPTION_RULES)
		config->rules = (struct rule_list){ .count = 0 };
	else if (option->type == OPTION_FORWARDERS)
		config->trusted_forwarders = (struct trusted_forwarder_list){ .count = 0 };
	else if (option->type == OPTION_DOMAIN_POLICIES)
		config->domain_policies = (struct domain_policies){ .source_count = 0 };
}

void
rule_line_read(const struct line_source *source, const struct option *option, struct text rest,
	       struct config *config)
{
	if (text_equal_nocase(line_without_comment(rest), TEXT("none")))
		take_back(option, config);
	else if (option->type == OPTION_RULES)
		rule_read(source, rest, &config->rules);
	else if (option->type == OPTION_FORWARDERS)
		read_forwarder(source, rest, &config->trusted_forwarders);
	else if (option->type == OPTION_DOMAIN_POLICIES)
		read_domain_policy(source, rest, &config->domain_policies);
}

static bool
line_at(const struct option *option, const struct config *config, size_t index,
	struct text *line_out)
{
	if (option->type == OPTION_RULES && index < config->rules.count)
		*line_out = config->rules.items[index].source;
	else if (option->type == OPTION_FORWARDERS && index < config->trusted_forwarders.count)
		*line_out = config->trusted_forwarders.items[index].source;
	else if (option->type == OPTION_DOMAIN_POLICIES &&
		 index < config->domain_policies.source_count)
		*line_out = config->domain_policies.sources[index];
	else
		return false;
	return true;
}

void
rule_lines_write(const struct option *option, const struct config *config, const char *separator,
		 struct textbuf *out)
{
	struct text line;
	size_t count = 0;

	for (; line_at(option, config, count, &line); count++) {
		textbuf_add_string(out, count > 0 ? separator : "");
		textbuf_add(out, line);
	}
	if (count == 0)
		textbuf_add_string(out, "none");
}

bool
own_domain_add(struct arena *arena, struct text item, struct config *config,
	       struct text *wanted_out)
{
	return add_domain(arena, &config->own_domains, item, wanted_out);
}

void
own_domain_note(struct arena *arena, struct text item, struct config *config)
{
	text_list_add(arena, item, &config->own_domains_source);
}
