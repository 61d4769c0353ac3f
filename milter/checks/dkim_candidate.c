/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim_candidate.h"

#include "checks/dkim_verify.h"
#include "mail/author.h"
#include "mail/domain_name.h"

enum {
	RSA_BITS_MIN = 1024,    /* RFC 8301 3.2: less must not be valid */
	LABELS_IN_COMMON = 2,   /* makes alignment likely enough to be looked at first */
	RANK_ALIGNED = 0,
	RANK_OTHER = 1,
	RANK_MALFORMED = 2,
	RANKS = 3,
	SIGNATURE_START_MIN = 8,        /* RFC 6008 4 */
	/*
	 * RFC 6376 3.5 lets a verifier ignore signatures from the future. Senders
	 * that take local time for UTC are up to 14 hours ahead, and harmless.
	 */
	SECONDS_AHEAD_MAX = 24 * 60 * 60
};

bool
dkim_candidate_is_open(const struct dkim_candidate *candidate)
{
	return candidate->is_chosen && candidate->result == RESULT_NOT_CHECKED;
}

void
dkim_candidate_settle(struct dkim_candidate *candidate, enum result result, const char *reason)
{
	if (candidate->result != RESULT_NOT_CHECKED)
		return;
	candidate->result = result;
	candidate->reason = reason;
}

static void
ask_for_key(struct check_run *run, const struct dkim_candidate *candidate)
{
	dns_ask(run->dns, dkim_signature_key_name(run->arena, &candidate->signature), DNS_TXT,
		DNS_ORDINARY);
}

/* Whether the key can matter: not for what is refused without it. */
static bool
wants_key(const struct dkim_candidate *candidate)
{
	return candidate->signature.status == DKIM_SIGNATURE_VALID &&
	       candidate->signature.algorithm != DKIM_RSA_SHA1;
}

static void
collect_field(struct dkim_candidates *candidates, struct check_run *run, size_t index)
{
	struct dkim_candidate *candidate;

	if (candidates->count == DKIM_FIELDS_PARSED_MAX) {
		candidates->unread++;
		return;
	}
	candidates->items = arena_grow(run->arena, candidates->items, candidates->count,
				       &candidates->capacity, sizeof(*candidates->items));
	candidate = &candidates->items[candidates->count++];
	candidate->field_index = index;
	candidate->signature = dkim_signature_parse(run->arena, run->message->fields[index].value);
	if (wants_key(candidate) && candidates->asked < run->config->dkim_signatures_max) {
		ask_for_key(run, candidate);
		candidates->asked++;
	}
}

void
dkim_candidates_collect(struct dkim_candidates *candidates, struct check_run *run)
{
	const struct message *message = run->message;

	for (; candidates->next_field < message->field_count; candidates->next_field++)
		if (text_equal_nocase(message->fields[candidates->next_field].name,
				      TEXT("DKIM-Signature")))
			collect_field(candidates, run, candidates->next_field);
}

static struct text
find_author_domain(struct check_run *run)
{
	const struct message *message = run->message;
	size_t count = message_count_fields(message, TEXT("From"));
	struct text *values = arena_array(run->arena, count, sizeof(*values));
	size_t position = 0;

	for (size_t i = 0; i < count; i++)
		values[i] = message_next_field(message, TEXT("From"), &position)->value;
	return author_from_fields(run->arena, values, count).domain;
}

static bool
could_align(struct text domain, struct text author_domain)
{
	if (text_is_empty(author_domain))
		return false;
	return domain_name_is_at_or_below(domain, author_domain) ||
	       domain_name_is_at_or_below(author_domain, domain) ||
	       text_equal(domain_name_last_labels(domain, LABELS_IN_COMMON),
			  domain_name_last_labels(author_domain, LABELS_IN_COMMON));
}

static int
rank_of(const struct dkim_candidate *candidate, struct text author_domain)
{
	if (!wants_key(candidate))
		return RANK_MALFORMED;
	return could_align(candidate->signature.domain, author_domain) ? RANK_ALIGNED : RANK_OTHER;
}

/* RFC 6376 3.5 x= and t=, by the clock of the message. */
static void
check_times(struct dkim_candidate *candidate, const struct check_run *run)
{
	const struct dkim_signature *signature = &candidate->signature;
	int64_t now = run->message->received_at;
	int64_t drift = (int64_t)run->config->dkim_clock_drift;

	if (signature->has_expiration && now - drift > signature->expiration)
		dkim_candidate_settle(candidate, RESULT_PERMERROR, "signature has expired");
	if (signature->has_timestamp && now + drift + SECONDS_AHEAD_MAX < signature->timestamp)
		dkim_candidate_settle(candidate, RESULT_PERMERROR, "signature is from the future");
}

static void
check_alone(struct dkim_candidate *candidate, const struct check_run *run)
{
	const struct dkim_signature *signature = &candidate->signature;

	switch (signature->status) {
	case DKIM_SIGNATURE_MALFORMED:
		dkim_candidate_settle(candidate, RESULT_PERMERROR, signature->reason);
		return;
	case DKIM_SIGNATURE_NOT_SUPPORTED:
		/* RFC 8601 2.7.1: neutral is also what could not be processed. */
		dkim_candidate_settle(candidate, RESULT_NEUTRAL, signature->reason);
		return;
	case DKIM_SIGNATURE_VALID:
		break;
	}
	if (signature->algorithm == DKIM_RSA_SHA1)
		dkim_candidate_settle(candidate, RESULT_PERMERROR, "rsa-sha1 is not valid");
	/* In bytes or fields: those not kept may be signed. */
	if (run->message->header_is_over_limit)
		dkim_candidate_settle(candidate, RESULT_NEUTRAL, "header is over the limit");
	check_times(candidate, run);
}

/* Only so many different l= are worked on. */
static void
limit_body_lengths(struct dkim_candidates *candidates)
{
	uint64_t lengths[DKIM_BODY_LENGTHS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		struct dkim_candidate *candidate = &candidates->items[i];
		size_t known = 0;

		if (!dkim_candidate_is_open(candidate) || !candidate->signature.has_body_length)
			continue;
		while (known < count && lengths[known] != candidate->signature.body_length)
			known++;
		if (known < count)
			continue;
		if (count == DKIM_BODY_LENGTHS_MAX)
			dkim_candidate_settle(candidate, RESULT_NEUTRAL,
					      "too many different l= in the message");
		else
			lengths[count++] = candidate->signature.body_length;
	}
}

void
dkim_candidates_choose(struct dkim_candidates *candidates, struct check_run *run)
{
	uint64_t left = run->config->dkim_signatures_max;
	struct text author_domain;

	if (candidates->are_chosen)
		return;
	candidates->are_chosen = true;
	dkim_candidates_collect(candidates, run);
	if (candidates->count == 0)
		return;
	author_domain = find_author_domain(run);
	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < candidates->count && left > 0; i++) {
			struct dkim_candidate *candidate = &candidates->items[i];

			if (candidate->is_chosen || rank_of(candidate, author_domain) != rank)
				continue;
			candidate->is_chosen = true;
			left--;
			check_alone(candidate, run);
		}
	}
	limit_body_lengths(candidates);
	for (size_t i = 0; i < candidates->count; i++)
		if (dkim_candidate_is_open(&candidates->items[i]))
			ask_for_key(run, &candidates->items[i]);
}

/*
 * RFC 6376 3.6.2.2: several records at a key's name are undefined. What is no
 * key record (a wildcard's SPF record, say) does not count; one key is wanted.
 */
static const char *
read_key(struct arena *arena, const struct dns_answer *answer, struct dkim_key *key_out)
{
	const char *first_reason = NULL;
	size_t usable = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct dkim_key key;
		const char *reason = dkim_key_parse(arena, answer->records[i].text, &key);

		if (reason == NULL && usable++ == 0)
			*key_out = key;
		else if (first_reason == NULL)
			first_reason = reason;
	}
	if (usable > 1)
		return "several key records";
	return usable == 1 ? NULL : first_reason;
}

/* RFC 6376 6.1.2, RFC 8301 3.2: NULL when this signature may use this key. */
static const char *
find_misuse(const struct dkim_candidate *candidate)
{
	const struct dkim_signature *signature = &candidate->signature;
	const struct dkim_key *key = &candidate->key;
	enum dkim_key_type wanted = signature->algorithm == DKIM_ED25519_SHA256 ? DKIM_KEY_ED25519
										 : DKIM_KEY_RSA;

	if (key->is_revoked)
		return "key is revoked";
	if (key->type != wanted)
		return "key is of another type than the signature";
	if (!key->allows_sha256)
		return "key is not for this hash";
	if (!key->is_for_mail)
		return "key is not for mail";
	if (key->is_strict && signature->identity_is_below)
		return "i= is below d=, which the key does not allow";
	if (candidate->key_bits == 0)
		return "key cannot be read";
	if (key->type == DKIM_KEY_RSA && candidate->key_bits < RSA_BITS_MIN)
		return "RSA key is shorter than 1024 bits";
	return NULL;
}

static void
use_answer(struct dkim_candidate *candidate, struct arena *arena, const struct dns_answer *answer)
{
	const char *reason = read_key(arena, answer, &candidate->key);

	if (reason == NULL) {
		if (!candidate->key.is_revoked)
			candidate->key_bits = dkim_key_bits(&candidate->key);
		reason = find_misuse(candidate);
	}
	if (reason != NULL)
		dkim_candidate_settle(candidate, RESULT_PERMERROR, reason);
	else
		candidate->key_fits = true;
}

void
dkim_candidate_fetch_key(struct dkim_candidate *candidate, struct check_run *run)
{
	const struct dns_answer *answer;

	answer = dns_look_up(run->dns, dkim_signature_key_name(run->arena, &candidate->signature),
			     DNS_TXT, DNS_ORDINARY);
	switch (answer->status) {
	case DNS_FOUND:
		use_answer(candidate, run->arena, answer);
		return;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		dkim_candidate_settle(candidate, RESULT_PERMERROR, "no key");
		return;
	case DNS_LIMIT:
		dkim_candidate_settle(candidate, RESULT_PERMERROR, "limit of DNS questions");
		return;
	case DNS_PENDING:
	case DNS_RETRY:
		break;
	}
	dkim_candidate_settle(candidate, RESULT_TEMPERROR, "key cannot be fetched now");
}

/* How far two texts are equal. */
static size_t
common_length(struct text a, struct text b)
{
	size_t length = 0;

	while (length < a.length && length < b.length && a.bytes[length] == b.bytes[length])
		length++;
	return length;
}

/* RFC 6008 4: as much of b= as tells the signatures of the message apart. */
static struct text
signature_start(const struct dkim_candidates *candidates, const struct dkim_candidate *candidate)
{
	struct text own = candidate->signature.signature_text;
	size_t length = SIGNATURE_START_MIN;

	for (size_t i = 0; i < candidates->count; i++) {
		size_t common = common_length(own, candidates->items[i].signature.signature_text);

		if (&candidates->items[i] != candidate && candidates->items[i].is_chosen &&
		    common >= length)
			length = common + 1;
	}
	return text_cut(own, 0, length);
}

/* What is said of the whole: pass if anything passes; then what may still become a pass. */
static int
weight_of(enum result result)
{
	switch (result) {
	case RESULT_PASS:
		return 6;
	case RESULT_TEMPERROR:
		return 5;
	case RESULT_POLICY:
		return 4;
	case RESULT_FAIL:
		return 3;
	case RESULT_NEUTRAL:
		return 2;
	case RESULT_PERMERROR:
		return 1;
	case RESULT_NOT_CHECKED:
	case RESULT_NONE:
	case RESULT_SOFTFAIL:
		return 0;
	}
	return 0;
}

static void
add_finding(const struct dkim_candidates *candidates, const struct dkim_candidate *candidate,
	    struct dkim_finding *finding)
{
	struct dkim_signature_finding *one = &finding->signatures[finding->count++];
	const struct dkim_signature *signature = &candidate->signature;

	one->result = candidate->result;
	one->reason = candidate->result == RESULT_PASS ? NULL : candidate->reason;
	one->domain = signature->domain;
	one->selector = signature->selector;
	one->algorithm = signature->algorithm_text;
	one->identity = signature->identity;
	one->signature_start = signature_start(candidates, candidate);
	one->key_bits = candidate->key_bits;
	one->is_testing = candidate->key.is_testing;
	one->has_unsigned_tail = candidate->has_unsigned_tail;
	one->key_fits = candidate->key_fits;
	if (weight_of(one->result) > weight_of(finding->result))
		finding->result = one->result;
}

void
dkim_candidates_conclude(const struct dkim_candidates *candidates, struct check_run *run)
{
	struct dkim_finding *finding = &run->findings->dkim;

	*finding = (struct dkim_finding){ .result = RESULT_NONE, .skipped = candidates->unread };
	finding->signatures = arena_array(run->arena, candidates->count,
					  sizeof(*finding->signatures));
	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].is_chosen)
			add_finding(candidates, &candidates->items[i], finding);
		else
			finding->skipped++;
	}
	if (finding->skipped > 0)
		finding->reason = "too many signatures";
}
