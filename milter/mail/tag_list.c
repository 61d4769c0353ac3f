/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/tag_list.h"

#include "mail/utf8.h"

struct reader {
	struct text text;
	size_t position;
};

static bool
at_end(const struct reader *reader)
{
	return reader->position >= reader->text.length;
}

static char
byte_at(const struct reader *reader, size_t position)
{
	return position < reader->text.length ? reader->text.bytes[position] : '\0';
}

static bool
is_wsp(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* The length of a line end that a blank follows, so that it is a fold; 0 for anything else. */
static size_t
fold_length(const struct reader *reader, size_t position)
{
	size_t start = position;

	if (byte_at(reader, position) == '\r')
		position++;
	if (byte_at(reader, position) != '\n')
		return 0;
	return is_wsp(byte_at(reader, position + 1)) ? position + 1 - start : 0;
}

/* RFC 6376 2.8: FWS, and what obsolete syntax makes of it: several folds in a row. */
static void
skip_fws(struct reader *reader)
{
	while (!at_end(reader)) {
		size_t fold = fold_length(reader, reader->position);

		if (fold == 0 && !is_wsp(byte_at(reader, reader->position)))
			return;
		reader->position += fold + 1;
	}
}

/* RFC 6376 3.2: tag-name = ALPHA *ALNUMPUNC */
static bool
read_name(struct reader *reader, struct text *name_out)
{
	size_t start = reader->position;

	if (at_end(reader) || !byte_is_alpha(byte_at(reader, start)))
		return false;
	while (!at_end(reader) && (byte_is_alnum(byte_at(reader, reader->position)) ||
				   byte_at(reader, reader->position) == '_'))
		reader->position++;
	*name_out = text_cut(reader->text, start, reader->position - start);
	return true;
}

/* RFC 6376 3.2: tag-value; VALCHAR = %x21-3A / %x3C-7E, and UTF-8 (RFC 8616 5). */
static const char *
read_value(struct reader *reader, struct tag *tag)
{
	size_t first;
	size_t end;

	tag->value_start = reader->position;
	skip_fws(reader);
	first = reader->position;
	end = first;
	while (!at_end(reader) && byte_at(reader, reader->position) != ';') {
		uint32_t code_point;

		if (!utf8_next(reader->text, &reader->position, &code_point) ||
		    code_point < 0x21 || code_point == 0x7f)
			return "bad character in a tag's value";
		end = reader->position;
		skip_fws(reader);
	}
	tag->value = text_cut(reader->text, first, end - first);
	tag->value_end = reader->position;
	return NULL;
}

/* RFC 6376 3.2: tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS] */
static const char *
read_tag(struct reader *reader, struct tag *tag)
{
	skip_fws(reader);
	if (!read_name(reader, &tag->name))
		return "bad tag name";
	skip_fws(reader);
	if (byte_at(reader, reader->position) != '=')
		return "tag without \"=\"";
	reader->position++;
	return read_value(reader, tag);
}

const char *
tag_list_parse(struct arena *arena, struct text text, struct tag_list *list_out)
{
	struct reader reader = { .text = text };
	struct tag_list list = { 0 };
	size_t capacity = 0;

	do {
		struct tag tag = { 0 };
		const char *reason = read_tag(&reader, &tag);

		if (reason != NULL)
			return reason;
		if (tag_list_find(&list, tag.name) != NULL)
			return "duplicate tag";
		if (list.count == TAG_LIST_TAGS_MAX)
			return "too many tags";
		list.tags = arena_grow(arena, list.tags, list.count, &capacity,
				       sizeof(*list.tags));
		list.tags[list.count++] = tag;
		reader.position++;      /* the ";", or past the end */
		skip_fws(&reader);
	} while (!at_end(&reader));
	*list_out = list;
	return NULL;
}

const struct tag *
tag_list_find(const struct tag_list *list, struct text name)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->tags[i].name, name))
			return &list->tags[i];
	return NULL;
}

struct text
tag_value_without_blanks(struct arena *arena, struct text value)
{
	char *bytes = arena_alloc(arena, value.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < value.length; i++)
		if (!byte_is_blank(value.bytes[i]))
			bytes[length++] = value.bytes[i];
	return text_of(bytes, length);
}

bool
tag_value_next(struct text *rest, struct text *element_out)
{
	if (!text_next_part(rest, ':', element_out))
		return false;
	*element_out = text_trim(*element_out);
	return true;
}
