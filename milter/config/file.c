/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/textbuf.h"

enum { CHUNK = 16384 };

/* GNU strerror_r: safe from any thread. */
static struct text
system_error(struct arena *arena, const char *what, int error)
{
	char buffer[128];

	return text_printf(arena, "%s: %s", what, strerror_r(error, buffer, sizeof(buffer)));
}

static bool
read_all(struct arena *arena, int file, size_t maximum, struct text *content_out,
	 struct text *reason_out)
{
	struct textbuf content = textbuf_new(arena, maximum);
	char chunk[CHUNK];
	ssize_t length;

	do {
		length = read(file, chunk, sizeof(chunk));
		if (length > 0)
			textbuf_add(&content, text_of(chunk, (size_t)length));
	} while ((length > 0 && !content.overflowed) || (length < 0 && errno == EINTR));
	if (length < 0) {
		*reason_out = system_error(arena, "it cannot be read", errno);
		return false;
	}
	if (content.overflowed) {
		*reason_out = text_printf(arena, "it is larger than %zu bytes", maximum);
		return false;
	}
	*content_out = textbuf_text(&content);
	return true;
}

/* Opened without waiting, so that a FIFO nobody writes to cannot stop the start. */
static bool
is_readable_kind(struct arena *arena, int file, bool regular_only, struct text *reason_out)
{
	struct stat status;

	if (fstat(file, &status) != 0) {
		*reason_out = system_error(arena, "it cannot be examined", errno);
		return false;
	}
	if (S_ISDIR(status.st_mode)) {
		*reason_out = TEXT("it is a directory");
		return false;
	}
	if (regular_only && !S_ISREG(status.st_mode)) {
		*reason_out = TEXT("it is not a regular file");
		return false;
	}
	/* Data of a pipe may come later: from here on waiting is right. */
	if (!S_ISREG(status.st_mode))
		(void)fcntl(file, F_SETFL, 0);
	return true;
}

bool
file_read(struct arena *arena, const char *path, size_t maximum, bool regular_only,
	  struct text *content_out, struct text *reason_out)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok;

	if (file < 0) {
		*reason_out = system_error(arena, "it cannot be opened", errno);
		return false;
	}
	ok = is_readable_kind(arena, file, regular_only, reason_out) &&
	     read_all(arena, file, maximum, content_out, reason_out);
	(void)close(file);
	return ok;
}
