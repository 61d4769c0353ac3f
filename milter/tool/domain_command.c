/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_command.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tool/complaint.h"
#include "tool/domain_make.h"
#include "tool/domain_message.h"
#include "tool/domain_options.h"
#include "tool/domain_print.h"

enum {
	STATUS_FINE = 0,
	STATUS_WARNINGS = 1,
	STATUS_ERRORS = 2,
	/* More than all parts together ask for, each at its limits. */
	QUESTIONS_MAX = 20000,
	OUTPUT_MAX = 64 << 20
};

static int
status_of(const struct domain_facts *facts, const struct domain_findings *findings)
{
	if (facts->existence == DOMAIN_UNREACHABLE)
		return EX_TEMPFAIL;
	switch (domain_findings_worst(findings)) {
	case DOMAIN_OK:
	case DOMAIN_NOTE:
		return STATUS_FINE;
	case DOMAIN_WARNING:
		return STATUS_WARNINGS;
	case DOMAIN_ERROR:
		break;
	}
	return STATUS_ERRORS;
}

static int
write_out(struct textbuf *out)
{
	struct text text = textbuf_text(out);

	if (out->overflowed) {
		fputs("dmarcmilter-check: there is too much to print\n", stderr);
		return EX_IOERR;
	}
	if (fwrite(text.bytes, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
		return complaint_of_output();
	return EX_OK;
}

/* Everything of it lives in `arena`, the questions on their way too. */
static int
examine(struct arena *arena, const struct domain_options *options,
	const struct domain_source *source)
{
	int64_t deadline = clock_milliseconds() + source->patience;
	struct domain_run run = { .arena = arena, .config = &source->config,
				  .wishes = &options->wishes,
				  .is_validating = source->is_validating,
				  .is_offline = source->is_offline };
	struct domain_findings findings = { .arena = arena };
	struct domain_facts *facts = arena_alloc(arena, sizeof(*facts));
	struct textbuf out = textbuf_new(arena, OUTPUT_MAX);
	struct terminal terminal = terminal_look(STDOUT_FILENO);
	int status;

	run.dns = dns_session_new(arena, source->backend, QUESTIONS_MAX, deadline);
	domain_facts_gather(&run, facts);
	domain_facts_judge(facts, &findings);
	if (options->is_json)
		domain_print_json(facts, &findings, options->is_verbose, &out);
	else
		domain_print(&terminal, facts, &findings, options->is_verbose, &out);
	status = write_out(&out);
	return status != EX_OK ? status : status_of(facts, &findings);
}

/* What the resolver says of single questions stands in the findings. */
static void
quiet_log(struct arena *arena)
{
	struct log_settings settings = { .target = LOG_TARGET_STDERR, .level = LOG_LEVEL_ERROR,
					 .name = "dmarcmilter-check" };
	struct text reason;

	(void)log_open(&settings, arena, &reason);
}

/* Asks, and says what comes of it. */
static int
check(struct arena *arena, struct domain_options *options)
{
	struct arena *session = arena_new();
	struct domain_source source;
	int status = EX_OK;

	quiet_log(arena);
	if (options->message_path != NULL)
		status = domain_message_read(arena, options->message_path, &options->wishes);
	if (status == EX_OK)
		status = domain_source_open(arena, &options->source, &source);
	if (status == EX_OK) {
		status = examine(session, options, &source);
		/* Its questions end before what answers them. */
		arena_free(&session);
		domain_source_close(&source);
	}
	arena_free(&session);
	return status;
}

static int
run_command(struct arena *arena, int count, char **arguments)
{
	struct domain_options options;
	int status = domain_options_read(arena, count, arguments, &options);

	if (status != EX_OK)
		return status;
	if (options.is_help) {
		fputs(domain_usage, stdout);
		return EX_OK;
	}
	return check(arena, &options);
}

int
domain_command(int count, char **arguments)
{
	struct arena *arena;
	int status;

	if (domain_make_is_wanted(count, arguments))
		return domain_make(count, arguments);
	arena = arena_new();
	status = run_command(arena, count, arguments);
	arena_free(&arena);
	return status;
}
