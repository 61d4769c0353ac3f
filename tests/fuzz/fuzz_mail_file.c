/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "base/textbuf.h"
#include "tool/envelope.h"
#include "tool/mail_parser.h"
#include "tool/mbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a file comes to, in one text, and its fields. */
struct taken {
	struct arena *arena;
	struct textbuf out;
	struct mail_parser parser;
	bool is_open;
};

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
take_field(void *context, struct text name, struct text value)
{
	struct taken *taken = context;
	struct received received = received_read(taken->arena, value);

	must(name.length > 0 && text_find(name, ':') == TEXT_NOT_FOUND && text_find(name, '\n') == TEXT_NOT_FOUND);
	must(received.client.family == IP_NONE || received.helo.length <= value.length);
	textbuf_add_byte(&taken->out, '[');
	textbuf_add(&taken->out, name);
	textbuf_add(&taken->out, value);
}

static void
take_header_end(void *context)
{
	struct taken *taken = context;

	textbuf_add_byte(&taken->out, '{');
}

static void
take_body(void *context, struct text part)
{
	struct taken *taken = context;

	textbuf_add(&taken->out, part);
}

static void
begin(void *context)
{
	struct taken *taken = context;
	const struct mail_sink sink = { taken, take_field, take_header_end, take_body };

	must(!taken->is_open);
	taken->is_open = true;
	taken->parser = mail_parser_new(taken->arena, sink, MAIL_ENDS_UNKNOWN);
	textbuf_add_byte(&taken->out, '<');
}

static void
add(void *context, struct text part)
{
	struct taken *taken = context;

	must(taken->is_open && part.length > 0);
	mail_parser_add(&taken->parser, part);
}

static void
end(void *context)
{
	struct taken *taken = context;

	must(taken->is_open);
	taken->is_open = false;
	textbuf_printf(&taken->out, "%d>", (int)mail_parser_end(&taken->parser));
}

static struct text
take(struct arena *arena, struct text file, size_t step)
{
	struct taken *taken = arena_alloc(arena, sizeof(*taken));
	struct mbox mbox = mbox_new((struct mbox_sink){ taken, begin, add, end });
	bool is_mbox = mbox_begins(file);

	taken->arena = arena;
	taken->out = textbuf_new(arena, SIZE_MAX);
	if (!is_mbox)
		begin(taken);
	for (size_t i = 0; i < file.length; i += step) {
		if (is_mbox)
			mbox_add(&mbox, text_cut(file, i, step));
		else
			add(taken, text_cut(file, i, step));
	}
	if (is_mbox)
		mbox_end(&mbox);
	else
		end(taken);
	must(!taken->is_open);
	return textbuf_text(&taken->out);
}

/* Wherever the file is cut into chunks, it is the same mail. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text file = text_copy(arena, text_of((const char *)data, size > 4096 ? 4096 : size));
	struct text whole = take(arena, file, 4096);

	must(text_equal(take(arena, file, 1), whole));
	must(text_equal(take(arena, file, 3), whole));
	arena_free(&arena);
	return 0;
}
