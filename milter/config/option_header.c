/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/option_header.h"

enum {
	HEADER_NAME_MAX = 76,   /* with the colon it fits on a line of 78 (RFC 5322, 2.1.1) */
	HEADER_VALUE_MAX = 900  /* one line, unfolded, stays under 998 */
};

/* Incoming fields of this name are removed as forged: never those that mail itself needs. */
static bool
is_needed_by_mail(struct text name)
{
	static const char *const names[] = {
		"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID",
		"In-Reply-To", "References", "Received", "Return-Path", "MIME-Version",
		"Authentication-Results", "DKIM-Signature", "Received-SPF",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_equal_nocase(name, text_from(names[i])))
			return true;
	return text_starts_with_nocase(name, TEXT("Content-")) ||
	       text_starts_with_nocase(name, TEXT("ARC-")) ||
	       text_starts_with_nocase(name, TEXT("List-"));
}

/* RFC 5322, 2.2: a name is printable ASCII without colon and blank; the value stays on one line. */
bool
option_header_set(struct arena *arena, struct text value, struct config *config,
		  struct text *wanted_out)
{
	size_t colon = text_find(value, ':');
	struct text name = text_cut(value, 0, colon);
	struct text rest = colon != TEXT_NOT_FOUND ?
		text_trim(text_from_position(value, colon + 1)) : TEXT("");
	bool ok = name.length > 0 && name.length <= HEADER_NAME_MAX && rest.length > 0 &&
		  rest.length <= HEADER_VALUE_MAX;

	for (size_t i = 0; i < name.length; i++)
		ok = ok && byte_is_printable(name.bytes[i]) && name.bytes[i] != ' ';
	for (size_t i = 0; i < rest.length; i++)
		ok = ok && byte_is_printable(rest.bytes[i]);
	if (!ok || is_needed_by_mail(name)) {
		*wanted_out = TEXT("a header field such as \"X-DMARC-Quarantine: yes\" is wanted, "
				   "printable ASCII on one line, none that mail itself uses");
		return false;
	}
	config->quarantine_header_name = text_copy(arena, name);
	config->quarantine_header_value = text_copy(arena, rest);
	return true;
}
