/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MESSAGE_COMMAND_H
#define DMARCMILTER_TOOL_MESSAGE_COMMAND_H

/*
 * "dmarcmilter-check message ...": arguments[0] is "message", NULL is at the end.
 * Writes to standard output and standard error; returns the exit status, which
 * dmarcmilter-check(1) lists.
 */
int message_command(int count, char **arguments);

#endif
