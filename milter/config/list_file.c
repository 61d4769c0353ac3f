/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/list_file.h"

#include "config/file.h"
#include "config/syntax.h"

bool
list_file_open(struct arena *arena, struct config_origin *origin, struct text value,
	       struct list_file *file_out, struct text *wanted_out)
{
	struct text path = text_from_position(value, TEXT("file:").length);
	struct file_content content;
	struct arena *scratch;

	if (!text_starts_with(path, TEXT("/")) || text_find(path, '\0') != TEXT_NOT_FOUND) {
		*wanted_out = TEXT("file: is followed by an absolute path");
		return false;
	}
	scratch = arena_new();
	if (!file_read(scratch, text_string(scratch, path), LIST_FILE_BYTES_MAX, true, &content,
		       wanted_out)) {
		*wanted_out = text_copy(arena, *wanted_out);
		arena_free(&scratch);
		return false;
	}
	/* One warning for a file is enough, however often it is read. */
	if (origin != NULL && !origin_watch(origin, path, content.stamp))
		content.is_writable_by_all = false;
	*file_out = (struct list_file){ scratch, text_copy(arena, path),
					syntax_skip_mark(content.text), 0,
					content.is_writable_by_all };
	return true;
}

bool
list_file_next(struct list_file *file, struct text *item_out, const char **reason_out)
{
	struct text line;

	*reason_out = NULL;
	while (syntax_next_line(&file->rest, &line)) {
		struct text trimmed = text_trim(line);
		struct syntax_item item;

		file->line++;
		*reason_out = syntax_line_error(line);
		if (*reason_out != NULL)
			return true;
		if (trimmed.length == 0 || trimmed.bytes[0] == '#')
			continue;
		if (!syntax_scalar(file->scratch, line, &item, reason_out))
			return true;
		if (text_starts_with_nocase(item.text, TEXT("file:"))) {
			*reason_out = "a list file may not name another file";
			return true;
		}
		*item_out = item.text;
		return true;
	}
	return false;
}

struct text
list_file_place(struct arena *arena, const struct list_file *file)
{
	return text_printf(arena, "%.*s:%zu", TEXT_ARGUMENTS(file->path), file->line);
}

void
list_file_close(struct list_file *file)
{
	arena_free(&file->scratch);
}
