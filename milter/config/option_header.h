/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_OPTION_HEADER_H
#define DMARCMILTER_CONFIG_OPTION_HEADER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"

/*
 * Reads the value of QuarantineHeader, "Name: value", into its two fields.
 * False, with what is wanted in *wanted_out, for anything that is no header
 * field on one line, or the name of one that mail itself uses. Pure.
 */
bool option_header_set(struct arena *arena, struct text value, struct config *config,
		       struct text *wanted_out);

#endif
