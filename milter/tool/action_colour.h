/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_ACTION_COLOUR_H
#define DMARCMILTER_TOOL_ACTION_COLOUR_H

#include "config/action.h"
#include "tool/terminal.h"

/* The colour that an action is shown in. */
enum terminal_colour action_colour(enum action action);

#endif
