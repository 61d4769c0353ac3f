/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_run.h"

#include "base/textbuf.h"
#include "tool/terminal.h"

enum { EXCERPT_BYTES = 200, ALIASES_MAX = 8 };

const struct dns_answer *
domain_answer(const struct domain_run *run, struct text name, enum dns_type type)
{
	return dns_peek(run->dns, name, type, DNS_ESSENTIAL);
}

const struct dns_answer *
domain_answer_below(const struct domain_run *run, const char *prefix, struct text name,
		    enum dns_type type)
{
	return domain_answer(run, text_printf(run->arena, "%s.%.*s", prefix,
					      TEXT_ARGUMENTS(name)), type);
}

bool
domain_answer_is_known(const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_FOUND:
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return true;
	case DNS_PENDING:
	case DNS_RETRY:
	case DNS_LIMIT:
		break;
	}
	return false;
}

const char *
domain_answer_trouble(const struct dns_answer *answer)
{
	if (answer->reason == NULL)
		return "no answer";
	/* Whether one question or all of them took too long is nothing to the reader. */
	return text_equal(text_from(answer->reason), TEXT("deadline")) ? "timeout" : answer->reason;
}

struct text
domain_excerpt(struct arena *arena, struct text text)
{
	struct text safe = terminal_safe(arena, text_cut(text, 0, EXCERPT_BYTES));

	return text.length > EXCERPT_BYTES ? text_join(arena, safe, TEXT("...")) : safe;
}

static void
add_addresses(struct arena *arena, struct domain_host *host, size_t *capacity,
	      const struct dns_answer *answer, bool is_v6)
{
	for (size_t i = 0; i < answer->count; i++) {
		host->addresses = arena_grow(arena, host->addresses, host->address_count,
					     capacity, sizeof(*host->addresses));
		host->addresses[host->address_count++] = is_v6 ?
			ip_from_v6(answer->records[i].address) :
			ip_from_v4(answer->records[i].address);
	}
}

struct domain_host
domain_host_look_up(const struct domain_run *run, struct text name)
{
	struct domain_host host = { .name = name };
	size_t capacity = 0;

	host.a = domain_answer(run, name, DNS_A);
	host.aaaa = domain_answer(run, name, DNS_AAAA);
	add_addresses(run->arena, &host, &capacity, host.a, false);
	add_addresses(run->arena, &host, &capacity, host.aaaa, true);
	if (!host.a->has_cname && !host.aaaa->has_cname)
		return host;
	for (size_t i = 0; i < ALIASES_MAX; i++) {
		const struct dns_answer *cname = domain_answer(run, name, DNS_CNAME);

		if (cname->status != DNS_FOUND)
			break;
		name = cname->records[0].text;
		host.alias_target = name;
	}
	return host;
}

bool
domain_host_has(const struct domain_host *host, struct ip ip)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (ip_equal(host->addresses[i], ip))
			return true;
	return false;
}

bool
domain_host_is_unknown(const struct domain_host *host)
{
	return !domain_answer_is_known(host->a) || !domain_answer_is_known(host->aaaa);
}

bool
domain_host_is_absent(const struct domain_host *host)
{
	return host->a->status == DNS_NO_NAME && host->aaaa->status == DNS_NO_NAME;
}

struct text
domain_host_addresses(struct arena *arena, const struct domain_host *host)
{
	struct textbuf list = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < host->address_count; i++) {
		textbuf_add_string(&list, i > 0 ? ", " : "");
		textbuf_add(&list, ip_text(arena, host->addresses[i]));
	}
	return textbuf_text(&list);
}
