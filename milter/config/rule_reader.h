/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_READER_H
#define DMARCMILTER_CONFIG_RULE_READER_H

#include "base/text.h"
#include "config/line_source.h"
#include "config/rule.h"

/*
 * Reads one line NAME CONDITION... ACTION [shadow] [reply="550 5.7.26 text"]
 * and puts the rule behind those that `rules` has. All that is wrong is noted
 * at the source, each in a sentence; then nothing is added.
 */
void rule_read(const struct line_source *source, struct text line, struct rule_list *rules);

#endif
