/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mail/domain_name.h"
#include "mail/utf8.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* Beyond ASCII: C1; marks and overrides of direction; line ends; the byte order mark. */
static const struct range unsafe[] = {
	{ 0x0080, 0x009f }, { 0x061c, 0x061c }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
};

/* What stands on the character before it (the blocks of combining marks). */
static const struct range combining[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};

/* Wide characters of East Asia, and emoji (Unicode's East Asian Width W and F, by block). */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1faff }, { 0x20000, 0x3fffd },
};

static const char *const colour_codes[] = {
	[TERMINAL_PLAIN] = "",
	[TERMINAL_STRONG] = "\033[1m",
	[TERMINAL_FAINT] = "\033[2m",
	[TERMINAL_GOOD] = "\033[32m",
	[TERMINAL_WARNING] = "\033[33m",
	[TERMINAL_BAD] = "\033[1;31m",
};

static bool
is_in(uint32_t code_point, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	return false;
}

static size_t
look_up_width(int descriptor, bool is_terminal)
{
	struct winsize size = { .ws_col = 0 };
	const char *columns = getenv("COLUMNS");
	uint64_t width = TERMINAL_WIDTH_DEFAULT;

	if (columns == NULL || !text_to_number(text_from(columns), 10000, &width)) {
		if (is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
			width = size.ws_col;
	}
	if (width < TERMINAL_WIDTH_LEAST)
		return TERMINAL_WIDTH_LEAST;
	return width > TERMINAL_WIDTH_MOST ? TERMINAL_WIDTH_MOST : (size_t)width;
}

struct terminal
terminal_look(int descriptor)
{
	bool is_terminal = isatty(descriptor) == 1;
	struct text kind = text_from(getenv("TERM"));
	struct text no_colour = text_from(getenv("NO_COLOR"));

	return (struct terminal){
		.is_terminal = is_terminal,
		.has_colour = is_terminal && text_is_empty(no_colour) && !text_is_empty(kind) &&
			!text_equal(kind, TEXT("dumb")),
		.width = look_up_width(descriptor, is_terminal),
	};
}

struct text
terminal_safe(struct arena *arena, struct text text)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	size_t position = 0;

	while (position < text.length) {
		size_t start = position;
		uint32_t code_point;

		if (utf8_next(text, &position, &code_point) && code_point >= 0x20 &&
		    code_point != 0x7f &&
		    !is_in(code_point, unsafe, COUNT_OF(unsafe))) {
			textbuf_add(&out, text_cut(text, start, position - start));
			continue;
		}
		if (position == start)
			position++;
		for (size_t i = start; i < position; i++)
			textbuf_printf(&out, "\\x%02x", (unsigned)(unsigned char)text.bytes[i]);
	}
	return textbuf_text(&out);
}

size_t
terminal_columns(struct text text)
{
	size_t position = 0;
	size_t columns = 0;
	uint32_t code_point;

	while (position < text.length) {
		if (!utf8_next(text, &position, &code_point)) {
			position++;
			columns++;
		} else if (is_in(code_point, wide, COUNT_OF(wide))) {
			columns += 2;
		} else if (!is_in(code_point, combining, COUNT_OF(combining))) {
			columns++;
		}
	}
	return columns;
}

struct text
terminal_domain(struct arena *arena, struct text domain)
{
	struct text shown;

	if (!domain_name_to_unicode(arena, domain, &shown))
		return terminal_safe(arena, domain);
	return text_printf(arena, "%.*s (%.*s)", TEXT_ARGUMENTS(terminal_safe(arena, shown)),
			   TEXT_ARGUMENTS(domain));
}

static bool
is_coloured(const struct terminal *terminal, enum terminal_colour colour)
{
	return terminal->has_colour && colour != TERMINAL_PLAIN;
}

/* Text that is safe already. */
static void
add_safe(const struct terminal *terminal, struct textbuf *out, enum terminal_colour colour,
	 struct text text)
{
	bool has_codes = is_coloured(terminal, colour) && text.length > 0;

	if (has_codes)
		textbuf_add_string(out, colour_codes[colour]);
	textbuf_add(out, text);
	if (has_codes)
		textbuf_add_string(out, "\033[0m");
}

static void
add_blanks(struct textbuf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		textbuf_add_byte(out, ' ');
}

void
terminal_add(const struct terminal *terminal, struct textbuf *out, enum terminal_colour colour,
	     struct text text)
{
	add_safe(terminal, out, colour, terminal_safe(out->arena, text));
}

/* A word with its no-break spaces as blanks. */
static struct text
with_blanks(struct arena *arena, struct text word)
{
	const struct text no_break = TEXT("\xc2\xa0");
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	size_t place;

	while ((place = text_find_text(word, no_break)) != TEXT_NOT_FOUND) {
		textbuf_add(&out, text_cut(word, 0, place));
		textbuf_add_byte(&out, ' ');
		word = text_from_position(word, place + no_break.length);
	}
	textbuf_add(&out, word);
	return textbuf_text(&out);
}

void
terminal_wrap(const struct terminal *terminal, struct textbuf *out, enum terminal_colour colour,
	      size_t column, size_t indent, struct text text)
{
	struct text rest = terminal_safe(out->arena, text);
	struct textbuf line = textbuf_new(out->arena, SIZE_MAX);
	bool begins_line = true;
	struct text word;

	while (text_next_part(&rest, ' ', &word)) {
		size_t columns = terminal_columns(word);

		if (!begins_line && column + 1 + columns > terminal->width) {
			add_safe(terminal, out, colour, textbuf_text(&line));
			textbuf_add_byte(out, '\n');
			add_blanks(out, indent);
			line.length = 0;
			column = indent;
			begins_line = true;
		}
		if (!begins_line) {
			textbuf_add_byte(&line, ' ');
			column++;
		}
		textbuf_add(&line, with_blanks(out->arena, word));
		column += columns;
		begins_line = false;
	}
	add_safe(terminal, out, colour, textbuf_text(&line));
	textbuf_add_byte(out, '\n');
}

void
terminal_paragraph(const struct terminal *terminal, struct textbuf *out, size_t indent,
		   struct text text)
{
	add_blanks(out, indent);
	terminal_wrap(terminal, out, TERMINAL_PLAIN, indent, indent, text);
}

struct terminal_table
terminal_table_new(struct arena *arena, size_t column_count)
{
	return (struct terminal_table){ .arena = arena, .column_count = column_count };
}

void
terminal_table_add(struct terminal_table *table, enum terminal_colour colour, struct text text)
{
	struct text safe = terminal_safe(table->arena, text);

	table->cells = arena_grow(table->arena, table->cells, table->count, &table->capacity,
				  sizeof(*table->cells));
	table->cells[table->count++] = (struct terminal_cell){
		.text = safe, .colour = colour, .columns = terminal_columns(safe),
	};
}

/* The widest cell of a column that is not the last; empty rows count as well. */
static size_t
column_width(const struct terminal_table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->count; i += table->column_count)
		if (table->cells[i].columns > width)
			width = table->cells[i].columns;
	return width;
}

static void
write_row(const struct terminal_table *table, const struct terminal *terminal,
	  struct textbuf *out, size_t indent, size_t row, const size_t *widths)
{
	const struct terminal_cell *cells = &table->cells[row * table->column_count];
	size_t last = table->column_count - 1;
	size_t column = indent;

	/* No blanks at the end of a line. */
	while (last > 0 && cells[last].text.length == 0)
		last--;
	add_blanks(out, indent);
	for (size_t i = 0; i < last; i++) {
		add_safe(terminal, out, cells[i].colour, cells[i].text);
		add_blanks(out, widths[i] - cells[i].columns);
		column += widths[i];
	}
	terminal_wrap(terminal, out, cells[last].colour, column, column, cells[last].text);
}

void
terminal_table_write(const struct terminal_table *table, const struct terminal *terminal,
		     struct textbuf *out, size_t indent)
{
	size_t *widths = arena_array(table->arena, table->column_count, sizeof(*widths));

	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = column_width(table, i) + 2;
	for (size_t row = 0; row < table->count / table->column_count; row++)
		write_row(table, terminal, out, indent, row, widths);
}
