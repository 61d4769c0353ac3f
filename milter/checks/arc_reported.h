/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_ARC_REPORTED_H
#define DMARCMILTER_CHECKS_ARC_REPORTED_H

#include "base/arena.h"
#include "base/text.h"
#include "checks/findings.h"

/*
 * What a sealer says that it found: the passes for which DMARC has a use, from
 * the ARC-Authentication-Results of its instance. Pure.
 */
enum { ARC_REPORTED_MAX = 20 };         /* more says nothing more */

/*
 * Reads `results` (behind "i=N;") into reported and reported_count of the
 * finding. Nothing is read from a value that cannot be parsed, or that tells of
 * a DMARC result other than pass and none: passes beside it are not aligned.
 */
void arc_reported_read(struct arena *arena, struct text results, struct arc_finding *finding);

#endif
