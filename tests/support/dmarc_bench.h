/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_SUPPORT_DMARC_BENCH_H
#define DMARCMILTER_TESTS_SUPPORT_DMARC_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/check.h"

/* What the unit tests of the DMARC check have in common. Failures end the test (cmocka). */
enum { FAR = 600000, BUDGET = 300, TEXT_BYTES_MAX = 65536, HEADER_BYTES_MAX = 65536 };

/* RFC 9989 B.1 and the like: a domain that rejects, another that does nothing. */
#define REJECT "_dmarc.example.com TXT v=DMARC1; p=reject\nexample.com A 192.0.2.1\n"

#define NP "_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=reject\n"

struct bench {
	struct arena *arena;
	struct config config;
	struct connection connection;
	struct message message;
	struct findings findings;
	struct check_run run;
};

struct row {
	const char *name;
	const char *zone;
	const char *from;
	const char *words;
	const char *expected;
};

/* A fresh message with the zone as its DNS; free bench->arena at the end. */
void bench_begin(struct bench *bench, struct text zone_source, size_t budget);

/*
 * Findings and facts from words: "spf=RESULT:DOMAIN", "bounce=RESULT:DOMAIN" (a
 * null sender), "helo=RESULT:DOMAIN", "dkim=RESULT:DOMAIN", and "broken=fail:DOMAIN"
 * for a signature whose key fits; "arcdmarc=", "arcspf=", "arcdkim=" and
 * "arcidentity=" are what a trusted sealer reports.
 */
void set_findings(struct bench *bench, const char *words);

/* All From fields, one a line. */
void add_authors(struct bench *bench, const char *from);

/* As the evaluation does it: a stage per fact, the answers in between. */
void prefetch_all(struct bench *bench);

/* A finding in words, as rows expect it. */
const char *describe(struct arena *arena, const struct dmarc_finding *finding);

void expect_row(const struct row *row, const struct bench *bench);

/* Each row without prefetch, and with: the verdict must be the same. */
void run_rows(const struct row *rows, size_t count);

#endif
