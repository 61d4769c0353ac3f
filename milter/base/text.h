/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_TEXT_H
#define DMARCMILTER_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"

/*
 * Bytes with a length: the form of all text that comes from mail, DNS or a
 * file. It may hold NUL and any other byte. A text does not own its bytes;
 * they live in an arena, in a literal, or in the caller's buffer. The empty
 * text is all zero. Case is folded for ASCII letters only, whatever the locale.
 * All functions are pure and safe from any thread.
 */
struct text {
	const char *bytes;
	size_t length;
};

/* A text of a string literal. */
#define TEXT(literal) ((struct text){ "" literal "", sizeof(literal) - 1 })

/* The two arguments for "%.*s". Only for text that holds no NUL and is no longer than INT_MAX. */
#define TEXT_ARGUMENTS(text) text_precision(text), ((text).bytes != NULL ? (text).bytes : "")

/* What text_find() and its like answer when there is nothing. */
#define TEXT_NOT_FOUND SIZE_MAX

int text_precision(struct text text);

/* The text of a C string; NULL gives the empty text. Bytes are shared. */
struct text text_from(const char *string);

/* A text of `length` bytes. Bytes are shared. */
struct text text_of(const char *bytes, size_t length);

bool text_is_empty(struct text text);
bool text_equal(struct text a, struct text b);
bool text_equal_nocase(struct text a, struct text b);

/* <0, 0, >0 by bytes, then by length. */
int text_compare(struct text a, struct text b);

bool text_starts_with(struct text text, struct text start);
bool text_starts_with_nocase(struct text text, struct text start);
bool text_ends_with(struct text text, struct text end);
bool text_ends_with_nocase(struct text text, struct text end);

/* Position of the first (last) such byte, or TEXT_NOT_FOUND. */
size_t text_find(struct text text, char byte);
size_t text_find_last(struct text text, char byte);

/* Position of the first occurrence of `part`, or TEXT_NOT_FOUND. An empty part is at 0. */
size_t text_find_text(struct text text, struct text part);

/* The part from `start`, at most `length` bytes; clipped to the text. */
struct text text_cut(struct text text, size_t start, size_t length);

/* The part from `start` to the end; empty when start is behind the end. */
struct text text_from_position(struct text text, size_t start);

/* Without the blanks (space, tab, CR, LF) at both ends. */
struct text text_trim(struct text text);

/*
 * Takes what stands before the first `separator` off the front of *rest and
 * writes it to *part_out; without a separator, takes all of it. False when
 * *rest is used up (rest->bytes is NULL). An empty text gives one empty part.
 */
bool text_next_part(struct text *rest, char separator, struct text *part_out);

/* Copies in the arena. text_string() ends with NUL; a NUL inside stays what it is. */
struct text text_copy(struct arena *arena, struct text text);
struct text text_lower(struct arena *arena, struct text text);
char *text_string(struct arena *arena, struct text text);

/* A new text formatted like printf. */
struct text text_printf(struct arena *arena, const char *format, ...) ATTRIBUTE_PRINTF(2, 3);
struct text text_vprintf(struct arena *arena, const char *format, va_list arguments)
	ATTRIBUTE_PRINTF(2, 0);

/* a followed by b, in the arena. */
struct text text_join(struct arena *arena, struct text a, struct text b);

/*
 * A decimal number of digits only, at most `maximum`. False, with *number_out
 * untouched, for anything else (empty, sign, blanks, too large).
 */
bool text_to_number(struct text text, uint64_t maximum, uint64_t *number_out);

/* ASCII only, independent of the locale; safe for any char value. */
bool byte_is_digit(char byte);
bool byte_is_alpha(char byte);
bool byte_is_alnum(char byte);
bool byte_is_blank(char byte);          /* space, tab, CR, LF */
bool byte_is_printable(char byte);      /* 0x20 to 0x7e */
char byte_lower(char byte);
int byte_hex_value(char byte);           /* of 0 to 9, a to f, A to F; else -1 */

#endif
