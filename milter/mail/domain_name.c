/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain_name.h"

#include <idn2.h>

#include "mail/utf8.h"

enum {
	/*
	 * A name of 253 bytes comes from no more than 253 code points, plus those
	 * that the mapping drops (soft hyphens and the like), of which nobody needs many.
	 */
	INPUT_MAX = 1024,
	/* IDNA 2008 with the mapping of UTS 46; the library brings its input to NFC. */
	CONVERSION_FLAGS = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL
};

static bool
is_name_byte(char byte)
{
	/* Underscore: no host has it (RFC 952), but domains that send mail do. */
	return byte_is_alnum(byte) || byte == '-' || byte == '_';
}

static bool
is_a_label(struct text label)
{
	return text_starts_with_nocase(label, TEXT("xn--"));
}

/* Lengths and characters of a name in ASCII, without trailing dot. */
static bool
has_normal_form(struct text name, bool *has_a_label_out)
{
	struct text rest = name;
	struct text label;

	*has_a_label_out = false;
	if (name.length == 0 || name.length > DOMAIN_NAME_MAX)
		return false;
	while (text_next_part(&rest, '.', &label)) {
		if (label.length == 0 || label.length > DOMAIN_LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.length; i++)
			if (!is_name_byte(label.bytes[i]))
				return false;
		if (is_a_label(label))
			*has_a_label_out = true;
	}
	return true;
}

static struct text
without_trailing_dot(struct text name)
{
	return text_ends_with(name, TEXT(".")) ? text_cut(name, 0, name.length - 1) : name;
}

/* The library's conversion; what it returns is checked by the caller. */
static bool
convert_to_ascii(struct arena *arena, struct text name, struct text *ascii_out)
{
	char *output = NULL;

	if (idn2_to_ascii_8z(text_string(arena, name), &output, CONVERSION_FLAGS) != IDN2_OK)
		return false;
	*ascii_out = text_lower(arena, text_from(output));
	idn2_free(output);
	return true;
}

/*
 * RFC 5891 5.4: an A-label stands for exactly one U-label and comes back from
 * it. One that decodes to ASCII would be a second spelling of that ASCII label.
 */
static bool
a_label_is_true(struct arena *arena, struct text label)
{
	char *output = NULL;
	struct text decoded;
	struct text again;

	if (idn2_to_unicode_8z8z(text_string(arena, label), &output, 0) != IDN2_OK)
		return false;
	decoded = text_copy(arena, text_from(output));
	idn2_free(output);
	return !utf8_is_ascii(decoded) && convert_to_ascii(arena, decoded, &again) &&
	       text_equal(again, label);
}

static bool
a_labels_are_true(struct arena *arena, struct text name)
{
	struct text rest = name;
	struct text label;

	while (text_next_part(&rest, '.', &label))
		if (is_a_label(label) && !a_label_is_true(arena, label))
			return false;
	return true;
}

/*
 * UTS 46 maps other full stops to ".", U+2100 to "a/c", and so on; what counts
 * is the result, and that is looked at as if it had come in.
 */
static bool
convert_name(struct arena *arena, struct text name, struct text *ascii_out)
{
	if (name.length > INPUT_MAX || text_find(name, '\0') != TEXT_NOT_FOUND ||
	    utf8_is_ascii(name) || !utf8_is_valid(name) ||
	    !convert_to_ascii(arena, name, ascii_out))
		return false;
	*ascii_out = without_trailing_dot(*ascii_out);
	return true;
}

bool
domain_name_normalize(struct arena *arena, struct text name, struct text *normal_out)
{
	struct text ascii = without_trailing_dot(name);
	bool has_a_label;

	/* Nearly all names are plain ASCII and never see the library. */
	if (has_normal_form(ascii, &has_a_label))
		ascii = text_lower(arena, ascii);
	else if (!convert_name(arena, name, &ascii) || !has_normal_form(ascii, &has_a_label))
		return false;
	if (has_a_label && !a_labels_are_true(arena, ascii))
		return false;
	*normal_out = ascii;
	return true;
}

bool
domain_name_to_unicode(struct arena *arena, struct text name, struct text *unicode_out)
{
	char *output = NULL;
	bool has_a_label;

	if (!has_normal_form(name, &has_a_label) || !has_a_label ||
	    idn2_to_unicode_8z8z(text_string(arena, name), &output, 0) != IDN2_OK)
		return false;
	*unicode_out = text_copy(arena, text_from(output));
	idn2_free(output);
	return true;
}

size_t
domain_name_label_count(struct text name)
{
	struct text rest = name;
	struct text label;
	size_t count = 0;

	if (text_is_empty(name))
		return 0;
	while (text_next_part(&rest, '.', &label))
		count++;
	return count;
}

struct text
domain_name_last_labels(struct text name, size_t count)
{
	size_t position = name.length;

	if (count == 0)
		return text_from_position(name, name.length);
	while (position > 0) {
		if (name.bytes[position - 1] == '.' && --count == 0)
			break;
		position--;
	}
	return text_from_position(name, position);
}

struct text
domain_name_parent(struct text name)
{
	size_t dot = text_find(name, '.');

	return text_from_position(name, dot == TEXT_NOT_FOUND ? name.length : dot + 1);
}

bool
domain_name_is_at_or_below(struct text name, struct text ancestor)
{
	if (text_is_empty(ancestor) || !text_ends_with(name, ancestor))
		return false;
	return name.length == ancestor.length ||
	       name.bytes[name.length - ancestor.length - 1] == '.';
}
