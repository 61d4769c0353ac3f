/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/exposition.h"

#include <inttypes.h>

enum {
	LABEL_BYTES_MAX = 1024, /* escaped; the longest value is far shorter */
	END_BYTES = 32,         /* " left_out=" and a number */
	SECOND = 1000           /* milliseconds */
};

const char exposition_prefix[] = "dmarcmilter_";

/* The format wants UTF-8 and escapes three bytes; what is not printable ASCII stands as \xHH. */
static struct text
escape_label(struct arena *arena, struct text value)
{
	struct textbuf out = textbuf_new(arena, LABEL_BYTES_MAX);

	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (byte == '\\' || byte == '"') {
			textbuf_add_byte(&out, '\\');
			textbuf_add_byte(&out, byte);
		} else if (byte == '\n') {
			textbuf_add_string(&out, "\\n");
		} else if (byte_is_printable(byte)) {
			textbuf_add_byte(&out, byte);
		} else {
			textbuf_printf(&out, "\\\\x%02x", (unsigned)(unsigned char)byte);
		}
	}
	return textbuf_text(&out);
}

/* Of the line: neither blank nor equals sign may stand in a key. */
static struct text
escape_key(struct arena *arena, struct text value)
{
	struct textbuf out = textbuf_new(arena, LABEL_BYTES_MAX);

	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (byte_is_alnum(byte) || byte == '-' || byte == '_' || byte == '.' ||
		    byte == ':' || byte == '/')
			textbuf_add_byte(&out, byte);
		else
			textbuf_printf(&out, "\\x%02x", (unsigned)(unsigned char)byte);
	}
	return textbuf_text(&out);
}

void
exposition_family(struct exposition *exposition, const char *name, const char *type,
		  const char *help)
{
	if (exposition->form == EXPOSITION_PROMETHEUS)
		textbuf_printf(exposition->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
			       type);
}

/* A whole item or nothing: a key without its value would be a lie. */
static void
add_item(struct exposition *exposition, struct text item)
{
	struct textbuf *out = exposition->out;

	if (out->maximum - out->length < item.length + END_BYTES) {
		exposition->left_out++;
		return;
	}
	if (out->length > 0)
		textbuf_add_byte(out, ' ');
	textbuf_add(out, item);
}

static struct text
without_prefix(const char *name)
{
	struct text prefix = text_from(exposition_prefix);
	struct text text = text_from(name);

	return text_starts_with(text, prefix) ? text_from_position(text, prefix.length) : text;
}

static void
add_line_sample(struct exposition *exposition, const char *name,
		const struct exposition_label *labels, size_t label_count, uint64_t value)
{
	struct arena *arena = exposition->out->arena;
	struct text key = without_prefix(name);

	if (label_count > 0 && value == 0)
		return;
	for (size_t i = 0; i < label_count; i++)
		key = text_printf(arena, "%.*s.%.*s", TEXT_ARGUMENTS(key),
				  TEXT_ARGUMENTS(escape_key(arena, labels[i].value)));
	add_item(exposition, text_printf(arena, "%.*s=%" PRIu64, TEXT_ARGUMENTS(key), value));
}

void
exposition_sample(struct exposition *exposition, const char *name,
		  const struct exposition_label *labels, size_t label_count, uint64_t value)
{
	struct textbuf *out = exposition->out;

	if (exposition->form == EXPOSITION_LINE) {
		add_line_sample(exposition, name, labels, label_count, value);
		return;
	}
	textbuf_add_string(out, name);
	for (size_t i = 0; i < label_count; i++)
		textbuf_printf(out, "%s%s=\"%.*s\"", i == 0 ? "{" : ",", labels[i].name,
			       TEXT_ARGUMENTS(escape_label(out->arena, labels[i].value)));
	textbuf_printf(out, "%s %" PRIu64 "\n", label_count > 0 ? "}" : "", value);
}

/* Milliseconds as seconds, without zeros at the end: 0.005, 2.5, 10. */
static struct text
seconds_text(struct arena *arena, uint64_t milliseconds)
{
	struct text text = text_printf(arena, "%" PRIu64 ".%03u", milliseconds / SECOND,
				       (unsigned)(milliseconds % SECOND));

	while (text.bytes[text.length - 1] == '0')
		text.length--;
	if (text.bytes[text.length - 1] == '.')
		text.length--;
	return text;
}

static void
add_line_histogram(struct exposition *exposition, const char *name, uint64_t count,
		   struct text sum)
{
	struct arena *arena = exposition->out->arena;
	struct text key = without_prefix(name);

	add_item(exposition, text_printf(arena, "%.*s_count=%" PRIu64, TEXT_ARGUMENTS(key),
					 count));
	add_item(exposition, text_printf(arena, "%.*s_sum=%.*s", TEXT_ARGUMENTS(key),
					 TEXT_ARGUMENTS(sum)));
}

void
exposition_histogram(struct exposition *exposition, const char *name,
		     const struct histogram_reading *reading)
{
	struct textbuf *out = exposition->out;
	uint64_t count = reading->cumulative[reading->bound_count];
	struct text sum = seconds_text(out->arena, reading->sum);

	if (exposition->form == EXPOSITION_LINE) {
		add_line_histogram(exposition, name, count, sum);
		return;
	}
	for (size_t i = 0; i < reading->bound_count; i++) {
		struct text bound = seconds_text(out->arena, (uint64_t)reading->bounds[i]);

		textbuf_printf(out, "%s_bucket{le=\"%.*s\"} %" PRIu64 "\n", name,
			       TEXT_ARGUMENTS(bound), reading->cumulative[i]);
	}
	textbuf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	textbuf_printf(out, "%s_sum %.*s\n", name, TEXT_ARGUMENTS(sum));
	textbuf_printf(out, "%s_count %" PRIu64 "\n", name, count);
}

void
exposition_end(struct exposition *exposition)
{
	if (exposition->left_out > 0)
		textbuf_printf(exposition->out, " left_out=%zu", exposition->left_out);
}
