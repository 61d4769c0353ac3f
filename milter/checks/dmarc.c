/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"
#include "checks/dmarc_alignment.h"
#include "checks/dmarc_discovery.h"
#include "checks/dmarc_policy.h"
#include "mail/author.h"
#include "mail/dkim_signature.h"
#include "mail/domain_name.h"

/*
 * DMARC (RFC 9989). The author domain is known with its field, and all that
 * the policy needs is asked then. The identifiers follow when the header is
 * complete and the author's organizational domain is known, because only
 * those within it can be aligned. The end judges.
 */
/* What is looked at in advance; of these, ALIGNMENT_WALKS_AHEAD_MAX are walked. */
enum { IDENTIFIERS_AHEAD_MAX = 50 };

struct dmarc_state {
	enum dns_share share;                   /* of what the policy needs */
	struct dmarc_discovery *discovery;      /* of the first From field's domain; may be NULL */
	struct dmarc_alignment alignment;
	bool has_seen_author;
	bool has_all_fields;
	struct identifier {
		struct text domain;
		bool is_spf;
	} identifiers[IDENTIFIERS_AHEAD_MAX];   /* what may turn out to be usable */
	size_t identifier_count;
};

static bool
is_enabled(const struct config *config)
{
	return config->check_dmarc;
}

static struct dmarc_state *
state_of(struct check_run *run)
{
	struct dmarc_state *state = run->state;

	if (state == NULL) {
		state = arena_alloc(run->arena, sizeof(*state));
		state->share = DNS_ESSENTIAL;
		run->state = state;
	}
	return state;
}

static void
start_discovery(struct check_run *run, struct dmarc_state *state, struct text domain)
{
	state->discovery = dmarc_discovery_start(run->arena, run->config, run->dns, domain,
						 state->share);
	state->alignment = (struct dmarc_alignment){
		.arena = run->arena,
		.dns = run->dns,
		.discovery = state->discovery,
	};
}

/* A second From field is not looked at: it ends DMARC, and must not cost questions. */
static void
prefetch_author(struct check_run *run, struct dmarc_state *state)
{
	const struct message *message = run->message;
	const struct header_field *field;
	struct author author;

	if (message->field_count == 0 || state->has_seen_author)
		return;
	field = &message->fields[message->field_count - 1];
	if (!text_equal_nocase(field->name, TEXT("From")))
		return;
	state->has_seen_author = true;
	author = author_from_fields(run->arena, &field->value, 1);
	if (author.status == AUTHOR_ONE_DOMAIN)
		start_discovery(run, state, author.domain);
}

static struct text
peek_sender_domain(struct check_run *run)
{
	const struct message *message = run->message;
	struct text domain = TEXT("");

	if (!message->sender.is_null)
		return message->sender.domain;
	if (message->connection == NULL ||
	    !domain_name_normalize(run->arena, message->connection->helo, &domain))
		return TEXT("");
	return domain;
}

static void
add_identifier(struct dmarc_state *state, struct text domain, bool is_spf)
{
	for (size_t i = 0; i < state->identifier_count; i++)
		if (state->identifiers[i].is_spf == is_spf &&
		    text_equal(state->identifiers[i].domain, domain))
			return;
	state->identifiers[state->identifier_count++] =
		(struct identifier){ .domain = domain, .is_spf = is_spf };
}

/* Those of which SPF and DKIM may later say that they passed. */
static void
collect_identifiers(struct check_run *run, struct dmarc_state *state)
{
	const struct text name = TEXT("DKIM-Signature");
	const struct header_field *field;
	size_t position = 0;

	state->has_all_fields = true;
	if (run->config->check_spf)
		add_identifier(state, peek_sender_domain(run), true);
	if (!run->config->check_dkim)
		return;
	while (state->identifier_count < COUNT_OF(state->identifiers) &&
	       (field = message_next_field(run->message, name, &position)) != NULL) {
		struct dkim_signature signature = dkim_signature_parse(run->arena, field->value);

		if (signature.status == DKIM_SIGNATURE_VALID)
			add_identifier(state, signature.domain, false);
	}
}

static void
prefetch(struct check_run *run, enum fact fact)
{
	struct dmarc_state *state = state_of(run);
	enum dmarc_discovery_state found;

	if (fact == FACT_FIELD)
		prefetch_author(run, state);
	if (fact == FACT_HEADER_END && !state->has_all_fields)
		collect_identifiers(run, state);
	if (state->discovery == NULL)
		return;
	found = dmarc_discovery_continue(state->discovery, TREE_WALK_PEEK);
	if (found != DMARC_DISCOVERY_FOUND || !state->has_all_fields)
		return;
	for (size_t i = 0; i < state->identifier_count; i++) {
		const struct identifier *identifier = &state->identifiers[i];
		const struct dmarc_record *record = &state->discovery->record;
		bool is_strict = identifier->is_spf ? record->is_strict_spf :
						      record->is_strict_dkim;

		(void)dmarc_alignment_decide(&state->alignment, identifier->domain, is_strict,
					     ALIGNMENT_AHEAD);
	}
}

/* What readers of mail take for a line end differs; none may see another From field. */
static struct author
find_author(struct check_run *run)
{
	static const struct author hidden = {
		.status = AUTHOR_SEVERAL_FIELDS,
		.reason = "From field inside of another field, behind a bare CR or LF",
	};
	const struct text name = TEXT("From");
	size_t count = message_count_fields(run->message, name);
	struct text *values = arena_array(run->arena, count, sizeof(*values));
	size_t position = 0;

	for (size_t i = 0; i < count; i++)
		values[i] = message_next_field(run->message, name, &position)->value;
	if (count == 1 && message_hides_field(run->message, name))
		return hidden;
	return author_from_fields(run->arena, values, count);
}

/* Adds a sentence to the reason. `name` is a literal or in normal form, so all is printable. */
static void
add_reason(struct check_run *run, const char *what, struct text name)
{
	struct dmarc_finding *finding = &run->findings->dmarc;
	const char *old = finding->reason != NULL ? finding->reason : "";
	struct text joined = text_printf(run->arena, "%s%s%s%.*s", old,
					 old[0] != '\0' ? "; " : "", what,
					 TEXT_ARGUMENTS(name));

	finding->reason = text_string(run->arena, joined);
}

static void
add_missing_answer(struct check_run *run, const char *reason, struct text name)
{
	struct text what = text_printf(run->arena, "%s for %.*s",
				       reason != NULL ? reason : "no answer",
				       TEXT_ARGUMENTS(name));

	add_reason(run, "", what);
}

/* One usable identifier, or one that would be if an error had not come between. */
static enum alignment
decide_spf(struct check_run *run, enum result wanted, enum alignment_purpose purpose)
{
	const struct spf_identity *spf = &run->findings->spf.mail_from;
	struct dmarc_state *state = run->state;

	if (spf->result != wanted)
		return ALIGNMENT_NO;
	return dmarc_alignment_decide(&state->alignment, spf->domain,
				      run->findings->dmarc.is_strict_spf, purpose);
}

static bool
is_wanted(const struct dkim_signature_finding *signature, enum result wanted)
{
	/* A failed signature says something only when the key was fetched and fits. */
	return signature->result == wanted && (wanted != RESULT_FAIL || signature->key_fits);
}

/*
 * The best of all signatures of one result: aligned, open, or not aligned.
 * *domain_out is that signature's domain.
 */
static enum alignment
decide_dkim(struct check_run *run, enum result wanted, enum alignment_purpose purpose,
	    struct text *domain_out)
{
	const struct dkim_finding *dkim = &run->findings->dkim;
	struct dmarc_state *state = run->state;
	enum alignment best = ALIGNMENT_NO;

	for (size_t i = 0; i < dkim->count; i++) {
		const struct dkim_signature_finding *signature = &dkim->signatures[i];
		enum alignment next;

		if (!is_wanted(signature, wanted))
			continue;
		next = dmarc_alignment_decide(&state->alignment, signature->domain,
					      run->findings->dmarc.is_strict_dkim, purpose);
		if (next == ALIGNMENT_NO || (next != ALIGNMENT_YES && best != ALIGNMENT_NO))
			continue;
		best = next;
		*domain_out = signature->domain;
		/* All are started, whatever is known already: time must not decide. */
		if (next == ALIGNMENT_YES && purpose != ALIGNMENT_START)
			break;
	}
	return best;
}

/* True when the author domain itself signed: then no walk is needed. */
static bool
has_exact_signature(const struct check_run *run, enum result wanted, struct text domain)
{
	const struct dkim_finding *dkim = &run->findings->dkim;

	for (size_t i = 0; i < dkim->count; i++)
		if (is_wanted(&dkim->signatures[i], wanted) &&
		    text_equal(dkim->signatures[i].domain, domain))
			return true;
	return false;
}

static enum alignment
decide_dkim_exact_first(struct check_run *run, enum result wanted,
			enum alignment_purpose purpose, struct text *domain_out)
{
	const struct text domain = run->findings->dmarc.author.domain;

	if (!has_exact_signature(run, wanted, domain))
		return decide_dkim(run, wanted, purpose, domain_out);
	*domain_out = domain;
	return ALIGNMENT_YES;
}

/* Of identifiers with this result: all walks are started, SPF first, before one is waited for. */
struct aligned {
	enum alignment spf;
	enum alignment dkim;
	struct text dkim_domain;
};

static struct aligned
decide_both(struct check_run *run, enum result wanted)
{
	struct aligned aligned = { .spf = decide_spf(run, wanted, ALIGNMENT_START) };

	(void)decide_dkim_exact_first(run, wanted, ALIGNMENT_START, &aligned.dkim_domain);
	aligned.spf = decide_spf(run, wanted, ALIGNMENT_VERDICT);
	aligned.dkim = decide_dkim_exact_first(run, wanted, ALIGNMENT_VERDICT,
					       &aligned.dkim_domain);
	return aligned;
}

/*
 * Nothing passed. An error counts only where its outcome could have been an
 * aligned pass: who breaks his own DNS must not turn a failure of somebody
 * else's domain into a temporary one (RFC 9989 5.3.6).
 */
static void
judge_without_pass(struct check_run *run, const struct aligned *passed)
{
	struct dmarc_state *state = run->state;
	const struct dmarc_alignment *alignment = &state->alignment;
	const struct dmarc_discovery *discovery = state->discovery;
	struct dmarc_finding *finding = &run->findings->dmarc;
	struct aligned errors = decide_both(run, RESULT_TEMPERROR);
	struct text ignored;

	finding->result = RESULT_FAIL;
	if (passed->spf == ALIGNMENT_OPEN || passed->dkim == ALIGNMENT_OPEN) {
		finding->result = RESULT_TEMPERROR;
		add_missing_answer(run, alignment->missing_reason, alignment->missing_name);
	} else if (errors.spf != ALIGNMENT_NO) {
		finding->result = RESULT_TEMPERROR;
		add_reason(run, "SPF temperror for ", run->findings->spf.mail_from.domain);
	} else if (errors.dkim != ALIGNMENT_NO) {
		finding->result = RESULT_TEMPERROR;
		add_reason(run, "DKIM temperror for ", errors.dkim_domain);
	} else if (discovery->is_selection_open) {
		finding->result = RESULT_TEMPERROR;
		add_missing_answer(run, discovery->missing_reason, discovery->missing_name);
	}
	finding->author_signature_broken =
		decide_dkim_exact_first(run, RESULT_FAIL, ALIGNMENT_VERDICT, &ignored) ==
		ALIGNMENT_YES;
}

static void
judge(struct check_run *run)
{
	struct dmarc_finding *finding = &run->findings->dmarc;
	struct dmarc_state *state = run->state;
	struct aligned passed = decide_both(run, RESULT_PASS);

	finding->spf_aligned = passed.spf == ALIGNMENT_YES;
	finding->dkim_aligned = passed.dkim == ALIGNMENT_YES;
	if (finding->dkim_aligned)
		finding->aligned_dkim_domain = passed.dkim_domain;
	if (finding->spf_aligned || finding->dkim_aligned)
		finding->result = RESULT_PASS;
	else
		judge_without_pass(run, &passed);
	if (finding->result == RESULT_FAIL)
		finding->sealer_reports_pass = dmarc_alignment_is_reported(
			&state->alignment, finding, &run->findings->arc);
	if (state->alignment.is_over_limit)
		add_reason(run, "an identifier was not looked up: limit", TEXT(""));
}

/*
 * It is not known which record applies, or whether one does. An identifier
 * that is the author domain itself is aligned with any record, so if there is
 * one at all the answer that is missing cannot take the pass away.
 */
static void
judge_without_policy(struct check_run *run, const struct dmarc_discovery *discovery)
{
	struct dmarc_finding *finding = &run->findings->dmarc;
	const struct spf_identity *spf = &run->findings->spf.mail_from;

	add_missing_answer(run, discovery->missing_reason, discovery->missing_name);
	finding->result = discovery->is_over_limit ? RESULT_PERMERROR : RESULT_TEMPERROR;
	if (!discovery->has_record)
		return;
	finding->spf_aligned = spf->result == RESULT_PASS &&
			       text_equal(spf->domain, discovery->domain);
	finding->dkim_aligned = has_exact_signature(run, RESULT_PASS, discovery->domain);
	if (finding->dkim_aligned)
		finding->aligned_dkim_domain = discovery->domain;
	if (finding->spf_aligned || finding->dkim_aligned)
		finding->result = RESULT_PASS;
}

/*
 * OwnDomains, DomainPolicy: judged once more as if the author domain published what
 * the operator says. A record that is there keeps its say about alignment, but for
 * our own domains, which are always relaxed; and no answer about it can be missing.
 */
static void
assume(struct check_run *run)
{
	struct findings *findings;
	struct check_run assumed = *run;
	struct dmarc_state *state;
	struct dmarc_discovery *discovery;
	bool is_own;
	enum dmarc_policy policy = dmarc_policy_assumed(
		run->config, run->findings->dmarc.author.domain, &is_own);

	if (policy == DMARC_POLICY_UNKNOWN)
		return;
	findings = arena_alloc(run->arena, sizeof(*findings));
	state = arena_alloc(run->arena, sizeof(*state));
	discovery = arena_alloc(run->arena, sizeof(*discovery));
	*findings = *run->findings;
	*state = *state_of(run);
	*discovery = *state->discovery;
	discovery->is_selection_open = false;
	state->discovery = discovery;
	state->alignment.discovery = discovery;
	/* A record that is there may say psd=y: then what is below belongs to others. */
	state->alignment.assumes_record = discovery->state != DMARC_DISCOVERY_FOUND;
	findings->dmarc.reason = NULL;
	findings->dmarc.published = policy;
	findings->dmarc.effective = policy;
	findings->dmarc.is_testing = false;
	findings->dmarc.is_strict_spf &= !is_own;
	findings->dmarc.is_strict_dkim &= !is_own;
	findings->dmarc.is_own_domain = is_own;
	assumed.findings = findings;
	assumed.state = state;
	judge(&assumed);
	run->findings->dmarc.assumed = &findings->dmarc;
}

/* What the records say of the one author domain that is known. */
static void
judge_by_record(struct check_run *run)
{
	struct dmarc_finding *finding = &run->findings->dmarc;
	struct dmarc_state *state = state_of(run);
	struct dmarc_discovery *discovery;

	if (state->discovery == NULL ||
	    !text_equal(state->discovery->domain, finding->author.domain))
		start_discovery(run, state, finding->author.domain);
	discovery = state->discovery;
	(void)dmarc_discovery_continue(discovery, TREE_WALK_WAIT);
	dmarc_policy_write(finding, run->config, discovery);
	if (!text_is_empty(discovery->note))
		add_reason(run, "", discovery->note);
	switch (discovery->state) {
	case DMARC_DISCOVERY_PENDING:
	case DMARC_DISCOVERY_NO_RECORD:
		finding->result = RESULT_NONE;
		return;
	case DMARC_DISCOVERY_MISSING:
		judge_without_policy(run, discovery);
		return;
	case DMARC_DISCOVERY_NO_LIST:
		finding->result = RESULT_PERMERROR;
		return;
	case DMARC_DISCOVERY_FOUND:
		judge(run);
		return;
	}
}

static void
judge_author(struct check_run *run)
{
	judge_by_record(run);
	trace_keep_dmarc(run->trace, state_of(run)->discovery, &state_of(run)->alignment);
	assume(run);
}

/*
 * DMARCCompare: the same with the other discovery. It comes last of all and
 * asks within the ordinary budget, so that it can take nothing away from what
 * decides; where its own answers are missing it is it that has no result.
 */
static void
compare(struct check_run *run)
{
	struct findings *findings = arena_alloc(run->arena, sizeof(*findings));
	struct config config = *run->config;
	struct check_run other = *run;
	struct dmarc_state *state = arena_alloc(run->arena, sizeof(*state));

	state->share = DNS_ORDINARY;
	config.dmarc_discovery = config.dmarc_discovery == DISCOVERY_TREE_WALK ?
				 DISCOVERY_PUBLIC_SUFFIX_LIST : DISCOVERY_TREE_WALK;
	*findings = *run->findings;
	findings->dmarc = (struct dmarc_finding){ .author = run->findings->dmarc.author };
	other.config = &config;
	other.findings = findings;
	other.state = state;
	judge_author(&other);
	run->findings->dmarc.other = &findings->dmarc;
}

static void
end(struct check_run *run)
{
	struct dmarc_finding *finding = &run->findings->dmarc;

	*finding = (struct dmarc_finding){ .result = RESULT_NONE, .author = find_author(run) };
	finding->reason = finding->author.reason;
	if (finding->author.status != AUTHOR_ONE_DOMAIN)
		return;
	judge_author(run);
	if (run->config->dmarc_compare)
		compare(run);
}

const struct check dmarc_check = {
	.name = "dmarc",
	.enabled = is_enabled,
	.prefetch = prefetch,
	.end = end,
};
