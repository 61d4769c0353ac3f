/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_DOMAIN_BENCH_H
#define TESTS_SUPPORT_DOMAIN_BENCH_H

/* A domain in a zone text, examined: for the tests of milter/tool/domain_*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/reader.h"
#include "dns/zone_text.h"
#include "tool/domain_facts.h"

struct bench {
	struct arena *arena;
	struct config config;
	struct domain_wishes wishes;
	struct domain_run run;
	struct domain_facts facts;
	struct domain_findings findings;
};

/* The domain is example.com; the caller may add to the wishes before bench_run(). */
static inline void
bench_open(struct bench *bench)
{
	*bench = (struct bench){ .arena = arena_new() };
	config_set_defaults(bench->arena, &bench->config);
	bench->wishes.domain = TEXT("example.com");
	bench->wishes.addresses = arena_array(bench->arena, 10, sizeof(struct ip));
	bench->wishes.selectors = arena_array(bench->arena, 10, sizeof(struct domain_selector));
	bench->run = (struct domain_run){ .arena = bench->arena, .config = &bench->config,
					  .wishes = &bench->wishes, .is_offline = true };
	bench->findings.arena = bench->arena;
}

static inline void
bench_add_sender(struct bench *bench, const char *ip)
{
	assert_true(ip_parse(text_from(ip),
			     &bench->wishes.addresses[bench->wishes.address_count++]));
}

static inline void
bench_add_selector(struct bench *bench, const char *selector)
{
	bench->wishes.selectors[bench->wishes.selector_count++] = (struct domain_selector){
		.name = text_from(selector), .domain = bench->wishes.domain,
	};
}

static inline void
bench_run(struct bench *bench, struct text source)
{
	struct text reason = TEXT("");
	struct zone_text *zone = zone_text_parse(bench->arena, source, &reason);

	if (zone == NULL)
		fail_msg("%.*s", TEXT_ARGUMENTS(reason));
	/* Zones of tests hold nothing that keeps silent, so the deadline is never met. */
	bench->run.dns = dns_session_new(bench->arena, zone_text_backend(bench->arena, zone),
					 10000, clock_milliseconds() + 600000);
	domain_facts_gather(&bench->run, &bench->facts);
	domain_facts_judge(&bench->facts, &bench->findings);
}

static inline void
bench_close(struct bench *bench)
{
	arena_free(&bench->arena);
}

static inline const struct domain_finding *
bench_find(const struct bench *bench, const char *code)
{
	for (size_t i = 0; i < bench->findings.count; i++)
		if (text_equal(text_from(bench->findings.items[i].code), text_from(code)))
			return &bench->findings.items[i];
	return NULL;
}

/*
 * One finding of a row: it is there with that level, or it is not there ("-" before the code).
 * `fix`: its first line; "": it has none; NULL: whatever it is.
 */
static inline void
bench_expect(const struct bench *bench, const char *row, const char *code,
	     enum domain_level level, const char *fix)
{
	bool is_unwanted = code[0] == '-';
	const struct domain_finding *finding = bench_find(bench, code + (is_unwanted ? 1 : 0));

	if (is_unwanted && finding != NULL)
		fail_msg("%s: %s: %.*s", row, code, TEXT_ARGUMENTS(finding->sentence));
	if (is_unwanted)
		return;
	if (finding == NULL) {
		for (size_t i = 0; i < bench->findings.count; i++)
			print_error("%s: %.*s\n", bench->findings.items[i].code,
				    TEXT_ARGUMENTS(bench->findings.items[i].sentence));
		fail_msg("%s: no %s", row, code);
		return;
	}
	if (finding->level != level)
		fail_msg("%s: %s has level %s", row, code, domain_level_word(finding->level));
	if (fix == NULL || (fix[0] == '\0' && finding->fix_count == 0))
		return;
	if (finding->fix_count == 0 || !text_equal(finding->fixes[0], text_from(fix)))
		fail_msg("%s: %s is mended by \"%.*s\"", row, code,
			 TEXT_ARGUMENTS(finding->fix_count > 0 ? finding->fixes[0] : TEXT("")));
}

#endif
