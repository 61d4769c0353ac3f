/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/mbox.h"

#include <string.h>

/* What a line at its start can still become. */
enum head {
	HEAD_OPEN,              /* too short to know */
	HEAD_SEPARATOR,         /* "From " */
	HEAD_QUOTED,            /* ">From ", with any number of ">" */
	HEAD_BLANK,             /* an empty line */
	HEAD_OTHER
};

bool
mbox_begins(struct text start)
{
	return text_starts_with(start, TEXT("From "));
}

struct mbox
mbox_new(struct mbox_sink sink)
{
	return (struct mbox){ .sink = sink, .is_behind_blank = true };
}

static enum head
read_head(struct text head)
{
	const struct text word = TEXT("From ");
	size_t quotes = 0;
	struct text rest;

	if (text_equal(head, TEXT("\n")) || text_equal(head, TEXT("\r\n")))
		return HEAD_BLANK;
	if (text_equal(head, TEXT("\r")))
		return HEAD_OPEN;
	while (quotes < head.length && head.bytes[quotes] == '>')
		quotes++;
	rest = text_from_position(head, quotes);
	if (quotes > MBOX_QUOTES_MAX)
		return HEAD_OTHER;
	if (text_equal(rest, word))
		return quotes == 0 ? HEAD_SEPARATOR : HEAD_QUOTED;
	return text_starts_with(word, rest) ? HEAD_OPEN : HEAD_OTHER;
}

static void
write_part(struct mbox *mbox, struct text part)
{
	if (mbox->is_open && part.length > 0)
		mbox->sink.content(mbox->sink.context, part);
}

static void
write_blank(struct mbox *mbox)
{
	write_part(mbox, text_of(mbox->blank, mbox->blank_length));
	mbox->blank_length = 0;
}

static void
begin_message(struct mbox *mbox)
{
	if (mbox->is_open)
		mbox->sink.end(mbox->sink.context);
	mbox->is_open = true;
	mbox->blank_length = 0;
	mbox->sink.begin(mbox->sink.context);
}

static void
write_head(struct mbox *mbox, struct text head)
{
	write_blank(mbox);
	write_part(mbox, head);
	mbox->state = head.length > 0 && head.bytes[head.length - 1] == '\n' ? MBOX_LINE_START :
									       MBOX_LINE;
	mbox->is_behind_blank = false;
}

/* One more byte of the start of a line. */
static void
add_to_head(struct mbox *mbox, char byte)
{
	struct text head;

	mbox->head[mbox->head_length++] = byte;
	head = text_of(mbox->head, mbox->head_length);
	switch (read_head(head)) {
	case HEAD_OPEN:
		return;
	case HEAD_SEPARATOR:
		if (mbox->is_behind_blank) {
			begin_message(mbox);
			mbox->state = MBOX_SEPARATOR;
		} else {
			write_head(mbox, head);
		}
		break;
	case HEAD_QUOTED:
		write_head(mbox, text_from_position(head, 1));
		break;
	case HEAD_BLANK:
		write_blank(mbox);
		memcpy(mbox->blank, head.bytes, head.length);
		mbox->blank_length = head.length;
		mbox->is_behind_blank = true;
		break;
	case HEAD_OTHER:
		write_head(mbox, head);
		break;
	}
	mbox->head_length = 0;
}

void
mbox_add(struct mbox *mbox, struct text chunk)
{
	struct text rest = chunk;

	while (rest.length > 0) {
		size_t end;

		if (mbox->state == MBOX_LINE_START) {
			add_to_head(mbox, rest.bytes[0]);
			rest = text_from_position(rest, 1);
			continue;
		}
		end = text_find(rest, '\n');
		if (mbox->state == MBOX_LINE)
			write_part(mbox, text_cut(rest, 0, end == TEXT_NOT_FOUND ? end : end + 1));
		if (end == TEXT_NOT_FOUND)
			return;
		rest = text_from_position(rest, end + 1);
		/* Behind a separator stands no line of the message: "From " there is text. */
		mbox->is_behind_blank = false;
		mbox->state = MBOX_LINE_START;
	}
}

void
mbox_end(struct mbox *mbox)
{
	if (mbox->head_length > 0)
		write_head(mbox, text_of(mbox->head, mbox->head_length));
	mbox->head_length = 0;
	if (mbox->is_open)
		mbox->sink.end(mbox->sink.context);
	mbox->is_open = false;
}
