/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/log_line.h"

#include <time.h>

#include "base/textbuf.h"
#include "core/comparison.h"

enum {
	LINE_MAX_BYTES = 8192,  /* far above what the limits of the single fields add up to */
	QUOTED_MAX = 128,       /* source bytes of a remote text; log_quote() marks the cut */
	DKIM_DOMAINS_MAX = 5    /* signatures named one by one */
};

/* All that a field's value can come from. */
struct line {
	struct arena *arena;
	const struct config *config;
	const struct message *message;
	const struct outcome *outcome;
	int64_t milliseconds;
};

static struct text
or_dash(struct text value)
{
	return text_is_empty(value) ? TEXT("-") : value;
}

static struct text
queue_id(const struct line *line)
{
	struct text id = line->message->queue_id;

	/* The MTA's own, but it stands in front of the client address: letters and digits only. */
	for (size_t i = 0; i < id.length; i++)
		if (!byte_is_alnum(id.bytes[i]))
			return TEXT("NOQUEUE");
	return text_is_empty(id) ? TEXT("NOQUEUE") : id;
}

static struct text
action(const struct line *line)
{
	return text_from(action_keyword(line->outcome->verdict.action));
}

static struct text
client(const struct line *line)
{
	return ip_text(line->arena, line->message->connection->client);
}

static struct text
class_word(const struct line *line)
{
	return text_from(message_class_keyword(line->outcome->verdict.message_class));
}

static struct text
would(const struct line *line)
{
	const struct verdict *verdict = &line->outcome->verdict;

	return verdict->decided != verdict->action ? text_from(action_keyword(verdict->decided))
						   : TEXT("");
}

static struct text
rule(const struct line *line)
{
	return text_from(line->outcome->verdict.rule);
}

static struct text
trust(const struct line *line)
{
	enum trust value = line->outcome->verdict.trust;

	return value == TRUST_NOT ? TEXT("") : text_from(trust_keyword(value));
}

static struct text
dmarc(const struct line *line)
{
	return text_from(result_keyword(line->outcome->findings.dmarc.result));
}

static struct text
policy(const struct line *line)
{
	const struct dmarc_finding *finding = &line->outcome->findings.dmarc;

	return text_printf(line->arena, "%s%s", dmarc_policy_keyword(finding->published),
			   finding->is_testing ? "/test" : "");
}

static struct text
from(const struct line *line)
{
	return or_dash(line->outcome->findings.dmarc.author.domain);
}

static struct text
alignment(const struct line *line)
{
	const struct dmarc_finding *finding = &line->outcome->findings.dmarc;

	if (finding->spf_aligned)
		return finding->dkim_aligned ? TEXT("spf,dkim") : TEXT("spf");
	return finding->dkim_aligned ? TEXT("dkim") : TEXT("-");
}

static struct text
spf(const struct line *line)
{
	return text_from(result_keyword(line->outcome->findings.spf.mail_from.result));
}

static struct text
spf_domain(const struct line *line)
{
	return or_dash(line->outcome->findings.spf.mail_from.domain);
}

static struct text
spf_helo(const struct line *line)
{
	return text_from(result_keyword(line->outcome->findings.spf.helo.result));
}

static struct text
dkim(const struct line *line)
{
	return text_from(result_keyword(line->outcome->findings.dkim.result));
}

/* domain:selector:result of the first signatures, "+N" for those that are not named. */
static struct text
dkim_domains(const struct line *line)
{
	const struct dkim_finding *finding = &line->outcome->findings.dkim;
	struct textbuf out = textbuf_new(line->arena, LINE_MAX_BYTES);
	size_t rest = finding->skipped;

	for (size_t i = 0; i < finding->count; i++) {
		const struct dkim_signature_finding *one = &finding->signatures[i];

		if (i >= DKIM_DOMAINS_MAX) {
			rest += finding->count - i;
			break;
		}
		textbuf_printf(&out, "%s%.*s:%.*s:%s", i > 0 ? "," : "",
			       TEXT_ARGUMENTS(or_dash(one->domain)),
			       TEXT_ARGUMENTS(log_quote(line->arena, one->selector, QUOTED_MAX)),
			       result_keyword(one->result));
	}
	if (rest > 0)
		textbuf_printf(&out, "%s+%zu", finding->count > 0 ? "," : "", rest);
	return or_dash(textbuf_text(&out));
}

static struct text
arc(const struct line *line)
{
	return text_from(result_keyword(line->outcome->findings.arc.result));
}

/* Who sealed last: without a domain there is nobody to blame or to trust. */
static struct text
arc_domain(const struct line *line)
{
	const struct arc_finding *finding = &line->outcome->findings.arc;

	return finding->count > 0 ? finding->instances[finding->count - 1].domain : TEXT("");
}

static struct text
iprev(const struct line *line)
{
	return text_from(result_keyword(line->outcome->findings.iprev.result));
}

static struct text
override(const struct line *line)
{
	return text_from(line->outcome->verdict.override);
}

static struct text
shadows(const struct line *line)
{
	return line->outcome->verdict.shadows;
}

static struct text
skipped_rules(const struct line *line)
{
	return line->outcome->verdict.skipped_rules;
}

/* discovery:result/policy/policy domain/organizational domain/action */
static struct text
compare(const struct line *line)
{
	const struct dmarc_finding *other = line->outcome->findings.dmarc.other;
	bool walks = line->config->dmarc_discovery == DISCOVERY_TREE_WALK;

	if (!comparison_matters(line->outcome))
		return TEXT("");
	return text_printf(line->arena, "%s:%s/%s/%.*s/%.*s/%s",
			   walks ? "psl" : "treewalk", result_keyword(other->result),
			   dmarc_policy_keyword(other->effective),
			   TEXT_ARGUMENTS(or_dash(other->policy_domain)),
			   TEXT_ARGUMENTS(or_dash(other->organizational_domain)),
			   action_keyword(line->outcome->verdict.decided_by_other));
}

static struct text
removed(const struct line *line)
{
	return line->outcome->removed_count > 0
		       ? text_printf(line->arena, "%zu", line->outcome->removed_count)
		       : TEXT("");
}

static struct text
tls(const struct line *line)
{
	struct text version = line->message->connection->tls_version;

	/* The MTA's word; it stays a token whatever it is. */
	for (size_t i = 0; i < version.length; i++)
		if (!byte_is_alnum(version.bytes[i]) && version.bytes[i] != '.')
			return TEXT("?");
	return or_dash(version);
}

static struct text
recipient_count(const struct line *line)
{
	return text_printf(line->arena, "%zu", line->message->recipient_count);
}

static struct text
size(const struct line *line)
{
	const struct message *message = line->message;

	return text_printf(line->arena, "%zu", message->header_bytes + message->body_bytes);
}

static struct text
dns(const struct line *line)
{
	return text_printf(line->arena, "%zu", line->outcome->dns_questions);
}

static struct text
milliseconds(const struct line *line)
{
	return text_printf(line->arena, "%lld", (long long)line->milliseconds);
}

static struct text
ptr(const struct line *line)
{
	return or_dash(line->outcome->findings.iprev.name);
}

static struct text
helo(const struct line *line)
{
	return line->message->connection->helo;
}

static struct text
mail_from(const struct line *line)
{
	const struct address *sender = &line->message->sender;

	if (sender->is_null)
		return TEXT("<>");
	if (line->config->log_addresses == LOG_ADDRESSES_FULL)
		return sender->text;
	return text_join(line->arena, TEXT("@"), sender->domain);
}

static struct text
message_id(const struct line *line)
{
	size_t position = 0;
	const struct header_field *field =
		message_next_field(line->message, TEXT("Message-ID"), &position);

	return field != NULL ? text_trim(field->value) : TEXT("");
}

/* Why there is no pass, of the method that decided. */
static struct text
reason(const struct line *line)
{
	const struct findings *findings = &line->outcome->findings;

	if (findings->dmarc.author.reason != NULL)
		return text_from(findings->dmarc.author.reason);
	if (findings->dmarc.reason != NULL)
		return text_from(findings->dmarc.reason);
	if (!text_is_empty(findings->spf.mail_from.reason))
		return findings->spf.mail_from.reason;
	if (findings->dkim.count > 0 && findings->dkim.signatures[0].reason != NULL)
		return text_from(findings->dkim.signatures[0].reason);
	return text_from(findings->dkim.reason);
}

static struct text
reply(const struct line *line)
{
	const struct verdict *verdict = &line->outcome->verdict;

	if (verdict->action != ACTION_REJECT && verdict->action != ACTION_TEMPFAIL)
		return TEXT("");
	return text_printf(line->arena, "%.*s %.*s", TEXT_ARGUMENTS(verdict->reply_code),
			   TEXT_ARGUMENTS(verdict->reply_status));
}

/* Documented in dmarcmilter(8), LOG LINE; contrib/fail2ban relies on the first three. */
static const struct log_item {
	const char *name;
	const char *journal_name;       /* NULL: not a journal field of its own */
	enum log_kind kind;
	struct text (*value)(const struct line *line);
} items[] = {
	{ "action", "DMARCMILTER_ACTION", LOG_KIND_ALWAYS, action },
	{ "client", "DMARCMILTER_CLIENT", LOG_KIND_ALWAYS, client },
	{ "class", "DMARCMILTER_CLASS", LOG_KIND_ALWAYS, class_word },
	{ "would", "DMARCMILTER_WOULD", LOG_KIND_NON_EMPTY, would },
	{ "rule", "DMARCMILTER_RULE", LOG_KIND_ALWAYS, rule },
	{ "trust", NULL, LOG_KIND_NON_EMPTY, trust },
	{ "dmarc", "DMARCMILTER_DMARC", LOG_KIND_ALWAYS, dmarc },
	{ "policy", NULL, LOG_KIND_ALWAYS, policy },
	{ "from", "DMARCMILTER_FROM_DOMAIN", LOG_KIND_ALWAYS, from },
	{ "align", NULL, LOG_KIND_ALWAYS, alignment },
	{ "spf", NULL, LOG_KIND_ALWAYS, spf },
	{ "spfdom", NULL, LOG_KIND_ALWAYS, spf_domain },
	{ "spfhelo", NULL, LOG_KIND_ALWAYS, spf_helo },
	{ "dkim", NULL, LOG_KIND_ALWAYS, dkim },
	{ "dkimdom", NULL, LOG_KIND_ALWAYS, dkim_domains },
	{ "arc", NULL, LOG_KIND_ALWAYS, arc },
	{ "arcdom", NULL, LOG_KIND_NON_EMPTY, arc_domain },
	{ "iprev", NULL, LOG_KIND_ALWAYS, iprev },
	{ "override", NULL, LOG_KIND_NON_EMPTY, override },
	{ "shadow", "DMARCMILTER_SHADOW", LOG_KIND_NON_EMPTY, shadows },
	{ "skipped", NULL, LOG_KIND_NON_EMPTY, skipped_rules },
	{ "compare", NULL, LOG_KIND_NON_EMPTY, compare },
	{ "removed", NULL, LOG_KIND_NON_EMPTY, removed },
	{ "tls", NULL, LOG_KIND_ALWAYS, tls },
	{ "rcpts", NULL, LOG_KIND_NUMBER, recipient_count },
	{ "size", NULL, LOG_KIND_NUMBER, size },
	{ "dns", NULL, LOG_KIND_NUMBER, dns },
	{ "ms", NULL, LOG_KIND_NUMBER, milliseconds },
	{ "reply", NULL, LOG_KIND_QUOTED, reply },
	{ "reason", NULL, LOG_KIND_QUOTED, reason },
	{ "ptr", NULL, LOG_KIND_QUOTED, ptr },
	{ "helo", NULL, LOG_KIND_QUOTED, helo },
	{ "mfrom", NULL, LOG_KIND_QUOTED, mail_from },
	{ "mid", NULL, LOG_KIND_QUOTED, message_id },
};

_Static_assert(COUNT_OF(items) == LOG_KEY_COUNT, "a field has no key, or a key no field");

const char *
log_line_name(enum log_key key)
{
	return items[key].name;
}

enum log_kind
log_line_kind(enum log_key key)
{
	return items[key].kind;
}

static void
write_key_value(const struct line *line, struct textbuf *out)
{
	textbuf_add(out, queue_id(line));
	textbuf_add_byte(out, ':');
	for (size_t i = 0; i < COUNT_OF(items); i++) {
		struct text value = items[i].value(line);

		if (items[i].kind == LOG_KIND_QUOTED) {
			value = log_quote(line->arena, value, QUOTED_MAX);
			textbuf_printf(out, " %s=\"%.*s\"", items[i].name,
				       TEXT_ARGUMENTS(value));
		} else if (items[i].kind != LOG_KIND_NON_EMPTY || !text_is_empty(value)) {
			textbuf_printf(out, " %s=", items[i].name);
			textbuf_add(out, or_dash(value));
		}
	}
}

/* ASCII only: bytes outside it stand as \u00HH, so that hostile UTF-8 cannot break a reader. */
static void
write_json_string(struct textbuf *out, struct text value)
{
	textbuf_add_byte(out, '"');
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.bytes[i];

		if (byte == '"' || byte == '\\' || !byte_is_printable(byte))
			textbuf_printf(out, "\\u%04x", (unsigned)(unsigned char)byte);
		else
			textbuf_add_byte(out, byte);
	}
	textbuf_add_byte(out, '"');
}

static struct text
time_text(const struct line *line)
{
	time_t seconds = (time_t)line->message->received_at;
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL)
		return TEXT("");
	return text_printf(line->arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
			   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
			   parts.tm_sec);
}

static void
write_json(const struct line *line, struct textbuf *out)
{
	textbuf_add_string(out, "{\"ts\":");
	write_json_string(out, time_text(line));
	textbuf_add_string(out, ",\"qid\":");
	write_json_string(out, queue_id(line));
	for (size_t i = 0; i < COUNT_OF(items); i++) {
		struct text value = items[i].value(line);

		if (items[i].kind == LOG_KIND_NON_EMPTY && text_is_empty(value))
			continue;
		if (value.length > QUOTED_MAX && items[i].kind == LOG_KIND_QUOTED)
			value = text_join(line->arena, text_cut(value, 0, QUOTED_MAX), TEXT("+"));
		textbuf_printf(out, ",\"%s\":", items[i].name);
		if (items[i].kind == LOG_KIND_NUMBER)
			textbuf_add(out, value);
		else
			write_json_string(out, value);
	}
	textbuf_add_byte(out, '}');
}

static void
write_journal_fields(const struct line *line, struct log_field **fields_out, size_t *count_out)
{
	struct log_field *fields = arena_array(line->arena, COUNT_OF(items) + 1, sizeof(*fields));
	size_t count = 0;

	fields[count++] = (struct log_field){ "QUEUE_ID", queue_id(line) };
	for (size_t i = 0; i < COUNT_OF(items); i++)
		if (items[i].journal_name != NULL)
			fields[count++] = (struct log_field){ items[i].journal_name,
							      items[i].value(line) };
	*fields_out = fields;
	*count_out = count;
}

/* Mail that is simply accepted; LogAccepted says whether it gets a line. */
static bool
is_uneventful(const struct outcome *outcome)
{
	const struct verdict *verdict = &outcome->verdict;

	return verdict->decided == ACTION_ACCEPT && verdict->operator_rule == NULL &&
	       text_is_empty(verdict->shadows) &&
	       text_is_empty(verdict->skipped_rules) && !comparison_matters(outcome);
}

struct text
log_line_format(struct arena *arena, const struct config *config, const struct message *message,
		const struct outcome *outcome, int64_t elapsed, struct log_field **fields_out,
		size_t *count_out)
{
	struct line line = { arena, config, message, outcome, elapsed };
	struct textbuf out = textbuf_new(arena, LINE_MAX_BYTES);

	if (!config->log_accepted && is_uneventful(outcome))
		return TEXT("");
	(config->log_format == LOG_FORMAT_JSON ? write_json : write_key_value)(&line, &out);
	write_journal_fields(&line, fields_out, count_out);
	/* Cannot happen with the limits above; then at least who and what is said. */
	if (out.overflowed)
		return text_printf(arena, "%.*s: action=%.*s client=%.*s class=%.*s",
				   TEXT_ARGUMENTS(queue_id(&line)), TEXT_ARGUMENTS(action(&line)),
				   TEXT_ARGUMENTS(client(&line)),
				   TEXT_ARGUMENTS(class_word(&line)));
	return textbuf_text(&out);
}
