/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_reverse.h"

#include "mail/domain_name.h"
#include "tool/zone_line.h"

/* Whether `name` holds the four numbers of an address, in this order, with that separator. */
static bool
holds_numbers(struct arena *arena, struct text name, struct ip ip, char separator,
	      bool is_backwards)
{
	unsigned numbers[4];

	for (size_t i = 0; i < 4; i++)
		numbers[i] = ip.bytes[is_backwards ? 3 - i : i];
	return text_find_text(name, text_printf(arena, "%u%c%u%c%u%c%u", numbers[0], separator,
						numbers[1], separator, numbers[2], separator,
						numbers[3])) != TEXT_NOT_FOUND;
}

bool
domain_name_looks_generic(struct arena *arena, struct text name, struct ip ip)
{
	static const char *const words[] = { "dhcp", "dialup", "dynamic", "dyn.", "dsl", "pool-" };
	struct text domain = domain_name_last_labels(name, 2);
	struct text host = text_cut(name, 0, name.length - domain.length);

	/* Whoever is called aerodynamic.example has no generic names for that. */
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_find_text(host, text_from(words[i])) != TEXT_NOT_FOUND)
			return true;
	return ip.family == IP_V4 &&
	       (holds_numbers(arena, name, ip, '-', false) ||
		holds_numbers(arena, name, ip, '-', true) ||
		holds_numbers(arena, name, ip, '.', false) ||
		holds_numbers(arena, name, ip, '.', true));
}

/* The name that an address ought to have. */
static struct text
wanted_name(const struct domain_reverse *reverse, const struct domain_address *address)
{
	bool has_helo = text_find(reverse->helo_name, '.') != TEXT_NOT_FOUND;

	if (address->is_sender && has_helo)
		return reverse->helo_name;
	if (!text_is_empty(address->mx_host))
		return address->mx_host;
	return has_helo ? reverse->helo_name : TEXT("");
}

/* One that leads to the address already, so that a PTR record alone confirms it; or empty. */
static struct text
leading_name(const struct domain_reverse *reverse, const struct domain_address *address)
{
	if (address->is_sender && domain_host_has(&reverse->helo, address->ip))
		return reverse->helo_name;
	return address->mx_host;
}

static struct text
role_of(const struct domain_address *address, struct arena *arena)
{
	if (text_is_empty(address->mx_host))
		return TEXT("");
	return text_printf(arena, " (MX host %.*s)", TEXT_ARGUMENTS(address->mx_host));
}

/* Receivers look at the address that sends; an MX host usually does, but need not. */
static enum domain_level
fault_of(const struct domain_address *address)
{
	return address->is_sender ? DOMAIN_ERROR : DOMAIN_WARNING;
}

static void
judge_missing(const struct domain_reverse *reverse, const struct domain_address *address,
	      struct text shown, struct domain_findings *findings)
{
	struct text name = wanted_name(reverse, address);

	domain_finding_add(findings, fault_of(address), "reverse-missing", shown,
			   "%.*s%.*s has no PTR record: receivers refuse mail from addresses "
			   "without a name. Whoever the address belongs to has to add it.",
			   TEXT_ARGUMENTS(shown),
			   TEXT_ARGUMENTS(role_of(address, findings->arena)));
	if (!text_is_empty(name))
		domain_finding_fix(findings, zone_line_ptr(findings->arena, address->ip, name));
}

static void
judge_unconfirmed(const struct domain_reverse *reverse, const struct domain_address *address,
		  struct text shown, struct domain_findings *findings)
{
	const struct domain_host *first = &address->names[0];
	struct text name = leading_name(reverse, address);
	struct text there = domain_host_addresses(findings->arena, first);

	for (size_t i = 0; i < address->name_count; i++) {
		if (!domain_host_is_unknown(&address->names[i]))
			continue;
		domain_finding_add(findings, fault_of(address), "reverse-unanswered", shown,
				   "%.*s is %.*s, whose addresses cannot be looked up: %s.",
				   TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(address->names[i].name),
				   domain_answer_trouble(
					   domain_answer_is_known(address->names[i].a) ?
					   address->names[i].aaaa : address->names[i].a));
		return;
	}
	domain_finding_add(findings, fault_of(address), "reverse-unconfirmed", shown,
			   "%.*s is called %.*s, but that name %s%.*s, so the name counts for "
			   "nothing (no forward-confirmed reverse DNS).",
			   TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(first->name),
			   text_is_empty(there) ? "has no address" : "leads to ",
			   TEXT_ARGUMENTS(there));
	/* The name at hand is often one of the provider, whose zone is not the reader's. */
	domain_finding_fix(findings, text_is_empty(name) ?
			   zone_line_address(findings->arena, first->name, address->ip) :
			   zone_line_ptr(findings->arena, address->ip, name));
}

static void
judge_confirmed(const struct domain_address *address, struct text shown,
		struct domain_findings *findings)
{
	struct text name = address->confirmed_name;

	if (domain_name_looks_generic(findings->arena, name, address->ip))
		domain_finding_add(findings, address->is_sender ? DOMAIN_WARNING : DOMAIN_NOTE,
				   "reverse-generic", shown,
				   "%.*s is called %.*s, which looks like a name for a whole "
				   "network: many receivers distrust those.", TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(name));
	else
		domain_finding_add(findings, DOMAIN_OK, "reverse-confirmed", shown,
				   "%.*s is %.*s, confirmed", TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(name));
	if (address->ptr->count > DOMAIN_PTR_NAMES_MAX)
		domain_finding_add(findings, DOMAIN_NOTE, "reverse-many-names", shown,
				   "%.*s has %zu names; receivers look at a few, or at one.",
				   TEXT_ARGUMENTS(shown), address->ptr->count);
}

static void
judge_names(const struct domain_reverse *reverse, const struct domain_address *address,
	    struct domain_findings *findings)
{
	struct text shown = ip_text(findings->arena, address->ip);

	if (address->is_sender && domain_address_is_private(address->ip)) {
		domain_finding_add(findings, DOMAIN_ERROR, "reverse-private", shown,
				   "%.*s is no address of the internet; the one that receivers "
				   "see is needed.", TEXT_ARGUMENTS(shown));
		return;
	}
	if (!domain_answer_is_known(address->ptr))
		domain_finding_add(findings, fault_of(address), "reverse-unanswered", shown,
				   "The name of %.*s cannot be looked up: %s.",
				   TEXT_ARGUMENTS(shown), domain_answer_trouble(address->ptr));
	else if (address->name_count == 0)
		judge_missing(reverse, address, shown, findings);
	else if (text_is_empty(address->confirmed_name))
		judge_unconfirmed(reverse, address, shown, findings);
	else
		judge_confirmed(address, shown, findings);
}

static bool
has_name(const struct domain_address *address, struct text name)
{
	for (size_t i = 0; i < address->name_count; i++)
		if (text_equal(address->names[i].name, name))
			return true;
	return false;
}

/* The HELO name of one sending address. */
static void
judge_helo_of(const struct domain_reverse *reverse, const struct domain_address *address,
	      struct domain_findings *findings)
{
	struct text helo = reverse->helo_name;
	struct text shown = ip_text(findings->arena, address->ip);

	if (!domain_host_has(&reverse->helo, address->ip)) {
		domain_finding_add(findings, DOMAIN_WARNING, "helo-address", helo,
				   "The HELO name %.*s does not lead to %.*s.",
				   TEXT_ARGUMENTS(helo), TEXT_ARGUMENTS(shown));
		domain_finding_fix(findings, zone_line_address(findings->arena, helo, address->ip));
	} else if (!has_name(address, helo) && address->name_count > 0) {
		domain_finding_add(findings, DOMAIN_NOTE, "helo-differs", helo,
				   "%.*s calls itself %.*s in HELO, and DNS calls it %.*s. That is "
				   "allowed; one name for both is the better habit.",
				   TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(helo),
				   TEXT_ARGUMENTS(address->names[0].name));
	} else {
		domain_finding_add(findings, DOMAIN_OK, "helo-fits", helo,
				   "HELO %.*s fits %.*s", TEXT_ARGUMENTS(helo),
				   TEXT_ARGUMENTS(shown));
	}
}

static void
judge_helo(const struct domain_reverse *reverse, struct domain_findings *findings)
{
	struct text helo = reverse->helo_name;

	if (text_find(helo, '.') == TEXT_NOT_FOUND) {
		domain_finding_add(findings, DOMAIN_ERROR, "helo-no-domain", helo,
				   "The HELO name %.*s has no domain: receivers refuse it "
				   "(RFC 5321 4.1.2).", TEXT_ARGUMENTS(helo));
		return;
	}
	if (domain_host_is_unknown(&reverse->helo)) {
		domain_finding_add(findings, DOMAIN_ERROR, "helo-unanswered", helo,
				   "The addresses of the HELO name %.*s cannot be looked up.",
				   TEXT_ARGUMENTS(helo));
		return;
	}
	if (reverse->helo.address_count == 0) {
		domain_finding_add(findings, DOMAIN_ERROR, "helo-without-address", helo,
				   "The HELO name %.*s has no address: many receivers refuse it.",
				   TEXT_ARGUMENTS(helo));
		for (size_t i = 0; i < reverse->count; i++)
			if (reverse->addresses[i].is_sender)
				domain_finding_fix(findings, zone_line_address(
					findings->arena, helo, reverse->addresses[i].ip));
		return;
	}
	for (size_t i = 0; i < reverse->count; i++)
		if (reverse->addresses[i].is_sender)
			judge_helo_of(reverse, &reverse->addresses[i], findings);
}

/* RFC 5782 2.1: a listing is an address of 127.0.0.0/8; 127.255.255.x says that it was not told. */
static bool
is_listing(const struct dns_record *record)
{
	return record->address[0] == 127;
}

static bool
is_refusal(const struct dns_record *record)
{
	return record->address[0] == 127 && record->address[1] == 255 &&
	       record->address[2] == 255;
}

static void
judge_listing(const struct domain_listing *listing, struct text shown,
	      struct domain_findings *findings)
{
	const struct dns_answer *answer = listing->answer;
	struct text list = listing->block_list;
	struct text reason = TEXT("");

	if (!domain_answer_is_known(answer)) {
		domain_finding_add(findings, DOMAIN_WARNING, "block-list-unanswered", list,
				   "The block list %.*s does not answer for %.*s: %s.",
				   TEXT_ARGUMENTS(list), TEXT_ARGUMENTS(shown),
				   domain_answer_trouble(answer));
		return;
	}
	if (answer->status != DNS_FOUND) {
		domain_finding_add(findings, DOMAIN_OK, "block-list-clean", shown,
				   "%.*s is not listed by %.*s", TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(list));
		return;
	}
	if (listing->reason != NULL && listing->reason->status == DNS_FOUND)
		reason = text_printf(findings->arena, " (%.*s)",
				     TEXT_ARGUMENTS(domain_excerpt(
					     findings->arena, listing->reason->records[0].text)));
	if (is_refusal(&answer->records[0]) || !is_listing(&answer->records[0]))
		domain_finding_add(findings, DOMAIN_WARNING, "block-list-refuses", list,
				   "The block list %.*s answers nothing about %.*s, but that it "
				   "does not serve this resolver%.*s.", TEXT_ARGUMENTS(list),
				   TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(reason));
	else
		domain_finding_add(findings, DOMAIN_ERROR, "block-list-listed", shown,
				   "%.*s is listed by %.*s%.*s.", TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(list), TEXT_ARGUMENTS(reason));
}

void
domain_reverse_judge(const struct domain_reverse *reverse, struct domain_findings *findings)
{
	findings->section = DOMAIN_SECTION_REVERSE;
	for (size_t i = 0; i < reverse->count; i++)
		judge_names(reverse, &reverse->addresses[i], findings);
	if (reverse->is_cut)
		domain_finding_add(findings, DOMAIN_NOTE, "reverse-cut", TEXT(""),
				   "There are more addresses; the first %d were looked at.",
				   DOMAIN_ADDRESSES_MAX);
	if (!text_is_empty(reverse->helo_name))
		judge_helo(reverse, findings);
	for (size_t i = 0; i < reverse->count; i++)
		for (size_t j = 0; j < reverse->addresses[i].listing_count; j++)
			judge_listing(&reverse->addresses[i].listings[j],
				      ip_text(findings->arena, reverse->addresses[i].ip), findings);
}
