/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	FIRST_DRAW = 300,       /* milliseconds: what is over sooner needs no bar */
	REDRAW_INTERVAL = 100,
	BAR_COLUMNS = 30
};

struct text
terminal_progress_line(struct arena *arena, size_t width, const char *what, uint64_t done,
		       uint64_t total)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	uint64_t shown = done > total ? total : done;

	if (total == 0) {
		textbuf_printf(&out, "%s %" PRIu64, what, done);
		return text_cut(textbuf_text(&out), 0, width);
	}
	/* In floating point: a hundred times a size may be too much for a number. */
	double part = (double)shown / (double)total;
	size_t filled = (size_t)(part * BAR_COLUMNS);

	textbuf_printf(&out, "%s [", what);
	for (size_t i = 0; i < BAR_COLUMNS; i++)
		textbuf_add_byte(&out, i < filled ? '#' : '.');
	textbuf_printf(&out, "] %3u %%", (unsigned)(part * 100));
	return text_cut(textbuf_text(&out), 0, width);
}

void
terminal_progress_show(struct terminal_progress *progress, const char *what, uint64_t done,
		       uint64_t total)
{
	struct arena *arena;
	struct text line;
	int64_t now;

	now = clock_milliseconds();
	if (!progress->was_looked_at) {
		progress->terminal = terminal_look(STDERR_FILENO);
		progress->next_at = now + FIRST_DRAW;
	}
	progress->was_looked_at = true;
	if (!progress->terminal.is_terminal)
		return;
	if (now < progress->next_at)
		return;
	progress->next_at = now + REDRAW_INTERVAL;
	arena = arena_new();
	line = terminal_progress_line(arena, progress->terminal.width - 1, what, done, total);
	fprintf(stderr, "\r%.*s\033[K", TEXT_ARGUMENTS(line));
	(void)fflush(stderr);
	progress->is_drawn = true;
	arena_free(&arena);
}

void
terminal_progress_end(struct terminal_progress *progress)
{
	if (progress->is_drawn)
		fputs("\r\033[K", stderr);
	progress->is_drawn = false;
}
