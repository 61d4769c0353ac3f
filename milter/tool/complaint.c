/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/complaint.h"

#include <stdio.h>
#include <sysexits.h>

#include "tool/terminal.h"

int
complaint_usage(struct arena *arena, const char *argument, const char *what, const char *usage)
{
	struct text safe = terminal_safe(arena, text_from(argument));

	if (argument != NULL)
		fprintf(stderr, "dmarcmilter-check: \"%.*s\" %s\n", TEXT_ARGUMENTS(safe), what);
	else
		fprintf(stderr, "dmarcmilter-check: %s\n", what);
	fputs(usage, stderr);
	return EX_USAGE;
}

void
complaint_of(struct arena *arena, const char *what, struct text reason)
{
	struct text safe = terminal_safe(arena, text_from(what));

	reason = terminal_safe(arena, reason);
	fprintf(stderr, "dmarcmilter-check: %.*s: %.*s\n", TEXT_ARGUMENTS(safe),
		TEXT_ARGUMENTS(reason));
}

int
complaint_of_output(void)
{
	perror("dmarcmilter-check: standard output");
	return EX_IOERR;
}
