/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_values.h"

#include "base/macros.h"
#include "config/endpoint.h"

bool
migrate_is_true(struct text value, bool *is_boolean_out)
{
	bool is_true = value.length > 0 &&
		       text_find(TEXT("TtYy1"), value.bytes[0]) != TEXT_NOT_FOUND;

	*is_boolean_out = is_true || (value.length > 0 &&
				      text_find(TEXT("FfNn0"), value.bytes[0]) != TEXT_NOT_FOUND);
	return is_true;
}

/* The value as our option takes it; empty when the old program would not take it either. */
static struct text
converted(struct migration *migration, const struct migrate_setting *setting)
{
	uint64_t number;
	bool is_boolean;
	bool is_true;

	switch (setting->row->value) {
	case MIGRATE_BOOLEAN:
		is_true = migrate_is_true(setting->value, &is_boolean);
		return !is_boolean ? TEXT("") : is_true ? TEXT("yes") : TEXT("no");
	case MIGRATE_SECONDS:
		if (!text_to_number(setting->value, UINT32_MAX, &number))
			return TEXT("");
		return text_printf(migration->arena, "%lus", (unsigned long)number);
	case MIGRATE_TEXT:
	case MIGRATE_NUMBER:
	case MIGRATE_OCTAL:
	case MIGRATE_NAMESERVERS:
		return setting->value;
	}
	return setting->value;
}

static void
kept_nameservers(struct migration *migration, struct text value)
{
	struct text_list servers = { NULL, 0 };
	struct text item;
	size_t capacity = 0;

	while (text_next_part(&value, ',', &item)) {
		item = text_trim(item);
		if (item.length == 0)
			continue;
		servers.items = arena_grow(migration->arena, servers.items, servers.count,
					   &capacity, sizeof(*servers.items));
		servers.items[servers.count++] = item;
	}
	migrate_say(migration, MIGRATE_KEPT, TEXT(""));
	migrate_add_items(migration, "Nameservers", &servers);
}

void
migrate_kept(struct migration *migration, const struct migrate_setting *setting)
{
	const struct migrate_row *row = setting->row;
	struct text value = converted(migration, setting);
	bool is_renamed = !text_equal_nocase(text_from(row->name), text_from(row->option));

	if (row->value == MIGRATE_NAMESERVERS)
		kept_nameservers(migration, value);
	else if (value.length == 0)
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, TEXT("the value cannot be "
								  "understood"));
	else
		(void)migrate_set(migration, MIGRATE_KEPT, row->option, value,
				  is_renamed ? text_printf(migration->arena, "as %s", row->option) :
				  TEXT(""));
}

/* Old sockets in the file system stand in folders of the old program's user. */
static void
own_socket(struct migration *migration)
{
	(void)migrate_set(migration, MIGRATE_CHANGED, "Socket",
			  TEXT("unix:" DEFAULT_SOCKET),
			  TEXT("the old folder belongs to the old program; this is where the "
			       "unit "
			       "file makes one that Postfix can reach"));
}

void
migrate_socket(struct migration *migration, const struct migrate_setting *setting)
{
	struct endpoint endpoint;

	if (migration->file->signs)
		migrate_say(migration, MIGRATE_FOR_SIGNING,
			    TEXT("the program keeps it; dmarcmilter has a socket of its own"));
	else if (!endpoint_parse(setting->value, &endpoint))
		migrate_say(migration, MIGRATE_NOT_POSSIBLE,
			    TEXT("it is no socket that dmarcmilter can open; its default holds"));
	else if (endpoint.kind == ENDPOINT_UNIX)
		own_socket(migration);
	else if (migrate_set(migration, MIGRATE_KEPT, "Socket", setting->value,
			     TEXT("stop the old program first, both cannot have it")) &&
		 endpoint.host.length == 0)
		migrate_comment(migration, 4, TEXT("Mind that every address of the machine "
						   "listens; add @localhost if the MTA is "
						   "here."));
}

void
migrate_user(struct migration *migration, const struct migrate_setting *setting)
{
	(void)setting;
	migrate_say(migration, MIGRATE_NOT_NEEDED,
		    TEXT("the unit file starts the daemon as dmarcmilter, a user of its own; "
			 "without one set UserID"));
}

void
migrate_syslog(struct migration *migration, const struct migrate_setting *setting)
{
	bool is_boolean;

	if (migrate_is_true(setting->value, &is_boolean))
		migrate_say(migration, MIGRATE_NOT_NEEDED, TEXT("LogTarget is syslog by "
								"default"));
	else
		migrate_say(migration, MIGRATE_CHANGED,
			    TEXT("a filter that can refuse mail has to say why: it logs to "
				 "syslog; "
				 "LogTarget sends the log elsewhere"));
}

void
migrate_log_why(struct migration *migration, const struct migrate_setting *setting)
{
	bool is_boolean;

	if (!migrate_is_true(setting->value, &is_boolean))
		migrate_say(migration, MIGRATE_NOT_NEEDED, TEXT("it is switched off"));
	else
		(void)migrate_set(migration, MIGRATE_KEPT, "LogLevel", TEXT("debug"),
				  TEXT("as LogLevel debug; for a while only"));
}

void
migrate_debug_level(struct migration *migration, const struct migrate_setting *setting)
{
	uint64_t level;

	if (!text_to_number(setting->value, 1000, &level) || level == 0) {
		migrate_say(migration, MIGRATE_CHANGED,
			    TEXT("the line per message is kept; this leaves it out:"));
		migrate_offer(migration, "LogLevel", TEXT("warning"));
		return;
	}
	if (level == 1)
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    TEXT("LogLevel is info by default: a line per message"));
	else
		(void)migrate_set(migration, MIGRATE_KEPT, "LogLevel", TEXT("debug"),
				  TEXT("as LogLevel debug"));
}

void
migrate_maximum_headers(struct migration *migration, const struct migrate_setting *setting)
{
	static const uint64_t smallest = 16384;
	uint64_t bytes;

	if (!text_to_number(setting->value, UINT32_MAX, &bytes))
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, TEXT("the value is no number"));
	else if (bytes == 0)
		(void)migrate_set(migration, MIGRATE_CHANGED, "MaxHeaders", TEXT("64M"),
				  TEXT("there is always a limit; this is the largest"));
	else if (bytes < smallest)
		(void)migrate_set(migration, MIGRATE_CHANGED, "MaxHeaders", TEXT("16k"),
				  TEXT("this is the smallest limit"));
	else
		(void)migrate_set(migration, MIGRATE_KEPT, "MaxHeaders", setting->value,
				  TEXT("as MaxHeaders; what is larger meets OnHeaderLimit"));
}

void
migrate_minimum_key_bits(struct migration *migration, const struct migrate_setting *setting)
{
	static const uint64_t smallest = 1024;
	uint64_t bits;

	if (text_to_number(setting->value, UINT32_MAX, &bits) && bits < smallest)
		migrate_say(migration, MIGRATE_CHANGED,
			    TEXT("keys under 1024 bits never count (RFC 8301, 3.2)"));
	else
		(void)migrate_set(migration, MIGRATE_KEPT, "DKIMMinimumKeyBits", setting->value,
				  TEXT("as DKIMMinimumKeyBits"));
}

void
migrate_dns_timeout(struct migration *migration, const struct migrate_setting *setting)
{
	static const uint64_t longest = 60;     /* seconds */
	uint64_t seconds;

	if (!text_to_number(setting->value, UINT32_MAX, &seconds))
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, TEXT("the value is no number"));
	else if (seconds == 0 || seconds > longest)
		migrate_say(migration, MIGRATE_CHANGED,
			    TEXT("the default of 5 s holds: a question may take 60 s at most, "
				 "and "
				 "DeadlinePerMessage ends all of them"));
	else
		(void)migrate_set(migration, MIGRATE_KEPT, "DNSTimeout",
				  text_printf(migration->arena, "%lus", (unsigned long)seconds),
				  TEXT(""));
}

void
migrate_public_suffix_list(struct migration *migration, const struct migrate_setting *setting)
{
	migrate_say(migration, MIGRATE_NOT_NEEDED,
		    TEXT("RFC 9989 finds the organizational domain by a walk through DNS; these "
			 "lines would do it by the list, as before:"));
	migrate_offer(migration, "DMARCDiscovery", TEXT("psl"));
	migrate_offer(migration, "PublicSuffixList", setting->value);
}

void
migrate_trust_anchor_file(struct migration *migration, const struct migrate_setting *setting)
{
	struct text content;
	struct text reason;

	if (migration->read(migration->arena, setting->value, &content, &reason)) {
		(void)migrate_set(migration, MIGRATE_KEPT, "TrustAnchorFile", setting->value,
				  TEXT("DNSSEC is validated"));
		return;
	}
	migrate_say(migration, MIGRATE_NOT_POSSIBLE,
		    text_printf(migration->arena, "%.*s; without it nothing is validated",
				TEXT_ARGUMENTS(reason)));
	migrate_offer(migration, "TrustAnchorFile", setting->value);
}

void
migrate_reject_string(struct migration *migration, const struct migrate_setting *setting)
{
	struct textbuf out = textbuf_new(migration->arena, SIZE_MAX);

	for (size_t i = 0; i < setting->value.length; i++) {
		char byte = setting->value.bytes[i];

		if (byte != '%') {
			textbuf_add_byte(&out, byte);
			continue;
		}
		if (i + 1 < setting->value.length && setting->value.bytes[i + 1] == 's') {
			textbuf_add_string(&out, "%d");
			i++;
		} else {
			textbuf_add_string(&out, "%%");
		}
	}
	(void)migrate_set(migration, MIGRATE_CHANGED, "RejectText", textbuf_text(&out),
			  TEXT("RejectText has %d where RejectString had %s; code and status "
			       "stay 550 "
			       "5.7.26 (RFC 7372)"));
}

void
migrate_mode(struct migration *migration, const struct migrate_setting *setting)
{
	bool signs = text_find(text_lower(migration->arena, setting->value), 's') !=
		     TEXT_NOT_FOUND;

	if (!signs)
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    TEXT("dmarcmilter verifies, and does nothing else"));
	else
		migrate_say(migration, MIGRATE_FOR_SIGNING,
			    TEXT("set it to s: dmarcmilter verifies only; see the end of this "
				 "file"));
}

/* The words of On-..., which may be abbreviated; ACTION_NONE_YET for others. */
static enum action
event_action(struct text value)
{
	static const struct {
		const char *word;
		enum action action;
	} words[] = {
		{ "accept", ACTION_ACCEPT }, { "discard", ACTION_DISCARD },
		{ "quarantine", ACTION_QUARANTINE }, { "reject", ACTION_REJECT },
		{ "tempfail", ACTION_TEMPFAIL },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_equal_nocase(value, text_from(words[i].word)) ||
		    text_equal_nocase(value, text_of(words[i].word, 1)))
			return words[i].action;
	return ACTION_NONE_YET;
}

void
migrate_on_internal_error(struct migration *migration, const struct migrate_setting *setting)
{
	enum action action = event_action(setting->value);

	if (action == ACTION_NONE_YET) {
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, TEXT("it is no action"));
		return;
	}
	if (migrate_set(migration, MIGRATE_KEPT, "OnInternalError",
			text_from(action_keyword(action)), TEXT("as OnInternalError")))
		migration->wishes.internal_error = action;
}

void
migrate_on_event(struct migration *migration, const struct migrate_setting *setting)
{
	bool accepts = event_action(setting->value) == ACTION_ACCEPT;

	migrate_say(migration, accepts ? MIGRATE_NOT_NEEDED : MIGRATE_NOT_POSSIBLE,
		    text_from(setting->row->sentence));
}
