/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_mx.h"

#include <stdlib.h>

#include "tool/zone_line.h"

enum { MX_NAMES_OF_SPF = 10 };          /* RFC 7208 4.6.4 */

/* Networks of RFC 6890 and RFC 4193 that no host of the internet is in; not those of examples. */
static const char *const private_networks[] = {
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128",
	"fc00::/7", "fe80::/10", "ff00::/8",
};

bool
domain_address_is_private(struct ip ip)
{
	for (size_t i = 0; i < COUNT_OF(private_networks); i++) {
		struct ip_network network;

		if (ip_network_parse(text_from(private_networks[i]), &network) &&
		    ip_in_network(ip, &network))
			return true;
	}
	return false;
}

static int
compare_hosts(const void *one, const void *other)
{
	const struct domain_mx_host *a = one;
	const struct domain_mx_host *b = other;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return text_compare(a->host.name, b->host.name);
}

void
domain_mx_gather(const struct domain_run *run, struct domain_mx *mx)
{
	*mx = (struct domain_mx){ .domain = run->wishes->domain };
	mx->answer = domain_answer(run, mx->domain, DNS_MX);
	mx->own = domain_host_look_up(run, mx->domain);
	mx->hosts = arena_array(run->arena, mx->answer->count + 1, sizeof(*mx->hosts));
	for (size_t i = 0; i < mx->answer->count; i++) {
		const struct dns_record *record = &mx->answer->records[i];

		if (text_is_empty(record->text)) {
			mx->has_null = true;
			continue;
		}
		if (mx->count == DOMAIN_MX_MAX) {
			mx->is_cut = true;
			continue;
		}
		mx->hosts[mx->count++] = (struct domain_mx_host){
			.preference = record->preference,
			.host = domain_host_look_up(run, record->text),
		};
	}
	qsort(mx->hosts, mx->count, sizeof(*mx->hosts), compare_hosts);
}

bool
domain_mx_is_null(const struct domain_mx *mx)
{
	return mx->has_null && mx->count == 0;
}

/* RFC 5321 5.1: without MX records the domain itself is the host. */
static void
judge_absence(const struct domain_mx *mx, struct domain_findings *findings)
{
	if (mx->own.address_count > 0) {
		domain_finding_add(findings, DOMAIN_WARNING, "mx-missing", mx->domain,
				   "There is no MX record: senders fall back to the address of "
				   "the domain itself, %.*s.",
				   TEXT_ARGUMENTS(domain_host_addresses(findings->arena,
									&mx->own)));
		domain_finding_fix(findings, zone_line_mx(findings->arena, mx->domain, 10,
							  mx->domain));
		return;
	}
	if (domain_host_is_unknown(&mx->own))
		return;
	domain_finding_add(findings, DOMAIN_WARNING, "mx-no-mail", mx->domain,
			   "The domain takes no mail: it has neither MX nor address records. "
			   "If that is meant, say so, and senders need not try for days.");
	domain_finding_fix(findings, text_printf(findings->arena, "%.*s. IN MX 0 .",
						 TEXT_ARGUMENTS(mx->domain)));
}

/* An address in place of a name: "192.0.2.1" is then a name below the domain "1". */
static void
judge_address(const struct domain_mx *mx, const struct domain_mx_host *entry, struct ip ip,
	      struct domain_findings *findings)
{
	struct arena *arena = findings->arena;
	struct text name = text_join(arena, TEXT("mail."), mx->domain);

	domain_finding_add(findings, DOMAIN_ERROR, "mx-address", entry->host.name,
			   "The MX record names the address %.*s; it has to be a host name.",
			   TEXT_ARGUMENTS(entry->host.name));
	domain_finding_fix(findings, zone_line_mx(arena, mx->domain, entry->preference, name));
	domain_finding_fix(findings, zone_line_address(arena, name, ip));
}

static bool
is_host_name(struct text name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!byte_is_alnum(name.bytes[i]) && name.bytes[i] != '-' && name.bytes[i] != '.')
			return false;
	return text_find(name, '.') != TEXT_NOT_FOUND;
}

static void
judge_alias(const struct domain_mx *mx, const struct domain_mx_host *entry,
	    struct domain_findings *findings)
{
	const struct domain_host *host = &entry->host;

	domain_finding_add(findings, DOMAIN_ERROR, "mx-alias", host->name,
			   "%.*s is an alias (CNAME), which an MX record must not name "
			   "(RFC 2181 10.3): some senders then find no host.",
			   TEXT_ARGUMENTS(host->name));
	if (!text_is_empty(host->alias_target) && host->address_count > 0)
		domain_finding_fix(findings, zone_line_mx(findings->arena, mx->domain,
							  entry->preference,
							  host->alias_target));
}

static void
judge_missing_addresses(const struct domain_mx *mx, const struct domain_host *host,
			struct domain_findings *findings)
{
	struct text domain = mx->domain;

	if (!domain_answer_is_known(host->a) || !domain_answer_is_known(host->aaaa)) {
		const struct dns_answer *open = domain_answer_is_known(host->a) ? host->aaaa :
										   host->a;

		domain_finding_add(findings, DOMAIN_ERROR, "mx-host-unanswered", host->name,
				   "The addresses of %.*s cannot be looked up: %s.",
				   TEXT_ARGUMENTS(host->name), domain_answer_trouble(open));
		return;
	}
	if (host->address_count > 0)
		return;
	domain_finding_add(findings, DOMAIN_ERROR, "mx-host-without-address", host->name,
			   domain_host_is_absent(host) ? "%.*s does not exist, so no mail for "
							 "%.*s gets there." :
			   "%.*s has neither A nor AAAA records, so no mail for %.*s gets there.",
			   TEXT_ARGUMENTS(host->name), TEXT_ARGUMENTS(domain));
}

static void
judge_addresses(const struct domain_host *host, struct domain_findings *findings)
{
	for (size_t i = 0; i < host->address_count; i++) {
		if (!domain_address_is_private(host->addresses[i]))
			continue;
		domain_finding_add(findings, DOMAIN_ERROR, "mx-private-address", host->name,
				   "%.*s has the address %.*s, which nobody outside can reach.",
				   TEXT_ARGUMENTS(host->name),
				   TEXT_ARGUMENTS(ip_text(findings->arena, host->addresses[i])));
	}
}

static void
judge_host(const struct domain_mx *mx, const struct domain_mx_host *entry,
	   struct domain_findings *findings)
{
	const struct domain_host *host = &entry->host;
	size_t before = findings->count;
	struct ip ip;

	if (ip_parse(host->name, &ip)) {
		judge_address(mx, entry, ip, findings);
		return;
	}
	if (host->a->has_cname || host->aaaa->has_cname)
		judge_alias(mx, entry, findings);
	judge_missing_addresses(mx, host, findings);
	judge_addresses(host, findings);
	if (findings->count == before)
		domain_finding_add(findings, DOMAIN_OK, "mx-host", host->name,
				   "%u %.*s: %.*s", entry->preference, TEXT_ARGUMENTS(host->name),
				   TEXT_ARGUMENTS(domain_host_addresses(findings->arena, host)));
	if (!is_host_name(host->name))
		domain_finding_add(findings, DOMAIN_WARNING, "mx-host-name", host->name,
				   "%.*s is no host name of letters, digits and hyphens with a "
				   "domain, and not every sender takes it.",
				   TEXT_ARGUMENTS(host->name));
}

static void
judge_null(const struct domain_mx *mx, struct domain_findings *findings)
{
	if (mx->count == 0) {
		domain_finding_add(findings, DOMAIN_OK, "mx-null", mx->domain,
				   "The domain takes no mail and says so (null MX, RFC 7505).");
		return;
	}
	domain_finding_add(findings, DOMAIN_ERROR, "mx-null-and-others", mx->domain,
			   "A null MX (\"this domain takes no mail\") stands beside other MX "
			   "records: what senders make of that differs (RFC 7505 3). Remove one "
			   "or the other.");
}

/* Two records for one host. */
static void
judge_repetition(const struct domain_mx *mx, struct domain_findings *findings)
{
	for (size_t i = 0; i < mx->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!text_equal(mx->hosts[i].host.name, mx->hosts[j].host.name))
				continue;
			domain_finding_add(findings, DOMAIN_NOTE, "mx-repeated",
					   mx->hosts[i].host.name,
					   "%.*s is named by more than one MX record; one is "
					   "enough.",
					   TEXT_ARGUMENTS(mx->hosts[i].host.name));
			break;
		}
	}
}

static bool
has_family(const struct domain_mx *mx, enum ip_family family)
{
	for (size_t i = 0; i < mx->count; i++)
		for (size_t j = 0; j < mx->hosts[i].host.address_count; j++)
			if (mx->hosts[i].host.addresses[j].family == family)
				return true;
	return false;
}

static void
judge_families(const struct domain_mx *mx, struct domain_findings *findings)
{
	bool has_v4 = has_family(mx, IP_V4);
	bool has_v6 = has_family(mx, IP_V6);

	if (has_v4 && !has_v6)
		domain_finding_add(findings, DOMAIN_NOTE, "mx-no-ipv6", mx->domain,
				   "No MX host has an IPv6 address.");
	if (has_v6 && !has_v4)
		domain_finding_add(findings, DOMAIN_WARNING, "mx-no-ipv4", mx->domain,
				   "No MX host has an IPv4 address, and many senders have nothing "
				   "else.");
}

void
domain_mx_judge(const struct domain_mx *mx, struct domain_findings *findings)
{
	findings->section = DOMAIN_SECTION_MX;
	if (!text_is_empty(mx->own.alias_target))
		domain_finding_add(findings, DOMAIN_WARNING, "mx-domain-alias", mx->domain,
				   "The domain itself is an alias (CNAME) of %.*s: all its records "
				   "are those of the other name.",
				   TEXT_ARGUMENTS(mx->own.alias_target));
	if (!domain_answer_is_known(mx->answer)) {
		domain_finding_add(findings, DOMAIN_ERROR, "mx-unanswered", mx->domain,
				   "The MX records cannot be looked up: %s.",
				   domain_answer_trouble(mx->answer));
		return;
	}
	if (mx->answer->status != DNS_FOUND) {
		judge_absence(mx, findings);
		return;
	}
	if (mx->has_null)
		judge_null(mx, findings);
	for (size_t i = 0; i < mx->count; i++)
		judge_host(mx, &mx->hosts[i], findings);
	judge_repetition(mx, findings);
	judge_families(mx, findings);
	if (mx->is_cut)
		domain_finding_add(findings, DOMAIN_NOTE, "mx-cut", mx->domain,
				   "There are more than %d MX hosts; of the others nothing was "
				   "asked.", DOMAIN_MX_MAX);
	if (mx->answer->count > MX_NAMES_OF_SPF)
		domain_finding_add(findings, DOMAIN_NOTE, "mx-many", mx->domain,
				   "There are %zu MX records; SPF's mx term allows %d.",
				   mx->answer->count, MX_NAMES_OF_SPF);
}
