/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_print.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "config/reader.h"
#include "dns/zone_text.h"
#include "mail/utf8.h"

/* The input is a zone; dmarcmilter-check examines example.com in it. */
enum { FAR = 600000, BUDGET = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* What DNS holds must not reach a terminal as it is. */
static void
require_safe(struct text text)
{
	require(utf8_is_valid(text));
	for (size_t i = 0; i < text.length; i++)
		require((unsigned char)text.bytes[i] >= ' ' || text.bytes[i] == '\n');
}

/* A line to paste has to be one. */
static void
require_zone_line(struct arena *arena, struct text line)
{
	struct text reason;

	require(zone_text_parse(arena, line, &reason) != NULL);
	for (size_t i = 0; i < line.length; i++)
		require(byte_is_printable(line.bytes[i]));
}

static void
examine(struct arena *arena, const struct zone_text *zone)
{
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct domain_facts *facts = arena_alloc(arena, sizeof(*facts));
	struct domain_wishes wishes = { .domain = TEXT("example.com"), .helo = TEXT("mail.example.com") };
	struct domain_run run = { .arena = arena, .config = config, .wishes = &wishes, .is_offline = true };
	struct domain_findings findings = { .arena = arena };
	struct textbuf text = textbuf_new(arena, SIZE_MAX);
	struct textbuf json = textbuf_new(arena, SIZE_MAX);
	struct terminal terminal = { .width = TERMINAL_WIDTH_DEFAULT };

	config_set_defaults(arena, config);
	wishes.addresses = arena_alloc(arena, sizeof(struct ip));
	wishes.address_count = 1;
	require(ip_parse(TEXT("192.0.2.25"), wishes.addresses));
	run.dns = dns_session_new(arena, zone_text_backend(arena, zone), BUDGET, clock_milliseconds() + FAR);
	domain_facts_gather(&run, facts);
	domain_facts_judge(facts, &findings);
	require(findings.count > 0);
	for (size_t i = 0; i < findings.count; i++)
		for (size_t j = 0; j < findings.items[i].fix_count; j++)
			require_zone_line(arena, findings.items[i].fixes[j]);
	domain_print(&terminal, facts, &findings, true, &text);
	require_safe(textbuf_text(&text));
	domain_print_json(facts, &findings, true, &json);
	require(utf8_is_valid(textbuf_text(&json)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text source = text_of((const char *)data, size);
	struct arena *arena = arena_new();
	struct zone_text *zone = zone_text_parse(arena, source, &source);

	/* What keeps silent is waited for, and that is not what is tried here. */
	if (zone != NULL && text_find_text(text_lower(arena, text_of((const char *)data, size)),
					   TEXT("timeout")) == TEXT_NOT_FOUND)
		examine(arena, zone);
	arena_free(&arena);
	return 0;
}
