/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/reply.h"

#include "base/textbuf.h"

/* Our own text for a kind, and the detail part of the enhanced status code. */
struct reply_form {
	const char *detail;
	const char *text;
};

static const struct reply_form spf_form = {
	"7.23", "the SPF record of %s does not allow mail from %i"
};
static const struct reply_form helo_form = {
	"7.23", "the SPF record of your HELO name does not allow mail from %i"
};
static const struct reply_form iprev_form = {
	"7.25", "the address %i has no valid reverse DNS"
};

/* The value of one placeholder; an unknown one was refused when the settings were read. */
static struct text
placeholder_value(struct arena *arena, char letter, const struct message *message,
		  const struct findings *findings)
{
	switch (letter) {
	case 'd':
		return findings->dmarc.author.domain.length > 0 ? findings->dmarc.author.domain
								: TEXT("the author domain");
	case 'i':
		return ip_text(arena, message->connection->client);
	case 'q':
		return message->queue_id;
	case 's':
		return findings->spf.mail_from.domain.length > 0 ? findings->spf.mail_from.domain
								 : TEXT("the sender domain");
	case '%':
		return TEXT("%");
	}
	return TEXT("");
}

static void
add_printable(struct textbuf *out, struct text value)
{
	for (size_t i = 0; i < value.length; i++)
		textbuf_add_byte(out, byte_is_printable(value.bytes[i]) ? value.bytes[i] : '?');
}

static struct text
expand(struct arena *arena, struct text form, const struct message *message,
       const struct findings *findings)
{
	struct textbuf out = textbuf_new(arena, REPLY_TEXT_MAX);

	for (size_t i = 0; i < form.length; i++) {
		if (form.bytes[i] == '%' && i + 1 < form.length)
			add_printable(&out, placeholder_value(arena, form.bytes[++i], message,
							      findings));
		else
			add_printable(&out, text_cut(form, i, 1));
	}
	/* A domain can make the text too long; then a text without it says the same. */
	return out.overflowed ? TEXT("refused by local policy") : textbuf_text(&out);
}

/* Operators see SPF's own explanation only as what it is: text of a third party (RFC 7208 6.2). */
static struct text
add_explanation(struct arena *arena, struct text reply, const struct findings *findings)
{
	struct text explanation = findings->spf.mail_from.explanation;
	struct textbuf out = textbuf_new(arena, REPLY_TEXT_MAX);

	if (text_is_empty(explanation))
		return reply;
	textbuf_add(&out, reply);
	textbuf_add_string(&out, "; that domain says: ");
	add_printable(&out, explanation);
	return out.overflowed ? reply : textbuf_text(&out);
}

static struct text
reject_text(struct arena *arena, const struct config *config, const struct message *message,
	    const struct findings *findings, enum reply_kind kind)
{
	switch (kind) {
	case REPLY_DMARC:
		return expand(arena, config->reject_text, message, findings);
	case REPLY_MALFORMED:
		if (message->header_is_over_limit)
			return TEXT("the header is larger than this system accepts");
		return expand(arena, config->malformed_text, message, findings);
	case REPLY_TEMPERROR:
		return expand(arena, config->tempfail_text, message, findings);
	case REPLY_SPF:
		return add_explanation(arena, expand(arena, text_from(spf_form.text), message,
						     findings), findings);
	case REPLY_HELO:
		return expand(arena, text_from(helo_form.text), message, findings);
	case REPLY_IPREV:
		return expand(arena, text_from(iprev_form.text), message, findings);
	case REPLY_RULE:
		break;
	}
	return TEXT("refused by local policy");
}

static const char *
status_detail(enum reply_kind kind)
{
	switch (kind) {
	case REPLY_DMARC:
	case REPLY_MALFORMED:
	case REPLY_TEMPERROR:
	case REPLY_RULE:
		return "7.1";
	case REPLY_SPF:
		return spf_form.detail;
	case REPLY_HELO:
		return helo_form.detail;
	case REPLY_IPREV:
		return iprev_form.detail;
	}
	return "7.1";
}

void
reply_write(struct arena *arena, const struct config *config, const struct message *message,
	    const struct findings *findings, enum reply_kind kind, struct verdict *verdict)
{
	const struct rule *rule = verdict->operator_rule;

	if (verdict->decided != ACTION_REJECT && verdict->decided != ACTION_TEMPFAIL)
		return;
	if (rule != NULL && !text_is_empty(rule->reply_code)) {
		verdict->reply_code = rule->reply_code;
		verdict->reply_status = rule->reply_status;
		verdict->reply_text = expand(arena, rule->reply_text, message, findings);
		return;
	}
	verdict->reply_text = reject_text(arena, config, message, findings, kind);
	if (verdict->decided == ACTION_TEMPFAIL) {
		/*
		 * RFC 5321 4.2.3: 450 is the customary code where the client's name is
		 * the trouble.
		 */
		verdict->reply_code = kind == REPLY_IPREV ? TEXT("450") : TEXT("451");
		verdict->reply_status = text_printf(arena, "4.%s", status_detail(kind));
		if (kind != REPLY_IPREV)
			verdict->reply_text = expand(arena, config->tempfail_text, message,
						     findings);
		return;
	}
	verdict->reply_code = config->reject_code;
	verdict->reply_status = kind == REPLY_DMARC
					? config->reject_status
					: text_printf(arena, "5.%s", status_detail(kind));
}
