/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_LOG_COMMAND_H
#define DMARCMILTER_TOOL_LOG_COMMAND_H

/*
 * "dmarcmilter-check log ...": arguments[0] is "log", NULL is at the end.
 * Writes to standard output and standard error; returns the exit status, which
 * dmarcmilter-check(1) lists.
 */
int log_command(int count, char **arguments);

#endif
