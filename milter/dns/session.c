/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/dns.h"

#include "base/clock.h"
#include "dns/backend.h"
#include "dns/mailbox.h"
#include "dns/packet.h"
#include "dns/statistics.h"
#include "dns/wire_name.h"

enum {
	BUCKETS = 64,           /* of the memo; a message asks some dozens of questions */
	BATCH_MAX = 64          /* handed to the back end at once */
};

const char dns_back_end_stopped[] = "resolver stopped";

struct question {
	struct question *next_in_bucket;
	struct text name;               /* canonical; or as given, if it cannot be a name */
	struct wire_name wire;
	enum dns_type type;
	struct dns_answer answer;
	struct shared_request *request; /* while it is open and sent */
};

struct dns_session {
	struct arena *arena;
	struct dns_backend *backend;
	struct dns_mailbox *mailbox;
	size_t budget;
	int64_t deadline;
	struct question *buckets[BUCKETS];
	struct question **questions;    /* in the order asked */
	size_t question_count;
	size_t question_capacity;
	size_t asked_count;             /* of these, what counts against the budget */
	size_t sent_count;              /* questions[] before this are sent or need not be */
	size_t open_count;              /* sent and not answered */
	bool has_news;                  /* for dns_has_news() */
	bool has_unseen;                /* for dns_wait(): something arrived since it returned */
	int64_t waited_milliseconds;
	void (*on_news)(void *data);    /* while somebody waits; may be NULL */
	void *on_news_data;
	bool is_gone;                   /* the back end has ended */
	bool must_drain;                /* at the end: also what nobody waits for */
};

/* Ends a question that the back end has not answered. */
static void
abandon(struct dns_session *session, struct question *question)
{
	struct shared_request *shared = question->request;

	question->request = NULL;
	shared->question = NULL;
	session->backend->abandon(session->backend, &shared->request);
	dns_request_release(&shared->request);
}

static void
set_answer(struct dns_session *session, struct question *question, struct dns_answer answer)
{
	question->answer = answer;
	session->has_news = true;
	session->has_unseen = true;
}

static struct dns_answer
no_answer(enum dns_status status, const char *reason)
{
	return (struct dns_answer){ .status = status, .reason = reason };
}

/* Takes over what one request brought. */
static void
receive(struct dns_session *session, struct shared_request *shared)
{
	struct question *question = shared->question;
	struct dns_answer answer;

	/* The deadline ended the question while its answer was on the way. */
	if (question == NULL)
		return;
	session->is_gone |= shared->reason == dns_back_end_stopped;
	if (shared->packet == NULL)
		answer = no_answer(DNS_RETRY,
				   shared->reason != NULL ? shared->reason : "no answer");
	else
		answer = packet_read(session->arena, shared->packet, shared->length,
				     &question->wire, question->type);
	answer.is_secure = shared->is_secure && answer.status != DNS_RETRY;
	answer.ttl -= shared->age < answer.ttl ? shared->age : answer.ttl;
	set_answer(session, question, answer);
	dns_statistics_end(dns_outcome_of(answer.status, answer.reason),
			   shared->answered_at - shared->asked_at);
	question->request = NULL;
	session->open_count--;
	dns_request_release(&shared->request);
}

static void
receive_all(struct dns_session *session)
{
	struct shared_request *shared;
	struct shared_request *next;

	if (session->open_count == 0 && !session->must_drain)
		return;
	for (shared = mailbox_take(session->mailbox); shared != NULL; shared = next) {
		next = shared->next;
		receive(session, shared);
		dns_request_release(&shared->request);
	}
}

/* The deadline, or the end of the session: nothing stays open. */
static void
expire(struct dns_session *session, enum dns_outcome outcome)
{
	receive_all(session);
	for (size_t i = 0; i < session->question_count; i++) {
		struct question *question = session->questions[i];

		if (question->answer.status != DNS_PENDING)
			continue;
		set_answer(session, question, no_answer(DNS_RETRY, "deadline"));
		if (question->request != NULL) {
			dns_statistics_end(outcome, clock_milliseconds() -
					   question->request->asked_at);
			abandon(session, question);
			session->open_count--;
		}
	}
	session->sent_count = session->question_count;
}

static void
session_close(void *object)
{
	struct dns_session *session = object;

	mailbox_close(session->mailbox);
	session->must_drain = true;
	expire(session, DNS_OUTCOME_ABANDONED);
	mailbox_release(session->mailbox);
}

struct dns_session *
dns_session_new(struct arena *arena, struct dns_backend *backend, size_t budget,
		int64_t deadline)
{
	struct dns_session *session = arena_alloc(arena, sizeof(*session));

	session->arena = arena;
	session->backend = backend;
	session->mailbox = mailbox_new();
	arena_on_empty(arena, session_close, session);
	session->budget = budget;
	session->deadline = deadline;
	return session;
}

void
dns_session_set_deadline(struct dns_session *session, int64_t deadline)
{
	session->deadline = deadline;
}

void
dns_session_on_news(struct dns_session *session, void (*on_news)(void *data), void *data)
{
	session->on_news = on_news;
	session->on_news_data = data;
}

/* What others ask because of the news is sent at once, whoever waits. */
static void
tell_news(struct dns_session *session)
{
	if (session->on_news == NULL)
		return;
	session->on_news(session->on_news_data);
	dns_flush(session);
}

/* FNV-1a. A remote party who finds collisions gains nothing: the budget bounds the chains. */
static size_t
bucket_of(struct text name, enum dns_type type)
{
	uint32_t hash = 2166136261u ^ (uint32_t)type;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (uint8_t)name.bytes[i]) * 16777619u;
	return hash % BUCKETS;
}

static bool
is_within_budget(const struct dns_session *session, enum dns_share share)
{
	size_t reserve = share == DNS_ESSENTIAL ? 0 : DNS_ESSENTIAL_RESERVE;

	return session->budget > reserve && session->asked_count < session->budget - reserve;
}

/* What was asked before; not a refusal that would no longer be one. */
static struct question *
find(struct dns_session *session, struct text name, enum dns_type type, enum dns_share share)
{
	struct question *question = session->buckets[bucket_of(name, type)];

	for (; question != NULL; question = question->next_in_bucket)
		if (question->type == type && text_equal(question->name, name) &&
		    (question->answer.status != DNS_LIMIT || !is_within_budget(session, share)))
			return question;
	return NULL;
}

static struct question *
add(struct dns_session *session, struct text name, enum dns_type type)
{
	struct question *question = arena_alloc(session->arena, sizeof(*question));
	size_t bucket = bucket_of(name, type);

	question->name = name;
	question->type = type;
	question->next_in_bucket = session->buckets[bucket];
	session->buckets[bucket] = question;
	session->questions = arena_grow(session->arena, session->questions,
					session->question_count, &session->question_capacity,
					sizeof(struct question *));
	session->questions[session->question_count++] = question;
	return question;
}

/* The question for a name: the one asked before, or a new one that waits for dns_flush(). */
static struct question *
ask(struct dns_session *session, struct text name, enum dns_type type, enum dns_share share)
{
	struct wire_name wire;
	bool is_possible = wire_name_from_text(name, &wire) && wire.length > 1;
	struct text canonical = is_possible ? wire_name_to_text(session->arena, &wire) : name;
	struct question *question = find(session, canonical, type, share);

	if (question != NULL)
		return question;
	if (!is_possible) {
		question = add(session, text_copy(session->arena, name), type);
		question->answer = no_answer(DNS_NO_NAME, NULL);
		return question;
	}
	question = add(session, canonical, type);
	question->wire = wire;
	if (!is_within_budget(session, share)) {
		question->answer = no_answer(DNS_LIMIT, "too many questions");
		dns_statistics_end(DNS_OUTCOME_LIMIT, 0);
		return question;
	}
	session->asked_count++;
	return question;
}

void
dns_flush(struct dns_session *session)
{
	struct dns_request *batch[BATCH_MAX];
	size_t count = 0;

	if (session->sent_count == session->question_count)
		return;
	if (clock_milliseconds() >= session->deadline) {
		expire(session, DNS_OUTCOME_DEADLINE);
		return;
	}
	while (session->sent_count < session->question_count) {
		struct question *question = session->questions[session->sent_count++];

		if (question->answer.status == DNS_PENDING) {
			question->request = mailbox_request(session->mailbox, question->name,
							    question->type, question);
			batch[count++] = &question->request->request;
			session->open_count++;
			dns_statistics_ask();
		}
		if (count == BATCH_MAX || (count > 0 &&
		    session->sent_count == session->question_count)) {
			session->backend->submit(session->backend, batch, count);
			count = 0;
		}
	}
}

/* Sends, then waits for something new. False when there is nothing to wait for (any more). */
static bool
wait_for_one(struct dns_session *session)
{
	int64_t start;

	dns_flush(session);
	session->has_unseen = false;
	for (;;) {
		receive_all(session);
		if (session->has_unseen) {
			session->has_unseen = false;
			return true;
		}
		if (session->open_count == 0)
			return false;
		if (clock_milliseconds() >= session->deadline) {
			expire(session, DNS_OUTCOME_DEADLINE);
			session->has_unseen = false;
			return false;
		}
		start = clock_milliseconds();
		mailbox_wait(session->mailbox, session->deadline);
		session->waited_milliseconds += clock_milliseconds() - start;
	}
}

bool
dns_wait(struct dns_session *session)
{
	if (session->has_unseen) {
		dns_flush(session);
		session->has_unseen = false;
		return true;
	}
	if (!wait_for_one(session))
		return false;
	tell_news(session);
	return true;
}

bool
dns_has_news(struct dns_session *session)
{
	bool has_news;

	receive_all(session);
	has_news = session->has_news;
	session->has_news = false;
	session->has_unseen = false;
	return has_news;
}

bool
dns_is_gone(const struct dns_session *session)
{
	return session->is_gone;
}

size_t
dns_question_count(const struct dns_session *session)
{
	return session->asked_count;
}

int64_t
dns_waited_milliseconds(const struct dns_session *session)
{
	return session->waited_milliseconds;
}

bool
dns_question_at(const struct dns_session *session, size_t index, struct text *name_out,
		enum dns_type *type_out, const struct dns_answer **answer_out)
{
	const struct question *question;

	if (index >= session->question_count)
		return false;
	question = session->questions[index];
	*name_out = question->name;
	*type_out = question->type;
	*answer_out = &question->answer;
	return true;
}

const char *
dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_CNAME:
		return "CNAME";
	case DNS_PTR:
		return "PTR";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	case DNS_SRV:
		return "SRV";
	case DNS_SPF:
		return "SPF";
	}
	return "?";
}

void
dns_ask(struct dns_session *session, struct text name, enum dns_type type, enum dns_share share)
{
	(void)ask(session, name, type, share);
}

const struct dns_answer *
dns_peek(struct dns_session *session, struct text name, enum dns_type type,
	 enum dns_share share)
{
	receive_all(session);
	return &ask(session, name, type, share)->answer;
}

const struct dns_answer *
dns_look_up(struct dns_session *session, struct text name, enum dns_type type,
	    enum dns_share share)
{
	struct question *question = ask(session, name, type, share);

	receive_all(session);
	while (question->answer.status == DNS_PENDING)
		if (wait_for_one(session))
			tell_news(session);
	return &question->answer;
}
