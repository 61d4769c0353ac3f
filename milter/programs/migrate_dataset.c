/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_dataset.h"

#include "base/ip.h"
#include "base/macros.h"
#include "config/option_rules.h"
#include "config/syntax.h"

enum {
	BITS_V4 = 32,
	BITS_V6 = 128,
	BITS_MAPPED = 96,       /* in front of an IPv4 address in an IPv6 one */
	PATH_MAX_BYTES = 900,   /* of a list that we name: a line of ours has 4096, escapes too */
	SHOWN_MAX = 100         /* bytes of an item in a sentence */
};

struct lists {
	struct arena *arena;
	enum migrate_items kind;
	struct migrate_dataset *dataset;
	size_t capacities[3];
};

static void
add(struct lists *lists, struct text_list *list, size_t *capacity, struct text item)
{
	list->items = arena_grow(lists->arena, list->items, list->count, capacity,
				 sizeof(*list->items));
	list->items[list->count++] = item;
}

static void
add_item(struct lists *lists, struct text item)
{
	const struct text_list *items = &lists->dataset->items;

	if (items->count > 0 && text_equal(items->items[items->count - 1], item))
		return;
	add(lists, &lists->dataset->items, &lists->capacities[0], item);
}

static void
refuse(struct lists *lists, struct text item, const char *reason)
{
	add(lists, &lists->dataset->refused, &lists->capacities[2],
	    text_printf(lists->arena, "\"%.*s\": %s",
			TEXT_ARGUMENTS(text_cut(item, 0, SHOWN_MAX)), reason));
}

/* A network whose address has bits behind the prefix, with these cleared. */
static bool
masked_network(struct arena *arena, struct text item, struct text *network_out)
{
	size_t slash = text_find(item, '/');
	struct ip ip;
	uint64_t prefix;
	unsigned bits;

	if (slash == TEXT_NOT_FOUND || !ip_parse(text_cut(item, 0, slash), &ip))
		return false;
	bits = ip.family == IP_V4 ? BITS_V4 : BITS_V6;
	if (!text_to_number(text_from_position(item, slash + 1), BITS_V6, &prefix))
		return false;
	/* ::ffff:127.0.0.0/104 is a network of IPv4 (RFC 4291, 2.5.5.2). */
	if (ip.family == IP_V4 && text_find(item, ':') != TEXT_NOT_FOUND) {
		if (prefix < BITS_MAPPED)
			return false;
		prefix -= BITS_MAPPED;
	}
	if (prefix > bits)
		return false;
	for (unsigned bit = (unsigned)prefix; bit < bits; bit++)
		ip.bytes[bit / 8] &= (uint8_t)~(0x80U >> (bit % 8));
	*network_out = text_printf(arena, "%.*s/%u", TEXT_ARGUMENTS(ip_text(arena, ip)),
				   (unsigned)prefix);
	return true;
}

static struct text
without_brackets(struct arena *arena, struct text item)
{
	size_t open = text_find(item, '[');
	size_t closed = text_find(item, ']');

	if (open != 0 || closed == TEXT_NOT_FOUND)
		return item;
	return text_join(arena, text_cut(item, 1, closed - 1),
			 text_from_position(item, closed + 1));
}

static bool
is_name(struct text item)
{
	struct text name = text_starts_with(item, TEXT(".")) ? text_from_position(item, 1) : item;
	struct ip_network network;

	return rule_domain_name.holds(name) && !ip_network_parse(name, &network);
}

static void
add_host(struct lists *lists, struct text item)
{
	struct text address = without_brackets(lists->arena, item);
	struct ip_network network;
	struct text masked;

	if (ip_network_parse(address, &network))
		add_item(lists, address);
	else if (masked_network(lists->arena, address, &masked))
		add_item(lists, masked);
	else if (text_starts_with(item, TEXT("!")) || text_starts_with(item, TEXT("-")))
		refuse(lists, item, "an exception from a larger network cannot be made; name the "
				    "networks around it, or this host is left alone too");
	else if (is_name(item))
		add(lists, &lists->dataset->names, &lists->capacities[1], item);
	else
		refuse(lists, item, "neither a network nor the name of a host");
}

static void
add_entry(struct lists *lists, struct text item)
{
	switch (lists->kind) {
	case MIGRATE_ITEMS_HOSTS:
		add_host(lists, item);
		return;
	case MIGRATE_ITEMS_DOMAINS:
		if (rule_domain_name.holds(item))
			add_item(lists, item);
		else
			refuse(lists, item, "not a domain name of two labels or more");
		return;
	case MIGRATE_ITEMS_HOST_NAMES:
		if (text_starts_with(item, TEXT(".")))
			refuse(lists, item, "whole names only, not all below a domain");
		else if (rule_authserv_id.holds(item))
			add_item(lists, item);
		else
			refuse(lists, item, "not a name that a field can have");
		return;
	case MIGRATE_ITEMS_WORDS:
		if (rule_daemon_name.holds(item))
			add_item(lists, item);
		else
			refuse(lists, item, "not a printable word");
		return;
	}
}

/* Items between commas and blanks. */
static void
read_items(struct lists *lists, struct text value)
{
	size_t start = 0;

	for (size_t i = 0; i <= value.length; i++) {
		bool ends = i == value.length || value.bytes[i] == ',' ||
			    byte_is_blank(value.bytes[i]);

		if (!ends)
			continue;
		if (i > start)
			add_entry(lists, text_cut(value, start, i - start));
		start = i + 1;
	}
}

/* Our own reader of list files takes the line for the one item that it holds. */
static bool
is_line_of_ours(struct arena *arena, enum migrate_items kind, struct text line)
{
	struct text trimmed = text_trim(line);
	struct syntax_item item;
	struct ip_network network;
	const char *reason;

	if (text_ends_with(line, TEXT("\r")))
		line.length--;
	if (syntax_line_error(line) != NULL)
		return false;
	if (trimmed.length == 0 || trimmed.bytes[0] == '#')
		return true;
	if (!syntax_scalar(arena, line, &item, &reason))
		return false;
	switch (kind) {
	case MIGRATE_ITEMS_HOSTS:
		return ip_network_parse(item.text, &network);
	case MIGRATE_ITEMS_DOMAINS:
		return rule_domain_name.holds(item.text);
	case MIGRATE_ITEMS_HOST_NAMES:
		return rule_authserv_id.holds(item.text);
	case MIGRATE_ITEMS_WORDS:
		return rule_daemon_name.holds(item.text);
	}
	return false;
}

/* One entry in a line, up to a comment or a blank (what follows is a value, not a key). */
static void
read_list_file(struct lists *lists, struct text content)
{
	struct text line;

	lists->dataset->is_ours = true;
	while (text_next_part(&content, '\n', &line)) {
		struct text entry = text_trim(text_cut(line, 0, text_find(line, '#')));
		size_t end = 0;

		if (!is_line_of_ours(lists->arena, lists->kind, line))
			lists->dataset->is_ours = false;
		while (end < entry.length && !byte_is_blank(entry.bytes[end]))
			end++;
		if (end > 0)
			add_entry(lists, text_cut(entry, 0, end));
	}
}

/* Kinds of opendkim's datasets (opendkim(8), DATA SETS) that are no text files. */
static bool
is_database(struct text value)
{
	static const char *const kinds[] = {
		"db:", "dsn:", "erlang:", "ldap:", "ldaps:", "ldapi:", "lua:", "mdb:", "memcache:",
		"repute:", "socket:", "bdb:", "odbx:",
	};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (text_starts_with_nocase(value, text_from(kinds[i])))
			return true;
	return false;
}

/* The path that a value names; empty when it holds the items itself, with "csl:" taken off. */
static struct text
path_of(struct text *value)
{
	static const char *const kinds[] = { "refile:", "file:" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (text_starts_with_nocase(*value, text_from(kinds[i])))
			return text_from_position(*value, text_from(kinds[i]).length);
	if (text_starts_with(*value, TEXT("/")))
		return *value;
	if (text_starts_with_nocase(*value, TEXT("csl:")))
		*value = text_from_position(*value, 4);
	return TEXT("");
}

bool
migrate_dataset_read(struct arena *arena, struct text value, enum migrate_items kind, bool is_path,
		     struct text folder, migrate_read_file *read,
		     struct migrate_dataset *dataset_out, struct text *sentence_out)
{
	struct lists lists = { .arena = arena, .kind = kind, .dataset = dataset_out };
	struct text path = is_path ? value : path_of(&value);
	struct text content;
	struct text reason;

	*dataset_out = (struct migrate_dataset){ .path = path };
	if (is_database(value)) {
		*sentence_out = TEXT("the list stands in a database; write it to a file, with "
				     "one "
				     "item in a line");
		return false;
	}
	if (path.length == 0) {
		read_items(&lists, value);
		return true;
	}
	if (!text_starts_with(path, TEXT("/")) && text_starts_with(folder, TEXT("/")))
		path = text_printf(arena, "%.*s/%.*s", TEXT_ARGUMENTS(folder),
				   TEXT_ARGUMENTS(path));
	dataset_out->path = path;
	if (!text_starts_with(path, TEXT("/"))) {
		*sentence_out = TEXT("the path is not absolute");
		return false;
	}
	if (!read(arena, path, &content, &reason)) {
		*sentence_out = text_printf(arena, "the list %.*s: %.*s", TEXT_ARGUMENTS(path),
					    TEXT_ARGUMENTS(reason));
		return false;
	}
	if (text_find(content, '\0') != TEXT_NOT_FOUND) {
		*sentence_out = TEXT("the list is not a text file");
		return false;
	}
	read_list_file(&lists, content);
	/* A file that gives nothing is no list that we should watch. */
	dataset_out->is_ours = dataset_out->is_ours && dataset_out->items.count > 0 &&
			       path.length <= PATH_MAX_BYTES && rule_absolute_path.holds(path);
	return true;
}
