/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_print.h"

#include "tool/dns_record.h"
#include "tool/json.h"

static void
add_ip(struct json *json, const char *key, struct ip ip)
{
	json_text(json, key, ip_text(json->out->arena, ip));
}

static void
add_host(struct json *json, const struct domain_host *host)
{
	json_text(json, "name", host->name);
	json_begin_array(json, "addresses");
	for (size_t i = 0; i < host->address_count; i++)
		add_ip(json, NULL, host->addresses[i]);
	json_end_array(json);
	json_text_or_null(json, "alias_of", host->alias_target);
}

static void
add_mx(struct json *json, const struct domain_mx *mx)
{
	json_begin_object(json, "mx");
	json_string(json, "status", dns_status_keyword(mx->answer->status));
	json_bool(json, "null_mx", mx->has_null);
	json_begin_array(json, "hosts");
	for (size_t i = 0; i < mx->count; i++) {
		json_begin_object(json, NULL);
		json_number(json, "preference", mx->hosts[i].preference);
		add_host(json, &mx->hosts[i].host);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void
add_listings(struct json *json, const struct domain_address *address)
{
	json_begin_array(json, "block_lists");
	for (size_t i = 0; i < address->listing_count; i++) {
		const struct domain_listing *listing = &address->listings[i];

		json_begin_object(json, NULL);
		json_text(json, "zone", listing->block_list);
		json_string(json, "status", dns_status_keyword(listing->answer->status));
		json_begin_array(json, "answers");
		for (size_t j = 0; j < listing->answer->count; j++)
			add_ip(json, NULL, ip_from_v4(listing->answer->records[j].address));
		json_end_array(json);
		json_end_object(json);
	}
	json_end_array(json);
}

static void
add_reverse(struct json *json, const struct domain_reverse *reverse)
{
	json_begin_array(json, "addresses");
	for (size_t i = 0; i < reverse->count; i++) {
		const struct domain_address *address = &reverse->addresses[i];

		json_begin_object(json, NULL);
		add_ip(json, "address", address->ip);
		json_bool(json, "sender", address->is_sender);
		json_text_or_null(json, "mx_host", address->mx_host);
		json_string(json, "status", dns_status_keyword(address->ptr->status));
		json_begin_array(json, "names");
		for (size_t j = 0; j < address->name_count; j++)
			json_text(json, NULL, address->names[j].name);
		json_end_array(json);
		json_text_or_null(json, "confirmed_name", address->confirmed_name);
		add_listings(json, address);
		json_end_object(json);
	}
	json_end_array(json);
}

static const char *
spf_state_word(enum domain_spf_state state)
{
	switch (state) {
	case DOMAIN_SPF_USABLE:
		return "valid";
	case DOMAIN_SPF_NO_RECORD:
		return "none";
	case DOMAIN_SPF_SEVERAL:
		return "several";
	case DOMAIN_SPF_WRONG:
		return "invalid";
	case DOMAIN_SPF_UNANSWERED:
		return "unanswered";
	case DOMAIN_SPF_LOOP:
		return "loop";
	case DOMAIN_SPF_NOT_FOLLOWED:
		return "not-followed";
	case DOMAIN_SPF_NEEDS_MESSAGE:
		return "needs-message";
	}
	return "none";
}

/* The records of the tree, depth first; `via` is the term that led there. */
static void
add_spf_record(struct json *json, const struct domain_spf_node *node, struct text via)
{
	json_begin_object(json, NULL);
	json_number(json, "depth", (int64_t)node->depth);
	json_text_or_null(json, "via", via);
	json_text(json, "domain", node->domain);
	json_string(json, "state", spf_state_word(node->state));
	json_text_or_null(json, "record", node->record);
	json_text_or_null(json, "problem", node->reason);
	json_number(json, "lookups", node->lookups);
	json_end_object(json);
	for (size_t i = 0; i < node->term_count; i++)
		if (node->terms[i].child != NULL)
			add_spf_record(json, node->terms[i].child, node->terms[i].text);
}

static void
add_spf(struct json *json, const struct domain_spf *spf)
{
	const struct domain_spf_node *root = spf->tree.root;
	struct domain_spf_networks networks = domain_spf_networks(json->out->arena, &spf->tree);

	json_begin_object(json, "spf");
	json_string(json, "state", spf_state_word(root->state));
	json_number(json, "lookups", root->lookups);
	json_number(json, "void_lookups_ipv4", root->voids4);
	json_number(json, "void_lookups_ipv6", root->voids6);
	json_begin_array(json, "records");
	add_spf_record(json, root, TEXT(""));
	json_end_array(json);
	json_bool(json, "networks_complete", !networks.is_incomplete && !networks.is_everything);
	json_begin_array(json, "networks");
	for (size_t i = 0; i < networks.count; i++) {
		json_begin_object(json, NULL);
		json_text(json, "network", text_printf(json->out->arena, "%.*s/%u",
			  TEXT_ARGUMENTS(ip_text(json->out->arena,
						 networks.items[i].network.address)),
			  networks.items[i].network.prefix));
		json_text(json, "term", networks.items[i].term->text);
		json_text(json, "domain", networks.items[i].node->domain);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static const char *
key_state_word(enum domain_key_state state)
{
	switch (state) {
	case DOMAIN_KEY_USABLE:
		return "valid";
	case DOMAIN_KEY_REVOKED:
		return "revoked";
	case DOMAIN_KEY_ABSENT:
		return "none";
	case DOMAIN_KEY_SEVERAL:
		return "several";
	case DOMAIN_KEY_WRONG:
		return "invalid";
	case DOMAIN_KEY_UNANSWERED:
		return "unanswered";
	}
	return "none";
}

static const char *
origin_word(enum domain_selector_origin origin)
{
	switch (origin) {
	case DOMAIN_SELECTOR_GIVEN:
		return "given";
	case DOMAIN_SELECTOR_OF_MESSAGE:
		return "message";
	case DOMAIN_SELECTOR_COMMON:
		return "common";
	}
	return "given";
}

static void
add_dkim(struct json *json, const struct domain_dkim *dkim)
{
	json_begin_array(json, "dkim");
	for (size_t i = 0; i < dkim->count; i++) {
		const struct domain_key *key = &dkim->keys[i];
		bool is_usable = key->state == DOMAIN_KEY_USABLE;

		json_begin_object(json, NULL);
		json_text(json, "selector", key->selector);
		json_text(json, "domain", key->domain);
		json_string(json, "origin", origin_word(key->origin));
		json_string(json, "state", key_state_word(key->state));
		json_text_or_null(json, "record", key->record);
		json_string(json, "problem", key->problem);
		json_string(json, "type", !is_usable ? NULL :
			    key->key.type == DKIM_KEY_ED25519 ? "ed25519" : "rsa");
		if (is_usable && key->key.type == DKIM_KEY_RSA)
			json_number(json, "bits", key->bits);
		else
			json_null(json, "bits");
		json_bool(json, "testing", is_usable && key->key.is_testing);
		json_end_object(json);
	}
	json_end_array(json);
}

static void
add_discovery(struct json *json, const char *key, const struct dmarc_discovery *discovery)
{
	bool is_known = discovery->state == DMARC_DISCOVERY_FOUND ||
			discovery->state == DMARC_DISCOVERY_NO_RECORD;

	json_begin_object(json, key);
	json_bool(json, "known", is_known);
	json_text_or_null(json, "policy_domain", discovery->has_record ?
			  discovery->policy_domain : TEXT(""));
	json_text_or_null(json, "organizational_domain", is_known ?
			  dmarc_discovery_organizational_domain(discovery) : TEXT(""));
	json_string(json, "policy", discovery->has_record ?
		    domain_dmarc_request_word(discovery->selection.request) : NULL);
	json_end_object(json);
}

static void
add_dmarc(struct json *json, const struct domain_dmarc *dmarc)
{
	json_begin_object(json, "dmarc");
	add_discovery(json, "tree_walk", dmarc->walk);
	add_discovery(json, "public_suffix_list", dmarc->list);
	json_text_or_null(json, "record", dmarc->record);
	json_begin_array(json, "tags");
	for (size_t i = 0; i < dmarc->tag_count; i++) {
		json_begin_object(json, NULL);
		json_text(json, "name", dmarc->tags[i].name);
		json_text(json, "value", dmarc->tags[i].value);
		json_end_object(json);
	}
	json_end_array(json);
	json_begin_array(json, "destinations");
	for (size_t i = 0; i < dmarc->destination_count; i++) {
		const struct domain_destination *destination = &dmarc->destinations[i];

		json_begin_object(json, NULL);
		json_string(json, "tag", destination->is_failure ? "ruf" : "rua");
		json_text(json, "uri", destination->uri);
		json_text_or_null(json, "host", destination->host);
		json_bool(json, "external", destination->is_external);
		json_bool(json, "permitted", !text_is_empty(destination->host) &&
			  (!destination->is_external || destination->is_permitted));
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void
add_more(struct json *json, const struct domain_more *more)
{
	json_text_or_null(json, "mta_sts", more->notices[DOMAIN_MTA_STS].record);
	json_text_or_null(json, "tls_rpt", more->notices[DOMAIN_TLS_RPT].record);
	json_text_or_null(json, "bimi", more->notices[DOMAIN_BIMI].record);
	json_begin_array(json, "services");
	for (size_t i = 0; i < more->service_count; i++) {
		const struct domain_service *service = &more->services[i];

		for (size_t j = 0; j < service->answer->count; j++) {
			json_begin_object(json, NULL);
			json_string(json, "service", service->prefix);
			json_text(json, "target", service->answer->records[j].text);
			json_number(json, "port", service->answer->records[j].port);
			json_end_object(json);
		}
	}
	json_end_array(json);
}

static void
add_findings(struct json *json, const struct domain_findings *findings)
{
	json_begin_array(json, "findings");
	for (size_t i = 0; i < findings->count; i++) {
		const struct domain_finding *finding = &findings->items[i];

		json_begin_object(json, NULL);
		json_string(json, "section", domain_section_word(finding->section));
		json_string(json, "level", domain_level_word(finding->level));
		json_string(json, "code", finding->code);
		json_text_or_null(json, "subject", finding->subject);
		json_text(json, "sentence", finding->sentence);
		json_begin_array(json, "zone_lines");
		for (size_t j = 0; j < finding->fix_count; j++)
			json_text(json, NULL, finding->fixes[j]);
		json_end_array(json);
		json_end_object(json);
	}
	json_end_array(json);
}

static void
add_questions(struct json *json, const struct domain_facts *facts)
{
	const struct dns_answer *answer;
	enum dns_type type;
	struct text name;

	json_begin_array(json, "questions");
	for (size_t i = 0; dns_question_at(facts->dns, i, &name, &type, &answer); i++) {
		bool is_known = domain_answer_is_known(answer);

		json_begin_object(json, NULL);
		json_text(json, "name", name);
		json_string(json, "type", dns_type_name(type));
		json_string(json, "status", dns_status_keyword(answer->status));
		json_string(json, "trouble", is_known ? NULL : domain_answer_trouble(answer));
		if (is_known)
			json_number(json, "ttl", answer->ttl);
		else
			json_null(json, "ttl");
		if (facts->more.is_validating && is_known)
			json_bool(json, "secure", answer->is_secure);
		else
			json_null(json, "secure");
		json_begin_array(json, "records");
		for (size_t j = 0; j < answer->count; j++)
			json_text(json, NULL, dns_record_data(json->out->arena, type,
							      &answer->records[j]));
		json_end_array(json);
		json_end_object(json);
	}
	json_end_array(json);
}

static void
add_summary(struct json *json, const struct domain_findings *findings)
{
	json_begin_object(json, "summary");
	json_number(json, "errors", (int64_t)domain_findings_of_level(findings, DOMAIN_ERROR));
	json_number(json, "warnings", (int64_t)domain_findings_of_level(findings, DOMAIN_WARNING));
	json_number(json, "notes", (int64_t)domain_findings_of_level(findings, DOMAIN_NOTE));
	json_end_object(json);
}

static const char *
existence_word(enum domain_existence existence)
{
	switch (existence) {
	case DOMAIN_EXISTS:
		return "exists";
	case DOMAIN_ABSENT:
		return "absent";
	case DOMAIN_CIRCULAR:
		return "circular";
	case DOMAIN_UNREACHABLE:
		return "unreachable";
	}
	return "exists";
}

void
domain_print_json(const struct domain_facts *facts, const struct domain_findings *findings,
		  bool is_verbose, struct textbuf *out)
{
	struct json json = json_new(out);

	json_begin_object(&json, NULL);
	json_number(&json, "version", 1);
	json_string(&json, "command", "domain");
	json_text(&json, "domain", facts->wishes->domain);
	json_string(&json, "existence", existence_word(facts->existence));
	add_summary(&json, findings);
	add_findings(&json, findings);
	if (facts->existence == DOMAIN_EXISTS) {
		json_begin_object(&json, "facts");
		add_mx(&json, &facts->mx);
		add_reverse(&json, &facts->reverse);
		add_spf(&json, &facts->spf);
		add_dkim(&json, &facts->dkim);
		add_dmarc(&json, &facts->dmarc);
		add_more(&json, &facts->more);
		json_end_object(&json);
	}
	if (is_verbose)
		add_questions(&json, facts);
	json_end_object(&json);
	json_finish(&json);
}
