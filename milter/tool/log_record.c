/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_record.h"

#include "base/textbuf.h"
#include "mail/result.h"
#include "tool/json_cursor.h"
#include "tool/log_time.h"

enum {
	QUEUE_ID_MAX = 64,      /* bytes; those of the mail servers have less than 20 */
	SHORT_LINE_FIELDS = 3,  /* of the line that is written when all of it would be too long */
	ESCAPE_LENGTH = 4       /* \xHH */
};

/* A line in work. */
struct reading {
	struct arena *arena;
	struct log_record *record;
	const char *reason;             /* why the line is broken */
	size_t known;                   /* fields that were read */
	bool has_unknown;
};

static bool
fail(struct reading *reading, const char *reason)
{
	reading->reason = reason;
	return false;
}

/* The inverse of log_quote(). False for an escape that it does not write. */
static bool
unquote(struct arena *arena, struct text quoted, struct text *value_out)
{
	struct textbuf out;

	if (text_find(quoted, '\\') == TEXT_NOT_FOUND) {
		*value_out = quoted;
		return true;
	}
	out = textbuf_new(arena, quoted.length);
	for (size_t i = 0; i < quoted.length; i++) {
		int high;
		int low;

		if (quoted.bytes[i] != '\\') {
			textbuf_add_byte(&out, quoted.bytes[i]);
			continue;
		}
		if (quoted.length - i < ESCAPE_LENGTH || quoted.bytes[i + 1] != 'x')
			return false;
		high = byte_hex_value(quoted.bytes[i + 2]);
		low = byte_hex_value(quoted.bytes[i + 3]);
		if (high < 0 || low < 0)
			return false;
		textbuf_add_byte(&out, (char)(unsigned char)(high * 16 + low));
		i += ESCAPE_LENGTH - 1;
	}
	*value_out = textbuf_text(&out);
	return true;
}

bool
log_record_action(struct text word, enum action *action_out)
{
	for (enum action action = ACTION_ACCEPT; action <= ACTION_DISCARD; action++) {
		if (!text_equal(word, text_from(action_keyword(action))))
			continue;
		*action_out = action;
		return true;
	}
	return false;
}

static bool
read_class(struct text word, enum message_class *class_out)
{
	for (enum message_class i = CLASS_TRUSTED; i < CLASS_COUNT; i++) {
		if (!text_equal(word, text_from(message_class_keyword(i))))
			continue;
		*class_out = i;
		return true;
	}
	return false;
}

static bool
is_result(struct text word)
{
	for (enum result i = RESULT_NOT_CHECKED; i <= RESULT_PERMERROR; i++)
		if (text_equal(word, text_from(result_keyword(i))))
			return true;
	return false;
}

/* Whether the value is one that the daemon writes, as far as something depends on it. */
static bool
check_value(struct reading *reading, enum log_key key, struct text value)
{
	struct log_record *record = reading->record;
	uint64_t number;

	switch (key) {
	case LOG_KEY_ACTION:
		return log_record_action(value, &record->action) ||
		       fail(reading, "its action is none of dmarcmilter's");
	case LOG_KEY_WOULD:
		return log_record_action(value, &record->would) ||
		       fail(reading, "its value of \"would\" is no action");
	case LOG_KEY_CLASS:
		return read_class(value, &record->message_class) ||
		       fail(reading, "its class is none of dmarcmilter's");
	case LOG_KEY_CLIENT:
		return text_equal(value, TEXT("-")) || ip_parse(value, &record->client) ||
		       fail(reading, "its client is no address");
	case LOG_KEY_DMARC:
	case LOG_KEY_SPF:
	case LOG_KEY_SPF_HELO:
	case LOG_KEY_DKIM:
	case LOG_KEY_ARC:
	case LOG_KEY_IPREV:
		return is_result(value) || fail(reading, "it has a result that does not exist");
	case LOG_KEY_REMOVED:
	case LOG_KEY_RECIPIENTS:
	case LOG_KEY_SIZE:
	case LOG_KEY_DNS:
	case LOG_KEY_MILLISECONDS:
		return text_to_number(value, INT64_MAX, &number) ||
		       fail(reading, "it has a word where a number belongs");
	case LOG_KEY_RULE: case LOG_KEY_TRUST: case LOG_KEY_POLICY: case LOG_KEY_FROM:
	case LOG_KEY_ALIGNMENT: case LOG_KEY_SPF_DOMAIN: case LOG_KEY_DKIM_DOMAINS:
	case LOG_KEY_ARC_DOMAIN: case LOG_KEY_OVERRIDE: case LOG_KEY_SHADOW:
	case LOG_KEY_SKIPPED: case LOG_KEY_COMPARE: case LOG_KEY_TLS: case LOG_KEY_REPLY:
	case LOG_KEY_REASON: case LOG_KEY_PTR: case LOG_KEY_HELO: case LOG_KEY_MAIL_FROM:
	case LOG_KEY_MESSAGE_ID: case LOG_KEY_COUNT:
		return true;
	}
	return true;
}

static bool
find_key(struct text name, enum log_key *key_out)
{
	for (enum log_key key = 0; key < LOG_KEY_COUNT; key++) {
		if (!text_equal(name, text_from(log_line_name(key))))
			continue;
		*key_out = key;
		return true;
	}
	return false;
}

/* What the daemon writes without quotes is one word of printable ASCII, in JSON as well. */
static bool
is_token(struct text value)
{
	for (size_t i = 0; i < value.length; i++)
		if (!byte_is_printable(value.bytes[i]) || value.bytes[i] == ' ')
			return false;
	return true;
}

static bool
keep_value(struct reading *reading, enum log_key key, struct text value)
{
	if (log_line_kind(key) != LOG_KIND_QUOTED && !is_token(value))
		return fail(reading, "a value in it is damaged");
	if (reading->record->values[key].bytes != NULL)
		return fail(reading, "it has a field twice");
	if (!check_value(reading, key, value))
		return false;
	reading->record->values[key] = value;
	reading->known++;
	return true;
}

/* " key=value" or " key="value"", at the front of *rest. */
static bool
take_field(struct reading *reading, struct text *rest)
{
	struct text name;
	struct text value;
	enum log_key key;
	size_t length = 1;
	bool is_quoted;

	while (length < rest->length && byte_is_alpha(rest->bytes[length]))
		length++;
	name = text_cut(*rest, 1, length - 1);
	if (rest->bytes[0] != ' ' || text_is_empty(name) || length >= rest->length ||
	    rest->bytes[length] != '=')
		return fail(reading, "something in it is no field");
	*rest = text_from_position(*rest, length + 1);
	is_quoted = text_starts_with(*rest, TEXT("\""));
	if (is_quoted)
		*rest = text_from_position(*rest, 1);
	length = text_find(*rest, is_quoted ? '"' : ' ');
	if (length == TEXT_NOT_FOUND && is_quoted)
		return fail(reading, "it ends early");
	value = text_cut(*rest, 0, length);
	*rest = text_from_position(*rest, value.length + (is_quoted ? 1 : 0));
	if (!find_key(name, &key)) {
		reading->has_unknown = true;
		return true;
	}
	if (is_quoted != (log_line_kind(key) == LOG_KIND_QUOTED))
		return fail(reading, "it has quotes where none belong, or none where they do");
	if (is_quoted ? !unquote(reading->arena, value, &value) : text_is_empty(value))
		return fail(reading, "a value in it is damaged");
	return keep_value(reading, key, value);
}

static bool
is_queue_id(struct text id)
{
	for (size_t i = 0; i < id.length; i++)
		if (!byte_is_alnum(id.bytes[i]))
			return false;
	return id.length > 0 && id.length <= QUEUE_ID_MAX;
}

/*
 * The last field is always there, so a line without it was cut on its way. Not
 * so the short line that the daemon writes in place of one that is too long.
 */
static bool
is_whole(struct reading *reading)
{
	const struct text *values = reading->record->values;

	if (!is_queue_id(reading->record->queue_id))
		return fail(reading, "its queue id is none");
	if (values[LOG_KEY_ACTION].bytes == NULL || values[LOG_KEY_CLIENT].bytes == NULL ||
	    values[LOG_KEY_CLASS].bytes == NULL)
		return fail(reading, "it lacks a field that is always there");
	return values[LOG_KEY_MESSAGE_ID].bytes != NULL ||
	       (reading->known == SHORT_LINE_FIELDS && !reading->has_unknown) ||
	       fail(reading, "it ends early");
}

static bool
read_key_value(struct reading *reading, struct text rest)
{
	while (rest.length > 0)
		if (!take_field(reading, &rest))
			return false;
	return is_whole(reading);
}

/* The form of a field in JSON: numbers are numbers, all else is a string. */
static bool
fits_kind(enum log_key key, enum json_kind kind)
{
	return kind == (log_line_kind(key) == LOG_KIND_NUMBER ? JSON_NUMBER : JSON_STRING);
}

static bool
read_json(struct reading *reading, struct json_cursor *cursor)
{
	struct json_member member;
	enum log_key key;

	while (json_cursor_next(reading->arena, cursor, &member)) {
		if (text_equal(member.name, TEXT("ts")) && member.kind == JSON_STRING) {
			(void)log_time_parse_iso(member.value, &reading->record->time);
		} else if (text_equal(member.name, TEXT("qid")) && member.kind == JSON_STRING) {
			reading->record->queue_id = member.value;
		} else if (!find_key(member.name, &key)) {
			reading->has_unknown = true;
		} else if (!fits_kind(key, member.kind)) {
			return fail(reading, "a value in it is damaged");
		} else if (!keep_value(reading, key, member.value)) {
			return false;
		}
	}
	return cursor->is_complete ? is_whole(reading) : fail(reading, "it is no whole object");
}

/* "4XYZ:", or 0. */
static size_t
queue_id_length(struct text payload)
{
	size_t length = 0;

	while (length < payload.length && length <= QUEUE_ID_MAX &&
	       byte_is_alnum(payload.bytes[length]))
		length++;
	return length < payload.length && payload.bytes[length] == ':' ? length : 0;
}

static bool
read_payload(struct reading *reading, struct text payload, bool *is_other_out)
{
	size_t length = queue_id_length(payload);
	struct json_cursor cursor;

	if (text_starts_with(payload, TEXT("{\"ts\":")) &&
	    json_cursor_open(payload, true, &cursor))
		return read_json(reading, &cursor);
	if (length > 0 && text_starts_with(text_from_position(payload, length),
					   TEXT(": action="))) {
		reading->record->queue_id = text_cut(payload, 0, length);
		return read_key_value(reading, text_from_position(payload, length + 1));
	}
	*is_other_out = true;
	return false;
}

enum log_record_status
log_record_parse(struct arena *arena, struct text payload, struct log_record *record_out,
		 const char **reason_out)
{
	struct reading reading = { .arena = arena, .record = record_out };
	bool is_other = false;
	bool is_read;

	*record_out = (struct log_record){ .time = 0 };
	is_read = read_payload(&reading, payload, &is_other);
	if (is_other)
		return LOG_RECORD_NONE;
	/* What a damaged line would have said behind the damage is not known. */
	if (is_read && record_out->would == ACTION_NONE_YET)
		record_out->would = record_out->action;
	*reason_out = reading.reason;
	return is_read ? LOG_RECORD_READ : LOG_RECORD_BROKEN;
}

bool
log_record_has(const struct log_record *record, enum log_key key)
{
	return record->values[key].length > 0 && !text_equal(record->values[key], TEXT("-"));
}

struct text
log_record_value(const struct log_record *record, enum log_key key)
{
	return log_record_has(record, key) ? record->values[key] : TEXT("");
}

uint64_t
log_record_number(const struct log_record *record, enum log_key key)
{
	uint64_t number = 0;

	(void)text_to_number(record->values[key], INT64_MAX, &number);
	return number;
}
