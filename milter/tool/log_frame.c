/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_frame.h"

#include "tool/json_cursor.h"
#include "tool/log_time.h"

enum { MICROSECONDS_DIGITS = 6 };

/* A line in work: what is left of it, and what is sought. */
struct framing {
	struct arena *arena;
	struct text name;
	int64_t now;
	int64_t time;
};

/* The next word, with the one blank behind it. */
static struct text
take_word(struct text *rest)
{
	size_t end = text_find(*rest, ' ');
	struct text word = text_cut(*rest, 0, end);

	*rest = text_from_position(*rest, end == TEXT_NOT_FOUND ? rest->length : end + 1);
	return word;
}

static bool
all_digits(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!byte_is_digit(text.bytes[i]))
			return false;
	return text.length > 0;
}

/* "name[123]: " or "name: "; false, with *rest as it was, for other names. */
static bool
take_tag(struct text *rest, struct text name)
{
	struct text ahead = *rest;
	struct text tag = take_word(&ahead);

	if (!text_ends_with(tag, TEXT(":")) || !text_starts_with(tag, name))
		return false;
	tag = text_cut(tag, name.length, tag.length - name.length - 1);
	if (tag.length > 0 &&
	    (tag.length < 3 || tag.bytes[0] != '[' || tag.bytes[tag.length - 1] != ']' ||
	     !all_digits(text_cut(tag, 1, tag.length - 2))))
		return false;
	*rest = ahead;
	return true;
}

/* "<22>" in front. */
static bool
take_priority(struct text *rest)
{
	size_t end = text_find(text_cut(*rest, 0, 5), '>');

	if (!text_starts_with(*rest, TEXT("<")) || end == TEXT_NOT_FOUND ||
	    !all_digits(text_cut(*rest, 1, end - 1)))
		return false;
	*rest = text_from_position(*rest, end + 1);
	return true;
}

/* RFC 5424, 6.3: "-" or elements in brackets, whose values may hold escaped brackets. */
static bool
take_structured_data(struct text *rest)
{
	bool is_quoted = false;
	size_t i = 0;

	if (text_starts_with(*rest, TEXT("-"))) {
		(void)take_word(rest);
		return true;
	}
	while (i < rest->length && rest->bytes[i] == '[') {
		for (i++; i < rest->length && (is_quoted || rest->bytes[i] != ']'); i++) {
			if (is_quoted && rest->bytes[i] == '\\')
				i++;
			else if (rest->bytes[i] == '"')
				is_quoted = !is_quoted;
		}
		i++;
	}
	if (i == 0 || i > rest->length)
		return false;
	*rest = text_from_position(*rest, i);
	(void)take_word(rest);
	return true;
}

/* Behind "<22>1 ": TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG. */
static bool
take_rfc5424(struct framing *framing, struct text *rest)
{
	struct text stamp = take_word(rest);

	(void)log_time_parse_iso(stamp, &framing->time);
	(void)take_word(rest);
	if (!text_equal(take_word(rest), framing->name))
		return false;
	(void)take_word(rest);
	(void)take_word(rest);
	if (!take_structured_data(rest))
		return false;
	if (text_starts_with(*rest, TEXT("\xef\xbb\xbf")))
		*rest = text_from_position(*rest, 3);
	*rest = text_trim(*rest);
	return true;
}

/* The first `count` words of the text, and where the rest begins. */
static struct text
peek_words(struct text text, size_t count, struct text *behind_out)
{
	struct text rest = text;

	for (size_t i = 0; i < count; i++)
		(void)take_word(&rest);
	*behind_out = rest;
	return text_trim(text_cut(text, 0, text.length - rest.length));
}

/* "Fri 2026-01-31 12:00:00 CET": journalctl -o short-full. Zones but UTC are the reader's own. */
static bool
parse_full(struct text words, int64_t *time_out)
{
	size_t zone = text_find_last(words, ' ');

	if (words.length < 4 || words.bytes[3] != ' ' || zone == TEXT_NOT_FOUND || zone < 4)
		return false;
	if (!text_equal(text_from_position(words, zone), TEXT(" UTC")))
		words = text_cut(words, 0, zone);
	return log_time_parse_iso(text_from_position(words, 4), time_out);
}

/* "[   12.345678] " since the machine started: journalctl -o short-monotonic, short-delta. */
static bool
take_uptime(struct text *rest)
{
	size_t end = text_find(*rest, ']');
	struct text inside = text_cut(*rest, 1, end == TEXT_NOT_FOUND ? 0 : end - 1);

	if (!text_starts_with(*rest, TEXT("[")) || text_is_empty(inside))
		return false;
	for (size_t i = 0; i < inside.length; i++)
		if (!byte_is_digit(inside.bytes[i]) &&
		    text_find(TEXT(" .<>"), inside.bytes[i]) == TEXT_NOT_FOUND)
			return false;
	*rest = text_from_position(*rest, end + 1);
	(void)take_word(rest);
	return true;
}

/* The time in front, in any of its forms. */
static bool
take_time(struct framing *framing, struct text *rest)
{
	struct text behind;
	struct text words = peek_words(*rest, 1, &behind);
	size_t syslog_words = 3;

	if (take_uptime(rest))
		return true;
	if (log_time_parse_iso(words, &framing->time) ||
	    log_time_parse_unix(words, &framing->time)) {
		*rest = behind;
		return true;
	}
	/* "Jan  1": two blanks make one word more. */
	if (rest->length > 4 && rest->bytes[4] == ' ')
		syslog_words++;
	words = peek_words(*rest, syslog_words, &behind);
	if (!log_time_parse_syslog(words, framing->now, &framing->time)) {
		words = peek_words(*rest, 4, &behind);
		if (!parse_full(words, &framing->time))
			return false;
	}
	*rest = behind;
	return true;
}

/* [time] [host] name[pid]: in front of the payload. */
static bool
take_prefix(struct framing *framing, struct text *rest)
{
	struct text ahead = *rest;

	if (take_tag(&ahead, framing->name)) {
		*rest = ahead;
		return true;
	}
	if (!take_time(framing, &ahead))
		return false;
	if (!take_tag(&ahead, framing->name)) {
		(void)take_word(&ahead);        /* the host */
		if (!take_tag(&ahead, framing->name))
			return false;
	}
	*rest = ahead;
	return true;
}

/* "4XYZ: action=" or {"ts": without anything in front: journalctl -o cat. */
static bool
is_bare(struct text line)
{
	size_t length = 0;

	if (text_starts_with(line, TEXT("{\"ts\":")))
		return true;
	while (length < line.length && byte_is_alnum(line.bytes[length]))
		length++;
	return length > 0 &&
	       text_starts_with(text_from_position(line, length), TEXT(": action="));
}

bool
log_frame_from_journal(struct text identifier, struct text command, struct text microseconds,
		       struct text message, struct text name, struct log_frame *frame_out)
{
	struct framing framing = { .name = name };
	struct text seconds = microseconds;
	uint64_t number;

	if (!text_equal(text_is_empty(identifier) ? command : identifier, name))
		return false;
	/* What came by standard error has the prefix that the daemon writes there. */
	(void)take_prefix(&framing, &message);
	if (seconds.length > MICROSECONDS_DIGITS)
		seconds = text_cut(seconds, 0, seconds.length - MICROSECONDS_DIGITS);
	if (text_to_number(seconds, INT32_MAX * 3ULL, &number))
		framing.time = (int64_t)number;
	*frame_out = (struct log_frame){ framing.time, message };
	return true;
}

/* The forms above, with none of JSON. */
static bool
read_plain(struct framing *framing, struct text line, struct log_frame *frame_out)
{
	struct text rest = line;

	if (take_priority(&rest) && text_starts_with(rest, TEXT("1 "))) {
		(void)take_word(&rest);
		if (!take_rfc5424(framing, &rest))
			return false;
	} else if (take_prefix(framing, &rest)) {
		/* journalctl prints its own in front of what came by standard error. */
		(void)take_prefix(framing, &rest);
	} else if (!is_bare(rest)) {
		return false;
	}
	*frame_out = (struct log_frame){ framing->time, rest };
	return true;
}

/* An entry of "journalctl -o json", or a line that Docker keeps. */
static bool
read_object(struct framing *framing, struct json_cursor *cursor, struct log_frame *frame_out)
{
	struct text identifier = TEXT("");
	struct text command = TEXT("");
	struct text time = TEXT("");
	struct text message = TEXT("");
	struct text log = TEXT("");
	struct json_member member;

	while (json_cursor_next(framing->arena, cursor, &member)) {
		if (member.kind != JSON_STRING)
			continue;
		if (text_equal(member.name, TEXT("SYSLOG_IDENTIFIER")))
			identifier = member.value;
		else if (text_equal(member.name, TEXT("_COMM")))
			command = member.value;
		else if (text_equal(member.name, TEXT("__REALTIME_TIMESTAMP")))
			time = member.value;
		else if (text_equal(member.name, TEXT("MESSAGE")))
			message = member.value;
		else if (text_equal(member.name, TEXT("log")))
			log = member.value;
	}
	if (!text_is_empty(log))
		return read_plain(framing, text_trim(log), frame_out);
	return log_frame_from_journal(identifier, command, time, message, framing->name,
				      frame_out);
}

bool
log_frame_read(struct arena *arena, struct text line, struct text name, int64_t now,
	       struct log_frame *frame_out)
{
	struct framing framing = { .arena = arena, .name = name, .now = now };
	struct json_cursor cursor;

	if (!is_bare(line) && json_cursor_open(line, false, &cursor))
		return read_object(&framing, &cursor, frame_out);
	return read_plain(&framing, line, frame_out);
}
