/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_VALUES_H
#define DMARCMILTER_PROGRAMS_MIGRATE_VALUES_H

#include "programs/migrate_write.h"

/*
 * One function per old option whose value needs more than copying: writes
 * what becomes of it. See migrate_table.c for who uses which.
 */
void migrate_kept(struct migration *migration, const struct migrate_setting *setting);

/* True for a value that the old programs take for yes; *is_boolean_out: it is yes or no. */
bool migrate_is_true(struct text value, bool *is_boolean_out);

/* migrate_values.c */
void migrate_socket(struct migration *migration, const struct migrate_setting *setting);
void migrate_user(struct migration *migration, const struct migrate_setting *setting);
void migrate_syslog(struct migration *migration, const struct migrate_setting *setting);
void migrate_log_why(struct migration *migration, const struct migrate_setting *setting);
void migrate_debug_level(struct migration *migration, const struct migrate_setting *setting);
void migrate_maximum_headers(struct migration *migration, const struct migrate_setting *setting);
void migrate_minimum_key_bits(struct migration *migration, const struct migrate_setting *setting);
void migrate_dns_timeout(struct migration *migration, const struct migrate_setting *setting);
void migrate_public_suffix_list(struct migration *migration,
				const struct migrate_setting *setting);
void migrate_trust_anchor_file(struct migration *migration,
			       const struct migrate_setting *setting);
void migrate_reject_string(struct migration *migration, const struct migrate_setting *setting);
void migrate_mode(struct migration *migration, const struct migrate_setting *setting);
void migrate_on_internal_error(struct migration *migration,
			       const struct migrate_setting *setting);
void migrate_on_event(struct migration *migration, const struct migrate_setting *setting);

/* migrate_policy.c */
void migrate_reject_failures(struct migration *migration, const struct migrate_setting *setting);
void migrate_hold(struct migration *migration, const struct migrate_setting *setting);
void migrate_required_headers(struct migration *migration, const struct migrate_setting *setting);
void migrate_reject_several(struct migration *migration, const struct migrate_setting *setting);

/* migrate_spf.c */
void migrate_test_only(struct migration *migration, const struct migrate_setting *setting);
void migrate_helo_reject(struct migration *migration, const struct migrate_setting *setting);
void migrate_mail_from_reject(struct migration *migration, const struct migrate_setting *setting);
void migrate_no_mail(struct migration *migration, const struct migrate_setting *setting);
void migrate_permerror_reject(struct migration *migration, const struct migrate_setting *setting);
void migrate_temperror_defer(struct migration *migration, const struct migrate_setting *setting);
void migrate_not_pass_domains(struct migration *migration, const struct migrate_setting *setting);
void migrate_header_type(struct migration *migration, const struct migrate_setting *setting);
void migrate_lookup_time(struct migration *migration, const struct migrate_setting *setting);
/* What an SPF program does when its file leaves an option out. */
void migrate_spf_defaults(struct migration *migration);

/* migrate_lists.c */
void migrate_hosts(struct migration *migration, const struct migrate_setting *setting);
void migrate_skip_addresses(struct migration *migration, const struct migrate_setting *setting);
void migrate_forwarder_networks(struct migration *migration,
				const struct migrate_setting *setting);
void migrate_forwarder_names(struct migration *migration, const struct migrate_setting *setting);
void migrate_sealers(struct migration *migration, const struct migrate_setting *setting);
void migrate_sealers_file(struct migration *migration, const struct migrate_setting *setting);
void migrate_ignored_authors(struct migration *migration, const struct migrate_setting *setting);
void migrate_daemon_names(struct migration *migration, const struct migrate_setting *setting);
void migrate_macros(struct migration *migration, const struct migrate_setting *setting);
void migrate_remove_from(struct migration *migration, const struct migrate_setting *setting);

/* Writes "Rule NAME-N CONDITIONS ACTION", or offers it where there are no rules. */
void migrate_rule(struct migration *migration, const char *name, struct text conditions,
		  enum action action);

#endif
