/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_SESSION_H
#define DMARCMILTER_PROGRAMS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "config/current.h"
#include "core/evaluation.h"
#include "mail/message.h"
#include "programs/service.h"

/*
 * One connection of the MTA: the facts as they arrive, and the evaluation of
 * the message in work. It knows nothing of libmilter; milter_callbacks.c turns
 * events into these calls. A session is used by one thread at a time. Any
 * order of events is survived: a second MAIL or a HELO ends the message before
 * it, an abort without message does nothing.
 */
enum { SESSION_RECIPIENTS_MAX = 10000 };        /* ten times what Postfix accepts */

/* What was agreed on with the MTA. */
struct session_agreement {
	bool keeps_leading_space;       /* fields have the blank behind the colon */
	bool allows_skip;               /* the rest of a body can be refused */
	bool is_silent;                 /* no reply but to recipients and the end of a message */
	bool can_insert;
	bool can_delete;
	bool can_quarantine;
};

struct session {
	const struct service *service;
	bool has_local_socket;          /* the MTA came over a unix socket */
	bool belongs_to_thread;         /* our session thread frees it, not the close callback */
	struct session_agreement agreement;
	struct arena *arena;            /* of the connection */
	struct arena *helo_arena;       /* of the last HELO: a client may send any number */
	struct arena *message_arena;
	struct connection connection;
	struct config_version *version; /* with a message in work */
	struct message *message;        /* NULL: none in work */
	struct evaluation *evaluation;
	size_t recipients_seen;         /* taken or not */
	bool header_has_ended;
	int64_t started;                /* clock_milliseconds() at MAIL */
};

struct session *session_new(const struct service *service);

/* Forgets the message, frees all and clears the pointer; *session may be NULL. */
void session_free(struct session **session);

/* Back to the state before the first CONNECT: what was agreed on stays. */
void session_reset(struct session *session);

/* Strings may be NULL. `address` is IP_NONE for a local client. */
void session_connect(struct session *session, const char *client_name, struct ip address,
		     const char *daemon_name, const char *host_name);
void session_helo(struct session *session, const char *name, const char *tls_version);

/* `arguments`: the address and the parameters of MAIL, NULL at the end. */
void session_begin_message(struct session *session, char *const *arguments, bool is_authenticated);

enum session_recipient {
	SESSION_RECIPIENT_TAKEN,
	SESSION_RECIPIENT_TOO_MANY,
	/* SplitRecipients: other rules hold for it than for those before */
	SESSION_RECIPIENT_APART
};

/*
 * Only one that is taken belongs to the message. `resolved` (may be NULL) is the address
 * as the MTA completes it; it counts where the argument has no domain.
 */
enum session_recipient session_add_recipient(struct session *session, const char *argument,
					     const char *resolved);

/* Takes the queue id once the MTA has given one. */
void session_set_queue_id(struct session *session, const char *queue_id);

/* DATA, or whatever comes without it: from here on the checks run even if no RCPT was seen. */
void session_begin_checks(struct session *session);

void session_add_field(struct session *session, const char *name, const char *value);
void session_end_header(struct session *session);

/* False: no more of the body is needed. */
bool session_add_body(struct session *session, const char *bytes, size_t length);

/* Decides. The outcome lives until session_forget_message(). NULL when there is no message. */
const struct outcome *session_end_message(struct session *session);

/* Writes the log line of the message, and counts it. */
void session_log_outcome(const struct session *session, const struct outcome *outcome);

/* The message is done or aborted. Does nothing without one. */
void session_forget_message(struct session *session);

/* How long a deferred message is remembered, in seconds. */
int64_t session_deferral_age(const struct config *config);

/* Over all sessions: messages between MAIL and their end. Safe from any thread. */
size_t session_messages_in_work(void);

#endif
