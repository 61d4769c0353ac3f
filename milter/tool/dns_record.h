/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DNS_RECORD_H
#define DMARCMILTER_TOOL_DNS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "dns/dns.h"

/*
 * What "message --record" writes and "--replay" reads: all that the result
 * depends on beside the message itself. A text, a line each:
 *
 *     dmarcmilter-check record 1
 *     clock 1763700000
 *     elapsed 180
 *     fact client 192.0.2.25
 *     setting Mode monitor
 *     dns example.com TXT 12 - 0 847a...
 *     dns example.org A 5000 timeout 0
 *     end
 *
 * Empty lines and those with "#" are for people. `fact` and `setting` lines are
 * for the caller to understand. A dns line has the name, the type, the time in
 * milliseconds, why there is no packet ("-": there is one), whether DNSSEC
 * proved it, and the packet in hexadecimal. Pure.
 */
enum {
	DNS_RECORD_BYTES_MAX = 64 << 20,
	DNS_RECORD_EXCHANGES_MAX = 10000,
	DNS_RECORD_LINES_MAX = 100000,
	DNS_RECORD_MILLISECONDS_MAX = 24 * 3600 * 1000
};

/* One question, and what came. */
struct dns_exchange {
	struct text name;
	enum dns_type type;
	int64_t milliseconds;
	const char *reason;             /* why there is no packet; NULL: there is one */
	const uint8_t *packet;
	size_t length;
	bool is_secure;
	/* seconds that it lay in a memory; not recorded: one message asks nothing twice */
	uint32_t age;
};

struct dns_exchanges {
	struct dns_exchange *items;
	size_t count;
	size_t capacity;
};

struct dns_record_line {
	struct text word;
	struct text value;
};

struct dns_record_lines {
	struct dns_record_line *items;
	size_t count;
	size_t capacity;
};

struct dns_recording {
	int64_t clock;                  /* seconds since 1970 */
	int64_t elapsed;                /* milliseconds for the whole message */
	struct dns_record_lines facts;
	struct dns_record_lines settings;
	struct dns_exchanges exchanges;
};

void dns_exchange_add(struct arena *arena, struct dns_exchanges *exchanges,
		      struct dns_exchange exchange);

/* A value with a line end is escaped: "\n" and "\\"; the reader takes it back. */
void dns_record_add(struct arena *arena, struct dns_record_lines *lines, struct text word,
		    struct text value);

/* The last value of a word; empty, and false, without any. */
bool dns_record_find(const struct dns_record_lines *lines, const char *word,
		     struct text *value_out);

void dns_recording_write(struct arena *arena, const struct dns_recording *recording,
			 struct textbuf *out);

/* False with a sentence that names the line. Everything is in `arena`. */
bool dns_recording_parse(struct arena *arena, struct text source,
			 struct dns_recording *recording_out, struct text *reason_out);

/* An answer in words, for people: `NOERROR "v=spf1 -all"`. */
struct text dns_exchange_answer(struct arena *arena, const struct dns_exchange *exchange,
				struct dns_answer *answer_out);

/* How a question ended, as a word of JSON: "found", "no-data", "no-name", "no-answer". */
const char *dns_status_keyword(enum dns_status status);

/* One record of an answer as it stands in a zone: an address, a name, a quoted text. */
struct text dns_record_data(struct arena *arena, enum dns_type type,
			    const struct dns_record *record);

#endif
