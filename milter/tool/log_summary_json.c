/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_summary.h"
#include "tool/log_time.h"

/* All words, also those that count nothing: the shape does not depend on the log. */
static void
write_actions(struct json *json, const char *key, const uint64_t *by_action)
{
	json_begin_object(json, key);
	for (enum action action = ACTION_ACCEPT; action <= ACTION_DISCARD; action++)
		json_number(json, action_keyword(action), (int64_t)by_action[action]);
	json_end_object(json);
}

static void
write_counts(struct json *json, const struct log_count *count)
{
	json_number(json, "messages", (int64_t)count->messages);
	write_actions(json, "done", count->by_action);
	write_actions(json, "would", count->by_would);
	json_begin_object(json, "classes");
	for (enum message_class i = CLASS_TRUSTED; i < CLASS_COUNT; i++)
		json_number(json, message_class_keyword(i), (int64_t)count->by_class[i]);
	json_end_object(json);
}

static void
write_tally(struct json *json, const char *key, const struct log_tally *tally, size_t top,
	    uint64_t (*weigh)(const struct log_count *count), bool has_notes)
{
	const struct log_count **sorted = log_tally_sorted(tally, weigh);
	size_t shown = tally->count < top ? tally->count : top;

	json_begin_object(json, key);
	json_number(json, "names", (int64_t)tally->count);
	json_number(json, "messages_of_further_names", (int64_t)tally->other.messages);
	json_begin_array(json, "top");
	for (size_t i = 0; i < shown; i++) {
		json_begin_object(json, NULL);
		json_text(json, "name", sorted[i]->name);
		if (has_notes)
			json_text_or_null(json, "ptr", sorted[i]->note);
		write_counts(json, sorted[i]);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

void
log_summary_json(const struct log_summary *summary, size_t top, struct json *json)
{
	struct arena *arena = summary->arena;

	json_text_or_null(json, "first", log_time_iso(arena, summary->first));
	json_text_or_null(json, "last", log_time_iso(arena, summary->last));
	write_counts(json, &summary->all);
	json_number(json, "changed_by_enforce", (int64_t)summary->monitored);
	json_number(json, "compared", (int64_t)summary->compared);
	json_number(json, "compared_would_change", (int64_t)summary->compared_action);
	json_number(json, "with_forged_fields", (int64_t)summary->removed);
	write_tally(json, "rules", &summary->rules, top, log_weigh_messages, false);
	write_tally(json, "author_domains", &summary->domains, top, log_weigh_trouble, false);
	write_tally(json, "shadow_rules", &summary->shadows, top, log_weigh_messages, false);
	write_tally(json, "clients", &summary->clients, top, log_weigh_trouble, true);
}
