/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_callbacks.h"

#include "base/log.h"
#include "programs/milter_outcome.h"
#include "programs/session.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include <libmilter/mfapi.h>

/*
 * SMFIP_NR_*: no reply to these events halves the cost of a message over a unix
 * socket. Over TCP Postfix's own Nagle makes it a loss (40 ms a message). All
 * events to which the reply is always "continue": a recipient may be refused.
 */
enum {
	SILENT_EVENTS = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_DATA |
			SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY,
	LONG_DEADLINE = 30000   /* milliseconds; with a longer one the MTA's timer is restarted */
};

/*
 * What we ask for, everything optional. Postfix gives client_* only on request
 * and sends EOH's macros before every single field: only the queue id there,
 * and the same at EOM, for libmilter before 8.17.2 swapped the two.
 */
static const struct {
	int stage;
	const char *names;
} wanted_macros[] = {
	{ SMFIM_CONNECT, "j _ {daemon_name} {daemon_addr} {client_addr} {client_ptr} "
			 "{client_port}" },
	{ SMFIM_HELO, "{tls_version}" },
	{ SMFIM_ENVFROM, "i {auth_type} {auth_authen} {mail_addr} {mail_host} {mail_mailer}" },
	{ SMFIM_ENVRCPT, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}" },
	{ SMFIM_DATA, "i" },
	{ SMFIM_EOH, "i" },
	{ SMFIM_EOM, "i" },
};

/* Written by milter_callbacks_register() before any session, then only read. */
static const struct service *callbacks_service;
static bool stock_socket_is_local;

static atomic_bool is_refusing;

/*
 * The session of a context. Where libmilter runs the sessions, it is made here
 * at the first event and freed by on_close(). After a QUIT_NC (Sendmail: the
 * next connection over the same socket, without a new negotiation) what was
 * agreed on is not known any more: then it is what every MTA that knows
 * QUIT_NC grants.
 */
static struct session *
session_of(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session != NULL)
		return session;
	session = session_new(callbacks_service);
	session->has_local_socket = stock_socket_is_local;
	session->agreement = (struct session_agreement){
		.keeps_leading_space = true,
		.is_silent = stock_socket_is_local,
		.can_insert = true,
		.can_delete = true,
		.can_quarantine = true,
	};
	smfi_setpriv(context, session);
	return session;
}

static const char *
macro(SMFICTX *context, const char *name)
{
	/* The library does not write to the name. */
	union { const char *read_only; char *plain; } bridge = { .read_only = name };

	return smfi_getsymval(context, bridge.plain);
}

static void
ask_for_macros(SMFICTX *context)
{
	for (size_t i = 0; i < sizeof(wanted_macros) / sizeof(wanted_macros[0]); i++) {
		union { const char *read_only; char *plain; } bridge = {
			.read_only = wanted_macros[i].names,
		};

		(void)smfi_setsymlist(context, wanted_macros[i].stage, bridge.plain);
	}
}

/* Asks only for what the MTA offers: libmilter drops a connection on which we ask for more. */
static sfsistat
on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps, unsigned long unused2,
	     unsigned long unused3, unsigned long *actions_out, unsigned long *steps_out,
	     unsigned long *unused2_out, unsigned long *unused3_out)
{
	struct session *session;

	(void)unused2;
	(void)unused3;
	if (atomic_load(&is_refusing))
		return SMFIS_REJECT;
	session = session_of(context);
	session->agreement = (struct session_agreement){
		.keeps_leading_space = (steps & SMFIP_HDR_LEADSPC) != 0,
		.allows_skip = (steps & SMFIP_SKIP) != 0,
		.is_silent = session->has_local_socket &&
			(steps & SILENT_EVENTS) == SILENT_EVENTS,
		.can_insert = (actions & SMFIF_ADDHDRS) != 0,
		.can_delete = (actions & SMFIF_CHGHDRS) != 0,
		.can_quarantine = (actions & SMFIF_QUARANTINE) != 0,
	};
	*actions_out = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE |
				  SMFIF_SETSYMLIST);
	*steps_out |= steps & (SMFIP_HDR_LEADSPC | SMFIP_SKIP);
	if (session->agreement.is_silent)
		*steps_out |= SILENT_EVENTS;
	*unused2_out = 0;
	*unused3_out = 0;
	if ((actions & SMFIF_SETSYMLIST) != 0)
		ask_for_macros(context);
	return SMFIS_CONTINUE;
}

static struct ip
ip_of_socket_address(const void *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	sa_family_t family;

	if (address == NULL)
		return (struct ip){ .family = IP_NONE };
	memcpy(&family, (const char *)address + offsetof(struct sockaddr, sa_family),
	       sizeof(family));
	if (family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return ip_from_v4((const uint8_t *)&v4.sin_addr);
	}
	if (family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		return ip_from_v6((const uint8_t *)&v6.sin6_addr);
	}
	return (struct ip){ .family = IP_NONE };
}

static sfsistat
silence(const struct session *session)
{
	return session->agreement.is_silent ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *context, char *name, _SOCK_ADDR *address)
{
	struct session *session = session_of(context);

	session_connect(session, name, ip_of_socket_address(address),
			macro(context, "{daemon_name}"), macro(context, "j"));
	return silence(session);
}

static sfsistat
on_helo(SMFICTX *context, char *name)
{
	struct session *session = session_of(context);

	session_helo(session, name, macro(context, "{tls_version}"));
	return silence(session);
}

static bool
has_macro(SMFICTX *context, const char *name)
{
	const char *value = macro(context, name);

	return value != NULL && value[0] != '\0';
}

static sfsistat
on_mail(SMFICTX *context, char **arguments)
{
	struct session *session = session_of(context);

	session_begin_message(session, arguments, has_macro(context, "{auth_type}") ||
			      has_macro(context, "{auth_authen}"));
	session_set_queue_id(session, macro(context, "i"));
	return silence(session);
}

/* RFC 5321 4.5.3.1.10: with 452 the client sends again to those that are left over. */
static const char *const recipient_refusals[] = {
	[SESSION_RECIPIENT_TAKEN] = NULL,
	[SESSION_RECIPIENT_TOO_MANY] = "too many recipients",
	[SESSION_RECIPIENT_APART] = "this recipient has other rules; send to it separately",
};

static sfsistat
on_recipient(SMFICTX *context, char **arguments)
{
	struct session *session = session_of(context);
	enum session_recipient taken = session_add_recipient(session, arguments[0],
							     macro(context, "{rcpt_addr}"));
	/* The library does not write to the strings. */
	union { const char *read_only; char *plain; } text[3] = {
		{ "452" }, { "4.5.3" }, { recipient_refusals[taken] },
	};

	if (taken != SESSION_RECIPIENT_TAKEN) {
		(void)smfi_setreply(context, text[0].plain, text[1].plain, text[2].plain);
		return SMFIS_TEMPFAIL;
	}
	session_set_queue_id(session, macro(context, "i"));
	return SMFIS_CONTINUE;
}

static sfsistat
on_data(SMFICTX *context)
{
	struct session *session = session_of(context);

	session_begin_checks(session);
	session_set_queue_id(session, macro(context, "i"));
	return silence(session);
}

static sfsistat
on_field(SMFICTX *context, char *name, char *value)
{
	struct session *session = session_of(context);

	session_add_field(session, name, value);
	return silence(session);
}

static sfsistat
on_header_end(SMFICTX *context)
{
	struct session *session = session_of(context);

	session_set_queue_id(session, macro(context, "i"));
	session_end_header(session);
	return silence(session);
}

static sfsistat
on_body(SMFICTX *context, unsigned char *bytes, size_t length)
{
	struct session *session = session_of(context);
	bool wants_more = session_add_body(session, (const char *)bytes, length);

	if (session->agreement.is_silent)
		return SMFIS_NOREPLY;
	return !wants_more && session->agreement.allows_skip ? SMFIS_SKIP : SMFIS_CONTINUE;
}

/* What was done, which is not what was decided when the MTA did not let us. */
static void
log_end(const struct session *session, const struct outcome *outcome, sfsistat answer)
{
	struct outcome done = *outcome;

	if (answer == SMFIS_TEMPFAIL && outcome->verdict.action != ACTION_TEMPFAIL) {
		done.verdict.action = ACTION_TEMPFAIL;
		done.verdict.decided = ACTION_TEMPFAIL;
		done.verdict.rule = "edit-refused";
		/* The MTA's own words. */
		done.verdict.reply_code = TEXT("451");
		done.verdict.reply_status = TEXT("4.7.1");
	}
	session_log_outcome(session, &done);
}

static sfsistat
on_message_end(SMFICTX *context)
{
	struct session *session = session_of(context);
	const struct outcome *outcome;
	sfsistat answer;

	session_begin_checks(session);
	session_set_queue_id(session, macro(context, "i"));
	if (config_of(session->version)->deadline > LONG_DEADLINE)
		(void)smfi_progress(context);
	outcome = session_end_message(session);
	answer = milter_apply_outcome(context, session, outcome);
	log_end(session, outcome, answer);
	session_forget_message(session);
	return answer;
}

/* Postfix sends an abort after the end of each message too: then nothing is in work. */
static sfsistat
on_abort(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session != NULL)
		session_forget_message(session);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_CONTINUE;
	if (session->belongs_to_thread) {
		session_reset(session);
		return SMFIS_CONTINUE;
	}
	smfi_setpriv(context, NULL);
	session_free(&session);
	return SMFIS_CONTINUE;
}

bool
milter_callbacks_register(const struct service *service, bool has_local_socket)
{
	static char name[] = "dmarcmilter";
	struct smfiDesc description = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_recipient,
		.xxfi_header = on_field,
		.xxfi_eoh = on_header_end,
		.xxfi_body = on_body,
		.xxfi_eom = on_message_end,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	callbacks_service = service;
	stock_socket_is_local = has_local_socket;
	return smfi_register(description) == MI_SUCCESS;
}

void
milter_callbacks_refuse(void)
{
	atomic_store(&is_refusing, true);
}
