/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_report.h"

#include <inttypes.h>
#include <time.h>

#include "tool/action_colour.h"

enum {
	BODY_INDENT = 2,
	ANSWER_BYTES_MAX = 120, /* of a DNS answer that is shown whole */
	ANSWER_START = 50       /* bytes of a longer one */
};

static enum terminal_colour
colour_of_mood(enum step_mood mood)
{
	switch (mood) {
	case STEP_GOOD:
		return TERMINAL_GOOD;
	case STEP_DOUBTFUL:
		return TERMINAL_WARNING;
	case STEP_BAD:
		return TERMINAL_BAD;
	case STEP_PLAIN:
		break;
	}
	return TERMINAL_PLAIN;
}

static void
heading(const struct terminal *terminal, struct textbuf *out, const char *title)
{
	textbuf_add_byte(out, '\n');
	terminal_add(terminal, out, TERMINAL_STRONG, text_from(title));
	textbuf_add_byte(out, '\n');
}

static void
row(struct terminal_table *table, const char *name, enum terminal_colour colour, struct text value)
{
	terminal_table_add(table, TERMINAL_PLAIN, text_from(name));
	terminal_table_add(table, colour, value);
}

static const char *
action_sentence(enum action action)
{
	switch (action) {
	case ACTION_ACCEPT:
		return "accepted";
	case ACTION_MARK:
		return "accepted, and marked as suspect";
	case ACTION_QUARANTINE:
		return "quarantined";
	case ACTION_TEMPFAIL:
		return "deferred";
	case ACTION_REJECT:
		return "rejected";
	case ACTION_DISCARD:
		return "discarded";
	case ACTION_NONE_YET:
		break;
	}
	return "not decided";
}

static void
write_verdict(const struct terminal *terminal, struct textbuf *out,
	      const struct judgement *judgement)
{
	const struct verdict *verdict = &judgement->outcome.verdict;
	struct terminal_table table = terminal_table_new(out->arena, 2);
	bool has_reply = verdict->action == ACTION_REJECT || verdict->action == ACTION_TEMPFAIL;
	struct text what = text_printf(out->arena, "The message is %s.",
				       action_sentence(verdict->action));

	terminal_add(terminal, out, action_colour(verdict->action), what);
	textbuf_add_byte(out, '\n');
	row(&table, "action", action_colour(verdict->action),
	    text_from(action_keyword(verdict->action)));
	if (verdict->decided != verdict->action)
		row(&table, "enforce", action_colour(verdict->decided),
		    text_printf(out->arena, "%s in Mode enforce",
				action_keyword(verdict->decided)));
	row(&table, "class", TERMINAL_PLAIN,
	    text_from(message_class_keyword(verdict->message_class)));
	row(&table, "rule", TERMINAL_PLAIN, text_from(verdict->rule));
	if (has_reply)
		row(&table, "reply", TERMINAL_PLAIN,
		    text_printf(out->arena, "%.*s %.*s %.*s", TEXT_ARGUMENTS(verdict->reply_code),
				TEXT_ARGUMENTS(verdict->reply_status),
				TEXT_ARGUMENTS(verdict->reply_text)));
	terminal_table_write(&table, terminal, out, BODY_INDENT);
}

/* Folds as they will stand in the message. */
static void
write_field(const struct terminal *terminal, struct textbuf *out, const struct header_edit *edit)
{
	struct text rest = edit->value;
	struct text line;
	bool is_first = true;

	while (text_next_part(&rest, '\n', &line)) {
		textbuf_add_string(out, "  ");
		terminal_add(terminal, out, TERMINAL_GOOD, is_first ? TEXT("+ ") : TEXT("  "));
		if (is_first) {
			terminal_add(terminal, out, TERMINAL_PLAIN, edit->name);
			textbuf_add_byte(out, ':');
		}
		if (text_starts_with(line, TEXT("\t"))) {
			textbuf_add_string(out, "    ");
			line = text_from_position(line, 1);
		}
		terminal_add(terminal, out, TERMINAL_PLAIN, line);
		textbuf_add_byte(out, '\n');
		is_first = false;
	}
}

static void
write_edits(const struct terminal *terminal, struct textbuf *out, const struct outcome *outcome)
{
	if (!judgement_goes_on(outcome) || outcome->edit_count == 0)
		return;
	heading(terminal, out, "Changes of the header");
	for (size_t i = 0; i < outcome->edit_count; i++) {
		const struct header_edit *edit = &outcome->edits[i];

		if (!edit->is_deletion) {
			write_field(terminal, out, edit);
			continue;
		}
		textbuf_add_string(out, "  ");
		terminal_add(terminal, out, TERMINAL_BAD,
			     text_printf(out->arena, "- %.*s #%u",
					 TEXT_ARGUMENTS(terminal_safe(out->arena, edit->name)),
					 edit->instance));
		textbuf_add_byte(out, '\n');
	}
}

/* No line ends within a clause. */
static struct text
with_clause(struct arena *arena, struct text text, const char *clause)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	textbuf_add(&out, text);
	textbuf_add_string(&out, " [");
	for (; *clause != '\0'; clause++) {
		if (*clause == ' ')
			textbuf_add_string(&out, "\xc2\xa0");
		else
			textbuf_add_byte(&out, *clause);
	}
	textbuf_add_byte(&out, ']');
	return textbuf_text(&out);
}

/* Of a check's result only the word is coloured. */
static void
write_step(const struct terminal *terminal, struct textbuf *out, const struct step *step,
	   size_t indent, struct text text)
{
	size_t end = text_find(text, ':');
	enum terminal_colour colour = colour_of_mood(step->mood);
	size_t column = indent;

	if (step->depth == 0 && end != TEXT_NOT_FOUND && colour != TERMINAL_PLAIN) {
		terminal_add(terminal, out, colour, text_cut(text, 0, end));
		text = text_from_position(text, end);
		column += end;
		colour = TERMINAL_PLAIN;
	}
	terminal_wrap(terminal, out, colour, column, indent + 2, text);
}

/* Check names in the first column, once for each check; the clause at the end. */
static void
write_steps(const struct terminal *terminal, struct textbuf *out, const struct steps *steps,
	    bool is_verbose, bool is_decision)
{
	enum { NAME_COLUMNS = 11, DEPTH_COLUMNS = 2 };
	const char *last = "";

	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->items[i];
		bool is_of_decision = text_equal(text_from(step->check), TEXT("decision"));
		size_t indent = NAME_COLUMNS + DEPTH_COLUMNS * step->depth;
		struct text text = step->text;

		if (is_of_decision != is_decision || (step->is_detail && !is_verbose))
			continue;
		if (step->clause != NULL)
			text = with_clause(out->arena, text, step->clause);
		if (is_decision)
			indent -= NAME_COLUMNS - 2;
		textbuf_printf(out, "  %-*s", is_decision ? 0 : NAME_COLUMNS - 2,
			       step->check != last && !is_decision ? step->check : "");
		textbuf_printf(out, "%*s", (int)(DEPTH_COLUMNS * step->depth), "");
		write_step(terminal, out, step, indent, text);
		last = step->check;
	}
}

static struct text
fact_words(struct arena *arena, const struct envelope_fact *fact)
{
	const char *source = fact_source_words(fact->source);

	if (fact->source == FACT_UNKNOWN || fact->source == FACT_GIVEN)
		return fact->source == FACT_UNKNOWN ? TEXT("not known") : fact->value;
	return text_printf(arena, "%.*s (%s)", TEXT_ARGUMENTS(terminal_safe(arena, fact->value)),
			   source);
}

static struct text
time_words(struct arena *arena, int64_t clock)
{
	time_t seconds = (time_t)clock;
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL)
		return text_printf(arena, "%" PRId64, clock);
	return text_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d UTC (%" PRId64 ")",
			   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
			   parts.tm_min, parts.tm_sec, clock);
}

static void
add_recipients(struct terminal_table *table, const struct envelope *envelope)
{
	const char *source = fact_source_words(envelope->recipients_from.source);

	if (envelope->recipient_count == 0)
		row(table, "recipient", TERMINAL_PLAIN, TEXT("not known"));
	for (size_t i = 0; i < envelope->recipient_count; i++)
		row(table, i == 0 ? "recipient" : "", TERMINAL_PLAIN,
		    text_printf(table->arena, "%.*s%s%s%s",
				TEXT_ARGUMENTS(terminal_safe(table->arena,
							     envelope->recipients[i])),
				source[0] != '\0' ? " (" : "", source,
				source[0] != '\0' ? ")" : ""));
}

static void
write_facts(const struct terminal *terminal, struct textbuf *out,
	    const struct judgement *judgement)
{
	const struct envelope *envelope = &judgement->envelope;
	struct terminal_table table = terminal_table_new(out->arena, 2);
	struct text_list notes = judgement_notes(judgement);

	heading(terminal, out, "Judged by");
	row(&table, "client", TERMINAL_PLAIN, fact_words(out->arena, &envelope->client));
	row(&table, "HELO", TERMINAL_PLAIN, fact_words(out->arena, &envelope->helo));
	row(&table, "sender", TERMINAL_PLAIN, fact_words(out->arena, &envelope->sender));
	add_recipients(&table, envelope);
	for (size_t i = 0; i < judgement->refused_count; i++)
		row(&table, "put off", TERMINAL_WARNING, judgement->refused[i]);
	if (envelope->tls.source != FACT_UNKNOWN)
		row(&table, "TLS", TERMINAL_PLAIN, fact_words(out->arena, &envelope->tls));
	if (envelope->is_authenticated)
		row(&table, "logged in", TERMINAL_PLAIN,
		    envelope->authenticated_from == FACT_RECEIVED ? TEXT("yes (from Received)") :
								    TEXT("yes"));
	row(&table, "time", TERMINAL_PLAIN, time_words(out->arena, judgement->clock));
	row(&table, "settings", TERMINAL_PLAIN, judgement->settings_source);
	for (size_t i = 0; i < notes.count; i++)
		row(&table, "note", TERMINAL_WARNING, notes.items[i]);
	terminal_table_write(&table, terminal, out, BODY_INDENT);
}

/* Keys are long, and seldom what is looked for; with -v they are shown whole. */
static struct text
shorten(struct arena *arena, struct text shown)
{
	shown = terminal_safe(arena, shown);
	if (shown.length <= ANSWER_BYTES_MAX)
		return shown;
	return text_printf(arena, "%.*s... (%zu bytes; whole with -v)",
			   TEXT_ARGUMENTS(text_cut(shown, 0, ANSWER_START)), shown.length);
}

static void
add_exchange(struct terminal_table *table, const struct dns_exchange *exchange, bool has_time,
	     bool is_verbose)
{
	struct dns_answer answer;
	struct text shown = dns_exchange_answer(table->arena, exchange, &answer);
	bool is_found = answer.status == DNS_FOUND;

	if (!is_verbose)
		shown = shorten(table->arena, shown);

	terminal_table_add(table, TERMINAL_PLAIN, exchange->name);
	terminal_table_add(table, TERMINAL_PLAIN, text_from(dns_type_name(exchange->type)));
	terminal_table_add(table, TERMINAL_FAINT,
			   has_time ? text_printf(table->arena, "%" PRId64 " ms",
						  exchange->milliseconds) : TEXT("-"));
	terminal_table_add(table, TERMINAL_FAINT,
			   is_found ? text_printf(table->arena, "%" PRIu32 " s", answer.ttl) :
				      TEXT("-"));
	terminal_table_add(table, answer.status == DNS_RETRY ? TERMINAL_WARNING : TERMINAL_PLAIN,
			   answer.is_secure ? text_join(table->arena, shown, TEXT(" (secure)")) :
					      shown);
}

static void
write_questions(const struct terminal *terminal, struct textbuf *out,
		const struct judgement *judgement, size_t from, size_t to, bool is_verbose)
{
	struct terminal_table table = terminal_table_new(out->arena, 5);

	if (from == to)
		return;
	heading(terminal, out, from == 0 ? "DNS" : "DNS, only to explain");
	terminal_table_add(&table, TERMINAL_FAINT, TEXT("name"));
	terminal_table_add(&table, TERMINAL_FAINT, TEXT("type"));
	terminal_table_add(&table, TERMINAL_FAINT, TEXT("time"));
	terminal_table_add(&table, TERMINAL_FAINT, TEXT("TTL"));
	terminal_table_add(&table, TERMINAL_FAINT, TEXT("answer"));
	for (size_t i = from; i < to; i++)
		add_exchange(&table, &judgement->dns.exchanges.items[i],
			     !judgement->source->is_zone, is_verbose);
	terminal_table_write(&table, terminal, out, BODY_INDENT);
}

void
message_report_write(const struct terminal *terminal, struct textbuf *out,
		     const struct judgement *judgement, const struct steps *steps,
		     bool is_verbose)
{
	size_t count = judgement->question_count;

	write_verdict(terminal, out, judgement);
	heading(terminal, out, "Why");
	write_steps(terminal, out, steps, is_verbose, true);
	write_edits(terminal, out, &judgement->outcome);
	write_facts(terminal, out, judgement);
	if (judgement->outcome.verdict.trust == TRUST_NOT) {
		heading(terminal, out, "Checks");
		write_steps(terminal, out, steps, is_verbose, false);
	}
	write_questions(terminal, out, judgement, 0, count, is_verbose);
	write_questions(terminal, out, judgement, count, judgement->dns.exchanges.count,
			is_verbose);
	if (!is_verbose)
		return;
	heading(terminal, out, "Log");
	terminal_paragraph(terminal, out, BODY_INDENT,
			   text_is_empty(judgement->log) ? TEXT("nothing (LogAccepted no)") :
							   judgement->log);
}

void
message_report_head(struct terminal_table *table)
{
	static const char *const titles[] = {
		"message", "action", "class", "dmarc", "spf", "dkim", "author domain",
	};

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		terminal_table_add(table, TERMINAL_STRONG, text_from(titles[i]));
}

void
message_report_row(struct terminal_table *table, struct text title,
		   const struct judgement *judgement)
{
	const struct findings *findings = &judgement->outcome.findings;
	const struct verdict *verdict = &judgement->outcome.verdict;
	struct text author = findings->dmarc.author.domain;
	const enum result results[] = { findings->dmarc.result, findings->spf.mail_from.result,
					findings->dkim.result };

	terminal_table_add(table, TERMINAL_PLAIN, title);
	terminal_table_add(table, action_colour(verdict->action),
			   text_from(action_keyword(verdict->action)));
	terminal_table_add(table, TERMINAL_PLAIN,
			   text_from(message_class_keyword(verdict->message_class)));
	for (size_t i = 0; i < COUNT_OF(results); i++)
		terminal_table_add(table, TERMINAL_PLAIN, text_from(result_keyword(results[i])));
	terminal_table_add(table, TERMINAL_PLAIN,
			   text_is_empty(author) ? TEXT("-") :
						   terminal_domain(table->arena, author));
}

void
message_report_unreadable_row(struct terminal_table *table, struct text title)
{
	terminal_table_add(table, TERMINAL_PLAIN, title);
	terminal_table_add(table, TERMINAL_BAD, TEXT("unreadable"));
	for (size_t i = 2; i < table->column_count; i++)
		terminal_table_add(table, TERMINAL_PLAIN, i + 1 < table->column_count ? TEXT("-") :
							  TEXT(""));
}
