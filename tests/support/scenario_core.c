/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"

#include "base/clock.h"
#include "config/reader.h"
#include "core/evaluation.h"
#include "core/log_line.h"
#include "dns/zone_text.h"

static struct text
macro(const struct scenario *scenario, const char *name)
{
	for (size_t i = 0; i < scenario->macros.count; i++)
		if (text_equal(scenario->macros.items[i].key, text_from(name)))
			return scenario->macros.items[i].value;
	return TEXT("");
}

/* MAIL's argument without parameters: a quoted local-part may hold blanks. */
static struct text
path_of(struct text argument)
{
	size_t end = text_find_text(argument, TEXT("> "));

	return end != TEXT_NOT_FOUND ? text_cut(argument, 0, end + 1) : argument;
}

static struct message *
make_message(struct arena *arena, const struct scenario *scenario, struct text *reason_out)
{
	struct message *message = arena_alloc(arena, sizeof(*message));
	struct connection *connection = arena_alloc(arena, sizeof(*connection));

	if (!ip_parse(scenario->client, &connection->client)) {
		*reason_out = TEXT("the client is no address");
		return NULL;
	}
	connection->helo = scenario->helo;
	connection->host_name = TEXT("mx.receiver.example");
	connection->daemon_name = macro(scenario, "daemon_name");
	connection->tls_version = macro(scenario, "tls_version");
	message->connection = connection;
	message->queue_id = TEXT("4SCENARIO");
	message->sender = address_parse(arena, path_of(scenario->sender));
	message->is_smtputf8 = text_find_text(scenario->sender, TEXT(" SMTPUTF8")) !=
			       TEXT_NOT_FOUND;
	message->is_authenticated = macro(scenario, "auth_authen").length > 0 ||
				    macro(scenario, "auth_type").length > 0;
	message->received_at = scenario->clock;
	return message;
}

static const struct config *
make_config(struct arena *arena, const struct scenario *scenario, struct text *reason_out)
{
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_problems problems = { NULL, 0, 0, false };

	config_set_defaults(arena, config);
	config_read_text(arena, scenario->settings, scenario->name, config, &problems);
	config_finish(arena, config, &problems);
	if (!problems.has_error)
		return config;
	*reason_out = problems.items[0].sentence;
	return NULL;
}

/* As programs/session.c does it. */
static struct evaluation *
feed_recipients(struct arena *arena, const struct scenario *scenario, const struct config *config,
		struct message *message, struct dns_backend *backend, int64_t deadline,
		struct scenario_lines *refused)
{
	struct evaluation *evaluation = NULL;

	for (size_t i = 0; i < scenario->recipients.count; i++) {
		struct address recipient = address_parse(arena, scenario->recipients.items[i]);

		if (!policy_takes_recipient(arena, config, message, &recipient)) {
			scenario_add_line(arena, refused, recipient.text);
			continue;
		}
		message_add_recipient(message, arena, recipient);
		if (evaluation == NULL)
			evaluation = evaluation_begin(arena, config, message, backend, deadline);
		else
			evaluation_recipient(evaluation);
	}
	return evaluation;
}

static const struct outcome *
feed(struct arena *arena, const struct scenario *scenario, const struct config *config,
     struct message *message, struct dns_backend *backend, int64_t patience,
     struct scenario_lines *refused)
{
	int64_t deadline = clock_milliseconds() + patience;
	struct evaluation *evaluation;

	message->own_field_name = config->quarantine_header_name;
	evaluation = feed_recipients(arena, scenario, config, message, backend, deadline,
				     refused);

	for (size_t i = 0; i < scenario->message.field_count; i++) {
		const struct header_field *field = &scenario->message.fields[i];

		message_add_field(message, arena, field->name, field->value,
				  config->header_bytes_max);
		evaluation_field(evaluation);
	}
	evaluation_header_end(evaluation);
	message->body_bytes = scenario->body.length;
	if (scenario->body.length > 0)
		(void)evaluation_body(evaluation, scenario->body);
	return evaluation_end(evaluation, deadline);
}

const struct outcome *
scenario_evaluate(struct arena *arena, const struct scenario *scenario,
		  struct dns_backend *backend, int64_t patience, struct text *reason_out)
{
	const struct config *config = make_config(arena, scenario, reason_out);
	struct message *message = make_message(arena, scenario, reason_out);
	struct scenario_lines refused = { NULL, 0, 0 };

	if (config == NULL || message == NULL)
		return NULL;
	return feed(arena, scenario, config, message, backend, patience, &refused);
}

/* What the daemon would have told the MTA; edits only of mail that goes on. */
static void
read_outcome(struct arena *arena, const struct outcome *outcome, struct scenario_result *result)
{
	const struct verdict *verdict = &outcome->verdict;
	bool goes_on = verdict->action == ACTION_ACCEPT || verdict->action == ACTION_MARK ||
		       verdict->action == ACTION_QUARANTINE;

	result->action = text_from(action_keyword(verdict->action));
	if (verdict->action == ACTION_REJECT || verdict->action == ACTION_TEMPFAIL)
		result->reply = text_printf(arena, "%.*s %.*s %.*s",
					    TEXT_ARGUMENTS(verdict->reply_code),
					    TEXT_ARGUMENTS(verdict->reply_status),
					    TEXT_ARGUMENTS(verdict->reply_text));
	for (size_t i = 0; goes_on && i < outcome->edit_count; i++) {
		const struct header_edit *edit = &outcome->edits[i];

		if (edit->is_deletion)
			scenario_add_line(arena, &result->removed,
					  text_printf(arena, "%.*s #%u",
						      TEXT_ARGUMENTS(edit->name),
						      edit->instance));
		else
			scenario_add_insertion(arena, result, edit->position, edit->name,
					       edit->value);
	}
}

bool
scenario_run_core(struct arena *arena, const struct scenario *scenario,
		  struct scenario_result *result_out, struct text *reason_out)
{
	const struct config *config = make_config(arena, scenario, reason_out);
	struct message *message = make_message(arena, scenario, reason_out);
	struct zone_text *zone = zone_text_parse(arena, scenario->zone, reason_out);
	const struct outcome *outcome;
	struct log_field *fields;
	size_t field_count;

	if (config == NULL || message == NULL || zone == NULL)
		return false;
	*result_out = (struct scenario_result){ .action = TEXT("") };
	outcome = feed(arena, scenario, config, message, zone_text_backend(arena, zone),
		       (int64_t)config->deadline, &result_out->refused);
	read_outcome(arena, outcome, result_out);
	result_out->log = log_line_format(arena, config, message, outcome, 0, &fields,
					  &field_count);
	result_out->log = text_from_position(result_out->log,
					     text_find_text(result_out->log, TEXT("action=")));
	result_out->class_word = scenario_log_value(result_out->log, "class");
	result_out->rule = scenario_log_value(result_out->log, "rule");
	result_out->would = scenario_log_value(result_out->log, "would");
	return true;
}
