/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"

const char *
action_keyword(enum action action)
{
	switch (action) {
	case ACTION_NONE_YET:
		return "-";
	case ACTION_ACCEPT:
		return "accept";
	case ACTION_MARK:
		return "mark";
	case ACTION_QUARANTINE:
		return "quarantine";
	case ACTION_TEMPFAIL:
		return "tempfail";
	case ACTION_REJECT:
		return "reject";
	case ACTION_DISCARD:
		return "discard";
	}
	return "-";
}

const char *
message_class_keyword(enum message_class message_class)
{
	switch (message_class) {
	case CLASS_NONE_YET:
	case CLASS_COUNT:
		return "-";
	case CLASS_TRUSTED:
		return "trusted";
	case CLASS_MALFORMED:
		return "malformed";
	case CLASS_ERROR:
		return "error";
	case CLASS_PASS:
		return "pass";
	case CLASS_NONE:
		return "none";
	case CLASS_FORWARDED:
		return "forwarded";
	case CLASS_INDIRECT:
		return "indirect";
	case CLASS_MISALIGNED:
		return "misaligned";
	case CLASS_SPOOF:
		return "spoof";
	}
	return "-";
}
