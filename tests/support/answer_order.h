/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_ANSWER_ORDER_H
#define DMARCMILTER_TESTS_ANSWER_ORDER_H

#include "base/text.h"
#include "dns/backend.h"

/*
 * A back end that keeps questions and lets `inner` answer them later, one
 * thread, always the same for the same `order`: some when further questions
 * come, one or more whenever the session waits. For this the program is linked
 * with -Wl,--wrap=mailbox_wait. When a session waits and nothing is left that
 * could be answered, that is an error of the session: the program aborts.
 *
 * There is one at a time; `inner` and `order` must live as long as its sessions.
 */
struct dns_backend *answer_order_backend(struct dns_backend *inner, struct text order);

#endif
