/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_COMPARISON_H
#define DMARCMILTER_CORE_COMPARISON_H

#include <stdbool.h>

#include "core/evaluation.h"

/*
 * DMARCCompare: true when the two discoveries differ in a result, a policy,
 * where it was found, or what would be done. Pure.
 */
bool comparison_matters(const struct outcome *outcome);

#endif
