/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_command.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "tool/complaint.h"
#include "tool/log_explain.h"
#include "tool/log_files.h"
#include "tool/log_options.h"
#include "tool/log_summary.h"
#include "tool/log_time.h"

enum {
	NOTHING_FOUND = 1,
	JSON_VERSION = 1        /* of its shape; tests/check/log.schema.json */
};

static const char *const usual_logs[] = { "/var/log/mail.log", "/var/log/maillog" };

/* The command at work. */
struct work {
	const struct log_request *request;
	struct arena *arena;            /* to the end */
	struct arena *message;          /* emptied after each message */
	struct terminal terminal;
	struct terminal_progress progress;
	struct log_counts counts;
	struct log_summary summary;
	struct textbuf out;
	struct json json;
	uint64_t shown;                 /* messages that were explained, broken ones too */
	uint64_t bytes_before;          /* of the files that are read already */
	uint64_t bytes;                 /* of all files; 0: not known */
	bool has_failed;                /* something could not be read */
};

/* Hands what was written so far to standard output. Errors are asked for at the end. */
static void
flush(struct textbuf *out)
{
	struct text text = textbuf_text(out);

	(void)fwrite(text.bytes, 1, text.length, stdout);
	out->length = 0;
}

static struct log_explanation
explain(struct arena *arena, const struct log_record *record, const char *reason)
{
	struct log_explanation explanation = { .arena = arena };

	if (reason == NULL)
		return log_explain(arena, record);
	log_explanation_add(&explanation, LOG_TOPIC_DAMAGE, LOG_TONE_BAD,
			    text_printf(arena, "the line in the log is damaged: %s. This much of "
					"it can be read", reason));
	for (enum log_key key = 0; key < LOG_KEY_COUNT; key++)
		if (record->values[key].bytes != NULL)
			log_explanation_add(&explanation, LOG_TOPIC_DAMAGE, LOG_TONE_PLAIN,
					    text_printf(arena, "%s=%.*s", log_line_name(key),
							TEXT_ARGUMENTS(terminal_safe(
								arena, record->values[key]))));
	return explanation;
}

static void
show(void *context, const struct log_record *record, const char *reason)
{
	struct work *work = context;
	struct log_explanation explanation = explain(work->message, record, reason);

	terminal_progress_end(&work->progress);
	if (work->request->is_json) {
		log_explain_json(work->message, &work->json, record, &explanation);
		flush(&work->out);
	} else {
		struct textbuf out = textbuf_new(work->message, SIZE_MAX);

		if (work->shown > 0)
			textbuf_add_byte(&out, '\n');
		log_explain_print(&work->terminal, &out, record, &explanation);
		flush(&out);
	}
	work->shown++;
	arena_empty(work->message);
}

static void
count(void *context, const struct log_record *record, const char *reason)
{
	struct work *work = context;

	if (reason == NULL)
		log_summary_add(&work->summary, record);
}

static void
show_progress(void *context, uint64_t position)
{
	struct work *work = context;

	terminal_progress_show(&work->progress, "reading", work->bytes_before + position,
			       work->bytes);
}

/* Reads a source to its end, and closes it with its arena. */
static void
read_source(struct work *work, struct arena *arena, struct log_source *source, const char *name,
	    struct text reason)
{
	struct log_reader reader = {
		.wish = &work->request->wish,
		.counts = &work->counts,
		.visit = work->request->is_summary ? count : show,
		.progress = show_progress,
		.context = work,
	};

	if (source != NULL) {
		log_read(&reader, source, name);
		work->bytes_before += log_source_position(source);
		reason = log_source_failure(source, arena);
	}
	if (text_is_empty(reason))
		return;
	work->has_failed = true;
	terminal_progress_end(&work->progress);
	complaint_of(arena, name, reason);
}

static void
read_files(struct work *work, const struct log_files *files)
{
	work->bytes = files->bytes;
	for (size_t i = 0; i < files->count; i++) {
		struct arena *arena = arena_new();
		struct text reason = TEXT("");
		struct log_source *source = log_source_open(arena, files->paths[i], &reason);

		read_source(work, arena, source, files->paths[i], reason);
		arena_free(&arena);
	}
}

static void
read_journal(struct work *work)
{
	const struct log_wish *wish = &work->request->wish;
	struct arena *arena = arena_new();
	struct text reason = TEXT("");
	struct log_source *source =
		log_source_open_journal(arena, wish->name, wish->since, &reason);

	read_source(work, arena, source, "the journal", reason);
	arena_free(&arena);
}

static void
read_all(struct work *work)
{
	const struct log_request *request = work->request;
	struct log_files files = log_files_given(work->arena, request->files, request->file_count);

	if (request->from_journal) {
		read_journal(work);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(usual_logs) && files.count == 0; i++)
		files = log_files_find(work->arena, usual_logs[i], request->wish.since);
	if (files.count == 0) {
		work->has_failed = true;
		complaint_of(work->arena, usual_logs[0],
			 TEXT("there is no such log, nor a maillog beside it, or it is too "
			      "old; name the files, or take --journal"));
	}
	read_files(work, &files);
}

/* On standard error, so that it does not get into what somebody reads on. */
static void
tell_troubles(const struct work *work)
{
	const struct log_counts *counts = &work->counts;

	if (counts->broken > 0)
		complaint_of(work->arena, counts->broken_file,
			 text_printf(work->arena, "%llu line%s of dmarcmilter %s damaged and "
				     "not counted; the first is line %llu: %s",
				     (unsigned long long)counts->broken,
				     counts->broken == 1 ? "" : "s",
				     counts->broken == 1 ? "is" : "are",
				     (unsigned long long)counts->broken_line,
				     counts->broken_reason));
	if (counts->too_long > 0)
		fprintf(stderr, "dmarcmilter-check: %llu line%s longer than %d bytes passed over\n",
			(unsigned long long)counts->too_long,
			counts->too_long == 1 ? " is" : "s are", LOG_LINE_BYTES_MAX);
	if (work->has_failed || counts->found > 0 || work->shown > 0)
		return;
	if (!text_is_empty(work->request->wish.queue_id))
		fprintf(stderr, "dmarcmilter-check: no message %.*s among %llu lines\n",
			TEXT_ARGUMENTS(work->request->wish.queue_id),
			(unsigned long long)counts->lines);
	else if (counts->records == 0)
		fprintf(stderr, "dmarcmilter-check: no line of dmarcmilter about a message among "
			"%llu lines\n", (unsigned long long)counts->lines);
	else
		fprintf(stderr, "dmarcmilter-check: none of %llu messages is what is sought\n",
			(unsigned long long)counts->records);
}

static void
begin_json(struct work *work)
{
	work->json = json_new(&work->out);
	json_begin_object(&work->json, NULL);
	json_number(&work->json, "version", JSON_VERSION);
	json_string(&work->json, "command", "log");
	if (!work->request->is_summary)
		json_begin_array(&work->json, "messages");
}

static void
end_json(struct work *work)
{
	const struct log_counts *counts = &work->counts;
	struct json *json = &work->json;

	if (work->request->is_summary) {
		json_begin_object(json, "summary");
		log_summary_json(&work->summary, work->request->top, json);
		json_end_object(json);
	} else {
		json_end_array(json);
	}
	json_begin_object(json, "log");
	json_number(json, "lines", (int64_t)counts->lines);
	json_number(json, "messages", (int64_t)counts->records);
	json_number(json, "damaged", (int64_t)counts->broken);
	json_number(json, "too_long", (int64_t)counts->too_long);
	json_end_object(json);
	json_end_object(json);
	json_finish(json);
}

static int
run(struct work *work)
{
	const struct log_request *request = work->request;

	if (request->is_json)
		begin_json(work);
	read_all(work);
	terminal_progress_end(&work->progress);
	if (request->is_json)
		end_json(work);
	else if (request->is_summary && work->counts.found > 0)
		log_summary_print(&work->summary, request->top, &work->terminal, &work->out);
	flush(&work->out);
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		return complaint_of_output();
	tell_troubles(work);
	if (work->has_failed)
		return EX_NOINPUT;
	return work->counts.found > 0 || work->shown > 0 ? EX_OK : NOTHING_FOUND;
}

/* Of an option that does not exist getopt_long() has told. */
static int
refuse(struct arena *arena, struct text reason)
{
	if (!text_is_empty(reason))
		return complaint_usage(arena, NULL, text_string(arena, reason), log_usage);
	fputs(log_usage, stderr);
	return EX_USAGE;
}

int
log_command(int argument_count, char **arguments)
{
	struct arena *arena = arena_new();
	struct work work = { .arena = arena, .message = arena_new() };
	struct log_request request;
	struct text reason;
	int status;

	work.request = &request;
	work.terminal = terminal_look(STDOUT_FILENO);
	work.summary = log_summary_new(arena);
	work.out = textbuf_new(arena, SIZE_MAX);
	if (!log_options_read(arena, argument_count, arguments, clock_wall_seconds(), &request,
			      &reason))
		status = refuse(arena, reason);
	else if (request.wants_help)
		status = fputs(log_usage, stdout) >= 0 ? EX_OK : EX_IOERR;
	else
		status = run(&work);
	arena_free(&work.message);
	arena_free(&arena);
	return status;
}
