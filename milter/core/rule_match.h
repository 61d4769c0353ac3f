/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_RULE_MATCH_H
#define DMARCMILTER_CORE_RULE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "checks/findings.h"
#include "config/config.h"
#include "mail/message.h"

/*
 * The operator's rules held against a message. Only the policy asks for all of
 * it; which recipients meet the same conditions is asked when they arrive. Pure.
 */
struct rules_matched {
	const struct rule *decider;     /* the first that matches and is no shadow; or NULL */
	/* those before it that match and only say what they would do */
	const struct rule **shadows;
	size_t shadow_count;
	/*
	 * Those before it whose other conditions hold, but whose recipient condition
	 * holds for some recipients only: one recipient's rule must not decide for another.
	 */
	const struct rule **skipped;
	size_t skipped_count;
};

struct rules_matched rules_match(struct arena *arena, const struct config *config,
				 const struct message *message, const struct findings *findings,
				 enum message_class message_class);

/*
 * The trusted forwarder that the message came from; NULL when there is none, or
 * none for all of its recipients. Whether the failure looks like forwarding is
 * not asked.
 */
const struct trusted_forwarder *rules_find_forwarder(const struct config *config,
						     const struct message *message,
						     const struct findings *findings);

/* True when a rule has a condition on the size of the message. */
bool rules_ask_size(const struct config *config);

/*
 * True when `recipient` meets the same recipient conditions as the first
 * recipient of `message`, of all rules and forwarders that can still apply by
 * what is known after MAIL. True without a first recipient.
 */
bool rules_recipient_fits_group(struct arena *arena, const struct config *config,
				const struct message *message, const struct address *recipient);

#endif
