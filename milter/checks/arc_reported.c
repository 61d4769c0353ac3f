/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/arc_reported.h"

#include "mail/authentication_results.h"
#include "mail/domain_name.h"

/* The value of a property; empty when it is not there, or twice. */
static struct text
find_property(const struct authentication_result *result, struct text ptype, struct text name)
{
	struct text value = TEXT("");
	size_t count = 0;

	for (size_t i = 0; i < result->property_count; i++) {
		const struct authentication_result_property *property = &result->properties[i];

		if (!text_equal_nocase(property->ptype, ptype) ||
		    !text_equal_nocase(property->property, name))
			continue;
		value = property->value;
		count++;
	}
	return count == 1 ? value : TEXT("");
}

/* The domain of an address, or the whole when there is no "@". */
static struct text
domain_of(struct text value)
{
	size_t at = text_find_last(value, '@');

	return at == TEXT_NOT_FOUND ? value : text_from_position(value, at + 1);
}

static void
add(struct arena *arena, struct arc_finding *finding, enum arc_reported_method method,
    struct text value)
{
	struct arc_reported_pass *reported = &finding->reported[finding->reported_count];

	if (finding->reported_count == ARC_REPORTED_MAX || text_is_empty(value) ||
	    !domain_name_normalize(arena, domain_of(value), &reported->domain))
		return;
	reported->method = method;
	finding->reported_count++;
}

static void
add_signature(struct arena *arena, struct arc_finding *finding,
	      const struct authentication_result *result)
{
	struct text domain = find_property(result, TEXT("header"), TEXT("d"));

	if (!text_is_empty(domain))
		add(arena, finding, ARC_REPORTED_DKIM, domain);
	else
		add(arena, finding, ARC_REPORTED_DKIM_IDENTITY,
		    find_property(result, TEXT("header"), TEXT("i")));
}

static bool
contradicts(const struct authentication_result *result)
{
	return text_equal(result->method, TEXT("dmarc")) &&
	       !text_equal(result->result, TEXT("pass")) &&
	       !text_equal(result->result, TEXT("none"));
}

void
arc_reported_read(struct arena *arena, struct text value, struct arc_finding *finding)
{
	struct authentication_results results;

	if (!authentication_results_parse_foreign(arena, value, &results) || results.version != 1)
		return;
	for (size_t i = 0; i < results.count; i++)
		if (contradicts(&results.results[i]))
			return;
	finding->reported = arena_array(arena, ARC_REPORTED_MAX + 1, sizeof(*finding->reported));
	for (size_t i = 0; i < results.count; i++) {
		const struct authentication_result *result = &results.results[i];

		if (!text_equal(result->result, TEXT("pass")))
			continue;
		if (text_equal(result->method, TEXT("dmarc")))
			add(arena, finding, ARC_REPORTED_DMARC,
			    find_property(result, TEXT("header"), TEXT("from")));
		else if (text_equal(result->method, TEXT("spf")))
			add(arena, finding, ARC_REPORTED_SPF,
			    find_property(result, TEXT("smtp"), TEXT("mailfrom")));
		else if (text_equal(result->method, TEXT("dkim")))
			add_signature(arena, finding, result);
	}
}
