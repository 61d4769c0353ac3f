/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/log_sink.h"
#include "base/textbuf.h"

enum { MINUTE = 60 * 1000 };    /* milliseconds */

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error: ",
	[LOG_LEVEL_WARNING] = "warning: ",
	[LOG_LEVEL_INFO] = "",
	[LOG_LEVEL_DEBUG] = "debug: ",
};

static _Atomic int wanted_level = LOG_LEVEL_INFO;
static struct log_limit trouble_limit;

/* Guards `sink` and `lost`. Held for one write. */
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_sink sink;
static unsigned long lost;      /* lines that the target did not take since the last report */

static void
add_escaped(struct textbuf *out, char byte)
{
	textbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)byte);
}

static struct text
escape(struct arena *arena, const char *start, struct text line)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	size_t plain = 0;

	textbuf_add_string(&out, start);
	for (size_t i = 0; i < line.length; i++) {
		if (byte_is_printable(line.bytes[i]))
			continue;
		textbuf_add(&out, text_cut(line, plain, i - plain));
		add_escaped(&out, line.bytes[i]);
		plain = i + 1;
	}
	textbuf_add(&out, text_from_position(line, plain));
	return textbuf_text(&out);
}

struct text
log_quote(struct arena *arena, struct text value, size_t maximum)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct text shown = text_cut(value, 0, maximum);

	for (size_t i = 0; i < shown.length; i++) {
		char byte = shown.bytes[i];

		if (!byte_is_printable(byte) || byte == '"' || byte == '\\')
			add_escaped(&out, byte);
		else
			textbuf_add_byte(&out, byte);
	}
	if (shown.length < value.length)
		textbuf_add_byte(&out, '+');
	return textbuf_text(&out);
}

bool
log_allows(struct log_limit *limit, int64_t interval)
{
	int64_t now = clock_milliseconds();
	int64_t until = atomic_load(&limit->quiet_until);

	/* Of several threads at once the one that moves the limit on may speak. */
	return (until == 0 || now >= until) &&
	       atomic_compare_exchange_strong(&limit->quiet_until, &until, now + interval);
}

bool
log_wants(enum log_level level)
{
	return (int)level <= atomic_load(&wanted_level);
}

bool
log_open(const struct log_settings *settings, struct arena *arena, struct text *reason_out)
{
	struct log_sink opened;
	struct log_sink previous;

	if (!log_sink_open(settings, arena, &opened, reason_out))
		return false;
	(void)pthread_mutex_lock(&sink_lock);
	previous = sink;
	sink = opened;
	/* The C library keeps the pointer to the name: replace it before the old one is freed. */
	if (opened.target == LOG_TARGET_SYSLOG)
		openlog(opened.name, LOG_PID | LOG_NDELAY, opened.facility);
	else if (previous.target == LOG_TARGET_SYSLOG)
		closelog();
	(void)pthread_mutex_unlock(&sink_lock);
	log_sink_close(&previous);
	atomic_store(&wanted_level, (int)settings->level);
	return true;
}

void
log_close(void)
{
	struct log_sink previous;

	(void)pthread_mutex_lock(&sink_lock);
	previous = sink;
	sink = (struct log_sink){ .target = LOG_TARGET_STDERR };
	if (previous.target == LOG_TARGET_SYSLOG)
		closelog();
	(void)pthread_mutex_unlock(&sink_lock);
	log_sink_close(&previous);
}

/* What the target does not take must still be seen somewhere. Under sink_lock. */
static void
write_instead(struct arena *arena, const struct log_entry *entry, int error)
{
	struct log_entry trouble = { .level = LOG_LEVEL_WARNING };
	char buffer[128];

	lost++;
	if (log_allows(&trouble_limit, MINUTE)) {
		trouble.line = text_printf(arena,
					   "warning: the log %s takes no lines: %s; %lu since "
					   "the last report go "
					   "to standard error",
					   sink.path != NULL ? sink.path : "-",
					   strerror_r(error, buffer, sizeof(buffer)), lost);
		lost = 0;
		log_sink_write_stderr(&sink, arena, &trouble);
	}
	log_sink_write_stderr(&sink, arena, entry);
}

static struct log_field *
escape_fields(struct arena *arena, const struct log_field *fields, size_t count)
{
	struct log_field *escaped = arena_array(arena, count, sizeof(*escaped));

	for (size_t i = 0; i < count; i++) {
		escaped[i].name = fields[i].name;
		escaped[i].value = escape(arena, "", fields[i].value);
	}
	return escaped;
}

static void
write_entry(struct arena *arena, enum log_level level, struct text line,
	    const struct log_field *fields, size_t count)
{
	struct log_entry entry = {
		.level = level,
		.line = escape(arena, level_words[level], line),
		.fields = escape_fields(arena, fields, count),
		.field_count = count,
	};

	(void)pthread_mutex_lock(&sink_lock);
	if (!log_sink_write(&sink, arena, &entry))
		write_instead(arena, &entry, errno);
	(void)pthread_mutex_unlock(&sink_lock);
}

void
log_line(enum log_level level, struct text line, const struct log_field *fields, size_t count)
{
	struct arena *arena;
	int saved_error = errno;

	if (!log_wants(level))
		return;
	arena = arena_new();
	write_entry(arena, level, line, fields, count);
	arena_free(&arena);
	errno = saved_error;
}

void
log_message(enum log_level level, const char *format, ...)
{
	va_list arguments;
	struct arena *arena;
	int saved_error = errno;
	struct text line;

	if (!log_wants(level))
		return;
	arena = arena_new();
	va_start(arguments, format);
	line = text_vprintf(arena, format, arguments);
	va_end(arguments);
	write_entry(arena, level, line, NULL, 0);
	arena_free(&arena);
	errno = saved_error;
}
