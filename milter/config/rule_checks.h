/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_CHECKS_H
#define DMARCMILTER_CONFIG_RULE_CHECKS_H

#include "base/arena.h"
#include "config/config.h"
#include "config/reader.h"

/*
 * Warns of rules that cannot do what their operator meant: that are never
 * reached, can never match, or let mail in on its sender's word; and of options
 * around the rules that have no effect. Each warning is certain; what is not
 * certain is not said. Pure; takes bounded time however long the lists are.
 */
void rule_checks(struct arena *arena, const struct config *config,
		 struct config_problems *problems);

#endif
