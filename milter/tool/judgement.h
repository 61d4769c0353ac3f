/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_JUDGEMENT_H
#define DMARCMILTER_TOOL_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/trace.h"
#include "core/evaluation.h"
#include "mail/message.h"
#include "tool/envelope.h"
#include "tool/mail_parser.h"
#include "tool/ordered_dns.h"

/*
 * One message of a file, judged as the daemon judges: the same evaluation, fed
 * with what the file says. Everything lives in the arena; one thread.
 */
enum { BODY_KEPT_MAX = 8 << 20 };       /* bytes of a body that are kept to explain signatures */

/* Where answers come from, the same for all messages. */
struct answer_source {
	struct dns_backend *backend;            /* NULL: the recording */
	const struct dns_recording *recording;  /* NULL: the back end */
	bool is_zone;                           /* they are of a zone text, and took no time */
};

struct judgement {
	struct arena *arena;
	const struct config *config;
	const struct answer_source *source;
	struct envelope envelope;
	int64_t clock;
	struct text settings_source;

	/* The file's own fields; the first envelope.arrival_fields of them are not judged. */
	struct header_field *fields;
	size_t field_count;
	size_t field_capacity;
	struct mail_parser parser;
	enum mail_problem problem;

	struct connection connection;
	struct message *message;
	struct evaluation *evaluation;
	struct ordered_dns dns;
	struct trace trace;
	struct text *refused;                   /* recipients that SplitRecipients puts off */
	size_t refused_count;
	size_t refused_capacity;
	struct textbuf gathered;                /* of the body, for the next call */
	struct textbuf body;                    /* `overflowed`: it is longer than is kept */
	int64_t started;                        /* clock_milliseconds() */

	/* After the end. */
	struct outcome outcome;
	int64_t elapsed;                        /* milliseconds */
	struct text log;                        /* empty: the settings want none */
	size_t question_count;                  /* of the exchanges: asked by the checks */
};

/* A judgement on its way; the caller has set the first seven members. */
void judgement_begin(struct judgement *judgement, enum mail_line_ends line_ends);
void judgement_add(struct judgement *judgement, struct text chunk);

/* MAIL_FINE: the outcome is there. */
enum mail_problem judgement_end(struct judgement *judgement);

/* The exchange of a question of this message; NULL: it was not asked. */
const struct dns_exchange *judgement_find_answer(const struct judgement *judgement,
						 struct text name, enum dns_type type);

/* The message is delivered, so its header is changed. */
bool judgement_goes_on(const struct outcome *outcome);

/* Questions were asked, and none was answered: the result says nothing about the message. */
bool judgement_dns_is_dead(const struct judgement *judgement);

/* What should be known of the file or the facts before the result is believed; sentences. */
struct text_list judgement_notes(const struct judgement *judgement);

/* All that --replay needs. */
void judgement_record(const struct judgement *judgement, struct dns_recording *recording);

/* Facts of a recording into the envelope, where the command line has not given them. */
void judgement_read_facts(struct arena *arena, const struct dns_recording *recording,
			  struct envelope *envelope);

#endif
