/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_COMMAND_H
#define DMARCMILTER_TOOL_DOMAIN_COMMAND_H

/*
 * "dmarcmilter-check domain ...": arguments[0] is "domain", NULL is at the end.
 * Writes to standard output and standard error; returns the exit status, which
 * dmarcmilter-check(1) lists.
 */
int domain_command(int count, char **arguments);

#endif
