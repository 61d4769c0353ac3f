/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/public_suffix.h"

/* The interface without libpsl: there is no list, and settings that want one are refused. */

bool
public_suffix_available(void)
{
	return false;
}

const struct public_suffix_list *
public_suffix_acquire(struct arena *arena, struct text path, struct text *reason_out)
{
	(void)arena;
	(void)path;
	*reason_out = TEXT("built without libpsl");
	return NULL;
}

bool
public_suffix_refresh(struct text path, struct arena *arena, struct text *reason_out)
{
	return public_suffix_acquire(arena, path, reason_out) != NULL;
}

struct text
public_suffix_registered_domain(struct arena *arena, const struct public_suffix_list *list,
				struct text domain)
{
	(void)arena;
	(void)list;
	return domain;
}
