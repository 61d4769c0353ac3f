/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_values.h"

#include "base/macros.h"
#include "config/option_rules.h"
#include "config/syntax.h"
#include "programs/migrate_dataset.h"

static const char *
action_of(enum action action)
{
	return action == ACTION_NONE_YET ? "none" : action_keyword(action);
}

void
migrate_rule(struct migration *migration, const char *name, struct text conditions,
	     enum action action)
{
	struct text rule = text_printf(migration->arena, "%s-%zu %.*s %s", name,
				       ++migration->rules, TEXT_ARGUMENTS(conditions),
				       action_of(action));

	if (!migrate_add_line(migration, "Rule", rule))
		migrate_comment(migration, 4, TEXT("This version does not take the Rule: it "
						   "stands "
						   "here as a comment."));
	else if (action > ACTION_MARK)
		migration->wishes.rules_refuse = true;
}

/* "a,b,c" of items that stand in no need of quotes. */
static struct text
joined(struct arena *arena, const struct text_list *items, const char *separator)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);

	for (size_t i = 0; i < items->count; i++) {
		textbuf_add_string(&out, i > 0 ? separator : "");
		syntax_write_text(&out, items->items[i], true);
	}
	return textbuf_text(&out);
}

static void
say_refused(struct migration *migration, const struct migrate_dataset *dataset)
{
	for (size_t i = 0; i < dataset->refused.count; i++)
		migrate_comment(migration, 4,
				text_printf(migration->arena, "not taken: %.*s",
					    TEXT_ARGUMENTS(dataset->refused.items[i])));
}

/* The dataset of a setting; false when it could not be read, which is said. */
static bool
read_dataset(struct migration *migration, const struct migrate_setting *setting,
	     enum migrate_items kind, bool is_path, const char *option,
	     struct migrate_dataset *dataset_out)
{
	const struct migrate_setting *base = migrate_file_find(migration->file,
							       TEXT("BaseDirectory"));
	struct text reason;

	if (migrate_dataset_read(migration->arena, setting->value, kind, is_path,
				 base != NULL ? base->value : TEXT(""), migration->read,
				 dataset_out, &reason))
		return true;
	migrate_say(migration, MIGRATE_NOT_POSSIBLE, reason);
	if (option != NULL && text_starts_with(dataset_out->path, TEXT("/")))
		migrate_offer(migration, option,
			      text_join(migration->arena, TEXT("file:"), dataset_out->path));
	return false;
}

/* The list itself: as a file when our reader takes each line of it, else item by item. */
static void
write_dataset(struct migration *migration, const char *option,
	      const struct migrate_dataset *dataset)
{
	if (dataset->path.length > 0 && dataset->is_ours)
		migrate_add_path(migration, option, dataset->path);
	else
		migrate_add_items(migration, option, &dataset->items);
	say_refused(migration, dataset);
}

static void
write_hosts(struct migration *migration, const struct migrate_dataset *dataset,
	    const char *sentence)
{
	if (dataset->items.count > 0)
		migrate_say(migration, MIGRATE_CHANGED, text_from(sentence));
	else
		migrate_say(migration, dataset->names.count > 0 ? MIGRATE_CHANGED :
			    MIGRATE_NOT_POSSIBLE, TEXT("the list holds no network"));
	write_dataset(migration, "IgnoreHosts", dataset);
	if (dataset->names.count == 0)
		return;
	migrate_comment(migration, 4, TEXT("Names of hosts, which the client's confirmed name "
					   "has "
					   "to be; its mail is checked, and accepted by a "
					   "Rule:"));
	migrate_rule(migration, "ignore-host",
		     text_join(migration->arena, TEXT("fcrdns="),
			       joined(migration->arena, &dataset->names, ",")),
		     ACTION_ACCEPT);
}

void
migrate_hosts(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;
	bool is_path = migration->file->program == MIGRATE_OPENDMARC;

	if (read_dataset(migration, setting, MIGRATE_ITEMS_HOSTS, is_path, "IgnoreHosts", &dataset))
		write_hosts(migration, &dataset, "added to IgnoreHosts, whose mail is left "
						 "alone");
}

void
migrate_skip_addresses(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;

	if (read_dataset(migration, setting, MIGRATE_ITEMS_HOSTS, false, "IgnoreHosts", &dataset))
		write_hosts(migration, &dataset,
			    "added to IgnoreHosts, which leaves out all checks, not only SPF");
}

static void
write_forwarders(struct migration *migration, const struct text_list *items)
{
	if (!migrate_add_line(migration, "TrustedForwarders",
			      joined(migration->arena, items, " ")))
		migrate_comment(migration, 4,
				TEXT("This version does not take TrustedForwarders. With "
				     "IgnoreHosts "
				     "nothing at all is checked of such a host's mail."));
}

void
migrate_forwarder_networks(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_HOSTS, false, NULL, &dataset))
		return;
	migrate_say(migration, MIGRATE_CHANGED,
		    TEXT("trusted forwarders: what fails only because they forward it is not "
			 "refused"));
	if (dataset.items.count > 0)
		write_forwarders(migration, &dataset.items);
	if (dataset.names.count > 0)
		write_forwarders(migration, &dataset.names);
	say_refused(migration, &dataset);
}

void
migrate_forwarder_names(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;
	struct text_list names = { NULL, 0 };
	bool has_below = text_equal_nocase(setting->name, TEXT("Domain_Whitelist_PTR"));

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_DOMAINS, false, NULL, &dataset))
		return;
	migrate_say(migration, MIGRATE_CHANGED,
		    has_below ? TEXT("trusted forwarders, by the client's confirmed name") :
		    TEXT("trusted forwarders, by the client's confirmed name (PTR and address "
			 "agree), not by HELO"));
	names.items = arena_array(migration->arena, 2 * dataset.items.count + 1,
				  sizeof(*names.items));
	for (size_t i = 0; i < dataset.items.count; i++) {
		names.items[names.count++] = dataset.items.items[i];
		if (has_below)
			names.items[names.count++] = text_join(migration->arena, TEXT("."),
							       dataset.items.items[i]);
	}
	if (names.count > 0)
		write_forwarders(migration, &names);
	say_refused(migration, &dataset);
}

static void
sealers(struct migration *migration, const struct migrate_setting *setting, bool is_path)
{
	struct migrate_dataset dataset;

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_DOMAINS, is_path, "TrustedARCSealers",
			  &dataset))
		return;
	migrate_say(migration, dataset.items.count > 0 ? MIGRATE_KEPT : MIGRATE_NOT_POSSIBLE,
		    TEXT("as TrustedARCSealers: their word counts when DMARC fails"));
	write_dataset(migration, "TrustedARCSealers", &dataset);
}

void
migrate_sealers(struct migration *migration, const struct migrate_setting *setting)
{
	sealers(migration, setting, false);
}

void
migrate_sealers_file(struct migration *migration, const struct migrate_setting *setting)
{
	sealers(migration, setting, true);
}

/* A rule about each domain of a list. */
static void
domain_rule(struct migration *migration, const struct migrate_setting *setting, const char *name,
	    const char *more, enum action action, const char *sentence)
{
	struct migrate_dataset dataset;
	struct text domains;

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_DOMAINS, false, NULL, &dataset))
		return;
	migrate_say(migration, dataset.items.count > 0 ? MIGRATE_CHANGED : MIGRATE_NOT_POSSIBLE,
		    text_from(sentence));
	domains = joined(migration->arena, &dataset.items, ",");
	if (dataset.items.count > 0)
		migrate_rule(migration, name,
			     text_printf(migration->arena, "%s=%.*s%s",
					 action == ACTION_ACCEPT ? "author" : "envelope",
					 TEXT_ARGUMENTS(domains), more),
			     action);
	say_refused(migration, &dataset);
}

void
migrate_ignored_authors(struct migration *migration, const struct migrate_setting *setting)
{
	domain_rule(migration, setting, "ignore-author", "", ACTION_ACCEPT,
		    "a Rule accepts it; mind that the sender chooses the domain in From, so "
		    "this lets "
		    "forged mail in");
}

void
migrate_not_pass_domains(struct migration *migration, const struct migrate_setting *setting)
{
	domain_rule(migration, setting, "not-pass", " spf=fail,softfail,neutral", ACTION_REJECT,
		    "a Rule refuses them when SPF does not pass");
}

/* The daemons whose mail is not inbound; the default stays among them. */
static void
write_daemons(struct migration *migration, const struct text_list *names)
{
	struct text_list all = { NULL, 1 };

	all.items = arena_array(migration->arena, names->count + 1, sizeof(*all.items));
	all.items[0] = TEXT("ORIGINATING");
	for (size_t i = 0; i < names->count; i++)
		if (!text_equal_nocase(names->items[i], all.items[0]))
			all.items[all.count++] = names->items[i];
	migrate_add_items(migration, "IgnoreDaemonNames", &all);
}

void
migrate_daemon_names(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_WORDS, false, "IgnoreDaemonNames",
			  &dataset))
		return;
	migrate_say(migration, MIGRATE_CHANGED,
		    TEXT("added to IgnoreDaemonNames: mail that the MTA takes there is not "
			 "inbound"));
	write_daemons(migration, &dataset.items);
	say_refused(migration, &dataset);
}

/* "name|value|value": daemon_name has an option here, those of SMTP AUTH another. */
static bool
read_macro(struct migration *migration, struct text macro, struct text_list *daemons)
{
	static const char *const of_login[] = {
		"auth_type", "auth_authen", "auth_author", "auth_ssf",
	};
	struct text name;
	struct text value;

	(void)text_next_part(&macro, '|', &name);
	if (text_starts_with(name, TEXT("{")) && text_ends_with(name, TEXT("}")))
		name = text_cut(name, 1, name.length - 2);
	for (size_t i = 0; i < COUNT_OF(of_login); i++)
		if (text_equal(name, text_from(of_login[i]))) {
			migrate_comment(migration, 4, TEXT("clients that logged in: "
							   "IgnoreAuthenticatedClients does it"));
			return true;
		}
	if (!text_equal(name, TEXT("daemon_name")) || macro.bytes == NULL)
		return false;
	daemons->items = arena_array(migration->arena, macro.length + 1, sizeof(*daemons->items));
	while (text_next_part(&macro, '|', &value))
		if (rule_daemon_name.holds(value))
			daemons->items[daemons->count++] = value;
	return daemons->count > 0;
}

void
migrate_macros(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_WORDS, false, NULL, &dataset))
		return;
	migrate_say(migration, MIGRATE_CHANGED,
		    TEXT("such mail comes from your own users and is not checked"));
	for (size_t i = 0; i < dataset.items.count; i++) {
		struct text_list daemons = { NULL, 0 };

		if (!read_macro(migration, dataset.items.items[i], &daemons))
			migrate_comment(migration, 4,
				text_printf(migration->arena, "not taken: %.*s; mail is known by "
					    "IgnoreHosts, IgnoreAuthenticatedClients and "
					    "IgnoreDaemonNames",
					    TEXT_ARGUMENTS(dataset.items.items[i])));
		else if (daemons.count > 0)
			write_daemons(migration, &daemons);
	}
}

void
migrate_remove_from(struct migration *migration, const struct migrate_setting *setting)
{
	struct migrate_dataset dataset;

	if (!read_dataset(migration, setting, MIGRATE_ITEMS_HOST_NAMES, false, "RemoveARFrom",
			  &dataset))
		return;
	migrate_say(migration, dataset.items.count > 0 ? MIGRATE_KEPT : MIGRATE_NOT_POSSIBLE,
		    TEXT("whatever results the fields hold"));
	write_dataset(migration, "RemoveARFrom", &dataset);
}
