/* SPDX-License-Identifier: BSD-2-Clause */
/* The services of a domain that programs find by SRV records (RFC 2782). */
#include "tool/domain_more.h"

#include "tool/zone_line.h"

enum { TARGETS_MAX = 10, SUBMISSIONS_PORT = 465, IMAPS_PORT = 993 };

static const char *const prefixes[] = {
	"_submissions._tcp", "_submission._tcp", "_imaps._tcp", "_imap._tcp", "_pop3s._tcp",
	"_pop3._tcp", "_sieve._tcp", "_caldavs._tcp", "_carddavs._tcp", "_autodiscover._tcp",
};

_Static_assert(COUNT_OF(prefixes) <= DOMAIN_SERVICES_MAX, "each service has its place");

void
domain_services_gather(const struct domain_run *run, struct domain_more *more)
{
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		struct domain_service *service = &more->services[more->service_count++];

		service->prefix = prefixes[i];
		service->name = text_printf(run->arena, "%s.%.*s", prefixes[i],
					    TEXT_ARGUMENTS(more->domain));
		service->answer = domain_answer(run, service->name, DNS_SRV);
		service->targets = arena_array(run->arena, service->answer->count + 1,
					       sizeof(*service->targets));
		for (size_t j = 0; j < service->answer->count && j < TARGETS_MAX; j++) {
			struct text target = service->answer->records[j].text;

			if (!text_is_empty(target))
				service->targets[j] = domain_host_look_up(run, target);
		}
	}
}

static void
judge_target(const struct domain_service *service, const struct dns_record *record,
	     const struct domain_host *target, struct domain_findings *findings)
{
	/* RFC 2782: the root says that the service is not offered. */
	if (text_is_empty(record->text)) {
		domain_finding_add(findings, DOMAIN_OK, "service-declined", service->name,
				   "%s: not offered, and said so", service->prefix);
		return;
	}
	if (target->a == NULL || domain_host_is_unknown(target))
		return;
	if (target->a->has_cname || target->aaaa->has_cname) {
		domain_finding_add(findings, DOMAIN_WARNING, "service-alias", service->name,
				   "%s leads to %.*s, which is an alias (CNAME); RFC 2782 forbids "
				   "that.", service->prefix, TEXT_ARGUMENTS(record->text));
		if (!text_is_empty(target->alias_target) && target->address_count > 0)
			domain_finding_fix(findings, zone_line_srv(
				findings->arena, service->name, record->preference, record->weight,
				record->port, target->alias_target));
		return;
	}
	if (target->address_count == 0) {
		domain_finding_add(findings, DOMAIN_ERROR, "service-without-address",
				   service->name, "%s leads to %.*s, which has no address.",
				   service->prefix, TEXT_ARGUMENTS(record->text));
		return;
	}
	domain_finding_add(findings, DOMAIN_OK, "service", service->name, "%s: %.*s port %u",
			   service->prefix, TEXT_ARGUMENTS(record->text), record->port);
}

/* An MX host that an SRV record may name: with addresses, and no alias (RFC 2782). */
static struct text
usable_host(const struct domain_mx *mx)
{
	for (size_t i = 0; i < mx->count; i++) {
		const struct domain_host *host = &mx->hosts[i].host;

		if (host->address_count > 0 && !host->a->has_cname && !host->aaaa->has_cname)
			return host->name;
	}
	return TEXT("");
}

/* Nobody needs these records; with them, mail programs ask for less. */
static void
suggest(const struct domain_more *more, const struct domain_mx *mx,
	struct domain_findings *findings)
{
	struct arena *arena = findings->arena;
	struct text host = usable_host(mx);

	if (text_is_empty(host))
		return;
	domain_finding_add(findings, DOMAIN_NOTE, "service-none", more->domain,
			   "No SRV records lead mail programs to the servers (RFC 6186); they are "
			   "of use when the domain has mailboxes, for example:");
	domain_finding_fix(findings, zone_line_srv(
		arena, text_printf(arena, "_submissions._tcp.%.*s", TEXT_ARGUMENTS(more->domain)),
		0, 1, SUBMISSIONS_PORT, host));
	domain_finding_fix(findings, zone_line_srv(
		arena, text_printf(arena, "_imaps._tcp.%.*s", TEXT_ARGUMENTS(more->domain)),
		0, 1, IMAPS_PORT, host));
}

void
domain_services_judge(const struct domain_more *more, const struct domain_mx *mx,
		      struct domain_findings *findings)
{
	bool has_any = false;

	for (size_t i = 0; i < more->service_count; i++) {
		const struct domain_service *service = &more->services[i];

		has_any |= service->answer->status != DNS_NO_DATA &&
			   service->answer->status != DNS_NO_NAME;
		for (size_t j = 0; j < service->answer->count && j < TARGETS_MAX; j++)
			judge_target(service, &service->answer->records[j], &service->targets[j],
				     findings);
	}
	if (!has_any)
		suggest(more, mx, findings);
}
