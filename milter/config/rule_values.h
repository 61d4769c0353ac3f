/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_VALUES_H
#define DMARCMILTER_CONFIG_RULE_VALUES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/line_source.h"
#include "config/rule.h"
#include "config/rule_table.h"

/*
 * Reads the part "OPERATOR VALUE,VALUE..." of one condition of a rule. `subject`
 * begins the sentences ("Rule bank"); what is wrong is noted at the source. The
 * condition is to be used only when it could be read without an error. Only
 * line_source.read_file touches files.
 */
void rule_values_read(const struct line_source *source, struct text subject,
		      const struct rule_condition_row *row, struct text operator_and_values,
		      struct rule_condition *condition_out);

#endif
