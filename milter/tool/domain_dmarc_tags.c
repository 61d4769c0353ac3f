/* SPDX-License-Identifier: BSD-2-Clause */
/* The tags of a DMARC record one by one (RFC 9989 4.7, 9.3). */
#include "tool/domain_dmarc.h"

#include "base/textbuf.h"
#include "tool/zone_line.h"

enum tag_kind {
	TAG_VERSION,
	TAG_POLICY,             /* none, quarantine, reject */
	TAG_ALIGNMENT,          /* r, s */
	TAG_SWITCH,             /* y, n */
	TAG_PSD,                /* y, n, u */
	TAG_REPORT,             /* a list of URIs */
	TAG_CONDITIONS,         /* 0, 1, d, s, with colons */
	TAG_REMOVED             /* of RFC 7489 */
};

static const struct known_tag {
	const char *name;
	enum tag_kind kind;
	const char *meaning;
} known_tags[] = {
	{ "v", TAG_VERSION, "a DMARC record" },
	{ "p", TAG_POLICY, "policy for the domain" },
	{ "sp", TAG_POLICY, "policy for subdomains" },
	{ "np", TAG_POLICY, "policy for subdomains that do not exist" },
	{ "adkim", TAG_ALIGNMENT, "DKIM alignment" },
	{ "aspf", TAG_ALIGNMENT, "SPF alignment" },
	{ "t", TAG_SWITCH, "test mode" },
	{ "psd", TAG_PSD, "public suffix domain" },
	{ "rua", TAG_REPORT, "where aggregate reports go" },
	{ "ruf", TAG_REPORT, "where failure reports go" },
	{ "fo", TAG_CONDITIONS, "when failure reports are made" },
	{ "pct", TAG_REMOVED, "share of mail under the policy" },
	{ "rf", TAG_REMOVED, "format of failure reports" },
	{ "ri", TAG_REMOVED, "interval of reports" },
};

static const struct known_tag *
find_known(const struct domain_dmarc_tag *tag)
{
	for (size_t i = 0; i < COUNT_OF(known_tags); i++)
		if (text_equal(tag->name, text_from(known_tags[i].name)))
			return &known_tags[i];
	return NULL;
}

static bool
is_one_of(struct text value, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(value, text_from(words[i])))
			return true;
	return false;
}

static bool
are_conditions(struct text value)
{
	static const char *const letters[] = { "0", "1", "d", "s" };
	struct text part;

	while (text_next_part(&value, ':', &part))
		if (!is_one_of(text_trim(part), letters, COUNT_OF(letters)))
			return false;
	return true;
}

/* Whether a value is one that the tag can have. URIs are looked at one by one elsewhere. */
static bool
is_valid(enum tag_kind kind, struct text value)
{
	static const char *const policies[] = { "none", "quarantine", "reject" };
	static const char *const alignments[] = { "r", "s" };
	static const char *const switches[] = { "y", "n", "u" };

	switch (kind) {
	case TAG_POLICY:
		return is_one_of(value, policies, COUNT_OF(policies));
	case TAG_ALIGNMENT:
		return is_one_of(value, alignments, COUNT_OF(alignments));
	case TAG_SWITCH:
		return is_one_of(value, switches, COUNT_OF(switches) - 1);
	case TAG_PSD:
		return is_one_of(value, switches, COUNT_OF(switches));
	case TAG_CONDITIONS:
		return are_conditions(value);
	case TAG_VERSION:
	case TAG_REPORT:
	case TAG_REMOVED:
		return true;
	}
	return true;
}

static const char *
value_meaning(const struct known_tag *known, struct text value)
{
	bool is_first = text_equal_nocase(value, TEXT("r")) || text_equal_nocase(value, TEXT("y"));

	if (!is_valid(known->kind, value))
		return " (not valid)";
	switch (known->kind) {
	case TAG_ALIGNMENT:
		return is_first ? " (relaxed: subdomains count)" :
				  " (strict: the very same domain)";
	case TAG_SWITCH:
		return is_first ? " (the policy is applied one step weaker)" : " (off)";
	case TAG_PSD:
		return is_first ? " (yes)" : text_equal_nocase(value, TEXT("n")) ?
			" (no, the organization begins here)" : " (not said)";
	case TAG_REMOVED:
		return " (no longer in use)";
	case TAG_VERSION:
	case TAG_POLICY:
	case TAG_REPORT:
	case TAG_CONDITIONS:
		break;
	}
	return "";
}

const char *
domain_dmarc_tag_meaning(const struct domain_dmarc_tag *tag)
{
	const struct known_tag *known = find_known(tag);

	return known != NULL ? known->meaning : "not known, ignored";
}

struct text
domain_dmarc_tag_value(struct arena *arena, const struct domain_dmarc_tag *tag)
{
	const struct known_tag *known = find_known(tag);
	struct textbuf shown = textbuf_new(arena, SIZE_MAX);
	struct text rest = tag->value;
	struct text part;

	/* A list of URIs can be wrapped at its commas. */
	for (size_t i = 0; text_next_part(&rest, ',', &part); i++) {
		textbuf_add_string(&shown, i > 0 ? ", " : "");
		textbuf_add(&shown, text_trim(part));
	}
	if (known != NULL)
		textbuf_add_string(&shown, value_meaning(known, tag->value));
	return textbuf_text(&shown);
}

/* A record with some tags left out. */
static struct text
rewrite(struct arena *arena, struct text record, bool (*keeps)(struct text name))
{
	struct textbuf result = textbuf_new(arena, SIZE_MAX);
	size_t count;
	const struct domain_dmarc_tag *tags = domain_dmarc_split(arena, record, &count);

	for (size_t i = 0; i < count; i++) {
		if (!keeps(tags[i].name))
			continue;
		textbuf_add_string(&result, i > 0 ? "; " : "");
		textbuf_add(&result, tags[i].name);
		textbuf_add_byte(&result, '=');
		textbuf_add(&result, tags[i].value);
	}
	return textbuf_text(&result);
}

static bool
is_current(struct text name)
{
	static const char *const removed[] = { "pct", "rf", "ri" };

	return !is_one_of(name, removed, COUNT_OF(removed));
}

static bool
is_not_test_mode(struct text name)
{
	return !text_equal(name, TEXT("t"));
}

static void
judge_removed(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	const struct domain_dmarc_tag *percentage = domain_dmarc_tag_find(dmarc, "pct");
	const struct domain_dmarc_tag *format = domain_dmarc_tag_find(dmarc, "rf");
	const struct domain_dmarc_tag *interval = domain_dmarc_tag_find(dmarc, "ri");

	if (percentage == NULL && format == NULL && interval == NULL)
		return;
	if (percentage != NULL && !text_equal(percentage->value, TEXT("100")))
		domain_finding_add(findings, DOMAIN_WARNING, "dmarc-pct", dmarc->policy_domain,
				   "pct=%.*s is no longer in use (RFC 9989 9.3): current receivers "
				   "apply the policy to all mail, older ones to that share. To try "
				   "a policy out, use t=y.",
				   TEXT_ARGUMENTS(domain_excerpt(findings->arena,
								 percentage->value)));
	else
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-removed-tag",
				   dmarc->policy_domain,
				   "%s%s%s no longer in use (RFC 9989 9.3): receivers ignore what "
				   "it says.", percentage != NULL ? "pct is" : "",
				   percentage == NULL && format != NULL ? "rf is" : "",
				   percentage == NULL && format == NULL ? "ri is" : "");
	domain_finding_replace(findings, dmarc->policy_name, rewrite(
		findings->arena, domain_dmarc_proposal(dmarc, findings), is_current));
}

static void
judge_value(const struct domain_dmarc *dmarc, const struct domain_dmarc_tag *tag,
	    struct domain_findings *findings)
{
	const struct known_tag *known = find_known(tag);
	struct text shown = domain_excerpt(findings->arena, tag->name);

	if (known == NULL)
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-unknown-tag",
				   dmarc->policy_domain,
				   "The tag %.*s is not known and has no effect.",
				   TEXT_ARGUMENTS(shown));
	else if (known->kind != TAG_POLICY && !is_valid(known->kind, tag->value))
		domain_finding_add(findings, DOMAIN_WARNING, "dmarc-wrong-value",
				   dmarc->policy_domain,
				   "%.*s=%.*s is no valid value, and counts as if it were not "
				   "there.",
				   TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(domain_excerpt(findings->arena, tag->value)));
}

/* sp or np below p leaves a side door open. */
static void
judge_weaker(const struct domain_dmarc *dmarc, enum dmarc_request request, const char *name,
	     struct domain_findings *findings)
{
	const struct dmarc_record *record = &dmarc->walk->record;

	if (request < DMARC_REQUEST_NONE || request >= record->policy)
		return;
	domain_finding_add(findings, DOMAIN_WARNING, "dmarc-weaker-subdomains",
			   dmarc->policy_domain,
			   "%s is weaker than p: forgers take a subdomain%s.", name,
			   text_equal(text_from(name), TEXT("np")) ? " that does not exist" : "");
}

static void
judge_together(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	const struct dmarc_record *record = &dmarc->walk->record;

	judge_weaker(dmarc, record->subdomain_policy, "sp", findings);
	judge_weaker(dmarc, record->absent_name_policy, "np", findings);
	if (record->has_repeated_tag)
		domain_finding_add(findings, DOMAIN_WARNING, "dmarc-repeated-tag",
				   dmarc->policy_domain,
				   "A tag is there twice, and what receivers make of that "
				   "differs.");
	if (record->is_testing && record->policy > DMARC_REQUEST_NONE) {
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-testing", dmarc->policy_domain,
				   "t=y is test mode: reject is applied as quarantine, and "
				   "quarantine as none.");
		/* Not a fault: no other fix may end the test. */
		domain_finding_fix(findings, zone_line_txt(
			findings->arena, dmarc->policy_name,
			rewrite(findings->arena, domain_dmarc_proposal(dmarc, findings),
				is_not_test_mode)));
	}
	if (record->psd == DMARC_PSD_YES && text_equal(dmarc->policy_domain, dmarc->domain))
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-psd", dmarc->policy_domain,
				   "psd=y says that other organizations have their domains below "
				   "this one.");
	if (domain_dmarc_tag_find(dmarc, "fo") != NULL &&
	    domain_dmarc_tag_find(dmarc, "ruf") == NULL)
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-fo-without-ruf",
				   dmarc->policy_domain, "fo has no effect without ruf.");
}

void
domain_dmarc_judge_tags(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	if (dmarc->tag_count == 0)
		return;
	for (size_t i = 0; i < dmarc->tag_count; i++)
		judge_value(dmarc, &dmarc->tags[i], findings);
	judge_removed(dmarc, findings);
	judge_together(dmarc, findings);
}
