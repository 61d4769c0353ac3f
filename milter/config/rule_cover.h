/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_COVER_H
#define DMARCMILTER_CONFIG_RULE_COVER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/rule.h"

/*
 * What follows from one condition for another. An answer true is certain; false
 * means that it is not known, also when `*work` has run out: that is how many
 * values and pairs may still be looked at. Pure.
 */

/* Whenever `stronger` holds, `weaker` does. */
bool rule_condition_implies(const struct rule_condition *stronger,
			    const struct rule_condition *weaker, size_t *work);

/* No message meets both. */
bool rule_conditions_exclude(const struct rule_condition *a, const struct rule_condition *b,
			     size_t *work);

/* Whenever `later` matches, `earlier` does. */
bool rule_covers(const struct rule *earlier, const struct rule *later, size_t *work);

#endif
