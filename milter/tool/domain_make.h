/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_MAKE_H
#define DMARCMILTER_TOOL_DOMAIN_MAKE_H

#include "base/textbuf.h"
#include "tool/domain_options.h"

/*
 * --zone-template and --dkim-keygen: writes zone lines to `out`, and a new
 * private key to a file in the current folder. Asks no DNS. Returns EX_OK, or
 * an exit status with what is wrong on standard error.
 */
int domain_make(const struct domain_options *options, struct textbuf *out);

#endif
