/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DKIM_FENCE_H
#define DMARCMILTER_CHECKS_DKIM_FENCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "mail/dkim_key.h"
#include "mail/dkim_signature.h"
#include "mail/message.h"

/*
 * What libopendkim may see, and in which form. Pure. What is kept from it is
 * judged by checks/dkim_verify.c.
 */

/* False when some field holds bytes that the library reads otherwise than the RFC does. */
bool dkim_fence_header_is_plain(const struct message *message);

/*
 * RFC 5322 3.6.8: whether the library takes a field of this name. No h= can
 * name any other, so that leaving such a field out changes nothing.
 */
bool dkim_fence_name_is_valid(struct text name);

/*
 * Whether the library can judge a valid signature: no U-labels (RFC 8616), no
 * list that it would cut, and no signature over other signatures, because it
 * gets only those that it is to judge.
 */
bool dkim_fence_allows(const struct dkim_signature *signature);

/* A record that says what our parser made of the one from the DNS; the rest has been judged. */
struct text dkim_fence_key_record(struct arena *arena, const struct dkim_key *key);

#endif
