/* SPDX-License-Identifier: BSD-2-Clause */
/* The explanation of a fail (RFC 7208, 6.2): somebody else's text, shown only when harmless. */
#include "checks/spf_evaluation.h"

/* The text of the one TXT record, or empty. */
static struct text
fetch_text(struct spf_evaluation *evaluation, struct text domain, struct text spec)
{
	const struct dns_answer *answer;
	struct text name;

	if (spf_expand(evaluation, domain, spec, &name) != SPF_STEP_YES)
		return (struct text){ 0 };
	answer = spf_ask(evaluation, name, DNS_TXT);
	if (answer->status != DNS_FOUND || answer->count != 1)
		return (struct text){ 0 };
	return answer->records[0].text;
}

struct text
spf_explain(struct spf_evaluation *evaluation, struct text domain, struct text spec)
{
	struct arena *arena = evaluation->run->arena;
	struct text string = fetch_text(evaluation, domain, spec);
	struct text explanation;

	/* What is too long as written would be too long expanded, or waste of time. */
	if (string.length > SPF_EXPLANATION_MAX ||
	    !spf_macro_string_is_valid(string, SPF_MACRO_IN_EXPLANATION))
		return (struct text){ 0 };
	evaluation->values.domain = spf_macro_plain_name(arena, domain);
	evaluation->values.validated_name = (struct text){ 0 };
	if (spf_macro_uses(string, TEXT("sl")))
		evaluation->used_local_part = true;
	if (spf_macro_uses(string, TEXT("p")) &&
	    spf_validate_name(evaluation, domain, &evaluation->values.validated_name) !=
		    SPF_STEP_YES)
		return (struct text){ 0 };
	if (!spf_macro_expand_explanation(arena, string, &evaluation->values,
					  SPF_EXPLANATION_MAX, &explanation))
		return (struct text){ 0 };
	return explanation;
}
