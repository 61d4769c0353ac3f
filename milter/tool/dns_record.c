/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dns_record.h"

#include <inttypes.h>

#include "base/ip.h"
#include "base/macros.h"
#include "dns/backend.h"
#include "dns/packet.h"

static const char first_line[] = "dmarcmilter-check record 1";

static const enum dns_type types[] = { DNS_A, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };

void
dns_exchange_add(struct arena *arena, struct dns_exchanges *exchanges,
		 struct dns_exchange exchange)
{
	exchanges->items = arena_grow(arena, exchanges->items, exchanges->count,
				      &exchanges->capacity, sizeof(*exchanges->items));
	exchanges->items[exchanges->count++] = exchange;
}

void
dns_record_add(struct arena *arena, struct dns_record_lines *lines, struct text word,
	       struct text value)
{
	lines->items = arena_grow(arena, lines->items, lines->count, &lines->capacity,
				  sizeof(*lines->items));
	lines->items[lines->count++] = (struct dns_record_line){ word, value };
}

bool
dns_record_find(const struct dns_record_lines *lines, const char *word, struct text *value_out)
{
	for (size_t i = lines->count; i > 0; i--) {
		if (!text_equal(lines->items[i - 1].word, text_from(word)))
			continue;
		*value_out = lines->items[i - 1].value;
		return true;
	}
	return false;
}

/* Everything that could be taken for the end of a line, or the start of an escape. */
static void
write_escaped(struct textbuf *out, struct text value)
{
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (byte_is_printable(byte) && byte != '\\')
			textbuf_add_byte(out, byte);
		else
			textbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)byte);
	}
}

static void
write_lines(struct textbuf *out, const char *kind, const struct dns_record_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		textbuf_printf(out, "%s %.*s ", kind, TEXT_ARGUMENTS(lines->items[i].word));
		write_escaped(out, lines->items[i].value);
		textbuf_add_byte(out, '\n');
	}
}

static void
write_exchange(struct arena *arena, struct textbuf *out, const struct dns_exchange *exchange)
{
	struct dns_answer answer;
	struct text shown = dns_exchange_answer(arena, exchange, &answer);
	const char *reason = exchange->reason;

	textbuf_add_string(out, "# ");
	write_escaped(out, shown);
	textbuf_add_string(out, "\ndns ");
	write_escaped(out, exchange->name);
	textbuf_printf(out, " %s %" PRId64 " ", dns_type_name(exchange->type),
		       exchange->milliseconds);
	/* Words of ours; blanks would end them. */
	for (size_t i = 0; reason != NULL && reason[i] != '\0'; i++)
		textbuf_add_byte(out, byte_is_printable(reason[i]) && reason[i] != ' ' ?
				 reason[i] : '_');
	textbuf_printf(out, "%s %d ", reason == NULL ? "-" : "", exchange->is_secure ? 1 : 0);
	for (size_t i = 0; reason == NULL && i < exchange->length; i++)
		textbuf_printf(out, "%02x", (unsigned)exchange->packet[i]);
	textbuf_add_byte(out, '\n');
}

void
dns_recording_write(struct arena *arena, const struct dns_recording *recording,
		    struct textbuf *out)
{
	textbuf_printf(out, "%s\n", first_line);
	textbuf_add_string(out, "# Made by dmarcmilter-check message --record, for --replay.\n");
	textbuf_printf(out, "clock %" PRId64 "\nelapsed %" PRId64 "\n", recording->clock,
		       recording->elapsed);
	write_lines(out, "fact", &recording->facts);
	write_lines(out, "setting", &recording->settings);
	for (size_t i = 0; i < recording->exchanges.count; i++)
		write_exchange(arena, out, &recording->exchanges.items[i]);
	textbuf_add_string(out, "end\n");
}

static bool
read_hex(struct arena *arena, struct text text, const uint8_t **bytes_out, size_t *length_out)
{
	uint8_t *bytes = arena_alloc(arena, text.length / 2 + 1);

	if (text.length % 2 != 0 || text.length / 2 > PACKET_MAX)
		return false;
	for (size_t i = 0; i < text.length; i += 2) {
		int high = byte_hex_value(text.bytes[i]);
		int low = byte_hex_value(text.bytes[i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	*bytes_out = bytes;
	*length_out = text.length / 2;
	return true;
}

static bool
read_escaped(struct arena *arena, struct text text, struct text *value_out)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < text.length; i++) {
		if (text.bytes[i] != '\\') {
			textbuf_add_byte(&out, text.bytes[i]);
			continue;
		}
		if (text.length - i < 4 || text.bytes[i + 1] != 'x' ||
		    byte_hex_value(text.bytes[i + 2]) < 0 || byte_hex_value(text.bytes[i + 3]) < 0)
			return false;
		textbuf_add_byte(&out, (char)(byte_hex_value(text.bytes[i + 2]) << 4 |
					      byte_hex_value(text.bytes[i + 3])));
		i += 3;
	}
	*value_out = textbuf_text(&out);
	return true;
}

/* The next word; false when there is none. */
static bool
next_word(struct text *rest, struct text *word_out)
{
	return text_next_part(rest, ' ', word_out) && word_out->length > 0;
}

static bool
read_type(struct text word, enum dns_type *type_out)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (!text_equal(word, text_from(dns_type_name(types[i]))))
			continue;
		*type_out = types[i];
		return true;
	}
	return false;
}

/* What stands for itself in the program is compared by its address. */
static const char *
read_reason(struct arena *arena, struct text word)
{
	char *reason = text_string(arena, word);

	for (size_t i = 0; reason[i] != '\0'; i++)
		if (reason[i] == '_')
			reason[i] = ' ';
	return text_equal(text_from(reason), text_from(dns_back_end_stopped)) ?
		       dns_back_end_stopped : reason;
}

static bool
is_word(struct text word)
{
	for (size_t i = 0; i < word.length; i++)
		if (!byte_is_printable(word.bytes[i]))
			return false;
	return true;
}

static const char *
read_exchange(struct arena *arena, struct text rest, struct dns_recording *recording)
{
	struct dns_exchange exchange = { .length = 0 };
	struct text words[5];
	uint64_t milliseconds;

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!next_word(&rest, &words[i]))
			return "a dns line has too few words";
	if (!read_escaped(arena, words[0], &exchange.name) ||
	    !read_type(words[1], &exchange.type))
		return "name or type of a dns line are not known";
	if (!text_to_number(words[2], DNS_RECORD_MILLISECONDS_MAX, &milliseconds))
		return "the time of a dns line is no number, or too large";
	exchange.milliseconds = (int64_t)milliseconds;
	if (!is_word(words[3]))
		return "the reason for no packet is none";
	if (!text_equal(words[3], TEXT("-")))
		exchange.reason = read_reason(arena, words[3]);
	exchange.is_secure = text_equal(words[4], TEXT("1"));
	if (!exchange.is_secure && !text_equal(words[4], TEXT("0")))
		return "a dns line is neither proved (1) nor not (0)";
	if (!read_hex(arena, rest, &exchange.packet, &exchange.length))
		return "a packet is not hexadecimal, or too long";
	if ((exchange.reason == NULL) != (exchange.length > 0))
		return "a dns line has both a packet and a reason for none, or neither";
	if (recording->exchanges.count == DNS_RECORD_EXCHANGES_MAX)
		return "there are more than 10000 dns lines";
	dns_exchange_add(arena, &recording->exchanges, exchange);
	return NULL;
}

static const char *
read_pair(struct arena *arena, struct text rest, struct dns_record_lines *lines)
{
	struct text word;
	struct text value;

	if (!next_word(&rest, &word) || !is_word(word) || !read_escaped(arena, rest, &value))
		return "a line has no word, or an escape that is none";
	dns_record_add(arena, lines, word, value);
	return NULL;
}

static const char *
read_line(struct arena *arena, struct text line, struct dns_recording *recording)
{
	struct text rest = line;
	struct text word;
	uint64_t number;

	if (!next_word(&rest, &word))
		return "a line begins with a blank";
	if (text_equal(word, TEXT("dns")))
		return read_exchange(arena, rest, recording);
	if (text_equal(word, TEXT("fact")))
		return read_pair(arena, rest, &recording->facts);
	if (text_equal(word, TEXT("setting")))
		return read_pair(arena, rest, &recording->settings);
	if (!text_equal(word, TEXT("clock")) && !text_equal(word, TEXT("elapsed")))
		return "a line is of no known kind";
	if (!text_to_number(rest, INT64_MAX, &number))
		return "a number is none";
	if (text_equal(word, TEXT("clock")))
		recording->clock = (int64_t)number;
	else
		recording->elapsed = (int64_t)number;
	return NULL;
}

bool
dns_recording_parse(struct arena *arena, struct text source, struct dns_recording *recording_out,
		    struct text *reason_out)
{
	struct dns_recording recording = { .clock = 0 };
	const char *reason = NULL;
	struct text rest = source;
	struct text line;
	size_t number = 0;
	bool has_clock = false;
	bool has_ended = false;

	if (source.length > DNS_RECORD_BYTES_MAX) {
		*reason_out = TEXT("is larger than 64 MiB");
		return false;
	}
	while (reason == NULL && !has_ended && text_next_part(&rest, '\n', &line)) {
		if (++number == 1)
			reason = text_equal(line, text_from(first_line)) ?
					 NULL : "the file is no record of this version";
		else if (number > DNS_RECORD_LINES_MAX)
			reason = "there are too many lines";
		else if (text_equal(line, TEXT("end")))
			has_ended = true;
		else if (line.length > 0 && line.bytes[0] != '#')
			reason = read_line(arena, line, &recording);
		has_clock |= text_starts_with(line, TEXT("clock "));
	}
	if (reason == NULL && !has_ended)
		reason = "the line \"end\" is missing: the file is cut off";
	if (reason == NULL && !has_clock)
		reason = "the line \"clock\" is missing";
	if (reason != NULL) {
		*reason_out = text_printf(arena, "line %zu: %s", number, reason);
		return false;
	}
	*recording_out = recording;
	return true;
}

struct text
dns_record_data(struct arena *arena, enum dns_type type, const struct dns_record *record)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	if (type == DNS_A)
		return ip_text(arena, ip_from_v4(record->address));
	if (type == DNS_AAAA)
		return ip_text(arena, ip_from_v6(record->address));
	if (type == DNS_MX)
		return text_printf(arena, "%u %.*s.", record->preference,
				   TEXT_ARGUMENTS(record->text));
	if (type == DNS_SRV)
		return text_printf(arena, "%u %u %u %.*s.", record->preference, record->weight,
				   record->port, TEXT_ARGUMENTS(record->text));
	if (type == DNS_CNAME || type == DNS_PTR)
		return text_printf(arena, "%.*s.", TEXT_ARGUMENTS(record->text));
	textbuf_add_quoted(&out, record->text);
	return textbuf_text(&out);
}

const char *
dns_status_keyword(enum dns_status status)
{
	switch (status) {
	case DNS_FOUND:
		return "found";
	case DNS_NO_DATA:
		return "no-data";
	case DNS_NO_NAME:
		return "no-name";
	case DNS_PENDING:
	case DNS_RETRY:
	case DNS_LIMIT:
		break;
	}
	return "no-answer";
}

/* The status in the words of the DNS. */
static const char *
status_word(const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_FOUND:
		return "";
	case DNS_NO_DATA:
		return "no such record";
	case DNS_NO_NAME:
		return "no such name";
	case DNS_PENDING:
	case DNS_RETRY:
	case DNS_LIMIT:
		break;
	}
	return answer->reason != NULL ? answer->reason : "no answer";
}

struct text
dns_exchange_answer(struct arena *arena, const struct dns_exchange *exchange,
		    struct dns_answer *answer_out)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct wire_name name;

	*answer_out = (struct dns_answer){ .status = DNS_RETRY, .reason = exchange->reason };
	if (exchange->reason == NULL && wire_name_from_text(exchange->name, &name))
		*answer_out = packet_read(arena, exchange->packet, exchange->length, &name,
					  exchange->type);
	answer_out->ttl -= answer_out->ttl < exchange->age ? answer_out->ttl : exchange->age;
	answer_out->is_secure = exchange->is_secure && answer_out->status != DNS_RETRY;
	textbuf_add_string(&out, status_word(answer_out));
	for (size_t i = 0; i < answer_out->count; i++) {
		textbuf_add_string(&out, i > 0 ? ", " : "");
		textbuf_add(&out, dns_record_data(arena, exchange->type, &answer_out->records[i]));
	}
	return textbuf_text(&out);
}
