/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

enum {
	BUFFER_BYTES = 4 * LOG_LINE_BYTES_MAX,
	COMPRESSED_BUFFER = 128 * 1024,
	LENGTH_BYTES = 8,       /* of a binary field: little endian */
	COMMAND_NOT_FOUND = 127
};

struct log_source {
	gzFile file;            /* NULL: given back */
	pid_t child;            /* journalctl; 0: none */
	char *buffer;
	size_t start;           /* what is not used yet */
	size_t end;
	bool is_at_end;
	bool has_failed;
	int read_error;         /* errno of a failure; 0: the data are damaged */
	uint64_t too_long;
};

static void
release(void *object)
{
	struct log_source *source = object;

	if (source->file != NULL)
		(void)gzclose(source->file);
	source->file = NULL;
	if (source->child > 0)
		(void)waitpid(source->child, NULL, 0);
	source->child = 0;
}

/* Takes the descriptor over. */
static struct log_source *
new_source(struct arena *arena, int descriptor)
{
	struct log_source *source = arena_alloc(arena, sizeof(*source));

	source->buffer = arena_alloc(arena, BUFFER_BYTES);
	source->file = gzdopen(descriptor, "rb");
	if (source->file == NULL) {
		(void)close(descriptor);
		return NULL;
	}
	arena_on_empty(arena, release, source);
	(void)gzbuffer(source->file, COMPRESSED_BUFFER);
	return source;
}

static struct text
error_text(struct arena *arena, int error)
{
	char buffer[128];

	return text_printf(arena, "%s", strerror_r(error, buffer, sizeof(buffer)));
}

static int
open_descriptor(const char *path, int *error_out)
{
	bool is_input = strcmp(path, "-") == 0;
	int descriptor = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat status;

	*error_out = errno;
	if (descriptor < 0)
		return -1;
	if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
		(void)close(descriptor);
		*error_out = EISDIR;
		return -1;
	}
	return descriptor;
}

struct log_source *
log_source_open(struct arena *arena, const char *path, struct text *reason_out)
{
	struct log_source *source;
	int error;
	int descriptor = open_descriptor(path, &error);

	if (descriptor < 0) {
		*reason_out = error_text(arena, error);
		return NULL;
	}
	source = new_source(arena, descriptor);
	if (source == NULL)
		*reason_out = TEXT("it cannot be read");
	return source;
}

/* In the child: never returns. */
static void
become_journalctl(char *const *arguments, int output)
{
	if (dup2(output, STDOUT_FILENO) >= 0)
		(void)execvp(arguments[0], arguments);
	_exit(COMMAND_NOT_FOUND);
}

struct log_source *
log_source_open_journal(struct arena *arena, struct text name, int64_t since,
			struct text *reason_out)
{
	struct text moment = text_printf(arena, "--since=@%lld", (long long)since);
	struct text identifier = text_join(arena, TEXT("--identifier="), name);
	char *arguments[] = {
		text_string(arena, TEXT("journalctl")), text_string(arena, TEXT("--quiet")),
		text_string(arena, TEXT("--no-pager")), text_string(arena, TEXT("--output=json")),
		text_string(arena, TEXT("--output-fields=MESSAGE,SYSLOG_IDENTIFIER")),
		text_string(arena, identifier),
		since > 0 ? text_string(arena, moment) : NULL, NULL,
	};
	struct log_source *source;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		*reason_out = error_text(arena, errno);
		return NULL;
	}
	child = fork();
	if (child == 0)
		become_journalctl(arguments, ends[1]);
	(void)close(ends[1]);
	source = child > 0 ? new_source(arena, ends[0]) : NULL;
	if (source == NULL) {
		*reason_out = TEXT("journalctl cannot be started");
		return NULL;
	}
	source->child = child;
	return source;
}

/* More into the buffer, behind what is left of it. False at the end. */
static bool
fill(struct log_source *source)
{
	int length;

	if (source->is_at_end)
		return false;
	memmove(source->buffer, source->buffer + source->start, source->end - source->start);
	source->end -= source->start;
	source->start = 0;
	errno = 0;
	length = gzread(source->file, source->buffer + source->end,
			(unsigned)(BUFFER_BYTES - source->end));
	if (length <= 0) {
		int state = Z_OK;

		(void)gzerror(source->file, &state);
		source->is_at_end = true;
		source->has_failed = state != Z_OK;
		source->read_error = state == Z_ERRNO ? errno : 0;
		return false;
	}
	source->end += (size_t)length;
	return true;
}

/* Passes over the rest of a line that is too long. */
static void
skip_line(struct log_source *source)
{
	source->too_long++;
	do {
		char *start = source->buffer + source->start;
		char *end = memchr(start, '\n', source->end - source->start);

		if (end != NULL) {
			source->start += (size_t)(end - start) + 1;
			return;
		}
		source->start = source->end;
	} while (fill(source));
}

bool
log_source_next(struct log_source *source, struct text *line_out)
{
	size_t looked_at = 0;

	for (;;) {
		char *start = source->buffer + source->start;
		size_t length = source->end - source->start;
		char *end = length > looked_at
				    ? memchr(start + looked_at, '\n', length - looked_at)
				    : NULL;

		if (end != NULL && end - start <= LOG_LINE_BYTES_MAX) {
			*line_out = text_of(start, (size_t)(end - start));
			source->start += line_out->length + 1;
			return true;
		}
		if (length > LOG_LINE_BYTES_MAX) {
			skip_line(source);
			looked_at = 0;
			continue;
		}
		looked_at = length;
		if (fill(source))
			continue;
		if (length == 0)
			return false;
		/* The last line of a file may lack its end. */
		*line_out = text_of(source->buffer + source->start, length);
		source->start = source->end;
		return true;
	}
}

/* Takes `count` bytes away; where they are, if there is room for all of them. */
static bool
skip_bytes(struct log_source *source, uint64_t count)
{
	while (source->end - source->start < count) {
		count -= source->end - source->start;
		source->start = source->end;
		if (!fill(source))
			return false;
	}
	source->start += (size_t)count;
	return true;
}

bool
log_source_skip_field(struct log_source *source)
{
	uint64_t length = 0;

	while (source->end - source->start < LENGTH_BYTES)
		if (!fill(source))
			return false;
	for (size_t i = LENGTH_BYTES; i > 0; i--)
		length = length << 8 | (uint8_t)source->buffer[source->start + i - 1];
	/* The line end behind the value. */
	return skip_bytes(source, LENGTH_BYTES) && length < UINT64_MAX &&
	       skip_bytes(source, length + 1);
}

/* What journalctl says with its status. */
static struct text
child_failure(struct log_source *source, struct arena *arena)
{
	int status = 0;

	if (source->child <= 0 || waitpid(source->child, &status, 0) != source->child)
		return TEXT("");
	source->child = 0;
	if (!WIFEXITED(status))
		return TEXT("journalctl was ended by a signal");
	if (WEXITSTATUS(status) == COMMAND_NOT_FOUND)
		return TEXT("there is no journalctl on this machine");
	/* Nothing found is status 1, with nothing written. */
	if (WEXITSTATUS(status) > 1)
		return text_printf(arena, "journalctl ended with status %d", WEXITSTATUS(status));
	return TEXT("");
}

struct text
log_source_failure(struct log_source *source, struct arena *arena)
{
	if (source->has_failed)
		return source->read_error != 0
			       ? error_text(arena, source->read_error)
			       : TEXT("its compressed data are damaged or end early");
	return child_failure(source, arena);
}

uint64_t
log_source_position(struct log_source *source)
{
	z_off_t position = gzoffset(source->file);

	return position > 0 ? (uint64_t)position : 0;
}

uint64_t
log_source_too_long(const struct log_source *source)
{
	return source->too_long;
}
