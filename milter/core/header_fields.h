/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_HEADER_FIELDS_H
#define DMARCMILTER_CORE_HEADER_FIELDS_H

#include "base/arena.h"
#include "core/evaluation.h"

/*
 * The changes of the header that follow from an outcome: forged fields are
 * removed (RFC 8601 5), our own are added (RFC 8601 2.2, 4; RFC 7208 9.1).
 * Pure: reads facts, findings, verdict and settings; writes outcome->edits,
 * edit_count and removed_count.
 *
 * Mail of IgnoreHosts is not touched. Of other trusted mail, forged fields are
 * removed and nothing is added. Monitor mode differs only in the missing
 * QuarantineHeader.
 */
void header_fields_write(struct arena *arena, const struct config *config,
			 const struct message *message, struct outcome *outcome);

/* The value of the Authentication-Results field with all results, as it would be added in one. */
struct text header_fields_results(struct arena *arena, const struct config *config,
				  const struct message *message, const struct outcome *outcome);

#endif
