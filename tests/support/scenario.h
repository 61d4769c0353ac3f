/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_SCENARIO_H
#define DMARCMILTER_TESTS_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "core/evaluation.h"
#include "dns/backend.h"
#include "mail/message.h"

/*
 * A scenario: one message with all that surrounds it, and what must become of
 * it. The format is described in tests/scenarios/README.md. Everything lives
 * in the arena.
 */
struct scenario_pair {
	struct text key;
	struct text value;
};

struct scenario_pairs {
	struct scenario_pair *items;
	size_t count;
	size_t capacity;
};

struct scenario_lines {
	struct text *items;
	size_t count;
	size_t capacity;
};

struct scenario {
	struct text name;       /* of the file */
	struct text client;     /* an address */
	struct text helo;
	struct text sender;     /* argument of MAIL */
	struct scenario_lines recipients;
	struct scenario_pairs macros;   /* without braces: daemon_name, auth_authen, tls_version, i, j */
	struct text settings;   /* configuration text */
	int64_t clock;
	struct text zone;       /* zone text, @key names replaced by their records */
	struct message message; /* only its header fields are used */
	struct text body;       /* CRLF */
	struct scenario_pairs expect;
};

/* What became of it, the same for all ways of running. */
struct scenario_result {
	struct text action;     /* what was done */
	struct text class_word;
	struct text rule;
	struct text would;      /* "-" outside monitor mode */
	struct text reply;      /* "550 5.7.26 text"; empty without a reply */
	struct scenario_lines removed;          /* "Name #instance", in the order of removal */
	struct scenario_lines refused;          /* recipients that were answered with 452 */
	struct scenario_lines added;            /* "Name: value", unfolded, in the order of insertion */
	struct scenario_lines places;           /* of these: "0 Name", 0 being the top */
	struct text log;        /* the log line, from "action=" on */
};

/*
 * Parses a scenario and signs its message with keys from the folder `keys`.
 * False with a reason that names the line.
 */
bool scenario_parse(struct arena *arena, struct text source, struct text name, const char *keys,
		    struct scenario *scenario_out, struct text *reason_out);

/* The message through the core, the zone as its DNS. */
bool scenario_run_core(struct arena *arena, const struct scenario *scenario,
		       struct scenario_result *result_out, struct text *reason_out);

/*
 * What the core makes of the message with another source of DNS answers, which
 * are waited for `patience` milliseconds. NULL with a reason when the scenario
 * has a mistake.
 */
const struct outcome *scenario_evaluate(struct arena *arena, const struct scenario *scenario,
					struct dns_backend *backend, int64_t patience,
					struct text *reason_out);

/* The message through a daemon over the milter protocol, a name server with the zone as its DNS. */
bool scenario_run_daemon(struct arena *arena, const struct scenario *scenario,
			 const char *daemon_path, struct scenario_result *result_out,
			 struct text *reason_out);

/* The message through "dmarcmilter-check message", with the zone as its DNS. */
bool scenario_run_tool(struct arena *arena, const struct scenario *scenario,
		       const char *tool_path, struct scenario_result *result_out,
		       struct text *reason_out);

/* Holds a result against the expectations; each difference is a line in *differences. */
void scenario_judge(struct arena *arena, const struct scenario *scenario,
		    const struct scenario_result *result, struct scenario_lines *differences);

/* A value without its folds: LF and the blanks behind it become one space, the ends are trimmed. */
struct text scenario_unfold(struct arena *arena, struct text value);

/* A field that was added: into `added` and `places`. */
void scenario_add_insertion(struct arena *arena, struct scenario_result *result,
			    unsigned position, struct text name, struct text value);

void scenario_add_line(struct arena *arena, struct scenario_lines *lines, struct text line);

/* The value of key= in a log line; empty when it is not there. */
struct text scenario_log_value(struct text log, const char *key);

#endif
