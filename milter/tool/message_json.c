/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_json.h"

static void
write_reply(struct json *json, const struct verdict *verdict)
{
	if (verdict->action != ACTION_REJECT && verdict->action != ACTION_TEMPFAIL) {
		json_null(json, "reply");
		return;
	}
	json_begin_object(json, "reply");
	json_text(json, "code", verdict->reply_code);
	json_text(json, "status", verdict->reply_status);
	json_text(json, "text", verdict->reply_text);
	json_end_object(json);
}

static void
write_verdict(struct json *json, const struct verdict *verdict)
{
	json_begin_object(json, "verdict");
	json_string(json, "action", action_keyword(verdict->action));
	json_string(json, "decided", action_keyword(verdict->decided));
	json_string(json, "class", message_class_keyword(verdict->message_class));
	json_string(json, "rule", verdict->rule);
	json_bool(json, "operator_rule", verdict->operator_rule != NULL);
	json_string(json, "override", verdict->override);
	json_string(json, "trust",
		    verdict->trust == TRUST_NOT ? NULL : trust_keyword(verdict->trust));
	json_text_or_null(json, "shadow_rules", verdict->shadows);
	json_text_or_null(json, "skipped_rules", verdict->skipped_rules);
	write_reply(json, verdict);
	json_end_object(json);
}

/* Of mail that goes on; the field of all others is in the log alone. */
static void
write_edits(struct json *json, const struct outcome *outcome)
{
	json_begin_array(json, "edits");
	for (size_t i = 0; judgement_goes_on(outcome) && i < outcome->edit_count; i++) {
		const struct header_edit *edit = &outcome->edits[i];

		json_begin_object(json, NULL);
		json_string(json, "do", edit->is_deletion ? "remove" : "add");
		json_text(json, "name", edit->name);
		if (edit->is_deletion) {
			json_number(json, "instance", edit->instance);
		} else {
			json_number(json, "position", edit->position);
			json_text(json, "value", edit->value);
		}
		json_end_object(json);
	}
	json_end_array(json);
}

static void
write_fact(struct json *json, const char *key, const struct envelope_fact *fact)
{
	static const char *const sources[] = {
		[FACT_UNKNOWN] = "unknown",
		[FACT_GIVEN] = "given",
		[FACT_RETURN_PATH] = "return-path",
		[FACT_RECEIVED] = "received",
	};

	json_begin_object(json, key);
	if (fact->source == FACT_UNKNOWN)
		json_null(json, "value");
	else
		json_text(json, "value", fact->value);
	json_string(json, "source", sources[fact->source]);
	json_end_object(json);
}

static void
write_texts(struct json *json, const char *key, const struct text *texts, size_t count)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_text(json, NULL, texts[i]);
	json_end_array(json);
}

static void
write_envelope(struct json *json, const struct judgement *judgement)
{
	const struct envelope *envelope = &judgement->envelope;

	json_begin_object(json, "envelope");
	write_fact(json, "client", &envelope->client);
	write_fact(json, "helo", &envelope->helo);
	write_fact(json, "from", &envelope->sender);
	write_fact(json, "tls", &envelope->tls);
	write_fact(json, "queue_id", &envelope->queue_id);
	write_texts(json, "recipients", envelope->recipients, envelope->recipient_count);
	write_texts(json, "refused_recipients", judgement->refused, judgement->refused_count);
	json_bool(json, "authenticated", envelope->is_authenticated);
	json_text_or_null(json, "daemon_name", envelope->daemon_name);
	json_number(json, "fields_not_judged", (int64_t)envelope->arrival_fields);
	json_end_object(json);
}

static void
write_identity(struct json *json, const char *key, const struct spf_identity *identity)
{
	json_begin_object(json, key);
	json_string(json, "result", result_keyword(identity->result));
	json_text_or_null(json, "domain", identity->domain);
	json_text_or_null(json, "term", identity->mechanism);
	json_text_or_null(json, "reason", identity->reason);
	json_end_object(json);
}

static void
write_signatures(struct json *json, const struct dkim_finding *dkim)
{
	json_begin_object(json, "dkim");
	json_string(json, "result", result_keyword(dkim->result));
	json_string(json, "reason", dkim->reason);
	json_begin_array(json, "signatures");
	for (size_t i = 0; i < dkim->count; i++) {
		const struct dkim_signature_finding *one = &dkim->signatures[i];

		json_begin_object(json, NULL);
		json_string(json, "result", result_keyword(one->result));
		json_text_or_null(json, "domain", one->domain);
		json_text_or_null(json, "selector", one->selector);
		json_text_or_null(json, "algorithm", one->algorithm);
		json_number(json, "key_bits", one->key_bits);
		json_string(json, "reason", one->reason);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void
write_dmarc(struct json *json, const struct dmarc_finding *dmarc)
{
	json_begin_object(json, "dmarc");
	json_string(json, "result", result_keyword(dmarc->result));
	json_text_or_null(json, "author_domain", dmarc->author.domain);
	json_text_or_null(json, "organizational_domain", dmarc->organizational_domain);
	json_text_or_null(json, "policy_domain", dmarc->policy_domain);
	json_string(json, "published", dmarc_policy_keyword(dmarc->published));
	json_string(json, "effective", dmarc_policy_keyword(dmarc->effective));
	json_bool(json, "spf_aligned", dmarc->spf_aligned);
	json_bool(json, "dkim_aligned", dmarc->dkim_aligned);
	json_text_or_null(json, "aligned_dkim_domain", dmarc->aligned_dkim_domain);
	json_string(json, "reason",
		    dmarc->author.reason != NULL ? dmarc->author.reason : dmarc->reason);
	json_end_object(json);
}

static void
write_results(struct json *json, const struct findings *findings)
{
	json_begin_object(json, "results");
	json_begin_object(json, "iprev");
	json_string(json, "result", result_keyword(findings->iprev.result));
	json_text_or_null(json, "name", findings->iprev.name);
	json_string(json, "reason", findings->iprev.reason);
	json_end_object(json);
	json_begin_object(json, "spf");
	write_identity(json, "helo", &findings->spf.helo);
	write_identity(json, "mail_from", &findings->spf.mail_from);
	json_end_object(json);
	write_signatures(json, &findings->dkim);
	json_begin_object(json, "arc");
	json_string(json, "result", result_keyword(findings->arc.result));
	json_number(json, "sets", (int64_t)findings->arc.count);
	json_string(json, "reason", findings->arc.reason);
	json_end_object(json);
	write_dmarc(json, &findings->dmarc);
	json_end_object(json);
}

static void
write_steps(struct json *json, const struct steps *steps)
{
	static const char *const moods[] = {
		[STEP_PLAIN] = "plain",
		[STEP_GOOD] = "good",
		[STEP_DOUBTFUL] = "doubtful",
		[STEP_BAD] = "bad",
	};

	json_begin_array(json, "trace");
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->items[i];

		json_begin_object(json, NULL);
		json_string(json, "check", step->check);
		json_number(json, "depth", step->depth);
		json_string(json, "mood", moods[step->mood]);
		json_text(json, "text", step->text);
		json_string(json, "clause", step->clause);
		json_end_object(json);
	}
	json_end_array(json);
}

static void
write_exchange(struct json *json, const struct judgement *judgement, size_t index)
{
	const struct dns_exchange *exchange = &judgement->dns.exchanges.items[index];
	struct dns_answer answer;

	(void)dns_exchange_answer(judgement->arena, exchange, &answer);
	json_begin_object(json, NULL);
	json_text(json, "name", exchange->name);
	json_string(json, "type", dns_type_name(exchange->type));
	json_string(json, "status", dns_status_keyword(answer.status));
	json_string(json, "reason", answer.reason);
	json_begin_array(json, "records");
	for (size_t i = 0; i < answer.count; i++)
		json_text(json, NULL, dns_record_data(judgement->arena, exchange->type,
						      &answer.records[i]));
	json_end_array(json);
	json_number(json, "ttl", answer.ttl);
	json_bool(json, "secure", answer.is_secure);
	json_number(json, "milliseconds", exchange->milliseconds);
	json_bool(json, "explains_only", index >= judgement->question_count);
	json_end_object(json);
}

static void
write_notes(struct json *json, const struct judgement *judgement)
{
	struct text_list notes = judgement_notes(judgement);

	write_texts(json, "notes", notes.items, notes.count);
}

void
message_json_write(struct json *json, const char *file, size_t number,
		   const struct judgement *judgement, const struct steps *steps)
{
	json_begin_object(json, NULL);
	json_string(json, "file", file);
	json_number(json, "number", (int64_t)number);
	json_null(json, "problem");
	write_verdict(json, &judgement->outcome.verdict);
	write_edits(json, &judgement->outcome);
	json_text_or_null(json, "log", judgement->log);
	write_envelope(json, judgement);
	json_text(json, "settings", judgement->settings_source);
	json_number(json, "clock", judgement->clock);
	write_results(json, &judgement->outcome.findings);
	write_steps(json, steps);
	json_begin_array(json, "dns");
	for (size_t i = 0; i < judgement->dns.exchanges.count; i++)
		write_exchange(json, judgement, i);
	json_end_array(json);
	write_notes(json, judgement);
	json_end_object(json);
}

void
message_json_write_problem(struct json *json, const char *file, size_t number,
			   const char *problem)
{
	json_begin_object(json, NULL);
	json_string(json, "file", file);
	json_number(json, "number", (int64_t)number);
	json_string(json, "problem", problem);
	json_end_object(json);
}
