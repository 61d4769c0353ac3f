/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_TAG_LIST_H
#define DMARCMILTER_MAIL_TAG_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Tag lists ("v=1; a=rsa-sha256; ..."), the form of DKIM signatures, DKIM keys
 * and the fields of ARC: a strict parser of RFC 6376 3.2, with the UTF-8 that
 * RFC 8616 allows in values. A tag that occurs twice makes the whole list
 * invalid: readers that take the first and readers that take the last would
 * see two different signatures. Pure.
 */
enum {
	TAG_LIST_TAGS_MAX = 100 /* the standards define 20; unknown ones are ignored, not hoarded */
};

struct tag {
	struct text name;       /* as written: names are case-sensitive */
	struct text value;      /* without the white space around it; that inside is kept */
	size_t value_start;     /* where the raw value begins: the byte behind "=" */
	size_t value_end;       /* where it ends: at the ";" or at the end of the text */
};

struct tag_list {
	struct tag *tags;       /* in the order of the text */
	size_t count;
};

/*
 * Parses `text`, folds being LF or CRLF and a blank. NULL on success, with the
 * list in *list_out (tags share the bytes of `text`); else what is wrong, a
 * literal.
 */
const char *tag_list_parse(struct arena *arena, struct text text, struct tag_list *list_out)
	ATTRIBUTE_RESULT_MATTERS;

/* The tag of that name, or NULL. */
const struct tag *tag_list_find(const struct tag_list *list, struct text name);

/* A copy of a value without any white space, as base64 and numbers are to be read. */
struct text tag_value_without_blanks(struct arena *arena, struct text value);

/*
 * Takes the next element of a colon-separated value ("h=", "q=") off *rest,
 * without the white space around it; false at the end. An element may be empty.
 */
bool tag_value_next(struct text *rest, struct text *element_out);

#endif
