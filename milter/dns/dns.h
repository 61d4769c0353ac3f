/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_DNS_H
#define DMARCMILTER_DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Questions to the DNS, as checks ask them. A message has one dns_session: it
 * remembers every question of the message (asking twice costs nothing), keeps
 * the budget (number of questions) and the deadline, and hands questions in
 * batches to a back end: the resolver thread, a zone text, or recorded
 * answers. A session belongs to one thread. Answers live in its arena.
 */
enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_SPF = 99            /* RFC 7208 3.1: obsolete; some domains still have it */
};

/*
 * What a question can end in. Temporary and permanent never mix:
 * RETRY means that the answer is not known now (SERVFAIL and every other
 * RCODE but 0 and 3, timeout, deadline, resolver gone, malformed packet,
 * DNSSEC bogus). LIMIT means that we did not ask, because the message used
 * up its budget: our own limits never defer mail (design of the policy).
 */
enum dns_status {
	DNS_PENDING,    /* no answer yet; only from dns_peek() */
	DNS_FOUND,      /* records of the wanted type, at the end of any CNAME chain */
	DNS_NO_DATA,    /* the name exists, not with this type */
	DNS_NO_NAME,    /* NXDOMAIN; also for names that cannot exist in the DNS */
	DNS_RETRY,
	DNS_LIMIT
};

struct dns_record {
	/* DNS_TXT, DNS_SPF: the character-strings joined without separator; any bytes, also NUL.
	 * DNS_PTR, DNS_MX, DNS_CNAME, DNS_SRV: the target in presentation form, lower case, no
	 * trailing dot, unusual bytes as \DDD; "" for the root. */
	struct text text;
	unsigned preference;    /* DNS_MX; DNS_SRV: the priority */
	unsigned weight;        /* DNS_SRV */
	unsigned port;          /* DNS_SRV */
	uint8_t address[16];    /* DNS_A: 4 bytes, DNS_AAAA: 16 bytes */
};

struct dns_answer {
	enum dns_status status;
	const char *reason;     /* a literal for RETRY and LIMIT, e.g. "SERVFAIL"; else NULL */
	const struct dns_record *records;       /* DNS_FOUND: in the order of the answer */
	size_t count;
	bool has_cname;         /* the owner exists as a CNAME, whatever its target (RFC 6604) */
	bool is_secure;         /* validated by DNSSEC */
	uint32_t ttl;           /* seconds left */
};

/* How many questions a message may ask in all. */
enum dns_share {
	DNS_ORDINARY,           /* within the budget less DNS_ESSENTIAL_RESERVE */
	DNS_ESSENTIAL           /* the author domain's policy: may use the reserve too */
};

enum {
	DNS_ESSENTIAL_RESERVE = 9,      /* a tree walk and the existence test (RFC 9989 4.10) */
	DNS_RECORDS_MAX = 1000,         /* an answer with more is DNS_RETRY "too many records" */
	DNS_TEXT_BYTES_MAX = 65535      /* of one record; what a DNS message can hold */
};

/* A source of answers; see dns/resolver.h and dns/zone_text.h. */
struct dns_backend;

struct dns_session;

/*
 * A session for one message. `backend` must outlive the arena.
 * budget: questions allowed; deadline: clock_milliseconds() value after which
 * every open question is DNS_RETRY "deadline". When the arena is emptied, open
 * questions are abandoned (and cancelled in the resolver).
 */
struct dns_session *dns_session_new(struct arena *arena, struct dns_backend *backend,
				    size_t budget, int64_t deadline);

/* Moves the deadline, e.g. when the end of the message is reached. */
void dns_session_set_deadline(struct dns_session *session, int64_t deadline);

/* Starts a question unless it was started before. Never waits. `name` is in presentation form,
 * with or without trailing dot, any case; \DDD escapes are understood. Questions are sent in a
 * batch at the next dns_flush(), dns_look_up() or dns_wait(). */
void dns_ask(struct dns_session *session, struct text name, enum dns_type type,
	     enum dns_share share);

/* Like dns_ask(), and the answer if it is there, DNS_PENDING otherwise. Never waits. Never NULL. */
const struct dns_answer *dns_peek(struct dns_session *session, struct text name,
				  enum dns_type type, enum dns_share share);

/* Like dns_ask(), and waits for the answer, at the longest until the deadline. Never
 * DNS_PENDING, never NULL. */
const struct dns_answer *dns_look_up(struct dns_session *session, struct text name,
				     enum dns_type type, enum dns_share share);

/* Sends what was asked and not yet sent. */
void dns_flush(struct dns_session *session);

/*
 * Sends, then waits until at least one more answer arrived. False when nothing
 * is outstanding, or the deadline has passed (then all open ones are DNS_RETRY).
 */
bool dns_wait(struct dns_session *session);

/* True when an answer arrived since the last call of this function. */
bool dns_has_news(struct dns_session *session);

/*
 * Calls on_news(data) whenever answers arrived while dns_look_up() or
 * dns_wait() waits. It may ask and peek, never wait.
 */
void dns_session_on_news(struct dns_session *session, void (*on_news)(void *data), void *data);

/* True when a question was left unanswered because the source of answers has ended. */
bool dns_is_gone(const struct dns_session *session);

/* For the log: questions asked; the milliseconds spent waiting. */
size_t dns_question_count(const struct dns_session *session);
int64_t dns_waited_milliseconds(const struct dns_session *session);

/* Every question of the session in the order it was asked: for traces and records. False at
 * the end. */
bool dns_question_at(const struct dns_session *session, size_t index, struct text *name_out,
		     enum dns_type *type_out, const struct dns_answer **answer_out);

const char *dns_type_name(enum dns_type type);

#endif
