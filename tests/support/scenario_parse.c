/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"

#include "base/textbuf.h"
#include "dkim_sign.h"

enum { MESSAGE_MAX = 16 << 20 };

/* A scenario while it is read. */
struct reading {
	struct arena *arena;
	struct scenario *scenario;
	const char *keys;               /* folder of the test keys */
	struct text section;            /* name of the section that is being read */
	size_t line_number;
	struct textbuf settings;
	struct textbuf zone;
	struct textbuf message;
	bool is_escaped;                /* the section's lines hold escapes */
	struct scenario_lines signatures;
	struct scenario_lines seals;
	struct scenario_lines changes;
	struct text reason;
};

static bool
refuse(struct reading *reading, const char *what)
{
	reading->reason = text_printf(reading->arena, "%.*s:%zu: %s",
				      TEXT_ARGUMENTS(reading->scenario->name),
				      reading->line_number, what);
	return false;
}

void
scenario_add_line(struct arena *arena, struct scenario_lines *lines, struct text line)
{
	lines->items = arena_grow(arena, lines->items, lines->count, &lines->capacity,
				  sizeof(*lines->items));
	lines->items[lines->count++] = line;
}

static bool
add_pair(struct reading *reading, struct scenario_pairs *pairs, struct text line, char separator)
{
	size_t end = text_find(line, separator);

	if (end == TEXT_NOT_FOUND)
		return refuse(reading, "a name and a value are wanted");
	pairs->items = arena_grow(reading->arena, pairs->items, pairs->count, &pairs->capacity,
				  sizeof(*pairs->items));
	pairs->items[pairs->count].key = text_trim(text_cut(line, 0, end));
	pairs->items[pairs->count].value = text_trim(text_from_position(line, end + 1));
	pairs->count++;
	return true;
}

static const char *
key_file(struct reading *reading, struct text name)
{
	return text_printf(reading->arena, "%s/%.*s.pem", reading->keys, TEXT_ARGUMENTS(name))
		.bytes;
}

/*
 * "name TXT @rsa2048": the record of a test key takes the place of its name;
 * "name TXT v=DKIM1; t=y; p=@rsa2048": only the key does.
 */
static bool
add_zone_line(struct reading *reading, struct text line)
{
	size_t at = text_find(line, '@');
	bool is_key = at != TEXT_NOT_FOUND && text_ends_with(text_cut(line, 0, at), TEXT("p="));
	bool is_record = at != TEXT_NOT_FOUND &&
			 text_ends_with(text_cut(line, 0, at), TEXT(" TXT "));
	struct text rest = text_from_position(line, at + 1);
	struct text name = text_cut(rest, 0, text_find(rest, ';'));
	struct text record;

	if (!is_key && !is_record) {
		textbuf_add(&reading->zone, line);
	} else {
		if (!dkim_sign_key_record(reading->arena, key_file(reading, name), &record))
			return refuse(reading, "no such test key");
		if (is_key)
			record = text_from_position(record,
						    text_find_text(record, TEXT("p=")) + 2);
		textbuf_add(&reading->zone, text_cut(line, 0, at));
		textbuf_add(&reading->zone, record);
		textbuf_add(&reading->zone, text_from_position(rest, name.length));
	}
	textbuf_add_byte(&reading->zone, '\n');
	return true;
}

static bool
hex_digit(char byte, unsigned *value_out)
{
	if (byte_is_digit(byte))
		*value_out = (unsigned)(byte - '0');
	else if (byte_lower(byte) >= 'a' && byte_lower(byte) <= 'f')
		*value_out = (unsigned)(byte_lower(byte) - 'a') + 10;
	else
		return false;
	return true;
}

/* The bytes that a line with escapes stands for, added to *out. */
static bool
add_escaped(struct reading *reading, struct text line, struct textbuf *out)
{
	for (size_t i = 0; i < line.length; i++) {
		char byte = line.bytes[i];
		unsigned high, low;

		if (byte == '\\' && i + 1 < line.length) {
			byte = line.bytes[++i];
			if (byte == 'r')
				byte = '\r';
			else if (byte == 'n')
				byte = '\n';
			else if (byte == 't')
				byte = '\t';
			else if (byte == '0')
				byte = '\0';
			else if (byte == 'x' && i + 2 < line.length &&
				 hex_digit(line.bytes[i + 1], &high) &&
				 hex_digit(line.bytes[i + 2], &low)) {
				byte = (char)(high * 16 + low);
				i += 2;
			} else if (byte != '\\') {
				return refuse(reading, "unknown escape");
			}
		}
		textbuf_add_byte(out, byte);
	}
	return true;
}

static bool
add_change(struct reading *reading, struct text line)
{
	struct textbuf out = textbuf_new(reading->arena, MESSAGE_MAX);

	if (reading->is_escaped) {
		if (!add_escaped(reading, line, &out))
			return false;
		line = textbuf_text(&out);
	}
	scenario_add_line(reading->arena, &reading->changes, line);
	return true;
}

static bool
add_message_line(struct reading *reading, struct text line)
{
	if (reading->is_escaped) {
		if (!add_escaped(reading, line, &reading->message))
			return false;
	} else {
		textbuf_add(&reading->message, line);
	}
	textbuf_add_string(&reading->message, "\r\n");
	return true;
}

static bool
add_clock(struct reading *reading, struct text line)
{
	uint64_t clock;

	if (!text_to_number(line, INT64_MAX, &clock))
		return refuse(reading, "the clock is a number of seconds");
	reading->scenario->clock = (int64_t)clock;
	return true;
}

static bool
read_line(struct reading *reading, struct text line)
{
	struct scenario *scenario = reading->scenario;
	struct text section = reading->section;

	if (text_equal(section, TEXT("message")))
		return add_message_line(reading, line);
	if (text_is_empty(text_trim(line)))
		return true;
	if (text_equal(section, TEXT("client")))
		scenario->client = line;
	else if (text_equal(section, TEXT("helo")))
		scenario->helo = line;
	else if (text_equal(section, TEXT("sender")))
		scenario->sender = line;
	else if (text_equal(section, TEXT("recipients")))
		scenario_add_line(reading->arena, &scenario->recipients, line);
	else if (text_equal(section, TEXT("macros")))
		return add_pair(reading, &scenario->macros, line, ' ');
	else if (text_equal(section, TEXT("clock")))
		return add_clock(reading, line);
	else if (text_equal(section, TEXT("zone")))
		return add_zone_line(reading, line);
	else if (text_equal(section, TEXT("sign")))
		scenario_add_line(reading->arena, &reading->signatures, line);
	else if (text_equal(section, TEXT("seal")))
		scenario_add_line(reading->arena, &reading->seals, line);
	else if (text_equal(section, TEXT("change")))
		return add_change(reading, line);
	else if (text_equal(section, TEXT("expect")))
		return add_pair(reading, &scenario->expect, line, ':');
	else if (text_equal(section, TEXT("settings")))
		textbuf_printf(&reading->settings, "%.*s\n", TEXT_ARGUMENTS(line));
	else if (!text_is_empty(section) || line.bytes[0] != '#')
		return refuse(reading, "unknown section");
	return true;
}

static bool
apply_changes(struct reading *reading, struct text *message)
{
	for (size_t i = 0; i < reading->changes.count; i++) {
		struct text line = reading->changes.items[i];
		size_t arrow = text_find_text(line, TEXT(" => "));
		struct text old = text_cut(line, 0, arrow);
		struct text new = text_from_position(line, arrow + 4);
		size_t place = text_find_text(*message, old);

		if (arrow == TEXT_NOT_FOUND || place == TEXT_NOT_FOUND)
			return refuse(reading, "a change does not apply");
		new = text_join(reading->arena, new,
				text_from_position(*message, place + old.length));
		*message = text_join(reading->arena, text_cut(*message, 0, place), new);
	}
	return true;
}

/* One "tag=value" of a signature's line. */
static bool
set_sign_option(struct reading *reading, struct dkim_sign_options *options, struct text word)
{
	size_t equals = text_find(word, '=');
	struct text name = text_cut(word, 0, equals);
	struct text value = text_from_position(word, equals + 1);
	const char *string = text_string(reading->arena, value);
	uint64_t number = 0;
	bool is_number = text_to_number(value, INT64_MAX, &number);

	if (text_equal(name, TEXT("d")))
		options->domain = value;
	else if (text_equal(name, TEXT("s")))
		options->selector = value;
	else if (text_equal(name, TEXT("key")))
		options->key_file = key_file(reading, value);
	else if (text_equal(name, TEXT("a")))
		options->algorithm = string;
	else if (text_equal(name, TEXT("c")))
		options->forms = string;
	else if (text_equal(name, TEXT("h")))
		options->fields = string;
	else if (text_equal(name, TEXT("i")) || text_equal(name, TEXT("q")))
		options->extra = text_printf(reading->arena, "%s%.*s=%s;",
					     options->extra != NULL ? options->extra : "",
					     TEXT_ARGUMENTS(name), string).bytes;
	else if (text_equal(name, TEXT("l")) && is_number) {
		options->has_length = true;
		options->length = number;
	} else if (text_equal(name, TEXT("t")) && is_number)
		options->timestamp = (int64_t)number;
	else if (text_equal(name, TEXT("x")) && is_number)
		options->expiration = (int64_t)number;
	else
		return refuse(reading, "unknown part of a signature");
	return true;
}

/* "d=example.com s=key key=rsa2048 ...": the message with a signature on top. */
static bool
sign(struct reading *reading, struct text *message)
{
	for (size_t i = 0; i < reading->signatures.count; i++) {
		struct dkim_sign_options options = { .fields = "from:to:subject:date:message-id" };
		struct text rest = reading->signatures.items[i];
		struct text word;

		while (text_next_part(&rest, ' ', &word))
			if (!set_sign_option(reading, &options, word))
				return false;
		if (!dkim_sign(reading->arena, &options, *message, message))
			return refuse(reading, "cannot sign");
	}
	return true;
}

/* One "tag=value" of a seal's line. */
static bool
set_seal_option(struct reading *reading, struct arc_seal_options *options, struct text word)
{
	size_t equals = text_find(word, '=');
	struct text name = text_cut(word, 0, equals);
	struct text value = text_from_position(word, equals + 1);
	const char *string = text_string(reading->arena, value);

	if (text_equal(name, TEXT("d")))
		options->domain = value;
	else if (text_equal(name, TEXT("s")))
		options->selector = value;
	else if (text_equal(name, TEXT("key")))
		options->key_file = key_file(reading, value);
	else if (text_equal(name, TEXT("c")))
		options->forms = string;
	else if (text_equal(name, TEXT("h")))
		options->fields = string;
	else if (text_equal(name, TEXT("cv")))
		options->chain_validation = string;
	else
		return refuse(reading, "unknown part of a seal");
	return true;
}

/* "d=list.example s=key key=rsa2048 | list.example; dmarc=pass ...": sets 1, 2 and so on. */
static bool
seal(struct reading *reading, struct text *message)
{
	for (size_t i = 0; i < reading->seals.count; i++) {
		struct text line = reading->seals.items[i];
		size_t bar = text_find(line, '|');
		struct text rest = text_trim(text_cut(line, 0, bar));
		struct arc_seal_options options = { .instance = (unsigned)i + 1 };
		struct text word;

		if (bar != TEXT_NOT_FOUND)
			options.results = text_string(
				reading->arena, text_trim(text_from_position(line, bar + 1)));
		while (text_next_part(&rest, ' ', &word))
			if (!set_seal_option(reading, &options, word))
				return false;
		if (!arc_seal(reading->arena, &options, *message, message))
			return refuse(reading, "cannot seal");
	}
	return true;
}

static void
set_defaults(struct reading *reading)
{
	struct scenario *scenario = reading->scenario;

	scenario->client = TEXT("192.0.2.25");
	scenario->helo = TEXT("mail.example.com");
	scenario->sender = TEXT("<alice@example.com>");
	scenario->clock = 1763700000;
	reading->settings = textbuf_new(reading->arena, MESSAGE_MAX);
	reading->zone = textbuf_new(reading->arena, MESSAGE_MAX);
	reading->message = textbuf_new(reading->arena, MESSAGE_MAX);
	textbuf_add_string(&reading->settings, "AuthservID mx.receiver.example\n");
}

static bool
start_section(struct reading *reading, struct text line)
{
	struct text title = text_trim(text_from_position(line, 4));

	reading->is_escaped = text_equal(title, TEXT("message escaped")) ||
			      text_equal(title, TEXT("change escaped"));
	reading->section = reading->is_escaped ? text_cut(title, 0, text_find(title, ' ')) : title;
	return true;
}

bool
scenario_parse(struct arena *arena, struct text source, struct text name, const char *keys,
	       struct scenario *scenario_out, struct text *reason_out)
{
	struct reading reading = { .arena = arena, .scenario = scenario_out, .keys = keys };
	struct text rest = source;
	struct text line;
	struct text message;
	bool ok = true;

	*scenario_out = (struct scenario){ .name = name };
	set_defaults(&reading);
	while (ok && text_next_part(&rest, '\n', &line)) {
		reading.line_number++;
		if (rest.bytes == NULL && text_is_empty(line))
			break;          /* behind the last line end */
		ok = text_starts_with(line, TEXT("=== ")) ? start_section(&reading, line)
							  : read_line(&reading, line);
	}
	if (scenario_out->recipients.count == 0)
		scenario_add_line(arena, &scenario_out->recipients,
				  TEXT("<bob@receiver.example>"));
	scenario_out->settings = textbuf_text(&reading.settings);
	scenario_out->zone = textbuf_text(&reading.zone);
	message = textbuf_text(&reading.message);
	ok = ok && sign(&reading, &message) && seal(&reading, &message) &&
	     apply_changes(&reading, &message);
	dkim_sign_split(arena, message, &scenario_out->message, &scenario_out->body);
	if (ok && scenario_out->expect.count == 0)
		ok = refuse(&reading, "nothing is expected");
	*reason_out = reading.reason;
	return ok;
}
