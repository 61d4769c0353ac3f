/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/json.h"

#include <assert.h>
#include <inttypes.h>

#include "mail/utf8.h"

struct json
json_new(struct textbuf *out)
{
	return (struct json){ .out = out };
}

static void
begin_line(struct json *json)
{
	textbuf_add_byte(json->out, '\n');
	for (size_t i = 0; i < json->depth; i++)
		textbuf_add_string(json->out, "  ");
}

static void
write_code_point(struct textbuf *out, struct text source, uint32_t code_point)
{
	switch (code_point) {
	case '"':
		textbuf_add_string(out, "\\\"");
		return;
	case '\\':
		textbuf_add_string(out, "\\\\");
		return;
	case '\n':
		textbuf_add_string(out, "\\n");
		return;
	case '\r':
		textbuf_add_string(out, "\\r");
		return;
	case '\t':
		textbuf_add_string(out, "\\t");
		return;
	}
	/* C1 and DEL need no escape in JSON; a terminal that shows it does. */
	if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
		textbuf_printf(out, "\\u%04x", (unsigned)code_point);
	else
		textbuf_add(out, source);
}

static void
write_string(struct textbuf *out, struct text value)
{
	size_t position = 0;

	textbuf_add_byte(out, '"');
	while (position < value.length) {
		size_t start = position;
		uint32_t code_point;

		if (utf8_next(value, &position, &code_point)) {
			write_code_point(out, text_cut(value, start, position - start), code_point);
		} else {
			textbuf_add_string(out, "\xef\xbf\xbd");
			position++;
		}
	}
	textbuf_add_byte(out, '"');
}

/* What stands before a value: comma, line, key. */
static void
begin_value(struct json *json, const char *key)
{
	if (json->has_members[json->depth])
		textbuf_add_byte(json->out, ',');
	json->has_members[json->depth] = true;
	if (json->depth > 0)
		begin_line(json);
	if (key == NULL)
		return;
	write_string(json->out, text_from(key));
	textbuf_add_string(json->out, ": ");
}

static void
begin_inside(struct json *json, const char *key, char bracket)
{
	begin_value(json, key);
	assert(json->depth < JSON_DEPTH_MAX);
	textbuf_add_byte(json->out, bracket);
	json->depth++;
	json->has_members[json->depth] = false;
}

static void
end_inside(struct json *json, char bracket)
{
	bool has_members = json->has_members[json->depth];

	assert(json->depth > 0);
	json->depth--;
	if (has_members)
		begin_line(json);
	textbuf_add_byte(json->out, bracket);
}

void
json_begin_object(struct json *json, const char *key)
{
	begin_inside(json, key, '{');
}

void
json_end_object(struct json *json)
{
	end_inside(json, '}');
}

void
json_begin_array(struct json *json, const char *key)
{
	begin_inside(json, key, '[');
}

void
json_end_array(struct json *json)
{
	end_inside(json, ']');
}

void
json_text(struct json *json, const char *key, struct text value)
{
	begin_value(json, key);
	write_string(json->out, value);
}

void
json_text_or_null(struct json *json, const char *key, struct text value)
{
	if (text_is_empty(value))
		json_null(json, key);
	else
		json_text(json, key, value);
}

void
json_string(struct json *json, const char *key, const char *value)
{
	if (value == NULL)
		json_null(json, key);
	else
		json_text(json, key, text_from(value));
}

void
json_number(struct json *json, const char *key, int64_t value)
{
	begin_value(json, key);
	textbuf_printf(json->out, "%" PRId64, value);
}

void
json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	textbuf_add_string(json->out, value ? "true" : "false");
}

void
json_null(struct json *json, const char *key)
{
	begin_value(json, key);
	textbuf_add_string(json->out, "null");
}

void
json_finish(struct json *json)
{
	assert(json->depth == 0);
	textbuf_add_byte(json->out, '\n');
}
