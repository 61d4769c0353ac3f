/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_summary.h"

#include "tool/log_explain.h"
#include "tool/log_time.h"

enum { NUMBER_COLUMNS = 8 };             /* of the word "messages" above them */

/* A table in work: the same for people and for nobody else. */
struct printing {
	const struct log_summary *summary;
	const struct terminal *terminal;
	struct textbuf *out;
	size_t top;
	int digits;             /* of the largest number, so that numbers stand below each other */
};

static struct text
number_text(const struct printing *printing, uint64_t number)
{
	return text_printf(printing->summary->arena, "%*llu", printing->digits,
			   (unsigned long long)number);
}

/* "97.1 %", of all messages. */
static struct text
share_text(const struct printing *printing, uint64_t number)
{
	uint64_t all = printing->summary->all.messages;
	uint64_t tenths = all > 0 ? (number * 1000 + all / 2) / all : 0;

	return text_printf(printing->summary->arena, "%3llu.%llu %%",
			   (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
}

static void
add_heading(const struct printing *printing, const char *heading)
{
	textbuf_add_byte(printing->out, '\n');
	terminal_add(printing->terminal, printing->out, TERMINAL_STRONG, text_from(heading));
	textbuf_add_byte(printing->out, '\n');
}

/* "12 refused, 3 deferred", the strongest first. */
static struct text
actions_text(struct arena *arena, const uint64_t *by_action)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (enum action action = ACTION_DISCARD; action >= ACTION_ACCEPT; action--)
		if (by_action[action] > 0)
			textbuf_printf(&out, "%s%llu %s", out.length > 0 ? ", " : "",
				       (unsigned long long)by_action[action],
				       log_action_word(action));
	return textbuf_text(&out);
}

/* "10 spoof, 2 misaligned", the worst first. */
static struct text
classes_text(struct arena *arena, const uint64_t *by_class)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (enum message_class i = CLASS_COUNT; i-- > CLASS_TRUSTED;)
		if (by_class[i] > 0)
			textbuf_printf(&out, "%s%llu %s", out.length > 0 ? ", " : "",
				       (unsigned long long)by_class[i],
				       message_class_keyword(i));
	return textbuf_text(&out);
}

/* The row above all others. */
static void
add_titles(struct terminal_table *table, const char *const *titles)
{
	for (size_t i = 0; i < table->column_count; i++)
		terminal_table_add(table, TERMINAL_FAINT, text_from(titles[i]));
}

static void
print_actions(const struct printing *printing)
{
	const struct log_count *all = &printing->summary->all;
	struct terminal_table table = terminal_table_new(printing->summary->arena, 5);

	add_heading(printing, "What becomes of messages");
	add_titles(&table, (const char *const[]){ "", "was done", "", "with Mode enforce", "" });
	for (enum action action = ACTION_ACCEPT; action <= ACTION_DISCARD; action++) {
		if (all->by_action[action] == 0 && all->by_would[action] == 0)
			continue;
		terminal_table_add(&table, TERMINAL_PLAIN, text_from(log_action_word(action)));
		terminal_table_add(&table, TERMINAL_PLAIN,
				   number_text(printing, all->by_action[action]));
		terminal_table_add(&table, TERMINAL_FAINT,
				   share_text(printing, all->by_action[action]));
		terminal_table_add(&table, TERMINAL_PLAIN,
				   number_text(printing, all->by_would[action]));
		terminal_table_add(&table, TERMINAL_FAINT,
				   share_text(printing, all->by_would[action]));
	}
	terminal_table_write(&table, printing->terminal, printing->out, 2);
}

static void
print_classes(const struct printing *printing)
{
	const struct log_count *all = &printing->summary->all;
	struct terminal_table table = terminal_table_new(printing->summary->arena, 3);

	add_heading(printing, "Classes");
	add_titles(&table, (const char *const[]){ "class", "messages", "" });
	for (enum message_class i = CLASS_TRUSTED; i < CLASS_COUNT; i++) {
		if (all->by_class[i] == 0)
			continue;
		terminal_table_add(&table, TERMINAL_PLAIN, text_from(message_class_keyword(i)));
		terminal_table_add(&table, TERMINAL_PLAIN, number_text(printing, all->by_class[i]));
		terminal_table_add(&table, TERMINAL_FAINT, share_text(printing, all->by_class[i]));
	}
	terminal_table_write(&table, printing->terminal, printing->out, 2);
}

/* What is left of a tally below the rows that were printed. */
static void
print_rest(const struct printing *printing, const struct log_tally *tally, size_t shown,
	   size_t of, const char *what)
{
	struct arena *arena = printing->summary->arena;

	if (of > shown)
		terminal_paragraph(printing->terminal, printing->out, 2,
				   text_printf(arena, "... and %zu more %s (--top)", of - shown,
					       what));
	if (tally->other.messages > 0)
		terminal_paragraph(printing->terminal, printing->out, 2,
				   text_printf(arena, "... and %llu messages of %s beyond the "
					       "%zu that are counted by name",
					       (unsigned long long)tally->other.messages, what,
					       tally->maximum));
}

/* The first of a sorted tally that weigh something. */
static size_t
count_weighty(const struct log_count **sorted, size_t count,
	      uint64_t (*weigh)(const struct log_count *count))
{
	size_t weighty = 0;

	while (weighty < count && weigh(sorted[weighty]) > 0)
		weighty++;
	return weighty;
}

/* One row: name, messages, note, what enforce does, classes. */
static void
add_row(const struct printing *printing, struct terminal_table *table,
	const struct log_count *count, struct text name, struct text note)
{
	struct arena *arena = printing->summary->arena;
	struct text would = actions_text(arena, count->by_would);

	terminal_table_add(table, TERMINAL_PLAIN, name);
	terminal_table_add(table, TERMINAL_PLAIN, number_text(printing, count->messages));
	if (table->column_count > 4)
		terminal_table_add(table, TERMINAL_PLAIN, note);
	terminal_table_add(table, log_count_stopped(count) > 0 ? TERMINAL_BAD : TERMINAL_GOOD,
			   would);
	terminal_table_add(table, TERMINAL_PLAIN, classes_text(arena, count->by_class));
}

static void
print_rules(const struct printing *printing)
{
	const struct log_tally *tally = &printing->summary->rules;
	const struct log_count **sorted = log_tally_sorted(tally, log_weigh_messages);
	struct terminal_table table = terminal_table_new(printing->summary->arena, 4);
	size_t shown = tally->count < printing->top ? tally->count : printing->top;

	add_heading(printing, "Rules that decided");
	add_titles(&table,
		   (const char *const[]){ "rule", "messages", "with Mode enforce", "class" });
	for (size_t i = 0; i < shown; i++)
		add_row(printing, &table, sorted[i], sorted[i]->name, TEXT(""));
	terminal_table_write(&table, printing->terminal, printing->out, 2);
	print_rest(printing, tally, shown, tally->count, "rules");
}

static void
print_domains(const struct printing *printing)
{
	struct arena *arena = printing->summary->arena;
	const struct log_tally *tally = &printing->summary->domains;
	const struct log_count **sorted = log_tally_sorted(tally, log_weigh_trouble);
	size_t weighty = count_weighty(sorted, tally->count, log_weigh_trouble);
	size_t shown = weighty < printing->top ? weighty : printing->top;
	struct terminal_table table = terminal_table_new(arena, 4);

	if (shown == 0)
		return;
	add_heading(printing, "Author domains whose mail fails, or is stopped");
	add_titles(&table,
		   (const char *const[]){ "domain", "messages", "with Mode enforce", "class" });
	for (size_t i = 0; i < shown; i++)
		add_row(printing, &table, sorted[i],
			text_equal(sorted[i]->name, TEXT("-"))
				? TEXT("(none)")
				: terminal_domain(arena, sorted[i]->name),
			TEXT(""));
	terminal_table_write(&table, printing->terminal, printing->out, 2);
	print_rest(printing, tally, shown, weighty, "domains");
}

static void
print_clients(const struct printing *printing)
{
	const struct log_tally *tally = &printing->summary->clients;
	const struct log_count **sorted = log_tally_sorted(tally, log_weigh_trouble);
	size_t shown = tally->count < printing->top ? tally->count : printing->top;
	struct terminal_table table = terminal_table_new(printing->summary->arena, 5);

	if (tally->count == 0)
		return;
	add_heading(printing, "Clients whose mail fails, or is stopped");
	add_titles(&table, (const char *const[]){ "client", "messages", "name", "with Mode enforce",
						  "class" });
	for (size_t i = 0; i < shown; i++)
		add_row(printing, &table, sorted[i], sorted[i]->name,
			text_is_empty(sorted[i]->note) ? TEXT("(no name)") : sorted[i]->note);
	terminal_table_write(&table, printing->terminal, printing->out, 2);
	print_rest(printing, tally, shown, tally->count, "clients");
}

static void
print_shadows(const struct printing *printing)
{
	struct arena *arena = printing->summary->arena;
	const struct log_tally *tally = &printing->summary->shadows;
	const struct log_count **sorted = log_tally_sorted(tally, log_weigh_messages);
	struct terminal_table table = terminal_table_new(arena, 4);
	size_t shown = tally->count < printing->top ? tally->count : printing->top;

	if (tally->count == 0)
		return;
	add_heading(printing, "Shadow rules");
	add_titles(&table, (const char *const[]){ "rule", "messages", "would have been", "class" });
	for (size_t i = 0; i < shown; i++) {
		size_t colon = text_find_last(sorted[i]->name, ':');
		struct text word = text_from_position(sorted[i]->name, colon + 1);
		enum action action = ACTION_NONE_YET;

		terminal_table_add(&table, TERMINAL_PLAIN, text_cut(sorted[i]->name, 0, colon));
		terminal_table_add(&table, TERMINAL_PLAIN,
				   number_text(printing, sorted[i]->messages));
		terminal_table_add(&table, TERMINAL_PLAIN,
				   log_record_action(word, &action)
					   ? text_from(log_action_word(action))
					   : TEXT("left to the policy"));
		terminal_table_add(&table, TERMINAL_PLAIN,
				   classes_text(arena, sorted[i]->by_class));
	}
	terminal_table_write(&table, printing->terminal, printing->out, 2);
	print_rest(printing, tally, shown, tally->count, "shadow rules");
}

static void
add_sentence(const struct printing *printing, uint64_t number, const char *sentence)
{
	if (number > 0)
		terminal_paragraph(printing->terminal, printing->out, 2,
				   text_printf(printing->summary->arena, "%llu %s",
					       (unsigned long long)number, sentence));
}

/* The sentences that an operator acts upon. */
static void
print_conclusion(const struct printing *printing)
{
	const struct log_summary *summary = printing->summary;
	const struct log_count *all = &summary->all;
	struct arena *arena = summary->arena;
	struct text share = text_trim(share_text(printing, summary->monitored));
	struct text text = TEXT("Nothing was let through that Mode enforce would have stopped.");

	add_heading(printing, "What it means");
	if (summary->monitored > 0)
		text = text_printf(arena, "Mode enforce would have changed what becomes of %llu of "
				   "%llu messages (%.*s): %.*s.",
				   (unsigned long long)summary->monitored,
				   (unsigned long long)all->messages,
				   TEXT_ARGUMENTS(share),
				   TEXT_ARGUMENTS(actions_text(arena, summary->spared)));
	terminal_paragraph(printing->terminal, printing->out, 2, text);
	add_sentence(printing, all->by_class[CLASS_INDIRECT] + all->by_class[CLASS_MISALIGNED],
		     "failed with signs of a detour, or a pass of somebody else (indirect, "
		     "misaligned): look at their domains and clients above for forwarders and "
		     "lists that your users want, before you enforce.");
	add_sentence(printing, all->by_class[CLASS_SPOOF],
		     "failed with nothing that passes (spoof): forgeries, unless you know one of "
		     "the clients.");
	add_sentence(printing, summary->compared,
		     "would be judged otherwise by the other discovery (DMARCCompare).");
	add_sentence(printing, summary->compared_action,
		     "of these would have another end.");
	add_sentence(printing, summary->removed, "had forged fields, which were removed.");
}

static void
print_head(const struct printing *printing)
{
	const struct log_summary *summary = printing->summary;
	struct arena *arena = summary->arena;

	terminal_add(printing->terminal, printing->out, TERMINAL_STRONG,
		     text_printf(arena, "%llu messages",
				 (unsigned long long)summary->all.messages));
	if (summary->first != 0)
		textbuf_printf(printing->out, " from %.*s to %.*s",
			       TEXT_ARGUMENTS(log_time_text(arena, summary->first)),
			       TEXT_ARGUMENTS(log_time_text(arena, summary->last)));
	textbuf_add_byte(printing->out, '\n');
}

void
log_summary_print(const struct log_summary *summary, size_t top, const struct terminal *terminal,
		  struct textbuf *out)
{
	struct printing printing = { summary, terminal, out, top, NUMBER_COLUMNS };
	int digits = 1;

	for (uint64_t rest = summary->all.messages; rest >= 10; rest /= 10)
		digits++;
	if (digits > NUMBER_COLUMNS)
		printing.digits = digits;
	print_head(&printing);
	if (summary->all.messages == 0)
		return;
	print_actions(&printing);
	print_classes(&printing);
	print_rules(&printing);
	print_domains(&printing);
	print_shadows(&printing);
	print_clients(&printing);
	print_conclusion(&printing);
}
