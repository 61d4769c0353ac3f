/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/envelope.h"

#include "base/textbuf.h"

const char *
fact_source_words(enum fact_source source)
{
	switch (source) {
	case FACT_UNKNOWN:
		return "not known";
	case FACT_GIVEN:
		return "";
	case FACT_RETURN_PATH:
		return "from Return-Path";
	case FACT_RECEIVED:
		return "from Received";
	}
	return "";
}

void
envelope_add_recipient(struct arena *arena, struct envelope *envelope, struct text recipient)
{
	envelope->recipients = arena_grow(arena, envelope->recipients, envelope->recipient_count,
					  &envelope->recipient_capacity,
					  sizeof(*envelope->recipients));
	envelope->recipients[envelope->recipient_count++] = recipient;
}

/* One line, single blanks. */
static struct text
unfold(struct arena *arena, struct text value)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	bool has_blank = false;

	for (size_t i = 0; i < value.length; i++) {
		if (byte_is_blank(value.bytes[i])) {
			has_blank = out.length > 0;
			continue;
		}
		if (has_blank)
			textbuf_add_byte(&out, ' ');
		has_blank = false;
		textbuf_add_byte(&out, value.bytes[i]);
	}
	return textbuf_text(&out);
}

/* What stands behind `word`, up to the first of `ends` or the end; empty without it. */
static struct text
value_behind(struct text text, struct text word, struct text ends)
{
	size_t start = text_find_text(text, word);
	size_t length = 0;

	if (start == TEXT_NOT_FOUND)
		return TEXT("");
	text = text_from_position(text, start + word.length);
	while (length < text.length && text_find(ends, text.bytes[length]) == TEXT_NOT_FOUND)
		length++;
	return text_cut(text, 0, length);
}

static bool
read_address(struct text text, struct ip *client_out)
{
	if (text_starts_with_nocase(text, TEXT("IPv6:")))
		text = text_from_position(text, 5);
	return ip_parse(text, client_out);
}

/* What stands there is what the client says of itself: "helo=[192.0.2.1]" of Exim and qmail. */
static bool
is_behind_helo(struct text from, size_t position)
{
	struct text before = text_cut(from, 0, position);

	return text_ends_with(before, TEXT("=")) || text_ends_with(before, TEXT("HELO ")) ||
	       text_ends_with(before, TEXT("EHLO "));
}

/* The first address behind an opening bracket of that kind. */
static struct ip
find_bracketed(struct text from, char open, struct text ends)
{
	for (size_t i = 0; i < from.length; i++) {
		struct text inside;
		struct ip client;

		if (from.bytes[i] != open || is_behind_helo(from, i))
			continue;
		inside = value_behind(text_from_position(from, i), text_cut(from, i, 1), ends);
		if (read_address(inside, &client))
			return client;
	}
	return (struct ip){ .family = IP_NONE };
}

/*
 * The MTA's own words stand in parentheses: "(ptr.example [192.0.2.1])", or
 * "(192.0.2.1)". Before them stands what the client says, which may be an address
 * too; only Exim puts the real one there when it has no name for it.
 */
static struct ip
find_client(struct text from)
{
	size_t start = text_find(from, '(');
	struct text own = start == TEXT_NOT_FOUND ? TEXT("") : text_from_position(from, start);
	struct ip client = find_bracketed(own, '[', TEXT("]"));

	if (client.family == IP_NONE)
		client = find_bracketed(own, '(', TEXT(") "));
	return client.family == IP_NONE ? find_bracketed(from, '[', TEXT("]")) : client;
}

static struct text
find_helo(struct text from)
{
	struct text helo = value_behind(from, TEXT("helo="), TEXT(" )"));       /* Exim */

	if (text_is_empty(helo))
		helo = value_behind(from, TEXT("(HELO "), TEXT(" )"));          /* qmail */
	if (text_is_empty(helo))
		helo = value_behind(from, TEXT("(EHLO "), TEXT(" )"));
	return text_is_empty(helo) ? value_behind(from, TEXT("from "), TEXT(" ")) : helo;
}

/* RFC 3848: "with ESMTPSA" says of TLS and authentication. */
static void
read_protocol(struct text by, struct received *received)
{
	struct text with = value_behind(by, TEXT(" with "), TEXT(" ;("));
	bool has_both = text_ends_with_nocase(with, TEXT("SMTPSA"));

	if (!text_starts_with_nocase(with, TEXT("ESMTP")) &&
	    !text_starts_with_nocase(with, TEXT("UTF8SMTP")))
		return;
	received->is_authenticated = has_both || text_ends_with_nocase(with, TEXT("SMTPA"));
	if (text_is_empty(received->tls_version) &&
	    (has_both || text_ends_with_nocase(with, TEXT("SMTPS"))))
		received->tls_version = TEXT("unknown");
}

static struct text
find_tls(struct text line)
{
	struct text version = value_behind(line, TEXT("(using "), TEXT(" )"));  /* Postfix */

	if (text_starts_with(version, TEXT("TLS")))
		return version;
	version = value_behind(line, TEXT("(version="), TEXT(" )"));    /* Sendmail */
	return text_starts_with(version, TEXT("TLS")) ? version : TEXT("");
}

struct received
received_read(struct arena *arena, struct text value)
{
	struct received received = { .client = { .family = IP_NONE } };
	struct text line = unfold(arena, value);
	size_t by = text_find_text(line, TEXT(" by "));
	struct text from = text_cut(line, 0, by);
	struct text rest = by == TEXT_NOT_FOUND ? TEXT("") : text_from_position(line, by);

	if (!text_starts_with_nocase(line, TEXT("from ")))
		return received;
	received.client = find_client(from);
	received.helo = find_helo(from);
	received.sender = value_behind(rest, TEXT("(envelope-from "), TEXT(")"));
	received.recipient = value_behind(rest, TEXT(" for "), TEXT(" ;"));
	received.queue_id = value_behind(rest, TEXT(" id "), TEXT(" ;"));
	received.tls_version = find_tls(line);
	read_protocol(rest, &received);
	return received;
}

static void
derive_one(struct envelope_fact *fact, struct text value, enum fact_source source)
{
	if (fact->source != FACT_UNKNOWN || text_is_empty(value))
		return;
	fact->value = value;
	fact->source = source;
}

/* The field that tells how the message came in; count when there is none. */
static size_t
find_arrival(struct arena *arena, const struct envelope *envelope,
	     const struct header_field *fields, size_t count, const struct config *config,
	     struct received *received_out)
{
	struct ip given = { .family = IP_NONE };
	bool is_given = envelope->client.source == FACT_GIVEN &&
			ip_parse(envelope->client.value, &given);

	for (size_t i = 0; i < count; i++) {
		if (!text_equal_nocase(fields[i].name, TEXT("Received")))
			continue;
		*received_out = received_read(arena, fields[i].value);
		if (received_out->client.family == IP_NONE)
			continue;
		if (is_given ? ip_equal(received_out->client, given) :
			       !network_list_contains(&config->ignore_hosts, received_out->client))
			return i;
	}
	return count;
}

static void
derive_recipient(struct arena *arena, struct envelope *envelope, struct text recipient)
{
	if (envelope->recipients_from.source != FACT_UNKNOWN || text_is_empty(recipient))
		return;
	envelope_add_recipient(arena, envelope, recipient);
	envelope->recipients_from.source = FACT_RECEIVED;
}

static void
derive_from_received(struct arena *arena, struct envelope *envelope,
		     const struct received *received)
{
	derive_one(&envelope->client, ip_text(arena, received->client), FACT_RECEIVED);
	derive_one(&envelope->helo, received->helo, FACT_RECEIVED);
	derive_one(&envelope->sender, received->sender, FACT_RECEIVED);
	derive_one(&envelope->queue_id, received->queue_id, FACT_RECEIVED);
	derive_one(&envelope->tls, received->tls_version, FACT_RECEIVED);
	derive_recipient(arena, envelope, received->recipient);
	if (received->is_authenticated && envelope->authenticated_from == FACT_UNKNOWN) {
		envelope->is_authenticated = true;
		envelope->authenticated_from = FACT_RECEIVED;
	}
}

void
envelope_derive(struct arena *arena, struct envelope *envelope,
		const struct header_field *fields, size_t count, const struct config *config)
{
	bool is_given = envelope->client.source == FACT_GIVEN;
	struct received received;
	size_t arrival = find_arrival(arena, envelope, fields, count, config, &received);

	/* Below the arrival it is the sender's own word; ours stands above. */
	for (size_t i = 0; i < arrival; i++)
		if (text_equal_nocase(fields[i].name, TEXT("Return-Path")))
			derive_one(&envelope->sender, text_trim(fields[i].value),
				   FACT_RETURN_PATH);
	if (arrival == count)
		return;
	derive_from_received(arena, envelope, &received);
	if (!is_given)
		envelope->arrival_fields = arrival + 1;
}
