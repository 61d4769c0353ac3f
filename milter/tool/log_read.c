/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_read.h"

#include "tool/log_frame.h"

enum { LINES_PER_STEP = 4096 };         /* between two looks at the progress */

/* An entry of the journal in its export format: one field a line, an empty line at its end. */
struct entry {
	bool is_open;           /* we are inside of one */
	struct text identifier;
	struct text command;
	struct text time;
	struct text message;
};

struct progress {
	const struct log_reader *reader;
	struct log_source *source;
	const char *file;
	uint64_t line;
	struct arena *arena;    /* of a line, or of an entry */
	struct entry entry;
};

static bool
is_wanted(const struct log_wish *wish, const struct log_record *record)
{
	if (!text_is_empty(wish->queue_id) && !text_equal(wish->queue_id, record->queue_id))
		return false;
	if (wish->author != NULL &&
	    !domain_set_contains(wish->author, log_record_value(record, LOG_KEY_FROM)))
		return false;
	if (wish->client != NULL && !ip_in_network(record->client, wish->client))
		return false;
	return record->time == 0 || record->time >= wish->since;
}

static void
note_broken(struct progress *progress, const char *reason)
{
	struct log_counts *counts = progress->reader->counts;

	if (counts->broken++ > 0)
		return;
	counts->broken_reason = reason;
	counts->broken_file = progress->file;
	counts->broken_line = progress->line;
}

static void
read_frame(struct progress *progress, const struct log_frame *frame)
{
	const struct log_reader *reader = progress->reader;
	const char *reason = NULL;
	struct log_record record;

	switch (log_record_parse(progress->arena, frame->payload, &record, &reason)) {
	case LOG_RECORD_NONE:
		return;
	case LOG_RECORD_BROKEN:
		note_broken(progress, reason);
		break;
	case LOG_RECORD_READ:
		reader->counts->records++;
		break;
	}
	if (frame->time != 0)
		record.time = frame->time;
	if (!is_wanted(reader->wish, &record))
		return;
	if (reason == NULL)
		reader->counts->found++;
	reader->visit(reader->context, &record, reason);
}

/* Nearly all lines of a mail log are others', and are to cost as little as may be. */
static bool
may_matter(const struct log_wish *wish, struct text line)
{
	return text_find_text(line, TEXT("action")) != TEXT_NOT_FOUND &&
	       text_find_text(line, wish->queue_id) != TEXT_NOT_FOUND;
}

static void
read_line(struct progress *progress, struct text line)
{
	const struct log_wish *wish = progress->reader->wish;
	struct log_frame frame;

	if (!may_matter(wish, line))
		return;
	/* Whoever sends a part of a log by mail, or edits it, may end lines in two bytes. */
	if (text_ends_with(line, TEXT("\r")))
		line = text_cut(line, 0, line.length - 1);
	if (log_frame_read(progress->arena, line, wish->name, wish->now, &frame))
		read_frame(progress, &frame);
	arena_empty(progress->arena);
}

static void
close_entry(struct progress *progress)
{
	const struct entry *entry = &progress->entry;
	struct log_frame frame;

	if (log_frame_from_journal(entry->identifier, entry->command, entry->time, entry->message,
				   progress->reader->wish->name, &frame))
		read_frame(progress, &frame);
	progress->entry = (struct entry){ .is_open = false };
	arena_empty(progress->arena);
}

/* One field of an entry. A name without a value is that of a binary one, which is never ours. */
static void
read_entry_line(struct progress *progress, struct text line)
{
	struct entry *entry = &progress->entry;
	size_t end = text_find(line, '=');
	struct text name = text_cut(line, 0, end);
	struct text value = text_from_position(line, name.length + 1);
	struct text *place = NULL;

	if (line.length == 0) {
		close_entry(progress);
		return;
	}
	if (end == TEXT_NOT_FOUND) {
		(void)log_source_skip_field(progress->source);
		return;
	}
	if (text_equal(name, TEXT("MESSAGE")))
		place = &entry->message;
	else if (text_equal(name, TEXT("SYSLOG_IDENTIFIER")))
		place = &entry->identifier;
	else if (text_equal(name, TEXT("_COMM")))
		place = &entry->command;
	else if (text_equal(name, TEXT("__REALTIME_TIMESTAMP")))
		place = &entry->time;
	/* The first of several, so that an entry without end stays small. */
	if (place != NULL && text_is_empty(*place))
		*place = text_copy(progress->arena, value);
}

void
log_read(const struct log_reader *reader, struct log_source *source, const char *file)
{
	struct progress progress = {
		.reader = reader, .source = source, .file = file, .arena = arena_new(),
	};
	struct text line;

	while (log_source_next(source, &line)) {
		reader->counts->lines++;
		progress.line++;
		/* Each entry of the export format begins so; no other log has such a line. */
		if (!progress.entry.is_open && text_starts_with(line, TEXT("__CURSOR=")))
			progress.entry.is_open = true;
		if (progress.entry.is_open)
			read_entry_line(&progress, line);
		else
			read_line(&progress, line);
		if (reader->progress != NULL && progress.line % LINES_PER_STEP == 0)
			reader->progress(reader->context, log_source_position(source));
	}
	if (progress.entry.is_open)
		close_entry(&progress);
	reader->counts->too_long += log_source_too_long(source);
	arena_free(&progress.arena);
}
