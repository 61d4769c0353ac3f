/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_policy.h"

#include "config/endpoint.h"

/* A socket as Postfix writes it: inet:HOST:PORT, or unix:PATH below its queue folder. */
static struct text
postfix_socket(struct arena *arena, struct text socket)
{
	static const char queue[] = "/var/spool/postfix/";
	struct text prefix = text_from(queue);
	struct endpoint endpoint;

	if (!endpoint_parse(socket, &endpoint))
		return socket;
	switch (endpoint.kind) {
	case ENDPOINT_UNIX:
		return text_join(arena, TEXT("unix:"),
				 text_starts_with(endpoint.path, prefix) ?
				 text_from_position(endpoint.path, prefix.length) : endpoint.path);
	case ENDPOINT_INET:
	case ENDPOINT_INET6:
		if (endpoint.host.length == 0)
			endpoint.host = TEXT("localhost");
		return text_printf(arena, text_find(endpoint.host, ':') != TEXT_NOT_FOUND ?
				   "inet:[%.*s]:%u" : "inet:%.*s:%u",
				   TEXT_ARGUMENTS(endpoint.host), (unsigned)endpoint.port);
	case ENDPOINT_DESCRIPTOR:
	case ENDPOINT_NONE_YET:
		return socket;
	}
	return socket;
}

static struct text
socket_of_file(struct arena *arena, const struct migrate_file *file)
{
	const struct migrate_setting *setting = migrate_file_find(file, TEXT("Socket"));

	return setting == NULL ? TEXT("its socket") : postfix_socket(arena, setting->value);
}

static const struct migrate_file *
signer_of(const struct migration *migration)
{
	for (size_t i = 0; i < migration->file_count; i++)
		if (migration->files[i].signs)
			return &migration->files[i];
	return NULL;
}

static bool
is_read(const struct migration *migration, enum migrate_program program)
{
	for (size_t i = 0; i < migration->file_count; i++)
		if (migration->files[i].program == program)
			return true;
	return false;
}

/* Where the MTA has a milter that is not needed any more. */
static void
name_old_filter(struct migration *migration, const struct migrate_file *file, struct text ours)
{
	struct text socket = socket_of_file(migration->arena, file);
	const char *program = migrate_program_name(file->program);

	if (text_equal(socket, ours))
		migrate_comment(migration, 0,
				text_printf(migration->arena, "The entry %.*s of %s is taken over; "
					    "take it out of non_smtpd_milters, and stop the old "
					    "service.", TEXT_ARGUMENTS(socket), program));
	else
		migrate_comment(migration, 0,
				text_printf(migration->arena, "Take %.*s (%s) out of smtpd_milters "
					    "and non_smtpd_milters, and stop its service.",
					    TEXT_ARGUMENTS(socket), program));
}

static void
name_old_filters(struct migration *migration, struct text ours)
{
	for (size_t i = 0; i < migration->file_count; i++) {
		const struct migrate_file *file = &migration->files[i];

		if (!file->signs && file->program != MIGRATE_POLICYD_SPF)
			name_old_filter(migration, file, ours);
	}
	if (!is_read(migration, MIGRATE_POLICYD_SPF))
		return;
	migrate_comment(migration, 0, TEXT("Take the check_policy_service of policyd-spf (such "
					   "as "
					   "\"check_policy_service unix:private/policyd-spf\") "
					   "out of "
					   "smtpd_recipient_restrictions, "
					   "policyd-spf_time_limit out of "
					   "main.cf, and the service policyd-spf with its argv "
					   "line out "
					   "of master.cf."));
}

static void
name_signer(struct migration *migration, const struct migrate_file *signer)
{
	struct text socket = socket_of_file(migration->arena, signer);
	const char *program = migrate_program_name(signer->program);

	migrate_heading(migration, "Signing");
	migrate_comment(migration, 0,
			text_printf(migration->arena, "dmarcmilter verifies only; keep %s for "
				    "signing. In %.*s set", program, TEXT_ARGUMENTS(signer->path)));
	migrate_verbatim(migration, 4, TEXT("Mode s"));
	migrate_comment(migration, 0, TEXT("and leave these as they are:"));
	for (size_t i = 0; i < signer->count; i++) {
		const struct migrate_setting *setting = &signer->settings[i];

		if (setting->row == NULL || setting->row->fate != MIGRATE_FOR_SIGNING)
			continue;
		migrate_verbatim(migration, 4, setting->source);
	}
	migrate_comment(migration, 0, TEXT("Give it only what your users send, in main.cf:"));
	migrate_verbatim(migration, 4, text_printf(migration->arena, "non_smtpd_milters = %.*s",
						  TEXT_ARGUMENTS(socket)));
	migrate_comment(migration, 0, TEXT("and at submission and submissions in master.cf:"));
	migrate_verbatim(migration, 4, text_printf(migration->arena, "-o smtpd_milters=%.*s",
						  TEXT_ARGUMENTS(socket)));
	migrate_verbatim(migration, 4, TEXT("-o milter_macro_daemon_name=ORIGINATING"));
}

void
migrate_surroundings(struct migration *migration)
{
	const struct migrate_file *signer = signer_of(migration);
	struct text socket = postfix_socket(migration->arena,
					    migrate_value_of(migration, "Socket"));

	migrate_heading(migration, "Postfix");
	migrate_comment(migration, 0, TEXT("In main.cf:"));
	migrate_verbatim(migration, 4,
			text_printf(migration->arena, "smtpd_milters = { %.*s, "
						      "connect_timeout=5s, "
				    "command_timeout=20s, content_timeout=60s, "
				    "default_action=tempfail }", TEXT_ARGUMENTS(socket)));
	name_old_filters(migration, socket);
	if (signer != NULL)
		name_signer(migration, signer);
}
