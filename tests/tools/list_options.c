/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "config/options.h"

/*
 * Prints the option table as name<TAB>default<TAB>group for
 * tests/style/options.py. The documents name the socket of an ordinary build,
 * whatever this one was configured with.
 */
int
main(void)
{
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		const char *value = option->default_text;

		if (strcmp(option->name, "Socket") == 0)
			value = "unix:/var/spool/postfix/dmarcmilter/dmarcmilter.sock";
		else if (value[0] == '\0')
			value = option_is_list(option) ? "none" : "\"\"";
		printf("%s\t%s\t%s\n", option->name, value, option->group);
	}
	return ferror(stdout) || fflush(stdout) != 0;
}
