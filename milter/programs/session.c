/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/log_line.h"
#include "programs/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * Until the end of the message nobody waits for an answer, and a slow sender
 * may take long over DATA; the deadline counts from the end of the message.
 */
enum { BEFORE_THE_END = 24 * 3600 * 1000 };     /* milliseconds */

enum { DEFERRAL_AGE_FACTOR = 3 };       /* of DeferMaximum: then a deferred message is forgotten */

/* Shared state, only counted. */
static atomic_size_t messages_in_work;

struct session *
session_new(const struct service *service)
{
	struct session *session = memory_new(sizeof(*session));

	session->service = service;
	session->arena = arena_new();
	metrics_count_session_start();
	return session;
}

void
session_reset(struct session *session)
{
	session_forget_message(session);
	arena_empty(session->arena);
	arena_free(&session->helo_arena);
	arena_free(&session->message_arena);
	session->connection = (struct connection){ .client = { .family = IP_NONE } };
}

void
session_free(struct session **session)
{
	if (*session == NULL)
		return;
	session_reset(*session);
	arena_free(&(*session)->arena);
	free(*session);
	*session = NULL;
	metrics_count_session_end();
}

static struct text
copy_string(struct arena *arena, const char *string)
{
	return text_copy(arena, text_from(string));
}

void
session_connect(struct session *session, const char *client_name, struct ip address,
		const char *daemon_name, const char *host_name)
{
	session_reset(session);
	session->connection.client = address;
	session->connection.client_name = copy_string(session->arena, client_name);
	session->connection.daemon_name = copy_string(session->arena, daemon_name);
	session->connection.host_name = copy_string(session->arena, host_name);
}

void
session_helo(struct session *session, const char *name, const char *tls_version)
{
	/* RFC 5321, 4.1.4: HELO ends a mail transaction; its facts must not change under it. */
	session_forget_message(session);
	if (session->helo_arena == NULL)
		session->helo_arena = arena_new();
	arena_empty(session->helo_arena);
	session->connection.helo = copy_string(session->helo_arena, name);
	session->connection.tls_version = copy_string(session->helo_arena, tls_version);
}

static bool
has_parameter(char *const *parameters, const char *wanted)
{
	for (size_t i = 0; parameters[i] != NULL; i++) {
		if (text_equal_nocase(text_from(parameters[i]), text_from(wanted)))
			return true;
	}
	return false;
}

void
session_begin_message(struct session *session, char *const *arguments, bool is_authenticated)
{
	const struct config *config;
	struct message *message;

	session_forget_message(session);
	if (session->message_arena == NULL)
		session->message_arena = arena_new();
	session->version = config_acquire();
	config = config_of(session->version);
	message = arena_alloc(session->message_arena, sizeof(*message));
	message->connection = &session->connection;
	message->is_authenticated = is_authenticated;
	message->own_field_name = config->quarantine_header_name;
	message->received_at = config->test_clock != 0 ? config->test_clock :
		clock_wall_seconds();
	if (arguments[0] != NULL) {
		message->sender = address_parse(session->message_arena,
						copy_string(session->message_arena, arguments[0]));
		message->is_smtputf8 = has_parameter(arguments + 1, "SMTPUTF8");
	}
	session->message = message;
	session->started = clock_milliseconds();
	atomic_fetch_add(&messages_in_work, 1);
}

/* What follows without MAIL is judged as a message without sender. */
static void
need_message(struct session *session)
{
	char *const nothing[] = { NULL };

	if (session->message == NULL)
		session_begin_message(session, nothing, false);
}

static void
begin_evaluation(struct session *session)
{
	session->evaluation = evaluation_begin(session->message_arena, config_of(session->version),
					       session->message,
					       resolver_backend(session->service->resolver),
					       clock_milliseconds() + BEFORE_THE_END);
}

/*
 * "RCPT TO:<postmaster>": the MTA knows which domain is meant. Without it a rule
 * for postmaster@example.org would not hold for whoever leaves the domain out.
 */
static struct address
parse_recipient(struct arena *arena, const char *argument, const char *resolved)
{
	struct address recipient = address_parse(arena, copy_string(arena, argument));
	struct address whole;

	if (recipient.is_valid || text_is_empty(recipient.local_part))
		return recipient;
	whole = address_parse(arena, copy_string(arena, resolved));
	return whole.is_valid ? whole : recipient;
}

enum session_recipient
session_add_recipient(struct session *session, const char *argument, const char *resolved)
{
	struct address recipient;
	struct arena *arena;

	need_message(session);
	if (session->recipients_seen >= SESSION_RECIPIENTS_MAX)
		return SESSION_RECIPIENT_TOO_MANY;
	session->recipients_seen++;
	arena = session->message_arena;
	recipient = parse_recipient(arena, argument, resolved);
	if (!policy_takes_recipient(arena, config_of(session->version), session->message,
				    &recipient))
		return SESSION_RECIPIENT_APART;
	message_add_recipient(session->message, arena, recipient);
	/*
	 * Only now is DNS asked: with delayed rejection MTAs show us connection,
	 * HELO and sender of every client that they then turn away at RCPT.
	 */
	if (session->evaluation == NULL)
		begin_evaluation(session);
	else
		evaluation_recipient(session->evaluation);
	return SESSION_RECIPIENT_TAKEN;
}

void
session_set_queue_id(struct session *session, const char *queue_id)
{
	if (session->message == NULL || queue_id == NULL ||
	    !text_is_empty(session->message->queue_id))
		return;
	session->message->queue_id = copy_string(session->message_arena, queue_id);
}

void
session_begin_checks(struct session *session)
{
	need_message(session);
	if (session->evaluation == NULL)
		begin_evaluation(session);
}

void
session_add_field(struct session *session, const char *name, const char *value)
{
	struct text text = text_from(value);
	struct message *message;
	size_t count;

	session_begin_checks(session);
	message = session->message;
	count = message->field_count;
	/* The facts keep the blank behind the colon; an old MTA has taken one away. */
	if (!session->agreement.keeps_leading_space)
		text = text_join(session->message_arena, TEXT(" "), text);
	message_add_field(message, session->message_arena, text_from(name), text,
			  (size_t)config_of(session->version)->header_bytes_max);
	if (message->field_count > count)
		evaluation_field(session->evaluation);
}

void
session_end_header(struct session *session)
{
	session_begin_checks(session);
	if (session->header_has_ended)
		return;
	session->header_has_ended = true;
	evaluation_header_end(session->evaluation);
}

bool
session_add_body(struct session *session, const char *bytes, size_t length)
{
	session_end_header(session);
	session->message->body_bytes += length;
	return evaluation_body(session->evaluation, text_of(bytes, length));
}

int64_t
session_deferral_age(const struct config *config)
{
	return DEFERRAL_AGE_FACTOR * (int64_t)config->defer_maximum;
}

const struct outcome *
session_end_message(struct session *session)
{
	struct deferrals *deferrals = session->service->deferrals;
	const struct config *config;
	const struct outcome *outcome;
	int64_t maximum_age;

	if (session->message == NULL)
		return NULL;
	session_end_header(session);
	config = config_of(session->version);
	maximum_age = session_deferral_age(config);
	session->message->deferred_since = deferrals_find(deferrals, session->message, maximum_age);
	outcome = evaluation_end(session->evaluation,
				 clock_milliseconds() + (int64_t)config->deadline);
	if (outcome->verdict.action == ACTION_TEMPFAIL)
		deferrals_add(deferrals, session->message, maximum_age);
	return outcome;
}

void
session_log_outcome(const struct session *session, const struct outcome *outcome)
{
	struct log_field *fields = NULL;
	size_t count = 0;
	int64_t milliseconds = clock_milliseconds() - session->started;
	struct text line = log_line_format(session->message_arena, config_of(session->version),
					   session->message, outcome, milliseconds, &fields,
					   &count);

	metrics_count_message(outcome, milliseconds);
	if (!text_is_empty(line))
		log_line(LOG_LEVEL_INFO, line, fields, count);
}

void
session_forget_message(struct session *session)
{
	if (session->message == NULL)
		return;
	session->message = NULL;
	session->evaluation = NULL;
	session->recipients_seen = 0;
	session->header_has_ended = false;
	/* The arena first: what is registered with it may still read the configuration. */
	arena_empty(session->message_arena);
	config_release(&session->version);
	atomic_fetch_sub(&messages_in_work, 1);
}

size_t
session_messages_in_work(void)
{
	return atomic_load(&messages_in_work);
}
