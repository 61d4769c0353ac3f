/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_explain.h"

static const struct log_meaning iprev_meanings[] = {
	{ "pass", LOG_TONE_GOOD, "pass: {client} is {ptr}, and that name leads back to it" },
	{ "fail", LOG_TONE_WARNING,
	  "fail: {client} calls itself {ptr}, but that name does not lead back to it" },
	{ "permerror", LOG_TONE_WARNING,
	  "permerror: {client} has no name in reverse DNS (PTR record)" },
	{ "temperror", LOG_TONE_WARNING,
	  "temperror: DNS gave no answer about the name of {client}" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning spf_meanings[] = {
	{ "pass", LOG_TONE_GOOD, "pass: {spfdom} allows {client} to send for it" },
	{ "fail", LOG_TONE_BAD,
	  "fail: the SPF record of {spfdom} does not allow mail from {client}" },
	{ "softfail", LOG_TONE_WARNING,
	  "softfail: by the SPF record of {spfdom} mail from {client} is probably not its own" },
	{ "neutral", LOG_TONE_WARNING,
	  "neutral: the SPF record of {spfdom} does not say whether {client} may send for it" },
	{ "none", LOG_TONE_WARNING, "none: {spfdom} publishes no SPF record" },
	{ "temperror", LOG_TONE_WARNING,
	  "temperror: DNS gave no answer for the SPF of {spfdom}" },
	{ "permerror", LOG_TONE_BAD, "permerror: the SPF record of {spfdom}, or one that it takes "
	  "in, has a fault or wants too many look-ups" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning signature_meanings[] = {
	{ "pass", LOG_TONE_GOOD, "verifies" },
	{ "fail", LOG_TONE_BAD,
	  "does not verify: the message was changed on its way, or the signature is forged" },
	{ "neutral", LOG_TONE_WARNING, "cannot be judged" },
	{ "policy", LOG_TONE_WARNING, "does not count by the settings of this host" },
	{ "temperror", LOG_TONE_WARNING,
	  "could not be verified: DNS gave no answer for its key" },
	{ "permerror", LOG_TONE_BAD,
	  "cannot be used: its key, or the signature itself, has a fault" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning arc_meanings[] = {
	{ "pass", LOG_TONE_GOOD,
	  "pass: the chain of seals is whole; the newest is of {arcdom}" },
	{ "fail", LOG_TONE_WARNING, "fail: the chain of seals is broken, so it proves nothing" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static const struct log_meaning dmarc_meanings[] = {
	{ "pass", LOG_TONE_GOOD, "pass: {from} is confirmed as the author's domain by " },
	{ "fail", LOG_TONE_BAD, "fail: nothing confirms that the message is of {from}" },
	{ "none", LOG_TONE_PLAIN,
	  "none: neither {from} nor its organization publishes a DMARC record that can be used" },
	{ "temperror", LOG_TONE_WARNING, "temperror: an answer of DNS is missing without which "
	  "there is no verdict about {from}" },
	{ "permerror", LOG_TONE_WARNING, "permerror: this host could not find out what {from} "
	  "publishes: a limit, or no public suffix list" },
	{ NULL, LOG_TONE_PLAIN, NULL },
};

static struct text
envelope_sender(struct arena *arena, const struct log_record *record)
{
	struct text sender = log_record_value(record, LOG_KEY_MAIL_FROM);

	if (text_equal(sender, TEXT("<>")))
		return TEXT("the null sender, as bounces have it");
	/* LogAddresses domain leaves the local part out. */
	if (text_starts_with(sender, TEXT("@")) && sender.length > 1)
		return text_printf(arena, "an envelope sender of %.*s",
				   TEXT_ARGUMENTS(terminal_domain(
					   arena, text_from_position(sender, 1))));
	if (text_is_empty(sender) || text_equal(sender, TEXT("@")))
		return TEXT("an envelope sender without a domain");
	return text_join(arena, TEXT("the envelope sender "), terminal_safe(arena, sender));
}

static void
add_size(struct textbuf *out, const struct log_record *record)
{
	uint64_t recipients = log_record_number(record, LOG_KEY_RECIPIENTS);

	textbuf_printf(out, "; %llu recipient%s, %llu bytes", (unsigned long long)recipients,
		       recipients == 1 ? "" : "s",
		       (unsigned long long)log_record_number(record, LOG_KEY_SIZE));
}

/* What is missing in the short line is left out. */
static void
explain_sender(struct log_explanation *explanation, const struct log_record *record)
{
	struct arena *arena = explanation->arena;
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	textbuf_add(&out, log_is(record, LOG_KEY_CLIENT, "-")
				  ? TEXT("a client without an address")
				  : log_fill(arena, record, "{client}"));
	if (log_is(record, LOG_KEY_IPREV, "pass"))
		textbuf_add(&out, log_fill(arena, record, " ({ptr})"));
	if (log_record_has(record, LOG_KEY_HELO))
		textbuf_add(&out, log_fill(arena, record, ", HELO {helo}"));
	if (log_record_has(record, LOG_KEY_TLS))
		textbuf_add(&out, log_fill(arena, record, ", over {tls}"));
	if (record->values[LOG_KEY_MAIL_FROM].bytes != NULL) {
		textbuf_add_string(&out, "; ");
		textbuf_add(&out, envelope_sender(arena, record));
	}
	if (log_record_has(record, LOG_KEY_FROM))
		textbuf_add(&out, log_fill(arena, record, "; author (From) of {from}"));
	if (record->values[LOG_KEY_RECIPIENTS].bytes != NULL)
		add_size(&out, record);
	if (log_record_has(record, LOG_KEY_MESSAGE_ID))
		textbuf_add(&out, log_fill(arena, record, "; Message-ID {mid}"));
	log_explanation_add(explanation, LOG_TOPIC_SENDER, LOG_TONE_PLAIN, textbuf_text(&out));
}

/* The line has a name (ptr) unless there was none that could be one of a host. */
static void
explain_iprev(struct log_explanation *explanation, const struct log_record *record)
{
	bool has_name = log_record_has(record, LOG_KEY_PTR);
	const char *sentence = NULL;

	if (log_is(record, LOG_KEY_IPREV, "fail") && !has_name)
		sentence = "fail: no PTR record of {client} holds the name of a host";
	else if (log_is(record, LOG_KEY_IPREV, "permerror") && has_name)
		sentence = "permerror: the limit of questions was met before all names of "
			   "{client} were known";
	if (sentence == NULL)
		log_add_meaning(explanation, record, LOG_TOPIC_IPREV, LOG_KEY_IPREV,
				iprev_meanings);
	else
		log_explanation_add(explanation, LOG_TOPIC_IPREV, LOG_TONE_WARNING,
				    log_fill(explanation->arena, record, sentence));
}

static void
explain_spf(struct log_explanation *explanation, const struct log_record *record)
{
	struct arena *arena = explanation->arena;
	const struct log_meaning *meaning =
		log_find_meaning(spf_meanings, record->values[LOG_KEY_SPF]);
	struct text text;

	if (meaning == NULL)
		return;
	text = log_record_has(record, LOG_KEY_SPF_DOMAIN)
		       ? log_fill(arena, record, meaning->sentence)
		       : log_fill(arena, record, "{spf}: there was no domain to check");
	if (log_record_has(record, LOG_KEY_SPF_HELO))
		text = text_join(arena, text,
				 log_fill(arena, record, "; of the HELO name: {spfhelo}"));
	log_explanation_add(explanation, LOG_TOPIC_SPF, meaning->tone, text);
}

/* domain:selector:result; a selector may hold an escaped anything, the others no colon. */
static void
explain_signature(struct log_explanation *explanation, struct text signature)
{
	struct arena *arena = explanation->arena;
	size_t first = text_find(signature, ':');
	size_t last = text_find_last(signature, ':');
	const struct log_meaning *meaning;
	struct text result;

	if (text_starts_with(signature, TEXT("+"))) {
		log_explanation_add(explanation, LOG_TOPIC_DKIM, LOG_TONE_PLAIN,
				    text_printf(arena, "%.*s more that the line does not name",
						TEXT_ARGUMENTS(text_from_position(signature, 1))));
		return;
	}
	if (first == last)
		return;
	result = text_from_position(signature, last + 1);
	meaning = log_find_meaning(signature_meanings, result);
	log_explanation_add(
		explanation, LOG_TOPIC_DKIM, meaning != NULL ? meaning->tone : LOG_TONE_PLAIN,
		text_printf(arena, "%.*s: the signature of %.*s (selector %.*s) %s",
			    TEXT_ARGUMENTS(result),
			    TEXT_ARGUMENTS(terminal_domain(arena, text_cut(signature, 0, first))),
			    TEXT_ARGUMENTS(text_cut(signature, first + 1, last - first - 1)),
			    meaning != NULL ? meaning->sentence : "was not checked"));
}

static void
explain_dkim(struct log_explanation *explanation, const struct log_record *record)
{
	struct text rest = log_record_value(record, LOG_KEY_DKIM_DOMAINS);
	struct text signature;

	if (!log_record_has(record, LOG_KEY_DKIM))
		return;
	if (text_is_empty(rest)) {
		log_explanation_add(explanation, LOG_TOPIC_DKIM, LOG_TONE_WARNING,
				    log_fill(explanation->arena, record,
					     log_is(record, LOG_KEY_DKIM, "none")
						     ? "none: the message has no signature"
						     : "{dkim}: no signature could be looked at"));
		return;
	}
	while (text_next_part(&rest, ',', &signature))
		explain_signature(explanation, signature);
}

/* The pass of somebody else, which is what most of those who ask stumble upon. */
static void
add_unaligned(struct textbuf *out, const struct log_record *record)
{
	bool spf_passes = log_is(record, LOG_KEY_SPF, "pass");
	bool dkim_passes = log_is(record, LOG_KEY_DKIM, "pass");

	if (spf_passes && dkim_passes)
		textbuf_add_string(out, "; SPF and DKIM pass, but for other domains");
	else if (spf_passes)
		textbuf_add(out, log_fill(out->arena, record,
					  "; SPF passes, but for {spfdom}"));
	else if (dkim_passes)
		textbuf_add_string(out, "; DKIM passes, but for another domain");
	else
		textbuf_add_string(out, "; neither SPF nor DKIM passes");
}

static void
add_policy(struct textbuf *out, const struct log_record *record)
{
	struct text policy = log_record_value(record, LOG_KEY_POLICY);

	if (text_is_empty(policy))
		return;
	if (text_ends_with(policy, TEXT("/test")))
		textbuf_printf(out, "; its policy is %.*s, and only a test (t=y)",
			       TEXT_ARGUMENTS(text_cut(policy, 0, policy.length - 5)));
	else
		textbuf_printf(out, "; its policy is %.*s", TEXT_ARGUMENTS(policy));
}

static void
explain_dmarc(struct log_explanation *explanation, const struct log_record *record)
{
	const struct log_meaning *meaning =
		log_find_meaning(dmarc_meanings, record->values[LOG_KEY_DMARC]);
	struct textbuf out = textbuf_new(explanation->arena, SIZE_MAX);

	if (meaning == NULL)
		return;
	textbuf_add(&out, log_record_has(record, LOG_KEY_FROM)
				  ? log_fill(explanation->arena, record, meaning->sentence)
				  : log_fill(explanation->arena, record,
					     "{dmarc}: there is no usable author domain"));
	if (log_is(record, LOG_KEY_DMARC, "pass"))
		textbuf_add_string(&out, log_is(record, LOG_KEY_ALIGNMENT, "spf,dkim")
						 ? "SPF and DKIM"
					 : log_is(record, LOG_KEY_ALIGNMENT, "spf") ? "SPF"
										    : "DKIM");
	else if (log_is(record, LOG_KEY_DMARC, "fail"))
		add_unaligned(&out, record);
	add_policy(&out, record);
	log_explanation_add(explanation, LOG_TOPIC_DMARC, meaning->tone, textbuf_text(&out));
}

void
log_explain_checks(struct log_explanation *explanation, const struct log_record *record)
{
	explain_sender(explanation, record);
	explain_iprev(explanation, record);
	explain_spf(explanation, record);
	explain_dkim(explanation, record);
	log_add_meaning(explanation, record, LOG_TOPIC_ARC, LOG_KEY_ARC, arc_meanings);
	explain_dmarc(explanation, record);
}
