/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole message through the evaluation to its outcome. The input is five
 * parts with a line "===" between them: bytes that say in which order answers
 * arrive and where the body is cut; client, HELO, sender, recipient and queue
 * id, a line each; settings; a zone; the message. It is evaluated twice: with
 * answers at once, and with answers in that order, the body in pieces and
 * DMARCCompare turned round; both must come to the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "answer_order.h"
#include "base/clock.h"
#include "config/options.h"
#include "config/reader.h"
#include "core/evaluation.h"
#include "core/log_line.h"
#include "core/reply.h"
#include "dns/zone_text.h"
#include "mail/authentication_results.h"
#include "mail/domain_name.h"

enum {
	FAR = 600000,                   /* milliseconds: must not pass, so no zone with TIMEOUT */
	NOW = 1763700000,
	BUDGET_NEVER_MET = 5000,        /* with less, what is asked in advance can be missing later */
	PIECES_MAX = 200
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

struct input {
	struct text order;
	struct text envelope;
	struct text settings;
	struct text zone_source;
	struct text letter;
	const struct zone_text *zone;
};

/* Up to the next line "===", which is taken away. */
static struct text
take_part(struct text *rest)
{
	size_t end = text_find_text(*rest, TEXT("\n===\n"));
	struct text part = text_cut(*rest, 0, end);

	*rest = end == TEXT_NOT_FOUND ? TEXT("") : text_from_position(*rest, end + 5);
	return part;
}

static const struct config *
read_settings(struct arena *arena, struct text source)
{
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_problems problems = { NULL, 0, 0, false };

	config_set_defaults(arena, config);
	config->authserv_id = TEXT("mx.receiver.example");
	config_read_text(arena, source, TEXT("input"), config, &problems);
	config_finish(arena, config, &problems);
	if (problems.has_error) {
		config_set_defaults(arena, config);
		config->authserv_id = TEXT("mx.receiver.example");
	}
	/* No files of this machine but the list that the system has. */
	config->public_suffix_list = TEXT("");
	return config;
}

static struct message *
make_message(struct arena *arena, struct text envelope)
{
	struct connection *connection = arena_alloc(arena, sizeof(*connection));
	struct message *message = arena_alloc(arena, sizeof(*message));
	struct text lines[5] = { { NULL, 0 } };

	for (size_t i = 0; i < COUNT_OF(lines); i++)
		(void)text_next_part(&envelope, '\n', &lines[i]);
	if (!ip_parse(lines[0], &connection->client))
		connection->client = (struct ip){ .family = IP_NONE };
	connection->helo = lines[1];
	connection->host_name = TEXT("mx.receiver.example");
	message->connection = connection;
	message->is_smtputf8 = text_ends_with(lines[2], TEXT(" SMTPUTF8"));
	message->sender = address_parse(arena, text_cut(lines[2], 0, text_find_text(
		lines[2], TEXT(" SMTPUTF8"))));
	message->queue_id = lines[4];
	message->received_at = NOW;
	message_add_recipient(message, arena, address_parse(arena, lines[3]));
	return message;
}

/* The next field as libmilter gives it: folds are LF and blank. False at the header's end. */
static bool
take_field(struct text *rest, struct text *field_out)
{
	size_t end = 0;

	if (text_is_empty(*rest) || rest->bytes[0] == '\n')
		return false;
	while (end < rest->length &&
	       (rest->bytes[end] != '\n' || (end + 1 < rest->length &&
		(rest->bytes[end + 1] == ' ' || rest->bytes[end + 1] == '\t'))))
		end++;
	*field_out = text_cut(*rest, 0, end);
	*rest = text_from_position(*rest, end + 1);
	return true;
}

static void
feed_header(struct arena *arena, const struct config *config, struct message *message,
	    struct evaluation *evaluation, struct text *letter)
{
	struct text field;

	while (take_field(letter, &field)) {
		size_t colon = text_find(field, ':');
		size_t count = message->field_count;

		if (colon == TEXT_NOT_FOUND || colon == 0)
			continue;
		message_add_field(message, arena, text_cut(field, 0, colon),
				  text_from_position(field, colon + 1),
				  (size_t)config->header_bytes_max);
		if (message->field_count > count)
			evaluation_field(evaluation);
	}
	evaluation_header_end(evaluation);
}

static struct text
with_cr(struct arena *arena, struct text body)
{
	char *bytes = arena_alloc(arena, 2 * body.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < body.length; i++) {
		if (body.bytes[i] == '\n')
			bytes[length++] = '\r';
		bytes[length++] = body.bytes[i];
	}
	return text_of(bytes, length);
}

static void
feed_body(struct message *message, struct evaluation *evaluation, struct text body,
	  struct text cuts)
{
	for (size_t i = 0; i < cuts.length && i < PIECES_MAX; i++) {
		size_t length = (unsigned char)cuts.bytes[i];
		struct text piece = text_cut(body, 0, length);

		message->body_bytes += piece.length;
		if (!text_is_empty(piece))
			(void)evaluation_body(evaluation, piece);
		body = text_from_position(body, length);
	}
	message->body_bytes += body.length;
	if (!text_is_empty(body))
		(void)evaluation_body(evaluation, body);
}

static const struct outcome *
evaluate(struct arena *arena, const struct config *config, struct message *message,
	 struct dns_backend *backend, const struct input *input, struct text cuts)
{
	struct text letter = input->letter;
	struct evaluation *evaluation = evaluation_begin(arena, config, message, backend,
							 clock_milliseconds() + FAR);

	feed_header(arena, config, message, evaluation, &letter);
	feed_body(message, evaluation, with_cr(arena, text_from_position(letter, 1)), cuts);
	return evaluation_end(evaluation, clock_milliseconds() + FAR);
}

static bool
has_passing_signature(const struct dkim_finding *dkim, struct text domain)
{
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->signatures[i].result == RESULT_PASS &&
		    text_equal(dkim->signatures[i].domain, domain))
			return true;
	return false;
}

/* The identifier may stand for the author: one of them is within the other's organization. */
static bool
may_be_aligned(const struct dmarc_finding *dmarc, struct text domain, bool is_strict)
{
	struct text author = dmarc->author.domain;

	if (text_equal(domain, author))
		return true;
	return !is_strict && !text_is_empty(dmarc->organizational_domain) &&
	       domain_name_is_at_or_below(domain, dmarc->organizational_domain) &&
	       domain_name_is_at_or_below(author, dmarc->organizational_domain);
}

static void
require_sound_dmarc(const struct findings *findings, const struct dmarc_finding *dmarc)
{
	require((dmarc->result == RESULT_PASS) == (dmarc->spf_aligned || dmarc->dkim_aligned));
	if (dmarc->result == RESULT_PASS)
		require(dmarc->author.status == AUTHOR_ONE_DOMAIN &&
			!text_is_empty(dmarc->policy_domain));
	if (dmarc->spf_aligned)
		require(findings->spf.mail_from.result == RESULT_PASS);
	if (dmarc->dkim_aligned)
		require(has_passing_signature(&findings->dkim, dmarc->aligned_dkim_domain));
	/* With an answer missing above, organizations can be equal and not be known. */
	if (dmarc->result != RESULT_PASS || text_is_empty(dmarc->organizational_domain))
		return;
	if (dmarc->spf_aligned)
		require(may_be_aligned(dmarc, findings->spf.mail_from.domain,
				       dmarc->is_strict_spf));
	if (dmarc->dkim_aligned)
		require(may_be_aligned(dmarc, dmarc->aligned_dkim_domain, dmarc->is_strict_dkim));
}

/* One field: nothing in it can end it or begin another. */
static void
require_closed(struct text value, bool allows_utf8)
{
	require(value.length > 0 && value.bytes[0] == ' ');
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (byte == '\n')
			require(i + 2 < value.length && value.bytes[i + 1] == '\t' &&
				value.bytes[i + 2] != '\n' && value.bytes[i + 2] != '\t');
		else
			require(byte_is_printable(byte) || byte == '\t' ||
				(allows_utf8 && (unsigned char)byte >= 0x80));
	}
}

static void
require_sound_insertion(struct arena *arena, const struct config *config,
			const struct message *message, const struct header_edit *edit)
{
	struct authentication_results results;

	require_closed(edit->value, message->is_smtputf8);
	if (!text_equal(edit->name, TEXT("Authentication-Results"))) {
		require(text_equal(edit->name, config->quarantine_header_name) ||
			text_equal(edit->name, TEXT("Received-SPF")) ||
			text_equal(edit->name, TEXT("DMARC-Filter")));
		return;
	}
	require(authentication_results_parse(arena, edit->value, &results));
	require(authentication_results_is_claimed(arena, edit->value, &config->authserv_id, 1));
	for (size_t i = 0; i < results.count; i++)
		require(text_equal(results.results[i].method, TEXT("dmarc")) ||
			text_equal(results.results[i].method, TEXT("spf")) ||
			text_equal(results.results[i].method, TEXT("dkim")) ||
			text_equal(results.results[i].method, TEXT("arc")) ||
			text_equal(results.results[i].method, TEXT("iprev")));
}

static void
require_sound_deletion(const struct config *config, const struct message *message,
		       const struct header_edit *edit)
{
	bool is_results = text_equal_nocase(edit->name, TEXT("Authentication-Results"));

	require(is_results || text_equal_nocase(edit->name, config->quarantine_header_name));
	require(edit->instance >= 1 && (message->header_is_over_limit ||
		edit->instance <= message_count_fields(message, edit->name)));
}

static bool
is_deleted(const struct outcome *outcome, const struct header_field *field)
{
	for (size_t i = 0; i < outcome->edit_count; i++)
		if (outcome->edits[i].is_deletion &&
		    outcome->edits[i].instance == field->instance &&
		    text_equal_nocase(outcome->edits[i].name, field->name))
			return true;
	return false;
}

static void
require_sound_edits(struct arena *arena, const struct config *config,
		    const struct message *message, const struct outcome *outcome)
{
	bool has_inserted = false;

	for (size_t i = 0; i < outcome->edit_count; i++) {
		const struct header_edit *edit = &outcome->edits[i];

		require(!edit->is_deletion || !has_inserted);
		has_inserted |= !edit->is_deletion;
		if (edit->is_deletion)
			require_sound_deletion(config, message, edit);
		else
			require_sound_insertion(arena, config, message, edit);
	}
	require(!has_inserted || outcome->verdict.trust == TRUST_NOT);
	if (outcome->verdict.trust == TRUST_HOST)
		return;
	/* RFC 8601 5: what claims to be ours does not get through. */
	for (size_t i = 0; i < message->field_count; i++) {
		const struct header_field *field = &message->fields[i];

		if (text_equal_nocase(field->name, TEXT("Authentication-Results")) &&
		    authentication_results_is_claimed(arena, field->value, &config->authserv_id, 1))
			require(is_deleted(outcome, field));
	}
}

static void
require_printable(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		require(byte_is_printable(text.bytes[i]));
}

static void
require_sound_verdict(const struct config *config, const struct verdict *verdict)
{
	bool has_reply = verdict->decided == ACTION_REJECT || verdict->decided == ACTION_TEMPFAIL;
	const char class = verdict->decided == ACTION_REJECT ? '5' : '4';

	require(verdict->action != ACTION_NONE_YET && verdict->rule != NULL);
	require(verdict->action == (config->mode == MODE_MONITOR ? ACTION_ACCEPT :
								   verdict->decided));
	require_printable(verdict->reply_text);
	require(verdict->reply_text.length <= REPLY_TEXT_MAX);
	require(has_reply == !text_is_empty(verdict->reply_code));
	if (has_reply)
		require(verdict->reply_code.length == 3 && verdict->reply_code.bytes[0] == class &&
			verdict->reply_status.length >= 5 &&
			verdict->reply_status.bytes[0] == class);
}

static void
require_sound_line(struct arena *arena, const struct config *config,
		   const struct message *message, const struct outcome *outcome)
{
	struct log_field *fields;
	size_t count;
	struct text line = log_line_format(arena, config, message, outcome, 0, &fields, &count);
	struct text start = TEXT("NOQUEUE: ");

	require_printable(line);
	if (text_is_empty(line) || config->log_format == LOG_FORMAT_JSON)
		return;
	if (!text_starts_with(line, start))
		start = text_join(arena, message->queue_id, TEXT(": "));
	start = text_printf(arena, "%.*saction=%s client=%.*s class=", TEXT_ARGUMENTS(start),
			    action_keyword(outcome->verdict.action),
			    TEXT_ARGUMENTS(ip_text(arena, message->connection->client)));
	require(text_starts_with(line, start));
}

static void
require_sound(struct arena *arena, const struct config *config, const struct message *message,
	      const struct outcome *outcome)
{
	const struct findings *findings = &outcome->findings;

	require(outcome->dns_questions <= config->dns_questions_max);
	require_sound_dmarc(findings, &findings->dmarc);
	if (findings->dmarc.other != NULL)
		require_sound_dmarc(findings, findings->dmarc.other);
	require_sound_edits(arena, config, message, outcome);
	require_sound_verdict(config, &outcome->verdict);
	require_sound_line(arena, config, message, outcome);
}

static void
require_same(const struct outcome *a, const struct outcome *b)
{
	const struct verdict *one = &a->verdict;
	const struct verdict *two = &b->verdict;

	require(a->findings.dmarc.result == b->findings.dmarc.result);
	require(a->findings.spf.mail_from.result == b->findings.spf.mail_from.result);
	require(a->findings.spf.helo.result == b->findings.spf.helo.result);
	require(a->findings.iprev.result == b->findings.iprev.result);
	require(a->findings.dkim.count == b->findings.dkim.count);
	for (size_t i = 0; i < a->findings.dkim.count; i++)
		require(a->findings.dkim.signatures[i].result ==
			b->findings.dkim.signatures[i].result);
	require(one->action == two->action && one->message_class == two->message_class);
	require(text_equal(text_from(one->rule), text_from(two->rule)));
	require(text_equal(one->reply_text, two->reply_text));
	require(a->edit_count == b->edit_count);
	for (size_t i = 0; i < a->edit_count; i++)
		require(text_equal(a->edits[i].name, b->edits[i].name) &&
			a->edits[i].instance == b->edits[i].instance &&
			text_equal(a->edits[i].value, b->edits[i].value));
}

static void
run_both(struct arena *arena, const struct input *input)
{
	const struct config *config = read_settings(arena, input->settings);
	struct config turned = *config;
	struct message *message = make_message(arena, input->envelope);
	struct message *again = make_message(arena, input->envelope);
	struct dns_backend *backend = zone_text_backend(arena, input->zone);
	const struct outcome *plain = evaluate(arena, config, message, backend, input, TEXT(""));
	const struct outcome *delayed;

	require_sound(arena, config, message, plain);
	turned.dmarc_compare = config_knows_public_suffix_list && !config->dmarc_compare;
	delayed = evaluate(arena, &turned, again, answer_order_backend(backend, input->order),
			   input, input->order);
	require_sound(arena, &turned, again, delayed);
	if (config->dns_questions_max >= BUDGET_NEVER_MET)
		require_same(plain, delayed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct arena *zone_arena = arena_new();
	struct text rest = text_of((const char *)data, size);
	struct text reason;
	struct input input = { .zone = NULL };

	input.order = take_part(&rest);
	input.envelope = take_part(&rest);
	input.settings = take_part(&rest);
	input.zone_source = take_part(&rest);
	input.letter = rest;
	/* A name server that is silent only takes time here. */
	if (text_find_text(text_lower(zone_arena, input.zone_source), TEXT("timeout")) ==
	    TEXT_NOT_FOUND)
		input.zone = zone_text_parse(zone_arena, input.zone_source, &reason);
	if (input.zone != NULL)
		run_both(arena, &input);
	/* The sessions, which abandon what is open, go before their zone. */
	arena_free(&arena);
	arena_free(&zone_arena);
	return 0;
}
