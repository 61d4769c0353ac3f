/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_POLICY_H
#define DMARCMILTER_PROGRAMS_MIGRATE_POLICY_H

#include "programs/migrate_write.h"

/*
 * What several old files want done with mail, in our options. monitor only
 * when nothing of it refuses, defers or holds; else enforce, with every
 * action set so that no more is refused than before.
 */
void migrate_policy(struct migration *migration);

/* What to change in Postfix, and at the program that goes on signing, in comments. */
void migrate_surroundings(struct migration *migration);

#endif
