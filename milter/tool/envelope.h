/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_ENVELOPE_H
#define DMARCMILTER_TOOL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"
#include "config/config.h"
#include "mail/message.h"

/*
 * What is known of a message beside its text: said on the command line, read
 * from a record, or, where it is missing, read from the trace fields that our
 * own side has put on top of the message. Pure.
 */
enum { ENVELOPE_RECIPIENTS_MAX = 10000 };

/* Where a fact comes from. */
enum fact_source {
	FACT_UNKNOWN,
	FACT_GIVEN,             /* command line or record */
	FACT_RETURN_PATH,
	FACT_RECEIVED
};

struct envelope_fact {
	struct text value;
	enum fact_source source;
};

struct envelope {
	struct envelope_fact client;    /* an address */
	struct envelope_fact helo;
	struct envelope_fact sender;    /* argument of MAIL, with brackets or without */
	struct envelope_fact tls;       /* its version; empty value: none */
	struct envelope_fact queue_id;
	struct envelope_fact recipients_from;   /* its value is not used */
	struct text *recipients;
	size_t recipient_count;
	size_t recipient_capacity;
	struct text daemon_name;
	struct text host_name;
	bool is_smtputf8;
	bool is_authenticated;
	enum fact_source authenticated_from;
	/* The fields at the top that came with the arrival and after it: not judged. */
	size_t arrival_fields;
};

void envelope_add_recipient(struct arena *arena, struct envelope *envelope,
			    struct text recipient);

/* One Received field, as far as it can be read (RFC 5321 4.4, and what MTAs make of it). */
struct received {
	struct ip client;               /* IP_NONE: none is named */
	struct text helo;
	struct text sender;             /* Exim: (envelope-from <...>); or empty */
	struct text recipient;          /* for <...>; or empty */
	struct text queue_id;
	/* "TLSv1.3", or "unknown" where only ESMTPS says so; or empty */
	struct text tls_version;
	bool is_authenticated;          /* with ESMTPA, ESMTPSA (RFC 3848) */
};

struct received received_read(struct arena *arena, struct text value);

/*
 * Fills in what is missing from Return-Path and from the topmost Received whose
 * client is outside IgnoreHosts. When the client was not given either, the
 * fields down to that one are counted in arrival_fields: the daemon would not
 * have seen them. When it was given, only a Received with that client speaks.
 */
void envelope_derive(struct arena *arena, struct envelope *envelope,
		     const struct header_field *fields, size_t count,
		     const struct config *config);

/* "given", "from Return-Path", ... */
const char *fact_source_words(enum fact_source source);

#endif
