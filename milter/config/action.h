/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_ACTION_H
#define DMARCMILTER_CONFIG_ACTION_H

/* The words of the policy, which options, rules and the log have in common. */
enum action {                   /* what is done with a message, from weak to strong */
	ACTION_NONE_YET,
	ACTION_ACCEPT,
	ACTION_MARK,            /* accept with QuarantineHeader */
	ACTION_QUARANTINE,      /* into the MTA's hold queue */
	ACTION_TEMPFAIL,
	ACTION_REJECT,
	ACTION_DISCARD
};

/* What kind of message it is: the first that fits. Decided in core/policy.c. */
enum message_class {
	CLASS_NONE_YET,
	CLASS_TRUSTED,          /* skipped: IgnoreHosts, authenticated, IgnoreDaemonNames */
	CLASS_MALFORMED,        /* no usable author domain */
	CLASS_ERROR,            /* an answer is missing without which there is no verdict */
	CLASS_PASS,             /* DMARC pass */
	CLASS_NONE,             /* no DMARC record applies */
	CLASS_FORWARDED,        /* failed, by a trusted forwarder or sealer */
	CLASS_INDIRECT,         /* failed, with signs of an honest detour */
	CLASS_MISALIGNED,       /* failed; something passes, but not for the author domain */
	CLASS_SPOOF,            /* failed; nothing passes */
	CLASS_COUNT
};

/* "accept", "mark", ...; the words of the options and of the log. */
const char *action_keyword(enum action action);

/* "trusted", "malformed", ...; the words of RejectClasses and of the log. */
const char *message_class_keyword(enum message_class message_class);

#endif
