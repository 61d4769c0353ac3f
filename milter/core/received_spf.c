/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/received_spf.h"

#include "base/textbuf.h"
#include "mail/authentication_results.h"

enum {
	RECEIVED_SPF_MAX = 4096
};

/* RFC 7208 9.1: the words are those of the results, in mixed case as its examples. */
static const char *
received_word(enum result result)
{
	switch (result) {
	case RESULT_PASS:
		return "Pass";
	case RESULT_FAIL:
		return "Fail";
	case RESULT_SOFTFAIL:
		return "SoftFail";
	case RESULT_NEUTRAL:
		return "Neutral";
	case RESULT_NONE:
		return "None";
	case RESULT_TEMPERROR:
		return "TempError";
	case RESULT_PERMERROR:
		return "PermError";
	case RESULT_NOT_CHECKED:
	case RESULT_POLICY:
		return NULL;
	}
	return NULL;
}

static bool
can_be_quoted(struct text value)
{
	if (text_is_empty(value) || value.length > AUTHENTICATION_RESULTS_VALUE_MAX)
		return false;
	for (size_t i = 0; i < value.length; i++)
		if (!byte_is_printable(value.bytes[i]))
			return false;
	return true;
}

/* key="value"; on a line of its own. Always quoted: addresses and IPv6 need it. */
static void
add_pair(struct textbuf *out, const char *key, struct text value)
{
	if (!can_be_quoted(value))
		return;
	textbuf_printf(out, "\n\t%s=\"", key);
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] == '"' || value.bytes[i] == '\\')
			textbuf_add_byte(out, '\\');
		textbuf_add_byte(out, value.bytes[i]);
	}
	textbuf_add_string(out, "\";");
}

struct text
received_spf_value(struct arena *arena, const struct config *config,
		   const struct message *message, const struct findings *findings)
{
	const struct spf_finding *spf = &findings->spf;
	const char *word = received_word(spf->mail_from.result);
	struct textbuf out = textbuf_new(arena, RECEIVED_SPF_MAX);

	if (word == NULL)
		return TEXT("");
	textbuf_printf(&out, " %s", word);
	add_pair(&out, "receiver", config->authserv_id);
	textbuf_printf(&out, " identity=%s;", spf->sender_is_null ? "helo" : "mailfrom");
	add_pair(&out, "client-ip", ip_text(arena, message->connection->client));
	add_pair(&out, "helo", message->connection->helo);
	add_pair(&out, "envelope-from", message->sender.text);
	add_pair(&out, "mechanism", spf->mail_from.mechanism);
	add_pair(&out, "problem", spf->mail_from.reason);
	return out.overflowed ? text_printf(arena, " %s", word) : textbuf_text(&out);
}
