/* SPDX-License-Identifier: BSD-2-Clause */
/* Every question of the session, with its answer: for -v and JSON. */
#include "tool/domain_print.h"

#include "tool/dns_record.h"

/* What stands on the line of the question. */
static struct text
outcome_text(struct arena *arena, const struct dns_answer *answer, bool is_validating)
{
	const char *secure = !is_validating ? "" : answer->is_secure ? ", secure" : ", not signed";

	switch (answer->status) {
	case DNS_FOUND:
		return text_printf(arena, ", %u s%s", (unsigned)answer->ttl, secure);
	case DNS_NO_DATA:
		return text_printf(arena, ": no such record%s", secure);
	case DNS_NO_NAME:
		return text_printf(arena, ": no such name%s", secure);
	case DNS_PENDING:
	case DNS_RETRY:
	case DNS_LIMIT:
		break;
	}
	return text_printf(arena, ": %s", domain_answer_trouble(answer));
}

void
domain_print_questions(const struct terminal *terminal, const struct dns_session *dns,
		       bool is_validating, struct textbuf *out)
{
	const struct dns_answer *answer;
	enum dns_type type;
	struct text name;

	for (size_t i = 0; dns_question_at(dns, i, &name, &type, &answer); i++) {
		enum terminal_colour colour = answer->status == DNS_FOUND ? TERMINAL_PLAIN :
			domain_answer_is_known(answer) ? TERMINAL_FAINT : TERMINAL_BAD;
		struct text outcome = outcome_text(out->arena, answer, is_validating);

		textbuf_add_string(out, "  ");
		terminal_add(terminal, out, colour,
			     text_printf(out->arena, "%.*s %s%.*s", TEXT_ARGUMENTS(name),
					 dns_type_name(type), TEXT_ARGUMENTS(outcome)));
		textbuf_add_byte(out, '\n');
		/* As they are: a record that is wrapped cannot be copied. */
		for (size_t j = 0; j < answer->count; j++) {
			textbuf_add_string(out, "      ");
			terminal_add(terminal, out, TERMINAL_PLAIN,
				     dns_record_data(out->arena, type, &answer->records[j]));
			textbuf_add_byte(out, '\n');
		}
	}
}
