/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_RECEIVED_SPF_H
#define DMARCMILTER_CORE_RECEIVED_SPF_H

#include "base/arena.h"
#include "core/evaluation.h"

/*
 * The value of a Received-SPF field (RFC 7208 9.1, with erratum 5436): the
 * MAIL FROM identity (for a null sender: HELO). It says the same as the
 * Authentication-Results field. Values that a quoted-string cannot carry are
 * left out. Empty when SPF was not checked. Starts with a blank.
 */
struct text received_spf_value(struct arena *arena, const struct config *config,
			       const struct message *message, const struct findings *findings);

#endif
