/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_dkim.h"

#include <openssl/evp.h>

#include "checks/dkim_public_key.h"

/* Selectors that programs and services use unless told otherwise. */
static const char *const common_selectors[] = {
	"default", "dkim", "mail", "email", "smtp", "mx", "key1", "key2", "dkim1",
	"dkim2", "s1", "s2", "s1024", "s2048", "k1", "k2", "k3", "selector",
	"selector1", "selector2", "google", "mandrill", "mailjet", "mailgun", "pic",
	"sendgrid", "smtpapi", "amazonses", "protonmail", "protonmail2", "protonmail3",
	"fm1", "fm2", "fm3", "zoho", "zmail", "sig1", "mxvault", "postmark", "pm",
	"brevo1", "brevo2", "hs1", "hs2", "ed25519", "rsa", "x", "a", "2024", "2025",
	"2026",
};

/* No one has this selector; an answer means that all names have one. */
static const char unlikely_selector[] = "no-such-selector-dmarcmilter-check";

static unsigned
rsa_bits(struct text der)
{
	EVP_PKEY *key = dkim_public_key_rsa(der);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;

	EVP_PKEY_free(key);
	return bits > 0 ? (unsigned)bits : 0;
}

static void
read_rsa(struct arena *arena, struct domain_key *key)
{
	struct text der = key->key.public_key;
	struct text info = dkim_public_key_info(arena, der);

	key->bits = rsa_bits(der);
	key->is_bare = !text_equal(info, der);
	if (key->bits > 0)
		return;
	key->state = DOMAIN_KEY_WRONG;
	key->problem = "p= holds no RSA public key";
}

void
domain_key_read(struct arena *arena, const struct dns_answer *answer, struct domain_key *key)
{
	key->answer = answer;
	key->state = DOMAIN_KEY_UNANSWERED;
	if (!domain_answer_is_known(answer))
		return;
	key->state = answer->count == 0 ? DOMAIN_KEY_ABSENT : DOMAIN_KEY_SEVERAL;
	if (answer->count == 0)
		return;
	key->record = answer->records[0].text;
	if (answer->count > 1)
		return;
	key->state = DOMAIN_KEY_WRONG;
	key->problem = dkim_key_parse(arena, key->record, &key->key);
	if (key->problem != NULL)
		return;
	key->state = key->key.is_revoked ? DOMAIN_KEY_REVOKED : DOMAIN_KEY_USABLE;
	if (key->key.type == DKIM_KEY_RSA && key->state == DOMAIN_KEY_USABLE)
		read_rsa(arena, key);
}

static bool
is_known_key(const struct domain_dkim *dkim, struct text name)
{
	for (size_t i = 0; i < dkim->count; i++)
		if (text_equal(dkim->keys[i].name, name))
			return true;
	return false;
}

static void
add_key(const struct domain_run *run, struct domain_dkim *dkim, struct text selector,
	struct text domain, enum domain_selector_origin origin)
{
	struct domain_key key = { .selector = selector, .domain = domain, .origin = origin };
	const struct dns_answer *answer;

	key.name = text_printf(run->arena, "%.*s._domainkey.%.*s", TEXT_ARGUMENTS(selector),
			       TEXT_ARGUMENTS(domain));
	if (is_known_key(dkim, key.name))
		return;
	answer = domain_answer(run, key.name, DNS_TXT);
	/* Of a selector that is only a guess, nothing but a record says anything. */
	if (origin == DOMAIN_SELECTOR_COMMON &&
	    (answer->status != DNS_FOUND || dkim->has_wildcard))
		return;
	domain_key_read(run->arena, answer, &key);
	dkim->keys[dkim->count++] = key;
}

void
domain_dkim_gather(const struct domain_run *run, struct domain_dkim *dkim)
{
	const struct domain_wishes *wishes = run->wishes;
	const struct dns_answer *wildcard;

	*dkim = (struct domain_dkim){ .domain = wishes->domain,
				      .has_message = wishes->has_message,
				      .foreign_signatures = wishes->foreign_signatures };
	dkim->above = domain_answer_below(run, "_domainkey", dkim->domain, DNS_TXT);
	wildcard = domain_answer(run, text_printf(run->arena, "%s._domainkey.%.*s",
						  unlikely_selector,
						  TEXT_ARGUMENTS(dkim->domain)), DNS_TXT);
	dkim->has_wildcard = wildcard->status == DNS_FOUND;
	dkim->hides_absence = wildcard->status != DNS_NO_NAME;
	dkim->keys = arena_array(run->arena,
				 wishes->selector_count + COUNT_OF(common_selectors),
				 sizeof(*dkim->keys));
	for (size_t i = 0; i < wishes->selector_count; i++) {
		dkim->is_signed_by_domain |= wishes->selectors[i].is_from_message;
		add_key(run, dkim, wishes->selectors[i].name, wishes->selectors[i].domain,
			wishes->selectors[i].is_from_message ? DOMAIN_SELECTOR_OF_MESSAGE :
							       DOMAIN_SELECTOR_GIVEN);
	}
	for (size_t i = 0; i < COUNT_OF(common_selectors); i++)
		add_key(run, dkim, text_from(common_selectors[i]), dkim->domain,
			DOMAIN_SELECTOR_COMMON);
}
