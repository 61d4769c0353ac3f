/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_MILTER_CLIENT_H
#define DMARCMILTER_TESTS_MILTER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Plays the MTA: the other end of the milter protocol, version 6 (the one that
 * Sendmail 8.14 and Postfix 2.6 introduced). For tests and load: every event
 * can be sent in any order, also broken ones. One connection each; one thread.
 * The commands and replies are the letters of the protocol.
 */
enum {
	/* Commands. */
	MILTER_NEGOTIATE = 'O',
	MILTER_MACROS = 'D',
	MILTER_CONNECT = 'C',
	MILTER_HELO = 'H',
	MILTER_MAIL = 'M',
	MILTER_RCPT = 'R',
	MILTER_DATA = 'T',
	MILTER_FIELD = 'L',
	MILTER_HEADER_END = 'N',
	MILTER_BODY = 'B',
	MILTER_MESSAGE_END = 'E',
	MILTER_ABORT = 'A',
	MILTER_QUIT = 'Q',
	MILTER_QUIT_NEW = 'K',          /* end of the session; another follows on the same socket */

	/* Replies. */
	MILTER_CONTINUE = 'c',
	MILTER_ACCEPT = 'a',
	MILTER_REJECT = 'r',
	MILTER_TEMPFAIL = 't',
	MILTER_DISCARD = 'd',
	MILTER_REPLY_CODE = 'y',        /* data: "550 5.7.1 text" */
	MILTER_SKIP = 's',
	MILTER_PROGRESS = 'p',
	MILTER_INSERT = 'i',            /* data: index (32 bit), name, value */
	MILTER_ADD = 'h',
	MILTER_CHANGE = 'm',            /* data: index (32 bit), name, value (empty: remove) */
	MILTER_QUARANTINE = 'q',

	/* What the calls below return besides. */
	MILTER_SILENT = 0,              /* no reply is due: agreed on */
	MILTER_GONE = -1                /* connection closed, broken reply, or no reply in time */
};

enum {
	MILTER_ACTIONS_ALL = 0x1ff,
	MILTER_STEPS_ALL = 0x1fffff,    /* what Postfix 3.7 offers */
	MILTER_STEP_SKIP = 0x400,
	MILTER_STEP_SILENT_FIELD = 0x80,
	MILTER_STEP_SILENT_CONNECT = 0x1000,
	MILTER_STEP_SILENT_HELO = 0x2000,
	MILTER_STEP_SILENT_MAIL = 0x4000,
	MILTER_STEP_SILENT_RCPT = 0x8000,
	MILTER_STEP_SILENT_DATA = 0x10000,
	MILTER_STEP_SILENT_HEADER_END = 0x40000,
	MILTER_STEP_SILENT_BODY = 0x80000,
	MILTER_STEP_LEADING_SPACE = 0x100000
};

/* A change that the filter asked for at the end of a message. */
struct milter_change {
	char kind;              /* MILTER_INSERT, MILTER_ADD, MILTER_CHANGE, MILTER_QUARANTINE */
	uint32_t position;
	struct text name;
	struct text value;      /* MILTER_QUARANTINE: the reason */
};

struct milter_client {
	struct arena *arena;
	int descriptor;
	int timeout;            /* milliseconds to wait for a reply */
	uint32_t version;       /* what the filter agreed to */
	uint32_t actions;
	uint32_t steps;
	struct text macros_wanted;      /* the tail of its negotiation: stage and list, as sent */
	struct text reply;      /* data of the last reply; of MILTER_REPLY_CODE the whole text */
	struct milter_change *changes;  /* of the last message */
	size_t change_count;
	size_t change_capacity;
	size_t progress_count;
};

/* "unix:PATH", "inet:PORT@ADDRESS" or "inet6:PORT@ADDRESS". NULL when nobody answers. */
struct milter_client *milter_client_new(const char *socket, int timeout);

/* Closes the connection without a word, and frees. */
void milter_client_free(struct milter_client **client);

/* Offers and reads the answer. False when the filter hangs up. */
bool milter_client_negotiate(struct milter_client *client, uint32_t version, uint32_t actions,
			     uint32_t steps);

/* Macros for the next `command`: name, value, name, value, NULL. */
bool milter_client_macros(struct milter_client *client, char command, const char *const *pairs);

/* Up to milter_client_data(): MILTER_CONTINUE also where no reply is due, which was agreed on. */

/* `address` NULL: family unknown. Text of an IPv4 or IPv6 address otherwise. */
int milter_client_connect(struct milter_client *client, const char *host, const char *address,
			  uint16_t port);
int milter_client_helo(struct milter_client *client, const char *name);

/* The address and any parameters, NULL at the end. */
int milter_client_mail(struct milter_client *client, const char *const *arguments);
int milter_client_rcpt(struct milter_client *client, const char *const *arguments);
int milter_client_data(struct milter_client *client);

/* `value` as it stands behind the colon; its leading space goes unless it was agreed to keep it. */
int milter_client_field(struct milter_client *client, struct text name, struct text value);
int milter_client_header_end(struct milter_client *client);
int milter_client_body(struct milter_client *client, struct text chunk);

/* Collects the changes, returns the final reply. */
int milter_client_message_end(struct milter_client *client);
bool milter_client_abort(struct milter_client *client);
bool milter_client_quit(struct milter_client *client);

/*
 * A whole message, header and body, with LF or CRLF line ends, from the first
 * field to its end. Returns the first reply that is not "continue", else that
 * of the end of the message.
 */
int milter_client_message(struct milter_client *client, struct text message);

/* The parts, for hostile tests. */
bool milter_client_send(struct milter_client *client, char command, struct text data);
bool milter_client_send_bytes(struct milter_client *client, struct text bytes);
int milter_client_read(struct milter_client *client);

#endif
