/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_explain.h"

#include "tool/action_colour.h"
#include "tool/log_time.h"

static const struct {
	const char *word;       /* in JSON */
	const char *label;      /* for people */
} topics[] = {
	[LOG_TOPIC_DAMAGE] = { "damage", "Damaged" },
	[LOG_TOPIC_SENDER] = { "sender", "Sender" },
	[LOG_TOPIC_IPREV] = { "reverse-dns", "Reverse DNS" },
	[LOG_TOPIC_SPF] = { "spf", "SPF" },
	[LOG_TOPIC_DKIM] = { "dkim", "DKIM" },
	[LOG_TOPIC_ARC] = { "arc", "ARC" },
	[LOG_TOPIC_DMARC] = { "dmarc", "DMARC" },
	[LOG_TOPIC_CLASS] = { "class", "Class" },
	[LOG_TOPIC_DECISION] = { "decision", "Decision" },
	[LOG_TOPIC_OVERRIDE] = { "override", "Policy" },
	[LOG_TOPIC_MONITOR] = { "monitor", "Monitor mode" },
	[LOG_TOPIC_SHADOW] = { "shadow", "Shadow rule" },
	[LOG_TOPIC_SKIPPED] = { "skipped", "Left out" },
	[LOG_TOPIC_COMPARE] = { "compare", "Comparison" },
	[LOG_TOPIC_REMOVED] = { "removed", "Forged fields" },
	[LOG_TOPIC_REASON] = { "reason", "Reason" },
	[LOG_TOPIC_SENDER_ADVICE] = { "sender-advice", "The sender can" },
	[LOG_TOPIC_OPERATOR_ADVICE] = { "operator-advice", "You can" },
};

_Static_assert(COUNT_OF(topics) == LOG_TOPIC_COUNT, "a topic has no words");

const char *
log_topic_word(enum log_topic topic)
{
	return topics[topic].word;
}

const char *
log_tone_word(enum log_tone tone)
{
	switch (tone) {
	case LOG_TONE_PLAIN:
		return "plain";
	case LOG_TONE_GOOD:
		return "good";
	case LOG_TONE_WARNING:
		return "warning";
	case LOG_TONE_BAD:
		return "bad";
	}
	return "plain";
}

static enum terminal_colour
tone_colour(enum log_tone tone)
{
	switch (tone) {
	case LOG_TONE_PLAIN:
		return TERMINAL_PLAIN;
	case LOG_TONE_GOOD:
		return TERMINAL_GOOD;
	case LOG_TONE_WARNING:
		return TERMINAL_WARNING;
	case LOG_TONE_BAD:
		return TERMINAL_BAD;
	}
	return TERMINAL_PLAIN;
}

const char *
log_action_word(enum action action)
{
	switch (action) {
	case ACTION_NONE_YET:   /* a damaged line does not say */
		return "unknown";
	case ACTION_ACCEPT:
		return "accepted";
	case ACTION_MARK:
		return "accepted and marked";
	case ACTION_QUARANTINE:
		return "put on hold";
	case ACTION_TEMPFAIL:
		return "deferred";
	case ACTION_REJECT:
		return "refused";
	case ACTION_DISCARD:
		return "thrown away";
	}
	return "unknown";
}

bool
log_is(const struct log_record *record, enum log_key key, const char *word)
{
	return text_equal(record->values[key], text_from(word));
}

/* The value of a field for people; "=name": as programs take it. */
static struct text
shown_value(struct arena *arena, const struct log_record *record, struct text name)
{
	bool is_exact = text_starts_with(name, TEXT("="));

	name = text_from_position(name, is_exact ? 1 : 0);
	for (enum log_key key = 0; key < LOG_KEY_COUNT; key++) {
		if (!text_equal(name, text_from(log_line_name(key))))
			continue;
		if (!log_record_has(record, key))
			return TEXT("(unknown)");
		if (!is_exact && (key == LOG_KEY_FROM || key == LOG_KEY_SPF_DOMAIN ||
				  key == LOG_KEY_PTR || key == LOG_KEY_ARC_DOMAIN))
			return terminal_domain(arena, record->values[key]);
		return record->values[key];
	}
	return TEXT("(unknown)");
}

struct text
log_fill(struct arena *arena, const struct log_record *record, const char *sentence)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct text rest = text_from(sentence);

	for (;;) {
		size_t brace = text_find(rest, '{');

		textbuf_add(&out, text_cut(rest, 0, brace));
		if (brace == TEXT_NOT_FOUND)
			return textbuf_text(&out);
		rest = text_from_position(rest, brace + 1);
		brace = text_find(rest, '}');
		textbuf_add(&out, shown_value(arena, record, text_cut(rest, 0, brace)));
		rest = text_from_position(rest, brace + 1);
	}
}

const struct log_meaning *
log_find_meaning(const struct log_meaning *meanings, struct text word)
{
	for (; meanings->word != NULL; meanings++)
		if (text_equal(word, text_from(meanings->word)))
			return meanings;
	return NULL;
}

void
log_add_meaning(struct log_explanation *explanation, const struct log_record *record,
		enum log_topic topic, enum log_key key, const struct log_meaning *meanings)
{
	const struct log_meaning *meaning = log_find_meaning(meanings, record->values[key]);

	if (meaning != NULL)
		log_explanation_add(explanation, topic, meaning->tone,
				    log_fill(explanation->arena, record, meaning->sentence));
}

void
log_explanation_add(struct log_explanation *explanation, enum log_topic topic, enum log_tone tone,
		    struct text text)
{
	if (text_is_empty(text))
		return;
	explanation->items = arena_grow(explanation->arena, explanation->items, explanation->count,
					&explanation->capacity, sizeof(*explanation->items));
	explanation->items[explanation->count++] = (struct log_statement){ topic, tone, text };
}

struct log_explanation
log_explain(struct arena *arena, const struct log_record *record)
{
	struct log_explanation explanation = { .arena = arena };

	log_explain_checks(&explanation, record);
	log_explain_decision(&explanation, record);
	log_explain_advice(&explanation, record);
	return explanation;
}

/* "4XYZ  2026-01-31 12:00:00  refused" */
static void
print_heading(const struct terminal *terminal, struct textbuf *out,
	      const struct log_record *record)
{
	struct text time = log_time_text(out->arena, record->time);

	terminal_add(terminal, out, TERMINAL_STRONG, record->queue_id);
	textbuf_add_string(out, "  ");
	if (!text_is_empty(time))
		textbuf_printf(out, "%.*s  ", TEXT_ARGUMENTS(time));
	terminal_add(terminal, out, action_colour(record->action),
		     text_from(log_action_word(record->action)));
	textbuf_add_byte(out, '\n');
}

void
log_explain_print(const struct terminal *terminal, struct textbuf *out,
		  const struct log_record *record, const struct log_explanation *explanation)
{
	struct terminal_table table = terminal_table_new(out->arena, 2);
	const char *before = NULL;

	print_heading(terminal, out, record);
	for (size_t i = 0; i < explanation->count; i++) {
		const struct log_statement *one = &explanation->items[i];
		const char *label = topics[one->topic].label;
		enum terminal_colour colour = tone_colour(one->tone);

		/* Several statements about one topic stand below one another. */
		terminal_table_add(&table, TERMINAL_STRONG,
				   label == before ? TEXT("") : text_from(label));
		terminal_table_add(&table, colour, one->text);
		before = label;
	}
	terminal_table_write(&table, terminal, out, 2);
}

/* Of a damaged line it may be unknown. */
static void
write_action(struct json *json, const char *key, enum action action)
{
	json_string(json, key, action != ACTION_NONE_YET ? action_keyword(action) : NULL);
}

static void
write_fields(struct json *json, const struct log_record *record)
{
	json_begin_object(json, "fields");
	for (enum log_key key = 0; key < LOG_KEY_COUNT; key++) {
		if (record->values[key].bytes == NULL)
			continue;
		if (log_line_kind(key) == LOG_KIND_NUMBER)
			json_number(json, log_line_name(key),
				    (int64_t)log_record_number(record, key));
		else
			json_text(json, log_line_name(key), record->values[key]);
	}
	json_end_object(json);
}

void
log_explain_json(struct arena *arena, struct json *json, const struct log_record *record,
		 const struct log_explanation *explanation)
{
	bool is_damaged = explanation->count > 0 &&
			  explanation->items[0].topic == LOG_TOPIC_DAMAGE;

	json_begin_object(json, NULL);
	json_text(json, "queue_id", record->queue_id);
	json_text_or_null(json, "time", log_time_iso(arena, record->time));
	write_action(json, "action", record->action);
	write_action(json, "would", record->would);
	json_bool(json, "damaged", is_damaged);
	write_fields(json, record);
	json_begin_array(json, "explanation");
	for (size_t i = 0; i < explanation->count; i++) {
		const struct log_statement *one = &explanation->items[i];

		json_begin_object(json, NULL);
		json_string(json, "topic", log_topic_word(one->topic));
		json_string(json, "tone", log_tone_word(one->tone));
		json_text(json, "text", one->text);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}
