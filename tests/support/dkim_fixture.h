/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_SUPPORT_DKIM_FIXTURE_H
#define DMARCMILTER_TESTS_SUPPORT_DKIM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/findings.h"
#include "config/config.h"
#include "dkim_run.h"
#include "dkim_sign.h"

/* What the unit tests of the DKIM check have in common. Failures end the test (cmocka). */
#define KEY(name) KEYS_DIR "/" name ".pem"
#define HEADER "From: Joe <joe@example.org>\r\nTo: a@example.com\r\nSubject: hello\r\n\tworld\r\n"

enum { NOW = 1750000000 };

struct fixture {
	struct arena *arena;
	struct config config;
	struct dkim_run run;
};

/* Before and after each test; *state is the fixture, with the usual settings and an empty zone. */
int set_up(void **state);
int tear_down(void **state);

/* d=example.org s=s, h=From:To:Subject. */
struct dkim_sign_options options_for(const char *key_file);
struct text sign(struct fixture *fixture, const struct dkim_sign_options *options,
		 struct text message);

/* Adds the key's record to the zone. */
void publish(struct fixture *fixture, const char *name, const char *key_file);
struct dkim_finding check(struct fixture *fixture, struct text message);

/* One signature is expected, with this result and reason (NULL: any). */
struct dkim_signature_finding expect(struct fixture *fixture, struct text message,
				     enum result result, const char *reason);

/* `text` with the first `old` replaced, which must be there. */
struct text replace(struct arena *arena, struct text text, const char *old, const char *new);

#endif
