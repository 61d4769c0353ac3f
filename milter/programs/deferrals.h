/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_DEFERRALS_H
#define DMARCMILTER_PROGRAMS_DEFERRALS_H

#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"

/*
 * Which messages we deferred, and since when: so that a DNS that stays broken
 * defers a message for a bounded time only (DeferMaximum). A message is known
 * again by the network of its client (/24 or /64: large senders retry from
 * another host), its sender and its first recipient; what is kept is a keyed
 * hash (SipHash-2-4, random key), so nobody outside can make two messages fall
 * together. Shared state: a table of fixed size with its own lock; when a
 * place is needed, the one that was seen least recently goes. Forgotten at a
 * restart: the time then starts anew. All functions are safe from any thread.
 */
struct deferrals;

enum { DEFERRALS_CAPACITY = 8192 };     /* 24 bytes each */

/* NULL when there is no random number for the key. */
struct deferrals *deferrals_new(void);

/* Frees and clears the pointer; *deferrals may be NULL. */
void deferrals_free(struct deferrals **deferrals);

/*
 * When this message was first deferred, or 0. What was first deferred more
 * than `maximum_age` seconds before message->received_at counts as forgotten.
 */
int64_t deferrals_find(struct deferrals *deferrals, const struct message *message,
		       int64_t maximum_age);

/* The message is deferred now (message->received_at); a known one keeps its first time. */
void deferrals_add(struct deferrals *deferrals, const struct message *message,
		   int64_t maximum_age);

/* How many are remembered at `now`, in seconds since 1970. The lock is held for a bucket. */
size_t deferrals_count(struct deferrals *deferrals, int64_t now, int64_t maximum_age);

#endif
