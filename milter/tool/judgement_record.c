/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/judgement.h"

#include "base/macros.h"

/* The facts that are one text each. */
static const struct {
	const char *word;
	size_t offset;
} facts[] = {
	{ "client", offsetof(struct envelope, client) },
	{ "helo", offsetof(struct envelope, helo) },
	{ "from", offsetof(struct envelope, sender) },
	{ "tls", offsetof(struct envelope, tls) },
	{ "queue-id", offsetof(struct envelope, queue_id) },
};

static struct envelope_fact *
fact_of(struct envelope *envelope, size_t index)
{
	return (struct envelope_fact *)(void *)((char *)envelope + facts[index].offset);
}

static void
add(const struct judgement *judgement, struct dns_recording *recording, const char *word,
    struct text value)
{
	dns_record_add(judgement->arena, &recording->facts, text_from(word), value);
}

/* What was derived is derived again: only what was given has to be kept. */
void
judgement_record(const struct judgement *judgement, struct dns_recording *recording)
{
	struct envelope envelope = judgement->envelope;

	recording->clock = judgement->clock;
	recording->elapsed = judgement->elapsed;
	recording->exchanges = judgement->dns.exchanges;
	for (size_t i = 0; i < COUNT_OF(facts); i++)
		if (fact_of(&envelope, i)->source == FACT_GIVEN)
			add(judgement, recording, facts[i].word, fact_of(&envelope, i)->value);
	for (size_t i = 0; i < envelope.recipient_count; i++)
		if (envelope.recipients_from.source == FACT_GIVEN)
			add(judgement, recording, "rcpt", envelope.recipients[i]);
	if (!text_is_empty(envelope.daemon_name))
		add(judgement, recording, "daemon-name", envelope.daemon_name);
	if (!text_is_empty(envelope.host_name))
		add(judgement, recording, "host-name", envelope.host_name);
	if (judgement->source->is_zone)
		add(judgement, recording, "zone", TEXT("yes"));
	if (envelope.is_smtputf8)
		add(judgement, recording, "smtputf8", TEXT("yes"));
	if (envelope.authenticated_from == FACT_GIVEN)
		add(judgement, recording, "authenticated", TEXT("yes"));
}

static void
read_recipients(struct arena *arena, const struct dns_recording *recording,
		struct envelope *envelope)
{
	if (envelope->recipients_from.source == FACT_GIVEN)
		return;
	for (size_t i = 0; i < recording->facts.count; i++) {
		const struct dns_record_line *line = &recording->facts.items[i];

		if (!text_equal(line->word, TEXT("rcpt")) ||
		    envelope->recipient_count == ENVELOPE_RECIPIENTS_MAX)
			continue;
		envelope_add_recipient(arena, envelope, line->value);
		envelope->recipients_from.source = FACT_GIVEN;
	}
}

void
judgement_read_facts(struct arena *arena, const struct dns_recording *recording,
		     struct envelope *envelope)
{
	struct text value;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct envelope_fact *fact = fact_of(envelope, i);

		if (fact->source == FACT_UNKNOWN &&
		    dns_record_find(&recording->facts, facts[i].word, &value))
			*fact = (struct envelope_fact){ value, FACT_GIVEN };
	}
	read_recipients(arena, recording, envelope);
	if (text_is_empty(envelope->daemon_name) &&
	    dns_record_find(&recording->facts, "daemon-name", &value))
		envelope->daemon_name = value;
	if (text_is_empty(envelope->host_name) &&
	    dns_record_find(&recording->facts, "host-name", &value))
		envelope->host_name = value;
	if (dns_record_find(&recording->facts, "smtputf8", &value))
		envelope->is_smtputf8 = true;
	if (dns_record_find(&recording->facts, "authenticated", &value)) {
		envelope->is_authenticated = true;
		envelope->authenticated_from = FACT_GIVEN;
	}
}
