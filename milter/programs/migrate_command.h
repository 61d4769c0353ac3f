/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_COMMAND_H
#define DMARCMILTER_PROGRAMS_MIGRATE_COMMAND_H

#include <stddef.h>

/*
 * dmarcmilter --migrate FILE...: reads the files and prints a configuration on
 * standard output, complaints on standard error. Prints nothing there unless all
 * files could be read. Returns the exit status: EX_OK, also with options that
 * are not known; EX_NOINPUT for a file that cannot be read; EX_DATAERR for one
 * that is no configuration file of a known program; EX_SOFTWARE when the result
 * is none that our own reader takes.
 */
int migrate_command(char *const *paths, size_t count);

#endif
