/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_finding.h"

#include <stdarg.h>

#include "tool/zone_line.h"

const char *
domain_level_word(enum domain_level level)
{
	switch (level) {
	case DOMAIN_OK:
		return "ok";
	case DOMAIN_NOTE:
		return "note";
	case DOMAIN_WARNING:
		return "warning";
	case DOMAIN_ERROR:
		return "error";
	}
	return "error";
}

static const struct {
	const char *word;
	const char *title;
} sections[DOMAIN_SECTION_COUNT] = {
	[DOMAIN_SECTION_MX] = { "mx", "MX" },
	[DOMAIN_SECTION_REVERSE] = { "reverse-dns", "Reverse DNS" },
	[DOMAIN_SECTION_SPF] = { "spf", "SPF" },
	[DOMAIN_SECTION_DKIM] = { "dkim", "DKIM" },
	[DOMAIN_SECTION_DMARC] = { "dmarc", "DMARC" },
	[DOMAIN_SECTION_MORE] = { "more", "More" },
};

const char *
domain_section_title(enum domain_section section)
{
	return sections[section].title;
}

const char *
domain_section_word(enum domain_section section)
{
	return sections[section].word;
}

void
domain_finding_add(struct domain_findings *findings, enum domain_level level, const char *code,
		   struct text subject, const char *format, ...)
{
	struct domain_finding *finding;
	va_list arguments;

	findings->items = arena_grow(findings->arena, findings->items, findings->count,
				     &findings->capacity, sizeof(*findings->items));
	finding = &findings->items[findings->count++];
	*finding = (struct domain_finding){ .section = findings->section, .level = level,
					    .code = code, .subject = subject };
	va_start(arguments, format);
	finding->sentence = text_vprintf(findings->arena, format, arguments);
	va_end(arguments);
}

void
domain_finding_fix(struct domain_findings *findings, struct text line)
{
	struct domain_finding *finding = &findings->items[findings->count - 1];

	finding->fixes = arena_grow(findings->arena, finding->fixes, finding->fix_count,
				    &finding->fix_capacity, sizeof(*finding->fixes));
	finding->fixes[finding->fix_count++] = line;
}

void
domain_finding_replace(struct domain_findings *findings, struct text owner, struct text content)
{
	struct text line = zone_line_txt(findings->arena, owner, content);
	struct domain_finding *last = &findings->items[findings->count - 1];

	domain_finding_fix(findings, line);
	last->replaced = owner;
	last->replacement_index = last->fix_count - 1;
	for (size_t i = 0; i < findings->count; i++) {
		struct domain_finding *finding = &findings->items[i];

		if (!text_equal(finding->replaced, owner))
			continue;
		finding->replacement = content;
		finding->fixes[finding->replacement_index] = line;
	}
}

struct text
domain_findings_proposal(const struct domain_findings *findings, struct text owner,
			 struct text published)
{
	for (size_t i = 0; i < findings->count; i++)
		if (!text_is_empty(owner) && text_equal(findings->items[i].replaced, owner))
			return findings->items[i].replacement;
	return published;
}

void
domain_finding_withdraw(struct domain_findings *findings, struct domain_finding *finding,
			struct text why)
{
	finding->fix_count = 0;
	finding->sentence = text_printf(findings->arena, "%.*s %.*s",
					TEXT_ARGUMENTS(finding->sentence), TEXT_ARGUMENTS(why));
}

size_t
domain_findings_of_level(const struct domain_findings *findings, enum domain_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].level == level)
			count++;
	return count;
}

enum domain_level
domain_findings_worst(const struct domain_findings *findings)
{
	enum domain_level worst = DOMAIN_OK;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].level > worst)
			worst = findings->items[i].level;
	return worst;
}
