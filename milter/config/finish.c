/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

#include <unistd.h>

#include "base/log.h"
#include "config/endpoint.h"
#include "config/option_rules.h"
#include "config/option_value.h"
#include "config/options.h"
#include "config/origin.h"
#include "config/rule_checks.h"
#include "config/rule_lists.h"

/* What is only known when all is read, and the way back to text. */
enum {
	HOST_NAME_BYTES = 256,  /* POSIX: at most 255 */
	LINE_LENGTH = 1000,     /* lists that are longer get a line per item */
	PLACE_MAX = 4096,       /* bytes of a path in a comment */
	VALUE_MAX = 64 * 1024 * 1024,
	WRITABLE_BY_ALL = 0002
};

static void
complain(struct arena *arena, struct config_problems *problems, struct text sentence,
	 bool is_warning)
{
	config_problem_add(arena, problems, TEXT("configuration"), sentence, is_warning);
}

static void
resolve_host_name(struct arena *arena, struct config *config, struct config_problems *problems)
{
	char name[HOST_NAME_BYTES];
	struct text host;

	if (!text_equal(config->authserv_id, TEXT("HOSTNAME")))
		return;
	if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	/* POSIX does not promise the NUL of a name that was cut. */
	name[sizeof(name) - 1] = '\0';
	host = text_copy(arena, text_from(name));
	if (rule_authserv_id.holds(host))
		config->authserv_id = host;
	else
		complain(arena, problems,
			 TEXT("AuthservID HOSTNAME: this machine has no usable name; set "
			      "AuthservID"),
			 false);
}

static bool
is_same_endpoint(struct text one, struct text other)
{
	struct endpoint first;
	struct endpoint second;

	if (!endpoint_parse(one, &first) || !endpoint_parse(other, &second) ||
	    first.kind != second.kind)
		return false;
	return first.kind == ENDPOINT_UNIX
		       ? text_equal(first.path, second.path)
		       : first.port == second.port && text_equal(first.host, second.host);
}

static void
check_service(struct arena *arena, const struct config *config, struct config_problems *problems)
{
	if (config->sockets.count == 0)
		complain(arena, problems, TEXT("Socket none: at least one socket is "
					       "wanted"), false);
	for (size_t i = 0; i < config->sockets.count; i++)
		if (is_same_endpoint(config->sockets.items[i], config->metrics_socket))
			complain(arena, problems,
				 TEXT("MetricsSocket is one of Socket: each needs its own"), false);
	if ((config->socket_mode & WRITABLE_BY_ALL) != 0)
		complain(arena, problems,
			 TEXT("SocketMode lets every local user talk to the milter"), true);
	if (config->test_clock != 0)
		complain(arena, problems,
			 TEXT("TestClock is set: signatures are judged by a false time; for "
			      "tests only"),
			 true);
}

static void
check_checks(struct arena *arena, const struct config *config, struct config_problems *problems)
{
	bool is_psl = config->dmarc_discovery == DISCOVERY_PUBLIC_SUFFIX_LIST;

	if (config->dmarc_compare && !config_knows_public_suffix_list)
		complain(arena, problems,
			 TEXT("DMARCCompare: this program was built without libpsl"), false);
	if (config->dmarc_compare && !config->check_dmarc)
		complain(arena, problems, TEXT("DMARCCompare does nothing without CheckDMARC"),
			 true);
	if (is_psl && !config_knows_public_suffix_list)
		complain(arena, problems,
			 TEXT("DMARCDiscovery psl: this program was built without libpsl; use "
			      "treewalk"),
			 false);
	if (config->trusted_arc_sealers.count > 0 && !(config->check_arc && config->check_dmarc))
		complain(arena, problems,
			 TEXT("TrustedARCSealers is not used without CheckARC and CheckDMARC"),
			 true);
	if (!is_psl && !config->dmarc_compare && config->public_suffix_list.length > 0)
		complain(arena, problems,
			 TEXT("PublicSuffixList is not used with DMARCDiscovery treewalk and "
			      "without DMARCCompare"), true);
	if (config->check_dmarc && !config->check_spf && !config->check_dkim)
		complain(arena, problems,
			 TEXT("CheckDMARC without CheckSPF and CheckDKIM: no message can pass "
			      "DMARC"),
			 true);
	if (config->dns_timeout > config->deadline)
		complain(arena, problems,
			 TEXT("DNSTimeout is longer than DeadlinePerMessage, which ends it"), true);
}

/* The set of a list that each message asks. */
static void
make_set(struct arena *arena, const struct option *option, struct config *config)
{
	void *field = (char *)config + option->offset;

	if (option->type == OPTION_NETWORK_LIST) {
		struct network_list *list = field;

		list->set = ip_set_build(arena, list->items, list->count);
	} else if (option->type == OPTION_TEXT_LIST) {
		struct text_list *list = field;
		struct text_set *set = text_set_new(arena, list->count);

		for (size_t i = 0; i < list->count; i++)
			(void)text_set_add(set, list->items[i]);
		list->set = set;
	}
}

void
config_finish(struct arena *arena, struct config *config, struct config_problems *problems)
{
	resolve_host_name(arena, config, problems);
	for (size_t i = 0; i < option_count(); i++)
		make_set(arena, option_at(i), config);
	check_service(arena, config, problems);
	check_checks(arena, config, problems);
	rule_checks(arena, config, problems);
	/* RFC 3463, 2: reply and status are of one class. The rules let only class 5 in. */
	if (!rule_reply_code.holds(config->reject_code) ||
	    !rule_reply_status.holds(config->reject_status))
		complain(arena, problems,
			 TEXT("RejectCode and RejectStatus are of class 5 both"), false);
}

static struct text
value_text(struct arena *arena, const struct option *option, const struct config *config,
	   const char *separator)
{
	struct textbuf value = textbuf_new(arena, VALUE_MAX);

	option_write(arena, option, config, separator, &value);
	return textbuf_text(&value);
}

static void
print_option(struct arena *arena, const struct option *option, const struct config *config,
	     struct text value, struct textbuf *out)
{
	/* A line has a maximum; a list may be repeated. */
	if (option_takes_lines(option) ||
	    (option_is_list(option) && value.length > LINE_LENGTH))
		value = value_text(arena, option, config,
				   text_printf(arena, "\n%s ", option->name).bytes);
	textbuf_printf(out, "%s ", option->name);
	textbuf_add(out, value);
	textbuf_add_byte(out, '\n');
}

static void
print_place(struct arena *arena, const struct config_origin *origin, size_t index,
	    struct textbuf *out)
{
	struct text place;

	if (origin == NULL || origin->places[index].length == 0)
		return;
	place = log_quote(arena, origin->places[index], PLACE_MAX);
	textbuf_printf(out, "# %.*s\n", TEXT_ARGUMENTS(place));
}

/* Each rule stands for itself, and so does its place. */
static void
print_rules(struct arena *arena, const struct rule_list *rules, bool with_places,
	    struct textbuf *out)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct text place = log_quote(arena, rules->items[i].place, PLACE_MAX);

		if (with_places)
			textbuf_printf(out, "# %.*s\n", TEXT_ARGUMENTS(place));
		textbuf_printf(out, "Rule %.*s\n", TEXT_ARGUMENTS(rules->items[i].source));
	}
}

static void
print(struct arena *arena, const struct config *config, const struct config_origin *origin,
      struct textbuf *out)
{
	struct config_problems ignored = { .count = 0 };
	struct config shown = *config;
	struct config defaults;

	/* HOSTNAME and the name that it stands for are the same setting. */
	config_set_defaults(arena, &defaults);
	resolve_host_name(arena, &defaults, &ignored);
	resolve_host_name(arena, &shown, &ignored);
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		struct text value = value_text(arena, option, &shown, ",");
		bool is_set = option->type == OPTION_LOG_TARGET && config->log_target_is_set;

		/* What -f does depends on whether LogTarget was set, not only on its value. */
		if (!is_set && text_equal(value, value_text(arena, option, &defaults, ",")))
			continue;
		if (option->type == OPTION_RULES) {
			print_rules(arena, &config->rules, origin != NULL, out);
			continue;
		}
		print_place(arena, origin, i, out);
		print_option(arena, option, &shown, value, out);
	}
}

void
config_print(struct arena *arena, const struct config *config, struct textbuf *out)
{
	print(arena, config, NULL, out);
}

void
config_print_with_places(struct arena *arena, const struct config *config, struct textbuf *out)
{
	print(arena, config, config->origin, out);
}
