/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_MESSAGE_H
#define DMARCMILTER_TOOL_DOMAIN_MESSAGE_H

#include "base/arena.h"
#include "base/text.h"
#include "tool/domain_run.h"

/*
 * Adds to the wishes the selectors that a mail is signed with by the domain,
 * or by one above or below it, which is what DMARC may take; other signatures
 * are counted. Returns EX_OK, or an exit status with what is wrong on standard
 * error.
 */
int domain_message_read(struct arena *arena, const char *path, struct domain_wishes *wishes);

/* The same of the value of one DKIM-Signature field. Pure. */
void domain_message_add_signature(struct arena *arena, struct text value,
				  struct domain_wishes *wishes);

#endif
