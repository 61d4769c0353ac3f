/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/macros.h"
#include "base/text.h"
#include "tool/domain_command.h"
#include "tool/log_command.h"
#include "tool/message_command.h"

#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static const struct {
	const char *name;
	int (*run)(int count, char **arguments);
} commands[] = {
	{ "message", message_command },
	{ "domain", domain_command },
	{ "log", log_command },
};

static const char usage[] =
	"usage: dmarcmilter-check message FILE...    why a message is judged as it is\n"
	"       dmarcmilter-check domain DOMAIN      what a receiver thinks of a mail domain\n"
	"       dmarcmilter-check log ...            what the daemon's log says, in plain words\n"
	"       dmarcmilter-check COMMAND --help     the options of each\n"
	"  --version  print the version, and end (also -V)\n"
	"  --help     print this help, and end (also -h)\n"
	"See dmarcmilter-check(1).\n";

static bool
is_either(const char *argument, const char *one, const char *other)
{
	return text_equal(text_from(argument), text_from(one)) ||
	       text_equal(text_from(argument), text_from(other));
}

/*
 * In the place of a standard descriptor that is closed the next file or socket would
 * be opened, and get what is meant for people. What is there now can only fail.
 */
static void
occupy_closed_descriptors(void)
{
	for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
		if (fcntl(descriptor, F_GETFD) < 0)
			(void)open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int
main(int count, char **arguments)
{
	occupy_closed_descriptors();
	if (count < 2) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (text_equal(text_from(arguments[1]), text_from(commands[i].name))) {
			/* getopt_long() complains in the name of what stands first. */
			arguments[1] = arguments[0];
			return commands[i].run(count - 1, arguments + 1);
		}
	if (is_either(arguments[1], "--version", "-V")) {
		puts(PACKAGE_STRING);
		return EX_OK;
	}
	if (is_either(arguments[1], "--help", "-h")) {
		fputs(usage, stdout);
		return EX_OK;
	}
	fprintf(stderr, "dmarcmilter-check: \"%s\" is no command\n%s", arguments[1], usage);
	return EX_USAGE;
}
