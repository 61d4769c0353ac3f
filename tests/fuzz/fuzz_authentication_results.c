/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authentication_results.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
require_lines(struct text value)
{
	struct text rest = value;
	struct text line;
	bool is_first = true;

	while (text_next_part(&rest, '\n', &line)) {
		require(line.length + sizeof("Authentication-Results:") <= 998);
		require(is_first || text_starts_with(line, TEXT("\t")));
		require(text_find(line, '\r') == TEXT_NOT_FOUND);
		require(text_find(line, '\0') == TEXT_NOT_FOUND);
		is_first = false;
	}
}

/* The same hostile text in every place: it must stay in each of them. */
static void
try_writer(struct arena *arena, struct text hostile, bool allows_utf8)
{
	struct authentication_results_writer writer = authentication_results_begin(
		arena, TEXT("mx.example.org"), TEXT(""), allows_utf8);
	struct authentication_results results;
	struct text value;

	authentication_results_method(&writer, "spf", "fail");
	authentication_results_comment(&writer, hostile);
	authentication_results_reason(&writer, hostile);
	authentication_results_comment(&writer, hostile);
	authentication_results_property(&writer, "smtp", "helo", hostile);
	authentication_results_address(&writer, "smtp", "mailfrom", hostile, TEXT("a.example"));
	authentication_results_address(&writer, "smtp", "rcpt", TEXT("x"), hostile);
	authentication_results_method(&writer, "dmarc", "none");
	value = authentication_results_end(&writer);
	require_lines(value);
	require(authentication_results_parse(arena, value, &results));
	require(results.count == 2);
	require(text_equal(results.authserv_id, TEXT("mx.example.org")));
	require(text_equal(results.results[0].method, TEXT("spf")));
	require(text_equal(results.results[0].result, TEXT("fail")));
	require(text_is_empty(results.results[0].reason) ||
		text_equal(results.results[0].reason, hostile));
	require(results.results[0].property_count <= 3);
	for (size_t i = 0; i < results.results[0].property_count; i++) {
		struct authentication_result_property *property =
			&results.results[0].properties[i];
		struct text expected = hostile;

		/* A local part that other readers stumble over is left out. */
		if (text_equal(property->property, TEXT("mailfrom")))
			expected = text_find(property->value, '@') == TEXT_NOT_FOUND
					   ? TEXT("a.example")
					   : text_join(arena, hostile, TEXT("@a.example"));
		else if (text_equal(property->property, TEXT("rcpt")))
			expected = text_join(arena, TEXT("x@"), hostile);
		require(text_find(property->value, '"') == TEXT_NOT_FOUND &&
			text_find(property->value, '\\') == TEXT_NOT_FOUND);
		require(text_equal(property->value, expected));
	}
	require(text_equal(results.results[1].method, TEXT("dmarc")));
	require(results.results[1].property_count == 0);
	require(text_is_empty(results.results[1].reason));
}

static void
try_id(struct arena *arena, struct text id)
{
	struct authentication_results_writer writer =
		authentication_results_begin(arena, id, TEXT("job"), false);
	struct authentication_results results;

	authentication_results_method(&writer, "iprev", "pass");
	require_lines(authentication_results_end(&writer));
	if (text_find(id, '/') == TEXT_NOT_FOUND)
		require(authentication_results_parse(arena, authentication_results_end(&writer),
						     &results) &&
			results.count == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text value = text_of((const char *)data, size);
	struct authentication_results results;

	if (authentication_results_parse(arena, value, &results)) {
		struct text ids[2] = { TEXT("elsewhere.example"), results.authserv_id };

		require(!text_is_empty(results.authserv_id));
		require(authentication_results_is_claimed(arena, value, ids, 2));
		for (size_t i = 0; i < results.count; i++)
			require(!text_is_empty(results.results[i].method) &&
				!text_is_empty(results.results[i].result));
	}
	try_writer(arena, value, false);
	try_writer(arena, value, true);
	try_id(arena, value);
	arena_free(&arena);
	return 0;
}
