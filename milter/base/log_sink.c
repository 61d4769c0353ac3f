/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/textbuf.h"

enum {
	FILE_MODE = 0640,
	/* A datagram may be as large as the socket's buffer, 208 KiB; stay far below. */
	JOURNAL_PIECE = 32 * 1024,
	JOURNAL_FIELDS_MAX = 64 * 1024,
	JOURNAL_PATIENCE = 1    /* seconds that a journal that does not read may hold us up */
};

static const char journal_socket[] = "/run/systemd/journal/socket";

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static char *
copy_string(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = memory_new(size);

	memcpy(copy, string, size);
	return copy;
}

static bool
open_file(const char *path, int *file_out)
{
	*file_out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			 FILE_MODE);
	return *file_out >= 0;
}

/* One socket for all datagrams, not connected: it survives a restart of the journal. */
static bool
open_journal(int *file_out)
{
	struct timeval patience = { .tv_sec = JOURNAL_PATIENCE };

	*file_out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*file_out < 0)
		return false;
	(void)setsockopt(*file_out, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return true;
}

bool
log_sink_open(const struct log_settings *settings, struct arena *arena, struct log_sink *sink_out,
	      struct text *reason_out)
{
	bool has_path = settings->path != NULL && settings->path[0] != '\0';
	const char *path = has_path ? settings->path : NULL;
	char buffer[128];
	int file = -1;
	bool ok = true;

	errno = EINVAL;         /* for a file without a path */
	if (settings->target == LOG_TARGET_JOURNAL && path == NULL)
		path = journal_socket;
	if (settings->target == LOG_TARGET_FILE)
		ok = path != NULL && open_file(path, &file);
	else if (settings->target == LOG_TARGET_JOURNAL)
		ok = open_journal(&file);
	if (!ok) {
		*reason_out = text_printf(arena, "the log %s cannot be opened: %s",
					  path != NULL ? path : "without a path",
					  strerror_r(errno, buffer, sizeof(buffer)));
		return false;
	}
	*sink_out = (struct log_sink){
		.target = settings->target,
		.file = file,
		.path = path != NULL ? copy_string(path) : NULL,
		.name = copy_string(settings->name != NULL ? settings->name : "dmarcmilter"),
		.facility = settings->facility,
	};
	return true;
}

void
log_sink_close(struct log_sink *sink)
{
	if (sink->target == LOG_TARGET_FILE || sink->target == LOG_TARGET_JOURNAL)
		(void)close(sink->file);
	free(sink->path);
	free(sink->name);
	*sink = (struct log_sink){ .target = LOG_TARGET_STDERR };
}

static const char *
name_of(const struct log_sink *sink)
{
	return sink->name != NULL ? sink->name : "dmarcmilter";
}

/* In UTC, so that neither a time zone nor its change can confuse. */
static void
add_time(struct textbuf *out)
{
	struct timespec now;
	struct tm parts;
	char date[32];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &parts) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		return;
	textbuf_printf(out, "%s.%03ldZ ", date, now.tv_nsec / 1000000);
}

static struct text
whole_line(const struct log_sink *sink, struct arena *arena, const struct log_entry *entry,
	   bool with_time)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	if (with_time)
		add_time(&out);
	textbuf_printf(&out, "%s[%ld]: ", name_of(sink), (long)getpid());
	textbuf_add(&out, entry->line);
	textbuf_add_byte(&out, '\n');
	return textbuf_text(&out);
}

/*
 * In one write, so that lines of several processes do not mix; the rest of a
 * short one follows. What was not written stays in *bytes.
 */
static bool
write_all(int file, struct text *bytes)
{
	while (bytes->length > 0) {
		ssize_t written = write(file, bytes->bytes, bytes->length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		*bytes = text_from_position(*bytes, (size_t)written);
	}
	return true;
}

static bool
send_datagram(const struct log_sink *sink, struct text bytes)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(sink->path);
	ssize_t sent;

	if (length >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address.sun_path, sink->path, length);
	do {
		sent = sendto(sink->file, bytes.bytes, bytes.length, MSG_NOSIGNAL,
			      (const struct sockaddr *)&address, sizeof(address));
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* Values hold no end of line: they are escaped. One that is too large stands in the line. */
static void
add_fields(struct textbuf *out, const struct log_entry *entry)
{
	size_t used = 0;

	for (size_t i = 0; i < entry->field_count; i++) {
		used += strlen(entry->fields[i].name) + entry->fields[i].value.length + 2;
		if (used > JOURNAL_FIELDS_MAX)
			return;
		textbuf_printf(out, "%s=", entry->fields[i].name);
		textbuf_add(out, entry->fields[i].value);
		textbuf_add_byte(out, '\n');
	}
}

/* A line that is too large for one datagram becomes several entries; nothing is cut off. */
static bool
write_journal(const struct log_sink *sink, struct arena *arena, const struct log_entry *entry)
{
	struct text rest = entry->line;
	bool is_first = true;

	do {
		struct text piece = text_cut(rest, 0, JOURNAL_PIECE);
		struct textbuf out = textbuf_new(arena, SIZE_MAX);

		textbuf_printf(&out, "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\n",
			       priorities[entry->level], sink->facility >> 3, name_of(sink));
		textbuf_printf(&out, "SYSLOG_PID=%ld\n", (long)getpid());
		if (is_first)
			add_fields(&out, entry);
		textbuf_add_string(&out, is_first ? "MESSAGE=" : "MESSAGE=(continued) ");
		textbuf_add(&out, piece);
		textbuf_add_byte(&out, '\n');
		if (!send_datagram(sink, textbuf_text(&out)))
			return false;
		is_first = false;
		rest = text_from_position(rest, piece.length);
	} while (rest.length > 0);
	return true;
}

void
log_sink_write_stderr(const struct log_sink *sink, struct arena *arena,
		      const struct log_entry *entry)
{
	/* Behind JOURNAL_STREAM the journal notes the time itself. */
	bool with_time = getenv("JOURNAL_STREAM") == NULL;

	struct text line = whole_line(sink, arena, entry, with_time);

	(void)write_all(STDERR_FILENO, &line);
}

/* A line of which only a part found room is ended before the next one begins. */
static bool
write_file(struct log_sink *sink, struct text line)
{
	struct text end = TEXT("\n");
	struct text rest = line;

	if (sink->is_cut && !write_all(sink->file, &end))
		return false;
	sink->is_cut = !write_all(sink->file, &rest) && rest.length < line.length;
	return rest.length == 0;
}

bool
log_sink_write(struct log_sink *sink, struct arena *arena, const struct log_entry *entry)
{
	switch (sink->target) {
	case LOG_TARGET_STDERR:
		log_sink_write_stderr(sink, arena, entry);
		return true;
	case LOG_TARGET_SYSLOG:
		syslog(sink->facility | priorities[entry->level], "%.*s",
		       TEXT_ARGUMENTS(entry->line));
		return true;
	case LOG_TARGET_JOURNAL:
		return write_journal(sink, arena, entry);
	case LOG_TARGET_FILE:
		return write_file(sink, whole_line(sink, arena, entry, true));
	}
	return false;
}
