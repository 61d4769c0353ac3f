/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_print.h"

enum {
	INDENT = 2,
	LEVEL_COLUMNS = 9               /* the longest word, and two blanks */
};

static enum terminal_colour
colour_of(enum domain_level level)
{
	switch (level) {
	case DOMAIN_OK:
		return TERMINAL_GOOD;
	case DOMAIN_NOTE:
		return TERMINAL_PLAIN;
	case DOMAIN_WARNING:
		return TERMINAL_WARNING;
	case DOMAIN_ERROR:
		return TERMINAL_BAD;
	}
	return TERMINAL_PLAIN;
}

static void
add_blanks(struct textbuf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		textbuf_add_byte(out, ' ');
}

static void
print_finding(const struct terminal *terminal, const struct domain_finding *finding,
	      struct textbuf *out)
{
	struct text word = text_from(domain_level_word(finding->level));
	size_t column = INDENT + LEVEL_COLUMNS;

	add_blanks(out, INDENT);
	terminal_add(terminal, out, colour_of(finding->level), word);
	add_blanks(out, LEVEL_COLUMNS - word.length);
	terminal_wrap(terminal, out, TERMINAL_PLAIN, column, column, finding->sentence);
	/* To be pasted: never wrapped. */
	for (size_t i = 0; i < finding->fix_count; i++) {
		add_blanks(out, column);
		terminal_add(terminal, out, TERMINAL_STRONG, finding->fixes[i]);
		textbuf_add_byte(out, '\n');
	}
}

static void
print_tags(const struct terminal *terminal, const struct domain_dmarc *dmarc, struct textbuf *out)
{
	struct terminal_table table = terminal_table_new(out->arena, 3);

	if (dmarc->tag_count == 0)
		return;
	for (size_t i = 0; i < dmarc->tag_count; i++) {
		const struct domain_dmarc_tag *tag = &dmarc->tags[i];

		terminal_table_add(&table, TERMINAL_PLAIN, tag->name);
		terminal_table_add(&table, TERMINAL_FAINT,
				   text_from(domain_dmarc_tag_meaning(tag)));
		terminal_table_add(&table, TERMINAL_PLAIN,
				   domain_dmarc_tag_value(out->arena, tag));
	}
	terminal_add(terminal, out, TERMINAL_PLAIN,
		     text_printf(out->arena, "  _dmarc.%.*s",
				 TEXT_ARGUMENTS(dmarc->policy_domain)));
	textbuf_add_byte(out, '\n');
	terminal_table_write(&table, terminal, out, 2 * INDENT);
}

static bool
has_findings(const struct domain_findings *findings, enum domain_section section)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].section == section)
			return true;
	return false;
}

static void
print_section(const struct terminal *terminal, const struct domain_facts *facts,
	      const struct domain_findings *findings, enum domain_section section,
	      struct textbuf *out)
{
	textbuf_add_byte(out, '\n');
	terminal_add(terminal, out, TERMINAL_STRONG, text_from(domain_section_title(section)));
	textbuf_add_byte(out, '\n');
	if (section == DOMAIN_SECTION_SPF)
		domain_print_spf(terminal, &facts->spf, out);
	if (section == DOMAIN_SECTION_DMARC)
		print_tags(terminal, &facts->dmarc, out);
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].section == section)
			print_finding(terminal, &findings->items[i], out);
}

static struct text
counted(struct arena *arena, size_t count, const char *word)
{
	if (count == 0)
		return text_printf(arena, "no %ss", word);
	return text_printf(arena, "%zu %s%s", count, word, count > 1 ? "s" : "");
}

static void
print_summary(const struct terminal *terminal, const struct domain_facts *facts,
	      const struct domain_findings *findings, struct textbuf *out)
{
	struct arena *arena = out->arena;
	enum domain_level worst = domain_findings_worst(findings);

	textbuf_add_byte(out, '\n');
	terminal_add(terminal, out, TERMINAL_STRONG, facts->wishes->domain);
	textbuf_add_string(out, ": ");
	terminal_add(terminal, out, worst == DOMAIN_NOTE ? TERMINAL_GOOD : colour_of(worst),
		     text_printf(arena, "%.*s, %.*s, %.*s",
				 TEXT_ARGUMENTS(counted(arena, domain_findings_of_level(
					findings, DOMAIN_ERROR), "error")),
				 TEXT_ARGUMENTS(counted(arena, domain_findings_of_level(
					findings, DOMAIN_WARNING), "warning")),
				 TEXT_ARGUMENTS(counted(arena, domain_findings_of_level(
					findings, DOMAIN_NOTE), "note"))));
	textbuf_add_byte(out, '\n');
}

static void
print_questions(const struct terminal *terminal, const struct domain_facts *facts,
		struct textbuf *out)
{
	textbuf_add_byte(out, '\n');
	terminal_add(terminal, out, TERMINAL_STRONG, TEXT("Questions"));
	textbuf_add_byte(out, '\n');
	domain_print_questions(terminal, facts->dns, facts->more.is_validating, out);
}

void
domain_print(const struct terminal *terminal, const struct domain_facts *facts,
	     const struct domain_findings *findings, bool is_verbose, struct textbuf *out)
{
	if (facts->existence != DOMAIN_EXISTS) {
		for (size_t i = 0; i < findings->count; i++)
			print_finding(terminal, &findings->items[i], out);
		if (is_verbose)
			print_questions(terminal, facts, out);
		return;
	}
	terminal_add(terminal, out, TERMINAL_STRONG,
		     terminal_domain(out->arena, facts->wishes->domain));
	textbuf_add_byte(out, '\n');
	for (size_t i = 0; i < DOMAIN_SECTION_COUNT; i++)
		if (has_findings(findings, (enum domain_section)i))
			print_section(terminal, facts, findings, (enum domain_section)i, out);
	if (is_verbose)
		print_questions(terminal, facts, out);
	print_summary(terminal, facts, findings, out);
}
