/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CHECKS_DKIM_H
#define DMARCMILTER_CHECKS_DKIM_H

#include <stdbool.h>

/*
 * Sets up libopendkim, once, for all threads; false when it cannot be had, and
 * then all signatures are verified by our own code. The check calls it itself;
 * a daemon calls it before it starts threads and gives up privileges.
 */
bool dkim_check_start(void);

#endif
