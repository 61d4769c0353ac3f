/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/spf_fence.h"

#include "base/textbuf.h"

enum {
	TERMS_PER_RECORD = 12,  /* libspf2 cuts records at 511 bytes of its code: stay far below */
	RECORD_MAX = 1024       /* bytes of a record that we write */
};

static size_t
add_slot(struct spf_fence *fence, enum spf_slot_kind kind, const struct spf_node *node,
	 size_t term)
{
	struct spf_slot *slot = arena_alloc(fence->arena, sizeof(*slot));

	slot->kind = kind;
	slot->node = node;
	slot->term = term;
	fence->slots = arena_grow(fence->arena, fence->slots, fence->slot_count,
				  &fence->slot_capacity, sizeof(*fence->slots));
	fence->slots[fence->slot_count++] = slot;
	return fence->slot_count;
}

/* The slot that a name of ours stands for; NULL for anything else. */
static const struct spf_slot *
find_slot(const struct spf_fence *fence, struct text name)
{
	uint64_t number;

	if (name.length < 4 || name.bytes[0] != 'x' || !text_ends_with(name, TEXT(".s")))
		return NULL;
	if (!text_to_number(text_cut(name, 1, name.length - 3), fence->slot_count, &number))
		return NULL;
	return number == 0 ? NULL : fence->slots[number - 1];
}

static char
qualifier_byte(enum spf_qualifier qualifier)
{
	switch (qualifier) {
	case SPF_QUALIFIER_PASS:
		return '+';
	case SPF_QUALIFIER_FAIL:
		return '-';
	case SPF_QUALIFIER_SOFTFAIL:
		return '~';
	case SPF_QUALIFIER_NEUTRAL:
		return '?';
	}
	return '?';
}

/*
 * Writes the terms from number `first` on. What needs no DNS is decided here:
 * ip4 and ip6 that do not match are left out, and nothing follows a term that
 * matches for certain.
 */
static struct text
write_record(struct spf_fence *fence, const struct spf_node *node, size_t first)
{
	struct textbuf out = textbuf_new(fence->arena, RECORD_MAX);
	size_t written = 0;

	textbuf_add_string(&out, "v=spf1");
	for (size_t i = first; i < node->record->count; i++) {
		const struct spf_term *term = &node->record->terms[i];
		bool is_include = term->mechanism == SPF_MECHANISM_INCLUDE;
		size_t number;

		if (!spf_term_counts(term) && !spf_address_matches(fence->evaluation, term))
			continue;
		if (written++ == TERMS_PER_RECORD) {
			number = add_slot(fence, SPF_SLOT_REST, node, i);
			textbuf_printf(&out, " redirect=x%zu.s", number);
			return textbuf_text(&out);
		}
		number = add_slot(fence, is_include ? SPF_SLOT_INCLUDE : SPF_SLOT_TERM, node, i);
		textbuf_printf(&out, " %c%s:x%zu.s", qualifier_byte(term->qualifier),
			       is_include ? "include" : "exists", number);
		if (!spf_term_counts(term))
			return textbuf_text(&out);
	}
	if (!text_is_empty(node->record->redirect))
		textbuf_printf(&out, " redirect=x%zu.s",
			       add_slot(fence, SPF_SLOT_REDIRECT, node, 0));
	return textbuf_text(&out);
}

static void
trace_step(const struct spf_fence *fence, enum trace_spf_kind kind, const struct spf_node *node,
	   struct text text)
{
	trace_add_spf(fence->evaluation->run->trace, (struct trace_spf_step){
		.kind = kind,
		.depth = node->depth,
		.is_included = node->include != NULL,
		.domain = node->domain,
		.text = text,
	});
}

/* The term that leads to another record. */
static struct text
text_of_slot(const struct spf_fence *fence, const struct spf_slot *slot)
{
	if (slot == NULL || fence->evaluation->run->trace == NULL)
		return TEXT("");
	if (slot->kind == SPF_SLOT_INCLUDE)
		return slot->node->record->terms[slot->term].text;
	return text_join(fence->arena, TEXT("redirect="), slot->node->record->redirect);
}

/* No record behind an include or redirect is an error (RFC 7208, 5.2 and 6.1). */
static enum spf_step
end_without_record(struct spf_fence *fence, const struct spf_slot *slot, struct text domain)
{
	struct spf_evaluation *evaluation = fence->evaluation;

	if (slot == NULL)
		(void)spf_end(evaluation, RESULT_NONE, TEXT("no SPF record"));
	else
		(void)spf_end(evaluation, RESULT_PERMERROR,
			      text_printf(fence->arena, "%.*s: %s %.*s has no SPF record",
					  TEXT_ARGUMENTS(slot->node->domain),
					  slot->kind == SPF_SLOT_INCLUDE ? "include of" :
									   "redirect to",
					  TEXT_ARGUMENTS(domain)));
	return SPF_STEP_OVER;
}

static enum spf_step
end_too_deep(struct spf_fence *fence, const struct spf_node *node)
{
	return spf_end(fence->evaluation, RESULT_PERMERROR,
		       text_printf(fence->arena, "%.*s: includes too deep",
				   TEXT_ARGUMENTS(node->domain)));
}

/* Finds the record of `domain`, reached by `slot` (NULL: the first), and writes it anew. */
static enum spf_step
enter_record(struct spf_fence *fence, const struct spf_slot *slot, struct text domain,
	     struct text *record_out)
{
	struct spf_node *node = arena_alloc(fence->arena, sizeof(*node));

	node->domain = domain;
	node->depth = slot == NULL ? 1 : slot->node->depth + 1;
	if (slot != NULL)
		node->include = slot->kind == SPF_SLOT_INCLUDE ? slot : slot->node->include;
	if (node->depth > SPF_DEPTH_MAX)
		return end_too_deep(fence, node);
	trace_step(fence, TRACE_SPF_RECORD, node, text_of_slot(fence, slot));
	switch (spf_find_record(fence->evaluation, domain, &node->record)) {
	case SPF_STEP_YES:
		break;
	case SPF_STEP_NO:
		return end_without_record(fence, slot, domain);
	case SPF_STEP_PENDING:
	case SPF_STEP_OVER:
		return SPF_STEP_OVER;
	}
	*record_out = write_record(fence, node, 0);
	return SPF_STEP_YES;
}

/* The next piece of a long record. The library takes it for a redirect: one level deeper. */
static enum spf_step
continue_record(struct spf_fence *fence, const struct spf_slot *slot, struct text *record_out)
{
	struct spf_node *node = arena_alloc(fence->arena, sizeof(*node));

	*node = *slot->node;
	node->depth++;
	if (node->depth > SPF_DEPTH_MAX)
		return end_too_deep(fence, node);
	*record_out = write_record(fence, node, slot->term);
	return SPF_STEP_YES;
}

/* The record that an include or redirect leads to. */
static enum spf_step
follow_slot(struct spf_fence *fence, const struct spf_slot *slot, struct text *record_out)
{
	const struct spf_node *node = slot->node;
	struct text spec = slot->kind == SPF_SLOT_INCLUDE ?
				   node->record->terms[slot->term].domain :
				   node->record->redirect;
	struct text domain;
	enum spf_step step = spf_count_term(fence->evaluation, node->domain);

	if (step == SPF_STEP_YES)
		step = spf_expand(fence->evaluation, node->domain, spec, &domain);
	if (step == SPF_STEP_YES)
		return enter_record(fence, slot, domain, record_out);
	if (step != SPF_STEP_NO)
		return SPF_STEP_OVER;
	*record_out = TEXT("v=spf1");   /* RFC 8616, 4: it matches nothing */
	return SPF_STEP_YES;
}

/* Remembers which term decides: inside an include only a pass counts (RFC 7208, 5.2). */
static void
note_match(struct spf_fence *fence, const struct spf_slot *slot)
{
	while (slot->node->include != NULL) {
		if (slot->node->record->terms[slot->term].qualifier != SPF_QUALIFIER_PASS)
			return;
		slot = slot->node->include;
	}
	fence->matched = slot;
}

enum spf_step
spf_fence_record(struct spf_fence *fence, struct text name, struct text *record_out)
{
	const struct spf_slot *slot = find_slot(fence, name);

	if (fence->evaluation->result != RESULT_NOT_CHECKED)
		return SPF_STEP_OVER;
	if (slot == NULL)
		return enter_record(fence, NULL, fence->evaluation->subject->domain, record_out);
	if (slot->kind == SPF_SLOT_REST)
		return continue_record(fence, slot, record_out);
	return follow_slot(fence, slot, record_out);
}

enum spf_step
spf_fence_match(struct spf_fence *fence, struct text name)
{
	const struct spf_slot *slot = find_slot(fence, name);
	const struct spf_term *term;
	enum spf_step step = SPF_STEP_YES;

	if (fence->evaluation->result != RESULT_NOT_CHECKED)
		return SPF_STEP_OVER;
	if (slot == NULL || slot->kind != SPF_SLOT_TERM)
		return spf_end(fence->evaluation, RESULT_TEMPERROR,
			       TEXT("libspf2 asked for a name that we did not write"));
	term = &slot->node->record->terms[slot->term];
	/* Only those all, ip4 and ip6 were written that match. */
	if (spf_term_counts(term))
		step = spf_term_matches(fence->evaluation, slot->node->domain, term);
	/* A term that ends the evaluation neither matches nor fails to. */
	if (step == SPF_STEP_YES || step == SPF_STEP_NO)
		trace_step(fence, step == SPF_STEP_YES ? TRACE_SPF_MATCH : TRACE_SPF_NO_MATCH,
			   slot->node, term->text);
	if (step == SPF_STEP_YES)
		note_match(fence, slot);
	return step;
}
