/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MILTER_CALLBACKS_H
#define DMARCMILTER_PROGRAMS_MILTER_CALLBACKS_H

#include <stdbool.h>

#include "programs/service.h"

/*
 * The events of libmilter, turned into calls of programs/session.h and the
 * outcome into replies and edits.
 */

/*
 * Makes the callbacks known to libmilter. `service` must outlive every
 * session. `has_local_socket`: for sessions that libmilter runs itself, whether
 * its socket is a unix socket.
 */
bool milter_callbacks_register(const struct service *service, bool has_local_socket);

/* From now on new connections are refused: for sessions that libmilter runs itself. */
void milter_callbacks_refuse(void);

#endif
