/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MILTER_OUTCOME_H
#define DMARCMILTER_PROGRAMS_MILTER_OUTCOME_H

#include "core/evaluation.h"
#include "programs/session.h"

#include <libmilter/mfapi.h>

/*
 * Carries out an outcome: edits of the header in the order given, quarantine,
 * reply. Returns the answer for xxfi_eom. An edit that fails is logged; when a
 * forged field could not be removed, the message is deferred, for with it our
 * reader would be lied to. Only from xxfi_eom.
 */
sfsistat milter_apply_outcome(SMFICTX *context, const struct session *session,
			      const struct outcome *outcome);

#endif
