/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim_fixture.h"

#include "base/textbuf.h"

int
set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new() };
	fixture.config.check_dkim = true;
	fixture.config.dkim_minimum_key_bits = 1024;
	fixture.config.dkim_signatures_max = 8;
	fixture.config.dkim_clock_drift = 300;
	fixture.run.config = &fixture.config;
	fixture.run.received_at = NOW;
	*state = &fixture;
	return 0;
}

int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_free(&fixture->arena);
	return 0;
}

struct dkim_sign_options
options_for(const char *key_file)
{
	return (struct dkim_sign_options){
		.domain = TEXT("example.org"),
		.selector = TEXT("s"),
		.key_file = key_file,
		.fields = "From:To:Subject",
	};
}

struct text
sign(struct fixture *fixture, const struct dkim_sign_options *options, struct text message)
{
	struct text result;

	assert_true(dkim_sign(fixture->arena, options, message, &result));
	return result;
}

void
publish(struct fixture *fixture, const char *name, const char *key_file)
{
	struct text record;
	struct textbuf out = textbuf_new(fixture->arena, 100000);

	assert_true(dkim_sign_key_record(fixture->arena, key_file, &record));
	textbuf_add(&out, fixture->run.zone);
	textbuf_printf(&out, "%s TXT %.*s\n", name, TEXT_ARGUMENTS(record));
	fixture->run.zone = textbuf_text(&out);
}

struct dkim_finding
check(struct fixture *fixture, struct text message)
{
	return dkim_run(fixture->arena, &fixture->run, message);
}

struct dkim_signature_finding
expect(struct fixture *fixture, struct text message, enum result result, const char *reason)
{
	struct dkim_finding finding = check(fixture, message);

	assert_int_equal(finding.count, 1);
	if (reason != NULL && finding.signatures[0].reason != NULL)
		assert_string_equal(finding.signatures[0].reason, reason);
	assert_string_equal(result_keyword(finding.signatures[0].result), result_keyword(result));
	assert_int_equal(finding.signatures[0].reason == NULL, result == RESULT_PASS);
	assert_int_equal(finding.result, result);
	return finding.signatures[0];
}

struct text
replace(struct arena *arena, struct text text, const char *old, const char *new)
{
	size_t at = text_find_text(text, text_from(old));

	assert_true(at != TEXT_NOT_FOUND);
	return text_join(arena, text_join(arena, text_cut(text, 0, at), text_from(new)),
			 text_from_position(text, at + text_from(old).length));
}
