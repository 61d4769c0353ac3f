/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/judgement.h"

#include "base/clock.h"
#include "core/log_line.h"

enum { BODY_PART_MAX = 65535 };         /* as libmilter hands a body over */

static void
take_field(void *context, struct text name, struct text value)
{
	struct judgement *judgement = context;
	bool is_over = judgement->field_count > FIELDS_MAX;
	struct header_field *field;

	judgement->fields = arena_grow(judgement->arena, judgement->fields,
				       judgement->field_count, &judgement->field_capacity,
				       sizeof(*judgement->fields));
	field = &judgement->fields[judgement->field_count++];
	field->name = text_copy(judgement->arena, name);
	/* Of a field behind so many others only the name can matter. */
	field->value = is_over ? TEXT("") : text_copy(judgement->arena, value);
}

static void
make_message(struct judgement *judgement)
{
	const struct envelope *envelope = &judgement->envelope;
	struct connection *connection = &judgement->connection;
	struct message *message = arena_alloc(judgement->arena, sizeof(*message));

	connection->client = (struct ip){ .family = IP_NONE };
	(void)ip_parse(envelope->client.value, &connection->client);
	connection->helo = envelope->helo.value;
	connection->daemon_name = envelope->daemon_name;
	connection->host_name = envelope->host_name;
	connection->tls_version = envelope->tls.value;
	message->connection = connection;
	message->queue_id = envelope->queue_id.value;
	if (envelope->sender.source != FACT_UNKNOWN)
		message->sender = address_parse(judgement->arena, envelope->sender.value);
	message->is_smtputf8 = envelope->is_smtputf8;
	message->is_authenticated = envelope->is_authenticated;
	message->own_field_name = judgement->config->quarantine_header_name;
	message->received_at = judgement->clock;
	judgement->message = message;
}

static void
open_dns(struct judgement *judgement, int64_t deadline)
{
	const struct answer_source *source = judgement->source;

	if (source->recording != NULL) {
		ordered_dns_init_replay(&judgement->dns, judgement->arena,
					&source->recording->exchanges);
		return;
	}
	ordered_dns_init(&judgement->dns, judgement->arena, source->backend, deadline);
	judgement->dns.is_immediate = source->is_zone;
	if (source->is_zone)
		judgement->dns.silence = "timeout";
}

/* As programs/session.c does it at MAIL and RCPT. */
static void
begin_evaluation(struct judgement *judgement)
{
	const struct envelope *envelope = &judgement->envelope;
	int64_t deadline = clock_milliseconds() + (int64_t)judgement->config->deadline;

	open_dns(judgement, deadline);
	for (size_t i = 0; i < envelope->recipient_count; i++) {
		struct address recipient = address_parse(judgement->arena,
							 envelope->recipients[i]);

		if (policy_takes_recipient(judgement->arena, judgement->config,
					   judgement->message, &recipient)) {
			message_add_recipient(judgement->message, judgement->arena, recipient);
			continue;
		}
		judgement->refused = arena_grow(judgement->arena, judgement->refused,
						judgement->refused_count,
						&judgement->refused_capacity,
						sizeof(*judgement->refused));
		judgement->refused[judgement->refused_count++] = recipient.text;
	}
	judgement->evaluation = evaluation_begin(judgement->arena, judgement->config,
						 judgement->message, &judgement->dns.backend,
						 deadline);
	judgement->trace.arena = judgement->arena;
	evaluation_keep_trace(judgement->evaluation, &judgement->trace);
}

static void
take_header_end(void *context)
{
	struct judgement *judgement = context;

	envelope_derive(judgement->arena, &judgement->envelope, judgement->fields,
			judgement->field_count, judgement->config);
	make_message(judgement);
	begin_evaluation(judgement);
	for (size_t i = judgement->envelope.arrival_fields; i < judgement->field_count; i++) {
		const struct header_field *field = &judgement->fields[i];
		size_t count = judgement->message->field_count;

		message_add_field(judgement->message, judgement->arena, field->name, field->value,
				  (size_t)judgement->config->header_bytes_max);
		if (judgement->message->field_count > count)
			evaluation_field(judgement->evaluation);
	}
	evaluation_header_end(judgement->evaluation);
}

static void
pass_on_body(struct judgement *judgement)
{
	struct text part = textbuf_text(&judgement->gathered);

	if (part.length == 0)
		return;
	textbuf_add(&judgement->body, part);
	(void)evaluation_body(judgement->evaluation, part);
	judgement->gathered.length = 0;
}

/* The parser gives lines; as with an MTA, the checks get more at a time. */
static void
take_body(void *context, struct text part)
{
	struct judgement *judgement = context;

	judgement->message->body_bytes += part.length;
	while (part.length > 0) {
		size_t room = BODY_PART_MAX - judgement->gathered.length;
		struct text first = text_cut(part, 0, room);

		textbuf_add(&judgement->gathered, first);
		part = text_from_position(part, first.length);
		if (judgement->gathered.length == BODY_PART_MAX)
			pass_on_body(judgement);
	}
}

void
judgement_begin(struct judgement *judgement, enum mail_line_ends line_ends)
{
	const struct mail_sink sink = { judgement, take_field, take_header_end, take_body };

	judgement->parser = mail_parser_new(judgement->arena, sink, line_ends);
	judgement->body = textbuf_new(judgement->arena, BODY_KEPT_MAX);
	judgement->gathered = textbuf_new(judgement->arena, BODY_PART_MAX);
	judgement->started = clock_milliseconds();
}

void
judgement_add(struct judgement *judgement, struct text chunk)
{
	mail_parser_add(&judgement->parser, chunk);
}

/* Nothing of the result may depend on the time it took, unless time is real. */
static void
set_times(struct judgement *judgement)
{
	const struct answer_source *source = judgement->source;

	if (source->recording != NULL) {
		judgement->elapsed = source->recording->elapsed;
		for (size_t i = 0; i < judgement->dns.exchanges.count; i++)
			judgement->outcome.dns_milliseconds +=
				judgement->dns.exchanges.items[i].milliseconds;
	} else if (!source->is_zone) {
		judgement->elapsed = clock_milliseconds() - judgement->started;
		judgement->outcome.dns_milliseconds = judgement->dns.waited;
	}
}

enum mail_problem
judgement_end(struct judgement *judgement)
{
	struct log_field *fields = NULL;
	size_t count = 0;

	judgement->problem = mail_parser_end(&judgement->parser);
	if (judgement->problem != MAIL_FINE)
		return judgement->problem;
	pass_on_body(judgement);
	judgement->outcome = *evaluation_end(judgement->evaluation,
					     clock_milliseconds() +
					     (int64_t)judgement->config->deadline);
	judgement->outcome.dns_milliseconds = 0;
	set_times(judgement);
	judgement->question_count = judgement->dns.exchanges.count;
	judgement->log = log_line_format(judgement->arena, judgement->config, judgement->message,
					 &judgement->outcome, judgement->elapsed, &fields,
					 &count);
	return MAIL_FINE;
}

const struct dns_exchange *
judgement_find_answer(const struct judgement *judgement, struct text name, enum dns_type type)
{
	return ordered_dns_find(&judgement->dns, name, type);
}

bool
judgement_goes_on(const struct outcome *outcome)
{
	enum action action = outcome->verdict.action;

	return action == ACTION_ACCEPT || action == ACTION_MARK || action == ACTION_QUARANTINE;
}

bool
judgement_dns_is_dead(const struct judgement *judgement)
{
	/* A zone is silent only where it says so. */
	if (judgement->source->is_zone || judgement->question_count == 0)
		return false;
	for (size_t i = 0; i < judgement->question_count; i++) {
		struct dns_answer answer;

		(void)dns_exchange_answer(judgement->arena, &judgement->dns.exchanges.items[i],
					  &answer);
		if (answer.status != DNS_RETRY)
			return false;
	}
	return true;
}

static void
add_note(struct arena *arena, struct text_list *notes, size_t *capacity, struct text note)
{
	notes->items = arena_grow(arena, notes->items, notes->count, capacity,
				  sizeof(*notes->items));
	notes->items[notes->count++] = note;
}

/* What editors and people leave in front of the first field hides it, or all of them. */
static const char *
note_of_start(const struct judgement *judgement)
{
	if (judgement->field_count == 0)
		return "The file begins with an empty line, so the message has no header.";
	if (text_starts_with(judgement->fields[0].name, TEXT("\xef\xbb\xbf")))
		return "The file begins with a byte order mark, which became a part of its first "
		       "field's name.";
	return NULL;
}

struct text_list
judgement_notes(const struct judgement *judgement)
{
	const struct mail_parser *parser = &judgement->parser;
	struct arena *arena = judgement->arena;
	struct text_list notes = { .items = NULL };
	size_t capacity = 0;

	if (judgement->envelope.arrival_fields > 0)
		add_note(arena, &notes, &capacity,
			 text_printf(arena, "The first %zu header fields, down to that Received, "
				     "came with or after the arrival; they are not judged.",
				     judgement->envelope.arrival_fields));
	if (judgement->envelope.client.source == FACT_UNKNOWN)
		add_note(arena, &notes, &capacity,
			 TEXT("No client is known: iprev and SPF have nothing to check; see "
			      "--client."));
	if (judgement->envelope.sender.source == FACT_UNKNOWN)
		add_note(arena, &notes, &capacity,
			 TEXT("No envelope sender is known; see --from."));
	if (judgement_dns_is_dead(judgement))
		add_note(arena, &notes, &capacity,
			 TEXT("The DNS does not answer at all: this says nothing about the "
			      "message."));
	if (note_of_start(judgement) != NULL)
		add_note(arena, &notes, &capacity, text_from(note_of_start(judgement)));
	if (parser->has_no_separator)
		add_note(arena, &notes, &capacity,
			 TEXT("No empty line ends the header; the body begins at the first line "
			      "that is no field."));
	if (parser->lf_ends > 0 && parser->crlf_ends > 0)
		add_note(arena, &notes, &capacity,
			 text_printf(arena, "Lines end in two ways, %llu with LF and %llu with "
				     "CRLF: signatures may fail for that.",
				     (unsigned long long)parser->lf_ends,
				     (unsigned long long)parser->crlf_ends));
	if (parser->nul_bytes > 0)
		add_note(arena, &notes, &capacity,
			 text_printf(arena, "It holds %llu NUL bytes, which some MTAs drop or take "
				     "for an end.", (unsigned long long)parser->nul_bytes));
	if (parser->has_no_last_end)
		add_note(arena, &notes, &capacity,
			 TEXT("The last line had no end; it got one, as in SMTP."));
	return notes;
}
