/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc_record.h"

#include <stddef.h>

/* What was seen so far; the record is made of it at the end. */
struct reading {
	struct dmarc_record record;
	bool has_psd;
	bool has_test_mode;
	bool has_dkim_alignment;
	bool has_spf_alignment;
	bool has_report_tag;
	bool psd_is_contradictory;
};

/* RFC 5234 B.1: WSP, which is less than what text_trim() takes. */
static bool
is_wsp(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct text
trim_wsp(struct text text)
{
	size_t start = 0;
	size_t end = text.length;

	while (start < end && is_wsp(text.bytes[start]))
		start++;
	while (end > start && is_wsp(text.bytes[end - 1]))
		end--;
	return text_cut(text, start, end - start);
}

/* The two sides of a dmarc-tag, trimmed. False without "=". */
static bool
split_tag(struct text tag, struct text *name_out, struct text *value_out)
{
	size_t equal_sign = text_find(tag, '=');

	if (equal_sign == TEXT_NOT_FOUND)
		return false;
	*name_out = trim_wsp(text_cut(tag, 0, equal_sign));
	*value_out = trim_wsp(text_from_position(tag, equal_sign + 1));
	return true;
}

/* RFC 9989 4.8: dmarc-version stands at the very start, without blanks before it. */
static bool
is_version_tag(struct text tag)
{
	struct text name;
	struct text value;

	if (tag.length == 0 || is_wsp(tag.bytes[0]) || !split_tag(tag, &name, &value))
		return false;
	return text_equal_nocase(name, TEXT("v")) && text_equal(value, TEXT("DMARC1"));
}

bool
dmarc_record_is_one(struct text record)
{
	struct text first;

	return text_next_part(&record, ';', &first) && is_version_tag(first);
}

static enum dmarc_request
read_request(struct text value)
{
	if (text_equal_nocase(value, TEXT("none")))
		return DMARC_REQUEST_NONE;
	if (text_equal_nocase(value, TEXT("quarantine")))
		return DMARC_REQUEST_QUARANTINE;
	if (text_equal_nocase(value, TEXT("reject")))
		return DMARC_REQUEST_REJECT;
	return DMARC_REQUEST_INVALID;
}

/* The enum is in order of strength, so the strictest of several is the largest. */
static void
add_request(struct reading *reading, enum dmarc_request *request, struct text value)
{
	enum dmarc_request next = read_request(value);

	if (*request != DMARC_REQUEST_ABSENT)
		reading->record.has_repeated_tag = true;
	if (next > *request)
		*request = next;
}

/* Notes that a tag is there; a second one is a repetition. */
static void
note_tag(struct reading *reading, bool *was_seen)
{
	if (*was_seen)
		reading->record.has_repeated_tag = true;
	*was_seen = true;
}

static void
add_test_mode(struct reading *reading, struct text value)
{
	bool is_first = !reading->has_test_mode;
	bool is_on = text_equal_nocase(value, TEXT("y"));

	note_tag(reading, &reading->has_test_mode);
	reading->record.is_testing = is_on && (is_first || reading->record.is_testing);
}

static void
add_psd(struct reading *reading, struct text value)
{
	enum dmarc_psd psd = DMARC_PSD_UNKNOWN;
	bool is_first = !reading->has_psd;

	if (text_equal_nocase(value, TEXT("y")))
		psd = DMARC_PSD_YES;
	else if (text_equal_nocase(value, TEXT("n")))
		psd = DMARC_PSD_NO;
	note_tag(reading, &reading->has_psd);
	if (!is_first && psd != reading->record.psd)
		reading->psd_is_contradictory = true;
	reading->record.psd = psd;
}

/* RFC 3986 2: a character that a URI may hold; "%" is looked at by the caller. */
static bool
is_uri_byte(char byte)
{
	static const struct text marks = { "-._~:/?#[]@!$&'()*+,;=", 22 };

	return byte_is_alnum(byte) || text_find(marks, byte) != TEXT_NOT_FOUND;
}

static bool
is_hexadecimal(char byte)
{
	char lower = byte_lower(byte);

	return byte_is_digit(byte) || (lower >= 'a' && lower <= 'f');
}

static bool
holds_uri_bytes_only(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (is_uri_byte(text.bytes[i]))
			continue;
		if (text.bytes[i] != '%' || text.length - i < 3 ||
		    !is_hexadecimal(text.bytes[i + 1]) || !is_hexadecimal(text.bytes[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

/* RFC 3986 3.1 */
static bool
is_scheme(struct text scheme)
{
	if (scheme.length == 0 || !byte_is_alpha(scheme.bytes[0]))
		return false;
	for (size_t i = 1; i < scheme.length; i++)
		if (!byte_is_alnum(scheme.bytes[i]) &&
		    text_find(TEXT("+-."), scheme.bytes[i]) == TEXT_NOT_FOUND)
			return false;
	return true;
}

/* RFC 6068 2: we ask for an address with something on both sides of the "@". */
static bool
is_mailto_target(struct text target)
{
	size_t query = text_find(target, '?');
	size_t at_sign;

	if (query != TEXT_NOT_FOUND)
		target = text_cut(target, 0, query);
	at_sign = text_find_last(target, '@');
	return at_sign != TEXT_NOT_FOUND && at_sign > 0 && at_sign + 1 < target.length;
}

/* RFC 9989 4.8: dmarc-uri; a size after "!" is a relic that is ignored. */
static bool
is_report_uri(struct text uri)
{
	size_t size_mark = text_find(uri, '!');
	size_t colon;
	struct text scheme;
	struct text target;

	if (size_mark != TEXT_NOT_FOUND)
		uri = text_cut(uri, 0, size_mark);
	colon = text_find(uri, ':');
	if (colon == TEXT_NOT_FOUND)
		return false;
	scheme = text_cut(uri, 0, colon);
	target = text_from_position(uri, colon + 1);
	if (!is_scheme(scheme) || text_is_empty(target) || !holds_uri_bytes_only(target))
		return false;
	return !text_equal_nocase(scheme, TEXT("mailto")) || is_mailto_target(target);
}

static void
add_report_addresses(struct reading *reading, struct text value)
{
	struct text uri;

	note_tag(reading, &reading->has_report_tag);
	while (text_next_part(&value, ',', &uri))
		if (is_report_uri(trim_wsp(uri)))
			reading->record.has_report_address = true;
}

static void
add_tag(struct reading *reading, struct text name, struct text value)
{
	struct dmarc_record *record = &reading->record;

	if (text_equal_nocase(name, TEXT("p"))) {
		add_request(reading, &record->policy, value);
	} else if (text_equal_nocase(name, TEXT("sp"))) {
		add_request(reading, &record->subdomain_policy, value);
	} else if (text_equal_nocase(name, TEXT("np"))) {
		add_request(reading, &record->absent_name_policy, value);
	} else if (text_equal_nocase(name, TEXT("adkim"))) {
		note_tag(reading, &reading->has_dkim_alignment);
		record->is_strict_dkim |= text_equal_nocase(value, TEXT("s"));
	} else if (text_equal_nocase(name, TEXT("aspf"))) {
		note_tag(reading, &reading->has_spf_alignment);
		record->is_strict_spf |= text_equal_nocase(value, TEXT("s"));
	} else if (text_equal_nocase(name, TEXT("t"))) {
		add_test_mode(reading, value);
	} else if (text_equal_nocase(name, TEXT("psd"))) {
		add_psd(reading, value);
	} else if (text_equal_nocase(name, TEXT("rua"))) {
		add_report_addresses(reading, value);
	}
	/* RFC 9989 4.7: unknown tags say nothing, and pct, rf and ri of RFC 7489 are such. */
}

bool
dmarc_record_parse(struct text record, struct dmarc_record *record_out)
{
	struct reading reading = { 0 };
	struct text tag;
	struct text name;
	struct text value;

	if (!dmarc_record_is_one(record))
		return false;
	(void)text_next_part(&record, ';', &tag);
	while (text_next_part(&record, ';', &tag))
		if (split_tag(tag, &name, &value))
			add_tag(&reading, name, value);
	if (reading.psd_is_contradictory)
		reading.record.psd = DMARC_PSD_UNKNOWN;
	*record_out = reading.record;
	return true;
}

static bool
is_usable(enum dmarc_request request)
{
	return request >= DMARC_REQUEST_NONE;
}

/* RFC 9989 4.7: np falls back to sp, and sp to p. `policy` is p after any repair. */
static struct dmarc_selection
select_request(const struct dmarc_record *record, enum dmarc_relation relation,
	       enum dmarc_request policy)
{
	if (relation == DMARC_RELATION_BELOW_ABSENT && is_usable(record->absent_name_policy))
		return (struct dmarc_selection){ record->absent_name_policy, 'n', false };
	if (relation != DMARC_RELATION_OWN && is_usable(record->subdomain_policy))
		return (struct dmarc_selection){ record->subdomain_policy, 's', false };
	return (struct dmarc_selection){ policy, 'p', false };
}

bool
dmarc_record_select(const struct dmarc_record *record, enum dmarc_relation relation,
		    struct dmarc_selection *selection_out)
{
	bool is_faulty = !is_usable(record->policy) ||
			 record->subdomain_policy == DMARC_REQUEST_INVALID ||
			 record->absent_name_policy == DMARC_REQUEST_INVALID;

	if (is_faulty && !record->has_report_address)
		return false;
	*selection_out = select_request(record, relation,
					is_faulty ? DMARC_REQUEST_NONE : record->policy);
	selection_out->was_repaired = is_faulty;
	return true;
}

bool
dmarc_record_tells_absent_names_apart(const struct dmarc_record *record)
{
	struct dmarc_selection existing;
	struct dmarc_selection absent;

	return dmarc_record_select(record, DMARC_RELATION_BELOW, &existing) &&
	       dmarc_record_select(record, DMARC_RELATION_BELOW_ABSENT, &absent) &&
	       existing.request != absent.request;
}
