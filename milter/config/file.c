/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/textbuf.h"

enum {
	CHUNK = 16384,
	TRIES = 3               /* of a file that changes while it is read */
};

/* GNU strerror_r: safe from any thread. */
static struct text
system_error(struct arena *arena, const char *what, int error)
{
	char buffer[128];

	return text_printf(arena, "%s: %s", what, strerror_r(error, buffer, sizeof(buffer)));
}

static int64_t
nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct file_stamp
stamp_of(const struct stat *status)
{
	return (struct file_stamp){
		.exists = true,
		.device = (uint64_t)status->st_dev,
		.inode = (uint64_t)status->st_ino,
		.size = (uint64_t)status->st_size,
		.modified = nanoseconds(status->st_mtim),
		.changed = nanoseconds(status->st_ctim),
	};
}

struct file_stamp
file_look(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return (struct file_stamp){ .exists = false };
	return stamp_of(&status);
}

bool
file_stamps_are_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->exists == b->exists && a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->modified == b->modified && a->changed == b->changed;
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
is_readable_kind(struct arena *arena, int file, bool regular_only, struct stat *status_out,
		 struct text *reason_out)
{
	if (fstat(file, status_out) != 0) {
		*reason_out = system_error(arena, "it cannot be examined", errno);
		return false;
	}
	if (S_ISDIR(status_out->st_mode)) {
		*reason_out = TEXT("it is a directory");
		return false;
	}
	if (regular_only && !S_ISREG(status_out->st_mode)) {
		*reason_out = TEXT("it is not a regular file");
		return false;
	}
	/* Data of a pipe may come later: from here on waiting is right. */
	if (!S_ISREG(status_out->st_mode))
		(void)fcntl(file, F_SETFL, 0);
	return true;
}

/* Writes to *is_steady_out whether the file was the same before and after. */
static bool
read_open_file(struct arena *arena, int file, size_t maximum, bool regular_only,
	       struct file_content *content_out, bool *is_steady_out, struct text *reason_out)
{
	struct file_content content;
	struct file_stamp after;
	struct stat status;

	if (!is_readable_kind(arena, file, regular_only, &status, reason_out) ||
	    !read_all(arena, file, maximum, &content.text, reason_out))
		return false;
	content.stamp = stamp_of(&status);
	content.is_writable_by_all = S_ISREG(status.st_mode) && (status.st_mode & S_IWOTH) != 0;
	*is_steady_out = true;
	if (S_ISREG(status.st_mode) && fstat(file, &status) == 0) {
		after = stamp_of(&status);
		*is_steady_out = file_stamps_are_equal(&content.stamp, &after);
	}
	*content_out = content;
	return true;
}

bool
file_read(struct arena *arena, const char *path, size_t maximum, bool regular_only,
	  struct file_content *content_out, struct text *reason_out)
{
	for (unsigned i = 0; i < TRIES; i++) {
		int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		bool is_steady = false;
		bool ok;

		if (file < 0) {
			*reason_out = system_error(arena, "it cannot be opened", errno);
			return false;
		}
		ok = read_open_file(arena, file, maximum, regular_only, content_out, &is_steady,
				    reason_out);
		(void)close(file);
		if (!ok || is_steady)
			return ok;
	}
	*reason_out = TEXT("it changes while it is read");
	return false;
}
