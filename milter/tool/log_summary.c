/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_summary.h"

struct log_summary
log_summary_new(struct arena *arena)
{
	return (struct log_summary){
		.arena = arena,
		.rules = log_tally_new(arena, LOG_TALLY_NAMES_MAX),
		.domains = log_tally_new(arena, LOG_TALLY_NAMES_MAX),
		.shadows = log_tally_new(arena, LOG_TALLY_NAMES_MAX),
		.clients = log_tally_new(arena, LOG_TALLY_NAMES_MAX),
	};
}

static bool
has_failed(const struct log_record *record)
{
	return record->message_class == CLASS_INDIRECT ||
	       record->message_class == CLASS_MISALIGNED || record->message_class == CLASS_SPOOF;
}

/* "NAME:ACTION,...,+N": the rules that are not named cannot be counted. */
static void
add_shadows(struct log_summary *summary, const struct log_record *record)
{
	struct text rest = log_record_value(record, LOG_KEY_SHADOW);
	struct text part;

	while (!text_is_empty(rest) && text_next_part(&rest, ',', &part))
		if (!text_starts_with(part, TEXT("+")))
			(void)log_tally_add(&summary->shadows, part, record);
}

static void
add_client(struct log_summary *summary, const struct log_record *record)
{
	struct text name = log_record_value(record, LOG_KEY_PTR);
	struct log_count *count = log_tally_add(&summary->clients,
						record->values[LOG_KEY_CLIENT], record);

	if (count == &summary->clients.other || !text_is_empty(count->note) ||
	    text_is_empty(name))
		return;
	/* A name that does not lead back is what the client likes to be called. */
	count->note = text_equal(record->values[LOG_KEY_IPREV], TEXT("pass"))
			      ? text_copy(summary->arena, name)
			      : text_join(summary->arena, name, TEXT(" (unconfirmed)"));
}

static void
add_comparison(struct log_summary *summary, const struct log_record *record)
{
	struct text value = log_record_value(record, LOG_KEY_COMPARE);
	size_t slash = text_find_last(value, '/');
	enum action action;

	if (slash == TEXT_NOT_FOUND ||
	    !log_record_action(text_from_position(value, slash + 1), &action))
		return;
	summary->compared++;
	if (action != record->would)
		summary->compared_action++;
}

static void
add_time(struct log_summary *summary, int64_t time)
{
	if (time == 0)
		return;
	if (summary->first == 0 || time < summary->first)
		summary->first = time;
	if (time > summary->last)
		summary->last = time;
}

void
log_summary_add(struct log_summary *summary, const struct log_record *record)
{
	struct text rule = log_record_value(record, LOG_KEY_RULE);
	struct text from = log_record_value(record, LOG_KEY_FROM);

	log_count_add(&summary->all, record);
	add_time(summary, record->time);
	(void)log_tally_add(&summary->rules, text_is_empty(rule) ? TEXT("-") : rule, record);
	/* Of mail that is not checked nobody looked at From. */
	if (record->message_class != CLASS_TRUSTED)
		(void)log_tally_add(&summary->domains, text_is_empty(from) ? TEXT("-") : from,
				    record);
	add_shadows(summary, record);
	if (has_failed(record) || record->would != ACTION_ACCEPT)
		add_client(summary, record);
	add_comparison(summary, record);
	if (record->would != record->action) {
		summary->monitored++;
		summary->spared[record->would]++;
	}
	if (log_record_number(record, LOG_KEY_REMOVED) > 0)
		summary->removed++;
}
