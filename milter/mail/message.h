/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_MESSAGE_H
#define DMARCMILTER_MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "mail/address.h"

/*
 * The facts: what is known of a message from the MTA, before anything is
 * checked. Filled in by whoever receives the message (the milter, a scenario,
 * a file), read-only for everybody else. All text is in the arena of the
 * connection or of the message. Text is as it came, bytes that mail is not
 * allowed to have included, except where a comment says otherwise.
 */
enum {
	/*
	 * Real mail stays under 200. Every look for a name walks through the fields;
	 * a check that does so often may have a lower limit of its own.
	 */
	FIELDS_MAX = 2000
};

struct connection {
	struct ip client;       /* IP_NONE for a local (sendmail command) client */
	struct text client_name;/* what the MTA calls the client; a hint for the log only */
	struct text helo;       /* argument of HELO or EHLO; empty before it came */
	struct text daemon_name;/* macro {daemon_name} */
	struct text host_name;  /* macro j: the MTA's own name */
	struct text tls_version;/* macro {tls_version}; empty without TLS */
};

struct header_field {
	struct text name;       /* without colon */
	/* behind the colon, leading blanks kept, folds as LF and blank */
	struct text value;
	/* 1 for the first field of that name (case ignored), then 2 ... */
	unsigned instance;
};

struct message {
	const struct connection *connection;
	struct text queue_id;   /* macro i; empty when the MTA gave none */
	struct address sender;
	bool is_smtputf8;       /* MAIL parameter SMTPUTF8 */
	bool is_authenticated;  /* {auth_type} or {auth_authen} */
	struct address *recipients;     /* those accepted so far */
	size_t recipient_count;
	size_t recipient_capacity;

	struct header_field *fields;    /* in the order of the message */
	size_t field_count;
	size_t field_capacity;
	/* for each name its newest field's position, in the order of names */
	size_t *newest;
	size_t name_count;
	size_t name_capacity;
	size_t header_bytes;    /* names, values and 4 per field for ": " and the line end */
	/* MaxHeaders or FIELDS_MAX was passed; later fields are not kept */
	bool header_is_over_limit;
	size_t results_not_kept;        /* Authentication-Results fields among these */
	/* a field that only we may write, set before the first field; empty: none */
	struct text own_field_name;
	size_t own_fields_not_kept;     /* fields of that name among those not kept */

	size_t body_bytes;
	int64_t received_at;    /* seconds since 1970 UTC; the clock of all checks */
	int64_t deferred_since; /* first time we deferred this very message, 0 for never */
};

/* Adds a recipient. The address's texts must be in `arena` or live as long. */
void message_add_recipient(struct message *message, struct arena *arena,
	struct address recipient);

/*
 * Adds a copy of a header field, white space at the end of its name left out
 * (RFC 5322 4.5). When header_bytes would pass `bytes_max`, or
 * field_count FIELDS_MAX, the field is not kept and header_is_over_limit is
 * set: a finding, never a cut.
 */
void message_add_field(struct message *message, struct arena *arena, struct text name,
		       struct text value, size_t bytes_max);

/* The number of fields of that name (case ignored). */
size_t message_count_fields(const struct message *message, struct text name);

/*
 * The next field of that name at or after position *position, which is advanced behind
 * it; NULL at the end.
 */
const struct header_field *message_next_field(const struct message *message, struct text name,
					      size_t *position);

/*
 * True when a field of that name (case ignored) stands inside of another field, behind a
 * CR or LF that is no fold: who takes that for a line end sees one field more than
 * message_count_fields() does (RFC 5322 2.2 forbids it).
 */
bool message_hides_field(const struct message *message, struct text name);

/*
 * True when the fields say the message came by a mailing list: List-Id, List-Post or
 * Precedence list.
 */
bool message_is_list_mail(const struct message *message);

#endif
