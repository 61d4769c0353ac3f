/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/option_value.h"

#include <inttypes.h>
#include <string.h>

#include "base/ip.h"
#include "config/option_header.h"
#include "config/option_rules.h"
#include "config/rule_lists.h"
#include "config/syntax.h"
#include "config/units.h"

enum {
	LIST_ROOM = 8,          /* items of the first array of a list */
	MILLISECONDS = 1000
};

/* Classes of messages that fail DMARC; the others cannot be refused by p=reject. */
static const enum message_class failing_classes[] = {
	CLASS_FORWARDED, CLASS_INDIRECT, CLASS_MISALIGNED, CLASS_SPOOF,
};

static void *
field_of(const struct option *option, struct config *config)
{
	return (char *)config + option->offset;
}

static const void *
field_in(const struct option *option, const struct config *config)
{
	return (const char *)config + option->offset;
}

static void
write_number(const struct option *option, uint64_t number, struct textbuf *out)
{
	if (option->type == OPTION_DURATION)
		units_write_duration(out, number);
	else if (option->type == OPTION_SECONDS)
		units_write_duration(out, number * MILLISECONDS);
	else if (option->type == OPTION_SIZE)
		units_write_size(out, number);
	else if (option->type == OPTION_OCTAL)
		textbuf_printf(out, "0%" PRIo64, number);
	else
		textbuf_printf(out, "%" PRIu64, number);
}

static bool
read_number(const struct option *option, struct text value, uint64_t *number_out)
{
	if (option->type == OPTION_DURATION)
		return units_read_duration(value, number_out);
	if (option->type == OPTION_SIZE)
		return units_read_size(value, number_out);
	if (option->type == OPTION_OCTAL)
		return units_read_octal(value, number_out);
	if (option->type == OPTION_SECONDS) {
		uint64_t milliseconds;

		if (!units_read_duration(value, &milliseconds) || milliseconds % MILLISECONDS != 0)
			return false;
		*number_out = milliseconds / MILLISECONDS;
		return true;
	}
	return text_to_number(value, UINT64_MAX, number_out);
}

static const char *
number_wanted(enum option_type type)
{
	if (type == OPTION_DURATION)
		return "a duration such as 5s or 500ms is wanted";
	if (type == OPTION_SECONDS)
		return "a duration in whole seconds such as 90s, 5m or 1d is wanted";
	if (type == OPTION_SIZE)
		return "a size such as 64k, 10M or 1G is wanted";
	if (type == OPTION_OCTAL)
		return "an octal number such as 0660 is wanted";
	return "a number is wanted";
}

static bool
set_number(struct arena *arena, const struct option *option, struct text value, void *field,
	   struct text *wanted_out)
{
	struct textbuf range;
	uint64_t number;

	if (!read_number(option, value, &number)) {
		*wanted_out = text_from(number_wanted(option->type));
		return false;
	}
	if (number >= option->minimum && number <= option->maximum) {
		memcpy(field, &number, sizeof(number));
		return true;
	}
	range = textbuf_new(arena, 128);
	textbuf_add_string(&range, "a value from ");
	write_number(option, option->minimum, &range);
	textbuf_add_string(&range, " to ");
	write_number(option, option->maximum, &range);
	textbuf_add_string(&range, " is wanted");
	*wanted_out = textbuf_text(&range);
	return false;
}

struct text
option_words_wanted(struct arena *arena, const struct option_word *words)
{
	struct textbuf list = textbuf_new(arena, 512);
	const struct option_word *last = NULL;

	if (words == option_boolean_words)
		return TEXT("yes or no is wanted");
	for (const struct option_word *word = words; word->word != NULL; word++) {
		const struct option_word *first = words;

		while (first->value != word->value)
			first++;
		if (first != word)
			continue;
		if (last != NULL)
			textbuf_printf(&list, "%s%s", list.length > 0 ? ", " : "", last->word);
		last = word;
	}
	textbuf_printf(&list, " or %s is wanted", last != NULL ? last->word : "nothing");
	return textbuf_text(&list);
}

static bool
set_word(struct arena *arena, const struct option *option, struct text value, void *field,
	 struct text *wanted_out)
{
	for (const struct option_word *word = option->words; word->word != NULL; word++) {
		bool is_true = word->value != 0;

		if (!text_equal_nocase(value, text_from(word->word)))
			continue;
		if (option->type == OPTION_BOOLEAN)
			memcpy(field, &is_true, sizeof(is_true));
		else
			memcpy(field, &word->value, sizeof(word->value));
		return true;
	}
	*wanted_out = option_words_wanted(arena, option->words);
	return false;
}

static bool
keeps_rule(const struct option *option, struct text value, struct text *wanted_out)
{
	if (option->rule == NULL || option->rule->holds(value))
		return true;
	*wanted_out = text_from(option->rule->wanted);
	return false;
}

static bool
set_log_target(struct arena *arena, struct text value, struct config *config,
	       struct text *wanted_out)
{
	struct text path = text_from_position(value, TEXT("file:").length);

	if (text_equal_nocase(value, TEXT("syslog"))) {
		config->log_target = LOG_TO_SYSLOG;
	} else if (text_equal_nocase(value, TEXT("journal"))) {
		config->log_target = LOG_TO_JOURNAL;
	} else if (text_equal_nocase(value, TEXT("stderr"))) {
		config->log_target = LOG_TO_STDERR;
	} else if (text_starts_with_nocase(value, TEXT("file:/")) &&
		   rule_absolute_path.holds(path)) {
		config->log_target = LOG_TO_FILE;
	} else {
		*wanted_out = TEXT("syslog, journal, stderr or file:/path is wanted");
		return false;
	}
	config->log_path = config->log_target == LOG_TO_FILE ? text_copy(arena, path) : TEXT("");
	config->log_target_is_set = true;
	return true;
}

bool
option_set(struct arena *arena, const struct option *option, struct text value,
	   struct config *config, struct text *wanted_out)
{
	void *field = field_of(option, config);
	struct text copy;

	switch (option->type) {
	case OPTION_BOOLEAN:
	case OPTION_WORD:
		return set_word(arena, option, value, field, wanted_out);
	case OPTION_COUNT:
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_SECONDS:
	case OPTION_OCTAL:
		return set_number(arena, option, value, field, wanted_out);
	case OPTION_TEXT:
		if (!keeps_rule(option, value, wanted_out))
			return false;
		copy = text_copy(arena, value);
		memcpy(field, &copy, sizeof(copy));
		return true;
	case OPTION_HEADER:
		return option_header_set(arena, value, config, wanted_out);
	case OPTION_LOG_TARGET:
		return set_log_target(arena, value, config, wanted_out);
	case OPTION_NONE_YET:
	case OPTION_TEXT_LIST:
	case OPTION_NETWORK_LIST:
	case OPTION_CLASS_LIST:
	case OPTION_NAMESERVERS:
	case OPTION_DOMAINS:
		return option_add(arena, option, value, config, wanted_out);
	case OPTION_RULES:
	case OPTION_FORWARDERS:
	case OPTION_DOMAIN_POLICIES:
		break;
	}
	return false;
}

bool
option_is_lone_word(const struct option *option, struct text item)
{
	if (option->type == OPTION_NAMESERVERS)
		return text_equal_nocase(item, TEXT("system")) ||
		       text_equal_nocase(item, TEXT("recursive"));
	return option_is_list(option) && text_equal_nocase(item, TEXT("none"));
}

void
option_clear(const struct option *option, struct config *config)
{
	void *field = field_of(option, config);

	if (option_takes_lines(option))
		return;
	if (option->type == OPTION_DOMAINS) {
		config->own_domains = NULL;
		memset(&config->own_domains_source, 0, sizeof(config->own_domains_source));
	} else if (option->type == OPTION_NETWORK_LIST) {
		memset(field, 0, sizeof(struct network_list));
	} else if (option->type == OPTION_CLASS_LIST) {
		memset(field, 0, sizeof(config->reject_class));
	} else if (option_is_list(option)) {
		memset(field, 0, sizeof(struct text_list));
	}
	if (option->type == OPTION_NAMESERVERS)
		config->is_recursive = false;
}

void
option_set_lone_word(const struct option *option, struct text word, struct config *config)
{
	option_clear(option, config);
	if (option->type == OPTION_NAMESERVERS)
		config->is_recursive = text_equal_nocase(word, TEXT("recursive"));
}

/* The array of `count` items with room for one more: the room is LIST_ROOM or a power of two. */
static void *
with_room(struct arena *arena, void *items, size_t count, size_t size)
{
	void *larger;

	if (count > 0 && (count < LIST_ROOM || (count & (count - 1)) != 0))
		return items;
	larger = arena_array(arena, count > 0 ? count * 2 : LIST_ROOM, size);
	if (count > 0)
		memcpy(larger, items, count * size);
	return larger;
}

static bool
add_class(struct text item, struct config *config, struct text *wanted_out)
{
	for (size_t i = 0; i < COUNT_OF(failing_classes); i++) {
		const char *keyword = message_class_keyword(failing_classes[i]);

		if (!text_equal_nocase(item, text_from(keyword)))
			continue;
		config->reject_class[failing_classes[i]] = true;
		return true;
	}
	*wanted_out = TEXT("forwarded, indirect, misaligned or spoof is wanted, or none alone");
	return false;
}

static bool
add_network(struct arena *arena, struct text item, struct network_list *list,
	    struct text *wanted_out)
{
	struct ip_network network;

	if (!ip_network_parse(item, &network)) {
		*wanted_out = TEXT("a network such as 192.0.2.0/24 without bits behind the prefix, "
				   "an address, or file:/path is wanted");
		return false;
	}
	list->items = with_room(arena, list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = network;
	return true;
}

void
text_list_add(struct arena *arena, struct text item, struct text_list *list)
{
	list->items = with_room(arena, list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = text_copy(arena, item);
}

bool
option_add(struct arena *arena, const struct option *option, struct text item,
	   struct config *config, struct text *wanted_out)
{
	void *field = field_of(option, config);

	if (option->type == OPTION_CLASS_LIST)
		return add_class(item, config, wanted_out);
	if (option->type == OPTION_DOMAINS)
		return own_domain_add(arena, item, config, wanted_out);
	if (option->type == OPTION_NETWORK_LIST)
		return add_network(arena, item, field, wanted_out);
	if (!keeps_rule(option, item, wanted_out))
		return false;
	text_list_add(arena, item, field);
	return true;
}

void
option_set_default(struct arena *arena, const struct option *option, struct config *config)
{
	struct text rest = text_from(option->default_text);
	struct syntax_item item;
	struct text wanted;
	const char *reason;

	/* The table is ours; its test sees to it that every default is read. */
	if (!option_is_list(option)) {
		(void)option_set(arena, option, rest, config, &wanted);
		if (option->type == OPTION_LOG_TARGET)
			config->log_target_is_set = false;
		return;
	}
	option_clear(option, config);
	while (syntax_next_item(arena, &rest, &item, &reason))
		if (!option_is_lone_word(option, item.text))
			(void)option_add(arena, option, item.text, config, &wanted);
}

static void
write_network(struct arena *arena, const struct ip_network *network, struct textbuf *out)
{
	unsigned whole = network->address.family == IP_V4 ? 32 : 128;

	textbuf_add(out, ip_text(arena, network->address));
	if (network->prefix < whole)
		textbuf_printf(out, "/%u", network->prefix);
}

static void
write_list(struct arena *arena, const struct option *option, const struct config *config,
	   const char *separator, struct textbuf *out)
{
	const void *field = field_in(option, config);
	size_t start = out->length;

	if (option->type == OPTION_NETWORK_LIST) {
		const struct network_list *list = field;

		for (size_t i = 0; i < list->count; i++) {
			textbuf_add_string(out, i > 0 ? separator : "");
			write_network(arena, &list->items[i], out);
		}
	} else if (option->type == OPTION_CLASS_LIST) {
		for (size_t i = 0; i < COUNT_OF(failing_classes); i++)
			if (config->reject_class[failing_classes[i]])
				textbuf_printf(out, "%s%s", out->length > start ? separator : "",
					       message_class_keyword(failing_classes[i]));
	} else {
		const struct text_list *list = option->type == OPTION_DOMAINS ?
					       &config->own_domains_source : field;

		for (size_t i = 0; i < list->count; i++) {
			textbuf_add_string(out, i > 0 ? separator : "");
			syntax_write_text(out, list->items[i], true);
		}
	}
	if (out->length > start)
		return;
	if (option->type == OPTION_NAMESERVERS)
		textbuf_add_string(out, config->is_recursive ? "recursive" : "system");
	else
		textbuf_add_string(out, "none");
}

static void
write_word(const struct option *option, const void *field, struct textbuf *out)
{
	int value = 0;

	if (option->type == OPTION_BOOLEAN)
		value = *(const bool *)field;
	else
		memcpy(&value, field, sizeof(value));
	for (const struct option_word *word = option->words; word->word != NULL; word++) {
		if (word->value != value)
			continue;
		textbuf_add_string(out, word->word);
		return;
	}
}

static void
write_log_target(const struct config *config, struct arena *arena, struct textbuf *out)
{
	switch (config->log_target) {
	case LOG_TO_SYSLOG:
		textbuf_add_string(out, "syslog");
		return;
	case LOG_TO_JOURNAL:
		textbuf_add_string(out, "journal");
		return;
	case LOG_TO_STDERR:
		textbuf_add_string(out, "stderr");
		return;
	case LOG_TO_FILE:
		syntax_write_text(out, text_join(arena, TEXT("file:"), config->log_path), false);
		return;
	}
}

void
option_write(struct arena *arena, const struct option *option, const struct config *config,
	     const char *separator, struct textbuf *out)
{
	const void *field = field_in(option, config);
	uint64_t number;
	struct text text;

	switch (option->type) {
	case OPTION_BOOLEAN:
	case OPTION_WORD:
		write_word(option, field, out);
		return;
	case OPTION_COUNT:
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_SECONDS:
	case OPTION_OCTAL:
		memcpy(&number, field, sizeof(number));
		write_number(option, number, out);
		return;
	case OPTION_TEXT:
		memcpy(&text, field, sizeof(text));
		syntax_write_text(out, text, false);
		return;
	case OPTION_HEADER:
		text = text_printf(arena, "%.*s: "
					  "%.*s", TEXT_ARGUMENTS(config->quarantine_header_name),
				   TEXT_ARGUMENTS(config->quarantine_header_value));
		syntax_write_text(out, text, false);
		return;
	case OPTION_LOG_TARGET:
		write_log_target(config, arena, out);
		return;
	case OPTION_NONE_YET:
	case OPTION_TEXT_LIST:
	case OPTION_NETWORK_LIST:
	case OPTION_CLASS_LIST:
	case OPTION_NAMESERVERS:
	case OPTION_DOMAINS:
		write_list(arena, option, config, separator, out);
		return;
	case OPTION_RULES:
	case OPTION_FORWARDERS:
	case OPTION_DOMAIN_POLICIES:
		rule_lines_write(option, config, separator, out);
		return;
	}
}
