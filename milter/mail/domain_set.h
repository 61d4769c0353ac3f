/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_DOMAIN_SET_H
#define DMARCMILTER_MAIL_DOMAIN_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * A set of domains that answers quickly however large it is. "example.com" is
 * that name alone; ".example.com" is every name below it, at any depth, but
 * not itself. Built upon base/text_set.h; memory and threads as there.
 */
struct domain_set;

struct domain_set *domain_set_new(struct arena *arena, size_t expected) ATTRIBUTE_RESULT_MATTERS;

/*
 * `name` is a domain in normal form (mail/domain_name.h), or one behind a dot.
 * False when it was there already, or holds no name (empty, or a dot alone).
 */
bool domain_set_add(struct domain_set *set, struct text name);

/*
 * True when `domain`, in normal form, is in the set or below one of its names
 * with a dot. False for the empty text, and for any when `set` is NULL. Asks
 * the table once for each label.
 */
bool domain_set_contains(const struct domain_set *set, struct text domain);

/*
 * The length of the entry that holds `domain`, the longest of several, with its
 * dot: the name itself before any ".parent", the nearest parent before others.
 * 0 when none does. So entries of several sets can be compared.
 */
size_t domain_set_match(const struct domain_set *set, struct text domain);

/* True when `entry`, with its dot where it has one, was added as it is. */
bool domain_set_has_entry(const struct domain_set *set, struct text entry);

/*
 * True when the set holds every name that `entry` ("example.com" or ".example.com")
 * stands for by an entry of its own: itself, or one with a dot further up.
 */
bool domain_set_covers(const struct domain_set *set, struct text entry);

size_t domain_set_count(const struct domain_set *set);

#endif
