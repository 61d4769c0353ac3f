/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_MAKE_H
#define DMARCMILTER_TOOL_DOMAIN_MAKE_H

#include <stdbool.h>

/*
 * "dmarcmilter-check domain DOMAIN --zone-template" and "--dkim-keygen TYPE": zone lines
 * on standard output, and a new private key in a file of its own. Asks no DNS.
 * Arguments and exit status as those of domain_command().
 */
int domain_make(int count, char **arguments);

/* True when the command line of "domain" asks for either. */
bool domain_make_is_wanted(int count, char *const *arguments);

#endif
