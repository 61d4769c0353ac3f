/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/mbox.h"
#include "tool/terminal.h"

enum { CHUNK_MAX = 65536 };

/* A file on its way. */
struct input {
	struct arena *arena;
	const struct message_reader *reader;
	struct text title;              /* of a single message */
	struct mbox mbox;
	bool is_begun;
	bool is_mbox;
	size_t number;                  /* of messages in an mbox */
	uint64_t done;
	uint64_t size;                  /* 0: not known */
	struct terminal_progress *progress;
};

static struct text
describe_error(struct arena *arena)
{
	const char *words = strerrordesc_np(errno);

	return text_printf(arena, "cannot be read: %s", words != NULL ? words : "unknown error");
}

static void
begin_of_mbox(void *context)
{
	struct input *input = context;
	struct text title = text_printf(input->arena, "%.*s#%zu", TEXT_ARGUMENTS(input->title),
					++input->number);

	input->reader->begin(input->reader->context, title, true);
}

static void
content_of_mbox(void *context, struct text part)
{
	struct input *input = context;

	(void)input->reader->add(input->reader->context, part);
}

static void
end_of_mbox(void *context)
{
	struct input *input = context;

	input->reader->end(input->reader->context);
}

static void
begin(struct input *input, struct text chunk)
{
	input->is_begun = true;
	input->is_mbox = mbox_begins(chunk);
	input->mbox = mbox_new((struct mbox_sink){ input, begin_of_mbox, content_of_mbox,
						   end_of_mbox });
	if (!input->is_mbox)
		input->reader->begin(input->reader->context, input->title, false);
}

/* False: nothing that comes behind it can matter. */
static bool
take_chunk(struct input *input, struct text chunk)
{
	bool wants_more = true;

	if (!input->is_begun)
		begin(input, chunk);
	if (input->is_mbox)
		mbox_add(&input->mbox, chunk);
	else
		wants_more = input->reader->add(input->reader->context, chunk);
	input->done += chunk.length;
	if (input->progress != NULL)
		terminal_progress_show(input->progress, "reading", input->done, input->size);
	return wants_more;
}

/* A pipe may give less at a time than tells an mbox from a message. */
static ssize_t
read_whole(int file, char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(file, bytes + length, size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static bool
read_descriptor(struct input *input, int file, struct text *reason_out)
{
	struct arena *arena = arena_new();
	char *bytes = arena_alloc(arena, CHUNK_MAX);
	struct stat status;
	ssize_t length;

	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
		input->size = (uint64_t)status.st_size;
	do {
		length = read_whole(file, bytes, CHUNK_MAX);
	} while (length > 0 && take_chunk(input, text_of(bytes, (size_t)length)));
	if (length < 0)
		*reason_out = describe_error(input->arena);
	arena_free(&arena);
	if (length < 0)
		return false;
	if (!input->is_begun)
		begin(input, TEXT(""));
	if (input->is_mbox)
		mbox_end(&input->mbox);
	else
		input->reader->end(input->reader->context);
	return true;
}

static bool
read_file(struct arena *arena, const char *path, const struct message_reader *reader,
	  struct text *reason_out)
{
	struct terminal_progress progress = { .is_drawn = false };
	struct input input = {
		.arena = arena,
		.reader = reader,
		.title = text_from(path),
		.progress = &progress,
	};
	bool is_standard = text_equal(text_from(path), TEXT("-"));
	int file = is_standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool is_read;

	if (file < 0) {
		*reason_out = describe_error(arena);
		return false;
	}
	is_read = read_descriptor(&input, file, reason_out);
	terminal_progress_end(&progress);
	if (!is_standard)
		(void)close(file);
	return is_read;
}

/* Of a Maildir, as one of many. */
struct folder_message {
	const struct message_reader *reader;
};

static void
begin_of_folder(void *context, struct text title, bool is_one_of_many)
{
	const struct folder_message *message = context;

	(void)is_one_of_many;
	message->reader->begin(message->reader->context, title, true);
}

static bool
add_of_folder(void *context, struct text chunk)
{
	const struct folder_message *message = context;

	return message->reader->add(message->reader->context, chunk);
}

static void
end_of_folder(void *context)
{
	const struct folder_message *message = context;

	message->reader->end(message->reader->context);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
read_entry(struct arena *arena, const char *path, struct text title,
	   const struct message_reader *reader)
{
	struct folder_message message = { reader };
	struct message_reader inner = { &message, begin_of_folder, add_of_folder, end_of_folder,
					NULL };
	struct input input = { .arena = arena, .reader = &inner, .title = title };
	/* Who opens a FIFO without this waits for somebody to write into it. */
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct text reason;

	/* Mail clients move messages away meanwhile: that is no failure. */
	if (file < 0 && errno == ENOENT)
		return;
	if (file < 0)
		reader->fail(reader->context, title, describe_error(arena));
	else if (!read_descriptor(&input, file, &reason))
		reader->fail(reader->context, title, reason);
	if (file >= 0)
		(void)close(file);
}

/* One of "cur" and "new". False when it is not there. */
static bool
read_subfolder(struct arena *arena, const char *path, const char *name,
	       const struct message_reader *reader, struct text *reason_out)
{
	struct terminal_progress progress = { .is_drawn = false };
	struct text folder = text_printf(arena, "%s/%s", path, name);
	struct dirent **entries = NULL;
	int count = scandir(folder.bytes, &entries, is_visible, alphasort);

	if (count < 0) {
		*reason_out = describe_error(arena);
		return false;
	}
	for (int i = 0; i < count; i++) {
		struct text file = text_printf(arena, "%s/%s", folder.bytes, entries[i]->d_name);
		struct text title = text_printf(arena, "%s/%s", name, entries[i]->d_name);

		read_entry(arena, file.bytes, title, reader);
		terminal_progress_show(&progress, "reading", (uint64_t)i + 1, (uint64_t)count);
		free(entries[i]);
	}
	terminal_progress_end(&progress);
	free(entries);
	return true;
}

bool
message_input_is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool
message_input_read(struct arena *arena, const char *path, const struct message_reader *reader,
		   struct text *reason_out)
{
	bool has_cur;
	bool has_new;

	if (!message_input_is_folder(path))
		return read_file(arena, path, reader, reason_out);
	has_cur = read_subfolder(arena, path, "cur", reader, reason_out);
	has_new = read_subfolder(arena, path, "new", reader, reason_out);
	if (!has_cur && !has_new)
		*reason_out = TEXT("is a folder, and no Maildir");
	return has_cur || has_new;
}
