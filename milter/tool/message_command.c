/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/message_command.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

static const char usage[] =
	"usage: dmarcmilter-check message FILE... [OPTION...]\n"
	"See dmarcmilter-check(1).\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

int
message_command(int count, char **arguments)
{
	int letter;

	while ((letter = getopt_long(count, arguments, "h", long_options, NULL)) != -1) {
		if (letter != 'h') {
			fputs(usage, stderr);
			return EX_USAGE;
		}
		fputs(usage, stdout);
		return EX_OK;
	}
	fputs(usage, stderr);
	return EX_USAGE;
}
