/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_reverse.h"

#include <string.h>

static struct domain_address *
find_address(struct domain_reverse *reverse, struct ip ip)
{
	for (size_t i = 0; i < reverse->count; i++)
		if (ip_equal(reverse->addresses[i].ip, ip))
			return &reverse->addresses[i];
	return NULL;
}

static struct domain_address *
add_address(struct domain_reverse *reverse, struct ip ip)
{
	struct domain_address *known = find_address(reverse, ip);

	if (known != NULL)
		return known;
	if (reverse->count == DOMAIN_ADDRESSES_MAX) {
		reverse->is_cut = true;
		return NULL;
	}
	reverse->addresses[reverse->count].ip = ip;
	return &reverse->addresses[reverse->count++];
}

static void
collect_addresses(const struct domain_run *run, const struct domain_mx *mx,
		  struct domain_reverse *reverse)
{
	const struct domain_wishes *wishes = run->wishes;

	reverse->addresses = arena_array(run->arena, DOMAIN_ADDRESSES_MAX,
					 sizeof(*reverse->addresses));
	for (size_t i = 0; i < wishes->address_count; i++) {
		struct domain_address *address = add_address(reverse, wishes->addresses[i]);

		if (address != NULL)
			address->is_sender = true;
	}
	for (size_t i = 0; i < mx->count; i++) {
		for (size_t j = 0; j < mx->hosts[i].host.address_count; j++) {
			struct ip ip = mx->hosts[i].host.addresses[j];
			struct domain_address *address = domain_address_is_private(ip) ? NULL :
							 add_address(reverse, ip);

			if (address != NULL && text_is_empty(address->mx_host))
				address->mx_host = mx->hosts[i].host.name;
		}
	}
}

static void
look_up_names(const struct domain_run *run, struct domain_address *address)
{
	address->ptr = domain_answer(run, ip_reverse_name(run->arena, address->ip), DNS_PTR);
	address->names = arena_array(run->arena, DOMAIN_PTR_NAMES_MAX, sizeof(*address->names));
	for (size_t i = 0; i < address->ptr->count && i < DOMAIN_PTR_NAMES_MAX; i++) {
		struct domain_host host;

		if (text_is_empty(address->ptr->records[i].text))
			continue;
		host = domain_host_look_up(run, address->ptr->records[i].text);
		address->names[address->name_count++] = host;
		if (text_is_empty(address->confirmed_name) && domain_host_has(&host, address->ip))
			address->confirmed_name = host.name;
	}
}

/* The name to ask a block list for: the reverse name without in-addr.arpa (RFC 5782 2.1). */
static struct text
listing_name(const struct domain_run *run, struct ip ip, struct text block_list)
{
	struct text name = ip_reverse_name(run->arena, ip);
	size_t suffix = ip.family == IP_V6 ? strlen("ip6.arpa") : strlen("in-addr.arpa");

	return text_join(run->arena, text_cut(name, 0, name.length - suffix), block_list);
}

static void
look_up_listings(const struct domain_run *run, struct domain_address *address)
{
	const struct domain_wishes *wishes = run->wishes;

	address->listings = arena_array(run->arena, wishes->block_list_count + 1,
					sizeof(*address->listings));
	for (size_t i = 0; i < wishes->block_list_count; i++) {
		struct domain_listing *listing = &address->listings[address->listing_count++];
		struct text name = listing_name(run, address->ip, wishes->block_lists[i]);

		listing->block_list = wishes->block_lists[i];
		listing->answer = domain_answer(run, name, DNS_A);
		if (listing->answer->status == DNS_FOUND)
			listing->reason = domain_answer(run, name, DNS_TXT);
	}
}

void
domain_reverse_gather(const struct domain_run *run, const struct domain_mx *mx,
		      struct domain_reverse *reverse)
{
	*reverse = (struct domain_reverse){ .helo_name = run->wishes->helo };
	collect_addresses(run, mx, reverse);
	for (size_t i = 0; i < reverse->count; i++) {
		look_up_names(run, &reverse->addresses[i]);
		look_up_listings(run, &reverse->addresses[i]);
	}
	if (!text_is_empty(reverse->helo_name))
		reverse->helo = domain_host_look_up(run, reverse->helo_name);
}
