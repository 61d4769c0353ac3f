/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_HEALTH_H
#define DMARCMILTER_PROGRAMS_HEALTH_H

#include "base/text.h"

/*
 * The other end of our socket, for dmarcmilter --health: what an MTA does
 * before the first message. It connects, offers the milter protocol, reads the
 * answer and says goodbye; no message begins, and the daemon logs nothing.
 * For a process of its own: on a time-out a thread is left behind.
 */
enum { HEALTH_TIMEOUT = 5000 };         /* milliseconds, over all sockets */

/*
 * Tries `socket` (in the forms of the option Socket) or, when it is empty,
 * every Socket of the configuration in `config_path`. Prints one sentence.
 * Returns 0 when all of them answer as a milter does, 1 otherwise; after
 * HEALTH_TIMEOUT at the latest.
 */
int health_run(const char *config_path, struct text socket);

#endif
