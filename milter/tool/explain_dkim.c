/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/steps.h"

#include "mail/base64.h"
#include "tool/dkim_diagnosis.h"

static const char *
clause_of(const struct dkim_signature_finding *finding)
{
	static const struct {
		const char *reason;
		const char *clause;
	} clauses[] = {
		{ "signature did not verify", "RFC 6376 6.1.3" },
		{ "body hash did not verify", "RFC 6376 6.1.3" },
		{ "no key", "RFC 6376 6.1.2" },
		{ "key is revoked", "RFC 6376 3.6.1" },
		{ "key cannot be fetched now", "RFC 6376 6.1.2" },
		{ "signature has expired", "RFC 6376 3.5" },
		{ "signature is from the future", "RFC 6376 3.5" },
		{ "rsa-sha1 is not valid", "RFC 8301 3.1" },
		{ "RSA key is shorter than 1024 bits", "RFC 8301 3.2" },
		{ "l= is longer than the body", "RFC 6376 3.5" },
		{ "l= leaves a part of the body unsigned", "RFC 6376 8.2" },
		{ "key is of another type than the signature", "RFC 6376 6.1.2" },
		{ "key is not for this hash", "RFC 6376 3.6.1" },
		{ "key is not for mail", "RFC 6376 3.6.1" },
	};

	for (size_t i = 0; i < COUNT_OF(clauses); i++)
		if (text_equal(text_from(clauses[i].reason), text_from(finding->reason)))
			return clauses[i].clause;
	return finding->result == RESULT_PASS ? "RFC 6376 6.1.3" : "RFC 6376 6.1.1";
}

static bool
is_of(const struct dkim_signature *signature, const struct dkim_signature_finding *finding)
{
	return text_equal(signature->domain, finding->domain) &&
	       text_equal_nocase(signature->selector, finding->selector) &&
	       text_equal(signature->algorithm_text, finding->algorithm) &&
	       text_starts_with(signature->signature_text, finding->signature_start);
}

/* The field that a finding is about; *position is the first that may be it. */
static const struct header_field *
find_field(const struct judgement *judgement, const struct dkim_signature_finding *finding,
	   size_t *position, struct dkim_signature *signature_out)
{
	const struct header_field *field;

	while ((field = message_next_field(judgement->message, TEXT("DKIM-Signature"),
					   position)) != NULL) {
		*signature_out = dkim_signature_parse(judgement->arena, field->value);
		if (is_of(signature_out, finding))
			return field;
	}
	return NULL;
}

/* The first record at the key's name that is a key. */
static bool
find_key(struct steps *steps, const struct judgement *judgement,
	 const struct dkim_signature *signature, struct dkim_key *key_out)
{
	struct text name = dkim_signature_key_name(steps->arena, signature);
	const struct dns_exchange *exchange = judgement_find_answer(judgement, name, DNS_TXT);
	struct dns_answer answer;
	struct text shown;

	if (exchange == NULL)
		return false;
	shown = dns_exchange_answer(steps->arena, exchange, &answer);
	steps_add_detail(steps, 1, STEP_PLAIN, NULL, "%.*s: %.*s", TEXT_ARGUMENTS(name),
			 STEP_TEXT(steps, shown));
	for (size_t i = 0; i < answer.count; i++)
		if (dkim_key_parse(steps->arena, answer.records[i].text, key_out) == NULL)
			return !key_out->is_revoked && key_out->public_key.length > 0;
	return false;
}

static void
explain_tail(struct steps *steps, const struct dkim_signature *signature,
	     const struct dkim_diagnosis *diagnosis)
{
	steps_add(steps, 1, STEP_DOUBTFUL, "RFC 6376 8.2",
		  "l=%llu leaves %llu bytes of the body unsigned; they begin with:",
		  (unsigned long long)signature->body_length,
		  (unsigned long long)(diagnosis->body_length - signature->body_length));
	for (size_t i = 0; i < diagnosis->tail_line_count; i++)
		steps_add(steps, 2, STEP_PLAIN, NULL, "\"%.*s\"",
			  STEP_TEXT(steps, diagnosis->tail_lines[i]));
}

/* What explains a body that differs. */
static void
explain_added_lines(struct steps *steps, const struct dkim_diagnosis *diagnosis)
{
	bool is_footer = diagnosis->footer_lines > 0;
	size_t lines = is_footer ? diagnosis->footer_lines : diagnosis->banner_lines;

	if (lines == 0)
		return;
	steps_add(steps, 2, STEP_DOUBTFUL, NULL,
		  "it is as it was signed when the %s %zu line%s left out: a %s was added; it "
		  "begins with \"%.*s\"", is_footer ? "last" : "first", lines,
		  lines == 1 ? " is" : "s are", is_footer ? "footer" : "banner",
		  STEP_TEXT(steps, diagnosis->added_line));
}

static void
explain_body(struct steps *steps, const struct dkim_signature *signature,
	     const struct dkim_diagnosis *diagnosis)
{
	const char *form = signature->body_form == DKIM_SIMPLE ? "simple" : "relaxed";

	if (!diagnosis->body_is_known) {
		steps_add(steps, 1, STEP_PLAIN, NULL,
			  "the body is larger than what is kept to compare hashes");
		return;
	}
	if (diagnosis->tail_line_count > 0)
		explain_tail(steps, signature, diagnosis);
	if (diagnosis->body_fits) {
		steps_add_detail(steps, 1, STEP_GOOD, "RFC 6376 3.7",
				 "the body is as it was signed (%s)", form);
		return;
	}
	steps_add(steps, 1, STEP_BAD, "RFC 6376 3.7",
		  "the body was changed: bh=%.*s was signed, it is %.*s (%s)",
		  TEXT_ARGUMENTS(base64_encode(steps->arena, signature->body_hash)),
		  TEXT_ARGUMENTS(base64_encode(steps->arena, diagnosis->body_hash)), form);
	explain_added_lines(steps, diagnosis);
}

static void
explain_header(struct steps *steps, const struct dkim_diagnosis *diagnosis)
{
	if (!diagnosis->header_is_known || diagnosis->header_fit == DKIM_FIT_UNKNOWN)
		return;
	if (diagnosis->header_fit == DKIM_FIT_YES) {
		steps_add_detail(steps, 1, STEP_GOOD, "RFC 6376 3.7",
				 "the signed header fields are as they were, and the key fits");
		return;
	}
	steps_add(steps, 1, STEP_BAD, "RFC 6376 3.7",
		  "a signed header field was changed, or another key has signed");
	if (!text_is_empty(diagnosis->subject_tag))
		steps_add(steps, 2, STEP_DOUBTFUL, NULL,
			  "it verifies when \"%.*s\" is taken off the Subject: a list has put "
			  "it there",
			  STEP_TEXT(steps, text_trim(diagnosis->subject_tag)));
	if (diagnosis->added_field != NULL)
		steps_add(steps, 2, STEP_DOUBTFUL, NULL,
			  "it verifies without the field %.*s #%u, which was added",
			  STEP_TEXT(steps, diagnosis->added_field->name),
			  diagnosis->added_field->instance);
}

static void
explain_hashes(struct steps *steps, const struct judgement *judgement,
	       const struct dkim_signature *signature, const struct header_field *field)
{
	struct textbuf body = judgement->body;
	struct dkim_key key;
	bool has_key = find_key(steps, judgement, signature, &key);
	struct dkim_diagnosis diagnosis;

	/* SHA-1 is not made here, so nothing is known of what it was made of. */
	if (signature->status != DKIM_SIGNATURE_VALID || signature->algorithm == DKIM_RSA_SHA1)
		return;
	has_key = has_key && dkim_key_bits(&key) > 0 &&
		  (key.type == DKIM_KEY_ED25519) == (signature->algorithm == DKIM_ED25519_SHA256);
	diagnosis = dkim_diagnose(steps->arena, signature, field, judgement->message,
				  textbuf_text(&body), !body.overflowed, has_key ? &key : NULL);
	explain_body(steps, signature, &diagnosis);
	explain_header(steps, &diagnosis);
}

static void
explain_result(struct steps *steps, const struct dkim_signature_finding *finding)
{
	enum step_mood mood = step_mood_of(finding->result);

	if (text_is_empty(finding->domain)) {
		steps_add(steps, 0, mood, clause_of(finding),
			  "%s: a signature that cannot be read%s%s",
			  result_keyword(finding->result), finding->reason != NULL ? ": " : "",
			  finding->reason != NULL ? finding->reason : "");
		return;
	}
	steps_add(steps, 0, mood, clause_of(finding),
		  "%s: d=%.*s s=%.*s %.*s%s%s%s", result_keyword(finding->result),
		  STEP_DOMAIN(steps, finding->domain), STEP_TEXT(steps, finding->selector),
		  STEP_TEXT(steps, finding->algorithm),
		  finding->key_bits > 0 ?
			  text_printf(steps->arena, " %u bits", finding->key_bits).bytes : "",
		  finding->reason != NULL ? ": " : "",
		  finding->reason != NULL ? finding->reason : "");
	if (finding->is_testing)
		steps_add(steps, 1, STEP_DOUBTFUL, "RFC 6376 3.6.1",
			  "the key says t=y: its domain only tests how it signs");
}

void
explain_dkim(struct steps *steps, const struct judgement *judgement)
{
	const struct dkim_finding *dkim = &judgement->outcome.findings.dkim;
	size_t position = 0;

	if (dkim->result == RESULT_NOT_CHECKED)
		return;
	if (dkim->count == 0)
		steps_add(steps, 0, STEP_PLAIN, NULL, "%s: %s", result_keyword(dkim->result),
			  dkim->reason != NULL ? dkim->reason : "the message is not signed");
	for (size_t i = 0; i < dkim->count; i++) {
		const struct dkim_signature_finding *finding = &dkim->signatures[i];
		struct dkim_signature signature;
		const struct header_field *field;

		explain_result(steps, finding);
		field = find_field(judgement, finding, &position, &signature);
		if (field != NULL)
			explain_hashes(steps, judgement, &signature, field);
		else
			position = 0;
	}
	if (dkim->skipped > 0)
		steps_add(steps, 1, STEP_DOUBTFUL, NULL, "%zu more signatures were not looked at: "
			  "DKIMMaxSignatures", dkim->skipped);
}
