/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/steps.h"

#include <stdarg.h>

static void
add(struct steps *steps, struct step step)
{
	step.check = steps->check;
	steps->items = arena_grow(steps->arena, steps->items, steps->count, &steps->capacity,
				  sizeof(*steps->items));
	steps->items[steps->count++] = step;
}

void
steps_add(struct steps *steps, unsigned depth, enum step_mood mood, const char *clause,
	  const char *format, ...)
{
	struct step step = { .depth = depth, .mood = mood, .clause = clause };
	va_list arguments;

	va_start(arguments, format);
	step.text = text_vprintf(steps->arena, format, arguments);
	va_end(arguments);
	add(steps, step);
}

void
steps_add_detail(struct steps *steps, unsigned depth, enum step_mood mood, const char *clause,
		 const char *format, ...)
{
	struct step step = { .depth = depth, .mood = mood, .is_detail = true, .clause = clause };
	va_list arguments;

	va_start(arguments, format);
	step.text = text_vprintf(steps->arena, format, arguments);
	va_end(arguments);
	add(steps, step);
}

enum step_mood
step_mood_of(enum result result)
{
	switch (result) {
	case RESULT_PASS:
		return STEP_GOOD;
	case RESULT_FAIL:
	case RESULT_PERMERROR:
		return STEP_BAD;
	case RESULT_SOFTFAIL:
	case RESULT_POLICY:
	case RESULT_TEMPERROR:
		return STEP_DOUBTFUL;
	case RESULT_NOT_CHECKED:
	case RESULT_NONE:
	case RESULT_NEUTRAL:
		break;
	}
	return STEP_PLAIN;
}

struct steps
steps_explain(struct judgement *judgement)
{
	struct steps steps = { .arena = judgement->arena };

	if (judgement->outcome.verdict.trust == TRUST_NOT) {
		steps.check = "iprev";
		explain_iprev(&steps, judgement);
		steps.check = "spf";
		explain_spf(&steps, judgement);
		steps.check = "dkim";
		explain_dkim(&steps, judgement);
		steps.check = "arc";
		explain_arc(&steps, judgement);
		steps.check = "dmarc";
		explain_dmarc(&steps, judgement);
	}
	steps.check = "decision";
	explain_decision(&steps, judgement);
	return steps;
}
