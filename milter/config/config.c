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

bool
text_list_contains(const struct text_list *list, struct text text)
{
	if (list->set != NULL)
		return text_set_contains(list->set, text);
	for (size_t i = 0; i < list->count; i++)
		if (text_equal_nocase(list->items[i], text))
			return true;
	return false;
}

bool
network_list_contains(const struct network_list *list, struct ip ip)
{
	if (list->set != NULL)
		return ip_set_contains(list->set, ip);
	return ip_in_networks(ip, list->items, list->count);
}
