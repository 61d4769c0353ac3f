/* SPDX-License-Identifier: BSD-2-Clause */
/* Where DMARC reports are to go, and whether they may (RFC 9990 4). */
#include "tool/domain_dmarc.h"

#include "base/textbuf.h"
#include "mail/domain_name.h"
#include "tool/zone_line.h"

static const char *
kind_of(const struct domain_destination *destination)
{
	return destination->is_failure ? "ruf" : "rua";
}

/* The commonest mistake: an address without its scheme. */
static bool
is_bare_address(struct text uri)
{
	return text_find(uri, ':') == TEXT_NOT_FOUND && text_find(uri, '@') != TEXT_NOT_FOUND;
}

/* A record with "mailto:" before the bare addresses of rua and ruf. */
static struct text
with_schemes(struct arena *arena, struct text published)
{
	struct textbuf record = textbuf_new(arena, SIZE_MAX);
	size_t count;
	const struct domain_dmarc_tag *tags = domain_dmarc_split(arena, published, &count);

	for (size_t i = 0; i < count; i++) {
		const struct domain_dmarc_tag *tag = &tags[i];
		bool has_uris = text_equal(tag->name, TEXT("rua")) ||
				text_equal(tag->name, TEXT("ruf"));
		struct text rest = tag->value;
		struct text part;

		textbuf_add_string(&record, i > 0 ? "; " : "");
		textbuf_add(&record, tag->name);
		textbuf_add_byte(&record, '=');
		/* Values hold no semicolon. */
		for (size_t j = 0; text_next_part(&rest, has_uris ? ',' : ';', &part); j++) {
			struct text trimmed = text_trim(part);

			textbuf_add_string(&record, j > 0 ? "," : "");
			if (has_uris && is_bare_address(trimmed))
				textbuf_add_string(&record, "mailto:");
			textbuf_add(&record, trimmed);
		}
	}
	return textbuf_text(&record);
}

static void
judge_unreadable(const struct domain_dmarc *dmarc, const struct domain_destination *destination,
		 struct domain_findings *findings)
{
	struct text shown = domain_excerpt(findings->arena, destination->uri);

	if (is_bare_address(destination->uri)) {
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-report-no-scheme", shown,
				   "%s=%.*s lacks \"mailto:\" and is ignored: no reports come.",
				   kind_of(destination), TEXT_ARGUMENTS(shown));
		domain_finding_replace(findings, dmarc->policy_name, with_schemes(
			findings->arena, domain_dmarc_proposal(dmarc, findings)));
		return;
	}
	if (text_starts_with_nocase(destination->uri, TEXT("mailto:"))) {
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-report-address", shown,
				   "%s=%.*s is no valid address: no reports come.",
				   kind_of(destination), TEXT_ARGUMENTS(shown));
		return;
	}
	domain_finding_add(findings, DOMAIN_WARNING, "dmarc-report-scheme", shown,
			   "%s=%.*s is no mailto: URI, and senders of reports use nothing else.",
			   kind_of(destination), TEXT_ARGUMENTS(shown));
}

static void
judge_permission(const struct domain_destination *destination, struct domain_findings *findings)
{
	struct text shown = domain_excerpt(findings->arena, destination->uri);

	if (destination->is_permitted) {
		domain_finding_add(findings, DOMAIN_OK, "dmarc-report-permitted",
				   destination->host, "%s %.*s: %.*s takes them",
				   kind_of(destination), TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(destination->host));
		return;
	}
	if (!domain_answer_is_known(destination->permission)) {
		domain_finding_add(findings, DOMAIN_WARNING, "dmarc-report-unanswered",
				   destination->host,
				   "Whether %.*s takes reports cannot be looked up: %s.",
				   TEXT_ARGUMENTS(destination->host),
				   domain_answer_trouble(destination->permission));
		return;
	}
	domain_finding_add(findings, DOMAIN_ERROR, "dmarc-report-not-permitted",
			   destination->host,
			   "%s %.*s: %.*s does not say that it takes these reports, so none are "
			   "sent there. Its owner has to add this.", kind_of(destination),
			   TEXT_ARGUMENTS(shown), TEXT_ARGUMENTS(destination->host));
	if (destination->permission_name.length <= DOMAIN_NAME_MAX)
		domain_finding_fix(findings, zone_line_txt(findings->arena,
							   destination->permission_name,
							   TEXT("v=DMARC1")));
}

static void
judge_destination(const struct domain_dmarc *dmarc, const struct domain_destination *destination,
		  struct domain_findings *findings)
{
	struct text shown = domain_excerpt(findings->arena, destination->uri);

	if (text_is_empty(destination->host)) {
		judge_unreadable(dmarc, destination, findings);
		return;
	}
	if (text_find(destination->uri, '!') != TEXT_NOT_FOUND)
		domain_finding_add(findings, DOMAIN_NOTE, "dmarc-report-size", shown,
				   "The size behind \"!\" in %.*s is ignored (RFC 9989 4.8).",
				   TEXT_ARGUMENTS(shown));
	if (destination->mx->status == DNS_NO_NAME) {
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-report-no-domain",
				   destination->host,
				   "%s %.*s: %.*s does not exist, so no reports arrive.",
				   kind_of(destination), TEXT_ARGUMENTS(shown),
				   TEXT_ARGUMENTS(destination->host));
		return;
	}
	if (destination->is_external)
		judge_permission(destination, findings);
}

/* Nobody is asked for reports. */
static void
judge_silence(const struct domain_dmarc *dmarc, struct domain_findings *findings)
{
	bool is_none = domain_dmarc_request(dmarc) <= DMARC_REQUEST_NONE;
	struct text record = text_trim(domain_dmarc_proposal(dmarc, findings));

	domain_finding_add(findings, is_none ? DOMAIN_WARNING : DOMAIN_NOTE, "dmarc-no-reports",
			   dmarc->policy_domain,
			   is_none ? "Without rua= nobody reports anything, and with the policy "
				     "none the record does nothing." :
				     "Without rua= nobody reports what fails.");
	domain_finding_fix(findings, zone_line_txt(
		findings->arena, dmarc->policy_name,
		text_printf(findings->arena, "%.*s%s rua=mailto:postmaster@%.*s",
			    TEXT_ARGUMENTS(record), text_ends_with(record, TEXT(";")) ? "" : ";",
			    TEXT_ARGUMENTS(dmarc->policy_domain))));
}

void
domain_dmarc_judge_destinations(const struct domain_dmarc *dmarc,
				struct domain_findings *findings)
{
	size_t before;

	if (dmarc->tag_count == 0)
		return;
	if (domain_dmarc_tag_find(dmarc, "rua") == NULL)
		judge_silence(dmarc, findings);
	before = findings->count;
	for (size_t i = 0; i < dmarc->destination_count; i++)
		judge_destination(dmarc, &dmarc->destinations[i], findings);
	if (domain_dmarc_tag_find(dmarc, "rua") != NULL && findings->count == before &&
	    !dmarc->walk->record.has_report_address)
		domain_finding_add(findings, DOMAIN_ERROR, "dmarc-report-address",
				   dmarc->policy_domain,
				   "rua= holds no valid URI: no reports come.");
}
