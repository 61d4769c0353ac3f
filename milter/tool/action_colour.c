/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/action_colour.h"

enum terminal_colour
action_colour(enum action action)
{
	switch (action) {
	case ACTION_ACCEPT:
		return TERMINAL_GOOD;
	case ACTION_MARK:
	case ACTION_QUARANTINE:
	case ACTION_TEMPFAIL:
		return TERMINAL_WARNING;
	case ACTION_REJECT:
	case ACTION_DISCARD:
		return TERMINAL_BAD;
	case ACTION_NONE_YET:
		break;
	}
	return TERMINAL_PLAIN;
}
