/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "checks/check.h"
#include "dkim_sign.h"
#include "dns/zone_text.h"

enum {
	QUESTIONS_MAX = 300,
	DEADLINE_MILLISECONDS = 200     /* only questions that are never answered wait so long */
};

static void
feed_header(struct check_run *run, struct message *message, const struct message *whole,
	    size_t bytes_max)
{
	for (size_t i = 0; i < whole->field_count; i++) {
		message_add_field(message, run->arena, whole->fields[i].name,
				  whole->fields[i].value, bytes_max);
		dkim_check.prefetch(run, FACT_FIELD);
	}
	message->header_is_over_limit |= whole->header_is_over_limit;
	dkim_check.prefetch(run, FACT_HEADER_END);
	dns_flush(run->dns);
	dkim_check.begin(run);
}

/* Each chunk is a copy of its own, so that reading past its end is seen. */
static void
feed_body(struct check_run *run, struct text body, size_t chunk)
{
	for (size_t i = 0; i < body.length; i += chunk)
		dkim_check.body(run, text_copy(run->arena, text_cut(body, i, chunk)));
}

struct dkim_finding
dkim_run(struct arena *arena, const struct dkim_run *run, struct text text)
{
	struct message whole = { 0 };
	struct message message = { .received_at = run->received_at };
	struct findings findings = { 0 };
	struct text reason;
	struct text body;
	struct zone_text *zone = zone_text_parse(arena, run->zone, &reason);
	struct check_run check_run = {
		.arena = arena,
		.config = run->config,
		.message = &message,
		.findings = &findings,
	};

	if (zone == NULL) {
		fprintf(stderr, "bad zone: %.*s\n", TEXT_ARGUMENTS(reason));
		abort();
	}
	check_run.dns = dns_session_new(arena, zone_text_backend(arena, zone),
					run->questions_max > 0 ? run->questions_max : QUESTIONS_MAX,
					clock_milliseconds() + DEADLINE_MILLISECONDS);
	dkim_sign_split(arena, text, &whole, &body);
	feed_header(&check_run, &message, &whole,
		    run->header_bytes_max > 0 ? run->header_bytes_max : SIZE_MAX);
	feed_body(&check_run, body, run->chunk > 0 ? run->chunk : body.length + 1);
	dkim_check.end(&check_run);
	return findings.dkim;
}
