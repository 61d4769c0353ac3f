/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_finding.h"

#include <stdarg.h>

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
