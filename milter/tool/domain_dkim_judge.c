/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_dkim.h"

#include "base/textbuf.h"
#include "mail/spf_record.h"
#include "mail/tag_list.h"

enum {
	BITS_LEAST = 1024,              /* RFC 8301 3.2: less never verifies */
	BITS_GOOD = 2048,               /* what signers should use */
	BITS_MOST = 4096                /* what verifiers have to take */
};

/* A selector that somebody relies on. */
static bool
is_in_use(const struct domain_key *key)
{
	return key->origin != DOMAIN_SELECTOR_COMMON;
}

/* The record with another value for one tag, or without it when that is empty. */
static struct text
with_value(struct arena *arena, struct text record, struct text changed, struct text value)
{
	struct textbuf result = textbuf_new(arena, SIZE_MAX);
	struct text part;

	while (text_next_part(&record, ';', &part)) {
		struct text tag = text_trim(part);
		struct text name = text_trim(text_cut(tag, 0, text_find(tag, '=')));

		bool is_changed = text_equal(name, changed);

		if (text_is_empty(tag) || (is_changed && text_is_empty(value)))
			continue;
		textbuf_add_string(&result, result.length > 0 ? "; " : "");
		textbuf_add(&result, is_changed ? name : tag);
		if (!is_changed)
			continue;
		textbuf_add_byte(&result, '=');
		textbuf_add(&result, value);
	}
	return textbuf_text(&result);
}

static void
offer_with(struct domain_findings *findings, const struct domain_key *key, struct text tag,
	   struct text value)
{
	domain_finding_replace(findings, key->name, with_value(
		findings->arena, domain_findings_proposal(findings, key->name, key->record), tag,
		value));
}

static void
judge_absent(const struct domain_key *key, struct domain_findings *findings)
{
	domain_finding_add(findings, DOMAIN_ERROR, "dkim-key-missing", key->name,
			   "There is no key at %.*s%s: signatures that name it cannot be verified.",
			   TEXT_ARGUMENTS(key->name),
			   key->origin == DOMAIN_SELECTOR_OF_MESSAGE ?
			   ", which the message is signed with" : "");
}

/* The tags that dkim_key_parse() only names as wrong, with what they hold. */
static struct text
detail_of(struct arena *arena, const struct domain_key *key)
{
	const struct tag *type;
	struct tag_list tags;

	if (tag_list_parse(arena, key->record, &tags) != NULL)
		return TEXT("");
	type = tag_list_find(&tags, TEXT("k"));
	if (type == NULL || !text_equal(text_from(key->problem), TEXT("unknown key type")))
		return TEXT("");
	return text_printf(arena, " k=%.*s", TEXT_ARGUMENTS(domain_excerpt(arena, type->value)));
}

static void
judge_wrong(const struct domain_key *key, struct domain_findings *findings)
{
	if (spf_record_is_spf(key->record)) {
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-not-a-key", key->name,
				   "%.*s holds an SPF record in place of a key: a wildcard TXT "
				   "record covers it.", TEXT_ARGUMENTS(key->name));
		return;
	}
	domain_finding_add(findings, DOMAIN_ERROR, "dkim-key-wrong", key->name,
			   "The key record at %.*s cannot be used: %s%.*s.",
			   TEXT_ARGUMENTS(key->name), key->problem,
			   TEXT_ARGUMENTS(detail_of(findings->arena, key)));
}

static void
judge_revoked(const struct domain_key *key, struct domain_findings *findings)
{
	domain_finding_add(findings, is_in_use(key) ? DOMAIN_ERROR : DOMAIN_NOTE, "dkim-revoked",
			   key->name, "The key at %.*s is revoked (p= is empty)%s.",
			   TEXT_ARGUMENTS(key->name),
			   is_in_use(key) ? ": its signatures fail" : "");
}

/* False when the key is too short to be used at all. */
static bool
judge_size(const struct domain_key *key, struct domain_findings *findings)
{
	if (key->key.type != DKIM_KEY_RSA)
		return true;
	if (key->bits < BITS_LEAST) {
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-key-short", key->name,
				   "The RSA key at %.*s has %u bits: verifiers take none below "
				   "%d (RFC 8301 3.2).", TEXT_ARGUMENTS(key->name), key->bits,
				   BITS_LEAST);
		return false;
	}
	if (key->bits < BITS_GOOD)
		domain_finding_add(findings, DOMAIN_WARNING, "dkim-key-weak", key->name,
				   "The RSA key at %.*s has %u bits; signers should use %d "
				   "(RFC 8301 3.2).", TEXT_ARGUMENTS(key->name), key->bits,
				   BITS_GOOD);
	if (key->bits > BITS_MOST)
		domain_finding_add(findings, DOMAIN_WARNING, "dkim-key-large", key->name,
				   "The RSA key at %.*s has %u bits; verifiers need not take more "
				   "than %d (RFC 8301 3.2).", TEXT_ARGUMENTS(key->name), key->bits,
				   BITS_MOST);
	return true;
}

static void
judge_flags(const struct domain_key *key, struct domain_findings *findings)
{
	struct text name = key->name;

	if (key->key.is_testing) {
		domain_finding_add(findings, DOMAIN_WARNING, "dkim-testing", name,
				   "The key at %.*s says t=y, \"we are testing\": verifiers may "
				   "treat its mail as if it were not "
				   "signed.", TEXT_ARGUMENTS(name));
		offer_with(findings, key, TEXT("t"), key->key.is_strict ? TEXT("s") : TEXT(""));
	}
	if (!key->key.allows_sha256) {
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-hash", name,
				   "The key at %.*s does not allow sha256 in h=, and nothing else "
				   "counts (RFC 8301 3.1).", TEXT_ARGUMENTS(name));
		offer_with(findings, key, TEXT("h"), TEXT(""));
	}
	if (!key->key.is_for_mail) {
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-service", name,
				   "The key at %.*s is not for mail: s= names neither email nor *.",
				   TEXT_ARGUMENTS(name));
		offer_with(findings, key, TEXT("s"), TEXT(""));
	}
	if (key->is_bare)
		domain_finding_add(findings, DOMAIN_NOTE, "dkim-bare-key", name,
				   "The key at %.*s is a bare RSAPublicKey; not every verifier "
				   "takes that form.", TEXT_ARGUMENTS(name));
}

static void
judge_usable(const struct domain_key *key, struct domain_findings *findings)
{
	size_t before = findings->count;
	bool is_long_enough = judge_size(key, findings);
	struct text kind = key->key.type == DKIM_KEY_ED25519 ? TEXT("Ed25519") :
			   text_printf(findings->arena, "RSA, %u bits", key->bits);

	judge_flags(key, findings);
	for (size_t i = before; i < findings->count; i++)
		if (findings->items[i].level != DOMAIN_NOTE)
			return;
	if (is_long_enough)
		domain_finding_add(findings, DOMAIN_OK, "dkim-key", key->name, "%.*s: %.*s%s%s",
				   TEXT_ARGUMENTS(key->selector), TEXT_ARGUMENTS(kind),
				   key->key.is_strict ? ", no subdomains in i=" : "",
				   key->answer->has_cname ? ", by an alias" : "");
}

static void
judge_key(const struct domain_key *key, struct domain_findings *findings)
{
	switch (key->state) {
	case DOMAIN_KEY_USABLE:
		judge_usable(key, findings);
		return;
	case DOMAIN_KEY_REVOKED:
		judge_revoked(key, findings);
		return;
	case DOMAIN_KEY_ABSENT:
		judge_absent(key, findings);
		return;
	case DOMAIN_KEY_SEVERAL:
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-several", key->name,
				   "There are %zu records at %.*s, and which one a verifier takes "
				   "is not defined (RFC 6376 3.6.2.2).", key->answer->count,
				   TEXT_ARGUMENTS(key->name));
		return;
	case DOMAIN_KEY_WRONG:
		judge_wrong(key, findings);
		return;
	case DOMAIN_KEY_UNANSWERED:
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-unanswered", key->name,
				   "The key at %.*s cannot be looked up: %s.",
				   TEXT_ARGUMENTS(key->name), domain_answer_trouble(key->answer));
		return;
	}
}

/* RFC 8020: nothing is below a name that does not exist; below one that does, something is. */
static void
judge_nothing_found(const struct domain_dkim *dkim, bool sends_nothing,
		    struct domain_findings *findings)
{
	if (sends_nothing) {
		domain_finding_add(findings, DOMAIN_OK, "dkim-not-needed", dkim->domain,
				   "No key was found, and a domain that sends nothing needs none.");
		return;
	}
	if (dkim->above->status == DNS_NO_NAME) {
		domain_finding_add(findings, DOMAIN_ERROR, "dkim-missing", dkim->domain,
				   "There is no key under any selector (_domainkey.%.*s does not "
				   "exist): nobody can sign for the domain.",
				   TEXT_ARGUMENTS(dkim->domain));
		return;
	}
	if (!domain_answer_is_known(dkim->above)) {
		domain_finding_add(findings, DOMAIN_WARNING, "dkim-unanswered", dkim->domain,
				   "No key was found, and _domainkey.%.*s cannot be looked up: %s.",
				   TEXT_ARGUMENTS(dkim->domain),
				   domain_answer_trouble(dkim->above));
		return;
	}
	/* Wildcards, and servers that prove nothing to be absent (RFC 9824), say so of any name. */
	if (dkim->hides_absence) {
		domain_finding_add(findings, DOMAIN_NOTE, "dkim-not-known", dkim->domain,
				   "No key was found under the common selectors, and DNS does not "
				   "tell whether there are others: name one with --selector, or "
				   "give a signed mail with --message.");
		return;
	}
	domain_finding_add(findings, DOMAIN_NOTE, "dkim-not-found", dkim->domain,
			   "There are keys, but under none of the common selectors: name one with "
			   "--selector, or give a signed mail with --message.");
}

void
domain_dkim_judge(const struct domain_dkim *dkim, bool sends_nothing,
		  struct domain_findings *findings)
{
	findings->section = DOMAIN_SECTION_DKIM;
	for (size_t i = 0; i < dkim->count; i++)
		judge_key(&dkim->keys[i], findings);
	if (dkim->has_wildcard)
		domain_finding_add(findings, DOMAIN_WARNING, "dkim-wildcard", dkim->domain,
				   "Every selector has a TXT record (a wildcard): verifiers "
				   "find it in place of \"there is no key\".");
	else if (dkim->count == 0)
		judge_nothing_found(dkim, sends_nothing, findings);
	if (dkim->foreign_signatures > 0 && !dkim->is_signed_by_domain)
		domain_finding_add(findings, DOMAIN_WARNING, "dkim-foreign", dkim->domain,
				   "The message is signed by other domains only (%zu signature%s), "
				   "which does not help DMARC.", dkim->foreign_signatures,
				   dkim->foreign_signatures > 1 ? "s" : "");
}
