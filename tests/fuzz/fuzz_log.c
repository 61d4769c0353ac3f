/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "mail/utf8.h"
#include "tool/log_explain.h"
#include "tool/log_frame.h"
#include "tool/log_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* What a terminal is shown, whatever the log holds. */
static void
check_shown(struct text text)
{
	must(utf8_is_valid(text));
	for (size_t i = 0; i < text.length; i++)
		must((unsigned char)text.bytes[i] >= 0x20 || text.bytes[i] == '\n');
}

static void
check_record(struct arena *arena, const struct log_record *record)
{
	static const struct terminal terminal = { .width = 80 };
	struct log_explanation explanation = log_explain(arena, record);
	struct log_summary summary = log_summary_new(arena);
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct json json = json_new(&out);

	must(record->action >= ACTION_ACCEPT && record->action <= ACTION_DISCARD);
	must(record->would >= ACTION_ACCEPT && record->would <= ACTION_DISCARD);
	must(record->message_class > CLASS_NONE_YET && record->message_class < CLASS_COUNT);
	must(explanation.count > 0);
	log_explain_json(arena, &json, record, &explanation);
	must(utf8_is_valid(textbuf_text(&out)));
	out.length = 0;
	log_explain_print(&terminal, &out, record, &explanation);
	log_summary_add(&summary, record);
	must(summary.all.messages == 1);
	must(summary.rules.count + summary.rules.other.messages == 1);
	log_summary_print(&summary, 20, &terminal, &out);
	check_shown(textbuf_text(&out));
}

/* A whole line is none any more without its last byte, unless it is the short one. */
static void
check_cut(struct arena *arena, struct text payload)
{
	struct log_record record;
	const char *reason = NULL;
	struct text cut = text_cut(payload, 0, payload.length - 1);

	if (log_record_parse(arena, cut, &record, &reason) == LOG_RECORD_BROKEN)
		must(reason != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text line = text_copy(arena, text_of((const char *)data, size > 4096 ? 4096 : size));
	struct log_frame frame = { .payload = line };
	struct log_record record;
	const char *reason = NULL;

	(void)log_frame_read(arena, line, TEXT("dmarcmilter"), 1763726400, &frame);
	switch (log_record_parse(arena, frame.payload, &record, &reason)) {
	case LOG_RECORD_NONE:
		break;
	case LOG_RECORD_READ:
		must(reason == NULL);
		record.time = frame.time;
		check_record(arena, &record);
		check_cut(arena, frame.payload);
		break;
	case LOG_RECORD_BROKEN:
		must(reason != NULL);
		break;
	}
	arena_free(&arena);
	return 0;
}
