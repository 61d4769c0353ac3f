/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_spf_fix.h"

#include "base/textbuf.h"

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

static bool
is_explanation(struct text term)
{
	return text_starts_with_nocase(term, TEXT("exp="));
}

/* The mail servers: by their names as long as receivers may look them all up. */
static struct text
append_hosts(struct arena *arena, struct text record, const struct domain_mx *mx)
{
	if (mx->answer->count <= DOMAIN_SPF_HOSTS_MAX)
		return append(arena, record, TEXT("mx"));
	for (size_t i = 0; i < mx->count; i++)
		for (size_t j = 0; j < mx->hosts[i].host.address_count; j++)
			record = append(arena, record, domain_spf_address_term(
				arena, mx->hosts[i].host.addresses[j]));
	return record;
}

struct text
domain_spf_new_record(struct arena *arena, const struct domain_wishes *wishes,
		      const struct domain_mx *mx)
{
	struct text record = TEXT("v=spf1");

	if (!domain_answer_is_known(mx->answer))
		return TEXT("");
	if (mx->count > 0)
		record = append_hosts(arena, record, mx);
	else if (!mx->has_null && mx->own.address_count > 0)
		record = append(arena, record, TEXT("a"));
	for (size_t i = 0; i < wishes->address_count; i++) {
		bool is_mx = mx->count == 0 && domain_host_has(&mx->own, wishes->addresses[i]);

		for (size_t j = 0; j < mx->count; j++)
			is_mx |= domain_host_has(&mx->hosts[j].host, wishes->addresses[i]);
		if (!is_mx || mx->has_null)
			record = append(arena, record,
					domain_spf_address_term(arena, wishes->addresses[i]));
	}
	return append(arena, record, domain_spf_names_senders(record) ? TEXT("~all") :
								       TEXT("-all"));
}

static void
add_term(struct textbuf *record, struct text term)
{
	if (text_is_empty(term))
		return;
	if (record->length > 0)
		textbuf_add_byte(record, ' ');
	textbuf_add(record, term);
}

struct text
domain_spf_replace(struct arena *arena, struct text record, struct text old_term,
		   struct text new_term)
{
	struct textbuf result = textbuf_new(arena, SIZE_MAX);
	struct text part;

	while (text_next_part(&record, ' ', &part))
		add_term(&result, text_equal(part, old_term) ? new_term : part);
	return textbuf_text(&result);
}

struct text
domain_spf_extend(struct arena *arena, struct text record, struct text new_term)
{
	struct textbuf result = textbuf_new(arena, SIZE_MAX);
	bool is_ended = false;
	struct text part;

	while (text_next_part(&record, ' ', &part)) {
		if (!is_ended && (is_all(part) || is_redirect(part))) {
			add_term(&result, new_term);
			is_ended = true;
		}
		add_term(&result, part);
	}
	if (!is_ended) {
		add_term(&result, new_term);
		add_term(&result, TEXT("~all"));
	}
	return textbuf_text(&result);
}

bool
domain_spf_names_senders(struct text record)
{
	struct text part;

	(void)text_next_part(&record, ' ', &part);
	while (text_next_part(&record, ' ', &part))
		if (!text_is_empty(part) && !is_all(part) && !is_explanation(part))
			return true;
	return false;
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

static bool
holds_explanation(struct text record)
{
	struct text part;

	while (text_next_part(&record, ' ', &part))
		if (is_explanation(part))
			return true;
	return false;
}

/* Of two different ends the one that refuses less; what lets everybody pass is none. */
static struct text
join_ends(struct text end, struct text other)
{
	bool is_fail = text_equal_nocase(other, TEXT("-all")) &&
		       (text_is_empty(end) || text_equal(end, TEXT("-all")));

	return is_fail ? TEXT("-all") : TEXT("~all");
}

/* Each modifier may stand there once, and a redirect beside "all" is not looked at (RFC 7208 6). */
static void
merge_term(struct textbuf *record, struct text term)
{
	struct text known = textbuf_text(record);

	if (is_redirect(term))
		term = text_join(record->arena, TEXT("include:"),
				 text_from_position(term, sizeof("redirect=") - 1));
	if (!holds_term(known, term) && !(is_explanation(term) && holds_explanation(known)))
		add_term(record, term);
}

struct text
domain_spf_merge(struct arena *arena, const struct dns_answer *answer)
{
	struct textbuf record = textbuf_new(arena, SIZE_MAX);
	struct text end = TEXT("");

	textbuf_add_string(&record, "v=spf1");
	for (size_t i = 0; i < answer->count; i++) {
		struct text rest = answer->records[i].text;
		struct text part;

		if (!spf_record_is_spf(rest))
			continue;
		(void)text_next_part(&rest, ' ', &part);
		while (text_next_part(&rest, ' ', &part)) {
			if (is_all(part))
				end = join_ends(end, part);
			else
				merge_term(&record, part);
		}
	}
	add_term(&record, text_is_empty(end) ? TEXT("~all") : end);
	return textbuf_text(&record);
}
