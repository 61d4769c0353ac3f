/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_IP_SET_H
#define DMARCMILTER_BASE_IP_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/ip.h"

/*
 * A set of networks that answers quickly however large it is: the networks
 * in order, without those that lie within another, searched by halving. Two
 * networks are either apart or one within the other, so no more is needed.
 * Immutable; lives in the arena that it was built in; safe from any thread.
 */
struct ip_set;

/*
 * A set of all addresses in `items`, in any order, repeated or nested; the
 * items are not kept. Never NULL. Takes time in proportion to n log n.
 */
struct ip_set *ip_set_build(struct arena *arena, const struct ip_network *items, size_t count)
	ATTRIBUTE_RESULT_MATTERS;

/*
 * True when one of the networks holds `ip`; the same as ip_in_networks() of the items.
 * False for IP_NONE, and for any address when `set` is NULL.
 */
bool ip_set_contains(const struct ip_set *set, struct ip ip);

/* True when one of the networks holds all of `network`. False when `set` is NULL. */
bool ip_set_covers(const struct ip_set *set, const struct ip_network *network);

#endif
