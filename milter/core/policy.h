/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CORE_POLICY_H
#define DMARCMILTER_CORE_POLICY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/findings.h"
#include "config/config.h"
#include "mail/message.h"

/*
 * The one place where it is decided what becomes of a message. Pure: facts,
 * findings and settings in, verdict out; no DNS, no log, no milter.
 */
enum trust {
	TRUST_NOT,              /* everything is checked */
	TRUST_HOST,             /* client in IgnoreHosts: nothing is touched */
	TRUST_AUTHENTICATED,    /* forged fields are removed, nothing is added */
	TRUST_DAEMON_NAME       /* {daemon_name} in IgnoreDaemonNames: as authenticated */
};

struct verdict {
	enum trust trust;
	enum message_class message_class;
	enum action action;             /* what is done; in monitor mode accept */
	/* what enforce mode does; differs from action only in monitor mode */
	enum action decided;
	/* what decided: the operator's rule, or a built-in one ("dmarc-reject", ...) */
	const char *rule;
	const struct rule *operator_rule;       /* NULL: a built-in one */
	/* the shadow rules that match; and what they would do, "NAME:ACTION,..." */
	const struct rule *const *shadow_rules;
	size_t shadow_count;
	struct text shadows;
	/* the operator's rules that were left out because recipients differ: "NAME,..." */
	struct text skipped_rules;
	struct text reply_code;         /* "550"; for tempfail and reject */
	struct text reply_status;       /* "5.7.26" */
	struct text reply_text;         /* expanded, one line, printable ASCII */
	/* why the published policy was not applied as such, or NULL */
	const char *override;
	/* DMARCCompare: what `decided` is by the other discovery; without one the same */
	enum action decided_by_other;
};

/* Whether and why a message is not checked at all. Everything it needs is known at MAIL. */
enum trust policy_trust(const struct config *config, const struct message *message);

/*
 * SplitRecipients: whether a message may have this recipient beside those it
 * has, whom the same recipient conditions of rules must fit.
 */
bool policy_takes_recipient(struct arena *arena, const struct config *config,
			    const struct message *message, const struct address *recipient);

struct verdict policy_decide(struct arena *arena, const struct config *config,
			     const struct message *message, const struct findings *findings);

const char *trust_keyword(enum trust trust);

#endif
