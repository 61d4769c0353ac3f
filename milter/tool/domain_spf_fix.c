/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_spf_fix.h"

struct text
domain_spf_address_term(struct arena *arena, struct ip ip)
{
	return text_printf(arena, "%s:%.*s", ip.family == IP_V6 ? "ip6" : "ip4",
			   TEXT_ARGUMENTS(ip_text(arena, ip)));
}

static struct text
append(struct arena *arena, struct text record, struct text term)
{
	if (text_is_empty(term))
		return record;
	return text_join(arena, record, text_join(arena, TEXT(" "), term));
}

static bool
is_all(struct text term)
{
	static const char *const forms[] = { "all", "+all", "-all", "~all", "?all" };

	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (text_equal_nocase(term, text_from(forms[i])))
			return true;
	return false;
}

static bool
is_redirect(struct text term)
{
	return text_starts_with_nocase(term, TEXT("redirect="));
}

struct text
domain_spf_new_record(struct arena *arena, const struct domain_wishes *wishes,
		      const struct domain_mx *mx)
{
	struct text record = TEXT("v=spf1");
	bool sends = mx->count > 0 || wishes->address_count > 0;

	if (mx->count > 0)
		record = append(arena, record, TEXT("mx"));
	for (size_t i = 0; i < wishes->address_count; i++) {
		bool is_mx = false;

		for (size_t j = 0; j < mx->count; j++)
			is_mx |= domain_host_has(&mx->hosts[j].host, wishes->addresses[i]);
		if (!is_mx)
			record = append(arena, record,
					domain_spf_address_term(arena, wishes->addresses[i]));
	}
	return append(arena, record, sends ? TEXT("~all") : TEXT("-all"));
}

struct text
domain_spf_replace(struct arena *arena, const struct domain_spf_node *node, struct text old_term,
		   struct text new_term)
{
	struct text rest = node->record;
	struct text record = TEXT("");
	struct text part;

	(void)text_next_part(&rest, ' ', &record);
	while (text_next_part(&rest, ' ', &part))
		record = append(arena, record, text_equal(part, old_term) ? new_term : part);
	return record;
}

struct text
domain_spf_extend(struct arena *arena, const struct domain_spf_node *node, struct text new_term)
{
	struct text rest = node->record;
	struct text record = TEXT("");
	bool is_ended = false;
	struct text part;

	(void)text_next_part(&rest, ' ', &record);
	while (text_next_part(&rest, ' ', &part)) {
		if (!is_ended && (is_all(part) || is_redirect(part))) {
			record = append(arena, record, new_term);
			is_ended = true;
		}
		record = append(arena, record, part);
	}
	if (is_ended)
		return record;
	return append(arena, append(arena, record, new_term), TEXT("~all"));
}

/* Whether a record holds the term as it is written. */
static bool
holds_term(struct text record, struct text term)
{
	struct text part;

	while (text_next_part(&record, ' ', &part))
		if (text_equal_nocase(part, term))
			return true;
	return false;
}

struct text
domain_spf_merge(struct arena *arena, const struct dns_answer *answer)
{
	struct text record = TEXT("v=spf1");
	struct text end = TEXT("");

	for (size_t i = 0; i < answer->count; i++) {
		struct text rest = answer->records[i].text;
		struct text part;

		if (!spf_record_is_spf(rest))
			continue;
		(void)text_next_part(&rest, ' ', &part);
		while (text_next_part(&rest, ' ', &part)) {
			if (is_all(part))
				end = part;
			else if (!holds_term(record, part))
				record = append(arena, record, part);
		}
	}
	return append(arena, record, text_is_empty(end) ? TEXT("~all") : end);
}
