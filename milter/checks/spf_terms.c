/* SPDX-License-Identifier: BSD-2-Clause */
/* The mechanisms of RFC 7208, 5, evaluated by us: libspf2 is only told what came out. */
#include <inttypes.h>

#include "checks/spf_evaluation.h"
#include "mail/domain_name.h"

static struct arena *
arena_of(const struct spf_evaluation *evaluation)
{
	return evaluation->run->arena;
}

/* RFC 7208, 5: the addresses of the client's family are the ones to compare with. */
static enum dns_type
address_type(const struct spf_evaluation *evaluation)
{
	return evaluation->values.client.family == IP_V6 ? DNS_AAAA : DNS_A;
}

/* RFC 7208, 4.6.4: at most two terms whose question finds nothing. */
static enum spf_step
count_void(struct spf_evaluation *evaluation, struct text name)
{
	uint64_t limit = evaluation->run->config->spf_void_limit;

	if (evaluation->voids >= limit)
		return spf_end(evaluation, RESULT_PERMERROR,
			       text_printf(arena_of(evaluation),
					   "%.*s: more than %" PRIu64 " names without records",
					   TEXT_ARGUMENTS(name), limit));
	evaluation->voids++;
	return SPF_STEP_NO;
}

/* What an answer other than DNS_FOUND means for a term (RFC 7208, 5). */
static enum spf_step
step_without_records(struct spf_evaluation *evaluation, struct text name, enum dns_type type,
		     const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_FOUND:
		return SPF_STEP_YES;
	case DNS_PENDING:
		return SPF_STEP_PENDING;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return SPF_STEP_NO;
	case DNS_RETRY:
		return spf_end(evaluation, RESULT_TEMPERROR,
			       text_printf(arena_of(evaluation), "%.*s %s: %s",
					   TEXT_ARGUMENTS(name), dns_type_name(type),
					   answer->reason != NULL ? answer->reason :
								    "no answer"));
	case DNS_LIMIT:
		return spf_end(evaluation, RESULT_PERMERROR, TEXT("our limit of DNS questions"));
	}
	return SPF_STEP_NO;
}

/* The first question of a term: one that finds nothing is counted. */
static enum spf_step
ask_first(struct spf_evaluation *evaluation, struct text name, enum dns_type type,
	  const struct dns_answer **answer_out)
{
	enum spf_step step;

	*answer_out = spf_ask(evaluation, name, type);
	step = step_without_records(evaluation, name, type, *answer_out);
	return step == SPF_STEP_NO ? count_void(evaluation, name) : step;
}

static struct ip
record_address(const struct dns_record *record, enum dns_type type)
{
	struct ip ip = { .family = IP_V6 };

	if (type == DNS_A)
		return ip_from_v4(record->address);
	/* Not ip_from_v6(): a mapped address in an AAAA record is no IPv4 address (RFC 7208, 5). */
	for (size_t i = 0; i < sizeof(ip.bytes); i++)
		ip.bytes[i] = record->address[i];
	return ip;
}

static bool
has_address(const struct spf_evaluation *evaluation, const struct dns_answer *answer,
	    unsigned prefix4, unsigned prefix6)
{
	struct ip client = evaluation->values.client;
	enum dns_type type = address_type(evaluation);
	unsigned prefix = client.family == IP_V6 ? prefix6 : prefix4;

	for (size_t i = 0; i < answer->count; i++) {
		if (ip_same_prefix(client, record_address(&answer->records[i], type), prefix))
			return true;
	}
	return false;
}

bool
spf_address_matches(const struct spf_evaluation *evaluation, const struct spf_term *term)
{
	struct ip client = evaluation->values.client;

	if (term->mechanism == SPF_MECHANISM_ALL)
		return true;
	if (client.family != term->network.family)
		return false;
	return ip_same_prefix(client, term->network,
			      client.family == IP_V6 ? term->prefix6 : term->prefix4);
}

/* RFC 7208, 5.3 */
static enum spf_step
match_a(struct spf_evaluation *evaluation, struct text name, const struct spf_term *term)
{
	const struct dns_answer *answer;
	enum spf_step step = ask_first(evaluation, name, address_type(evaluation), &answer);

	if (step != SPF_STEP_YES)
		return step;
	return has_address(evaluation, answer, term->prefix4, term->prefix6) ? SPF_STEP_YES :
									       SPF_STEP_NO;
}

/*
 * Asks for the addresses of the first names at or below `target` (empty: of
 * all) at once; the caller then reads the answers one by one.
 */
static void
ask_addresses(struct spf_evaluation *evaluation, const struct dns_answer *names,
	      struct text target)
{
	/* A guess is one question, not eleven. */
	if (evaluation->is_guess)
		return;
	for (size_t i = 0; i < names->count && i < SPF_NAMES_MAX; i++) {
		struct text name = names->records[i].text;

		if (text_is_empty(name) ||
		    (!text_is_empty(target) && !domain_name_is_at_or_below(name, target)))
			continue;
		dns_ask(evaluation->run->dns, name, address_type(evaluation), DNS_ORDINARY);
	}
}

/*
 * RFC 7208, 5.4, and 4.6.4: more than ten names are an error, whatever the
 * order they came in: else the result would change from one answer to the next.
 */
static enum spf_step
match_mx(struct spf_evaluation *evaluation, struct text name, const struct spf_term *term)
{
	const struct dns_answer *names;
	enum spf_step step = ask_first(evaluation, name, DNS_MX, &names);

	if (step != SPF_STEP_YES)
		return step;
	if (names->count > SPF_NAMES_MAX)
		return spf_end(evaluation, RESULT_PERMERROR,
			       text_printf(arena_of(evaluation), "%.*s: more than %d MX records",
					   TEXT_ARGUMENTS(name), SPF_NAMES_MAX));
	ask_addresses(evaluation, names, (struct text){ 0 });
	for (size_t i = 0; i < names->count; i++) {
		struct text host = names->records[i].text;
		enum dns_type type = address_type(evaluation);
		const struct dns_answer *answer;

		if (text_is_empty(host))        /* RFC 7505: no mail server */
			continue;
		answer = spf_ask(evaluation, host, type);
		step = step_without_records(evaluation, host, type, answer);
		if (step == SPF_STEP_PENDING || step == SPF_STEP_OVER)
			return step;
		if (step == SPF_STEP_YES &&
		    has_address(evaluation, answer, term->prefix4, term->prefix6))
			return SPF_STEP_YES;
	}
	return SPF_STEP_NO;
}

/*
 * RFC 7208, 5.5: a PTR name is validated when the client is one of its
 * addresses. An error means not validated, except that our own limit ends all.
 */
static enum spf_step
validate(struct spf_evaluation *evaluation, struct text name)
{
	const struct dns_answer *answer;

	if (text_is_empty(name))
		return SPF_STEP_NO;
	answer = spf_ask(evaluation, name, address_type(evaluation));
	if (answer->status == DNS_RETRY)
		return SPF_STEP_NO;
	if (answer->status != DNS_FOUND)
		return step_without_records(evaluation, name, address_type(evaluation), answer);
	return has_address(evaluation, answer, 32, 128) ? SPF_STEP_YES : SPF_STEP_NO;
}

/* RFC 7208, 5.5: names behind the tenth are not looked at. */
static enum spf_step
match_ptr(struct spf_evaluation *evaluation, struct text target)
{
	struct text reverse = ip_reverse_name(arena_of(evaluation), evaluation->values.client);
	const struct dns_answer *names = spf_ask(evaluation, reverse, DNS_PTR);
	enum spf_step step;

	if (names->status == DNS_RETRY)
		return SPF_STEP_NO;
	step = step_without_records(evaluation, reverse, DNS_PTR, names);
	if (step == SPF_STEP_NO)
		return count_void(evaluation, reverse);
	if (step != SPF_STEP_YES)
		return step;
	ask_addresses(evaluation, names, target);
	for (size_t i = 0; i < names->count && i < SPF_NAMES_MAX; i++) {
		struct text name = names->records[i].text;

		/* Only a name at or below the target can match: the others need no question. */
		if (!domain_name_is_at_or_below(name, target))
			continue;
		step = validate(evaluation, name);
		if (step != SPF_STEP_NO)
			return step;
	}
	return SPF_STEP_NO;
}

/* RFC 7208, 7.3: how good a name is for %{p}: the domain itself, one below it, any other. */
static unsigned
name_rank(struct text name, struct text domain)
{
	if (text_equal(name, domain))
		return 3;
	return domain_name_is_at_or_below(name, domain) ? 2 : 1;
}

enum spf_step
spf_validate_name(struct spf_evaluation *evaluation, struct text domain, struct text *name_out)
{
	struct text reverse = ip_reverse_name(arena_of(evaluation), evaluation->values.client);
	const struct dns_answer *names = spf_ask(evaluation, reverse, DNS_PTR);
	unsigned best = 0;

	*name_out = (struct text){ 0 };
	if (names->status == DNS_PENDING)
		return SPF_STEP_PENDING;
	if (names->status == DNS_LIMIT)
		return step_without_records(evaluation, reverse, DNS_PTR, names);
	if (names->status != DNS_FOUND)
		return SPF_STEP_YES;
	ask_addresses(evaluation, names, (struct text){ 0 });
	for (size_t i = 0; i < names->count && i < SPF_NAMES_MAX; i++) {
		struct text name = names->records[i].text;
		unsigned rank = name_rank(name, domain);
		enum spf_step step;

		if (rank <= best)
			continue;
		step = validate(evaluation, name);
		if (step == SPF_STEP_PENDING || step == SPF_STEP_OVER)
			return step;
		if (step == SPF_STEP_NO)
			continue;
		best = rank;
		*name_out = name;
	}
	return SPF_STEP_YES;
}

/* RFC 7208, 5.7: an A question whatever the client's family; any answer matches. */
static enum spf_step
match_exists(struct spf_evaluation *evaluation, struct text name)
{
	const struct dns_answer *answer;

	return ask_first(evaluation, name, DNS_A, &answer);
}

enum spf_step
spf_term_matches(struct spf_evaluation *evaluation, struct text domain,
		 const struct spf_term *term)
{
	enum spf_step step = spf_count_term(evaluation, domain);
	struct text name;

	if (step != SPF_STEP_YES)
		return step;
	step = spf_expand(evaluation, domain, term->domain, &name);
	if (step != SPF_STEP_YES)
		return step;
	switch (term->mechanism) {
	case SPF_MECHANISM_A:
		return match_a(evaluation, name, term);
	case SPF_MECHANISM_MX:
		return match_mx(evaluation, name, term);
	case SPF_MECHANISM_PTR:
		return match_ptr(evaluation, name);
	case SPF_MECHANISM_EXISTS:
		return match_exists(evaluation, name);
	case SPF_MECHANISM_ALL:
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
	case SPF_MECHANISM_INCLUDE:
		break;
	}
	return SPF_STEP_NO;
}
